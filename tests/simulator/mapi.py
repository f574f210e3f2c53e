"""MAPI properties of an item: what was written, and what the store knows by itself.

Source: [MS-OXPROPS] for the tags, [MS-OXCMSG] 2.2.1 for flags and subjects
Doubt: the service computes many more; these are the ones that mail programs ask for.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from itertools import chain

from . import mapi_contacts
from .clock import iso
from .mailbox import Item

_MEETING = "{6ed8da90-450b-101b-98da-00aa003f1305}"
_APPOINTMENT = "{00062002-0000-0000-c000-000000000046}"
RECURRING = f"Boolean {_APPOINTMENT} Id 0x8223"
GLOBAL_ID = f"Binary {_MEETING} Id 0x3"
CLEAN_GLOBAL_ID = f"Binary {_MEETING} Id 0x23"
HEADERS = "String 0x7d"  # PidTagTransportMessageHeaders
TITLE = "String 0x3a45"
FLAG_STATUS = "Integer 0x1090"
_MESSAGE_FLAGS = "Integer 0xe07"
_PREFIX = re.compile(r"^[^\W\d_]{1,3}:\s+")
_CLASSES = {
    "meetingRequest": "IPM.Schedule.Meeting.Request",
    "meetingCancelled": "IPM.Schedule.Meeting.Canceled",
    "meetingAccepted": "IPM.Schedule.Meeting.Resp.Pos",
    "meetingDeclined": "IPM.Schedule.Meeting.Resp.Neg",
    "meetingTenativelyAccepted": "IPM.Schedule.Meeting.Resp.Tent",
    "meetingTentativelyAccepted": "IPM.Schedule.Meeting.Resp.Tent",
}
FLAGS = {"complete": "1", "flagged": "2"}
_LEVELS = {
    "low": "0",
    "high": "2",
    "personal": "1",
    "private": "2",
    "confidential": "3",
}


def class_of(item: Item, is_occurrence: bool = False) -> str:
    """The class of an item, by MAPI's names."""
    written = item.extra.get("class")
    if written:
        return written
    if item.kind == "event":
        return "IPM.Appointment.Occurrence" if is_occurrence else "IPM.Appointment"
    if item.kind == "contact":
        return "IPM.Contact"
    return _CLASSES.get(item.data.get("meetingMessageType") or "", "IPM.Note")


def size_of(item: Item) -> int:
    """Bytes of an item, about."""
    size = len(item.mime or b"") or 1024
    return size + sum(a.data.get("size") or 0 for a in item.attachments)


def _subject(data: dict) -> str:
    return data.get("subject") or data.get("displayName") or ""


def _who(data: dict, role: str, part: str) -> str | None:
    found = ((data.get(role) or {}).get("emailAddress") or {}).get(part)
    return found or None


def _names(data: dict, role: str) -> str | None:
    rows = data.get(role)
    if rows is None:
        return None
    found = [row.get("emailAddress") or {} for row in rows]
    return "; ".join(row.get("name") or row.get("address") or "" for row in found)


def _message_flags(item: Item, data: dict) -> str | None:
    """mfRead, mfUnsent, mfHasAttach."""
    if item.kind != "message":
        return None
    flags = (data["isRead"], 1), (data["isDraft"], 8), (item.attachments, 16)
    return str(sum(bit for is_set, bit in flags if is_set))


def _flag(item: Item, data: dict) -> str | None:
    status = data["flag"].get("flagStatus", "") if item.kind == "message" else ""
    return FLAGS.get(status)


def _global_id(data: dict, clean: bool) -> str | None:
    uid = data.get("iCalUId") or ""
    if clean:
        uid = uid[:32] + "0" * 8 + uid[40:]
    try:
        return base64.b64encode(bytes.fromhex(uid)).decode() or None
    except ValueError:
        return None


def _header(item: Item, name: str) -> str | None:
    rows = (h["value"] for h in item.headers if h["name"].lower() == name)
    return next(rows, None)


def _all_headers(item: Item) -> str | None:
    lines = (f"{h['name']}: {h['value']}\r\n" for h in item.headers)
    return "".join(lines) or None


def _of_event(get: Callable[[dict], str]) -> Callable[[Item, dict], str | None]:
    """Something that events alone have, from what the store keeps of their times."""
    return lambda item, data: get(item.extra) if item.kind == "event" else None


