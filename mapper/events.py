"""Events: in a window, one by one, the instances of a series.

Source: https://learn.microsoft.com/graph/api/resources/event
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from . import odata, operations, reading
from .calendar_view import Entry, entries, mixed, read_window
from .call import Answer, Call
from .errors import GraphError, bad_request, not_found
from .events_table import (
    PARTS,
    PROPERTIES,
    TABLE,
    day_of,
    is_all_day,
    planned_day,
    show_moment,
    type_of,
)
from .ids import to_ews, to_rest
from .messages import expanded_properties, extended_rows, found_items
from .operations import Folder, ItemId, MasterOf, Shape
from .reading import fields_of, item_of
from .routing import Router
from .series import fits, is_eastern, series_uid
from .soap import Element, children, local, text
from .table import Fields, etag, show
from .values import iso, moment, words

CALENDAR = Folder(name="calendar")
_SERIES = Shape(
    (
        "calendar:UID",
        "calendar:CalendarItemType",
        "calendar:Recurrence",
        "item:ParentFolderId",
    )
)


def render(
    call: Call, item: Element, names: Sequence[str], master_id: str | None = None
) -> dict[str, Any]:
    """An event as Graph shows it.

    :param master_id: (of ours) of the series that it is a part of
    """
    row, fields = show(TABLE.plan(names), item)
    call.absolute(row)
    kind = type_of(fields)
    if row.get("originalStart", "") is None:
        del row["originalStart"]
    if kind in PARTS and "seriesMasterId" in names:
        row["seriesMasterId"] = master_id
    if kind == "seriesMaster" and "cancelledOccurrences" in names:
        row["cancelledOccurrences"] = _cancelled(row["id"], fields)
    day = planned_day(fields) if master_id and call.options.wanted is None else None
    if day is not None:
        row["occurrenceId"] = f"OID.{master_id}.{day.isoformat()}"
    return row


def _cancelled(master_id: str, fields: Fields) -> list[str]:
    all_day, days = is_all_day(fields), []
    eastern = all_day and is_eastern(fields.get("StartTimeZone"))
    for one in children(fields.get("DeletedOccurrences")):
        found = moment(text(one, "Start"))
        if found is not None:
            day = day_of(found, eastern) if all_day else found.date()
            days.append(f"OID.{master_id}.{day.isoformat()}")
    return days


def shape_of(
    call: Call, names: Sequence[str], extended: Sequence[operations.Extended] = ()
) -> Any:
    """The shape for events, by version.

    What says of which kind an event is comes always.
    """

    def shape(version: int) -> Shape:
        wanted = list(dict.fromkeys([*names, "type"]))
        found = reading.shape_for(TABLE, wanted, version, call.body_type)
        return Shape((*found.paths, *extended), found.body_type)

    return shape


def fetch(
    call: Call, ids: Sequence[ItemId | MasterOf], names: Sequence[str]
) -> list[Element | GraphError]:
    """The elements of events in order; for each of them, or its error."""
    extended = expanded_properties(call.options)
    found: list[Element | GraphError] = []
    for result in reading.get_items(
        call.exchange, ids, shape_of(call, names, extended)
    ):
        try:
            item = item_of(result.checked())
            if local(item) != "CalendarItem":
                raise not_found()
            found.append(item)
        except GraphError as error:
            if not reading.tolerable(error):
                raise
            found.append(error)
    return found


def masters_of(call: Call, ids: Iterable[str]) -> dict[str, str]:
    """The ids (of ours) of the masters of occurrences, by these occurrences' ids."""
    wanted = list(ids)
    if not wanted:
        return {}
    found = {}
    results = reading.get_items(
        call.exchange, [MasterOf(one) for one in wanted], lambda _v: Shape()
    )
    for one, result in zip(wanted, results, strict=True):
        try:
            ident = fields_of(item_of(result.checked())).get("ItemId")
        except GraphError as error:
            if not reading.tolerable(error):
                raise
            continue
        if ident is not None:
            found[one] = to_rest(str(ident.get("Id")))
    return found


def masters_by_part(call: Call, found: Iterable[Entry]) -> dict[str, str]:
    """The ids (of ours) of the masters of entries, by these entries' ids.

    Of a series the first one is asked for its master; of what has no identity, or one
    that several series share, each.
    """
    parts = [entry for entry in found if entry.type in PARTS]
    unsure = mixed(parts) | {""}
    keys = {one.id: one.id if one.uid in unsure else one.uid for one in parts}
    firsts = {keys[one.id]: one.id for one in reversed(parts)}
    masters = masters_of(call, firsts.values())
    return {one: masters.get(firsts[key], "") for one, key in keys.items()}


