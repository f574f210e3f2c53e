"""A page of events as :mod:`events` gives it, and what can be told from one event.

Source: https://learn.microsoft.com/graph/api/resources/event
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from .errors import ClientError, NotFound

Item = dict[str, Any]
MASTER = "seriesMaster"
_YEARS = range(1601, 4501)


@dataclass(frozen=True)
class Window:
    """A span of time, both ends in UTC without offset; the end is exclusive."""

    start: datetime
    end: datetime

    def query(self) -> dict[str, object]:
        """As the query options of a view."""
        return {
            "startDateTime": f"{self.start.isoformat(timespec='seconds')}Z",
            "endDateTime": f"{self.end.isoformat(timespec='seconds')}Z",
        }


@dataclass
class EventPage:
    """A page of events with all that is needed to understand it.

    :ivar items: single events, exceptions and occurrences; an occurrence may hold no
        more than ``id``, ``seriesMasterId``, ``start`` and ``end``
    :ivar masters: id → master, of every series in ``items``
    :ivar whole: masters whose present instances in the window are all in ``items``
    :ivar gone: ids (also of masters) that are no longer in the calendar
    :ivar failed: id → why it could not be read
    :ivar next_link: where the round goes on, ``None`` on its last page
    :ivar delta_link: where the next round starts, only on the last page
    """

    items: list[Item] = field(default_factory=list)
    masters: dict[str, Item] = field(default_factory=dict)
    whole: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    failed: dict[str, ClientError] = field(default_factory=dict)
    next_link: str | None = None
    delta_link: str | None = None

    def note(self, event_id: str, error: ClientError) -> None:
        """Keep why an event could not be read."""
        if isinstance(error, NotFound):
            self.gone.add(event_id)
        else:
            self.failed[event_id] = error

    def merge(self, other: EventPage) -> None:
        """Add what was found out otherwise."""
        present = {item["id"] for item in self.items}
        self.items += [item for item in other.items if item["id"] not in present]
        self.masters.update(other.masters)
        self.whole |= other.whole
        self.gone |= other.gone
        self.failed.update(other.failed)


def moment(value: object) -> datetime | None:
    """The ``dateTime`` of a ``dateTimeTimeZone``, as its clock shows it; ``None`` for
    what is none.

    https://learn.microsoft.com/graph/api/resources/datetimetimezone
    """
    text = value.get("dateTime") if isinstance(value, Mapping) else None
    try:
        found = datetime.fromisoformat(str(text)[:19])
    except ValueError:
        return None
    # Nothing can be counted on from an end of the calendar; Exchange's own ends are
    # these, too.
    return found if found.year in _YEARS else None


def overlaps(item: Item, window: Window) -> bool:
    """Whether an event lies in a window, as far as its times can be read."""
    start, end = moment(item.get("start")), moment(item.get("end"))
    if start is None or end is None:
        return True
    # an all-day event is stored by its own zone's midnight
    slack = timedelta(hours=14) if item.get("isAllDay") else timedelta()
    return start - slack < window.end and end + slack > window.start


def around(item: Item) -> Window:
    """A small window that surely shows an event."""
    start = moment(item.get("start")) or datetime(1970, 1, 1)
    end = max(moment(item.get("end")) or start, start)
    day = timedelta(days=1)
    return Window(start - day, min(end, start + 1000 * day) + day)


def master_id_of(item: Item) -> str:
    """The id of its series, "" of a single event."""
    value = item.get("seriesMasterId")
    return value if isinstance(value, str) else ""


def is_bare(item: Item) -> bool:
    """Whether a list tells next to nothing of an event: of one that the server could
    not read its id alone, of an exception at times no more than when it is."""
    if item.get("start") is None:
        return True
    return item.get("type") == "exception" and "subject" not in item


def is_master(item: Item) -> bool:
    """Whether it is the master of a series; where its type is not told, by what only a
    master has."""
    kind = item.get("type")
    if isinstance(kind, str):
        return kind == MASTER
    return isinstance(item.get("recurrence"), dict) and not master_id_of(item)
