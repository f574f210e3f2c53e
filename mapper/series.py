"""Which meeting an event belongs to, and how a series recurs.

A meeting is known by its Global Object ID, the same for everybody who takes part.  Four
of its bytes hold the date where somebody was invited to one occurrence alone.
Sources: [MS-OXOCAL] 2.2.1.27 PidLidGlobalObjectId and 2.2.1.28
PidLidCleanGlobalObjectId;
https://learn.microsoft.com/exchange/client-developer/web-service-reference/recurrence-recurrencetype
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date, timedelta
from typing import Any

from .soap import Element, child, local, text

_CLASS = "040000008200E00074C5B7101A82E008"
_HEX = re.compile(r"[0-9A-Fa-f]{80,4000}")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_DAYS = (
    "sunday",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
)
_GROUPS = {
    "day": list(_DAYS),
    "weekday": list(_DAYS[1:6]),
    "weekendday": [_DAYS[0], _DAYS[6]],
}
_MONTHS = (
    "January February March April May June July August September October November "
    "December"
)
_BY_MONTH = {name: number for number, name in enumerate(_MONTHS.split(), 1)}
_DAY_MORE = timedelta(days=1)
_INDEXES = frozenset({"first", "second", "third", "fourth", "last"})
_PATTERNS = {
    "RelativeYearlyRecurrence": "relativeYearly",
    "AbsoluteYearlyRecurrence": "absoluteYearly",
    "RelativeMonthlyRecurrence": "relativeMonthly",
    "AbsoluteMonthlyRecurrence": "absoluteMonthly",
    "WeeklyRecurrence": "weekly",
    "DailyRecurrence": "daily",
}


def series_uid(uid: str) -> str:
    """The identity of a series, or of a single event: without a date inside."""
    return uid_at(uid, None)


def uid_at(uid: str, day: date | None) -> str:
    """The identity of one occurrence: the series' with the day that was planned.

    :param day: ``None`` for that of the series
    """
    found = uid.strip()
    if found[:32].upper() != _CLASS or not _HEX.fullmatch(found):
        return found
    found = found.upper()
    stamp = f"{day.year:04X}{day.month:02X}{day.day:02X}" if day else "00000000"
    return f"{found[:32]}{stamp}{found[40:]}"


# -- recurrence ------------------------------------------------------------------------


def recurrence(element: Element | None, zone: str) -> dict[str, Any] | None:
    """Graph's patternedRecurrence; ``None`` for what is none or unknown.

    :param zone: the time zone in which the series was planned
    """
    if element is None:
        return None
    shown: dict[str, Any] = {}
    for one in element:
        name = local(one)
        if name in _PATTERNS:
            shown["pattern"] = _pattern(one, _PATTERNS[name])
        elif name in ("NoEndRecurrence", "EndDateRecurrence", "NumberedRecurrence"):
            shown["range"] = _range(one, name, zone)
    return shown if len(shown) == 2 else None


def fits(element: Element | None, days: Collection[date]) -> bool:
    """Whether occurrences may be all of a series, by the days (of UTC) they are on.

    A day more or less is nothing: the series has its days in a zone of its own.
    """
    rule = recurrence(element, "")
    if rule is None or not days:
        return True
    span, pattern = rule["range"], rule["pattern"]
    first, last = (min(days) + _DAY_MORE).isoformat(), (max(days) - _DAY_MORE)
    if first < span["startDate"]:
        return False
    if span["type"] == "endDate" and last.isoformat() > span["endDate"]:
        return False
    if span["type"] == "numbered" and len(days) > span["numberOfOccurrences"]:
        return False
    weekdays = len({day.weekday() for day in days})
    return pattern["type"] != "weekly" or weekdays <= len(pattern.get("daysOfWeek", ()))


def _pattern(element: Element, kind: str) -> dict[str, Any]:
    index = text(element, "DayOfWeekIndex").strip().lower()
    first = text(element, "FirstDayOfWeek").strip().lower()
    shown = {
        "type": kind,
        "interval": max(1, _number(text(element, "Interval") or "1")),
        "month": _BY_MONTH.get(text(element, "Month").strip(), 0),
        "dayOfMonth": _number(text(element, "DayOfMonth")),
        "firstDayOfWeek": first if first in _DAYS else "sunday",
        "index": index if index in _INDEXES else "first",
    }
    days = _days(text(element, "DaysOfWeek"))
    return {**shown, "daysOfWeek": days} if days else shown


def _days(words: str) -> list[str]:
    """``Monday Friday``, or a name for several, as a list of Graph's days."""
    found: list[str] = []
    for word in words.lower().split():
        found += _GROUPS.get(word, [word] if word in _DAYS else [])
    return list(dict.fromkeys(found))


def _range(element: Element, name: str, zone: str) -> dict[str, Any]:
    kinds = {"EndDateRecurrence": "endDate", "NumberedRecurrence": "numbered"}
    return {
        "type": kinds.get(name, "noEnd"),
        "startDate": _date(text(element, "StartDate")) or "0001-01-01",
        "endDate": _date(text(element, "EndDate")) or "0001-01-01",
        "recurrenceTimeZone": zone or "UTC",
        "numberOfOccurrences": _number(text(element, "NumberOfOccurrences")),
    }


def _date(words: str) -> str:
    """The day of an xs:date, which may carry an offset, or of a whole moment."""
    found = _DAY.match(words.strip())
    return found[0] if found else ""


def _number(words: str) -> int:
    words = words.strip()
    return int(words) if words.isascii() and words.isdigit() and len(words) < 9 else 0


# -- all-day events --------------------------------------------------------------------

#: Zones whose midnight may be more than half a day before that of UTC.
_EASTERN = frozenset(
    {
        "new zealand standard time",
        "fiji standard time",
        "tonga standard time",
        "samoa standard time",
        "line islands standard time",
        "chatham islands standard time",
        "kamchatka standard time",
        "russia time zone 11",
        "norfolk standard time",
        "utc+12",
        "utc+13",
        "pacific/auckland",
        "pacific/fiji",
        "pacific/tongatapu",
        "pacific/apia",
        "pacific/kiritimati",
        "pacific/chatham",
        "pacific/norfolk",
        "pacific/majuro",
        "pacific/tarawa",
        "pacific/funafuti",
        "pacific/wake",
        "pacific/wallis",
        "pacific/nauru",
        "pacific/fakaofo",
        "pacific/enderbury",
        "asia/kamchatka",
        "asia/anadyr",
    }
)
# An xs:duration before UTC: ``-PT12H45M``, of other writers ``-PT765M``.
_BIAS = re.compile(r"-P(?:0D)?T(?:(\d{1,3})H)?(?:(\d{1,4})M)?")


def zone_of(element: Element | None) -> str:
    """The name of a ``StartTimeZone``, "" when there is none."""
    return (element.get("Id") or "").strip() if element is not None else ""


def is_eastern(element: Element | None) -> bool:
    """Whether midnight in this zone is noon or earlier of the day before in UTC."""
    if zone_of(element).lower() in _EASTERN:
        return True
    periods = child(element, "Periods")
    for period in periods if periods is not None else []:
        found = _BIAS.match(period.get("Bias") or "")
        if found and int(found[1] or 0) + int(found[2] or 0) / 60 >= 12:
            return True
    return False
