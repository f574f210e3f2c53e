"""Delta rounds of the events in a window.

Exchange tells of single events and of masters of series that changed, wherever they
are.  A changed series comes whole, on one page: its master and its exceptions in full,
of its occurrences what Graph tells, too: id, master, times.
Source: https://learn.microsoft.com/graph/api/event-delta
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from . import delta, reading, tokens
from .calendar_view import Entry, Window, entries, read_window, window_of
from .call import Answer, Call
from .errors import GraphError, bad_request
from .events import CALENDAR, fetch, is_shared, masters_of, render, rendered
from .events_table import PARTS, TABLE, is_all_day, show_moment, type_of
from .ids import to_ews, to_rest
from .operations import ItemId, Shape
from .reading import fields_of
from .routing import Router
from .series import is_eastern, series_uid
from .soap import Element, child, children, local
from .table import Fields, etag
from .values import iso, moment, words

_SHAPE = Shape(("calendar:Start", "calendar:End", "calendar:CalendarItemType"))
#: Changes of a page: a series among them may bring hundreds of occurrences.
_MOST, _DEFAULT = 100, 50
_KIND = {"@odata.type": "#microsoft.graph.event"}
_GONE, _UNREADABLE = 404, 422


@dataclass
class _Round:
    """What the links of a round carry.

    :ivar first: everything is new, so nothing can have gone
    """

    state: str
    window: Window
    first: bool

    def values(self, state: str, last: bool) -> list[Any]:
        """For the next link."""
        start, end = iso(self.window.start), iso(self.window.end)
        return [state, start, end, self.first and not last]


def view_delta(call: Call) -> Answer:
    """GET calendarView/delta."""
    options = call.options
    options.refuse("search", "filter", "orderby", "select", "expand", "top")
    token = options.skiptoken or options.deltatoken
    if token.lower() == "latest":
        present = _Round("", read_window(call), True)
        state = delta.fetch_all(call, CALENDAR)
        return delta.finish(call, "event", present.values(state, True), [], True)
    present = _round(call, token)
    size = min(call.preferred_size(_DEFAULT), _MOST)
    changes = _changes(call, present.state, size)
    rows = _rows(call, present, changes.rows)
    carried = present.values(changes.state, changes.last)
    return delta.finish(call, "event", carried, rows, changes.last)


def _round(call: Call, token: str) -> _Round:
    if not token:
        return _Round("", read_window(call), True)
    state, start, end, first = tokens.read(call.settings, "event", token, 4)
    return _Round(state, window_of(start, end), bool(first))


def _changes(call: Call, state: str, size: int) -> delta.Changes:
    """The next page of changes, with the times and types of what changed.

    Some servers fail on the page where they cannot tell these of one event, as of a
    series that has no occurrences: then each event is asked for them.
    """
    try:
        return delta.fetch(call, CALENDAR, state, size, _SHAPE)
    except GraphError as error:
        if error.status != _UNREADABLE and not reading.is_failure(error):
            raise
    found = delta.fetch(call, CALENDAR, state, size, Shape())
    ids = [ItemId(one.id) for one in found.rows if one.kind != "Delete"]
    told = reading.get_items(call.exchange, ids, lambda _v: _SHAPE) if ids else []
    described = {
        one.id: child(result.element, "Items")
        for one, result in zip(ids, told, strict=True)
        if result.error is None
    }
    for number, row in enumerate(found.rows):
        holder = described.get(row.id)
        found.rows[number] = row if holder is None else row._replace(element=holder)
    return found


def _rows(
    call: Call, present: _Round, changes: Iterable[delta.Change]
) -> list[dict[str, Any]]:
    """A page: what is gone, single events, series."""
    kinds: dict[str, str] = {}
    new: set[str] = set()
    for change in changes:
        kind = _kind(present, change)
        if kind:
            kinds.pop(change.id, None)
            kinds[change.id] = kind
            if change.kind == "Create":
                new.add(change.id)
    rows = _singles(call, [one for one, kind in kinds.items() if kind == "single"])
    masters = [one for one, kind in kinds.items() if kind == "master"]
    series, empty = _series(call, present, masters)
    gone = [one for one, kind in kinds.items() if kind == "gone"]
    if not present.first:
        # what is new and outside the window was never seen
        left = [one for one in (*gone, *empty) if one not in new]
        series += [delta.removed("event", one) for one in left]
    return rows + series


def _kind(present: _Round, change: delta.Change) -> str:
    """``gone`` (deleted, or out of the window), ``single``, ``master``, "" = none."""
    if change.kind == "Delete":
        return "gone"
    item = next(iter(change.element), None)
    if item is None or local(item) != "CalendarItem":
        return ""
    fields = fields_of(item)
    if type_of(fields) != "singleInstance":
        return "master"
    return "single" if present.window.overlaps(*_times(fields)) else "gone"


def _times(fields: Fields) -> tuple[datetime | None, datetime | None]:
    start, end = (words(fields.get(name)) for name in ("Start", "End"))
    return moment(start), moment(end)


def _singles(call: Call, ids: Sequence[str]) -> list[dict[str, Any]]:
    return _read(call, [ItemId(one) for one in ids], {})


def _read(
    call: Call, ids: Sequence[ItemId], masters: Mapping[str, str]
) -> list[dict[str, Any]]:
    """The rows of events in full; of what cannot be read the id alone."""
    names = reading.usual(TABLE)
    items = fetch(call, ids, names) if ids else []
    rows = rendered(call, ids, items, names, masters)
    return [{**_KIND, **row} for row in reading.present(rows, ids)]


def _series(
    call: Call, present: _Round, ids: Sequence[str]
) -> tuple[list[dict[str, Any]], list[str]]:
    """The rows of series, and the ids of those that have nothing in the window."""
    wanted, names = [ItemId(one) for one in _whole(call, ids)], reading.usual(TABLE)
    items = fetch(call, wanted, names) if wanted else []
    try:
        view = _view(call, present.window, items)
    except GraphError as error:
        # Of one series it cannot tell the occurrences, and does not say of which.
        if error.status != _UNREADABLE:
            raise
        items, view = [error] * len(wanted), []
    rows, masters = [], {}
    for one, item in zip(wanted, items, strict=True):
        if not isinstance(item, GraphError):
            masters[one.id] = item
        elif item.status != _GONE:
            rows.append({**_KIND, **reading.bare(one)})
    parts_of = _parts(call, masters, [one for one in view if one.type in PARTS])
    for key, item in masters.items():
        if parts_of[key]:
            rows += _one_series(call, item, parts_of[key], names)
    return rows, [key for key in masters if not parts_of[key]]


def _parts(
    call: Call, masters: Mapping[str, Element], parts: Sequence[Entry]
) -> dict[str, list[Entry]]:
    """The occurrences and exceptions of series, by their masters' ids.

    They have their master's identity; where several masters share one, here or on
    another page, or have none, each part is asked for its master.
    """
    fields = {one: fields_of(item) for one, item in masters.items()}
    uids = {one: series_uid(words(each.get("UID"))) for one, each in fields.items()}
    by_uid: dict[str, list[Entry]] = {uid: [] for uid in uids.values()}
    for entry in parts:
        if entry.uid in by_uid:
            by_uid[entry.uid].append(entry)
    shared = {uid for uid, number in Counter(uids.values()).items() if number > 1}
    shared |= {u for one, u in uids.items() if is_shared(u, fields[one], by_uid[u])}
    unsure = [entry.id for entry in parts if entry.uid in shared]
    owners = masters_of(call, unsure)
    found: dict[str, list[Entry]] = {}
    for entry in parts:
        key = owners.get(entry.id) if entry.uid in shared else entry.uid
        found.setdefault(key or "", []).append(entry)
    return {
        one: found.get(to_rest(one) if uid in shared else uid, [])
        for one, uid in uids.items()
    }


def _whole(call: Call, ids: Sequence[str]) -> list[str]:
    """Ids of masters; where a server reports a member of a series, its master's."""
    if not ids:
        return []
    shape = Shape(("calendar:CalendarItemType",))
    items = reading.get_items(
        call.exchange, [ItemId(one) for one in ids], lambda _v: shape
    )
    parts = [
        one
        for one, result in zip(ids, items, strict=True)
        for item in children(result.element, "Items")
        if type_of(fields_of(item)) in PARTS
    ]
    masters = {one: to_ews(key) for one, key in masters_of(call, parts).items()}
    return list(dict.fromkeys(masters.get(one, one) for one in ids))


