"""Events as iCalendar: what ``MimeContent`` of a calendar item holds.

Source: https://learn.microsoft.com/openspecs/exchange_server_protocols/ms-oxcical
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone, tzinfo

from ..body import html_to_text
from ..clock import parse_iso
from ..event_times import Span
from ..event_values import series_of, span_of
from ..recurrence import INDEXES, Rule
from .fields import Thing
from .zones import changes_in

_CLASS = {"personal": "PRIVATE", "private": "PRIVATE", "confidential": "CONFIDENTIAL"}
_PRIORITY = {"high": "1", "low": "9"}
_ANSWERS = {
    "accepted": "ACCEPTED",
    "tentativelyAccepted": "TENTATIVE",
    "declined": "DECLINED",
}
_ROLES = {
    "required": "REQ-PARTICIPANT",
    "optional": "OPT-PARTICIPANT",
    "resource": "NON-PARTICIPANT",
}
_BUSY = {
    "free": "FREE",
    "tentative": "TENTATIVE",
    "oof": "OOF",
    "workingElsewhere": "WORKINGELSEWHERE",
}
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def calendar_of(thing: Thing, others: list[Thing]) -> bytes:
    """The iCalendar text of an event.

    :param others: the exceptions of a series, where the thing is its master
    """
    span = _span(thing)
    lines = [
        "BEGIN:VCALENDAR",
        "METHOD:PUBLISH",
        "PRODID:Microsoft Exchange Server 2010",
        "VERSION:2.0",
        *_zone(span),
    ]
    for one in [thing, *others]:
        lines += _event(one)
    lines.append("END:VCALENDAR")
    return "".join(_folded(line) for line in lines).encode()


def _folded(line: str) -> str:
    """A line in pieces of at most 75 bytes, no character torn."""
    pieces, room = [""], 75
    for letter in line:
        size = len(letter.encode())
        if size > room:
            pieces.append(" ")
            room = 74
        pieces[-1] += letter
        room -= size
    return "\r\n".join(pieces) + "\r\n"


def _text(value: str) -> str:
    value = value.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return "\\n".join(value.splitlines())


def _quoted(value: str) -> str:
    bare = " ".join(value.replace('"', "'").split())
    return f'"{bare}"' if any(mark in bare for mark in ",;:") else bare


def _span(thing: Thing) -> Span:
    return thing.one.span if thing.one is not None else span_of(thing.item)


# -- times -----------------------------------------------------------------------------


def _stamp(moment: datetime) -> str:
    return moment.astimezone(timezone.utc).strftime("%Y%m%dT%H%M%SZ")


def _time(name: str, wall: datetime, span: Span) -> str:
    """A property with a time on the clocks of the event's zone."""
    if span.all_day:
        return f"{name};VALUE=DATE:{wall:%Y%m%d}"
    if span.zone is timezone.utc:
        return f"{name}:{wall:%Y%m%dT%H%M%SZ}"
    return f"{name};TZID={_quoted(span.start_zone)}:{wall:%Y%m%dT%H%M%S}"


def _offset(delta: timedelta) -> str:
    minutes = int(delta.total_seconds() // 60)
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02}{rest:02}"


def _zone(span: Span) -> Iterator[str]:
    """The rules of the zone in which the event's times are."""
    if span.all_day or span.zone is timezone.utc:
        return
    yield "BEGIN:VTIMEZONE"
    yield f"TZID:{_text(span.start_zone)}"
    changes = changes_in(span.zone, span.start.year)
    if len(changes) == 2:
        first, second = changes
        low = min(first[1], second[1])
        for (wall, after), (_wall, before) in ((first, second), (second, first)):
            kind = "STANDARD" if after == low else "DAYLIGHT"
            yield from _observance(kind, wall, before, after)
    else:
        offset = _still(span.zone, span.start)
        yield from _observance("STANDARD", None, offset, offset)
    yield "END:VTIMEZONE"


def _still(zone: tzinfo, moment: datetime) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta()


def _observance(
    kind: str, wall: datetime | None, before: timedelta, after: timedelta
) -> Iterator[str]:
    yield f"BEGIN:{kind}"
    yield f"DTSTART:16010101T{wall:%H%M%S}" if wall else "DTSTART:16010101T000000"
    yield f"TZOFFSETFROM:{_offset(before)}"
    yield f"TZOFFSETTO:{_offset(after)}"
    if wall:
        last = (wall + timedelta(days=7)).month != wall.month
        number = -1 if last else (wall.day - 1) // 7 + 1
        day = _DAYS[wall.weekday()]
        yield f"RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY={number}{day};BYMONTH={wall.month}"
    yield f"END:{kind}"


# -- an event --------------------------------------------------------------------------


