"""Fields of events.

Source: https://learn.microsoft.com/exchange/client-developer/web-service-reference/calendaritem
"""

from __future__ import annotations

from datetime import datetime, timedelta

from ..clock import iso
from ..event_times import Span
from ..event_values import NEVER, series_of, span_of
from ..series import Occurrence, Series
from ..zones import CUSTOM, find_zone, to_wall
from . import ids, recurrence, zones
from .errors import EwsError
from .fields import Field, Read, Show, Thing, boolean, constant, nothing, takes, text
from .people import add_mailbox, person, read_mailbox
from .request import Request
from .versions import V2013
from .xml import Element, add, child, children, flag, is_true

SHOW_AS = {
    "free": "Free",
    "tentative": "Tentative",
    "busy": "Busy",
    "oof": "OOF",
    "workingElsewhere": "WorkingElsewhere",
    "unknown": "NoData",
}
RESPONSES = {
    "none": "Unknown",
    "organizer": "Organizer",
    "tentativelyAccepted": "Tentative",
    "accepted": "Accept",
    "declined": "Decline",
    "notResponded": "NoResponseReceived",
}
KINDS = {
    "RequiredAttendees": "required",
    "OptionalAttendees": "optional",
    "Resources": "resource",
}
_MEETING, _RECEIVED, _CANCELLED = 1, 2, 4


# -- times -----------------------------------------------------------------------------


def span(thing: Thing) -> Span:
    """When it is; of a master the first occurrence."""
    return span_of(thing.item) if thing.one is None else thing.one.span


def moment(thing: Thing, when: datetime) -> str:
    """A time in UTC, or with the offset of the zone that the request names."""
    zone = thing.request.zone
    if not zone:
        return iso(when)
    return when.astimezone(find_zone(zone)).isoformat(timespec="seconds")


def _wall(get: str) -> Show:
    def show(thing: Thing) -> str | None:
        found = span(thing)
        when = found.start if get == "start" else found.end
        return to_wall(when, found.zone).isoformat(timespec="seconds")

    return text(show)


def _zone_name(thing: Thing, name: str) -> str:
    custom = thing.request.service.quirks.custom_zone_name
    return custom if name == CUSTOM else name


def _zone_id(end: bool) -> Show:
    def show(thing: Thing) -> str | None:
        found = span(thing)
        return _zone_name(thing, found.end_zone if end else found.start_zone)

    return text(show)


def _zone(end: bool) -> Show:
    def show(out: Element, tag: str, thing: Thing) -> None:
        found = span(thing)
        name = found.end_zone if end else found.start_zone
        rules = found.zone if name in (found.start_zone, CUSTOM) else find_zone(name)
        shown = _zone_name(thing, name)
        zones.add_definition(out, tag, shown, rules, found.start.year)

    return show