def is_shared(uid: str, master: Fields, parts: Sequence[Entry]) -> bool:
    """Whether events of one identity may be of several series.

    :param uid: the identity, "" = none
    :param master: one of these series
    :param parts: occurrences and exceptions of this identity
    """
    # the middle of a whole day is on one day of UTC in winter and in summer
    days = {
        (one.start + timedelta(hours=12 * one.all_day)).date()
        for one in parts
        if one.start is not None and one.type == "occurrence"
    }
    return not uid or bool(mixed(parts)) or not fits(master.get("Recurrence"), days)


def names_of(call: Call) -> list[str]:
    """The properties to show.

    :raises GraphError: 400 for what events do not have
    """
    options = call.options
    options.check_select(PROPERTIES, "Event")
    allowed = ("singlevalueextendedproperties", "extensions", "exceptionoccurrences")
    for name in options.expand:
        if name not in allowed:
            raise bad_request(f"'{name[:80]}' of an event cannot be expanded.")
    return reading.wanted(TABLE, options.wanted)


def rows_for(
    call: Call, found: Sequence[Entry], names: Sequence[str]
) -> list[dict[str, Any]]:
    """The JSON of entries; see :func:`reading.present`."""
    masters: dict[str, str] = {}
    if "seriesMasterId" in names or "originalStart" in names:
        masters = masters_by_part(call, found)
    extended = expanded_properties(call.options)
    if not extended and _suffices(found, names):
        return [_light(entry, names, masters.get(entry.id)) for entry in found]
    ids = [ItemId(entry.id) for entry in found]
    rows = rendered(call, ids, fetch(call, ids, names), names, masters)
    return reading.present(rows, ids)


def rendered(
    call: Call,
    ids: Sequence[ItemId],
    items: Iterable[Element | GraphError],
    names: Sequence[str],
    masters: Mapping[str, str],
) -> list[dict[str, Any] | GraphError]:
    """What :func:`fetch` gives as Graph shows it; errors stay as they are.

    :param masters: the ids (of ours) of the masters of occurrences, by their ids
    """
    extended = expanded_properties(call.options)
    rows: list[dict[str, Any] | GraphError] = []
    for one, item in zip(ids, items, strict=True):
        if isinstance(item, GraphError):
            rows.append(item)
            continue
        row = render(call, item, names, masters.get(one.id) or None)
        if extended:
            row.update(extended_rows(item, extended))
        rows.append(row)
    return rows


#: What is known of an entry without asking for it once more.
_KNOWN = frozenset(
    {
        "changeKey",
        "type",
        "isAllDay",
        "start",
        "end",
        "originalStart",
        "seriesMasterId",
    }
)


def _suffices(found: Sequence[Entry], names: Sequence[str]) -> bool:
    """Whether entries hold all that is asked for: not the zone that days depend on,
    and not when an exception was planned."""
    if not set(names) <= _KNOWN:
        return False
    if "originalStart" in names and any(e.type == "exception" for e in found):
        return False
    times = {"start", "end", "originalStart"} & set(names)
    return not times or not any(e.all_day or e.start is None for e in found)


def _light(entry: Entry, names: Sequence[str], master_id: str | None) -> dict[str, Any]:
    values = {
        "changeKey": entry.change_key,
        "type": entry.type,
        "isAllDay": entry.all_day,
        "seriesMasterId": master_id or None,
        "start": show_moment(entry.start, False, False),
        "end": show_moment(entry.end, False, False),
    }
    if entry.type in PARTS and entry.start is not None:
        values["originalStart"] = iso(entry.start)
    shown = {"@odata.etag": etag(entry.change_key), "id": to_rest(entry.id)}
    return {**shown, **{name: values[name] for name in names if name in values}}