def _bool(value: object) -> str:
    return "true" if value else "false"


_COMPUTED: dict[str, Callable[[Item, dict], str | None]] = {
    **mapi_contacts.READERS,
    "String 0x1a": lambda item, data: class_of(item),
    "Integer 0x17": lambda item, data: _LEVELS.get(data.get("importance") or "", "1"),
    "Integer 0x36": lambda item, data: _LEVELS.get(data.get("sensitivity") or "", "0"),
    "String 0x37": lambda item, data: _subject(data),
    "SystemTime 0x39": lambda item, data: data.get("sentDateTime"),
    "String 0x42": lambda item, data: _who(data, "from", "name"),
    "String 0x70": lambda item, data: _PREFIX.sub("", _subject(data)),
    HEADERS: lambda item, data: _all_headers(item),
    "String 0xc1a": lambda item, data: _who(data, "sender", "name"),
    "String 0xe03": lambda item, data: _names(data, "ccRecipients"),
    "String 0xe04": lambda item, data: _names(data, "toRecipients"),
    "SystemTime 0xe06": lambda item, data: data.get("receivedDateTime"),
    _MESSAGE_FLAGS: _message_flags,
    "Integer 0xe08": lambda item, data: str(size_of(item)),
    "Long 0xe08": lambda item, data: str(size_of(item)),
    "Boolean 0xe1b": lambda item, data: _bool(item.attachments),
    "String 0xe1d": lambda item, data: _PREFIX.sub("", _subject(data)),
    # The number by which IMAP knows it.
    "Integer 0xe23": lambda item, data: str(item.born),
    "Binary 0xff9": lambda item, data: item.immutable_id.translate(_PLAIN),
    "String 0x1035": lambda item, data: data.get("internetMessageId"),
    "String 0x1039": lambda item, data: _header(item, "references"),
    "String 0x1042": lambda item, data: _header(item, "in-reply-to"),
    FLAG_STATUS: _flag,
    "SystemTime 0x3007": lambda item, data: data.get("createdDateTime"),
    "SystemTime 0x3008": lambda item, data: data.get("lastModifiedDateTime"),
    "String 0x5d01": lambda item, data: _who(data, "sender", "address"),
    "String 0x5d02": lambda item, data: _who(data, "from", "address"),
    f"SystemTime {_APPOINTMENT} Id 0x820d": _of_event(lambda e: iso(e["span"].start)),
    f"SystemTime {_APPOINTMENT} Id 0x820e": _of_event(lambda e: iso(e["span"].end)),
    f"Boolean {_APPOINTMENT} Id 0x8215": _of_event(lambda e: _bool(e["span"].all_day)),
    RECURRING: _of_event(lambda e: _bool(e.get("series"))),
    GLOBAL_ID: lambda item, data: _global_id(data, clean=False),
    CLEAN_GLOBAL_ID: lambda item, data: _global_id(data, clean=True),
}
_PLAIN = str.maketrans("-_", "+/")
# Of these the store, not whoever wrote them, has the last word.
_ALIVE = (GLOBAL_ID, CLEAN_GLOBAL_ID, RECURRING, _MESSAGE_FLAGS, FLAG_STATUS, TITLE)


class Known:
    """The extended properties of an item, as a mapping that is read.

    :param data: its properties, or those of one occurrence
    :param extended: what clients wrote, by the ids of properties.py
    """

    def __init__(self, item: Item, data: dict, extended: dict[str, str]) -> None:
        self.item, self.data, self.extended = item, data, extended

    def get(self, key: str) -> str | None:
        """A value as text; None where there is none."""
        compute = _COMPUTED.get(key)
        if compute is None or (key in self.extended and key not in _ALIVE):
            return self.extended.get(key)
        value = compute(self.item, self.data)
        return self.extended.get(key) if value is None else value

    def items(self) -> Iterator[tuple[str, str]]:
        """What can be looked for."""
        for key in chain(self.extended, _COMPUTED.keys() - self.extended.keys()):
            value = self.get(key)
            if value is not None:
                yield key, value


def known(item: Item) -> Known:
    """The extended properties of an item, a master where it is a series."""
    return Known(item, item.data, item.extended)
