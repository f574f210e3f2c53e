"""What the administrator decides."""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit


class SettingsError(ValueError):
    """A setting that cannot be used, in one plain sentence."""


@dataclass(frozen=True)
class Settings:
    """How the mapper reaches Exchange, and whom it serves.

    :ivar ews_url: ``https://mail.example.com/EWS/Exchange.asmx``
    :ivar auth: ``basic``, ``ntlm`` or ``auto`` (what the server offers, NTLM first)
    :ivar ca_file: certificates to trust instead of the public ones (PEM); ``ca_pem``:
        the same as text
    :ivar proxy: through which Exchange is reached; the environment has no say
    :ivar allow_http: serve plain http to other machines, and speak it to Exchange
    :ivar public_url: what callers see in front of a proxy, ``https://mail.example.com``
    :ivar secret: seals the links; the same for all processes behind one address
    :ivar service_login: of a service account that opens all mailboxes; "" = everybody
        opens his own with his own password. With it at least one of the next two:
    :ivar api_keys: file of those who may ask, see :class:`mapper.callers.Keys`
    :ivar user_header: header in which a trusted proxy names the user it has checked
    :ivar upn_suffix: makes a principal name of ``DOMAIN\\user`` in that header
    :ivar trusted_proxies: their addresses or networks; what they say of a request
        (X-Forwarded-Proto, the user's header) counts
    :ivar timeout: seconds to wait for Exchange's next byte; ``total``: for its answer
    :ivar max_answer: bytes of the largest answer of Exchange that is read
    :ivar max_body: bytes of the largest request that is read
    :ivar stop_timeout: seconds that requests get to end when the mapper is to stop
    """

    ews_url: str
    auth: str = "auto"
    ca_file: str = ""
    ca_pem: str = field(default="", repr=False)
    proxy: str = field(default="", repr=False)
    allow_http: bool = False
    public_url: str = ""
    secret: str = field(default="", repr=False)
    service_login: str = ""
    service_password: str = field(default="", repr=False)
    api_keys: str = ""
    user_header: str = ""
    upn_suffix: str = ""
    trusted_proxies: tuple[str, ...] = ()
    timeout: float = 60.0
    total: float = 120.0
    max_answer: int = 64 * 2**20
    max_body: int = 8 * 2**20
    listen: str = "127.0.0.1:8069"
    threads: int = 8
    stop_timeout: float = 25.0
    log_level: str = "info"

    def __post_init__(self) -> None:
        parts = urlsplit(self.ews_url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise SettingsError(
                "The address of the Exchange server is missing, for instance "
                "https://mail.example.com/EWS/Exchange.asmx."
            )
        if parts.username or parts.password:
            raise SettingsError("The address of Exchange must not hold a password.")
        plain = parts.scheme == "http" and not is_loopback(parts.hostname)
        if plain and not self.allow_http:
            raise SettingsError(
                "The address of the Exchange server must start with https://, or "
                "passwords would travel in the clear."
            )
        if self.auth not in ("auto", "basic", "ntlm"):
            raise SettingsError("The sign-in (--auth) is basic, ntlm or auto.")
        if self.ca_file and not os.path.isfile(self.ca_file):
            raise SettingsError(
                "The file with the certificates (--ca-file) is missing."
            )
        check_service(self)

    @classmethod
    def of_server(cls, address: str, **values: Any) -> Settings:
        """The settings for a server's name or address.

        :raises SettingsError: they cannot be used
        """
        return cls(ews_url=ews_address(address), **values)


def check_service(settings: Settings) -> None:
    """Whether a service account and those who may use it are set up together.

    :raises SettingsError: they are not
    """
    _check_proxies(settings.trusted_proxies)
    if settings.api_keys and not os.path.isfile(settings.api_keys):
        raise SettingsError("The file with the API keys (--api-keys) is missing.")
    if settings.user_header and not settings.trusted_proxies:
        raise SettingsError(
            "A header with the user (--user-header) needs --trusted-proxies: those "
            "who may send it."
        )
    _check_ways(settings, bool(settings.api_keys or settings.user_header))


def _check_proxies(proxies: tuple[str, ...]) -> None:
    for one in proxies:
        try:
            ipaddress.ip_network(one)
        except ValueError:
            raise SettingsError(
                f"The trusted proxy {one[:60]!r} is no address and no network."
            ) from None


def _check_ways(settings: Settings, ways: bool) -> None:
    """Whether there is both a service account and a way to prove who one is.

    :param ways: there is such a way
    """
    if settings.service_login and not settings.service_password:
        raise SettingsError(
            "The service account has no password (MAPPER_SERVICE_PASSWORD or "
            "--service-password-file)."
        )
    if settings.service_login and not ways:
        raise SettingsError(
            "With a service account callers have to prove who they are: set up "
            "--api-keys, or --user-header with --trusted-proxies."
        )
    if ways and not settings.service_login:
        raise SettingsError(
            "API keys and a header with the user are for a service account alone "
            "(--service-login)."
        )


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


def ews_address(text: str) -> str:
    """The address of the service for a server's name, or the address itself."""
    text = text.strip().rstrip("/")
    if text and "://" not in text:
        text = f"https://{text}"
    parts = urlsplit(text)
    return f"{text}/EWS/Exchange.asmx" if text and not parts.path else text
