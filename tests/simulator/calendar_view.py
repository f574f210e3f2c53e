"""Calendar views and the instances of a series, in a window of time; their delta.

Source: https://learn.microsoft.com/graph/api/calendar-list-calendarview, event-delta,
event-list-instances
"""

from __future__ import annotations

from datetime import datetime

from . import delta
from .body import as_preferred
from .call import Answer, Call
from .changes import Change
from .delta import Token
from .event_ids import occurrence_id
from .event_render import Entry, applied, entity, minimal, zone_of
from .event_times import cannot, read_window
from .event_values import series_of
from .events import answer_rows, calendar_named, event_named
from .mailbox import Container, Item
from .odata import Options
from .routing import Router

_KEPT = 4  # windows whose rows a calendar remembers until it changes


def rows_between(calendar: Container, start: datetime, end: datetime) -> list[Entry]:
    """Single events, occurrences and exceptions in a window, by their start."""
    cache = calendar.cache.setdefault("views", {})
    rows = cache.get((start, end))
    if rows is None:
        rows = [
            row
            for item in calendar.items.values()
            for row in entries_between(item, start, end)
        ]
        rows.sort(key=lambda row: (row.start, row.item.born))
        if len(cache) >= _KEPT:
            cache.clear()
        cache[start, end] = rows
    return rows


def entries_between(item: Item, start: datetime, end: datetime) -> list[Entry]:
    """What of one event is in a window."""
    series = series_of(item)
    if series is not None:
        return [Entry(item, one) for one in series.between(start, end)]
    row = Entry(item)
    return [row] if row.span.overlaps(start, end) else []


def view(call: Call) -> Answer:
    """GET calendarView."""
    start, end = read_window(call.options)
    answer = answer_rows(call, rows_between(calendar_named(call), start, end))
    select = call.options.select or ()
    if "onlineMeeting" in select and "isOnlineMeeting" not in select:
        # Seen at the service: the one comes only with the other.
        assert isinstance(answer.body, dict)
        for row in answer.body["value"]:
            row["onlineMeeting"] = None
    return answer


def instances(call: Call) -> Answer:
    """GET events/{id}/instances: occurrences and exceptions of one series."""
    item, day = event_named(call)
    start, end = read_window(call.options)
    if series_of(item) is None or day is not None:
        raise cannot("The event isn't the master of a series.")
    rows = entries_between(item, start, end)
    return answer_rows(call, sorted(rows, key=lambda row: row.start))


class CalendarViewSource:
    """The events of one calendar in a window, for delta.

    A changed series comes whole: master and exceptions in full, occurrences with the
    bare minimum. What a change took out of the window comes as removed.
    """

    type_name = "event"
    allowed = {"top"}

    def __init__(self, calendar: Container, token: Token | None, zone: str) -> None:
        """Make the source.

        :param token: what the link carries; None at the beginning of a first round
        """
        self.key = calendar.id
        self.log = calendar.log
        self._since = token.since if token is not None else None
        self._fresh: set[str] | None = None  # None = every change is one
        if token is None or token.first:
            since = token.since if token is not None else None
            self._fresh = set()
            if since is not None:
                self._fresh = {change.key for change in self.log.since(since)}
        self._zone = zone
        self._window: tuple[datetime, datetime] | None = None

    def check(self, call: Call, options: Options) -> None:
        """Ask for the window."""
        read_window(options)

    def render(self, call: Call, options: Options, item: object) -> list[dict]:
        """A changed event: itself, its whole series, or that it is out of sight."""
        assert isinstance(item, Item)
        if self._window is None:
            self._window = read_window(options)
        start, end = self._window
        found = entries_between(item, start, end)
        rows = []
        if series_of(item) is not None:
            rows = self._series(call, item, found)
            rows += self._former(call, item, found)
        elif found:
            rows = [self._full(call, found[0])]
        if not found and (self._fresh is None or item.id in self._fresh):
            rows.append(_removed(item.rest_id(call.immutable)))
        return rows

    def _full(self, call: Call, entry: Entry) -> dict:
        shown = entity(call, entry, self._zone)
        return {"@odata.type": "#microsoft.graph.event", **shown}

    def _series(self, call: Call, item: Item, found: list[Entry]) -> list[dict]:
        rows = [self._full(call, Entry(item))] if found else []
        for entry in found:
            one = entry.occurrence
            assert one is not None
            if one.deviation is not None:
                rows.append(self._full(call, entry))
            else:
                rows.append(minimal(call, item, one, self._zone))
        return rows

    def _former(self, call: Call, item: Item, found: list[Entry]) -> list[dict]:
        """Occurrences that are no more; the service mostly keeps quiet of them."""
        since = self._since
        if since is None or not call.service.quirks.occurrences_removed:
            return []
        series = series_of(item)
        assert series is not None and self._window is not None
        days = {day for day, at in series.cancelled.items() if at > since}
        for at, former in item.extra.get("former", ()):
            if at >= since:
                days.update(one.day for one in former.between(*self._window))
        days -= {entry.occurrence.day for entry in found if entry.occurrence}
        key = item.rest_id(call.immutable)
        return [_removed(occurrence_id(key, day)) for day in sorted(days)]

    def removed_id(self, call: Call, change: Change) -> str:
        """The id it had in the calendar, or the immutable one."""
        assert isinstance(change.item, Item)
        return change.item.immutable_id if call.immutable else change.key


def _removed(key: str) -> dict:
    return {
        "@odata.type": "#microsoft.graph.event",
        "id": key,
        "@removed": {"reason": "deleted"},
    }


def view_delta(call: Call) -> Answer:
    """GET calendarView/delta; the window is bound into its links."""
    calendar = calendar_named(call)
    source = CalendarViewSource(calendar, _token(call), zone_of(call))
    answer = delta.answer(call, source)
    bodies = call.prefer.get("outlook.body-content-type", "")
    if bodies and isinstance(answer.body, dict):
        for row in answer.body["value"]:
            as_preferred(row, bodies)
    answer.headers |= applied(call, "odata.track-changes")
    return answer


def _token(call: Call) -> Token | None:
    """The state of the round in the link that was followed."""
    options = call.options
    text = options.skiptoken or options.deltatoken
    if not text or text.lower() == "latest":
        return None
    token = Token.read(text, call.service.secret)
    if options.deltatoken:  # a new round begins where the last one ended
        token.since, token.first = token.after, False
    return token


def register(router: Router) -> None:
    """Add the paths of views, of every calendar, and of instances."""
    for head in ("", "calendar/", "calendars/{calendar}/"):
        router.add("GET", f"{head}calendarView", "Calendars")(view)
        router.add("GET", f"{head}calendarView/delta", "Calendars")(view_delta)
        pattern = f"{head}events/{{event}}/instances"
        router.add("GET", pattern, "Calendars")(instances)
