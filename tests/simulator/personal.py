"""What tests and operators do with calendars and address books, without HTTP."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from .calendar_view import rows_between
from .clock import parse_iso
from .contact_store import CONTACT, contacts_of, new_contact
from .event_ids import occurrence_id, uid_at
from .event_properties import EVENT, EVENT_FIXED
from .event_render import Entry
from .event_store import (
    calendar_of,
    calendars_of,
    new_event,
    put_event,
    set_times,
)
from .event_times import Span
from .event_values import Reader, series_of
from .mailbox import Container, Item, Mailbox
from .meetings import MeetingMail, groups_of
from .properties import read_properties
from .shapes import read_shape
from .zones import CUSTOM

if TYPE_CHECKING:
    from .service import Service
    from .store import Store

# What the owner of a mailbox sets otherwise than by a request.
_GIVEN = {
    "iCalUId",
    "isCancelled",
    "isOrganizer",
    "organizer",
    "originalStartTimeZone",
    "originalEndTimeZone",
    "responseStatus",
}


@dataclass(frozen=True)
class Happening:
    """One event, occurrence or exception as it is in a calendar: the plain truth.

    :ivar start: aware, UTC, as ``end``; of an all-day event midnight of its own zone
    :ivar first_day: the date on the clocks of its own zone; ``last_day`` inclusive
    :ivar type: ``singleInstance``, ``occurrence`` or ``exception``
    :ivar original_start: of an occurrence or exception, by the pattern
    :ivar uid: iCalUId, with the date of the occurrence in it
    :ivar series_uid: the same without date, as in every mailbox of a meeting
    """

    subject: str
    start: datetime
    end: datetime
    all_day: bool
    first_day: str
    last_day: str
    type: str
    original_start: datetime | None
    uid: str
    series_uid: str
    id: str
    immutable_id: str
    cancelled: bool
    show_as: str
    sensitivity: str
    response: str
    organizer: str
    attendees: tuple[tuple[str, str], ...]
    location: str
    categories: tuple[str, ...]

    def plain(self) -> dict:
        """All of it in values that JSON knows."""
        values = asdict(self)
        for name in ("start", "end", "original_start"):
            moment = values[name]
            values[name] = moment.isoformat() if moment else None
        return values


class PersonalData:
    """Part of the simulator: events and contacts (see server.py).

    :ivar store: the store; ``service`` the Graph service over it
    """

    store: Store
    service: Service

    # -- events -----------------------------------------------------------------------

    def add_event(self, key: str, calendar: str = "", /, **values: object) -> Item:
        """Put an event into a calendar as its owner does in Outlook.

        Attendees who have a mailbox here get their copies. ``start`` and ``end`` are
        ``dateTimeTimeZone`` dicts or texts: ``"2026-03-02T09:00:00 Europe/Berlin"``
        (without zone UTC), ``"2026-03-02"`` for all-day events.

        :param key: mailbox by address or id
        :param calendar: id or name; "" = the default one
        :param values: Graph properties; also those that a client cannot set, as
            ``iCalUId``, ``organizer`` or ``originalStartTimeZone`` (a custom zone)
        """
        mailbox = self.store.mailbox(key)
        owner = self.store.directory.users[mailbox.id]
        for name in ("start", "end"):
            if isinstance(values.get(name), str):
                values[name] = read_moment(str(values[name]))
        with mailbox.lock:
            place = self._calendar(mailbox, calendar)
            reader = Reader(
                self.store.directory, mailbox.clock, tuple(place.data["providers"])
            )
            wanted = read_shape(values, EVENT, "event", EVENT_FIXED)
            item = new_event(mailbox, owner, reader, wanted)
            given = {name: values[name] for name in _GIVEN if name in values}
            given.setdefault("iCalUId", item.data["iCalUId"])
            if values.get("originalStartTimeZone") == CUSTOM:
                _as_custom(item)
            item.data.update(given)
            put_event(mailbox, place, item)
            works = []
            if item.data["attendees"] and item.data["isOrganizer"]:
                works = self.service.post.invite(owner, item)
        for work in works:
            work()
        return item

    @staticmethod
    def _calendar(mailbox: Mailbox, key: str) -> Container:
        if not key:
            return calendar_of(mailbox)
        for calendar in calendars_of(mailbox):
            if key in (calendar.id, calendar.name):
                return calendar
        raise KeyError(key)

    def expand(
        self, key: str, start: datetime | str, end: datetime | str, calendar: str = ""
    ) -> list[Happening]:
        """What is in a calendar in a window, by start: to compare with other calendars.

        :param start: aware, or ISO text (without offset UTC)
        """
        mailbox = self.store.mailbox(key)
        window = [
            parse_iso(t) if isinstance(t, str) else t.astimezone(timezone.utc)
            for t in (start, end)
        ]
        with mailbox.lock:
            place = self._calendar(mailbox, calendar)
            return [happening(row) for row in rows_between(place, *window)]

    @property
    def sent_mails(self) -> list[MeetingMail]:
        """Mails about meetings that would have left this organisation."""
        return self.service.post.outside

    @property
    def meeting_mails(self) -> list[MeetingMail]:
        """All mails about meetings, those between mailboxes here too."""
        return self.service.post.sent

    def add_group(self, address: str, members: list[str]) -> None:
        """A distribution list; members are addresses, also of other lists."""
        with self.store.lock:
            groups_of(self.store)[address.lower()] = list(members)

    # -- contacts ---------------------------------------------------------------------

    def add_contact(self, key: str, folder: str = "", /, **values: object) -> Item:
        """Put a contact into an address book.

        :param key: mailbox by address or id
        :param folder: id, ``contacts`` or path below the default folder, made where it
            is missing; "" = the default one
        :param values: Graph properties
        """
        mailbox = self.store.mailbox(key)
        with mailbox.lock:
            wanted = read_shape(values, CONTACT, "contact")
            item = new_contact(mailbox.clock.iso(), wanted)
            item.extended = read_properties(
                list(wanted.get("singleValueExtendedProperties") or [])
            )
            return mailbox.add(contact_folder_at(mailbox, folder), item)


def _as_custom(item: Item) -> None:
    """Keep the rules of the zone and lose its name, as old Outlooks wrote events."""
    series = series_of(item)
    span = item.extra["span"]
    span = replace(span, start_zone=CUSTOM, end_zone=CUSTOM, rules=span.start_zone)
    if series is not None:
        series.span, series.zone_name = span, CUSTOM
    set_times(item, span, series)


def contact_folder_at(mailbox: Mailbox, path: str) -> Container:
    """A contact folder by id, well-known name or path below the default one."""
    at = contacts_of(mailbox)
    found = mailbox.find_container(path, "contactFolder") if path else at
    if found is not None:
        return found
    for name in path.split("/"):
        child = next((c for c in at.children if c.name.lower() == name.lower()), None)
        at = child or mailbox.add_container("contactFolder", name, at)
    return at


def read_moment(text: str) -> dict:
    """``"2026-03-02T09:00:00 W. Europe Standard Time"`` as a dateTimeTimeZone."""
    moment, _, zone = text.partition(" ")
    return {"dateTime": moment, "timeZone": zone or "UTC"}


def happening(row: Entry) -> Happening:
    """The plain truth about one row of a calendar."""
    item, one, span = row.item, row.occurrence, row.span
    data = item.data
    if one is not None and one.deviation is not None:
        data = {**data, **one.deviation.values}
    uid = item.data["iCalUId"]
    first, last = _days(span)
    kind = "singleInstance" if series_of(item) is None else "occurrence"
    if one is not None and one.deviation is not None:
        kind = "exception"
    return Happening(
        subject=data["subject"],
        start=span.start,
        end=span.end,
        all_day=span.all_day,
        first_day=first,
        last_day=last,
        type=kind,
        original_start=one.planned.start if one is not None else None,
        uid=uid_at(uid, one.day) if one is not None else uid,
        series_uid=uid,
        id=occurrence_id(item.id, one.day) if one is not None else item.id,
        immutable_id=(
            occurrence_id(item.immutable_id, one.day) if one else item.immutable_id
        ),
        cancelled=data["isCancelled"],
        show_as=data["showAs"],
        sensitivity=data["sensitivity"],
        response=data["responseStatus"]["response"],
        organizer=data["organizer"]["emailAddress"]["address"],
        attendees=tuple(
            (row["emailAddress"]["address"], row["status"]["response"])
            for row in data["attendees"]
        ),
        location=data["location"]["displayName"],
        categories=tuple(data["categories"]),
    )


def _days(span: Span) -> tuple[str, str]:
    """First and last date, inclusive."""
    start, end = span.wall()
    last = end.date()
    if end > start and end.time() == datetime.min.time():
        last = datetime.fromordinal(end.toordinal() - 1).date()
    return start.date().isoformat(), last.isoformat()
