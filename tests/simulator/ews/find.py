"""FindItem: lists with conditions, order and pages; views of a calendar.

Source: https://learn.microsoft.com/exchange/client-developer/web-service-reference/finditem-operation
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import cmp_to_key

from ..calendar_view import rows_between
from ..clock import parse_iso
from ..event_values import series_of
from ..mailbox import Container
from . import ids
from .conditions import compare, first_part, read_condition
from .errors import EwsError, violation
from .extended import Tag, value_of
from .fields import Thing
from .render import render
from .render import value_of as field_values
from .request import Request, answer_each
from .shapes import Shape, read_path, read_shape
from .xml import Element, add, child, children, flag, local

_LONGEST_VIEW = timedelta(days=731)  # "two years"
_VIEWS = ("IndexedPageItemView", "CalendarView", "ContactsView")
_OTHER_VIEWS = ("FractionalPageItemView", "SeekToConditionPageItemView")


def find_item(request: Request, body: Element) -> Element:
    """FindItem: by level only; a view of a calendar expands its series."""
    traversal = body.get("Traversal")
    if traversal not in ("Shallow", "SoftDeleted", "Associated"):
        raise violation("The required attribute 'Traversal' is missing.", body)
    shape = read_shape(
        child(body, "m:ItemShape"), request.version, request.server.level, brief=True
    )
    if shape.mime:
        raise EwsError("ErrorInvalidPropertyRequest")
    test = read_condition(request, child(body, "m:Restriction"))
    order = read_order(request, child(body, "m:SortOrder"))
    view = next((e for e in children(body) if local(e) in _VIEWS), None)
    if any(local(e) in _OTHER_VIEWS for e in children(body)):
        raise EwsError("ErrorInvalidOperation", "The simulator has no such view.")

    def work(element: Element, message: Element) -> None:
        folder = request.folder(element)
        if view is not None and local(view) == "CalendarView":
            _calendar_view(request, folder, view, shape, message)
            return
        rows = [
            Thing(request, item, None, shape)
            for item in ids.items_of(request.mailbox, folder)
        ]
        rows = [] if traversal != "Shallow" else [row for row in rows if test(row)]
        _page(request, order(rows), view, message)

    parts = list(children(child(body, "m:ParentFolderIds")))
    return answer_each(request, "FindItem", parts, work)


def _page(
    request: Request, rows: list[Thing], view: Element | None, message: Element
) -> None:
    limit = request.service.quirks.find_limit
    offset = int(view.get("Offset") or 0) if view is not None else 0
    most = int(view.get("MaxEntriesReturned") or limit) if view is not None else limit
    if view is not None and view.get("BasePoint") == "End":
        rows = list(reversed(rows))
    if offset < 0 or most < 1:
        raise EwsError("ErrorInvalidPagingMaxRows", "The page is empty.")
    end = min(offset + min(most, limit), len(rows))
    _answer(rows[offset:end], end, len(rows), view is not None, message)


def _answer(
    shown: list[Thing], end: int, total: int, paged: bool, message: Element
) -> None:
    root = add(message, "m:RootFolder")
    if paged:
        root.set("IndexedPagingOffset", str(end))
    root.set("TotalItemsInView", str(total))
    root.set("IncludesLastItemInRange", flag(end >= total))
    holder = add(root, "t:Items")
    for thing in shown:
        render(holder, thing)


def _calendar_view(
    request: Request,
    folder: Container,
    view: Element,
    shape: Shape,
    message: Element,
) -> None:
    """Single events, occurrences and exceptions; no masters, no pages."""
    if folder.kind != "calendar":
        raise EwsError(
            "ErrorCalendarFolderIsInvalidForCalendarView",
            "CalendarView can only be used with a calendar folder.",
        )
    try:
        start, end = (parse_iso(view.get(k) or "") for k in ("StartDate", "EndDate"))
    except ValueError:
        raise violation("The attribute 'StartDate' is invalid.", view) from None
    if end < start:
        raise EwsError("ErrorCalendarEndDateIsEarlierThanStartDate")
    if end - start > _LONGEST_VIEW:
        raise EwsError(
            "ErrorCalendarViewRangeTooBig",
            "The specified view range exceeds the maximum range of two years.",
        )
    rows = [
        Thing(request, entry.item, entry.occurrence, shape)
        for entry in rows_between(folder, start, end)
    ]
    if not request.service.quirks.calendar_views_expand:
        rows = [t for t in rows if series_of(t.item) is None]
    limit = request.service.quirks.find_limit
    most = min(int(view.get("MaxEntriesReturned") or limit), limit)
    _answer(rows[:most], min(most, len(rows)), len(rows), False, message)


# -- order -----------------------------------------------------------------------------


def read_order(
    request: Request, order: Element | None
) -> Callable[[list[Thing]], list[Thing]]:
    """What puts things in order; without one the newest come first."""
    if order is None:
        return lambda rows: sorted(rows, key=_arrival, reverse=True)
    keys: list[tuple[str | Tag, bool]] = []
    for field in children(order):
        path = first_part(field)
        wanted = read_path(path, request.version, request.server.level)
        keys.append((wanted, field.get("Order") == "Descending"))

    def against(left: Thing, right: Thing) -> int:
        for path, descending in keys:
            sign = compare(_value(left, path), _value(right, path))
            if sign:
                return -sign if descending else sign
        return 0

    return lambda rows: sorted(rows, key=cmp_to_key(against))


def _arrival(thing: Thing) -> tuple[str, int]:
    data = thing.item.data
    return data.get("receivedDateTime") or data["createdDateTime"], thing.item.born


def _value(thing: Thing, path: str | Tag) -> str:
    if isinstance(path, Tag):
        return value_of(thing.item, thing.data, thing.extended, path.key) or ""
    return next(iter(field_values(thing.request, thing, path)), "")


OPERATIONS = {"FindItem": find_item}
