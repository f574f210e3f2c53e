"""Recurrence patterns and ranges of Graph: reading, checking, the dates they give.

Sources: https://learn.microsoft.com/graph/api/resources/recurrencepattern and
recurrencerange; what short months do is Outlook's rule ("for these months, the
occurrence will fall on the last day of the month").
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time

from dateutil import rrule

from .errors import GraphError, bad_request

DAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
INDEXES = ("first", "second", "third", "fourth", "last")
PATTERNS = (
    "daily",
    "weekly",
    "absoluteMonthly",
    "relativeMonthly",
    "absoluteYearly",
    "relativeYearly",
)
RANGES = ("endDate", "noEnd", "numbered")
_WEEKDAYS = dict(
    zip(
        DAYS,
        (rrule.SU, rrule.MO, rrule.TU, rrule.WE, rrule.TH, rrule.FR, rrule.SA),
        strict=True,
    )
)
_NEEDS = {
    "weekly": ("daysOfWeek",),
    "absoluteMonthly": ("dayOfMonth",),
    "relativeMonthly": ("daysOfWeek",),
    "absoluteYearly": ("dayOfMonth", "month"),
    "relativeYearly": ("daysOfWeek", "month"),
}
MOST = 999  # occurrences that a numbered range may have


def invalid(detail: str = "") -> GraphError:
    """400 for a recurrence that makes no sense."""
    text = "At least one property failed validation."
    return bad_request(f"{text} {detail}".strip(), "ErrorPropertyValidationFailure")


@dataclass(frozen=True)
class Rule:
    """One recurrence; dates are those of the series' own zone.

    :ivar days: names of days of the week, in Graph's order
    :ivar last: the last possible date of an ``endDate`` range
    :ivar count: occurrences of a ``numbered`` range
    """

    pattern: str
    interval: int
    days: tuple[str, ...]
    first_day: str
    day: int
    month: int
    index: str
    range: str
    start: date
    last: date | None
    count: int

    def dates(self) -> Iterator[date]:
        """The dates of all occurrences, in order; endless where the range is."""
        options: dict = {"interval": self.interval, "cache": False}
        if self.range == "numbered":
            options["count"] = self.count
        elif self.last is not None:
            options["until"] = datetime.combine(self.last, time.max)
        if self.pattern == "daily":
            return self._run(rrule.DAILY, options)
        if self.pattern == "weekly":
            options["wkst"] = _WEEKDAYS[self.first_day]
            options["byweekday"] = [_WEEKDAYS[day] for day in self.days]
            return self._run(rrule.WEEKLY, options)
        yearly = self.pattern.endswith("Yearly")
        if yearly:
            options["bymonth"] = self.month
        options.update(self._place())
        return self._run(rrule.YEARLY if yearly else rrule.MONTHLY, options)

    def _place(self) -> dict:
        """Which day of the month."""
        if self.pattern.startswith("relative"):
            # Of all days that fit, the first, second… or last: not the nth of each.
            position = INDEXES.index(self.index) + 1
            return {
                "byweekday": [_WEEKDAYS[day] for day in self.days],
                "bysetpos": -1 if self.index == "last" else position,
            }
        if self.day <= 28:
            return {"bymonthday": self.day}
        # The last day of months that are too short.
        return {"bymonthday": list(range(28, self.day + 1)), "bysetpos": -1}

    def _run(self, frequency: int, options: dict) -> Iterator[date]:
        begin = datetime.combine(self.start, time())
        for moment in rrule.rrule(frequency, dtstart=begin, **options):
            yield moment.date()

    def show(self, zone: str) -> dict:
        """The recurrence as Graph shows it, every member present."""
        return {
            "pattern": {
                "type": self.pattern,
                "interval": self.interval,
                "month": self.month,
                "dayOfMonth": self.day,
                **({"daysOfWeek": list(self.days)} if self.days else {}),
                "firstDayOfWeek": self.first_day,
                "index": self.index,
            },
            "range": {
                "type": self.range,
                "startDate": self.start.isoformat(),
                "endDate": (self.last or date.min).isoformat(),
                "recurrenceTimeZone": zone,
                "numberOfOccurrences": self.count,
            },
        }


def read_rule(values: dict) -> Rule:
    """A rule from ``{"pattern": …, "range": …}`` with names already checked.

    Members that a pattern does not use are ignored, as the service does.

    :raises GraphError: 400
    """
    pattern, span = values.get("pattern") or {}, values.get("range") or {}
    kind = pattern.get("type")
    if kind is None:
        raise invalid("The recurrence pattern needs a type.")
    used = _NEEDS.get(kind, ())
    for name in used:
        if not pattern.get(name):
            raise invalid(f"A pattern of type {kind} needs {name}.")
    relative = kind.startswith("relative")
    wanted = set(pattern["daysOfWeek"]) if "daysOfWeek" in used else set()
    return Rule(
        pattern=kind,
        interval=_within(pattern.get("interval", 1), 999),
        days=tuple(day for day in DAYS if day in wanted),
        first_day=pattern.get("firstDayOfWeek") or "sunday",
        day=_within(pattern["dayOfMonth"], 31) if "dayOfMonth" in used else 0,
        month=_within(pattern["month"], 12) if "month" in used else 0,
        index=(pattern.get("index") or "first") if relative else "first",
        **_read_range(span),
    )


def _within(number: int | None, most: int) -> int:
    if number is None or not 1 <= number <= most:
        raise invalid(f"A number from 1 to {most} is expected.")
    return number


def _read_range(span: dict) -> dict:
    kind = span.get("type")
    if kind is None:
        raise invalid("The recurrence range needs a type.")
    start = _read_date(span.get("startDate"))
    if start is None:
        raise invalid("The recurrence range needs a startDate.")
    last = _read_date(span.get("endDate")) if kind == "endDate" else None
    count = span.get("numberOfOccurrences") or 0
    if kind == "endDate" and (last is None or last < start):
        raise invalid("The endDate must not be before the startDate.")
    if kind == "numbered" and not 1 <= count <= MOST:
        raise invalid(f"numberOfOccurrences must be from 1 to {MOST}.")
    return {
        "range": kind,
        "start": start,
        "last": last,
        "count": count if kind == "numbered" else 0,
    }


def _read_date(text: str | None) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        raise invalid(f"'{text}' is no date.") from None