def _duration(thing: Thing) -> str:
    found = span(thing)
    length: timedelta = found.end - found.start
    minutes = int(length.total_seconds() // 60)
    days, rest = divmod(minutes, 24 * 60)
    hours, minutes = divmod(rest, 60)
    parts = [(hours, "H"), (minutes, "M")]
    tail = "".join(f"{n}{letter}" for n, letter in parts if n)
    day = f"{days}D" if days else ""
    return f"P{day}T{tail}" if tail else f"P{day}" if day else "PT0S"


# -- what it is ------------------------------------------------------------------------


def _uid(thing: Thing) -> str:
    dated = thing.request.service.quirks.occurrence_uids_dated
    return (thing.data if dated else thing.item.data)["iCalUId"]


def _original(thing: Thing) -> str | None:
    return None if thing.one is None else iso(thing.one.planned.start)


def _kind(thing: Thing) -> str:
    if thing.one is not None:
        return "Occurrence" if thing.one.deviation is None else "Exception"
    return "Single" if series_of(thing.item) is None else "RecurringMaster"


def _is_recurring(thing: Thing) -> str:
    return flag(series_of(thing.item) is not None)


def _is_meeting(thing: Thing) -> bool:
    return bool(thing.data["attendees"]) or not thing.data["isOrganizer"]


def _state(thing: Thing) -> str:
    state = _MEETING if _is_meeting(thing) else 0
    state |= 0 if thing.data["isOrganizer"] else _RECEIVED
    state |= _CANCELLED if thing.data["isCancelled"] else 0
    return str(state)


def _show_as(thing: Thing) -> str:
    shown = SHOW_AS.get(thing.data["showAs"], "NoData")
    # Servers before 2013 have no such word; which they say instead is not known.
    return "NoData" if shown == "WorkingElsewhere" and thing.version < V2013 else shown


def _my_response(thing: Thing) -> str:
    return RESPONSES.get(thing.data["responseStatus"]["response"], "Unknown")


def _reply_time(thing: Thing) -> str | None:
    when = thing.data["responseStatus"].get("time") or NEVER
    return None if when == NEVER else when


def _attendees(kind: str) -> Show:
    def show(out: Element, tag: str, thing: Thing) -> None:
        rows = [row for row in thing.data["attendees"] if row["type"] == kind]
        holder = add(out, f"t:{tag}") if rows else None
        for row in rows:
            found = add(holder, "t:Attendee")
            add_mailbox(found, row, thing)
            _add_answer(found, row, thing)

    return show


def _add_answer(found: Element, row: dict, thing: Thing) -> None:
    """The answers of others are known to the organiser alone."""
    status = row.get("status") or {}
    answer = status.get("response", "none") if thing.data["isOrganizer"] else "none"
    add(found, "t:ResponseType", RESPONSES.get(answer, "Unknown"))
    when = status.get("time") or NEVER
    if answer not in ("none", "notResponded") and when != NEVER:
        add(found, "t:LastResponseTime", when)


# -- series ----------------------------------------------------------------------------


def _series(thing: Thing) -> Series | None:
    return series_of(thing.item) if thing.one is None else None


def _recurrence(out: Element, tag: str, thing: Thing) -> None:
    series = _series(thing)
    if series is not None:
        recurrence.show(out, tag, series, thing.request)


def _add_occurrence(holder: Element, tag: str, thing: Thing, one: Occurrence) -> None:
    found = add(holder, f"t:{tag}")
    ids.add_item_id(found, thing.item, one.day)
    add(found, "t:Start", moment(thing, one.span.start))
    add(found, "t:End", moment(thing, one.span.end))
    add(found, "t:OriginalStart", moment(thing, one.planned.start))


def _first(out: Element, tag: str, thing: Thing) -> None:
    series = _series(thing)
    first = series.edge() if series is not None else None
    if series is not None and first is not None:
        _add_occurrence(out, tag, thing, series.occurrence(first))


def _last(out: Element, tag: str, thing: Thing) -> None:
    series = _series(thing)
    endless = series is None or series.rule.range == "noEnd"
    last = None if endless or series is None else series.edge(last=True)
    if series is not None and last is not None:
        _add_occurrence(out, tag, thing, series.occurrence(last))


def _modified(out: Element, tag: str, thing: Thing) -> None:
    series = _series(thing)
    days = sorted(d for d in series.changed if series.has(d)) if series else []
    holder = add(out, f"t:{tag}") if days else None
    for day in days:
        _add_occurrence(holder, "Occurrence", thing, series.occurrence(day))


def _deleted(out: Element, tag: str, thing: Thing) -> None:
    series = _series(thing)
    days = sorted(series.cancelled) if series else []
    holder = add(out, f"t:{tag}") if days else None
    for day in days:
        found = add(holder, "t:DeletedOccurrence")
        add(found, "t:Start", moment(thing, series.planned(day).start))


# -- reading ---------------------------------------------------------------------------


def _read_zone(key: str) -> Read:
    def read(element: Element, request: Request) -> dict:
        name = element.get("Id") or ""
        if not name:
            raise EwsError("ErrorCalendarInvalidTimeZone", "The time zone has no id.")
        return {key: name}

    return read


def _read_attendees(kind: str) -> Read:
    def read(element: Element, request: Request) -> dict:
        rows = []
        for row in children(element):
            who = read_mailbox(child(row, "t:Mailbox"))
            if who is not None:
                rows.append({**who, "type": kind})
        return {f"attendees:{kind}": rows}

    return read


def _read_show_as(element: Element, request: Request) -> dict:
    back = {ews: graph for graph, ews in SHOW_AS.items()}
    return {"showAs": back.get((element.text or "").strip(), "busy")}


def _read_location(element: Element, request: Request) -> dict:
    return {"location": {"displayName": element.text or ""}}


def _takes_boolean(key: str) -> Read:
    return lambda element, request: {key: is_true(element.text)}


def _ignored(element: Element, request: Request) -> dict:
    return {}


def _place(thing: Thing) -> str | None:
    return (thing.data.get("location") or {}).get("displayName") or None


def _join_url(thing: Thing) -> str | None:
    return (thing.data.get("onlineMeeting") or {}).get("joinUrl")


_people = [
    Field(
        f"calendar:{tag}",
        _attendees(kind),
        "A",
        brief=False,
        read=_read_attendees(kind),
    )
    for tag, kind in KINDS.items()
]
CALENDAR = [
    Field("calendar:UID", text(_uid), read=takes("uid")),
    Field("calendar:RecurrenceId", text(_original)),
    Field("calendar:DateTimeStamp", text(lambda t: t.data["lastModifiedDateTime"])),
    Field(
        "calendar:Start",
        text(lambda t: moment(t, span(t).start)),
        "DA",
        read=takes("from"),
    ),
    Field(
        "calendar:End", text(lambda t: moment(t, span(t).end)), "DA", read=takes("to")
    ),
    Field("calendar:OriginalStart", text(_original)),
    Field(
        "calendar:IsAllDayEvent",
        text(lambda t: flag(span(t).all_day)),
        read=_takes_boolean("isAllDay"),
    ),
    Field("calendar:LegacyFreeBusyStatus", text(_show_as), "DA", read=_read_show_as),
    Field("calendar:Location", text(_place), "DA", read=_read_location),
    Field("calendar:When", nothing, read=_ignored),
    Field("calendar:IsMeeting", text(lambda t: flag(_is_meeting(t)))),
    Field("calendar:IsCancelled", boolean("isCancelled")),
    Field("calendar:IsRecurring", text(_is_recurring)),
    Field(
        "calendar:MeetingRequestWasSent",
        text(lambda t: flag(t.data["isOrganizer"] and t.data["attendees"])),
    ),
    Field(
        "calendar:IsResponseRequested",
        boolean("responseRequested"),
        read=_takes_boolean("responseRequested"),
    ),
    Field("calendar:CalendarItemType", text(_kind), "DA"),
    Field("calendar:MyResponseType", text(_my_response)),
    Field("calendar:Organizer", person("organizer"), "DA"),
    *_people,
    Field("calendar:Duration", text(_duration)),
    Field("calendar:TimeZone", _zone_id(False)),
    Field("calendar:AppointmentReplyTime", text(_reply_time)),
    Field("calendar:AppointmentSequenceNumber", constant("0")),
    Field("calendar:AppointmentState", text(_state)),
    Field("calendar:Recurrence", _recurrence, "A", brief=False, read=recurrence.read),
    Field("calendar:FirstOccurrence", _first, "A", brief=False),
    Field("calendar:LastOccurrence", _last, "A", brief=False),
    Field("calendar:ModifiedOccurrences", _modified, "A", brief=False),
    Field("calendar:DeletedOccurrences", _deleted, "A", brief=False),
    Field("calendar:MeetingTimeZone", nothing, "", read=_ignored),
    Field("calendar:StartTimeZone", _zone(False), "A", read=_read_zone("startZone")),
    Field("calendar:EndTimeZone", _zone(True), "A", read=_read_zone("endZone")),
    Field("calendar:ConferenceType", constant("0"), read=_ignored),
    Field(
        "calendar:AllowNewTimeProposal",
        boolean("allowNewTimeProposals"),
        read=_takes_boolean("allowNewTimeProposals"),
    ),
    Field("calendar:IsOnlineMeeting", boolean("isOnlineMeeting"), read=_ignored),
    Field("calendar:MeetingWorkspaceUrl", nothing, read=_ignored),
    Field("calendar:NetShowUrl", nothing, read=_ignored),
    Field("calendar:StartWallClock", _wall("start")),
    Field("calendar:EndWallClock", _wall("end")),
    Field("calendar:StartTimeZoneId", _zone_id(False)),
    Field("calendar:EndTimeZoneId", _zone_id(True)),
    Field("calendar:JoinOnlineMeetingUrl", text(_join_url)),
    Field("calendar:IsOrganizer", boolean("isOrganizer")),
]
