"""Autodiscover, the plain XML one (POX): where the endpoint of a mailbox is.

Source: https://learn.microsoft.com/exchange/client-developer/web-service-reference/pox-autodiscover-response-for-exchange
"""

from __future__ import annotations

from lxml import etree
from werkzeug.wrappers import Request

from ..call import Answer
from ..directory import User
from ..service import Service
from .xml import read, safe

_OUTER = "http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006"
_INNER = (
    "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a"
)
_ASKED = (
    "{http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006}"
)
_XML = "text/xml; charset=utf-8"


def discover(service: Service, request: Request, body: bytes) -> Answer:
    """Answer one question for the settings of a mailbox."""
    quirk = service.quirks.autodiscover
    if quirk == "none":
        return Answer(404, b"")
    if quirk.startswith("http"):
        return Answer(302, b"", {"Location": quirk})
    try:
        root = read(body)
        address = root.findtext(f".//{_ASKED}EMailAddress") or ""
    except (ValueError, AssertionError):
        address = ""
    owner = service.store.directory.user(address.strip()) if address else None
    if quirk.startswith("address:"):
        return _redirect(quirk.partition(":")[2])
    if owner is None or owner.mailbox == "none":
        return _error("500", "The email address can't be found.")
    return _settings(owner, f"{request.scheme}://{request.host}/EWS/Exchange.asmx")


def _start() -> tuple[etree._Element, etree._Element]:
    root = etree.Element(f"{{{_OUTER}}}Autodiscover", nsmap={None: _OUTER})
    space = f"{{{_INNER}}}"
    return root, etree.SubElement(root, f"{space}Response", nsmap={None: _INNER})


def _add(parent: etree._Element, tag: str, text: str | None = None) -> etree._Element:
    found = etree.SubElement(parent, f"{{{_INNER}}}{tag}")
    found.text = None if text is None else safe(text)
    return found


def _answer(root: etree._Element) -> Answer:
    data = etree.tostring(root, xml_declaration=True, encoding="utf-8")
    return Answer(200, data, content_type=_XML)


def _settings(owner: User, url: str) -> Answer:
    root, response = _start()
    user = _add(response, "User")
    _add(user, "DisplayName", owner.name)
    _add(user, "AutoDiscoverSMTPAddress", owner.mail)
    account = _add(response, "Account")
    _add(account, "AccountType", "email")
    _add(account, "Action", "settings")
    for kind in ("EXCH", "EXPR"):
        protocol = _add(account, "Protocol")
        _add(protocol, "Type", kind)
        _add(protocol, "Server", "exchange.contoso.example")
        _add(protocol, "ASUrl", url)
        _add(protocol, "EwsUrl", url)
    return _answer(root)


def _redirect(address: str) -> Answer:
    root, response = _start()
    account = _add(response, "Account")
    _add(account, "Action", "redirectAddr")
    _add(account, "RedirectAddr", address)
    return _answer(root)


def _error(code: str, message: str) -> Answer:
    root = etree.Element(f"{{{_OUTER}}}Autodiscover", nsmap={None: _OUTER})
    space = f"{{{_OUTER}}}"
    response = etree.SubElement(root, f"{space}Response")
    error = etree.SubElement(response, f"{space}Error", Time="00:00:00", Id="1")
    for tag, text in (("ErrorCode", code), ("Message", message)):
        etree.SubElement(error, f"{space}{tag}").text = text
    return _answer(root)
