"""Properties of Graph v1.0 for events and calendars: what a body and ``$select`` hold.

Source: https://learn.microsoft.com/graph/api/resources/event
"""

from __future__ import annotations

from .properties import IMPORTANCE
from .recurrence import DAYS, INDEXES, PATTERNS, RANGES

SHOW_AS = ("unknown", "free", "tentative", "busy", "oof", "workingElsewhere")
SENSITIVITY = ("normal", "personal", "private", "confidential")
EVENT_TYPES = ("singleInstance", "occurrence", "exception", "seriesMaster")
RESPONSES = (
    "none",
    "organizer",
    "tentativelyAccepted",
    "accepted",
    "declined",
    "notResponded",
)
PROVIDERS = ("unknown", "skypeForBusiness", "skypeForConsumer", "teamsForBusiness")
LOCATION_TYPES = (
    "default",
    "conferenceRoom",
    "homeAddress",
    "businessAddress",
    "geoCoordinates",
    "streetAddress",
    "hotel",
    "restaurant",
    "localBusiness",
    "postalAddress",
)
UNIQUE_ID_TYPES = ("unknown", "locationStore", "directory", "private", "bing")
COLORS = (
    "auto",
    "lightBlue",
    "lightGreen",
    "lightOrange",
    "lightGray",
    "lightYellow",
    "lightTeal",
    "lightPink",
    "lightBrown",
    "lightRed",
    "maxColor",
)

ADDRESS = dict.fromkeys(
    ("street", "city", "state", "countryOrRegion", "postalCode"), "str"
)
COORDINATES = dict.fromkeys(
    ("latitude", "longitude", "accuracy", "altitude", "altitudeAccuracy"), "number"
)
MOMENT = {"dateTime": "str", "timeZone": "str"}
WHO = {"emailAddress": {"name": "str", "address": "str"}}
STATUS = {"response": RESPONSES, "time": "time"}
ATTENDEE = {
    **WHO,
    "type": ("required", "optional", "resource"),
    "status": STATUS,
    "proposedNewTime": {"start": MOMENT, "end": MOMENT},
}
LOCATION = {
    "displayName": "str",
    "locationType": LOCATION_TYPES,
    "locationUri": "str",
    "locationEmailAddress": "str",
    "uniqueId": "str",
    "uniqueIdType": UNIQUE_ID_TYPES,
    "address": ADDRESS,
    "coordinates": COORDINATES,
}
RECURRENCE = {
    "pattern": {
        "type": PATTERNS,
        "interval": "int",
        "month": "int",
        "dayOfMonth": "int",
        "daysOfWeek": [DAYS],
        "firstDayOfWeek": DAYS,
        "index": INDEXES,
    },
    "range": {
        "type": RANGES,
        "startDate": "date",
        "endDate": "date",
        "recurrenceTimeZone": "str",
        "numberOfOccurrences": "int",
    },
}
ONLINE_MEETING = {
    "joinUrl": "str",
    "conferenceId": "str",
    "quickDial": "str",
    "tollNumber": "str",
    "tollFreeNumbers": ["str"],
    "phones": "any",
}
EXTENDED = {
    "singleValueExtendedProperties": [{"id": "str", "value": "str"}],
    "multiValueExtendedProperties": "any",
    "extensions": "any",
}
EVENT = {
    "id": "str",
    "createdDateTime": "time",
    "lastModifiedDateTime": "time",
    "changeKey": "str",
    "categories": ["str"],
    "transactionId": "str",
    "originalStart": "time",
    "originalStartTimeZone": "str",
    "originalEndTimeZone": "str",
    "iCalUId": "str",
    "reminderMinutesBeforeStart": "int",
    "isReminderOn": "bool",
    "hasAttachments": "bool",
    "subject": "str",
    "bodyPreview": "str",
    "importance": IMPORTANCE,
    "sensitivity": SENSITIVITY,
    "isAllDay": "bool",
    "isCancelled": "bool",
    "isDraft": "bool",
    "isOrganizer": "bool",
    "responseRequested": "bool",
    "seriesMasterId": "str",
    "showAs": SHOW_AS,
    "type": EVENT_TYPES,
    "webLink": "str",
    "onlineMeetingUrl": "str",
    "isOnlineMeeting": "bool",
    "onlineMeetingProvider": PROVIDERS,
    "allowNewTimeProposals": "bool",
    "hideAttendees": "bool",
    "cancelledOccurrences": ["str"],
    "recurrence": RECURRENCE,
    "responseStatus": STATUS,
    "body": {"contentType": ("text", "html"), "content": "str"},
    "start": MOMENT,
    "end": MOMENT,
    "location": LOCATION,
    "locations": [LOCATION],
    "attendees": [ATTENDEE],
    "organizer": WHO,
    "onlineMeeting": ONLINE_MEETING,
    "attachments": "any",
    "calendar": "any",
    "exceptionOccurrences": "any",
    "instances": "any",
    **EXTENDED,
}
EVENT_FIXED = {
    "id",
    "createdDateTime",
    "lastModifiedDateTime",
    "changeKey",
    "originalStart",
    "originalStartTimeZone",
    "originalEndTimeZone",
    "iCalUId",
    "hasAttachments",
    "bodyPreview",
    "isCancelled",
    "isDraft",
    "isOrganizer",
    "seriesMasterId",
    "type",
    "webLink",
    "onlineMeetingUrl",
    "cancelledOccurrences",
    "responseStatus",
    "organizer",
    "onlineMeeting",
    "attachments",
    "calendar",
    "exceptionOccurrences",
    "instances",
    "multiValueExtendedProperties",
    "extensions",
}
CALENDAR = {
    "id": "str",
    "name": "str",
    "color": COLORS,
    "hexColor": "str",
    "isDefaultCalendar": "bool",
    "changeKey": "str",
    "canShare": "bool",
    "canViewPrivateItems": "bool",
    "canEdit": "bool",
    "allowedOnlineMeetingProviders": [PROVIDERS],
    "defaultOnlineMeetingProvider": PROVIDERS,
    "isTallyingResponses": "bool",
    "isRemovable": "bool",
    "owner": {"name": "str", "address": "str"},
    "calendarPermissions": "any",
    "calendarView": "any",
    "events": "any",
    **EXTENDED,
}
del CALENDAR["extensions"]  # a calendar has none
CALENDAR_FIXED = set(CALENDAR) - {"name", "color", "singleValueExtendedProperties"}
