"""From a checked request body to the properties of an event as Graph shows them.

Source: https://learn.microsoft.com/graph/api/user-post-events and event-update
"""

from __future__ import annotations

import html
import secrets
from collections.abc import Callable

from .body import frame, preview, text_to_html
from .clock import Clock
from .directory import Directory, User
from .event_times import Span
from .mailbox import Item, Mailbox
from .series import Series

NEVER = "0001-01-01T00:00:00Z"
NO_PLACE = {
    "displayName": "",
    "locationType": "default",
    "uniqueIdType": "unknown",
    "address": {},
    "coordinates": {},
}
_PLAIN = (
    "categories",
    "importance",
    "sensitivity",
    "showAs",
    "isReminderOn",
    "reminderMinutesBeforeStart",
    "responseRequested",
    "allowNewTimeProposals",
    "hideAttendees",
)


# Shared by all events: values are replaced, never changed in place.
_EMPTY: dict = {
    "createdDateTime": "",
    "lastModifiedDateTime": "",
    "changeKey": "",
    "categories": [],
    "originalStartTimeZone": "UTC",
    "originalEndTimeZone": "UTC",
    "iCalUId": "",
    "reminderMinutesBeforeStart": 15,
    "isReminderOn": True,
    "hasAttachments": False,
    "hideAttendees": False,
    "subject": "",
    "bodyPreview": "",
    "importance": "normal",
    "sensitivity": "normal",
    "isAllDay": False,
    "isCancelled": False,
    "isDraft": False,
    "isOrganizer": True,
    "responseRequested": True,
    "seriesMasterId": None,
    "showAs": "busy",
    "type": "singleInstance",
    "webLink": "",
    "onlineMeetingUrl": None,
    "isOnlineMeeting": False,
    "onlineMeetingProvider": "unknown",
    "allowNewTimeProposals": True,
    "recurrence": None,
    "onlineMeeting": None,
    "responseStatus": {"response": "organizer", "time": NEVER},
    "body": {"contentType": "html", "content": ""},
    "start": None,
    "end": None,
    "location": NO_PLACE,
    "locations": [],
    "attendees": [],
    "organizer": None,
}


def recipient(user: User) -> dict:
    """A user as Graph shows people in events."""
    return {"emailAddress": {"name": user.name, "address": user.mail or user.upn}}


def event_defaults(owner: User, now: str) -> dict:
    """All properties of an event, in the service's order, of an empty one."""
    times = {"createdDateTime": now, "lastModifiedDateTime": now}
    return {**_EMPTY, **times, "organizer": recipient(owner)}


def show_times(span: Span, series: Series | None = None) -> dict:
    """The properties that follow from a span, and from a series."""
    start, end = span.show()
    values = {
        "originalStartTimeZone": span.start_zone,
        "originalEndTimeZone": span.end_zone,
        "isAllDay": span.all_day,
        "start": start,
        "end": end,
    }
    if series is not None:
        values["recurrence"] = series.rule.show(series.zone_name)
        values["type"] = "seriesMaster"
    return values


