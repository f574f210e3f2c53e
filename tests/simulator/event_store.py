"""Calendars and events inside a mailbox: finding, making, changing, deleting them.

Nothing here knows requests or answers; what other people learn of it is in meetings.py.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from .directory import User
from .errors import bad_request
from .event_ids import new_uid, split_occurrence_id, web_link
from .event_times import Span, cannot, read_span
from .event_values import Reader, event_defaults, series_of, show_times, span_of
from .mailbox import Container, Item, Mailbox
from .properties import read_properties
from .recurrence import Rule, read_rule
from .series import Series
from .zones import windows_name

_TIMES = ("start", "end", "isAllDay")
_FORMER = 5  # earlier versions of a series that are remembered


# -- calendars -------------------------------------------------------------------------


def calendar_of(mailbox: Mailbox) -> Container:
    """The default calendar, made when it is first needed."""
    found = mailbox.well_known.get("calendar")
    if found is None:
        found = add_calendar(mailbox, "Calendar", well_known="calendar")
        found.data |= {"uids": {}, "transactions": {}}
    return found


def add_calendar(mailbox: Mailbox, name: str, *, well_known: str = "") -> Container:
    """A calendar, empty."""
    data = {"color": "auto", "providers": ("teamsForBusiness",)}
    return mailbox.add_container(
        "calendar", name, None, well_known=well_known, data=data
    )


def calendars_of(mailbox: Mailbox) -> list[Container]:
    """All calendars, the default one first."""
    default = calendar_of(mailbox)
    others = [c for c in mailbox.containers.values() if c.kind == "calendar"]
    return [default, *(c for c in others if c is not default)]


def bin_of(mailbox: Mailbox, kind: str) -> Container:
    """Where deleted events (or contacts) lie.

    In the service that is Deleted Items; here it is a container beside it, as mails
    alone can be in a mail folder.
    """
    name = f"deleted-{kind}"
    found = mailbox.well_known.get(name)
    if found is None:
        found = mailbox.add_container("bin", "Deleted Items", None, well_known=name)
    return found


def put_into_bin(mailbox: Mailbox, item: Item) -> None:
    """Delete an event or contact as the service does: it gets a new id there."""
    mailbox.move(item, bin_of(mailbox, item.kind))
    item.data["parentFolderId"] = mailbox.well_known["deleteditems"].id


def is_deleted(item: Item) -> bool:
    """Whether an item is in the bin or gone for good."""
    return item.container is None or item.container.kind == "bin"


# -- finding ---------------------------------------------------------------------------


def find_event(mailbox: Mailbox, key: str) -> tuple[Item, date | None] | None:
    """An event by id; of an occurrence the master and the date.

    What lies in Deleted Items is not found, under neither format of its id.
    """
    item, day = mailbox.find(key, "event"), None
    if item is None:
        parts = split_occurrence_id(key)
        if parts is None:
            return None
        item, day = mailbox.find(parts[0], "event"), parts[1]
        series = series_of(item) if item is not None else None
        if series is None or not series.has(parts[1]):
            return None
    return None if item is None or is_deleted(item) else (item, day)


def find_by_uid(mailbox: Mailbox, uid: str) -> Item | None:
    """The copy of a meeting in this mailbox."""
    key = calendar_of(mailbox).data["uids"].get(uid)
    item = mailbox.find(key, "event") if key else None
    return None if item is None or is_deleted(item) else item


# -- making ----------------------------------------------------------------------------


def new_event(mailbox: Mailbox, owner: User, reader: Reader, values: dict) -> Item:
    """An event of the mailbox's owner from a checked body; not yet in a calendar.

    :raises GraphError: 400
    """
    span = read_span(values)
    series = new_series(values.get("recurrence"), span)
    data = event_defaults(owner, mailbox.clock.iso())
    data.update(reader.read(values, data))
    if values.get("transactionId"):
        data["transactionId"] = values["transactionId"]
    data["iCalUId"] = new_uid(mailbox.clock.utc())
    item = Item("event", data)
    item.extended = read_properties(values.get("singleValueExtendedProperties") or [])
    set_times(item, span, series)
    return item


def set_times(item: Item, span: Span, series: Series | None) -> dict:
    """Give an event its span and series, and the properties that follow from them."""
    if series is not None:
        span = series.span
        item.extra["series"] = series
    else:
        item.extra.pop("series", None)
    item.extra["span"] = span
    shown = show_times(span, series)
    item.data.update(shown)
    return shown


def new_series(recurrence: dict | None, span: Span) -> Series | None:
    """The series that a body asks for.

    :raises GraphError: 400
    """
    if not recurrence:
        return None
    zone = (recurrence.get("range") or {}).get("recurrenceTimeZone")
    name = windows_name(zone) if zone else span.start_zone
    return Series(read_rule(recurrence), span, name)


def put_event(mailbox: Mailbox, calendar: Container, item: Item) -> Item:
    """Put a new event into a calendar."""
    mailbox.add(calendar, item)
    item.data["webLink"] = web_link(item.id)
    data = calendar_of(mailbox).data
    data["uids"][item.data["iCalUId"]] = item.immutable_id
    return item


# -- changing --------------------------------------------------------------------------


def change_event(mailbox: Mailbox, item: Item, reader: Reader, values: dict) -> bool:
    """Apply a checked body to a single event or a master.

    :return: whether start, end or recurrence changed
    :raises GraphError: 400; nothing is changed then
    """
    changes = reader.read(values, item.data)
    extended = read_properties(values.get("singleValueExtendedProperties") or [])
    old_span, old_series = span_of(item), series_of(item)
    span, series = old_span, old_series
    if any(name in values for name in _TIMES) or "recurrence" in values:
        span, series = _new_times(item, values)
    moved = (span, series) != (old_span, old_series)
    if moved:
        remember_series(mailbox, item)
        set_times(item, span, series)
        if series is None:
            changes |= {"recurrence": None, "type": "singleInstance"}
    item.extended.update(extended)
    mailbox.touch(item, **changes)
    return moved


def _new_times(item: Item, values: dict) -> tuple[Span, Series | None]:
    old, series = span_of(item), series_of(item)
    span = read_span(values, old) if any(n in values for n in _TIMES) else old
    if "recurrence" not in values:
        if series is None or span == old:
            return span, series
        return span, _moved_series(series, span)
    if values["recurrence"] is None:
        return span, None
    present = series.rule.show(series.zone_name) if series is not None else {}
    fresh = new_series({**present, **values["recurrence"]}, span)
    assert fresh is not None
    if series is not None:
        _keep_exceptions(series, fresh)
    return fresh.span, fresh


def _moved_series(series: Series, span: Span) -> Series:
    """The same rule from another start; what deviated from the old one is gone."""
    # The written zone is the pattern's from now on.
    rule = replace(series.rule, start=span.wall()[0].date())
    if rule.last is not None and rule.last < rule.start:
        raise bad_request(
            "At least one property failed validation.", "ErrorPropertyValidationFailure"
        )
    return Series(rule, span, span.start_zone)


def _keep_exceptions(old: Series, fresh: Series) -> None:
    """Exceptions outlive a change of the range, not one of the pattern or the time."""

    def pattern(rule: Rule) -> Rule:
        return replace(rule, range="noEnd", last=None, count=0)

    same = pattern(old.rule) == pattern(fresh.rule) and old.span == fresh.span
    if same and old.length == fresh.length:
        twin = old.copy()
        fresh.changed = {d: v for d, v in twin.changed.items() if fresh.has(d)}
        fresh.cancelled = {d: v for d, v in twin.cancelled.items() if fresh.has(d)}


def remember_series(mailbox: Mailbox, item: Item) -> None:
    """Keep the series as it was, so that delta can tell what is no more."""
    series = series_of(item)
    if series is not None:
        former = item.extra.setdefault("former", [])
        former.append((mailbox.sequence, series))
        del former[:-_FORMER]


def change_occurrence(
    mailbox: Mailbox, item: Item, day: date, reader: Reader, values: dict
) -> bool:
    """Apply a checked body to one occurrence: it is an exception from then on.

    :return: whether start or end changed
    :raises GraphError: 400; nothing is changed then
    """
    if values.get("recurrence"):
        raise cannot("An occurrence of a series can't have a recurrence.")
    series = series_of(item)
    assert series is not None
    present = series.occurrence(day)
    data = {**item.data, **(present.deviation.values if present.deviation else {})}
    changes = reader.read(values, data)
    extended = read_properties(values.get("singleValueExtendedProperties") or [])
    span = None
    if any(name in values for name in _TIMES):
        span = read_span(values, present.span)
        changes |= {"isAllDay": span.all_day}
    deviation = series.change(day, span, changes)
    deviation.extended.update(extended)
    mailbox.touch(item)
    item.extra["occurrence_changed"] = mailbox.sequence
    return span is not None and span != present.span


def cancel_occurrence(mailbox: Mailbox, item: Item, day: date) -> None:
    """Take one occurrence out of a series."""
    series = series_of(item)
    assert series is not None
    mailbox.touch(item)
    series.changed.pop(day, None)
    series.cancelled[day] = mailbox.sequence


def remember_transaction(mailbox: Mailbox, key: str, item: Item, digest: str) -> None:
    """Note that a transactionId is used up."""
    calendar_of(mailbox).data["transactions"][key] = (item.immutable_id, digest)


def used_transaction(mailbox: Mailbox, key: str) -> tuple[Item | None, str] | None:
    """The event that a transactionId made (None = gone), and what was asked for."""
    used = calendar_of(mailbox).data["transactions"].get(key)
    if used is None:
        return None
    item = mailbox.find(used[0], "event")
    return item, used[1]
