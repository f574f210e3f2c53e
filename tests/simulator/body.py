"""Bodies of messages: HTML and text, the preview, the preferred format."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser

_SKIP = {"script", "style", "head", "title"}
_BREAK = {"p", "div", "tr", "li", "ul", "ol", "table", "h1", "h2", "h3", "blockquote"}
_QUOTE = re.compile(
    r"<hr\b|<div[^>]*(?:divRplyFwdMsg|appendonsend)|^-{5,}Original", re.I
)


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._skipping = 0

    def handle_starttag(self, tag: str, attrs: list) -> None:
        if tag in _SKIP:
            self._skipping += 1
        elif tag == "br" or tag in _BREAK:
            self.parts.append("\r\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SKIP:
            self._skipping = max(0, self._skipping - 1)
        elif tag in _BREAK:
            self.parts.append("\r\n")

    def handle_data(self, data: str) -> None:
        if not self._skipping:
            self.parts.append(re.sub(r"\s+", " ", data))


def html_to_text(source: str) -> str:
    """The text of an HTML body."""
    parser = _Text()
    try:
        parser.feed(source)
        parser.close()
    except (AssertionError, ValueError):  # html.parser on hopeless input
        return re.sub(r"<[^>]*>", " ", source)
    return re.sub(r"[ \t]*(\r\n[ \t]*)+", "\r\n", "".join(parser.parts)).strip()


def text_to_html(source: str) -> str:
    """An HTML body for a text, in the service's frame."""
    inner = (
        html.escape(source, quote=False).replace("\r\n", "\n").replace("\n", "<br>\r\n")
    )
    return frame(f"<div>{inner}</div>")


def frame(source: str) -> str:
    """An HTML body with the head that the service puts around every one."""
    meta = '<meta http-equiv="Content-Type" content="text/html; charset=utf-8">'
    if re.search(r"<head\b[^>]*>", source[:4096], re.I):
        return re.sub(
            r"(<head\b[^>]*>)",
            lambda m: f"{m.group(1)}\r\n{meta}",
            source,
            count=1,
            flags=re.I,
        )
    if re.search(r"<html\b[^>]*>", source[:4096], re.I):
        return re.sub(
            r"(<html\b[^>]*>)",
            lambda m: f"{m.group(1)}<head>\r\n{meta}</head>",
            source,
            count=1,
            flags=re.I,
        )
    return f"<html><head>\r\n{meta}</head><body>{source}</body></html>"


def preview(body: dict) -> str:
    """The first 255 characters as text."""
    content = body["content"]
    if body["contentType"] != "html":
        return content.strip()[:255]
    for size in (2_000, 20_000):
        text = html_to_text(content[:size])
        if len(text) >= 255 or len(content) <= size:
            break
    return text[:255]


def convert(body: dict, wanted: str) -> dict:
    """A body in the wanted format (``text`` or ``html``)."""
    if wanted not in ("text", "html") or body["contentType"] == wanted:
        return body
    change = html_to_text if wanted == "text" else text_to_html
    return {"contentType": wanted, "content": change(body["content"])}


def as_preferred(shown: dict, wanted: str) -> None:
    """Apply ``Prefer: outlook.body-content-type`` to a rendered message."""
    for name in ("body", "uniqueBody"):
        if wanted and shown.get(name):
            shown[name] = convert(shown[name], wanted.lower())


def unique_body(body: dict) -> dict:
    """What this message adds to its conversation: the body above the quotation."""
    cut = _QUOTE.search(body["content"])
    content = body["content"][: cut.start()] if cut else body["content"]
    return {"contentType": body["contentType"], "content": content}
