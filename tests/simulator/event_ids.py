"""Identifiers of events: occurrences, iCalUId, occurrenceId, web links.

iCalUId is the Global Object ID of a meeting in hexadecimal, the same in every mailbox.
Four of its bytes hold the date of an occurrence; they are zero in a series master and
in a single event, so every occurrence has an iCalUId of its own.
Sources: [MS-OXOCAL] 2.2.1.27 PidLidGlobalObjectId;
https://learn.microsoft.com/graph/api/resources/event
"""

from __future__ import annotations

import base64
import binascii
import uuid
from datetime import date, datetime, timezone
from urllib.parse import quote

_CLASS_ID = "040000008200E00074C5B7101A82E008"
_TAIL = "AAA="  # how the id of an item ends
_MARK, _CLOSE = b"\x51", b"\x00\x10"  # around the date in the id of an occurrence
_WIDTH = 8  # characters that an occurrence adds to the id of its master
_EPOCH = datetime(1601, 1, 1, tzinfo=timezone.utc)


def new_uid(now: datetime) -> str:
    """A fresh iCalUId without date."""
    ticks = int((now - _EPOCH).total_seconds() * 10**7)
    stamp = ticks.to_bytes(8, "little").hex().upper()
    return f"{_CLASS_ID}{'0' * 8}{stamp}{'0' * 16}10000000{uuid.uuid4().hex.upper()}"


def uid_at(uid: str, day: date) -> str:
    """The iCalUId of one occurrence; a uid of another make stays as it is."""
    if not uid.startswith(_CLASS_ID):
        return uid
    stamp = f"{day.year:04X}{day.month:02X}{day.day:02X}"
    return uid[:32] + stamp + uid[40:]


def occurrence_id(master: str, day: date) -> str:
    """The id of an occurrence, in the format of its master's id."""
    raw = _MARK + day.toordinal().to_bytes(3, "big") + _CLOSE
    return master[: -len(_TAIL)] + base64.urlsafe_b64encode(raw).decode() + _TAIL


def split_occurrence_id(key: str) -> tuple[str, date] | None:
    """The master's id and the date in the id of an occurrence; None for other ids."""
    stem = key[: -len(_TAIL)]
    try:
        raw = base64.urlsafe_b64decode(stem[-_WIDTH:])
    except (binascii.Error, ValueError):
        return None
    if len(raw) != 6 or raw[:1] != _MARK or raw[4:] != _CLOSE:
        return None
    ordinal = int.from_bytes(raw[1:4], "big")
    if not 0 < ordinal <= date.max.toordinal():
        return None
    return stem[:-_WIDTH] + _TAIL, date.fromordinal(ordinal)


def object_id(master: str, day: date) -> str:
    """``occurrenceId``: what ``cancelledOccurrences`` holds."""
    return f"OID.{master}.{day.isoformat()}"


def web_link(key: str) -> str:
    """Where Outlook on the web shows an event."""
    item = quote(key, safe="")
    return f"https://outlook.office365.com/owa/?itemid={item}&exvsurl=1&path=/calendar/item"
