"""Who asks, and as whom Exchange is to be asked.

By default whoever asks brings the user name and the password that Exchange is to see.
Where the administrator has set up a service account, it opens the mailboxes of others,
and a caller has to prove to the mapper who he is: by an API key, or by the word of a
proxy that has checked it.
Source: https://learn.microsoft.com/exchange/client-developer/exchange-web-services/impersonation-and-ews-in-exchange
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import ipaddress
import os
import re
import secrets
import threading
import time

from werkzeug.datastructures import Headers

from .connection import Credentials
from .errors import GraphError, forbidden, unauthorized
from .settings import Settings, is_loopback

#: An address as it may stand in a file of keys or in a header.
_ADDRESS = re.compile(r"[^\s@,;:<>\"'\\()\[\]]{1,64}@[A-Za-z0-9.-]{1,255}")
_NAME = re.compile(r"[^\s@,;:<>\"'\\()\[\]/]{1,64}")
_HASH = re.compile(r"[0-9a-f]{64}")
_ASK_PASSWORD = "Sign in with user name and password (HTTP Basic)."
_ASK_KEY = "Sign in with address and API key (HTTP Basic)."


class Callers:
    """Tells the callers of one mapper apart."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._proxies = [ipaddress.ip_network(one) for one in settings.trusted_proxies]
        self._keys = Keys(settings.api_keys) if settings.api_keys else None
        self._rest = Rest()

    def scheme(self, scheme: str, remote: str, headers: Headers) -> str:
        """``https`` or ``http``, as the caller spoke to us or to the proxy in front.

        :raises GraphError: 403, passwords do not travel in the clear
        """
        said = ""
        if self.trusts(remote):
            proto = headers.get("X-Forwarded-Proto", "").partition(",")[0]
            said = proto.strip().lower()
        found = said if said in ("https", "http") else scheme
        if found == "https" or self._settings.allow_http:
            return found
        if said == "http" or not is_loopback(remote):
            raise forbidden(
                "The mapper answers other machines over https alone (or start it with "
                "--allow-http)."
            )
        return found

    def trusts(self, remote: str) -> bool:
        """Whether a request comes from a proxy whose word counts."""
        if not self._proxies:
            return False
        try:
            address = ipaddress.ip_address(remote.partition("%")[0])
        except ValueError:
            return False
        mapped = getattr(address, "ipv4_mapped", None) or address
        return any(mapped in network for network in self._proxies)

    def credentials(self, headers: Headers, remote: str) -> Credentials:
        """What to sign in to Exchange with, for this caller.

        :raises GraphError: 401
        """
        if not self._settings.service_login:
            login, password = _pair(headers.get("Authorization", ""), _ASK_PASSWORD)
            return Credentials(login, password)
        header = self._settings.user_header
        if header and self.trusts(remote) and headers.get(header):
            return self._as(*self._named(headers[header].strip()))
        if self._keys is None:
            raise unauthorized("The proxy in front did not say who asks.")
        return self._as(self._keyed(headers.get("Authorization", "")))

    def refused(self, credentials: Credentials) -> None:
        """Exchange did not let somebody in: the service account has to rest.

        :raises GraphError: 403, it was the service account
        """
        if credentials.acts_as:
            self._rest.begin()
            raise _service_refused()

    def _as(self, user: str, kind: str = "PrimarySmtpAddress") -> Credentials:
        if self._rest.is_on():
            raise _service_refused()
        settings = self._settings
        return Credentials(
            settings.service_login, settings.service_password, user, kind
        )

    def _named(self, name: str) -> tuple[str, str]:
        """The user whom a proxy names: his address, or ``DOMAIN\\user``.

        :raises GraphError: 401
        """
        if _ADDRESS.fullmatch(name):
            return name, "PrimarySmtpAddress"
        _domain, _slash, account = name.rpartition("\\")
        if self._settings.upn_suffix and _NAME.fullmatch(account):
            return f"{account}@{self._settings.upn_suffix}", "PrincipalName"
        raise unauthorized("The name that the proxy gave is no address.")

    def _keyed(self, header: str) -> str:
        """The user to whom the API key of a request belongs.

        :raises GraphError: 401
        """
        assert self._keys is not None
        kind, _blank, value = header.strip().partition(" ")
        if kind.lower() == "bearer":
            login, key = "", value.strip()
        else:
            login, key = _pair(header, _ASK_KEY)
        owner = self._keys.owner(key)
        if not owner or login.casefold() not in ("", owner.casefold()):
            raise unauthorized("The address or its API key is wrong.")
        return owner


