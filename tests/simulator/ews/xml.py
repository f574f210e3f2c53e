"""XML of SOAP 1.1 and EWS: names, building, reading, writing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from lxml import etree

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
MESSAGES = "http://schemas.microsoft.com/exchange/services/2006/messages"
TYPES = "http://schemas.microsoft.com/exchange/services/2006/types"
ERRORS = "http://schemas.microsoft.com/exchange/services/2006/errors"
NAMESPACES = {"s": SOAP, "m": MESSAGES, "t": TYPES, "e": ERRORS}
Element = etree._Element

# What XML 1.0 cannot hold; Exchange writes it as references all the same.
_FORBIDDEN = re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f]")
_IMPOSSIBLE = re.compile("[\x00\ud800-\udfff\ufffe\uffff]")
_ODD = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_PLANE = 0xF0000  # where they wait until the text is written
_WAITING = re.compile(rb"\xf3\xb0\x80([\x80-\x9f])")


@lru_cache(maxsize=1024)
def name(short: str) -> str:
    """``t:Subject`` as lxml spells it."""
    prefix, _, local = short.partition(":")
    return f"{{{NAMESPACES[prefix]}}}{local}"


def local(element: Element) -> str:
    """The name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def safe(text: str) -> str:
    """A text that lxml takes; what XML forbids comes out as references."""
    if not _ODD.search(text):
        return text
    text = _IMPOSSIBLE.sub("", text)
    return _FORBIDDEN.sub(lambda m: chr(_PLANE + ord(m.group())), text)


def add(parent: Element, short: str, text: str | None = None, **attributes: str):
    """A new last child."""
    child = etree.SubElement(parent, name(short))
    for key, value in attributes.items():
        child.set(key, safe(value))
    if text is not None:
        child.text = safe(text)
    return child


def make(short: str, prefixes: str = "mt") -> Element:
    """A new root."""
    spaces = {prefix: NAMESPACES[prefix] for prefix in prefixes}
    return etree.Element(name(short), nsmap=spaces)


def flag(value: object) -> str:
    """A boolean as XML writes it."""
    return "true" if value else "false"


def is_true(text: str | None) -> bool:
    """A boolean that a client wrote."""
    return (text or "").strip() in ("true", "1")


def children(element: Element | None) -> Iterator[Element]:
    """The child elements, without comments."""
    for child in element if element is not None else ():
        if isinstance(child.tag, str):
            yield child


def child(element: Element, short: str) -> Element | None:
    """The child of a name."""
    return element.find(name(short))


def text_of(element: Element, short: str, default: str = "") -> str:
    """The text of the child of a name."""
    found = child(element, short)
    return default if found is None else (found.text or "").strip()


def write(root: Element) -> bytes:
    """A document as bytes, forbidden characters as references."""
    data = etree.tostring(root, xml_declaration=True, encoding="utf-8")
    return _WAITING.sub(lambda m: b"&#x%X;" % (m.group(1)[0] - 0x80), data)


def read(data: bytes) -> Element:
    """A document of a client.

    :raises ValueError: for what is not well-formed, and for a document type
    """
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise ValueError(str(error)) from None
    if root.getroottree().docinfo.doctype:
        raise ValueError("For security reasons DTD is prohibited in this XML document.")
    return root
