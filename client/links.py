"""Addresses: building them from ids, and the rule that links stay at home.

A link in an answer is followed only to the origin (scheme, host, port) which the
session was made for, because every request carries the user's sign-in.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, urlsplit

from .errors import BadRequest, LinkRefused, TransportError

_PORTS = {"http": 80, "https": 443}
_UNCLEAN = re.compile(r"[\x00-\x1f\x7f\\]")
_UNRESERVED = re.compile(r"[A-Za-z0-9_~-]+").fullmatch
# reserved and unreserved characters of RFC 3986, and the sign of an escape
_VERBATIM = "!#$%&'()*+,/:;=?@[]~-._"


@dataclass(frozen=True)
class Origin:
    """Scheme, host and port of a server, and the path below which its service lies."""

    scheme: str
    host: str
    port: int
    base: str = ""

    @classmethod
    def of(cls, url: str) -> Origin:
        """The origin of a base address.

        :raises ValueError: the address is not usable, in one plain sentence
        """
        text = url.strip()
        if _UNCLEAN.search(text) or " " in text:
            raise ValueError(
                "The address of the server holds blanks or odd characters."
            )
        try:
            parts = urlsplit(text)
            host, port = _ascii(parts.hostname or ""), parts.port
        except ValueError:
            raise ValueError("The address of the server is not readable.") from None
        if parts.scheme not in _PORTS or not host:
            raise ValueError(
                "The address of the server must start with https:// (or http://)."
            )
        if "@" in parts.netloc:
            raise ValueError(
                "The address of the server must not hold a user name or password."
            )
        if parts.query or parts.fragment:
            raise ValueError(
                "The address of the server must not hold a question mark or hash."
            )
        base = quote(parts.path.rstrip("/"), safe=_VERBATIM)
        return cls(parts.scheme, host, port or _PORTS[parts.scheme], base)

    @property
    def root(self) -> str:
        """``https://host[:port]`` without a path."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == _PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}"

    @property
    def is_loopback(self) -> bool:
        """Whether the server is this machine."""
        if self.host == "localhost" or self.host.endswith(".localhost"):
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    def target(self, link: str) -> str:
        """Path and query of an absolute link of this origin, otherwise verbatim.

        :raises LinkRefused: the link leads elsewhere
        """
        try:
            if not isinstance(link, str) or _UNCLEAN.search(link):
                raise ValueError
            parts = urlsplit(link)
            port = parts.port or _PORTS.get(parts.scheme)
            there = (parts.scheme, _ascii(parts.hostname or ""), port)
            if there != (self.scheme, self.host, self.port) or "@" in parts.netloc:
                raise ValueError
        except ValueError:
            raise LinkRefused(
                "The server sent a link to another server; it was not followed.",
                sent=False,
                permanent=True,
            ) from None
        path = quote(parts.path or "/", safe=_VERBATIM)
        return f"{path}?{quote(parts.query, safe=_VERBATIM)}" if parts.query else path

    def url(self, path_or_link: str, query: Mapping[str, object] | None = None) -> str:
        """The absolute address of a relative path (below the base) or of a link.

        :raises LinkRefused: a link that leads elsewhere
        """
        if is_absolute(path_or_link):
            target = self.target(path_or_link)
        else:
            target = f"{self.base}/{path_or_link.lstrip('/')}"
        return self.root + with_query(target, query)

    def relative(self, link: str) -> str | None:
        """``link`` relative to the base (as a $batch wants it), ``None`` if not below.

        :raises LinkRefused: the link leads elsewhere
        """
        target = self.target(link)
        if target.lower().startswith(self.base.lower() + "/"):
            return target[len(self.base) :]
        return None


class Trail:
    """The links of one round of pages, in the order they are followed."""

    def __init__(self) -> None:
        self._followed: set[str] = set()

    def follow(self, link: str) -> str:
        """``link``, which is about to be read.

        :raises TransportError: it was read already: the pages go round in a circle
        """
        if link in self._followed:
            raise TransportError("The server's pages have no end.")
        self._followed.add(link)
        return link


def _ascii(host: str) -> str:
    """A host name in lower case, an international one as it goes over the wire.

    :raises ValueError: it cannot be written so
    """
    return host if host.isascii() else host.encode("idna").decode("ascii")


def is_absolute(path_or_link: str) -> bool:
    """Whether it is an absolute link rather than a path below the base address."""
    return "://" in path_or_link.partition("?")[0] or path_or_link.startswith("//")


def segment(value: str) -> str:
    """One path segment that stands for ``value`` (an id, a login), fully quoted.

    :raises BadRequest: nothing can be addressed by this value
    """
    if not isinstance(value, str) or value.strip() in ("", ".", ".."):
        raise BadRequest(
            "This is not an id of an item.", code="ErrorInvalidIdMalformed"
        )
    if _UNRESERVED(value):
        return value
    try:
        return quote(value, safe="")
    except UnicodeEncodeError:
        raise BadRequest(
            "This is not an id of an item.", code="ErrorInvalidIdMalformed"
        ) from None


def with_query(path: str, query: Mapping[str, object] | None) -> str:
    """``path`` with query options; ``None`` values are left out."""
    options = _options(
        tuple(
            (name, str(value))
            for name, value in (query or {}).items()
            if value is not None
        )
    )
    if not options:
        return path
    return f"{path}{'&' if '?' in path else '?'}{options}"


@lru_cache(maxsize=64)
def _options(query: tuple[tuple[str, str], ...]) -> str:
    """Cached: the requests of a batch differ in their paths only."""
    return "&".join(
        f"{quote(name, safe='$')}={quote(value, safe='$,()/:@=')}"
        for name, value in query
    )
