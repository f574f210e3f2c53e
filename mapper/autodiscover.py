"""Where the Exchange server of an e-mail address is (Autodiscover, plain XML).

Only a server that speaks https with a valid certificate, and asks for a sign-in, gets
one; and where plain http or a name server lead to another organisation, nobody does:
whoever has a hand in the network could send us there.  The directory of the domain
(Active Directory) is not asked: only a machine that has joined it may read it.
Source: https://learn.microsoft.com/exchange/client-developer/exchange-web-services/autodiscover-for-exchange
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from urllib.parse import urljoin, urlsplit

import requests
from lxml import etree

from . import soap
from .connection import Broken, Connection, Credentials, session_of, tls_context
from .errors import GraphError
from .markup import clean
from .name_server import autodiscover_servers
from .settings import Settings, SettingsError
from .soap import Element, children, local, text

_ASKED = "http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006"
_WANTED = (
    "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a"
)
_PATH = "/autodiscover/autodiscover.xml"
_KINDS = ("EXCH", "EXPR", "EXHTTP")
_DOMAIN = re.compile(r"[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})+")
_MOST_HOPS = 10
_LARGEST = 2**20
_HEADERS = {
    "Content-Type": "text/xml; charset=utf-8",
    "Accept": "text/xml",
    "User-Agent": "exchange-connector-mapper/19.0",
}


@dataclass(frozen=True)
class Found:
    """What came out.

    :ivar urls: addresses of the web services, from within the organisation first
    :ivar elsewhere: the server of another domain that plain http or a name server
        named, and that was not asked
    """

    urls: tuple[str, ...] = ()
    elsewhere: str = ""


class _Moved(Exception):
    """Ask for another address."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self.address = address


class Discovery:
    """Asks for the mailbox of one address.

    :param settings: certificates, proxy and patience; not the address of Exchange
    """

    def __init__(self, settings: Settings, address: str, credentials: Credentials):
        self._settings = replace(settings, max_answer=_LARGEST, allow_http=False)
        self._credentials = credentials
        self._context = tls_context(settings)
        self._address = address
        self._elsewhere = ""

    def run(self) -> Found:
        """Go from place to place.

        :raises GraphError: 401, the password was refused; it is tried once
        """
        seen: list[str] = []
        while self._address.lower() not in seen and len(seen) < _MOST_HOPS:
            seen.append(self._address.lower())
            try:
                urls = self._by_domain(_domain(self._address))
                return Found(urls, "" if urls else self._elsewhere)
            except _Moved as moved:
                self._address = moved.address
        return Found()

    def _by_domain(self, domain: str) -> tuple[str, ...]:
        if not domain:
            return ()
        for host in (domain, f"autodiscover.{domain}"):
            urls = self._ask(f"https://{host}{_PATH}")
            if urls:
                return urls
        urls = self._ask_own(
            self._led_by_http(f"http://autodiscover.{domain}{_PATH}"), domain
        )
        for host, port in [] if urls else autodiscover_servers(domain):
            place = host if port == 443 else f"{host}:{port}"
            urls = urls or self._ask_own(f"https://{place}{_PATH}", domain)
        return urls

    def _ask_own(self, url: str, domain: str) -> tuple[str, ...]:
        """Ask where somebody led us whom nothing vouches for: a server of the domain;
        another one is noted alone."""
        host = (urlsplit(url).hostname or "").lower()
        if not host:
            return ()
        if host != domain and not host.endswith(f".{domain}"):
            self._elsewhere = self._elsewhere or host
            return ()
        return self._ask(url)

    def _ask(self, url: str) -> tuple[str, ...]:
        """What a server and those it redirects to say, empty when they say nothing."""
        for _hop in range(_MOST_HOPS):
            if urlsplit(url).scheme != "https" or not urlsplit(url).hostname:
                return ()
            connection = self._connect(url)
            if connection is None:
                return ()
            try:
                following = self._one(connection, url)
            except (Broken, etree.LxmlError):
                return ()
            except GraphError as error:
                if error.status == 401:
                    raise
                return ()
            finally:
                connection.close()
            if not isinstance(following, str):
                return following
            url = urljoin(url, following)
        return ()

    def _connect(self, url: str) -> Connection | None:
        try:
            settings = replace(self._settings, ews_url=url)
        except (SettingsError, ValueError):
            return None
        return Connection(settings, self._credentials, self._context, b"")

    def _one(self, connection: Connection, url: str) -> str | tuple[str, ...]:
        """One question: addresses, or where to ask instead."""
        question = _question(self._address)
        reply = connection.ask(question, _HEADERS)
        if reply.status == 401:
            reply = connection.post(question, _HEADERS)
        if reply.status in (301, 302, 303, 307, 308):
            return str(reply.headers.get("Location", ""))
        return _read(reply.content) if reply.status == 200 else ()

    def _led_by_http(self, url: str) -> str:
        """Where plain http sends us, "" for nowhere; nothing secret is sent."""
        session = session_of(self._settings, self._context)
        try:
            answer = session.get(url, headers=_HEADERS, allow_redirects=False)
        except (requests.RequestException, OSError):
            return ""
        finally:
            session.close()
        if answer.status_code not in (301, 302, 303, 307, 308):
            return ""
        target = urljoin(url, answer.headers.get("Location", ""))
        return target if target.startswith("https://") else ""


