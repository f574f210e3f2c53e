"""Contacts: list, read, create, change, delete, delta.

Source: https://learn.microsoft.com/graph/api/resources/contact
"""

from __future__ import annotations

import re

from . import delta
from .call import Answer, Call
from .changes import Change
from .contact_store import (
    CONTACT,
    CONTACT_FIXED,
    contacts_of,
    new_contact,
    read_contact,
)
from .errors import bad_request, item_not_found, malformed_id, unknown_select
from .event_store import is_deleted, put_into_bin
from .filters import Filter, order
from .folders import expand_properties
from .mailbox import Container, Item
from .mapi import known
from .odata import Options, check_select, next_skip_link, page
from .properties import read_properties
from .routing import Router
from .shapes import read_shape

_FILTERABLE = {"emailAddresses", "singleValueExtendedProperties"}
_UNFIT = re.compile(r"\b(startswith|endswith|contains) *\(| (ne|gt|ge|lt|le) ", re.I)
_EXPANDS = {
    "extensions",
    "photo",
    "singlevalueextendedproperties",
    "multivalueextendedproperties",
}


def contact_folder_named(call: Call) -> Container:
    """The contact folder that the path names; the default one where it names none.

    :raises GraphError: 404, or 400 for an id that cannot be one
    """
    default = contacts_of(call.mailbox)
    key = call.keys.get("contactFolder")
    if key is None:
        return default
    found = call.mailbox.find_container(key, "contactFolder")
    if found is None:
        raise item_not_found() if len(key) > 20 else malformed_id()
    call.keys["contactFolder"] = found.id
    return found


def contact_named(call: Call) -> Item:
    """The contact that the path names, in any folder unless the path names one.

    A deleted contact answers to its immutable id, with Deleted Items as its folder.

    :raises GraphError: 404, or 400 for an id that cannot be one
    """
    key = call.keys["contact"]
    item = call.mailbox.find(key, "contact")
    if item is None:
        raise item_not_found() if len(key) > 20 else malformed_id()
    if "contactFolder" in call.keys and item.container is not contact_folder_named(
        call
    ):
        raise item_not_found()
    return item


# -- reading ---------------------------------------------------------------------------


def render(call: Call, item: Item, options: Options) -> dict:
    """A contact as Graph shows it to this request."""
    shown: dict = {"@odata.etag": item.etag, "id": item.rest_id(call.immutable)}
    if options.select and "*" not in options.select:
        names = {name.split("/")[0] for name in options.select}
        shown.update((k, v) for k, v in item.data.items() if k in names)
    else:
        shown.update(item.data)
    wanted = options.expanded("singleValueExtendedProperties")
    if wanted is not None:
        shown.update(expand_properties(known(item), wanted))
    if options.expanded("extensions") is not None:
        shown["extensions"] = list(item.extensions.values())
    return shown


def _check_options(options: Options) -> None:
    check_select(options.select, CONTACT, "contact")
    for member in options.expand:
        if member.name.lower() not in _EXPANDS:
            raise unknown_select(member.name, "contact")


def list_contacts(call: Call) -> Answer:
    """GET contacts (of the default folder alone) and contactFolders/{id}/contacts."""
    options = call.options
    _check_options(options)
    rows = list(contact_folder_named(call).items.values())
    if options.filter is not None:
        rows = _filtered(rows, options.filter)
    if options.search is not None:
        rows = _searched(rows, options.search)
    if options.orderby:
        rows = order(rows, options.orderby, lambda item: item.data)
    shown, more = page(rows, options, call.page_size)
    body: dict = {"@odata.context": call.context("contacts")}
    if options.count:
        body["@odata.count"] = len(rows)
    body["value"] = [render(call, item, options) for item in shown]
    if more is not None:
        body["@odata.nextLink"] = next_skip_link(call.link(), call.query, more)
    return Answer(200, body)