def _service_refused() -> GraphError:
    return forbidden(
        "Exchange did not accept the mapper's service account: its administrator has "
        "to look at name and password. It is tried again in some minutes."
    )


class Rest:
    """How long a refused service account is left alone.

    All callers share it, and each try with a wrong password brings it nearer to being
    locked: so the pauses grow.
    """

    _FIRST, _LONGEST = 300.0, 3600.0

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until = 0.0
        self._pause = self._FIRST

    def begin(self) -> None:
        """It was refused."""
        with self._lock:
            now = time.monotonic()
            if now > self._until + self._LONGEST:
                self._pause = self._FIRST
            self._until = now + self._pause
            self._pause = min(2 * self._pause, self._LONGEST)

    def is_on(self) -> bool:
        """Whether it must not be tried at present."""
        return time.monotonic() < self._until


class Keys:
    """The file of API keys; a change counts at once, in every process.

    Each line holds an address and the SHA-256 of its key, as :func:`new_key` gives
    them.  One address may have several keys, so that they can be exchanged.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._read: tuple[int, int] = (0, 0)
        self._owners: dict[str, str] = {}

    def owner(self, key: str) -> str:
        """The address that a key belongs to, "" when it belongs to nobody.

        :raises GraphError: 500, the file cannot be read
        """
        digest = hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()
        return self._present().get(digest, "")

    def _present(self) -> dict[str, str]:
        try:
            state = os.stat(self._path)
            with self._lock:
                if self._read != (state.st_mtime_ns, state.st_size):
                    self._owners = read_keys(self._path)
                    self._read = (state.st_mtime_ns, state.st_size)
                return self._owners
        except (OSError, UnicodeDecodeError):
            raise GraphError(
                500, "generalException", "The mapper cannot read its file of API keys."
            ) from None


def read_keys(path: str) -> dict[str, str]:
    """{SHA-256 of a key: address}; lines that cannot be understood count for nothing.

    :raises OSError: there is no such file
    """
    found: dict[str, str] = {}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            address, _blank, digest = line.partition("#")[0].strip().partition(" ")
            if _ADDRESS.fullmatch(address) and _HASH.fullmatch(digest.strip()):
                found[digest.strip()] = address
    return found


def new_key(address: str) -> tuple[str, str]:
    """A new API key, and the line for the file.

    :raises ValueError: this is no address
    """
    if not _ADDRESS.fullmatch(address):
        raise ValueError("This is no e-mail address.")
    key = secrets.token_urlsafe(32)
    return key, f"{address} {hashlib.sha256(key.encode()).hexdigest()}"


def _pair(header: str, missing: str) -> tuple[str, str]:
    """Login and password of HTTP Basic.

    :param missing: what is said to whoever brings something else
    :raises GraphError: 401
    """
    kind, _blank, value = header.strip().partition(" ")
    if kind.lower() != "basic":
        raise unauthorized(missing)
    try:
        raw = base64.b64decode(value.strip(), validate=True)
    except (binascii.Error, ValueError):
        raise unauthorized("The sign-in cannot be read.") from None
    try:
        pair = raw.decode()
    except UnicodeDecodeError:
        pair = raw.decode("latin-1")
    login, colon, password = pair.partition(":")
    login = login.strip()
    odd = any(ord(sign) < 32 or ord(sign) == 127 for sign in pair)
    if not colon or not login or not password or odd or len(pair) > 1024:
        raise unauthorized("The sign-in holds no user name or no password.")
    return login, password
