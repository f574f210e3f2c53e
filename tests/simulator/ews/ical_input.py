"""Events that come as iCalendar, in the ``MimeContent`` of a new calendar item.

Source: https://learn.microsoft.com/openspecs/exchange_server_protocols/ms-oxcical
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime

from ..event_times import DAY
from ..event_values import series_of
from ..mailbox import Item
from ..recurrence import DAYS, INDEXES
from ..zones import UTC, find_zone
from .errors import EwsError

_LINE = re.compile(r'^([\w-]+)((?:;[\w-]+=(?:"[^"]*"|[^:;]*))*):(.*)$', re.S)
_OPTION = re.compile(r';([\w-]+)=("[^"]*"|[^:;]*)')
_ESCAPED = re.compile(r"\\(.)", re.S)
_CLASSES = {"PRIVATE": "private", "CONFIDENTIAL": "confidential"}
_ROLES = {"OPT-PARTICIPANT": "optional", "NON-PARTICIPANT": "resource"}
_BY_LETTERS = {day[:2].upper(): day for day in DAYS}
_WHOLE = "X-MICROSOFT-CDO-ALLDAYEVENT"
Row = tuple[str, dict[str, str], str]


@dataclass
class Calendar:
    """What an iCalendar text says of one event.

    :ivar values: as the fields of a calendar item read them
    :ivar cancelled: dates of the pattern that are taken out
    :ivar changed: date of the pattern → start and end (clock of the zone), values
    """

    values: dict
    cancelled: list[date] = field(default_factory=list)
    changed: dict[date, tuple[datetime, datetime, dict]] = field(default_factory=dict)

    def apply(self, item: Item) -> None:
        """Take out and change what differs from the pattern."""
        series = series_of(item)
        if series is None:
            return
        for day in self.cancelled:
            if series.has(day):
                series.cancelled[day] = 0
        for day, (start, end, values) in self.changed.items():
            if series.has(day):
                series.change(day, series.planned(day).at(start, end), values)


def read(raw: bytes) -> Calendar:
    """The event of an iCalendar text.

    :raises EwsError: ErrorMimeContentInvalid
    """
    events = _events(raw.decode("utf-8", "replace"))
    whole = [e for e in events if not _one(e, "RECURRENCE-ID")]
    if not whole or _one(whole[0], "DTSTART") is None:
        raise EwsError("ErrorMimeContentInvalid")
    try:
        found = Calendar(_values(whole[0]))
        for row in whole[0]:
            if row[0] == "EXDATE":
                texts = row[2].split(",")
                found.cancelled += [_clock(text, row[1])[0].date() for text in texts]
        for event in events:
            at = _one(event, "RECURRENCE-ID")
            if at is not None:
                day = _clock(at[2], at[1])[0].date()
                found.changed[day] = (*_ends(event)[:2], _texts(event))
    except (ValueError, KeyError):
        raise EwsError("ErrorMimeContentInvalid") from None
    return found


def _events(text: str) -> list[list[Row]]:
    """The properties of each VEVENT, without those of the parts in it."""
    found: list[list[Row]] = []
    inside: list[str] = []
    for line in re.sub(r"\r?\n[ \t]", "", text).splitlines():
        match = _LINE.match(line)
        if match is None:
            continue
        name, options, value = match[1].upper(), match[2], match[3]
        if name == "BEGIN":
            inside.append(value.upper())
            if value.upper() == "VEVENT":
                found.append([])
        elif name == "END":
            del inside[-1:]
        elif inside[-1:] == ["VEVENT"]:
            given = {k.upper(): v.strip('"') for k, v in _OPTION.findall(options)}
            found[-1].append((name, given, value))
    return found


def _one(event: list[Row], name: str) -> Row | None:
    return next((row for row in event if row[0] == name), None)


def _text(event: list[Row], name: str) -> str | None:
    row = _one(event, name)
    if row is None:
        return None
    return _ESCAPED.sub(lambda m: "\n" if m[1] in "nN" else m[1], row[2])


# -- times -----------------------------------------------------------------------------


def _clock(text: str, options: dict[str, str]) -> tuple[datetime, str]:
    """Clock and zone of a time."""
    text = text.strip()
    if len(text) == 8:
        return datetime.strptime(text, "%Y%m%d"), UTC
    zone = UTC if text.endswith("Z") else options.get("TZID") or UTC
    return datetime.strptime(text.rstrip("Z"), "%Y%m%dT%H%M%S"), zone


def _ends(event: list[Row]) -> tuple[datetime, datetime, str, bool]:
    """Start, end, zone, and whether it is of whole days."""
    _name, options, text = _one(event, "DTSTART") or ("", {}, "")
    start, zone = _clock(text, options)
    whole = len(text.strip()) == 8 or _text(event, _WHOLE) == "TRUE"
    row = _one(event, "DTEND")
    end = _clock(row[2], row[1])[0] if row else start + DAY if whole else start
    return start, end, zone, whole


# -- an event --------------------------------------------------------------------------


def _texts(event: list[Row]) -> dict:
    found: dict = {"subject": _text(event, "SUMMARY") or ""}
    about, place = _text(event, "DESCRIPTION"), _text(event, "LOCATION")
    if about:
        found["body"] = {"contentType": "text", "content": about}
    if place:
        found["location"] = {"displayName": place}
    return found


def _values(event: list[Row]) -> dict:
    start, end, zone, whole = _ends(event)
    found = _texts(event) | {
        "from": start.isoformat(),
        "to": end.isoformat(),
        "startZone": zone,
        "isAllDay": whole,
        "uid": _text(event, "UID"),
        "sensitivity": _CLASSES.get(_text(event, "CLASS") or "", "normal"),
    }
    if _text(event, "TRANSP") == "TRANSPARENT":
        found["showAs"] = "free"
    if names := _one(event, "CATEGORIES"):
        found["categories"] = names[2].split(",")
    if rule := _one(event, "RRULE"):
        found["recurrence"] = _recurrence(rule[2], start, zone)
    return found | _attendees(event)


def _attendees(event: list[Row]) -> dict:
    found: dict[str, list[dict]] = {}
    for name, options, value in event:
        if name == "ATTENDEE":
            address = value.partition(":")[2] or value
            who = {"name": options.get("CN") or address, "address": address}
            kind = _ROLES.get(options.get("ROLE", ""), "required")
            row = {"emailAddress": who, "type": kind}
            found.setdefault(f"attendees:{kind}", []).append(row)
    return found


# -- series ----------------------------------------------------------------------------


def _recurrence(text: str, start: datetime, zone: str) -> dict:
    parts = dict(part.split("=", 1) for part in text.upper().split(";") if part)
    span: dict = {"type": "noEnd", "startDate": start.date().isoformat()}
    if "COUNT" in parts:
        span |= {"type": "numbered", "numberOfOccurrences": int(parts["COUNT"])}
    elif "UNTIL" in parts:
        last, own = _clock(parts["UNTIL"], {"TZID": zone})
        if len(parts["UNTIL"]) > 8:
            last = last.replace(tzinfo=find_zone(own)).astimezone(find_zone(zone))
        span |= {"type": "endDate", "endDate": last.date().isoformat()}
    interval = int(parts.get("INTERVAL", "1"))
    pattern = {"interval": interval, **_pattern(parts, start)}
    return {"pattern": pattern, "range": span}


def _pattern(parts: dict[str, str], start: datetime) -> dict:
    unit, words = parts["FREQ"], parts.get("BYDAY", "")
    days = [_BY_LETTERS[word[-2:]] for word in words.split(",") if word]
    if unit == "DAILY" and not days:
        return {"type": "daily"}
    if unit in ("DAILY", "WEEKLY"):
        own = DAYS[(start.weekday() + 1) % 7]
        first = _BY_LETTERS[parts.get("WKST", "MO")]
        return {"type": "weekly", "daysOfWeek": days or [own], "firstDayOfWeek": first}
    found: dict = {"month": int(parts.get("BYMONTH", start.month))}
    name = {"MONTHLY": "Monthly", "YEARLY": "Yearly"}[unit]
    if not days:
        numbers = parts.get("BYMONTHDAY", str(start.day)).split(",")
        day = max(31 if number == "-1" else int(number) for number in numbers)
        return found | {"type": f"absolute{name}", "dayOfMonth": day}
    place = int(parts.get("BYSETPOS") or words.split(",")[0][:-2] or "1")
    index = "last" if place == -1 else INDEXES[place - 1]
    return found | {"type": f"relative{name}", "daysOfWeek": days, "index": index}
