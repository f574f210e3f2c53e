"""HTML of Odoo as the plain text of Outlook's notes. Pure functions.

Not Odoo's ``html2plaintext``: that one joins the items of a list, writes embedded
pictures out as text, and refuses some HTML.
"""

import re
from html import unescape
from html.parser import HTMLParser

# More than this is not read; Outlook's notes hold less.
LONGEST_HTML = 200_000
_UNSEEN = frozenset({"script", "style", "head", "title", "template", "svg", "select"})
_BLOCKS = frozenset(
    {
        *("p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "dl", "dt"),
        *("dd", "table", "tr", "caption", "blockquote", "pre", "hr", "section"),
        *("article", "header", "footer", "address", "figure", "figcaption", "form"),
    }
)
_CELLS = frozenset({"td", "th"})
_TAG = re.compile(r"<[^>]*>?")
# Most notes are a few plain paragraphs.
_SIMPLE = re.compile(r"(?:<(?:p|div)>[^<&]*</(?:p|div)>)+\Z")
_PARAGRAPH = re.compile(r"</?(?:p|div)>")


def plain_text(html):
    """:return: the text of a piece of HTML, a line for each paragraph, item and row"""
    html = html[:LONGEST_HTML]
    if "<" not in html:
        return unescape(html).strip()
    if _SIMPLE.match(html):
        lines = (" ".join(part.split()) for part in _PARAGRAPH.split(html))
        return "\n".join(line for line in lines if line)
    reader = _Reader()
    try:
        reader.feed(html)
        reader.close()
    except (AssertionError, ValueError):
        # No HTML at all, by the parser's own word.
        return " ".join(unescape(_TAG.sub(" ", html)).split())
    return reader.text()


class _Reader(HTMLParser):
    """Collects lines."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self._lines = []
        self._line = ""
        self._unseen = 0
        self._in_cell = 0
        self._links = []

    def handle_starttag(self, tag, attrs):
        if tag in _UNSEEN:
            self._unseen += 1
        elif tag == "br":
            self._end_line(always=True)
        elif tag in _BLOCKS:
            self._block(tag, begins=True)
        elif tag in _CELLS:
            self._in_cell = 1
            self._line = f"{self._line.rstrip()}\t" if self._line else ""
        elif tag == "a":
            self._links.append((_address(dict(attrs).get("href")), len(self._line)))
        elif tag == "img":
            self.handle_data(dict(attrs).get("alt") or "")

    def handle_endtag(self, tag):
        if tag in _UNSEEN:
            self._unseen = max(0, self._unseen - 1)
        elif tag in _BLOCKS:
            self._block(tag)
        elif tag in _CELLS:
            self._in_cell = 0
        elif tag == "a" and self._links:
            address, start = self._links.pop()
            if address and address not in self._line[start:]:
                self._line += f" ({address})"

    def handle_data(self, data):
        if self._unseen or not data:
            return
        text = re.sub(r"\s+", " ", data)
        # One blank between two pieces, none at the beginning of a line.
        joined = not self._line or self._line[-1] in " \t"
        self._line += text.lstrip() if joined else text

    def _block(self, tag, begins=False):
        """A block begins or ends: a new line, but within a table's row."""
        if tag in ("table", "tr"):
            self._in_cell = 0
        if self._in_cell:
            self.handle_data(" ")
        elif not (begins and self._line == "- "):
            self._end_line()
            self._line = "- " if begins and tag == "li" else ""

    def _end_line(self, always=False):
        line = self._line.rstrip()
        if always or line not in ("", "-"):
            self._lines.append(line)
        self._line = ""

    def text(self):
        """The lines, with at most one empty one between two of them."""
        self._end_line()
        return re.sub(r"\n{3,}", "\n\n", "\n".join(self._lines)).strip()


def _address(href):
    """What to write of a link: nothing that only a browser could follow."""
    href = (href or "").strip()
    scheme, _colon, rest = href.partition(":")
    if scheme.lower() in ("mailto", "tel"):
        return rest
    return href if scheme.lower() in ("http", "https") else ""
