"""The text of an event as HTML, and the link to a meeting that it may hold.

A body comes from whoever sends invitations: nothing here takes longer than in
proportion to its length.
"""

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

from .deep_html import storable

_OPEN = re.compile(r"<body\b[^<>]*>", re.IGNORECASE)
_CLOSE = re.compile(r"</(?:body|html)\s*>", re.IGNORECASE)
# What stands between its tags is not shown.
_HIDDEN = re.compile(r"<(/?)(?:style|script)\b[^<>]*>", re.IGNORECASE)
_NOTHING = re.compile(r"<[^<>]*>|&nbsp;|&#160;|\s")
_PICTURE = re.compile(r"<(?:img|hr|table)\b", re.IGNORECASE)
# A picture that is an attachment in Outlook; without it there is nothing to show.
_ATTACHED = re.compile(r"<img\b[^<>]*\bsrc=[\"']?cid:[^<>]*>", re.IGNORECASE)
_URL = re.compile(r"https://[^\s\"'<>]+", re.IGNORECASE)
_MEETING = re.compile(
    r"https://(?:"
    r"(?:[\w-]+\.)*teams\.microsoft(?:online)?\.(?:com|us|cn)/(?:l/meetup-join|meet)/"
    r"|teams\.live\.com/meet/"
    r"|(?:[\w-]+\.)*zoom(?:gov)?\.(?:us|com)/(?:j|my|s|w|wc/join)/"
    r"|[\w-]+\.webex\.com/(?:meet|join|(?:[\w-]+/)*j\.php)"
    r"|meet\.google\.com/[a-z]{3}-"
    r")",
    re.IGNORECASE,
)
_SAFE_LINKS = ".safelinks.protection.outlook.com"
_LONGEST_URL = 4000


def plain(value):
    """Text that a database takes."""
    if not isinstance(value, str):
        return ""
    return value.replace("\0", "").encode("utf-8", "replace").decode()


def as_html(body):
    """Graph's ``itemBody`` as HTML, not sanitised; "" when it shows nothing.

    https://learn.microsoft.com/graph/api/resources/itembody
    """
    content = plain(body.get("content")) if isinstance(body, dict) else ""
    if not content:
        return ""
    if str(body.get("contentType")).lower() == "text":
        escaped = content.replace("&", "&amp;").replace("<", "&lt;")
        return "<p>{}</p>".format("<br>".join(escaped.splitlines()))
    inner = _inner(content)
    if "cid:" in inner.lower():
        inner = _ATTACHED.sub("", inner)
    if not _NOTHING.sub("", _shown(inner)) and not _PICTURE.search(inner):
        return ""
    return storable(inner)


def meeting_url(text):
    """The link by which one joins the online meeting of a text, "" without one."""
    if "https://" not in text.lower():
        return ""
    for found in _URL.finditer(text):
        url = _unwrapped(unescape(found.group()[:_LONGEST_URL]))
        if _MEETING.match(url):
            return url.rstrip(".,;)")
    return ""


def _inner(html):
    """Without the head. Where the body ends, footers may follow."""
    begin = _OPEN.search(html)
    return _CLOSE.sub("", html[begin.end() :]).strip() if begin else html


def _shown(html):
    pieces = _HIDDEN.split(html)
    marks = ["/", *pieces[1::2]]
    return "".join(text for mark, text in zip(marks, pieces[::2], strict=True) if mark)


def _unwrapped(url):
    """The address behind a link that Outlook checks on the way."""
    try:
        parts = urlsplit(url)
        if not (parts.hostname or "").lower().endswith(_SAFE_LINKS):
            return url
        return parse_qs(parts.query).get("url", [url])[0]
    except ValueError:  # not an address
        return url