class Reader:
    """Turns what a client wrote into what Graph shows.

    :param providers: online meetings that the calendar allows
    """

    def __init__(
        self, directory: Directory, clock: Clock, providers: tuple[str, ...] = ()
    ) -> None:
        self._directory = directory
        self._clock = clock
        self._providers = providers

    def read(self, values: dict, data: dict) -> dict:
        """The changes, without times and recurrence.

        :param values: a body that :func:`~.shapes.read_shape` returned
        :param data: the present properties
        """
        changes: dict = {
            name: values[name]
            for name in _PLAIN
            if name in values and values[name] is not None
        }
        if "subject" in values:
            changes["subject"] = values["subject"] or ""
        readers: tuple[tuple[str, Callable[[dict, dict], dict]], ...] = (
            ("body", self._body),
            ("locations", self._locations),
            ("location", self._location),
            ("attendees", self._attendees),
            ("isOnlineMeeting", self._online_meeting),
        )
        for name, reader in readers:
            if name in values:
                changes.update(reader(values, {**data, **changes}))
        return changes

    def _body(self, values: dict, data: dict) -> dict:
        body = values["body"] or {}
        content = body.get("content") or ""
        if body.get("contentType") == "text":
            content = text_to_html(content)  # the calendar keeps HTML
        elif content:
            content = frame(content)
        shown = {"contentType": "html", "content": content}
        return {"body": shown, "bodyPreview": preview(shown)}

    def _location(self, values: dict, data: dict) -> dict:
        # A single location replaces all there were.
        place = self._place(values["location"])
        if not place:
            return {"location": NO_PLACE, "locations": []}
        return {"location": place, "locations": [place]}

    def _locations(self, values: dict, data: dict) -> dict:
        places = [self._place(place) for place in values["locations"] or []]
        places = [place for place in places if place]
        if not places:
            return {"location": NO_PLACE, "locations": []}
        names = "; ".join(place["displayName"] for place in places)
        first = {**places[0], "displayName": names} if len(places) > 1 else places[0]
        return {"location": first, "locations": places}

    @staticmethod
    def _place(place: dict | None) -> dict:
        place = {key: value for key, value in (place or {}).items() if value}
        if not place:
            return {}
        name = place.get("displayName", "")
        return {
            "displayName": name,
            "locationType": "default",
            "uniqueId": name,
            "uniqueIdType": "private",
            **place,
        }

    def _attendees(self, values: dict, data: dict) -> dict:
        before = {address_of(row): row for row in data["attendees"]}
        rows, seen = [], set()
        for row in values["attendees"] or []:
            address = address_of(row)
            if not address or address in seen:
                continue
            seen.add(address)
            known = before.get(address, {})
            rows.append(
                {
                    "type": row.get("type") or known.get("type") or "required",
                    "status": known.get("status")
                    or {"response": "none", "time": NEVER},
                    "emailAddress": self._named(row["emailAddress"]),
                }
            )
        return {"attendees": rows}

    def _named(self, who: dict) -> dict:
        address = who.get("address") or ""
        user = self._directory.user(address)
        known = user.name if user is not None else address
        return {"name": who.get("name") or known, "address": address}

    def _online_meeting(self, values: dict, data: dict) -> dict:
        """A Teams meeting; quietly none where the calendar allows no provider."""
        provider = values.get("onlineMeetingProvider") or "teamsForBusiness"
        if not values["isOnlineMeeting"] or data["isOnlineMeeting"]:
            return {}
        if provider not in self._providers:
            return {}
        url = (
            "https://teams.microsoft.com/l/meetup-join/19%3ameeting_"
            f"{secrets.token_hex(24)}%40thread.v2/0"
        )
        blob = f'<div><a href="{html.escape(url)}">Join the meeting now</a></div>'
        content = data["body"]["content"]
        at = content.lower().rfind("</body>")
        content = content[:at] + blob + content[at:] if at >= 0 else frame(blob)
        body = {"contentType": "html", "content": content}
        return {
            "isOnlineMeeting": True,
            "onlineMeetingProvider": provider,
            "onlineMeeting": {"joinUrl": url},
            "body": body,
            "bodyPreview": preview(body),
        }


def address_of(who: dict | None) -> str:
    """The address of an attendee or recipient, in lower case."""
    return (((who or {}).get("emailAddress") or {}).get("address") or "").lower()


def span_of(item: Item) -> Span:
    """When an event is (a master: its first occurrence)."""
    return item.extra["span"]


def series_of(item: Item) -> Series | None:
    """The series of a master; None for a single event."""
    return item.extra.get("series")


def owner_of(directory: Directory, mailbox: Mailbox) -> User:
    """The user whose mailbox it is."""
    return directory.users[mailbox.id]
