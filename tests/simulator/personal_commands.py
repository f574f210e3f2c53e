"""Commands for calendars and address books (see commands.py)."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

from .commands import CommandError, command
from .errors import GraphError
from .event_store import put_into_bin
from .mailbox import Item

if TYPE_CHECKING:
    from .server import Simulator


def _command(run: Callable) -> Callable:
    """A command whose refusals by the service are told in words."""

    @wraps(run)
    def told(*arguments: Any, **values: Any) -> Any:
        try:
            return run(*arguments, **values)
        except GraphError as error:
            raise CommandError(error.message) from None

    return command(told)


@_command
def events(sim: Simulator, mailbox: str, start: str, end: str) -> list[dict]:
    """What is in a calendar in a window, occurrence by occurrence."""
    return [row.plain() for row in sim.expand(mailbox, start, end)]


@_command
def create_event(sim: Simulator, mailbox: str, **values: Any) -> str:
    """Put an event (Graph properties) into a calendar; the result is its id."""
    return sim.add_event(mailbox, **values).immutable_id


@_command
def change_event(sim: Simulator, mailbox: str, event: str, **values: Any) -> None:
    """Change an event, or by the id of an occurrence that one, as its owner does."""
    sim.change_event(mailbox, event, **values)


@_command
def delete_event(sim: Simulator, mailbox: str, event: str) -> None:
    """Delete an event, or by the id of an occurrence that one, as its owner does."""
    sim.delete_event(mailbox, event)


@_command
def respond(sim: Simulator, mailbox: str, event: str, answer: str) -> None:
    """Answer an invitation: accepted, tentativelyAccepted or declined."""
    sim.respond(mailbox, event, answer)


@_command
def contacts(sim: Simulator, mailbox: str) -> list[dict]:
    """The contacts of an address book, all folders."""
    box = sim.mailbox(mailbox)
    found = {id(item): item for item in box.items.values() if item.kind == "contact"}
    return [_contact(item) for item in found.values()]


@_command
def create_contact(
    sim: Simulator, mailbox: str, folder: str = "", **values: Any
) -> dict:
    """Put a contact (Graph properties) into an address book."""
    return _contact(sim.add_contact(mailbox, folder, **values))


@_command
def delete_contact(sim: Simulator, mailbox: str, contact: str) -> None:
    """Delete a contact as its owner does."""
    box = sim.mailbox(mailbox)
    with box.lock:
        item = box.find(contact, "contact")
        if item is None:
            raise CommandError(f"There is no contact {contact!r}.")
        put_into_bin(box, item)


def _contact(item: Item) -> dict:
    return {
        "id": item.immutable_id,
        "name": item.data["displayName"],
        "addresses": [row["address"] for row in item.data["emailAddresses"]],
        "folder": item.container.name if item.container else None,
    }


@_command
def create_group(sim: Simulator, address: str, members: str | list[str]) -> None:
    """Create a distribution list (members separated by commas)."""
    rows = members.split(",") if isinstance(members, str) else members
    sim.add_group(address, [row.strip() for row in rows])


@_command
def meeting_mails(sim: Simulator, outside: bool = True) -> list[dict]:
    """Mails about meetings: those that would have gone outside, or all."""
    rows = sim.sent_mails if outside else sim.meeting_mails
    return [
        {"kind": m.kind, "from": m.sender, "to": m.recipient, "subject": m.subject}
        for m in rows
    ]
