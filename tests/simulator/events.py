"""Events: list, read, create, change, delete.

Source: https://learn.microsoft.com/graph/api/resources/event
"""

from __future__ import annotations

import hashlib
from datetime import date, timezone

import orjson

from .call import Answer, Call
from .errors import GraphError, bad_request, item_not_found, malformed_id
from .event_changes import alter, make, withdraw
from .event_properties import EVENT, EVENT_FIXED
from .event_render import (
    Entry,
    answer_one,
    applied,
    check_options,
    entity,
    entry_of,
    render,
    zone_of,
)
from .event_store import (
    calendar_of,
    find_event,
    remember_transaction,
    used_transaction,
)
from .filters import Filter, order
from .mailbox import Container, Item
from .mapi import known
from .odata import next_skip_link, page
from .routing import Router
from .shapes import read_shape
from .zones import UTC

_UNTRACKED = (
    "Unsupported request: Change tracking is not supported against "
    "'microsoft.graph.event'."
)


# -- finding ---------------------------------------------------------------------------


def calendar_named(call: Call) -> Container:
    """The calendar that the path names; the default one where it names none.

    :raises GraphError: 404
    """
    key = call.keys.get("calendar", "")
    if not key:
        return calendar_of(call.mailbox)
    calendar_of(call.mailbox)
    found = call.mailbox.find_container(key, "calendar")
    if found is None:
        raise item_not_found()
    call.keys["calendar"] = found.id
    return found


def event_named(call: Call) -> tuple[Item, date | None]:
    """The event that the path names, and the date if it is one of a series.

    :raises GraphError: 404, or 400 for an id that cannot be one
    """
    found = find_event(call.mailbox, call.keys["event"])
    if found is None:
        raise item_not_found() if len(call.keys["event"]) > 20 else malformed_id()
    if "calendar" in call.keys and found[0].container is not calendar_named(call):
        raise item_not_found()
    return found


# -- reading ---------------------------------------------------------------------------


def list_events(call: Call) -> Answer:
    """GET events: single events and series masters."""
    rows = [Entry(item) for item in calendar_named(call).items.values()]
    rows.sort(key=lambda row: (row.item.data["createdDateTime"], row.item.born))
    return answer_rows(call, rows[::-1])


def answer_rows(call: Call, rows: list[Entry]) -> Answer:
    """A page of events."""
    options, zone = call.options, zone_of(call)
    check_options(options)
    if options.search is not None:
        raise bad_request(
            "The query parameter '$search' is not supported.", "ErrorInvalidRequest"
        )
    rows = _select_rows(call, rows)
    shown, more = page(rows, options, call.page_size)
    body: dict = {"@odata.context": call.context("events")}
    if options.count:
        body["@odata.count"] = len(rows)
    body["value"] = [render(call, row, options, zone) for row in shown]
    if more is not None:
        body["@odata.nextLink"] = next_skip_link(call.link(), call.query, more)
    return Answer(200, body, applied(call))


def _select_rows(call: Call, rows: list[Entry]) -> list[Entry]:
    options = call.options
    if options.filter is not None:
        wanted = Filter(options.filter)
        rows = [r for r in rows if wanted.matches(_compared(call, r), known(r.item))]
    if options.orderby:
        rows = order(rows, options.orderby, lambda row: _compared(call, row))
    return rows


def _compared(call: Call, row: Entry) -> dict:
    """An event as filters see it: by the stored instant also where it is all-day."""
    shown = entity(call, row)
    if row.span.all_day:
        for name, moment in (("start", row.span.start), ("end", row.span.end)):
            text = moment.astimezone(timezone.utc).replace(tzinfo=None).isoformat()
            shown[name] = {"dateTime": f"{text}.0000000", "timeZone": UTC}
    return shown


def get_event(call: Call) -> Answer:
    """GET events/{id}."""
    check_options(call.options)
    return answer_one(call, entry_of(*event_named(call)))


# -- writing ---------------------------------------------------------------------------


def _read_body(call: Call) -> dict:
    return read_shape(call.json(), EVENT, "event", EVENT_FIXED)


def create_event(call: Call) -> Answer:
    """POST events: 201; attendees get their copies."""
    calendar = calendar_named(call)
    values = _read_body(call)
    digest = hashlib.sha256(orjson.dumps(values, option=orjson.OPT_SORT_KEYS))
    known = _repeated(call, values.get("transactionId"), digest.hexdigest())
    if known is not None:
        return answer_one(call, Entry(known), 201)
    zone_of(call)
    item, works = make(call.service, call.mailbox, calendar, values)
    call.after += works
    if values.get("transactionId"):
        key = values["transactionId"]
        remember_transaction(call.mailbox, key, item, digest.hexdigest())
    return answer_one(call, Entry(item), 201)


def _repeated(call: Call, key: str | None, digest: str) -> Item | None:
    """The event of an identical earlier request, as the service was seen to answer.

    :raises GraphError: when the transactionId is used up by another event
    """
    used = used_transaction(call.mailbox, key) if key else None
    if used is None:
        return None
    item, before = used
    quirks = call.service.quirks
    if item is not None and before == digest and quirks.same_transaction_again:
        return item
    extra = {}
    if item is not None:
        extra = {"@event.existingEventId": item.rest_id(call.immutable)}
    raise GraphError(
        quirks.transaction_status,
        "ErrorDuplicateTransactionId",
        "Your request can't be completed. The TransactionId specified in the request "
        "has already been used to create a different event.",
        extra=extra,
    )


def patch_event(call: Call) -> Answer:
    """PATCH events/{id}; of a participant who is not the organiser his copy alone."""
    item, day = event_named(call)
    call.check_etag(item.etag)
    values = _read_body(call)
    _check_transaction(item, values)
    zone_of(call)
    call.after += alter(call.service, call.mailbox, item, day, values)
    return answer_one(call, entry_of(item, day))


def _check_transaction(item: Item, values: dict) -> None:
    key = values.pop("transactionId", None)
    if key is not None and key != item.data.get("transactionId"):
        raise bad_request(
            "The TransactionId of an event can't be changed.", "ErrorInvalidRequest"
        )


def delete_event(call: Call) -> Answer:
    """DELETE events/{id}: into Deleted Items; the organiser's attendees are told."""
    item, day = event_named(call)
    call.check_etag(item.etag)
    call.after += withdraw(call.service, call.mailbox, item, day)
    return Answer(204)


def delete_for_good(call: Call) -> Answer:
    """POST events/{id}/permanentDelete."""
    item, day = event_named(call)
    call.after += withdraw(call.service, call.mailbox, item, day)
    if day is None:
        call.mailbox.remove(item)
    return Answer(204)


def refuse_delta(call: Call) -> Answer:
    """GET events/delta: in the metadata, but the service refuses it."""
    raise bad_request(_UNTRACKED)


def register(router: Router) -> None:
    """Add the paths of events, below a calendar and on their own."""
    for head in ("", "calendar/", "calendars/{calendar}/"):
        router.add("GET", f"{head}events", "Calendars")(list_events)
        router.add("POST", f"{head}events", "Calendars")(create_event)
        router.add("GET", f"{head}events/delta", "Calendars")(refuse_delta)
        for method, tail, handler in (
            ("GET", "", get_event),
            ("PATCH", "", patch_event),
            ("DELETE", "", delete_event),
            ("POST", "/permanentDelete", delete_for_good),
        ):
            pattern = f"{head}events/{{event}}{tail}"
            router.add(method, pattern, "Calendars")(handler)
