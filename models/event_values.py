"""Graph's events in plain values: what of them Odoo shows, and what names them.

Nothing here knows the database. What a mailbox sends is taken as it comes: an unknown
word, an odd address or a strange time zone falls back to what is harmless.
"""

import re
from dataclasses import dataclass, replace
from datetime import date, datetime, timezone
from hashlib import blake2b
from typing import NamedTuple
from zoneinfo import ZoneInfo

from .addresses import canonical
from .event_text import as_html, meeting_url
from .event_text import plain as _text
from .event_times import original_start, times_of, zone_name

STATES = {
    "accepted": "accepted",
    "organizer": "accepted",
    "tentativelyaccepted": "tentative",
    "declined": "declined",
}
SHOW_AS = {
    "free": "free",
    "tentative": "tentative",
    "busy": "busy",
    "oof": "oof",
    "workingelsewhere": "working_elsewhere",
}
PRIVATE = ("private", "confidential")
_GLOBAL_ID = "040000008200E00074C5B7101A82E008"
# What an occurrence of which only the times are told does not have.
_OF_FULL = ("subject", "body", "iCalUId", "organizer")
_LONGEST_REMINDER = 60 * 24 * 366


class Person(NamedTuple):
    """Somebody of an event.

    :ivar email: lower case; "" where it is none (X.500 and the like)
    :ivar state: of his answer, in the words of ``calendar.attendee``
    """

    email: str
    name: str
    state: str = "needsAction"

    @property
    def text(self):
        """For people to read."""
        if not self.email or self.email == self.name.lower():
            return self.name or self.email
        return f"{self.name} <{self.email}>" if self.name else self.email


@dataclass(frozen=True)
class Own:
    """What of a copy of a meeting is its owner's alone.

    :ivar reminder: minutes before the start, -1 = none
    """

    is_organizer: bool = True
    response: str = "accepted"
    reminder: int = -1
    private: bool = False
    show_as: str = "busy"
    categories: str = ""
    web_link: str = ""


@dataclass(frozen=True)
class Content:
    """What of a meeting its leading copy decides.

    :ivar start: naive UTC; of an all-day event 8:00 of its first day, as Odoo has it
    :ivar stop: naive UTC; of an all-day event 18:00 of its last day
    :ivar description: HTML, not sanitised
    :ivar recurrence: Graph's patternedRecurrence of its series
    """

    name: str = ""
    start: datetime = datetime.min
    stop: datetime = datetime.min
    all_day: bool = False
    location: str = ""
    meeting_url: str = ""
    description: str = ""
    organizer: Person | None = None
    attendees: tuple = ()
    time_zone: str = ""
    recurrence: dict | None = None


@dataclass(frozen=True)
class EventCopy:
    """One event as it lies in one calendar.

    :ivar uid: iCalUId of the single event or of the series master
    :ivar original_start: of an occurrence, as the pattern says; naive UTC, of an
        all-day series midnight of the date; None for a single event
    :ivar content_hash: of the content but its description; ``body_hash``: of that,
        ``people_hash``: of organizer and attendees alone
    """

    remote_id: str
    uid: str
    original_start: datetime | None
    master_id: str
    change_key: str
    cancelled: bool
    own: Own
    content: Content
    content_hash: str
    body_hash: str
    people_hash: str

    @property
    def key(self):
        """What names the meeting in every calendar."""
        return (self.uid, self.original_start)


