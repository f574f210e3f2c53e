"""When an event is: start and end, their zones, all-day rules, windows of time.

Sources: https://learn.microsoft.com/graph/api/resources/datetimetimezone, event-update,
calendar-list-calendarview; the all-day rules as the service enforces them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone, tzinfo

from .clock import parse_iso
from .errors import GraphError, bad_request
from .odata import Options
from .zones import UTC, find_zone, to_utc, to_wall, windows_name

LONGEST_WINDOW = timedelta(days=1825)
DAY = timedelta(days=1)


def cannot(reason: str, code: str = "ErrorInvalidRequest") -> GraphError:
    """400 in the words with which the calendar refuses a request."""
    return bad_request(f"Your request can't be completed. {reason}", code)


def wall_text(moment: datetime) -> str:
    """A wall clock time as Graph writes it: seven digits, no offset."""
    return f"{moment.replace(tzinfo=None).isoformat(timespec='microseconds')}0"


@dataclass(frozen=True)
class Span:
    """Start and end of an event.

    An all-day event runs from midnight to midnight of its own zone; that is the instant
    it is stored at, whatever zone it is shown in.

    :ivar start: aware, UTC; so is ``end``
    :ivar start_zone: the name it was written with, as Exchange keeps it
    :ivar rules: a zone to calculate by, where the name tells none (a custom zone)
    """

    start: datetime
    end: datetime
    start_zone: str = UTC
    end_zone: str = UTC
    all_day: bool = False
    rules: str = ""

    @property
    def zone(self) -> tzinfo:
        """The rules of the zone that the event lives in."""
        return find_zone(self.rules or self.start_zone)

    def wall(self) -> tuple[datetime, datetime]:
        """Start and end on the clocks of its own zone."""
        return to_wall(self.start, self.zone), to_wall(self.end, self.zone)

    def show(self, zone: str = UTC) -> tuple[dict, dict]:
        """``start`` and ``end`` as Graph shows them in a zone."""
        if self.all_day:
            ends = self.wall()
        else:
            rules = find_zone(zone)
            ends = to_wall(self.start, rules), to_wall(self.end, rules)
        first, last = ({"dateTime": wall_text(t), "timeZone": zone} for t in ends)
        return first, last

    def overlaps(self, start: datetime, end: datetime) -> bool:
        """Whether it is in a window; what ends as the window starts is not."""
        if self.start == self.end:
            return start <= self.start < end
        return self.start < end and self.end > start

    def at(self, start: datetime, end: datetime) -> Span:
        """The same span at other wall clock times."""
        zone = self.zone
        return replace(self, start=to_utc(start, zone), end=to_utc(end, zone))


def _read_end(value: dict) -> tuple[datetime, str]:
    """Wall clock time and zone of a ``dateTimeTimeZone``."""
    zone = value.get("timeZone") or UTC
    rules = find_zone(zone)
    text = value.get("dateTime") or ""
    try:
        moment = parse_iso(text)
    except ValueError:
        raise bad_request(
            f"'{text}' is no valid dateTime.", "ErrorPropertyValidationFailure"
        ) from None
    says_offset = text[-1:] in "Zz" or "+" in text[10:] or "-" in text[10:]
    wall = to_wall(moment, rules) if says_offset else moment.replace(tzinfo=None)
    return wall, windows_name(zone)


def read_span(values: dict, old: Span | None = None) -> Span:
    """The span that a checked body asks for.

    :param old: the present one, for a change
    :raises GraphError: 400
    """
    _check_complete(values, old)
    all_day = bool(values.get("isAllDay", old.all_day if old else False))
    ends = _present(old) if old is not None else [(datetime.min, "")] * 2
    for at, name in enumerate(("start", "end")):
        if values.get(name):
            ends[at] = _read_end(values[name])
    (start, start_zone), (end, end_zone) = ends
    if all_day:
        _check_all_day(start, end, start_zone, end_zone)
    rules = old.rules if old is not None and not values.get("start") else ""
    first = find_zone(rules or start_zone)
    last = first if end_zone == start_zone else find_zone(end_zone)
    moments = to_utc(start, first), to_utc(end, last)
    if moments[1] < moments[0]:
        raise bad_request(
            "The event ends before it starts.", "ErrorPropertyValidationFailure"
        )
    return Span(*moments, start_zone, end_zone, all_day, rules)


def _check_complete(values: dict, old: Span | None) -> None:
    missing = [
        f"Event.{name.capitalize()}"
        for name in ("start", "end")
        if not values.get(name) and (old is None or "isAllDay" in values)
    ]
    if missing:
        raise cannot(f"Missing parameters: {', '.join(missing)}")


def _present(old: Span) -> list[tuple[datetime, str]]:
    end_rules = old.rules if old.end_zone == old.start_zone else ""
    return [
        (to_wall(old.start, old.zone), old.start_zone),
        (to_wall(old.end, find_zone(end_rules or old.end_zone)), old.end_zone),
    ]


def _check_all_day(start: datetime, end: datetime, first: str, second: str) -> None:
    for name, wall in (("Start", start), ("End", end)):
        if wall.time() != datetime.min.time():
            raise cannot(
                f"The Event.{name} property for an all-day event needs to be set to "
                "midnight."
            )
    if first != second:
        raise cannot(
            "The Event.Start and Event.End properties of an all-day event need to be "
            "in the same time zone."
        )
    if end - start < DAY:
        raise cannot(
            "The duration of an event marked as All day must be at least 24 hours."
        )


def read_window(options: Options) -> tuple[datetime, datetime]:
    """``startDateTime`` and ``endDateTime``; without an offset they are UTC.

    ``Prefer: outlook.timezone`` has no say here.

    :raises GraphError: 400 without them, and for more than 1825 days
    """
    start, end = (
        _read_bound(options.other.get(name, ""))
        for name in ("startdatetime", "enddatetime")
    )
    if end < start:
        raise bad_request(
            "EndDateTime is earlier than StartDateTime.", "ErrorInvalidParameter"
        )
    if end - start > LONGEST_WINDOW:
        raise cannot(
            "The range between the start and end dates is greater than the allowed "
            f"range. Maximum number of days: {LONGEST_WINDOW.days}"
        )
    return start, end


def _read_bound(text: str) -> datetime:
    if not text:
        raise bad_request(
            "This request requires a time window specified by the query string "
            "parameters StartDateTime and EndDateTime.",
            "ErrorInvalidParameter",
        )
    try:
        return parse_iso(text).astimezone(timezone.utc)
    except (ValueError, OverflowError):
        raise bad_request(
            "The value of StartDateTime or EndDateTime is no date and time.",
            "ErrorInvalidParameter",
        ) from None
