"""When an event is: Graph's times in Odoo's, and the names of time zones.

Source: https://learn.microsoft.com/graph/api/resources/datetimetimezone
"""

import re
from datetime import datetime, time, timedelta, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from babel.core import get_global

from ..client import moment

# Windows keeps these names for old events, and Exchange has one of its own.
OLD_ZONES = {
    "Kamchatka Standard Time": "Asia/Kamchatka",
    "Mid-Atlantic Standard Time": "Etc/GMT+2",
    "tzone://Microsoft/Utc": "UTC",
}
_MORNING, _EVENING = time(8), time(18)
_FROM_UTC = re.compile(r"T[\d:.]+(?:Z|([+-])(\d\d):?(\d\d))$", re.IGNORECASE)


class NoTime(ValueError):
    """An event that does not say when it is."""


@lru_cache(maxsize=1024)
def zone_name(name):
    """The IANA name of a time zone by its Windows or IANA name; None if unknown."""
    if not name:
        return None
    known = OLD_ZONES.get(name) or get_global("windows_zone_mapping").get(name)
    known = known or _zones().get(name.casefold(), name)
    try:
        ZoneInfo(known)
    except (OSError, ValueError, LookupError):
        return None
    return known


@lru_cache(maxsize=1)
def _zones():
    """All names of time zones without regard to the case of letters, by their own."""
    found = {name.casefold(): name for name in available_timezones()}
    for name, zone in {**get_global("windows_zone_mapping"), **OLD_ZONES}.items():
        found.setdefault(name.casefold(), zone)
    return found


def times_of(item, all_day):
    start, stop = moment(item.get("start")), moment(item.get("end"))
    if start is None or stop is None:
        raise NoTime(item["id"])
    if all_day:
        start, stop = _midnights(start, stop, item.get("originalStartTimeZone"))
        last = max((stop - timedelta(microseconds=1)).date(), start.date())
        return (
            datetime.combine(start.date(), _MORNING),
            datetime.combine(last, _EVENING),
        )
    start, stop = _to_utc(start, item["start"]), _to_utc(stop, item["end"])
    return start, max(start, stop)


def _midnights(start, stop, zone):
    """The ends of an all-day event as its own zone's clock shows them. The service
    tells them so; others tell the instants in UTC, which are no midnights there."""
    if (start.time(), stop.time()) == (time(), time()):
        return start, stop
    known = zone_name(zone) if isinstance(zone, str) else None
    if known:
        ends = [
            each.replace(tzinfo=timezone.utc)
            .astimezone(ZoneInfo(known))
            .replace(tzinfo=None)
            for each in (start, stop)
        ]
        if all(each.time() == time() for each in ends):
            return ends
    elif start.time() == stop.time():
        # whole days of a zone that nobody knows: the midnights that are nearest
        return [datetime.combine(_nearest(each), time()) for each in (start, stop)]
    return start, stop


def _to_utc(wall, value):
    """The instant of a wall clock time, naive. Where it says how far it is from UTC,
    that counts."""
    if _FROM_UTC.search(str(value.get("dateTime"))):
        return _instant(value["dateTime"])
    name = value.get("timeZone")
    if name in (None, "", "UTC", "Etc/UTC"):
        return wall
    known = zone_name(str(name))
    if not known:
        return wall
    aware = wall.replace(tzinfo=ZoneInfo(known))
    return aware.astimezone(timezone.utc).replace(tzinfo=None)


def original_start(item, master):
    """When the pattern wants an occurrence; names it for good."""
    start = moment(item.get("start"))
    told = _instant(item.get("originalStart"))
    if item.get("type") != "exception" or told is None:
        if start is None:
            raise NoTime(item["id"])
        if master.all_day:
            return datetime.combine(start.date(), time())
        return _to_utc(start, item["start"])
    if not master.all_day:
        return told
    return datetime.combine(_date_of(told, master.zone), time())


def _instant(text):
    """A moment with its distance from UTC, naive UTC; None for what is none.

    https://learn.microsoft.com/graph/api/resources/event
    """
    found = moment({"dateTime": text})
    offset = _FROM_UTC.search(str(text))
    if found and offset and offset[1]:
        sign, hours, minutes = offset.groups()
        distance = timedelta(hours=int(hours), minutes=int(minutes))
        found -= distance if sign == "+" else -distance
    return found


def _date_of(instant, zone):
    """The date of an instant that is midnight in ``zone``, or already in UTC."""
    if instant.time() == time():
        return instant.date()
    known = zone_name(zone)
    if known:
        aware = instant.replace(tzinfo=timezone.utc).astimezone(ZoneInfo(known))
        return aware.date()
    return _nearest(instant)


def _nearest(instant):
    """The date of the midnight that an instant in UTC is nearest to: east of Greenwich
    it is still the day before."""
    return (instant + timedelta(hours=12)).date()
