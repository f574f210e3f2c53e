"""What the administrator decides, from options and environment variables."""

from __future__ import annotations

import argparse
import ipaddress
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

#: Each option is also an environment variable: ``--ews-url`` is MAPPER_EWS_URL.
PREFIX = "MAPPER_"


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
    :ivar timeout: seconds to wait for Exchange's next byte; ``total``: for its answer
    :ivar max_answer: bytes of the largest answer of Exchange that is read
    :ivar max_body: bytes of the largest request that is read
    """

    ews_url: str
    auth: str = "auto"
    ca_file: str = ""
    ca_pem: str = field(default="", repr=False)
    proxy: str = field(default="", repr=False)
    allow_http: bool = False
    public_url: str = ""
    secret: str = field(default="", repr=False)
    timeout: float = 60.0
    total: float = 120.0
    max_answer: int = 96 * 2**20
    max_body: int = 8 * 2**20
    listen: str = "127.0.0.1:8069"
    threads: int = 8
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

    @classmethod
    def of_server(cls, address: str, **values: Any) -> Settings:
        """The settings for a server's name or address.

        :raises SettingsError: they cannot be used
        """
        return cls(ews_url=ews_address(address), **values)


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


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m mapper",
        description="Serves mail, calendar and contacts of an Exchange server the way "
        "Microsoft Graph does. Each option is also an environment variable, "
        "--ews-url is MAPPER_EWS_URL.",
    )
    add = parser.add_argument
    add("--ews-url", help="server name, or https://SERVER/EWS/Exchange.asmx")
    add("--listen", help="ADDRESS:PORT to serve on (127.0.0.1:8069)")
    add("--auth", help="how to sign in to Exchange: basic, ntlm or auto (auto)")
    add("--ca-file", help="PEM file of the certificates to trust for Exchange")
    add("--allow-http", help="serve plain http to other machines: 1 or 0 (0)")
    add("--public-url", help="address that callers see when a proxy stands in front")
    add("--secret", help="seals links; the same for all processes of one address")
    add("--timeout", help="seconds to wait for Exchange (60)")
    add("--threads", help="requests at a time (8)")
    add("--log-level", help="error, warning, info or debug (info)")
    parser.set_defaults()
    return parser


def read_settings(
    arguments: Sequence[str] = (), environ: Mapping[str, str] | None = None
) -> Settings:
    """The settings of options, else of the environment.

    :raises SettingsError: one of them is missing or cannot be used
    """
    environ = os.environ if environ is None else environ
    arguments = [a if a != "--allow-http" else "--allow-http=1" for a in arguments]
    given = vars(_parser().parse_args(arguments))
    texts: dict[str, str] = {}
    for name, value in given.items():
        found = value if value is not None else environ.get(PREFIX + name.upper(), "")
        if found.strip():
            texts[name] = found.strip()
    try:
        return _settings(texts)
    except ValueError as error:
        if isinstance(error, SettingsError):
            raise
        raise SettingsError("A number among the settings is none.") from None


def _settings(texts: dict[str, str]) -> Settings:
    timeout = float(texts.get("timeout", "60"))
    return Settings(
        ews_url=ews_address(texts.get("ews_url", "")),
        auth=texts.get("auth", "auto").lower(),
        ca_file=texts.get("ca_file", ""),
        allow_http=texts.get("allow_http", "0").lower() in ("1", "true", "yes", "on"),
        public_url=texts.get("public_url", "").rstrip("/"),
        secret=texts.get("secret", ""),
        timeout=timeout,
        total=max(120.0, 2 * timeout),
        listen=texts.get("listen", "127.0.0.1:8069"),
        threads=max(1, min(int(texts.get("threads", "8")), 200)),
        log_level=texts.get("log_level", "info").lower(),
    )
