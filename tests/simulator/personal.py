"""What tests and operators do with calendars and address books, without HTTP."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timezone
from typing import TYPE_CHECKING

from . import personal_commands  # noqa: F401  (they register themselves)
from .calendar_view import rows_between
from .clock import parse_iso
from .contact_store import CONTACT, contacts_of, new_contact
from .event_changes import alter, answer_invitation, make, pass_on, withdraw
from .event_properties import EVENT, EVENT_FIXED
from .event_store import calendar_of, calendars_of, find_event, set_times
from .event_values import series_of
from .happenings import Happening, happening
from .mailbox import Container, Item, Mailbox
from .meetings import MeetingMail, Work, groups_of
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
        with mailbox.lock:
            place = self._calendar(mailbox, calendar)
            given = {name: values[name] for name in _GIVEN if name in values}
            wanted = _read_event(values)
            item, works = make(self.service, mailbox, place, wanted, given)
            if values.get("originalStartTimeZone") == CUSTOM:
                _as_custom(item)
        self._do(works)
        return item

    def change_event(self, key: str, event: str, /, **values: object) -> None:
        """Change an event as its owner does in Outlook (values as in add_event).

        :param event: id in either format; of an occurrence: that one becomes an
            exception
        """
        mailbox = self.store.mailbox(key)
        with mailbox.lock:
            item, day = self._event(mailbox, event)
            works = alter(self.service, mailbox, item, day, _read_event(values))
        self._do(works)

    def delete_event(self, key: str, event: str) -> None:
        """Delete an event or occurrence; an organiser cancels the meeting so."""
        mailbox = self.store.mailbox(key)
        with mailbox.lock:
            item, day = self._event(mailbox, event)
            works = withdraw(self.service, mailbox, item, day)
        self._do(works)

    def respond(self, key: str, event: str, answer: str, send: bool = True) -> None:
        """Answer an invitation: ``accepted``, ``tentativelyAccepted``, ``declined``."""
        mailbox = self.store.mailbox(key)
        with mailbox.lock:
            item, day = self._event(mailbox, event)
            works = answer_invitation(
                self.service, mailbox, item, day, answer, send=send
            )
        self._do(works)

    def forward(self, key: str, event: str, *addresses: str) -> None:
        """Forward a meeting to further people."""
        mailbox = self.store.mailbox(key)
        people = [{"emailAddress": {"address": address}} for address in addresses]
        with mailbox.lock:
            item, _day = self._event(mailbox, event)
            works = pass_on(self.service, mailbox, item, people)
        self._do(works)

    @staticmethod
    def _do(works: list[Work]) -> None:
        for work in works:
            work()

    @staticmethod
    def _event(mailbox: Mailbox, key: str) -> tuple[Item, date | None]:
        found = find_event(mailbox, key)
        if found is None:
            raise KeyError(key)
        return found

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


def _read_event(values: dict) -> dict:
    for name in ("start", "end"):
        if isinstance(values.get(name), str):
            values[name] = read_moment(values[name])
    return read_shape(values, EVENT, "event", EVENT_FIXED)


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
