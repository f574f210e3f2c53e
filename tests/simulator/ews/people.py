"""People in items: mailboxes, recipients, attendees."""

from __future__ import annotations

from ..directory import User
from .fields import Read, Show, Thing
from .request import Request
from .versions import V2007_SP1
from .xml import Element, add, child, children, text_of


def x500_name(user: User) -> str:
    """The name of a user in the directory of Exchange (legacyExchangeDN)."""
    group = "Exchange Administrative Group (FYDIBOHF23SPDLT)"
    return f"/o=Contoso/ou={group}/cn=Recipients/cn={user.id}"


def add_mailbox(
    out: Element, who: dict | None, thing: Thing, tag: str = "Mailbox"
) -> None:
    """``Mailbox`` of a Graph recipient; lists tell the name alone."""
    row = (who or {}).get("emailAddress") or {}
    holder = add(out, f"t:{tag}")
    address = row.get("address") or ""
    add(holder, "t:Name", row.get("name") or address)
    if thing.shape.brief:
        return
    service = thing.request.service
    known = service.store.directory.user(address) if address else None
    if known is not None and service.quirks.x500_addresses:
        add(holder, "t:EmailAddress", x500_name(known))
        add(holder, "t:RoutingType", "EX")
    elif address:
        add(holder, "t:EmailAddress", address)
        add(holder, "t:RoutingType", "SMTP")
    if thing.version >= V2007_SP1:
        add(holder, "t:MailboxType", "OneOff" if known is None else "Mailbox")


def person(key: str) -> Show:
    """Shows one recipient."""

    def show(out: Element, tag: str, thing: Thing) -> None:
        who = thing.data.get(key)
        if who and who.get("emailAddress"):
            add_mailbox(add(out, f"t:{tag}"), who, thing)

    return show


def people(key: str) -> Show:
    """Shows recipients, if there are any."""

    def show(out: Element, tag: str, thing: Thing) -> None:
        rows = thing.data.get(key)
        if rows:
            holder = add(out, f"t:{tag}")
            for row in rows:
                add_mailbox(holder, row, thing)

    return show


def names(key: str) -> Show:
    """Shows the names of recipients in one line."""

    def show(out: Element, tag: str, thing: Thing) -> None:
        rows = [row.get("emailAddress") or {} for row in thing.data.get(key) or []]
        line = "; ".join(row.get("name") or row.get("address") or "" for row in rows)
        add(out, f"t:{tag}", line)

    return show


def read_mailbox(element: Element | None) -> dict | None:
    """A Graph recipient of a ``Mailbox``."""
    if element is None:
        return None
    address = text_of(element, "t:EmailAddress")
    known = text_of(element, "t:Name") or address
    return {"emailAddress": {"name": known, "address": address}}


def takes_person(key: str) -> Read:
    """Reads one recipient."""

    def read(element: Element, request: Request) -> dict:
        who = read_mailbox(child(element, "t:Mailbox"))
        return {key: _named(who, request)}

    return read


def takes_people(key: str) -> Read:
    """Reads recipients."""

    def read(element: Element, request: Request) -> dict:
        rows = [read_mailbox(row) for row in children(element)]
        return {key: [_named(row, request) for row in rows if row]}

    return read


def _named(who: dict | None, request: Request) -> dict | None:
    """A recipient without name gets that of the directory."""
    if who is None:
        return None
    row = who["emailAddress"]
    user = request.service.store.directory.user(row["address"])
    if user is not None and row["name"] == row["address"]:
        row["name"] = user.name
    return who
