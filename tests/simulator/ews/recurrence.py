"""Recurrences of EWS and of Graph, one into the other.

Source: https://learn.microsoft.com/exchange/client-developer/web-service-reference/recurrence-recurrencetype
"""

from __future__ import annotations

from datetime import date, datetime, time

from ..recurrence import DAYS, INDEXES
from ..series import Series
from .errors import EwsError, violation
from .request import Request
from .versions import V2010
from .xml import Element, add, child, children, local, text_of

_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")
_GROUPS = {
    "Day": DAYS,
    "Weekday": _WEEKDAYS,
    "WeekendDay": ("sunday", "saturday"),
}
_TAGS = {
    "daily": "DailyRecurrence",
    "weekly": "WeeklyRecurrence",
    "absoluteMonthly": "AbsoluteMonthlyRecurrence",
    "relativeMonthly": "RelativeMonthlyRecurrence",
    "absoluteYearly": "AbsoluteYearlyRecurrence",
    "relativeYearly": "RelativeYearlyRecurrence",
}
_PATTERNS = {tag: pattern for pattern, tag in _TAGS.items()}


def show(out: Element, tag: str, series: Series, request: Request) -> None:
    """``Recurrence`` of a series."""
    rule = series.rule
    holder = add(out, f"t:{tag}")
    pattern = add(holder, f"t:{_TAGS[rule.pattern]}")
    if not rule.pattern.endswith("Yearly"):
        add(pattern, "t:Interval", str(rule.interval))
    if rule.pattern == "weekly":
        add(pattern, "t:DaysOfWeek", " ".join(day.title() for day in rule.days))
        if request.version >= V2010:
            add(pattern, "t:FirstDayOfWeek", rule.first_day.title())
    elif rule.pattern.startswith("relative"):
        add(pattern, "t:DaysOfWeek", _day_group(rule.days))
        add(pattern, "t:DayOfWeekIndex", rule.index.title())
    elif rule.pattern.startswith("absolute"):
        add(pattern, "t:DayOfMonth", str(rule.day))
    if rule.pattern.endswith("Yearly"):
        add(pattern, "t:Month", _MONTHS[rule.month - 1])
    _show_range(holder, series, request)


def _day_group(days: tuple[str, ...]) -> str:
    """One word for the days; a set that has none becomes its first day."""
    for word, group in _GROUPS.items():
        if set(group) == set(days):
            return word
    return days[0].title()


def _show_range(holder: Element, series: Series, request: Request) -> None:
    rule = series.rule
    kind = {"numbered": "Numbered", "endDate": "EndDate"}.get(rule.range, "NoEnd")
    found = add(holder, f"t:{kind}Recurrence")
    offsets = request.service.quirks.recurrence_offsets
    add(found, "t:StartDate", _day(rule.start, series, offsets))
    if rule.range == "numbered":
        add(found, "t:NumberOfOccurrences", str(rule.count))
    elif rule.range == "endDate" and rule.last is not None:
        add(found, "t:EndDate", _day(rule.last, series, offsets))


def _day(day: date, series: Series, offsets: bool) -> str:
    if not offsets:
        return day.isoformat()
    moment = datetime.combine(day, time(), series.span.zone)
    text = moment.isoformat()[19:]
    return day.isoformat() + ("Z" if text in ("", "+00:00") else text[:6])


# -- reading ---------------------------------------------------------------------------


def read(element: Element, request: Request) -> dict:
    """The ``recurrence`` of Graph; of an empty element None.

    :raises EwsError: ErrorCalendarInvalidRecurrence
    """
    parts = list(children(element))
    if not parts:
        return {"recurrence": None}
    pattern = next((p for p in parts if local(p) in _PATTERNS), None)
    span = next((p for p in parts if p is not pattern), None)
    if pattern is None or span is None:
        raise violation("The element 'Recurrence' has incomplete content.", element)
    try:
        found = {"pattern": _read_pattern(pattern), "range": _read_range(span)}
    except (ValueError, KeyError):
        raise EwsError("ErrorCalendarInvalidRecurrence") from None
    return {"recurrence": found}


def _read_pattern(element: Element) -> dict:
    kind = _PATTERNS[local(element)]
    found: dict = {"type": kind, "interval": 1}
    if child(element, "t:Interval") is not None:
        found["interval"] = int(text_of(element, "t:Interval"))
    days: list[str] = []
    for word in text_of(element, "t:DaysOfWeek").split():
        days += _GROUPS.get(word, (word.lower(),))
    if days:
        found["daysOfWeek"] = days
    if child(element, "t:DayOfMonth") is not None:
        found["dayOfMonth"] = int(text_of(element, "t:DayOfMonth"))
    if child(element, "t:Month") is not None:
        found["month"] = _MONTHS.index(text_of(element, "t:Month")) + 1
    index = text_of(element, "t:DayOfWeekIndex").lower()
    if index:
        found["index"] = INDEXES[INDEXES.index(index)]
    first = text_of(element, "t:FirstDayOfWeek").lower()
    if first:
        found["firstDayOfWeek"] = DAYS[DAYS.index(first)]
    return found


def _read_range(element: Element) -> dict:
    found: dict = {"startDate": text_of(element, "t:StartDate")[:10]}
    kind = local(element)
    if kind == "NumberedRecurrence":
        count = int(text_of(element, "t:NumberOfOccurrences"))
        return {**found, "type": "numbered", "numberOfOccurrences": count}
    if kind == "EndDateRecurrence":
        end = text_of(element, "t:EndDate")[:10]
        return {**found, "type": "endDate", "endDate": end}
    if kind != "NoEndRecurrence":
        raise violation(f"'{kind}' is no range of a recurrence.", element)
    return {**found, "type": "noEnd"}
