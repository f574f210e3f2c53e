"""Time zones by the names that Exchange takes: Windows and IANA ones.

The pairs come from CLDR, as the package tzlocal ships them; the rules from the IANA
database. A zone of Windows and the IANA zone of its first territory have had the same
rules since Windows writes them down by year.
Source: https://learn.microsoft.com/graph/api/resources/datetimetimezone
"""

from __future__ import annotations

from datetime import datetime, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tzlocal.windows_tz import tz_win, win_tz

from .errors import GraphError, bad_request

# What Exchange shows where an event carries rules of its own instead of a name.
CUSTOM = "tzone://Microsoft/Custom"
UTC = "UTC"
# Windows keeps these names for old events; CLDR has dropped them.
_OLD_NAMES = {
    "Kamchatka Standard Time": "Asia/Kamchatka",
    "Mid-Atlantic Standard Time": "Etc/GMT+2",
    "tzone://Microsoft/Utc": "Etc/UTC",
}
_IANA_BY_WINDOWS = {
    name.lower(): iana for name, iana in {**win_tz, **_OLD_NAMES}.items()
}


def unsupported(name: object) -> GraphError:
    """400 for a zone that the service does not know."""
    return bad_request(
        "A valid TimeZone value must be specified. The following TimeZone value is not "
        f"supported: '{name}'.",
        "TimeZoneNotSupportedException",
    )


@lru_cache(maxsize=1024)
def find_zone(name: str) -> tzinfo:
    """The rules of a zone by its Windows or IANA name.

    :raises GraphError: 400 TimeZoneNotSupportedException, also for a custom zone: its
        name does not tell its rules
    """
    if name.upper() in (UTC, "ETC/UTC", "ETC/GMT"):
        return timezone.utc
    iana = _IANA_BY_WINDOWS.get(name.lower())
    if iana is None and name in tz_win:
        iana = name
    if iana is None:
        raise unsupported(name)
    if iana == "Etc/UTC":
        return timezone.utc
    try:
        return ZoneInfo(iana)
    except (ZoneInfoNotFoundError, ValueError):
        raise unsupported(name) from None


@lru_cache(maxsize=1024)
def windows_name(name: str) -> str:
    """The name under which Exchange keeps a zone: the Windows one.

    :raises GraphError: 400 TimeZoneNotSupportedException
    """
    zone = find_zone(name)
    if zone is timezone.utc:
        return UTC
    known = tz_win.get(name)
    if known is not None:
        return known
    wanted = name.lower()
    return next(n for n in {**win_tz, **_OLD_NAMES} if n.lower() == wanted)


def to_utc(wall: datetime, zone: tzinfo) -> datetime:
    """The instant of a wall clock time.

    A time that summer time skips is taken by the offset before the change (so it comes
    out an hour later on the clock); of a time that comes twice it is the first.
    """
    return wall.replace(tzinfo=zone, fold=0).astimezone(timezone.utc)


def to_wall(moment: datetime, zone: tzinfo) -> datetime:
    """The wall clock time of an instant, without zone."""
    return moment.astimezone(zone).replace(tzinfo=None)
