"""HTML as mail programs write it, in a form of which Odoo keeps all that people read.

Odoo cleans HTML with libxml2 and some expressions of its own. What these lose, garble
or need very long for is changed before. Pure functions, linear in the length of the
HTML.
"""

import re

# What follows the end of a document is cut off: footers of mailing lists, notes of
# virus scanners.
_END = re.compile(r"</(?:body|html)\b[^<>]*>", re.IGNORECASE)
# The text has been decoded: a charset that is named in it is not its own any more, and
# decoding it a second time garbles it.
_META = re.compile(r"<meta\b[^<>]*>", re.IGNORECASE)
# Parts of forms are taken out with the words that are on them.
_CONTROL = re.compile(r"(</?)(?:button|textarea)\b", re.IGNORECASE)
# A tag that is not closed makes the cleaning look for its end from here on: so many of
# them, or so many characters, are no matter.
_FEW, _SHORT = 50, 1000


def readable(html: str) -> str:
    """The HTML as it is where Odoo keeps all of its text; else with what hinders it
    taken out or written as text."""
    if "<" not in html:
        return html
    html = _META.sub("", _END.sub("", html))
    return _with_closed_tags(_CONTROL.sub(r"\1span", html))


def _with_closed_tags(html: str) -> str:
    """Signs ``<`` that begin no tag, as none of them is closed, become text."""
    *closed, rest = html.split(">")
    if len(rest) > _SHORT:
        rest = rest.replace("<", "&lt;")
    return ">".join([*map(_with_one_tag, closed), rest])


def _with_one_tag(piece: str) -> str:
    if piece.count("<") <= _FEW:
        return piece
    text, tag = piece.rsplit("<", 1)
    return text.replace("<", "&lt;") + "<" + tag
