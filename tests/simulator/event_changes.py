"""What the owner of a calendar does, with all that follows from it for other people.

Requests and tests do it by the same functions. Each is called with the mailbox locked
and returns the work to be done once it is free (letters to other mailboxes).
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from .event_store import (
    cancel_occurrence,
    change_event,
    change_occurrence,
    find_by_uid,
    new_event,
    put_event,
    put_into_bin,
)
from .event_values import NEVER, Reader, address_of, owner_of, series_of
from .mailbox import Container, Item, Mailbox
from .meetings import Work, addresses_of, show_as

if TYPE_CHECKING:
    from .service import Service


def reader_of(service: Service, calendar: Container | None = None) -> Reader:
    """What turns a body into properties."""
    providers = tuple((calendar.data if calendar else {}).get("providers", ()))
    return Reader(service.store.directory, service.clock, providers)


def make(
    service: Service,
    mailbox: Mailbox,
    calendar: Container,
    values: dict,
    given: dict | None = None,
) -> tuple[Item, list[Work]]:
    """A new event in a calendar; its attendees are invited.

    :param given: properties set as they are, which a client could not write
    :raises GraphError: 400
    """
    owner = owner_of(service.store.directory, mailbox)
    item = new_event(mailbox, owner, reader_of(service, calendar), values)
    item.data.update(given or {})
    put_event(mailbox, calendar, item)
    if not item.data["attendees"] or not item.data["isOrganizer"]:
        return item, []
    return item, service.post.invite(owner, item)


def alter(
    service: Service, mailbox: Mailbox, item: Item, day: date | None, values: dict
) -> list[Work]:
    """Change an event or one occurrence; of a participant his copy alone changes.

    :raises GraphError: 400; nothing is changed then
    """
    before = addresses_of(item)
    reader = reader_of(service, item.container)
    if day is not None:
        change_occurrence(mailbox, item, day, reader, values)
        moved = False
    else:
        moved = change_event(mailbox, item, reader, values)
    if not item.data["isOrganizer"] or not (before or addresses_of(item)):
        return []
    if moved:  # whoever answered, answered of another time
        status = {"response": "none", "time": NEVER}
        rows = [{**row, "status": status} for row in item.data["attendees"]]
        mailbox.touch(item, attendees=rows)
    owner = owner_of(service.store.directory, mailbox)
    return service.post.invite(owner, item, before, moved)


def withdraw(
    service: Service, mailbox: Mailbox, item: Item, day: date | None, comment: str = ""
) -> list[Work]:
    """Delete an event or one occurrence; an organiser cancels the meeting so."""
    works: list[Work] = []
    if item.data["isOrganizer"] and addresses_of(item):
        owner = owner_of(service.store.directory, mailbox)
        works = service.post.cancel(owner, item, day=day, comment=comment)
    _take_out(mailbox, item, day)
    return works


def answer_invitation(
    service: Service,
    mailbox: Mailbox,
    item: Item,
    day: date | None,
    answer: str,
    *,
    send: bool = True,
    comment: str = "",
    proposed: dict | None = None,
) -> list[Work]:
    """An attendee's answer: ``accepted``, ``tentativelyAccepted`` or ``declined``.

    :param send: whether the organiser learns of it
    """
    works: list[Work] = []
    if send:
        owner = owner_of(service.store.directory, mailbox)
        works = service.post.respond(
            owner, item, answer, day=day, comment=comment, proposed=proposed
        )
    if answer == "declined" and not service.quirks.declined_stay:
        _take_out(mailbox, item, day)
    else:
        _note_answer(mailbox, item, day, answer)
    return works


def _note_answer(mailbox: Mailbox, item: Item, day: date | None, answer: str) -> None:
    values = {
        "responseStatus": {"response": answer, "time": mailbox.clock.iso()},
        "showAs": show_as(answer),
    }
    series = series_of(item)
    if day is not None and series is not None:
        series.change(day, None, values)
        mailbox.touch(item)
    else:
        mailbox.touch(item, **values)


def _take_out(mailbox: Mailbox, item: Item, day: date | None) -> None:
    if day is None:
        put_into_bin(mailbox, item)
    else:
        cancel_occurrence(mailbox, item, day)


def pass_on(
    service: Service,
    mailbox: Mailbox,
    item: Item,
    recipients: list[dict],
    comment: str = "",
) -> list[Work]:
    """Forward a meeting; an organiser's further people become attendees.

    :param recipients: ``[{"emailAddress": {"address"}}, …]``
    """
    if item.data["isOrganizer"]:
        rows = [*item.data["attendees"], *recipients]
        changes = reader_of(service).read({"attendees": rows}, item.data)
        mailbox.touch(item, **changes)
    owner = owner_of(service.store.directory, mailbox)
    works = service.post.forward(owner, item, recipients, comment)
    if service.quirks.forwards_tracked and not item.data["isOrganizer"]:
        works.append(lambda: _track(service, item.data, recipients))
    return works


def _track(service: Service, copy: dict, recipients: list[dict]) -> None:
    """Whom a participant has forwarded a meeting to, in the organiser's calendar."""
    for user in service.post.members([address_of(copy["organizer"])]).values():
        box = service.store.mailboxes[user.id] if user else None
        if box is None:
            continue
        with box.lock:
            item = find_by_uid(box, copy["iCalUId"])
            if item is not None and item.data["isOrganizer"]:
                known = set(addresses_of(item))
                fresh = [row for row in recipients if address_of(row) not in known]
                rows = [*item.data["attendees"], *fresh]
                changes = reader_of(service).read({"attendees": rows}, item.data)
                box.touch(item, **changes)