def parse_event(item, master=None):
    """A single event, exception or occurrence as a copy.

    :param item: Graph's event; an occurrence may hold its times alone
    :param master: the master of an occurrence or exception, a ``Series``
    :raises NoTime: its start or end cannot be read
    """
    if master is None:
        parts = _Parts(item)
        all_day, uid, planned = parts.all_day, parts.uid, None
        recurrence = None
    else:
        is_full = any(item.get(name) is not None for name in _OF_FULL)
        parts = _Parts(item) if is_full else master.parts
        all_day = item.get("isAllDay")
        all_day = parts.all_day if all_day is None else bool(all_day)
        uid, recurrence = master.parts.uid, master.recurrence
        planned = original_start(item, master.parts)
    start, stop = times_of(item, all_day)
    content = replace(
        parts.content, start=start, stop=stop, all_day=all_day, recurrence=recurrence
    )
    return EventCopy(
        remote_id=item["id"],
        uid=uid,
        original_start=planned,
        master_id=master.parts.remote_id if master else "",
        change_key=change_key(item),
        cancelled=parts.cancelled,
        own=parts.own,
        content=content,
        content_hash=_hash(parts.content_key, start, stop, all_day, str(recurrence)),
        body_hash=parts.body_hash,
        people_hash=parts.people_hash,
    )


class Series:
    """A series master, parsed once for all of its occurrences."""

    def __init__(self, item):
        self.parts = _Parts(item)
        found = item.get("recurrence")
        self.recurrence = found if isinstance(found, dict) else None


class _Parts:
    """What an event says, but for its times."""

    def __init__(self, item):
        self.remote_id = item["id"]
        self.uid = _text(item.get("iCalUId") or item.get("uid")) or f"id:{item['id']}"
        self.all_day = bool(item.get("isAllDay"))
        self.zone = _text(item.get("originalStartTimeZone"))
        self.cancelled = bool(item.get("isCancelled"))
        self.own = _own(item)
        description = as_html(item.get("body"))
        location, url = _place(item, description)
        values = {
            "name": _text(item.get("subject")),
            "location": location,
            "meeting_url": url,
            "organizer": _person(item.get("organizer")),
            "attendees": tuple(_attendees(item)),
            "time_zone": zone_name(self.zone) or "",
        }
        self.content = Content(**values, description=description)
        self.content_key = repr(tuple(values.values()))
        self.people_hash = _hash(values["organizer"], values["attendees"])
        self.body_hash = _hash(description) if description else ""


def change_key(item):
    """The version of an event; of an occurrence that of its series."""
    key = item.get("changeKey")
    if isinstance(key, str) and key:
        return key
    return _text(item.get("@odata.etag")).removeprefix("W/").strip('"')


def other_ids(copy):
    """What other connectors would call the event. :return: (iCalUId, Google's id)

    An iCalUId of Exchange holds the date of an occurrence in four of its bytes; one
    that came from elsewhere is wrapped into it ([MS-OXCICAL] 2.1.3.1.1.20.26).
    """
    uid, original = copy.uid, copy.original_start
    foreign = _unwrapped(uid)
    google = foreign.removesuffix("@google.com") if "@google.com" in foreign else ""
    if original is None:
        return uid, google
    day = _on_date(original, copy.content.all_day, copy.content.time_zone)
    if uid.startswith(_GLOBAL_ID):
        uid = f"{uid[:32]}{day.year:04X}{day.month:02X}{day.day:02X}{uid[40:]}"
    stamp = f"{day:%Y%m%d}" if copy.content.all_day else f"{original:%Y%m%dT%H%M%SZ}"
    return uid, google and f"{google}_{stamp}"


def kin_uid(copy):
    """The iCalUId of the same occurrence in calendars that have the whole series, or
    do not have it; "" when there is no such thing."""
    if copy.original_start is not None:
        uid = other_ids(copy)[0]
        return uid if uid != copy.uid else ""
    return f"{copy.uid[:32]}{'0' * 8}{copy.uid[40:]}" if _day_in(copy.uid) else ""


def is_kin(copy, original_start, all_day, zone):
    """Whether an event of :func:`kin_uid` is the same occurrence as a copy.

    :param original_start: of the event, as in ``EventCopy``; ``zone``: IANA name
    """
    if copy.original_start is not None or original_start is None:
        return copy.original_start is not None and original_start is None
    return _on_date(original_start, all_day, zone) == _day_in(copy.uid)


