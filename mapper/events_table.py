"""The properties of an event, and where Exchange keeps them.

Source: https://learn.microsoft.com/exchange/client-developer/web-service-reference/calendaritem
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from operator import attrgetter
from typing import Any, NamedTuple

from . import values
from .series import is_eastern, recurrence, uid_at, zone_of
from .soap import Element, local, members
from .table import (
    CHANGE_KEY,
    Fields,
    Property,
    Table,
    fixed,
    part,
    plain,
    shared,
    single,
)

TYPES = {
    "Single": "singleInstance",
    "Occurrence": "occurrence",
    "Exception": "exception",
    "RecurringMaster": "seriesMaster",
}
#: What belongs to a series without being its master.
PARTS = frozenset({"occurrence", "exception"})
_RESPONSES = {
    "Organizer": "organizer",
    "Tentative": "tentativelyAccepted",
    "Accept": "accepted",
    "Decline": "declined",
    "NoResponseReceived": "notResponded",
}
_SHOW_AS = {
    "Free": "free",
    "Tentative": "tentative",
    "Busy": "busy",
    "OOF": "oof",
    "WorkingElsewhere": "workingElsewhere",
}
_ATTENDEES = {
    "RequiredAttendees": "required",
    "OptionalAttendees": "optional",
    "Resources": "resource",
}
_EAST = timedelta(hours=14)
_ELSEWHERE = timedelta(hours=11, minutes=59)
_RECEIVED = 2


def type_of(fields: Fields) -> str:
    """singleInstance, seriesMaster, occurrence or exception."""
    found = fields.get("CalendarItemType")
    kind = (found.text or "").strip() if found is not None else ""
    if not kind and fields.get("Recurrence") is not None:
        return "seriesMaster"
    return TYPES.get(kind, "singleInstance")


def is_all_day(fields: Fields) -> bool:
    """Whether it is an event of days."""
    return values.true(fields.get("IsAllDayEvent"))


def day_of(moment: datetime, eastern: bool) -> date:
    """The day whose midnight, in a zone that is not UTC, a moment is."""
    return (moment + (_EAST if eastern else _ELSEWHERE)).date()


def show_moment(
    found: datetime | None, all_day: bool, eastern: bool
) -> dict[str, str] | None:
    """Graph's dateTimeTimeZone: in UTC; of an all-day event the day itself."""
    if found is None:
        return None
    if all_day:
        shown = day_of(found, eastern).isoformat() + "T00:00:00"
    else:
        shown = found.replace(tzinfo=None, microsecond=0).isoformat()
    return {"dateTime": f"{shown}.0000000", "timeZone": "UTC"}


def _moment(value: str, all_day: bool, eastern: bool) -> dict[str, str] | None:
    """Graph's dateTimeTimeZone of a text."""
    if len(value) == 20 and value[-1] == "Z" and not all_day:
        # how Exchange writes nearly all of them
        shown = {"dateTime": f"{value[:19]}.0000000", "timeZone": "UTC"}
        return shown if values.is_moment(value[:19]) else None
    return show_moment(values.moment(value), all_day, eastern)


def original_start(fields: Fields) -> str | None:
    """When an occurrence was planned to begin."""
    return _planned(fields) if type_of(fields) in PARTS else None


def _planned(fields: Fields) -> str | None:
    for name in ("OriginalStart", "RecurrenceId", "Start"):
        found = values.time_of(fields.get(name))
        if found:
            return found
    return None


def planned_day(fields: Fields) -> date | None:
    """The day in an occurrence's identity."""
    all_day = is_all_day(fields)
    eastern = all_day and is_eastern(fields.get("StartTimeZone"))
    return _day(original_start(fields), all_day, eastern)


def _day(planned: str | None, all_day: bool, eastern: bool) -> date | None:
    moment = values.moment(planned) if planned else None
    if moment is None:
        return None
    return day_of(moment, eastern) if all_day else moment.date()