def _event(thing: Thing) -> Iterator[str]:
    data, span = thing.data, _span(thing)
    start, end = span.wall()
    series = series_of(thing.item) if thing.one is None else None
    yield "BEGIN:VEVENT"
    yield from _people(data)
    yield from _said("DESCRIPTION", _plain(data["body"]))
    if series is not None:
        yield _rule(series.rule, span)
        for day in sorted(series.cancelled):
            yield _time("EXDATE", series.planned(day).wall()[0], span)
    yield f"UID:{thing.item.data['iCalUId']}"
    if thing.one is not None:
        yield _time("RECURRENCE-ID", thing.one.planned.wall()[0], thing.one.planned)
    yield f"SUMMARY:{_text(data['subject'] or '')}"
    yield _time("DTSTART", start, span)
    yield _time("DTEND", end, span)
    yield f"CLASS:{_CLASS.get(data['sensitivity'], 'PUBLIC')}"
    yield f"PRIORITY:{_PRIORITY.get(data['importance'], '5')}"
    yield f"DTSTAMP:{_stamp(parse_iso(data['lastModifiedDateTime']))}"
    yield f"TRANSP:{'TRANSPARENT' if data['showAs'] == 'free' else 'OPAQUE'}"
    yield f"STATUS:{'CANCELLED' if data['isCancelled'] else 'CONFIRMED'}"
    yield "SEQUENCE:0"
    yield from _said("LOCATION", (data.get("location") or {}).get("displayName"))
    if data["categories"]:
        yield f"CATEGORIES:{','.join(_text(name) for name in data['categories'])}"
    busy = _BUSY.get(data["showAs"], "BUSY")
    yield f"X-MICROSOFT-CDO-BUSYSTATUS:{busy}"
    yield f"X-MICROSOFT-CDO-ALLDAYEVENT:{str(span.all_day).upper()}"
    yield from _alarm(data)
    yield "END:VEVENT"


def _said(name: str, value: str | None) -> Iterator[str]:
    """A property with a text; none where there is no text."""
    if value and value.strip():
        yield f"{name}:{_text(value)}"


def _plain(body: dict) -> str:
    content = body.get("content") or ""
    return html_to_text(content) if body.get("contentType") == "html" else content


def _people(data: dict) -> Iterator[str]:
    organizer = (data.get("organizer") or {}).get("emailAddress") or {}
    if not data["attendees"]:
        return
    name = _quoted(organizer.get("name") or "")
    yield f"ORGANIZER;CN={name}:mailto:{organizer.get('address')}"
    for row in data["attendees"]:
        who = row["emailAddress"]
        answer = (row.get("status") or {}).get("response", "none")
        yield (
            f"ATTENDEE;ROLE={_ROLES[row['type']]};"
            f"PARTSTAT={_ANSWERS.get(answer, 'NEEDS-ACTION')};RSVP=TRUE;"
            f"CN={_quoted(who.get('name') or who['address'])}:mailto:{who['address']}"
        )


def _alarm(data: dict) -> Iterator[str]:
    if data["isReminderOn"]:
        yield "BEGIN:VALARM"
        yield "DESCRIPTION:REMINDER"
        yield f"TRIGGER;RELATED=START:-PT{data['reminderMinutesBeforeStart']}M"
        yield "ACTION:DISPLAY"
        yield "END:VALARM"


# -- series ----------------------------------------------------------------------------


def _rule(rule: Rule, span: Span) -> str:
    """``RRULE`` of a series."""
    yearly = rule.pattern.endswith("Yearly")
    monthly = rule.pattern.endswith("Monthly")
    unit = "YEARLY" if yearly else "MONTHLY" if monthly else rule.pattern.upper()
    parts = [f"FREQ={unit}"]
    if rule.range == "numbered":
        parts.append(f"COUNT={rule.count}")
    elif rule.last is not None:
        parts.append(f"UNTIL={_until(rule.last, span)}")
    parts.append(f"INTERVAL={rule.interval}")
    parts += _place(rule)
    if yearly:
        parts.append(f"BYMONTH={rule.month}")
    if rule.pattern == "weekly":
        parts.append(f"WKST={rule.first_day[:2].upper()}")
    return f"RRULE:{';'.join(parts)}"


def _until(last: date, span: Span) -> str:
    if span.all_day:
        return f"{last:%Y%m%d}"
    wall = datetime.combine(last, span.wall()[0].time())
    return _stamp(wall.replace(tzinfo=span.zone))


def _place(rule: Rule) -> Iterator[str]:
    if rule.days:
        yield f"BYDAY={','.join(day[:2].upper() for day in rule.days)}"
    if rule.pattern.startswith("relative"):
        last = rule.index == "last"
        yield f"BYSETPOS={-1 if last else INDEXES.index(rule.index) + 1}"
    elif rule.day > 28:
        days = ",".join(str(day) for day in range(28, rule.day + 1))
        yield f"BYMONTHDAY={days};BYSETPOS=-1"
    elif rule.day:
        yield f"BYMONTHDAY={rule.day}"