def _day_in(uid):
    """The date that an iCalUId of Exchange holds, if it does."""
    if not uid.startswith(_GLOBAL_ID):
        return None
    try:
        year, month, day = (
            int(uid[a:b], 16) for a, b in ((32, 36), (36, 38), (38, 40))
        )
        return date(year, month, day)
    except ValueError:
        return None


def _unwrapped(uid):
    if not uid.startswith(_GLOBAL_ID):
        return uid
    try:
        _head, _mark, rest = bytes.fromhex(uid).partition(b"vCal-Uid\x01\0\0\0")
    except ValueError:
        return ""
    return rest.rstrip(b"\0").decode("ascii", "replace")


def _on_date(original, all_day, zone):
    """The date of an original start on the clocks of its zone."""
    if all_day or not zone:
        return original.date()
    aware = original.replace(tzinfo=timezone.utc)
    return aware.astimezone(ZoneInfo(zone)).date()


def anonymous(copy, account_id, name):
    """The copy without anything but its time: nobody else's event, and no meeting."""
    content = Content(
        name=name,
        start=copy.content.start,
        stop=copy.content.stop,
        all_day=copy.content.all_day,
        time_zone=copy.content.time_zone,
    )
    times = (content.start, content.stop, content.all_day)
    own = replace(copy.own, is_organizer=True, response="accepted", categories="")
    return replace(
        copy,
        uid=f"{copy.uid}/busy/{account_id}",
        own=own,
        content=content,
        content_hash=_hash("busy", name, *times),
        body_hash="",
        people_hash="",
    )


def is_private(item):
    """Whether nobody else may know what an event is about."""
    return str(item.get("sensitivity")).lower() in PRIVATE


def _own(item):
    minutes = item.get("reminderMinutesBeforeStart")
    reminds = item.get("isReminderOn") and isinstance(minutes, int)
    is_organizer = item.get("isOrganizer") is not False
    categories = item.get("categories")
    return Own(
        is_organizer=is_organizer,
        response="accepted" if is_organizer else _state(item.get("responseStatus")),
        reminder=min(max(minutes, 0), _LONGEST_REMINDER) if reminds else -1,
        private=is_private(item),
        show_as=SHOW_AS.get(str(item.get("showAs")).lower(), "busy"),
        categories="\n".join(
            filter(None, map(_text, categories if isinstance(categories, list) else ()))
        ),
        web_link=_link(item.get("webLink")),
    )


def _state(status):
    answer = status.get("response") if isinstance(status, dict) else None
    return STATES.get(str(answer).lower(), "needsAction")


def _person(value, state="needsAction"):
    found = value.get("emailAddress") if isinstance(value, dict) else None
    if not isinstance(found, dict):
        return None
    address = _text(found.get("address")).strip()
    name = _text(found.get("name")).strip()
    if re.fullmatch(r"[^@\s<>,;]+@[^@\s<>,;]+", address):
        return Person(canonical(address), name, state)
    if name or address:
        return Person("", name or address, state)
    return None


def _attendees(item):
    rows = item.get("attendees")
    for row in rows if isinstance(rows, list) else ():
        status = row.get("status") if isinstance(row, dict) else None
        found = _person(row, _state(status))
        if found:
            yield found


def _place(item, description):
    """Where it is, and the address of its online meeting."""
    rows = item.get("locations")
    places = [item.get("location"), *(rows if isinstance(rows, list) else ())]
    names = [
        _text(place.get("displayName")) for place in places if isinstance(place, dict)
    ]
    text = names[0] if names and names[0] else "; ".join(filter(None, names))
    meeting = item.get("onlineMeeting")
    url = meeting.get("joinUrl") if isinstance(meeting, dict) else None
    url = _link(url) or _link(item.get("onlineMeetingUrl"))
    return text, url or meeting_url(text) or meeting_url(description)


def _link(value):
    text = _text(value).strip()
    return text if text.startswith(("https://", "http://")) else ""


def _hash(*values):
    return blake2b(repr(values).encode(), digest_size=9).hexdigest()