class _When(NamedTuple):
    """What depends on the kind and on the times of an event."""

    kind: str
    all_day: bool
    start: dict[str, str] | None
    end: dict[str, str] | None
    planned: str | None
    uid: str | None
    zone: str
    end_zone: str


def _when(fields: Fields) -> _When:
    kind, all_day = type_of(fields), is_all_day(fields)
    zone, end_zone = fields.get("StartTimeZone"), fields.get("EndTimeZone")
    eastern = all_day and is_eastern(zone)
    planned = _planned(fields) if kind in PARTS else None
    uid = values.words(fields.get("UID"))
    name = zone_of(zone) or "UTC"
    return _When(
        kind,
        all_day,
        _moment(values.words(fields.get("Start")), all_day, eastern),
        _moment(values.words(fields.get("End")), all_day, eastern),
        planned,
        uid_at(uid, _day(planned, all_day, eastern)) if uid else None,
        name,
        zone_of(end_zone) or name,
    )


def is_organizer(fields: Fields) -> bool:
    """Whether the mailbox's owner made it."""
    if fields.get("IsOrganizer") is not None:
        return values.true(fields.get("IsOrganizer"))
    answer = values.words(fields.get("MyResponseType"))
    if answer == "Organizer":
        return True
    received = values.number(fields.get("AppointmentState")) & _RECEIVED
    return not received and answer in ("", "Unknown")


class _Mine(NamedTuple):
    """What the owner of the mailbox is to an event."""

    organizer: bool
    status: dict[str, str]


def _mine(fields: Fields) -> _Mine:
    organizer = is_organizer(fields)
    answer = _RESPONSES.get(values.words(fields.get("MyResponseType")), "none")
    if answer == "none" and organizer:
        answer = "organizer"
    time = values.time_of(fields.get("AppointmentReplyTime")) or values.NEVER
    return _Mine(organizer, {"response": answer, "time": time})


def _attendees(fields: Fields) -> list[dict[str, Any]]:
    shown = []
    for name, kind in _ATTENDEES.items():
        group = fields.get(name)
        for one in group if group is not None else ():
            parts = members(one)
            mailbox = parts.get("Mailbox")
            if mailbox is None or local(one) != "Attendee":
                continue
            answer = _RESPONSES.get(values.words(parts.get("ResponseType")), "none")
            time = values.time_of(parts.get("LastResponseTime")) or values.NEVER
            shown.append(
                {
                    "type": kind,
                    "status": {"response": answer, "time": time},
                    "emailAddress": values.address(mailbox),
                }
            )
    return shown


def _location(element: Element | None) -> dict[str, Any]:
    name = values.words(element)
    shown = {"displayName": name, "locationType": "default"}
    if not name:
        return {**shown, "uniqueIdType": "unknown", "address": {}, "coordinates": {}}
    return {**shown, "uniqueId": name, "uniqueIdType": "private"}


def _locations(location: dict[str, Any]) -> list[dict[str, Any]]:
    return [location] if location["displayName"] else []


def _recurrence(fields: Fields) -> dict[str, Any] | None:
    zone = zone_of(fields.get("StartTimeZone"))
    return recurrence(fields.get("Recurrence"), zone)


def _online_meeting(url: str | None) -> dict[str, str] | None:
    return {"joinUrl": url} if url else None


def _whole(found: Any) -> Any:
    return found


def _show_as(value: str | None) -> str:
    return _SHOW_AS.get(value or "", "unknown")


_MOMENTS = ("calendar:IsAllDayEvent", "calendar:StartTimeZone")
_PLANNED = (
    "calendar:OriginalStart",
    "calendar:RecurrenceId",
    "calendar:CalendarItemType",
    "calendar:Start",
)
_MINE = ("calendar:MyResponseType", "calendar:AppointmentState")

