"""A series: its rule, its occurrences, what was changed or cancelled of them.

Exchange keeps all of it inside the series master: an occurrence is no item of its own,
an exception is the master with some values replaced, at one date of the pattern.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta

from .event_times import DAY, Span, cannot
from .recurrence import Rule, invalid
from .zones import to_wall


@dataclass
class Deviation:
    """What makes an occurrence an exception.

    :ivar values: Graph properties that replace those of the master
    :ivar span: another start and end; None = as the pattern says
    :ivar extended: MAPI properties
    """

    values: dict = field(default_factory=dict)
    span: Span | None = None
    extended: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Occurrence:
    """One instance of a series.

    :ivar day: the date of the pattern in the series' zone: names it for good
    :ivar planned: start and end by the pattern
    :ivar span: start and end as they are
    """

    day: date
    planned: Span
    span: Span
    deviation: Deviation | None = None


class Series:
    """A rule with times, and the deviations from it.

    :ivar span: the first occurrence
    :ivar changed: date → deviation
    :ivar cancelled: date → sequence number of the cancellation
    """

    def __init__(self, rule: Rule, span: Span, zone: str) -> None:
        """Make a series out of a checked rule and the span of the written event.

        The first occurrence is the first date that fits the pattern, not the date that
        was written.

        :param zone: name of the zone that the pattern is in
        :raises GraphError: 400 when nothing fits
        """
        self.zone_name = zone
        self.span = span if zone == span.start_zone else replace(span, rules=zone)
        start, end = self.span.wall()
        if rule.start not in (start.date(), to_wall(span.start, span.zone).date()):
            raise invalid("The startDate must be the date of the event's start.")
        self.rule = replace(rule, start=start.date())
        self.begin: time = start.time()
        self.length: timedelta = end - start
        self.changed: dict[date, Deviation] = {}
        self.cancelled: dict[date, int] = {}
        self._known: list[date] = []
        self._more: Iterator[date] | None = None
        self._ended = False
        first = self._date(0)
        if first is None:
            raise invalid("The recurrence has no occurrence.")
        self.rule = replace(self.rule, start=first)
        self.span = self.planned(first)

    def __getstate__(self) -> dict:
        return {**self.__dict__, "_known": [], "_more": None, "_ended": False}

    def copy(self) -> Series:
        """A series that can be changed on its own."""
        twin = object.__new__(Series)
        twin.__dict__.update(self.__getstate__())
        twin.changed = {
            day: Deviation(dict(d.values), d.span, dict(d.extended))
            for day, d in self.changed.items()
        }
        twin.cancelled = dict(self.cancelled)
        return twin

    # -- dates of the pattern ---------------------------------------------------------

    def _date(self, index: int) -> date | None:
        self._reach(lambda: len(self._known) > index)
        return self._known[index] if index < len(self._known) else None

    def _reach(self, enough) -> None:
        if self._more is None:
            self._known, self._more, self._ended = [], self.rule.dates(), False
        while not self._ended and not enough():
            day = next(self._more, None)
            if day is None:
                self._ended = True
            else:
                self._known.append(day)

    def _dates(self, first: date, last: date) -> list[date]:
        self._reach(lambda: bool(self._known) and self._known[-1] > last)
        known = self._known
        return known[bisect_left(known, first) : bisect_right(known, last)]

    def has(self, day: date) -> bool:
        """Whether the pattern has an occurrence at a date and it is not cancelled."""
        return day not in self.cancelled and self._dates(day, day) == [day]

    def nth(self, number: int) -> date | None:
        """The date of an instance by its number, from 1; cancelled ones count."""
        return self._date(number - 1) if number > 0 else None

    def edge(self, last: bool = False) -> date | None:
        """The first (or the last) date that is not cancelled; None without one."""
        if last:
            self._reach(lambda: False)
            rows = iter(reversed(self._known))
            return next((day for day in rows if day not in self.cancelled), None)
        at = 0
        while (day := self._date(at)) is not None and day in self.cancelled:
            at += 1
        return day

    def planned(self, day: date) -> Span:
        """Start and end of the occurrence of a date, by the pattern.

        The clock decides, not the duration: 01:00 to 04:00 is two hours in the night in
        which summer time begins.
        """
        start = datetime.combine(day, self.begin)
        return self.span.at(start, start + self.length)

    # -- occurrences ------------------------------------------------------------------

    def occurrence(self, day: date) -> Occurrence:
        """The occurrence of a date (which :meth:`has` it)."""
        planned = self.planned(day)
        deviation = self.changed.get(day)
        span = deviation.span if deviation is not None else None
        return Occurrence(day, planned, span or planned, deviation)

    def between(self, start: datetime, end: datetime) -> list[Occurrence]:
        """Occurrences and exceptions in a window, by their dates in the pattern."""
        zone = self.span.zone
        first = to_wall(start, zone).date() - self.length - DAY
        days = set(self._dates(first, to_wall(end, zone).date() + DAY))
        days |= {day for day, d in self.changed.items() if d.span is not None}
        found = [self.occurrence(d) for d in sorted(days) if d not in self.cancelled]
        return [one for one in found if one.span.overlaps(start, end)]

    def change(self, day: date, span: Span | None, values: dict) -> Deviation:
        """Turn an occurrence into an exception, or change one further.

        :raises GraphError: 400 ErrorOccurrenceCrossingBoundary
        """
        if span is not None:
            self._check_neighbours(day, span)
        deviation = self.changed.setdefault(day, Deviation())
        deviation.values.update(values)
        if span is not None:
            deviation.span = span
        return deviation

    def _check_neighbours(self, day: date, span: Span) -> None:
        """An exception stays between the days of its neighbours, exclusive."""
        wanted = to_wall(span.start, self.span.zone).date()
        before, after = self._neighbour(day, -1), self._neighbour(day, 1)
        if (before is not None and wanted <= self._day_of(before)) or (
            after is not None and wanted >= self._day_of(after)
        ):
            raise cannot(
                "Modified occurrence is crossing or overlapping adjacent occurrence.",
                "ErrorOccurrenceCrossingBoundary",
            )

    def _day_of(self, day: date) -> date:
        span = self.occurrence(day).span
        return to_wall(span.start, self.span.zone).date()

    def _neighbour(self, day: date, step: int) -> date | None:
        self._reach(lambda: bool(self._known) and self._known[-1] > day)
        at = bisect_left(self._known, day) + step
        while at >= 0:
            other = self._date(at)
            if other is None or other not in self.cancelled:
                return other
            at += step
        return None
