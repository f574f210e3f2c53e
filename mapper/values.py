"""Plain values out of Exchange's elements, as Graph writes them.

Whatever is odd falls back; nothing here raises.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import Any

from .soap import NAMES, Element, local

_MOMENT = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d))?(?:\.\d+)?(Z|[+-]\d\d:\d\d)?"
)
#: What Graph says where there never was a moment.
NEVER = "0001-01-01T00:00:00Z"


def moment(value: str) -> datetime | None:
    """A date and time in UTC; one without a zone counts as UTC."""
    if len(value) == 20 and value[-1] == "Z":
        # how Exchange writes nearly all of them
        try:
            return datetime.fromisoformat(f"{value[:19]}+00:00")
        except ValueError:
            return None
    found = _MOMENT.fullmatch(value.strip())
    if not found:
        return None
    *numbers, zone = found.groups()
    try:
        plain = datetime(*(int(number or 0) for number in numbers))  # type: ignore[arg-type]
        if zone and zone != "Z":
            sign = -1 if zone[0] == "-" else 1
            hours, minutes = int(zone[1:3]), int(zone[4:6])
            plain -= sign * timedelta(hours=hours, minutes=minutes)
    except (ValueError, OverflowError):
        return None
    return plain.replace(tzinfo=timezone.utc)


def iso(value: datetime) -> str:
    """``2026-03-01T10:00:00Z``."""
    return value.astimezone(timezone.utc).replace(tzinfo=None).isoformat() + "Z"


def time_of(element: Element | None) -> str | None:
    """A moment as text, ``None`` when there is none that can be read."""
    return as_time(element.text) if element is not None else None


def as_time(value: str | None) -> str | None:
    """A moment in Graph's form, ``None`` for what is none."""
    if not value:
        return None
    if len(value) == 20 and value[-1] == "Z":
        # how Exchange writes nearly all of them
        return value if is_moment(value[:19]) else None
    found = moment(value)
    return iso(found) if found is not None else None


def is_moment(value: str) -> bool:
    """Whether a text without a zone is a date and time that exist."""
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def true(element: Element | None) -> bool:
    """A boolean; what is not there is false."""
    return element is not None and as_bool(element.text)


def as_bool(value: str | None) -> bool:
    """A boolean of a text."""
    return value == "true" or (
        value is not None and value != "false" and value.strip() in ("true", "1")
    )


def words(element: Element | None) -> str:
    """A text, "" when it is not there."""
    return (element.text or "") if element is not None else ""


def words_or_none(element: Element | None) -> str | None:
    """A text, ``None`` when it is not there or empty."""
    return words(element) or None


def as_words(value: str | None) -> str:
    """A text, "" when there is none."""
    return value or ""


def as_words_or_none(value: str | None) -> str | None:
    """A text, ``None`` when there is none or an empty one."""
    return value or None


def trimmed(value: str | None) -> str | None:
    """A text without blanks around it, ``None`` when nothing is left."""
    return (value.strip() or None) if value else None


def number(element: Element | None) -> int:
    """A number, 0 when it is none."""
    return as_number(element.text if element is not None else None)


def as_number(value: str | None) -> int:
    """A number of a text, 0 when it is none."""
    try:
        return int(value or "")
    except ValueError:
        return 0


def strings(element: Element | None) -> list[str]:
    """The texts of ``t:String`` elements."""
    return (
        [one.text or "" for one in element if local(one) == "String"]
        if (element is not None)
        else []
    )


def address(mailbox: Element | None) -> dict[str, str | None]:
    """Graph's emailAddress of a ``t:Mailbox``.

    What is no address of the internet (the inner name of somebody who left) is left
    out: his name stays.
    """
    if mailbox is None:
        return {"name": "", "address": ""}
    parts: dict[str, str | None] = {}
    for one in mailbox:
        name = NAMES[one.tag]
        parts[name] = one.text
        if name == "RoutingType" and "Name" in parts and "EmailAddress" in parts:
            # what else there is costs time and tells nothing
            break
    found = (parts.get("EmailAddress") or "").strip()
    if "@" not in found or (parts.get("RoutingType") or "").upper() == "EX":
        found = ""
    return {"name": parts.get("Name") or found, "address": found}


def recipient(element: Element | None) -> dict[str, Any] | None:
    """``From``, ``Sender``, ``Organizer``: the one mailbox in it."""
    for one in element if element is not None else ():
        if NAMES[one.tag] == "Mailbox":
            return {"emailAddress": address(one)}
    return None


def recipients(element: Element | None) -> list[dict[str, Any]]:
    """``ToRecipients`` and the like."""
    if element is None:
        return []
    return [
        {"emailAddress": address(one)} for one in element if NAMES[one.tag] == "Mailbox"
    ]


def body(element: Element | None) -> dict[str, str]:
    """Graph's itemBody."""
    kind = element.get("BodyType", "") if element is not None else ""
    content_type = "html" if kind.upper() == "HTML" else "text"
    return {"contentType": content_type, "content": words(element)}


_BLOCK = re.compile(
    r"<(style|script|head|title)\b.*?</\1\s*>|<!--.*?-->|<[^>]*>?", re.S | re.I
)
# What follows a mark, up to the next one.
_TEXT = re.compile(r">([^<]+)")
_ENTITIES = {"&nbsp;": " ", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&amp;": "&"}


# After these the text goes on only behind their end.
_BEGINNINGS = ("<style", "<script", "<head", "<title", "<!--")
_PREVIEW = 255


def preview(content: dict[str, str]) -> str:
    """The first 255 characters of a body, without its marks."""
    whole = content["content"][:20_000]
    html, found = content["contentType"] == "html", ""
    if html:
        whole = _without_head(whole)
    for size in (1_500, len(whole)):
        part = whole[:size]
        block = html and _has_block(part)
        if size < len(whole) and block:
            continue
        found = _plain(part, block) if html else " ".join(part.split())
        if len(found) > _PREVIEW + 20 or size >= len(whole):
            break
    return found[:_PREVIEW]


def _has_block(html: str) -> bool:
    small = html.lower()
    return any(beginning in small for beginning in _BEGINNINGS)


def _without_head(html: str) -> str:
    """A body without the head that Exchange writes before it, often pages of styles."""
    start = html.find("<head>")
    end = html.find("</head>", start) if start >= 0 else -1
    return f"{html[:start]} {html[end + 7 :]}" if end >= 0 else html


def _plain(html: str, block: bool) -> str:
    """The words of a piece of HTML.

    :param block: there is something in it that is no text although no tag either
    """
    found = _BLOCK.sub(" ", html) if block else " ".join(_TEXT.findall(f">{html}"))
    if "&" in found:
        for name, sign in _ENTITIES.items():
            found = found.replace(name, sign)
    return " ".join(found.split())


_NORMAL = {
    name: name.lower()
    for name in ("Low", "Normal", "High", "Personal", "Private", "Confidential")
}


def as_normal(value: str | None) -> str:
    """An importance or a sensitivity in Graph's spelling (``Normal`` → ``normal``)."""
    found = _NORMAL.get(value or "Normal")
    if found is None:
        name = (value or "").strip()
        found = name[:1].lower() + name[1:] if name else "normal"
    return found
