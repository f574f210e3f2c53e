"""The properties of an event, and where Exchange keeps them.

Source: https://learn.microsoft.com/exchange/client-developer/web-service-reference/calendaritem
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from . import values
from .messages_table import trimmed
from .reading import Fields, Property, Table, change_key, single
from .series import is_eastern, recurrence, series_uid, uid_at, zone_of
from .soap import Element, local, members

TYPES = {
    "Single": "singleInstance",
    "Occurrence": "occurrence",
    "Exception": "exception",
    "RecurringMaster": "seriesMaster",
}
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


def _moment(name: str) -> Callable[[Fields], Any]:
    def read(fields: Fields) -> Any:
        value = values.words(fields.get(name))
        all_day = is_all_day(fields)
        if len(value) == 20 and value[-1] == "Z" and not all_day:
            # how Exchange writes nearly all of them
            shown = {"dateTime": f"{value[:19]}.0000000", "timeZone": "UTC"}
            return shown if values.is_moment(value[:19]) else None
        eastern = is_eastern(fields.get("StartTimeZone"))
        return show_moment(values.moment(value), all_day, eastern)

    return read


def original_start(fields: Fields) -> str | None:
    """When an occurrence was planned to begin."""
    if type_of(fields) not in ("occurrence", "exception"):
        return None
    for name in ("OriginalStart", "RecurrenceId", "Start"):
        found = values.time_of(fields.get(name))
        if found:
            return found
    return None


def planned_day(fields: Fields) -> date | None:
    """The day in an occurrence's identity."""
    planned = original_start(fields)
    moment = values.moment(planned) if planned else None
    if moment is None:
        return None
    if is_all_day(fields):
        return day_of(moment, is_eastern(fields.get("StartTimeZone")))
    return moment.date()


def _uid(fields: Fields) -> str | None:
    uid = values.words(fields.get("UID"))
    if not uid:
        return None
    day = planned_day(fields)
    return uid_at(uid, day) if day is not None else series_uid(uid)


def is_organizer(fields: Fields) -> bool:
    """Whether the mailbox's owner made it."""
    if fields.get("IsOrganizer") is not None:
        return values.true(fields.get("IsOrganizer"))
    answer = values.words(fields.get("MyResponseType"))
    if answer == "Organizer":
        return True
    received = values.number(fields.get("AppointmentState")) & _RECEIVED
    return not received and answer in ("", "Unknown")


def _response_status(fields: Fields) -> dict[str, str]:
    answer = _RESPONSES.get(values.words(fields.get("MyResponseType")), "none")
    if answer == "none" and is_organizer(fields):
        answer = "organizer"
    time = values.time_of(fields.get("AppointmentReplyTime")) or values.NEVER
    return {"response": answer, "time": time}


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


def _location(fields: Fields) -> dict[str, Any]:
    name = values.words(fields.get("Location"))
    shown = {"displayName": name, "locationType": "default"}
    if not name:
        return {**shown, "uniqueIdType": "unknown", "address": {}, "coordinates": {}}
    return {**shown, "uniqueId": name, "uniqueIdType": "private"}


def _locations(fields: Fields) -> list[dict[str, Any]]:
    return [_location(fields)] if values.words(fields.get("Location")) else []


def _recurrence(fields: Fields) -> dict[str, Any] | None:
    zone = zone_of(fields.get("StartTimeZone"))
    return recurrence(fields.get("Recurrence"), zone)


def _preview(fields: Fields) -> str:
    return values.preview(values.body(fields.get("Body")))


def _join_url(fields: Fields) -> str | None:
    return values.words_or_none(fields.get("JoinOnlineMeetingUrl"))


def _body(fields: Fields) -> dict[str, str]:
    return values.body(fields.get("Body"))


def _show_as(element: Element | None) -> str:
    return _SHOW_AS.get(values.words(element), "unknown")


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
        "createdDateTime": single("item:DateTimeCreated", values.time_of),
        "lastModifiedDateTime": single("item:LastModifiedTime", values.time_of),
        "changeKey": Property((), change_key),
        "categories": single("item:Categories", values.strings),
        "originalStartTimeZone": Property(
            ("calendar:StartTimeZone",),
            lambda fields: zone_of(fields.get("StartTimeZone")) or "UTC",
        ),
        "originalEndTimeZone": Property(
            ("calendar:StartTimeZone", "calendar:EndTimeZone"),
            lambda fields: (
                zone_of(fields.get("EndTimeZone"))
                or zone_of(fields.get("StartTimeZone"))
                or "UTC"
            ),
        ),
        "iCalUId": Property(("calendar:UID", *_PLANNED, *_MOMENTS), _uid),
        "reminderMinutesBeforeStart": single(
            "item:ReminderMinutesBeforeStart", values.number
        ),
        "isReminderOn": single("item:ReminderIsSet", values.true),
        "hasAttachments": single("item:HasAttachments", values.true),
        "subject": single("item:Subject", values.words),
        "bodyPreview": Property(("item:Body",), _preview),
        "importance": single("item:Importance", values.normal),
        "sensitivity": single("item:Sensitivity", values.normal),
        "originalStart": Property((*_PLANNED, *_MOMENTS), original_start),
        "isAllDay": Property(("calendar:IsAllDayEvent",), is_all_day),
        "isCancelled": single("calendar:IsCancelled", values.true),
        "isOrganizer": Property(_MINE, is_organizer),
        "responseRequested": single("calendar:IsResponseRequested", values.true),
        "seriesMasterId": Property(
            ("calendar:CalendarItemType",), lambda _fields: None
        ),
        "showAs": single("calendar:LegacyFreeBusyStatus", _show_as),
        "type": Property(("calendar:CalendarItemType", "calendar:Recurrence"), type_of),
        "webLink": single("item:WebClientReadFormQueryString", trimmed),
        "onlineMeetingUrl": Property(
            ("calendar:JoinOnlineMeetingUrl",), _join_url, since=3
        ),
        "isOnlineMeeting": single("calendar:IsOnlineMeeting", values.true),
        "onlineMeetingProvider": Property((), lambda _fields: "unknown"),
        "allowNewTimeProposals": single("calendar:AllowNewTimeProposal", values.true),
        "isDraft": Property((), lambda _fields: False),
        "hideAttendees": Property((), lambda _fields: False),
        "responseStatus": Property(
            (*_MINE, "calendar:AppointmentReplyTime"), _response_status
        ),
        "body": Property(("item:Body",), _body),
        "start": Property(("calendar:Start", *_MOMENTS), _moment("Start")),
        "end": Property(("calendar:End", *_MOMENTS), _moment("End")),
        "location": Property(("calendar:Location",), _location),
        "locations": Property(("calendar:Location",), _locations),
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
        "onlineMeeting": Property(
            ("calendar:JoinOnlineMeetingUrl",),
            lambda fields: (
                {"joinUrl": _join_url(fields)} if _join_url(fields) else None
            ),
            since=3,
        ),
        "cancelledOccurrences": Property(
            ("calendar:DeletedOccurrences",), lambda _fields: [], usual=False
        ),
    }
)
PROPERTIES = frozenset({"id", "occurrenceId", "transactionId", "uid", *TABLE})