def _view(
    call: Call, window: Window, items: Iterable[Element | GraphError]
) -> list[Entry]:
    """The entries of the window, not older than the last change of a master."""
    masters = [item for item in items if not isinstance(item, GraphError)]
    if not masters:
        return []
    times = [moment(words(fields_of(item).get("LastModifiedTime"))) for item in masters]
    changed = None if None in times else max(time for time in times if time)
    key = (call.exchange.owner, window)
    views = call.exchange.views
    found = views.get(key, changed)
    if found is None:
        read_at = call.exchange.server_time
        found = entries(call, CALENDAR, window)
        if read_at is not None:
            views.put(key, read_at, found)
    return found


def _one_series(
    call: Call, master: Element, parts: Sequence[Entry], names: list[str]
) -> list[dict[str, Any]]:
    fields = fields_of(master)
    whole = render(call, master, names)
    eastern, key = is_eastern(fields.get("StartTimeZone")), whole["id"]
    changed = [ItemId(entry.id) for entry in parts if entry.type == "exception"]
    rows = [{**_KIND, **whole}]
    rows += _read(call, changed, dict.fromkeys((one.id for one in changed), key))
    for entry in parts:
        if entry.type == "occurrence":
            rows.append(_minimal(entry, key, is_all_day(fields), eastern))
    return rows


def _minimal(
    entry: Entry, master_id: str, all_day: bool, eastern: bool
) -> dict[str, Any]:
    """What Graph tells of an occurrence."""
    return {
        **_KIND,
        "@odata.etag": etag(entry.change_key),
        "id": to_rest(entry.id),
        "seriesMasterId": master_id,
        "type": "occurrence",
        "start": show_moment(entry.start, all_day, eastern),
        "end": show_moment(entry.end, all_day, eastern),
    }


def no_delta(_call: Call) -> Answer:
    """GET events/delta: Graph has none of it either.

    :raises GraphError: always
    """
    raise bad_request(
        "Change tracking is not supported against 'microsoft.graph.event'."
    )


def register(router: Router) -> None:
    """Add the paths of changes."""
    for head in ("", "calendar/"):
        router.add("GET", f"{head}calendarView/delta", view_delta)
        router.add("GET", f"{head}events/delta", no_delta)
