"""Writing requests: pieces of XML that are ready to be sent, with the prefixes ``s``,
``m`` and ``t`` that the envelope declares.

A request is text from the first: of fifty ids that is a fraction of the work that
elements of lxml would be.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

# What XML 1.0 cannot hold, not even as a reference.
FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# Texts that stay as they are, as ids do.
_PLAIN = re.compile(r"[\w+/=:. -]*", re.ASCII)
_NAME = re.compile(r"^<\w+:(\w+)")
_IN_TEXT = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})
# In an attribute a parser takes the others for blanks.
_IN_ATTRIBUTE = _IN_TEXT | str.maketrans({'"': "&quot;", "\t": "&#9;", "\n": "&#10;"})


class Markup(str):
    """A piece of XML, complete by itself; any other text is still to be escaped."""

    __slots__ = ()

    @property
    def name(self) -> str:
        """The name of the element, without its prefix."""
        found = _NAME.match(self)
        return found[1] if found else ""


Node = Markup | str | None


def node(name: str, *content: Node | Iterable[Node], **attributes: str) -> Markup:
    """An element; ``name`` is ``m:GetItem`` or ``t:ItemId``.

    :param content: elements, lists of elements and texts; ``None`` is left out
    """
    head = name
    for key, value in attributes.items():
        head += f' {key}="{quoted(value)}"'
    inner: list[str] = []
    for part in content:
        if part is not None:
            _put(inner, part)
    if not inner:
        return Markup(f"<{head}/>")
    return Markup(f"<{head}>{''.join(inner)}</{name}>")


def _put(inner: list[str], part: Node | Iterable[Node]) -> None:
    if isinstance(part, Markup):
        inner.append(part)
    elif isinstance(part, str):
        inner.append(_escaped(part))
    elif part is not None:
        for one in part:
            _put(inner, one)


def _escaped(text: str) -> str:
    if _PLAIN.fullmatch(text):
        return text
    return clean(text).translate(_IN_TEXT)


def quoted(text: str) -> str:
    """``text`` as it stands in an attribute, between quotes."""
    if _PLAIN.fullmatch(text):
        return text
    return clean(text).translate(_IN_ATTRIBUTE)


def clean(text: str) -> str:
    """``text`` without the characters that XML forbids."""
    if text.isascii() and text.isprintable():
        return text
    return FORBIDDEN.sub("", text)
