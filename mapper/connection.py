"""Connections to Exchange, each of one user alone.

NTLM signs in the connection, not the request: whoever may send over it reads that
user's mailbox.  So a connection belongs to a pair of login and password, is lent to one
request at a time, and is never found under another pair.
Source: https://learn.microsoft.com/openspecs/windows_protocols/ms-nthc
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import secrets
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import certifi
import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase, HTTPBasicAuth

from .errors import bad_gateway, busy, unauthorized
from .ntlm import failures, ntlm_auth
from .settings import Settings, SettingsError

_logger = logging.getLogger("mapper")

#: Seconds after which an unused connection is closed, and after which any is.
IDLE, AGE = 120.0, 900.0
#: Seconds after which a kept connection is not trusted any more.
FRESH = 45.0
#: Seconds a request waits for its mailbox before it is told to come again.
PATIENCE = 20.0
_MOST = 500


@dataclass(frozen=True)
class Credentials:
    """A login and a password; never shown.

    :ivar acts_as: whose mailbox is opened, where it is not that of the login
    :ivar kind: how ``acts_as`` names him, an element of ``ConnectingSID``
    """

    login: str
    password: str = field(repr=False)
    acts_as: str = ""
    kind: str = "PrimarySmtpAddress"

    @property
    def user(self) -> str:
        """Whose mailbox it is."""
        return self.acts_as or self.login

    @property
    def address(self) -> str:
        """The user as an address, "" for ``DOMAIN\\user``."""
        return self.user if "@" in self.user and "\\" not in self.user else ""


@dataclass(frozen=True)
class Reply:
    """What came over HTTP."""

    status: int
    headers: Any
    content: bytes = field(repr=False)


class _Kept(HTTPAdapter):
    """One connection that verifies, whatever the environment of the process says."""

    def __init__(self, context: ssl.SSLContext, timeout: float) -> None:
        self._context = context
        self._timeout = (min(10.0, timeout), timeout)
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options, ssl_context=self._context)

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        options["ssl_context"] = self._context
        return super().proxy_manager_for(proxy, **options)

    def send(
        self, request: requests.PreparedRequest, *args: Any, **options: Any
    ) -> requests.Response:
        options["timeout"] = self._timeout
        return super().send(request, *args, **options)

    def cert_verify(self, conn: Any, *_args: Any) -> None:
        conn.cert_reqs = "CERT_REQUIRED"
        conn.ca_certs = conn.ca_cert_dir = None


def tls_context(settings: Settings) -> ssl.SSLContext:
    """A verifying context: the given authorities alone, or the public ones.

    :raises SettingsError: what is given holds no certificate
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        if settings.ca_file or settings.ca_pem:
            context.load_verify_locations(
                cafile=settings.ca_file or None, cadata=settings.ca_pem or None
            )
        else:
            context.load_verify_locations(cafile=certifi.where())
    except (OSError, ValueError):
        raise SettingsError("The certificate is no readable PEM certificate.") from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def session_of(settings: Settings, context: ssl.SSLContext) -> requests.Session:
    """A session with one kept connection, which the environment has no say in."""
    session = requests.Session()
    session.trust_env = False
    session.headers.clear()
    if settings.proxy:
        session.proxies = {"http": settings.proxy, "https": settings.proxy}
    for scheme in ("https://", "http://"):
        session.mount(scheme, _Kept(context, settings.timeout))
    return session


class Connection:
    """The kept connection of one user to the Exchange server."""

    def __init__(
        self,
        settings: Settings,
        credentials: Credentials,
        context: ssl.SSLContext,
        owner: bytes,
    ) -> None:
        self.settings = settings
        #: stands for login and password together
        self.owner = owner
        self.credentials = credentials
        self.turn = threading.Lock()
        self.born = self.used = time.monotonic()
        self.waiting = 0
        self._kind = settings.auth
        self._ntlm: AuthBase | None = None
        self._session = session_of(settings, context)

    def post(self, data: bytes, headers: dict[str, str]) -> Reply:
        """One exchange with the server, signing in as it wants.

        :raises GraphError: 401 wrong password, 502/504 no answer that can be used
        """
        now = time.monotonic()
        if now - self.used > FRESH:
            # the server may be about to close it, and a lost request may be a write
            self._session.close()
        self.used = now
        if self._kind == "auto":
            first = self.ask(b"", headers)
            if _is_trouble(first):
                return first
            self._kind = _offered(first)
        reply = self._send(data, headers, self._auth())
        if reply.status == 401:
            # One try alone: a second one might lock the user out.
            raise unauthorized("Exchange did not accept the user name and password.")
        return reply

    def ask(self, data: bytes, headers: dict[str, str]) -> Reply:
        """One exchange with the server without signing in.

        :raises GraphError: 502/504 no answer that can be used
        """
        return self._send(data, headers, None)

    def _auth(self) -> AuthBase | None:
        login, password = self.credentials.login, self.credentials.password
        if self._kind == "ntlm":
            if self._ntlm is None:
                self._ntlm = ntlm_auth(login, password)
            return self._ntlm
        return HTTPBasicAuth(login.encode(), password.encode())

    def _send(
        self, data: bytes, headers: dict[str, str], auth: AuthBase | None
    ) -> Reply:
        settings = self.settings
        try:
            response = self._session.post(
                settings.ews_url,
                data=data,
                headers=headers,
                auth=auth,
                stream=True,
                allow_redirects=False,
            )
            return self._read(response)
        except requests.exceptions.SSLError:
            raise bad_gateway(
                "The Exchange server's certificate is not trusted."
            ) from None
        except requests.exceptions.Timeout:
            raise busy(
                "ErrorTimeoutExpired", "Exchange did not answer in time.", 10, 503
            ) from None
        except (requests.exceptions.RequestException, OSError, EOFError):
            raise _Broken() from None
        except failures() as error:
            _logger.warning("The NTLM sign-in failed: %s", type(error).__name__)
            raise bad_gateway("The NTLM sign-in to Exchange failed.") from None

    def _read(self, response: requests.Response) -> Reply:
        limit = self.settings.max_answer
        until = time.monotonic() + self.settings.total
        parts, size = [], 0
        try:
            for part in response.iter_content(65536):
                size += len(part)
                if size > limit:
                    raise bad_gateway(
                        f"The Exchange server's answer is larger than {limit >> 20} MB."
                    )
                if time.monotonic() > until:
                    raise busy("ErrorTimeoutExpired", "Exchange is too slow.", 10, 503)
                parts.append(part)
        except BaseException:
            # what is left unread would be taken for the next answer
            response.close()
            raise
        return Reply(response.status_code, response.headers, b"".join(parts))

    def close(self) -> None:
        """Close it; the next request opens a new one."""
        self._session.close()


