"""The events of a window, with the series written out by Exchange.

CalendarView takes no more than two years, gives no more than so many entries and has
no pages: a window that does not fit is halved.
Source: https://learn.microsoft.com/exchange/client-developer/web-service-reference/calendarview
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from typing import NamedTuple

from . import operations
from .call import Call
from .errors import GraphError, bad_gateway, bad_request
from .events_table import type_of
from .operations import Folder, Shape
from .reading import fields_of, root_of
from .series import series_uid
from .soap import Element, children
from .table import change_key
from .values import iso, moment, true, words

#: Graph's longest window, and Exchange's.
_MOST_DAYS = 1825
_EXCHANGE_DAYS = 700
#: Entries that one answer of Exchange holds at most.
_LIMIT = 1000
_SHORTEST = timedelta(minutes=30)
_KEPT_SECONDS = 60.0
#: Occurrences of a series are further apart; what is shorter is as long in any season.
_APART, _SHORT = timedelta(hours=20), timedelta(hours=6)
#: Minutes between the beginnings in winter and in summer, also around midnight.
_SUMMER = frozenset({0, 30, 60, 1380, 1410})
_SHAPE = Shape(
    (
        "calendar:Start",
        "calendar:End",
        "calendar:CalendarItemType",
        "calendar:UID",
        "calendar:IsAllDayEvent",
    )
)


@dataclass(frozen=True)
class Window:
    """From a moment on, until before another one; both in UTC."""

    start: datetime
    end: datetime

    def overlaps(self, start: datetime | None, end: datetime | None) -> bool:
        """Whether an event of these times is in it; one without times is."""
        if start is None or end is None:
            return True
        if start == end:
            return self.start <= start < self.end
        return start < self.end and end > self.start


class Entry(NamedTuple):
    """One line of a calendar."""

    id: str
    change_key: str
    type: str
    uid: str
    start: datetime | None
    end: datetime | None
    all_day: bool


def read_window(call: Call) -> Window:
    """The window that a request names.

    :raises GraphError: 400
    """
    other = call.options.other
    return window_of(other.get("startdatetime", ""), other.get("enddatetime", ""))


def window_of(start_text: str, end_text: str) -> Window:
    """A window from two texts; without a zone they count as UTC.

    :raises GraphError: 400
    """
    start, end = (_moment(text) for text in (start_text, end_text))
    if start is None or end is None:
        raise bad_request(
            "This request requires a time window specified by the query string "
            "parameters StartDateTime and EndDateTime.",
            "ErrorInvalidParameter",
        )
    if end < start:
        raise bad_request("The window ends before it begins.", "ErrorInvalidParameter")
    if end - start > timedelta(days=_MOST_DAYS):
        raise bad_request(
            f"The window is too long. Maximum number of days: {_MOST_DAYS}.",
            "ErrorInvalidRequest",
        )
    return Window(start, end)


def _moment(text: str) -> datetime | None:
    """A moment, or the beginning of a day; a plus sign in an address is a blank."""
    text = text.strip().replace(" ", "+")
    return moment(f"{text}T00:00:00" if len(text) == 10 else text)


def entries(call: Call, folder: Folder, window: Window) -> list[Entry]:
    """Everything in a window, by its start."""
    key = ("view", folder, window)
    if key not in call.shared:
        call.shared[key] = _read(call, folder, window)
    found: list[Entry] = call.shared[key]
    return found


def _read(call: Call, folder: Folder, window: Window) -> list[Entry]:
    found: dict[str, Entry] = {}
    step, at = timedelta(days=_EXCHANGE_DAYS), window.start
    while at < window.end:
        until = min(at + step, window.end)
        rows = _slice(call, folder, Window(at, until))
        if rows is None:
            step = (until - at) / 2
            if step < _SHORTEST:
                raise bad_gateway("There are more events at a time than can be read.")
            continue
        found.update((row.id, row) for row in rows)
        at = until
        step = min(step * 2, timedelta(days=_EXCHANGE_DAYS))
    early = datetime.min.replace(tzinfo=timezone.utc)
    return sorted(found.values(), key=lambda row: (row.start or early, row.id))


def _slice(call: Call, folder: Folder, window: Window) -> list[Entry] | None:
    """The entries of a part of a window, ``None`` when there are too many."""
    start, end = iso(window.start), iso(window.end)
    try:
        message = call.exchange.one(
            lambda _v: operations.calendar_view(folder, _SHAPE, start, end, _LIMIT)
        )
    except GraphError as error:
        if error.code == "ErrorExceededFindCountLimit":
            return None
        raise
    root = root_of(message)
    rows = children(root, "Items")
    cut = root.get("IncludesLastItemInRange") == "false"
    if cut or len(rows) >= _LIMIT:
        return None
    return [entry for row in rows if (entry := _entry(row)).id]


def _entry(row: Element) -> Entry:
    fields = fields_of(row)
    ident = fields.get("ItemId")
    return Entry(
        id=str(ident.get("Id", "")) if ident is not None else "",
        change_key=change_key(fields),
        type=type_of(fields),
        uid=series_uid(words(fields.get("UID"))),
        start=moment(words(fields.get("Start"))),
        end=moment(words(fields.get("End"))),
        all_day=true(fields.get("IsAllDayEvent")),
    )


def mixed(found: Iterable[Entry]) -> set[str]:
    """Identities that several series must share, by the times of their occurrences.

    Those of one series are on days of their own, last as long and begin at the same
    hour, which summer time may move.  Exceptions say nothing.
    """
    by_uid: dict[str, list[tuple[datetime, timedelta]]] = {}
    for one in found:
        if one.type == "occurrence" and one.start is not None and one.end is not None:
            by_uid.setdefault(one.uid, []).append((one.start, one.end - one.start))
    return {uid for uid, times in by_uid.items() if _differ(times)}


def _differ(times: list[tuple[datetime, timedelta]]) -> bool:
    starts = sorted(start for start, _length in times)
    if any(later - one < _APART for one, later in pairwise(starts)):
        return True
    lengths = {length for _start, length in times}
    if len(lengths) > 1 and min(lengths) < _SHORT:
        return True
    clocks = sorted({start.hour * 60 + start.minute for start in starts})
    return len(clocks) > 2 or clocks[-1] - clocks[0] not in _SUMMER


class Views:
    """Views of a moment ago, so that the pages of one round need not read them again.

    Only a help: without it, or in another process, they are read anew.
    """

    def __init__(self, most: int = 32) -> None:
        self._kept: OrderedDict[object, tuple[float, datetime, list[Entry]]]
        self._kept = OrderedDict()
        self._most = most
        self._lock = threading.Lock()

    def get(self, key: object, changed: datetime | None) -> list[Entry] | None:
        """A view that was read after ``changed``, ``None`` when there is none."""
        with self._lock:
            found = self._kept.get(key)
        if found is None or time.monotonic() - found[0] > _KEPT_SECONDS:
            return None
        if changed is None or changed >= found[1] - timedelta(seconds=5):
            return None
        return found[2]

    def put(self, key: object, read_at: datetime, rows: list[Entry]) -> None:
        """Keep a view.

        :param read_at: the server's time before it was read
        """
        with self._lock:
            self._kept[key] = (time.monotonic(), read_at, rows)
            self._kept.move_to_end(key)
            if len(self._kept) > self._most:
                self._kept.popitem(last=False)