TABLE = Table(
    {
        "createdDateTime": plain("item:DateTimeCreated", values.as_time),
        "lastModifiedDateTime": plain("item:LastModifiedTime", values.as_time),
        "changeKey": CHANGE_KEY,
        "categories": single("item:Categories", values.strings),
        "originalStartTimeZone": shared(
            ("calendar:StartTimeZone",), _when, attrgetter("zone")
        ),
        "originalEndTimeZone": shared(
            ("calendar:StartTimeZone", "calendar:EndTimeZone"),
            _when,
            attrgetter("end_zone"),
        ),
        "iCalUId": shared(
            ("calendar:UID", *_PLANNED, *_MOMENTS), _when, attrgetter("uid")
        ),
        "reminderMinutesBeforeStart": plain(
            "item:ReminderMinutesBeforeStart", values.as_number
        ),
        "isReminderOn": plain("item:ReminderIsSet", values.as_bool),
        "hasAttachments": plain("item:HasAttachments", values.as_bool),
        "subject": plain("item:Subject", values.as_words),
        "bodyPreview": part("item:Body", values.body, values.preview),
        "importance": plain("item:Importance", values.as_normal),
        "sensitivity": plain("item:Sensitivity", values.as_normal),
        "originalStart": shared((*_PLANNED, *_MOMENTS), _when, attrgetter("planned")),
        "isAllDay": shared(("calendar:IsAllDayEvent",), _when, attrgetter("all_day")),
        "isCancelled": plain("calendar:IsCancelled", values.as_bool),
        "isOrganizer": shared(_MINE, _mine, attrgetter("organizer")),
        "responseRequested": plain("calendar:IsResponseRequested", values.as_bool),
        "seriesMasterId": Property(
            ("calendar:CalendarItemType",), lambda _fields: None
        ),
        "showAs": plain("calendar:LegacyFreeBusyStatus", _show_as),
        "type": shared(
            ("calendar:CalendarItemType", "calendar:Recurrence"),
            _when,
            attrgetter("kind"),
        ),
        "webLink": plain("item:WebClientReadFormQueryString", values.trimmed),
        "onlineMeetingUrl": part(
            "calendar:JoinOnlineMeetingUrl", values.words_or_none, _whole, since=3
        ),
        "isOnlineMeeting": plain("calendar:IsOnlineMeeting", values.as_bool),
        "onlineMeetingProvider": fixed("unknown"),
        "allowNewTimeProposals": plain("calendar:AllowNewTimeProposal", values.as_bool),
        "isDraft": fixed(False),
        "hideAttendees": fixed(False),
        "responseStatus": shared(
            (*_MINE, "calendar:AppointmentReplyTime"), _mine, attrgetter("status")
        ),
        "body": part("item:Body", values.body, _whole),
        "start": shared(("calendar:Start", *_MOMENTS), _when, attrgetter("start")),
        "end": shared(("calendar:End", *_MOMENTS), _when, attrgetter("end")),
        "location": part("calendar:Location", _location, _whole),
        "locations": part("calendar:Location", _location, _locations),
        "recurrence": Property(
            ("calendar:Recurrence", "calendar:StartTimeZone"), _recurrence
        ),
        "attendees": Property(
            (
                # some servers give attendees only together with this
                "calendar:IsMeeting",
                "calendar:RequiredAttendees",
                "calendar:OptionalAttendees",
                "calendar:Resources",
            ),
            _attendees,
        ),
        "organizer": single("calendar:Organizer", values.recipient),
        "onlineMeeting": part(
            "calendar:JoinOnlineMeetingUrl",
            values.words_or_none,
            _online_meeting,
            since=3,
        ),
        "cancelledOccurrences": Property(
            ("calendar:DeletedOccurrences", *_MOMENTS),
            lambda _fields: [],
            usual=False,
        ),
    }
)
PROPERTIES = frozenset({"id", "occurrenceId", "transactionId", "uid", *TABLE})
