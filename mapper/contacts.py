"""Contacts: list, find, read, delta, write, delete; contact folders.

Source: https://learn.microsoft.com/graph/api/resources/contact
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from . import delta, filters, odata, operations, reading
from .call import Answer, Call
from .contacts_changes import changes_of, new_contact, read
from .contacts_table import ADDRESS_PATHS, PROPERTIES, TABLE
from .errors import GraphError, bad_request, not_found
from .filters import Field
from .ids import to_ews
from .messages import current, expanded_properties, extended_rows, found_items
from .operations import Extended, Folder, ItemId, Shape
from .reading import item_of
from .routing import Router
from .soap import local
from .table import show

DEFAULT = Folder(name="contacts")
_FILTERS = {
    "displayName": Field("contacts:DisplayName"),
    "givenName": Field("contacts:GivenName"),
    "surname": Field("contacts:Surname"),
    "companyName": Field("contacts:CompanyName"),
    "lastModifiedDateTime": Field("item:LastModifiedTime", moment=True),
    "createdDateTime": Field("item:DateTimeCreated", moment=True),
}
_ORDERS = {
    "displayName": "contacts:DisplayName",
    "givenName": "contacts:GivenName",
    "surname": "contacts:Surname",
    "lastModifiedDateTime": "item:LastModifiedTime",
    "createdDateTime": "item:DateTimeCreated",
}


def folder_of(call: Call) -> Folder:
    """The contact folder of the path; the default one without."""
    key = call.keys.get("folder", "contacts")
    if key.lower() == "contacts":
        return DEFAULT
    return Folder(id=to_ews(key))


def contact_of(call: Call) -> ItemId:
    """The contact of the path."""
    return ItemId(to_ews(call.keys["contact"]))


# -- reading ---------------------------------------------------------------------------


def fetch(
    call: Call,
    ids: Sequence[ItemId],
    names: Sequence[str],
    extended: Sequence[Extended] = (),
) -> list[dict[str, Any] | GraphError]:
    """Contacts in order; for each its JSON or its error.

    A list of addresses among them is none: it counts as not found.
    """

    def shape(version: int) -> Shape:
        found = reading.shape_for(TABLE, names, version, "Text")
        return Shape((*found.paths, *extended), found.body_type)

    plan = TABLE.plan(names)
    shown: list[dict[str, Any] | GraphError] = []
    for result in reading.get_items(call.exchange, ids, shape):
        try:
            item = item_of(result.checked())
            if local(item) == "DistributionList":
                raise not_found()
            row, _rest = show(plan, item)
            if extended:
                row.update(extended_rows(item, extended))
            shown.append(row)
        except GraphError as error:
            if not reading.tolerable(error):
                raise
            shown.append(error)
    return shown


def names_of(call: Call) -> list[str]:
    options = call.options
    options.check_select(PROPERTIES, "Contact")
    for name in options.expand:
        if name not in ("singlevalueextendedproperties", "extensions"):
            raise bad_request(f"'{name[:80]}' of a contact cannot be expanded.")
    return reading.wanted(TABLE, options.wanted)


def list_contacts(call: Call) -> Answer:
    """GET contacts (of the default folder) and contactFolders/{id}/contacts."""
    names, options, size = names_of(call), call.options, call.page_size
    options.refuse("search")
    where = None
    if options.filter:
        where = filters.restriction(options.filter, _FILTERS, ADDRESS_PATHS)
    order = _order(options.orderby)
    folder = folder_of(call)
    message = call.exchange.one(
        lambda _v: operations.find_items(
            folder, Shape(), options.skip, size, where=where, order=order
        )
    )
    found = found_items(message)
    extended = expanded_properties(options)
    rows = fetch(call, found.ids, names, extended) if found.ids else []
    body: dict[str, Any] = {"@odata.context": call.context("contacts")}
    if options.count:
        body["@odata.count"] = found.total
    body["value"] = reading.present(rows, found.ids)
    if not found.last and found.ids:
        following = odata.next_skip(call.query, options.skip + len(found.ids))
        body["@odata.nextLink"] = call.link(following)
    return Answer(200, body)


def _order(orderby: str) -> list[tuple[str, bool]]:
    found = []
    for part in orderby.split(",") if orderby.strip() else ():
        name, _blank, way = part.strip().partition(" ")
        name = odata.named(name, _ORDERS)
        if not name or way.strip().lower() not in ("", "asc", "desc"):
            raise bad_request("Contacts cannot be sorted like this.")
        found.append((_ORDERS[name], way.strip().lower() == "desc"))
    return found


def get(call: Call) -> Answer:
    """GET contacts/{id}."""
    row = call.prefetched("contact", call.keys["contact"])
    if row is None:
        return _shown(call, contact_of(call), 200, names_of(call))
    return _answer(call, row, 200)


def _shown(call: Call, item: ItemId, status: int, names: Sequence[str]) -> Answer:
    (row,) = fetch(call, [item], names, expanded_properties(call.options))
    return _answer(call, row, status)


def _answer(call: Call, row: dict[str, Any] | GraphError, status: int) -> Answer:
    if isinstance(row, GraphError):
        raise row
    context = {"@odata.context": call.context("contacts/$entity")}
    return Answer(status, {**context, **row})


def contact_delta(call: Call) -> Answer:
    """GET contacts/delta and contactFolders/{id}/contacts/delta."""
    options = call.options
    options.refuse("search", "filter", "orderby", "expand")
    names = [] if options.skiptoken or options.deltatoken else names_of(call)

    def rows(ids: Sequence[ItemId], wanted: Sequence[str]) -> list[dict[str, Any]]:
        found = fetch(call, ids, [name for name in wanted if name in TABLE])
        kind = {"@odata.type": "#microsoft.graph.contact"}
        return [{**kind, **row} for row in reading.present(found, ids)]

    key = call.keys.get("folder", "")
    return delta.answer(call, "contact", key, folder_of(call), names, rows)


# -- writing ---------------------------------------------------------------------------


def create(call: Call) -> Answer:
    """POST contacts and contactFolders/{id}/contacts."""
    values = read(call.json())
    values.setdefault("displayName", _display_name(values))
    folder, contact = folder_of(call), new_contact(values)
    message = call.exchange.one(
        lambda _v: operations.create_contact(folder, contact), safe=False
    )
    return _shown(call, reading.written(message), 201, reading.usual(TABLE))


def _display_name(values: dict[str, Any]) -> str:
    parts = [values.get(name) or "" for name in ("givenName", "middleName", "surname")]
    name = " ".join(part for part in parts if part)
    return name or values.get("companyName") or ""


def patch(call: Call) -> Answer:
    """PATCH contacts/{id}."""
    changes = changes_of(read(call.json()))
    item = current(call, contact_of(call))
    if changes:
        call.exchange.one(
            lambda _v: operations.update_item(
                item, "Contact", changes, overwrite=not call.etag
            ),
            safe=False,
        )
    return _shown(call, ItemId(item.id), 200, reading.usual(TABLE))


def delete(call: Call) -> Answer:
    """DELETE contacts/{id}: into Deleted Items."""
    item = contact_of(call)
    if call.etag:
        item = current(call, item)
    call.exchange.one(lambda _v: operations.delete_item(item), safe=False)
    return Answer(204)


def register(router: Router) -> None:
    """Add the paths of contacts, below a folder and on their own."""
    for head in ("", "contactFolders/<folder>/"):
        router.add("GET", f"{head}contacts", list_contacts)
        router.add("POST", f"{head}contacts", create)
        router.add("GET", f"{head}contacts/delta", contact_delta)
        router.add("GET", f"{head}contacts/<contact>", get)
        router.add("PATCH", f"{head}contacts/<contact>", patch)
        router.add("DELETE", f"{head}contacts/<contact>", delete)