def _filtered(rows: list[Item], text: str) -> list[Item]:
    wanted = Filter(text)
    bare = re.sub(r"'[^']*'", "''", text)  # of an address, too, nothing but equality
    if set(wanted.properties) - _FILTERABLE or _UNFIT.search(bare):
        raise bad_request(
            "The query filter contains one or more invalid nodes.",
            "ErrorInvalidUrlQueryFilter",
        )
    return [item for item in rows if wanted.matches(item.data, known(item))]


def _searched(rows: list[Item], text: str) -> list[Item]:
    word = text.strip('"').rpartition(":")[2].lower()
    return [item for item in rows if word in str(item.data).lower()]


def get_contact(call: Call) -> Answer:
    """GET contacts/{id}."""
    item = contact_named(call)
    _check_options(call.options)
    return _shown(call, item, 200, call.options)


def _shown(
    call: Call, item: Item, status: int, options: Options | None = None
) -> Answer:
    context = {"@odata.context": call.context("contacts/$entity")}
    return Answer(status, {**context, **render(call, item, options or Options())})


# -- writing ---------------------------------------------------------------------------


def _read_body(call: Call) -> tuple[dict, dict[str, str]]:
    values = read_shape(call.json(), CONTACT, "contact", CONTACT_FIXED)
    return values, read_properties(values.get("singleValueExtendedProperties") or [])


def create_contact(call: Call) -> Answer:
    """POST contacts and contactFolders/{id}/contacts."""
    folder = contact_folder_named(call)
    values, extended = _read_body(call)
    item = new_contact(call.service.clock.iso(), values)
    item.extended = extended
    call.mailbox.add(folder, item)
    return _shown(call, item, 201)


def patch_contact(call: Call) -> Answer:
    """PATCH contacts/{id}; without displayName that is made anew."""
    item = contact_named(call)
    call.check_etag(item.etag)
    values, extended = _read_body(call)
    changes = read_contact(values, item.data)
    item.extended.update(extended)
    call.mailbox.touch(item, **changes)
    return _shown(call, item, 200)


def delete_contact(call: Call) -> Answer:
    """DELETE contacts/{id}: into Deleted Items, from there for good."""
    item = contact_named(call)
    call.check_etag(item.etag)
    if is_deleted(item):
        call.mailbox.remove(item)
    else:
        put_into_bin(call.mailbox, item)
    return Answer(204)


def delete_for_good(call: Call) -> Answer:
    """POST contacts/{id}/permanentDelete."""
    call.mailbox.remove(contact_named(call))
    return Answer(204)


# -- delta -----------------------------------------------------------------------------


class ContactSource:
    """The contacts of one folder for delta; photos have no part in it."""

    type_name = "contact"
    allowed = {"select", "top"}

    def __init__(self, folder: Container) -> None:
        self.key = folder.id
        self.log = folder.log

    def check(self, call: Call, options: Options) -> None:
        """Refuse unknown properties in ``$select``."""
        _check_options(options)

    def render(self, call: Call, options: Options, item: object) -> list[dict]:
        """A changed contact."""
        assert isinstance(item, Item)
        shown = render(call, item, options)
        return [{"@odata.type": "#microsoft.graph.contact", **shown}]

    def removed_id(self, call: Call, change: Change) -> str:
        """The id it had in this folder, or the immutable one."""
        assert isinstance(change.item, Item)
        return change.item.immutable_id if call.immutable else change.key


def contact_delta(call: Call) -> Answer:
    """GET contacts/delta and contactFolders/{id}/contacts/delta."""
    return delta.answer(call, ContactSource(contact_folder_named(call)))


def register(router: Router) -> None:
    """Add the paths of contacts, below a folder and on their own."""
    for head in ("", "contactFolders/{contactFolder}/"):
        for method, tail, handler in (
            ("GET", "", list_contacts),
            ("POST", "", create_contact),
            ("GET", "/delta", contact_delta),
            ("GET", "/{contact}", get_contact),
            ("PATCH", "/{contact}", patch_contact),
            ("DELETE", "/{contact}", delete_contact),
            ("POST", "/{contact}/permanentDelete", delete_for_good),
        ):
            router.add(method, f"{head}contacts{tail}", "Contacts")(handler)
