"""HTML that is nested too deep to be stored.

Odoo cleans HTML with libxml2, which gives up at 256 levels: what is deeper, and all
that follows, is cut off. Long conversations come there, as each answer wraps the ones
before it. Pure functions, linear in the length of the HTML.
"""

import re
from collections import Counter

from odoo.tools.mail import html_sanitize, plaintext2html

from .readable_html import readable

# Levels that are kept; the parser adds some of its own.
DEEPEST = 200
# Stops at the next tag: a mail of nothing but "<a" is read once, not once a letter.
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:]*)([^<>]*)>")
_VOID = re.compile(
    "area|base|br|col|embed|hr|img|input|link|meta|param|source|track|wbr"
)
# A new one of these ends one that was left open.
_ENDED_BY_NEXT = re.compile("dd|dt|li|option|p|td|th|tr")
_INLINE = re.compile(
    "a|abbr|b|big|cite|code|del|em|font|i|ins|q|s|small|span|strike|strong|sub|sup|tt|u"
)
# Nobody writes this; where it is missing, something was cut off.
_END = "exchange-connector-end"


def storable(html: str) -> str:
    """The HTML as it is where Odoo stores all of it; else with its deepest levels taken
    out, of which the text stays."""
    html = readable(html)
    if html.count("<") < DEEPEST or _deepest(html) < DEEPEST or _whole(html):
        return html
    flat = _flattened(html)
    if _whole(flat):
        return flat
    # Tags so wrong that nobody can tell how deep they are.
    return str(plaintext2html(_TAG.sub(" ", html)))


def _deepest(html: str) -> int:
    """How deep it may be at most, when nothing that is left open ends by itself."""
    depth = deepest = 0
    for tag in _TAG.finditer(html):
        if tag[1]:
            depth -= depth > 0
        elif not _VOID.fullmatch(tag[2].lower()):
            depth += 1
            deepest = max(deepest, depth)
    return deepest


def _whole(html: str) -> bool:
    """Whether Odoo stores all of it."""
    return _END in html_sanitize(f"{html}<p>{_END}</p>")


def _flattened(html: str) -> str:
    """The tags that lie too deep are taken out; blocks leave a line break."""
    stack: list[str] = []
    # How many of each are in the stack, which may be long.
    inside: Counter[str] = Counter()

    def replace(tag: re.Match[str]) -> str:
        name = tag[2].lower()
        if _VOID.fullmatch(name) or tag[3].endswith("/"):
            return tag[0]
        if not tag[1]:
            if stack[-1:] != [name] or not _ENDED_BY_NEXT.fullmatch(name):
                stack.append(name)
                inside[name] += 1
            return _kept(tag[0], name, len(stack))
        if not inside[name]:
            return ""
        while (last := stack.pop()) != name:
            inside[last] -= 1
        inside[name] -= 1
        return _kept(tag[0], name, len(stack) + 1)

    return _TAG.sub(replace, html)


def _kept(tag: str, name: str, depth: int) -> str:
    if depth <= DEEPEST:
        return tag
    return "" if _INLINE.fullmatch(name) else "<br>"
