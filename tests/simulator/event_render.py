"""Events as Graph shows them to a request: single ones, series, their instances."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from .attachments import render_attachment
from .body import as_preferred
from .call import Answer, Call
from .clock import iso
from .errors import unknown_select
from .event_ids import object_id, occurrence_id, uid_at, web_link
from .event_properties import EVENT
from .event_times import Span
from .event_values import series_of, span_of
from .folders import expand_properties
from .mailbox import Item
from .mapi import Known
from .odata import Options, check_select
from .series import Occurrence
from .zones import UTC, find_zone

_EXPANDS = {
    "attachments",
    "calendar",
    "exceptionoccurrences",
    "extensions",
    "instances",
    "singlevalueextendedproperties",
    "multivalueextendedproperties",
}
# Not among the properties of the metadata, but in what the service sends.
_SELECTABLE = {*EVENT, "occurrenceId"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of a calendar: an event, or one occurrence of a series."""

    item: Item
    occurrence: Occurrence | None = None

    @property
    def span(self) -> Span:
        """When it is."""
        one = self.occurrence
        return span_of(self.item) if one is None else one.span

    @property
    def start(self) -> datetime:
        """For sorting."""
        return self.span.start


def entry_of(item: Item, day: object = None) -> Entry:
    """The row for what :func:`~.event_store.find_event` found."""
    series = series_of(item)
    if day is None or series is None:
        return Entry(item)
    return Entry(item, series.occurrence(day))  # type: ignore[arg-type]


def zone_of(call: Call) -> str:
    """``Prefer: outlook.timezone``, checked; UTC without it.

    :raises GraphError: 400 TimeZoneNotSupportedException
    """
    name = call.prefer.get("outlook.timezone", "")
    if not name:
        return UTC
    find_zone(name)
    return name


def entry_id(call: Call, entry: Entry) -> str:
    """The id in the format that the request wants."""
    key = entry.item.rest_id(call.immutable)
    one = entry.occurrence
    return key if one is None else occurrence_id(key, one.day)


def entity(call: Call, entry: Entry, zone: str = UTC) -> dict:
    """All that Graph shows without ``$select``."""
    item, one = entry.item, entry.occurrence
    shown = {
        "@odata.etag": item.etag,
        "id": entry_id(call, entry),
        **item.data,
    }
    shown.pop("parentFolderId", None)
    if one is not None:
        _add_occurrence(call, shown, item, one)
    if one is not None or zone != UTC:
        shown["start"], shown["end"] = entry.span.show(zone)
    return shown


def _add_occurrence(call: Call, shown: dict, item: Item, one: Occurrence) -> None:
    master = item.rest_id(call.immutable)
    shown.pop("transactionId", None)
    deviation = one.deviation
    if deviation is not None:
        shown.update(deviation.values)
    shown |= {
        "originalStart": iso(one.planned.start),
        "iCalUId": uid_at(item.data["iCalUId"], one.day),
        "occurrenceId": object_id(master, one.day),
        "seriesMasterId": master,
        "type": "occurrence" if deviation is None else "exception",
        "recurrence": None,
        "webLink": web_link(shown["id"]),
    }


def minimal(call: Call, item: Item, one: Occurrence, zone: str) -> dict:
    """What calendarView/delta tells of an occurrence."""
    master = item.rest_id(call.immutable)
    start, end = one.span.show(zone)
    return {
        "@odata.type": "#microsoft.graph.event",
        "@odata.etag": item.etag,
        "id": occurrence_id(master, one.day),
        "seriesMasterId": master,
        "type": "occurrence",
        "start": start,
        "end": end,
    }


def render(call: Call, entry: Entry, options: Options, zone: str) -> dict:
    """An event with what ``$select`` and ``$expand`` ask for."""
    whole = entity(call, entry, zone)
    shown = whole
    if options.select and "*" not in options.select:
        wanted = {name.split("/")[0] for name in options.select} | {"id"}
        shown = {k: v for k, v in whole.items() if k in wanted or k[0] == "@"}
    _add_cancelled(call, shown, entry, options)
    as_preferred(shown, call.prefer.get("outlook.body-content-type", ""))
    if options.expand:
        _add_expanded(call, shown, entry, options, zone)
    return shown


def _add_cancelled(call: Call, shown: dict, entry: Entry, options: Options) -> None:
    """``cancelledOccurrences`` comes only when it is selected, of a master."""
    if "cancelledOccurrences" not in (options.select or ()):
        return
    series = series_of(entry.item)
    if series is None or entry.occurrence is not None:
        shown["cancelledOccurrences"] = []
        return
    master = entry.item.rest_id(call.immutable)
    days = sorted(series.cancelled)
    shown["cancelledOccurrences"] = [object_id(master, day) for day in days]


def _add_expanded(
    call: Call, shown: dict, entry: Entry, options: Options, zone: str
) -> None:
    item, one = entry.item, entry.occurrence
    wanted = options.expanded("attachments")
    if wanted is not None:
        shown["attachments"] = [
            render_attachment(call, item, row, wanted) for row in item.attachments
        ]
    wanted = options.expanded("singleValueExtendedProperties")
    if wanted is not None:
        extended = item.extended
        if one is not None and one.deviation is not None:
            extended = {**extended, **one.deviation.extended}
        shown.update(
            expand_properties(Known(item, {**item.data, **shown}, extended), wanted)
        )
    if options.expanded("extensions") is not None:
        shown["extensions"] = list(item.extensions.values())
    series = series_of(item)
    if options.expanded("exceptionOccurrences") is not None:
        days = sorted(series.changed) if series is not None and one is None else []
        rows = [entry_of(item, day) for day in days if day not in series.cancelled]
        shown["exceptionOccurrences"] = [entity(call, row, zone) for row in rows]


def check_options(options: Options) -> None:
    """Refuse unknown members in ``$select`` and ``$expand``.

    :raises GraphError: 400
    """
    check_select(options.select, _SELECTABLE, "event")
    for member in options.expand:
        if member.name.lower() not in _EXPANDS:
            raise unknown_select(member.name, "event")


def applied(call: Call, *first: str) -> dict[str, str]:
    """``Preference-Applied`` for the preferences that events follow."""
    names = ("outlook.timezone", "outlook.body-content-type")
    parts = list(first)
    parts += [f'{n}="{call.prefer[n]}"' for n in names if call.prefer.get(n)]
    return {"Preference-Applied": ", ".join(parts)} if parts else {}


def answer_one(call: Call, entry: Entry, status: int = 200) -> Answer:
    """One event as the answer."""
    options = call.options if call.method == "GET" else Options()
    shown = render(call, entry, options, zone_of(call))
    context = {"@odata.context": call.context("events/$entity")}
    return Answer(status, {**context, **shown}, applied(call))