def _page(call: Call, found: Sequence[Entry]) -> Answer:
    """A page of entries, which Exchange gives all at once."""
    names, options = names_of(call), call.options
    options.refuse("filter", "search")
    if options.orderby.strip().lower().removesuffix(" asc") not in (
        "",
        "start/datetime",
    ):
        raise bad_request("Events of a window are sorted by their start alone.")
    end = options.skip + call.page_size
    shown = rows_for(call, found[options.skip : end], names)
    body: dict[str, Any] = {"@odata.context": call.context("events")}
    if options.count:
        body["@odata.count"] = len(found)
    body["value"] = shown
    if end < len(found):
        body["@odata.nextLink"] = call.link(odata.next_skip(call.query, end))
    return Answer(200, body, call.applied())


def view(call: Call) -> Answer:
    """GET calendarView."""
    return _page(call, entries(call, CALENDAR, read_window(call)))


def instances(call: Call) -> Answer:
    """GET events/{id}/instances: occurrences and exceptions of a series."""
    window = read_window(call)
    master = ItemId(to_ews(call.keys["event"]))
    message = call.exchange.one(lambda _v: operations.get_items([master], _SERIES))
    fields = fields_of(item_of(message))
    if type_of(fields) != "seriesMaster":
        raise bad_request(
            "The event isn't the master of a series.", "ErrorInvalidRequest"
        )
    uid, parent = series_uid(words(fields.get("UID"))), fields.get("ParentFolderId")
    folder = Folder(id=str(parent.get("Id"))) if parent is not None else CALENDAR
    found = [
        entry
        for entry in entries(call, folder, window)
        if entry.uid == uid and entry.type in PARTS
    ]
    if is_shared(uid, fields, found):
        masters = masters_of(call, [one.id for one in found])
        found = [one for one in found if masters.get(one.id) == to_rest(master.id)]
    return _page(call, found)


def get(call: Call) -> Answer:
    """GET events/{id}."""
    row = call.prefetched("event", call.keys["event"])
    if row is None:
        (row,) = read(call, [ItemId(to_ews(call.keys["event"]))], names_of(call))
    if isinstance(row, GraphError):
        raise row
    if "exceptionoccurrences" in call.options.expand:
        row["exceptionOccurrences"] = _exceptions(call, row["id"], names_of(call))
    context = {"@odata.context": call.context("events/$entity")}
    return Answer(200, {**context, **row}, call.applied())


def read(
    call: Call, ids: Sequence[ItemId], names: Sequence[str]
) -> list[dict[str, Any] | GraphError]:
    """Events in order; for each its JSON or its error."""
    items = fetch(call, ids, names)
    parts = [
        one.id
        for one, item in zip(ids, items, strict=True)
        if not isinstance(item, GraphError) and type_of(fields_of(item)) in PARTS
    ]
    return rendered(call, ids, items, names, masters_of(call, parts))


def _exceptions(call: Call, master_id: str, names: list[str]) -> list[dict[str, Any]]:
    """The exceptions of a series in full."""
    shape = Shape(("calendar:ModifiedOccurrences",))
    master = ItemId(to_ews(master_id))
    message = call.exchange.one(lambda _v: operations.get_items([master], shape))
    ids = []
    for one in children(item_of(message), "ModifiedOccurrences"):
        found = fields_of(one).get("ItemId")
        if found is not None:
            ids.append(ItemId(str(found.get("Id"))))
    items = fetch(call, ids, names) if ids else []
    masters = {one.id: master_id for one in ids}
    return reading.present(rendered(call, ids, items, names, masters), ids)


def list_events(call: Call) -> Answer:
    """GET events: single events and masters of series."""
    names, options, size = names_of(call), call.options, call.page_size
    options.refuse("search", "filter", "orderby")
    message = call.exchange.one(
        lambda _v: operations.find_items(CALENDAR, Shape(), options.skip, size)
    )
    found = found_items(message)
    items = fetch(call, found.ids, names) if found.ids else []
    body: dict[str, Any] = {"@odata.context": call.context("events")}
    if options.count:
        body["@odata.count"] = found.total
    rows = rendered(call, found.ids, items, names, {})
    body["value"] = reading.present(rows, found.ids)
    if not found.last and found.ids:
        following = odata.next_skip(call.query, options.skip + len(found.ids))
        body["@odata.nextLink"] = call.link(following)
    return Answer(200, body, call.applied())


def register(router: Router) -> None:
    """Add the paths of events."""
    for head in ("", "calendar/"):
        router.add("GET", f"{head}calendarView", view)
        router.add("GET", f"{head}events", list_events)
        router.add("GET", f"{head}events/<event>", get)
        router.add("GET", f"{head}events/<event>/instances", instances)