def _offered(reply: Reply) -> str:
    """The sign-in that the server wants, as it says to who did not sign in."""
    offers = str(reply.headers.get("WWW-Authenticate", "")).lower()
    if "ntlm" in offers or "negotiate" in offers:
        return "ntlm"
    return "basic"


def _is_trouble(reply: Reply) -> bool:
    """Whether a server did not get as far as to say which sign-in it wants.

    A guess would send the password in a way that is off, and its refusal would pass
    for a wrong password.
    """
    if reply.status >= 500:
        return b"Envelope" not in reply.content[:2000]
    page = str(reply.headers.get("Location", "")).lower()
    return reply.status == 429 or "error" in page


class _Broken(ConnectionError):
    """The connection broke; whether the request was carried out is not known."""


#: For those who decide whether a request may be repeated.
Broken = _Broken


class Pool:
    """The kept connections of this process."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._context = tls_context(settings)
        self._key = secrets.token_bytes(32)
        self._kept: dict[bytes, Connection] = {}
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._watcher: threading.Thread | None = None

    @contextmanager
    def lend(self, credentials: Credentials) -> Iterator[Connection]:
        """The connection of a user, for this request alone.

        :raises GraphError: 429, his other requests take too long
        """
        connection = self._find(credentials)
        try:
            if not connection.turn.acquire(timeout=PATIENCE):
                raise busy(
                    "ApplicationThrottled",
                    "Another request to this mailbox takes very long.",
                    5,
                )
            try:
                yield connection
            finally:
                connection.used = time.monotonic()
                connection.turn.release()
        finally:
            with self._lock:
                connection.waiting -= 1

    def forget(self, connection: Connection) -> None:
        """Let nobody have this connection again (its password was refused)."""
        with self._lock:
            key = self._digest(connection.credentials)
            if self._kept.get(key) is connection:
                del self._kept[key]
        connection.close()

    def close(self) -> None:
        """Close all connections."""
        self._closed.set()
        with self._lock:
            kept, self._kept = list(self._kept.values()), {}
        for connection in kept:
            connection.close()

    def _find(self, credentials: Credentials) -> Connection:
        key = self._digest(credentials)
        with self._lock:
            self._sweep()
            found = self._kept.get(key)
            if found is None:
                found = Connection(self.settings, credentials, self._context, key)
                self._kept[key] = found
                self._watch()
            found.waiting += 1
            return found

    def _watch(self) -> None:
        """Have somebody close old connections where no request comes any more.

        Called with the lock held; the thread ends with the last connection.
        """
        if self._watcher is None:
            self._watcher = threading.Thread(target=self._close_old, daemon=True)
            self._watcher.start()

    def _close_old(self) -> None:
        while not self._closed.wait(min(15.0, IDLE)):
            with self._lock:
                self._sweep()
                if not self._kept:
                    self._watcher = None
                    return

    def _digest(self, credentials: Credentials) -> bytes:
        whole = b""
        who = credentials
        for text in (who.login, who.password, who.acts_as, who.kind):
            part = text.encode()
            whole += len(part).to_bytes(4, "big") + part
        return hmac.new(self._key, whole, hashlib.sha256).digest()

    def _sweep(self) -> None:
        """Close what is old; called with the lock held."""
        now = time.monotonic()
        idle = [(c.used, key) for key, c in self._kept.items() if not c.waiting]
        excess = len(self._kept) - _MOST
        for number, (used, key) in enumerate(sorted(idle)):
            connection = self._kept[key]
            old = now - used > IDLE or now - connection.born > AGE
            if old or number < excess:
                del self._kept[key]
                connection.close()
