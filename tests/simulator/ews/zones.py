"""Definitions of time zones as EWS writes them: periods and the change between them.

Source: https://learn.microsoft.com/exchange/client-developer/exchange-web-services/time-zones-and-ews-in-exchange
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone, tzinfo
from functools import lru_cache

from .xml import Element, add

_DAYS = (
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
)
_HOUR = timedelta(hours=1)
Change = tuple[datetime, timedelta]  # wall clock before it, offset after it


@lru_cache(maxsize=256)
def changes_in(zone: tzinfo, year: int) -> tuple[Change, ...]:
    """The changes of the offset in a year."""
    found = []
    for month in range(1, 13):
        start = datetime(year, month, 1, tzinfo=timezone.utc)
        end = (start + timedelta(days=32)).replace(day=1)
        before, after = (t.astimezone(zone).utcoffset() for t in (start, end))
        if before == after or before is None:
            continue
        low, high = start, end
        while high - low > timedelta(minutes=1):
            middle = low + (high - low) / 2
            if middle.astimezone(zone).utcoffset() == before:
                low = middle
            else:
                high = middle
        moment = high.replace(second=0, microsecond=0)
        found.append(((moment + before).replace(tzinfo=None), after))
    return tuple(found)


def _duration(offset: timedelta, negated: bool = False) -> str:
    """An xs:duration as .NET writes it: ``-PT5H30M``, ``PT2H``, ``PT0S``."""
    total = int(offset.total_seconds() // 60)
    sign = "-" if (total > 0) == negated and total else ""
    hours, minutes = divmod(abs(total), 60)
    parts = ((hours, "H"), (minutes, "M"))
    return f"{sign}PT{''.join(f'{n}{unit}' for n, unit in parts if n) or '0S'}"


def add_definition(
    parent: Element, tag: str, name: str, zone: tzinfo, year: int
) -> None:
    """A ``StartTimeZone`` (or another element of that type) with its rules."""
    out = add(parent, f"t:{tag}", Id=name, Name=f"({name})")
    changes = changes_in(zone, year)
    start = datetime(year, 1, 1, tzinfo=timezone.utc)
    offsets = [after for _wall, after in changes] or [
        start.astimezone(zone).utcoffset()
    ]
    standard = min(offsets)
    periods = add(out, "t:Periods")
    ids = {}
    for offset in sorted(set(offsets)):
        kind = "Standard" if offset == standard else "Daylight"
        ids[offset] = f"trule:Microsoft/Registry/{name}/1-{kind}"
        add(
            periods,
            "t:Period",
            Bias=_duration(offset, negated=True),
            Name=kind,
            Id=ids[offset],
        )
    group = add(add(out, "t:TransitionsGroups"), "t:TransitionsGroup", Id="0")
    if len(changes) < 2:
        add(add(group, "t:Transition"), "t:To", ids[standard], Kind="Period")
    else:
        for wall, after in changes[:2]:
            _add_change(group, wall, ids[after])
    add(add(add(out, "t:Transitions"), "t:Transition"), "t:To", "0", Kind="Group")


def _add_change(group: Element, wall: datetime, period: str) -> None:
    found = add(group, "t:RecurringDayTransition")
    add(found, "t:To", period, Kind="Period")
    midnight = wall.replace(hour=0, minute=0)
    add(found, "t:TimeOffset", _duration(wall - midnight))
    add(found, "t:Month", str(wall.month))
    add(found, "t:DayOfWeek", _DAYS[wall.weekday()])
    last = (wall + timedelta(days=7)).month != wall.month
    add(found, "t:Occurrence", "-1" if last else str((wall.day - 1) // 7 + 1))
