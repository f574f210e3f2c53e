"""Envelopes of Exchange Web Services: writing requests, reading answers.

Answers are looked up by name, never by position: not every server keeps the order of
the schema.
Source: https://learn.microsoft.com/exchange/client-developer/web-service-reference/ews-reference-for-exchange
"""

from __future__ import annotations

import codecs
import re

from lxml import etree

from .errors import bad_gateway
from .markup import FORBIDDEN, Markup, node

Element = etree._Element

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
MESSAGES = "http://schemas.microsoft.com/exchange/services/2006/messages"
TYPES = "http://schemas.microsoft.com/exchange/services/2006/types"
_BEGINNING = (
    "<?xml version='1.0' encoding='utf-8'?>\n"
    f'<s:Envelope xmlns:s="{SOAP}" xmlns:m="{MESSAGES}" xmlns:t="{TYPES}">'
)
_REFERENCE = re.compile(r"&#([xX][0-9a-fA-F]{1,8}|[0-9]{1,8});")
_DECLARATION = re.compile(r"^\s*<\?xml[^>]{0,200}\?>")
# Before its first element an answer may hold a declaration and comments, no DTD.
_PROLOG = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?.{0,500}?\?>\s*|<!--.{0,2000}?-->\s*){0,10}<[A-Za-z_]",
    re.DOTALL,
)


def envelope(
    version: str,
    body: Markup,
    impersonated: str = "",
    kind: str = "PrimarySmtpAddress",
) -> bytes:
    """A request of a version (``Exchange2010_SP2``), ready to be sent.

    :param impersonated: the user whose mailbox a service account opens
    :param kind: what names him: ``PrimarySmtpAddress`` or ``PrincipalName``
    """
    head = [node("t:RequestServerVersion", Version=version)]
    if impersonated:
        address = node(f"t:{kind}", impersonated)
        head.append(node("t:ExchangeImpersonation", node("t:ConnectingSID", address)))
    whole = f"{_BEGINNING}{node('s:Header', head)}{node('s:Body', body)}</s:Envelope>"
    return whole.encode()


def parse(content: bytes) -> Element:
    """The envelope of an answer.

    Strictly first; then without the characters that XML forbids, at last as far as it
    can be.  Entities are never resolved and a DTD is refused.

    :raises GraphError: 502, it is no envelope
    """
    root = None
    if content[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        content = _DECLARATION.sub("", content.decode("utf-16", "replace")).encode()
    if _PROLOG.match(content):
        root = _parse(content, recover=False)
        if root is None and b"Envelope>" in content[-200:]:
            # complete, but not well-formed; what was cut off is not to be trusted
            mended = _mend(content)
            root = _parse(mended, recover=False)
            if root is None:
                root = _parse(mended, recover=True)
    if root is None or root.tag != f"{{{SOAP}}}Envelope":
        raise bad_gateway("The Exchange server's answer cannot be read.")
    return root


def document(content: bytes) -> Element:
    """Another answer than an envelope; no entities, no DTD here either.

    :raises GraphError: 502, it cannot be read
    """
    root = _parse(content, recover=False) if _PROLOG.match(content) else None
    if root is None:
        raise bad_gateway("The server's answer cannot be read.")
    return root


def _mend(content: bytes) -> bytes:
    """An answer without the characters that XML forbids.

    The parser's own way to recover loses the signs after such a character, too.
    """
    text = content.decode("utf-8", "replace")
    return _REFERENCE.sub(_allowed, FORBIDDEN.sub("", text)).encode()


def _allowed(found: re.Match[str]) -> str:
    digits = found[1]
    number = int(digits[1:], 16) if digits[0] in "xX" else int(digits)
    bad = number > 0x10FFFF or FORBIDDEN.search(chr(number))
    return "" if bad else found[0]


def _parse(content: bytes, *, recover: bool) -> Element | None:
    parser = etree.XMLParser(
        recover=recover,
        huge_tree=True,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        return etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError):
        return None


class _Names(dict[object, str]):
    """Names of elements without their namespaces, so that each is cut once."""

    _MOST = 5000

    def __missing__(self, tag: object) -> str:
        found = tag.rpartition("}")[2] if isinstance(tag, str) else ""
        if len(self) < self._MOST:
            self[tag] = found
        return found


#: Full name → name; looked up in many thousand elements a second.
NAMES = _Names()


def local(element: Element) -> str:
    """The name of an element without its namespace."""
    return NAMES[element.tag]


def child(element: Element | None, *path: str) -> Element | None:
    """The first element under each name of ``path``, whatever its namespace."""
    found = element
    for name in path:
        if found is None:
            return None
        for one in found:
            if NAMES[one.tag] == name:
                found = one
                break
        else:
            return None
    return found


def children(element: Element | None, *path: str) -> list[Element]:
    """The elements in such an element, none when it is not there."""
    found = child(element, *path)
    return list(found) if found is not None else []


def text(element: Element | None, *path: str) -> str:
    """The text of such an element, "" when it is not there."""
    found = child(element, *path)
    return (found.text or "") if found is not None else ""


def members(element: Element | None) -> dict[str, Element]:
    """The children of an element by name; of several the last one."""
    return {NAMES[one.tag]: one for one in element} if element is not None else {}


def body_of(root: Element) -> Element:
    """What the body of an envelope holds: an answer or a fault.

    :raises GraphError: 502, there is nothing
    """
    body = child(root, "Body")
    if body is None or not len(body):
        raise bad_gateway("The Exchange server's answer is empty.")
    return body[0]