def discover(settings: Settings, address: str, login: str, password: str) -> Found:
    """Where the web services of a mailbox are.

    :param login: to sign in with, the address itself or ``DOMAIN\\user``
    :raises GraphError: 401, the password was refused
    """
    return Discovery(settings, address, Credentials(login, password)).run()


def _domain(address: str) -> str:
    """The domain of an address as it stands in the names of servers, "" for none."""
    try:
        found = address.rpartition("@")[2].strip().encode("idna").decode().lower()
    except UnicodeError:
        return ""
    return found if _DOMAIN.fullmatch(found) and "@" in address else ""


def _question(address: str) -> bytes:
    space = f"{{{_ASKED}}}"
    root = etree.Element(f"{space}Autodiscover", nsmap={None: _ASKED})
    request = etree.SubElement(root, f"{space}Request")
    etree.SubElement(request, f"{space}EMailAddress").text = clean(address)
    etree.SubElement(request, f"{space}AcceptableResponseSchema").text = _WANTED
    return etree.tostring(root, xml_declaration=True, encoding="utf-8")


def _read(content: bytes) -> str | tuple[str, ...]:
    """The addresses in an answer, or the address to ask at instead.

    :raises _Moved: it is about another e-mail address
    """
    root = soap.document(content)
    account = soap.child(root, "Response", "Account")
    action = text(account, "Action").strip().lower()
    if action == "redirectaddr" and "@" in text(account, "RedirectAddr"):
        raise _Moved(text(account, "RedirectAddr").strip())
    if action == "redirecturl":
        return text(account, "RedirectUrl").strip()
    by_kind: dict[str, str] = {}
    for protocol in children(account):
        url = text(protocol, "EwsUrl").strip()
        if local(protocol) == "Protocol" and url.lower().startswith("https://"):
            by_kind.setdefault(_kind(protocol), url)
    found = [by_kind[kind] for kind in _KINDS if kind in by_kind]
    return tuple(dict.fromkeys(found))


def _kind(protocol: Element) -> str:
    return (text(protocol, "Type") or protocol.get("Type") or "").strip().upper()


def discovered(
    settings: Settings, address: str, login: str, password: str
) -> tuple[str, str]:
    """:func:`discover` for those who only want to give a hint: nothing is raised.

    :return: (address of the web services or "", :attr:`Found.elsewhere`)
    """
    try:
        found = discover(settings, address, login, password)
    except GraphError:
        return "", ""
    return (found.urls[0] if found.urls else ""), found.elsewhere
