"""Messages: list, read, delta, mark, move, delete, RFC 5322 text.

Source: https://learn.microsoft.com/graph/api/resources/message
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Any

from . import attachments, delta, filters, odata, operations, reading
from .call import Answer, Call
from .errors import GraphError, bad_gateway, bad_request
from .filters import Field
from .folders import folder_named, folder_of
from .ids import to_ews
from .messages_changes import changes_of
from .messages_table import ODATA_TYPES, PREVIEW_SINCE, PROPERTIES, TABLE
from .operations import Folder, ItemId, Shape
from .reading import fields_of, item_of
from .routing import Router
from .soap import Element, child, children, local, text
from .table import Plan, change_key, show

FILTERS = {
    "receivedDateTime": Field("item:DateTimeReceived", moment=True),
    "sentDateTime": Field("item:DateTimeSent", moment=True),
    "createdDateTime": Field("item:DateTimeCreated", moment=True),
    "lastModifiedDateTime": Field("item:LastModifiedTime", moment=True),
    "isRead": Field("message:IsRead"),
    "hasAttachments": Field("item:HasAttachments"),
    "subject": Field("item:Subject"),
    "internetMessageId": Field("message:InternetMessageId"),
}
_ORDERS = {
    "receivedDateTime": "item:DateTimeReceived",
    "sentDateTime": "item:DateTimeSent",
    "createdDateTime": "item:DateTimeCreated",
    "lastModifiedDateTime": "item:LastModifiedTime",
    "subject": "item:Subject",
}


# -- reading ---------------------------------------------------------------------------


def read(
    call: Call, ids: Sequence[ItemId], names: list[str]
) -> list[dict[str, Any] | GraphError]:
    """Messages in order; for each its JSON or its error."""
    expand = call.options.expand.get("attachments")
    extended = expanded_properties(call.options)
    results = reading.get_items(call.exchange, ids, _shape(call, names, extended))
    plan = TABLE.plan(names)
    shown: list[dict[str, Any] | GraphError] = []
    for result in results:
        try:
            item = item_of(result.checked())
            row = render(plan, item)
            call.absolute(row)
            if extended:
                row.update(extended_rows(item, extended))
            if expand is not None:
                row["attachments"] = attachments.expanded(call, item, expand)
            shown.append(row)
        except GraphError as error:
            if not reading.tolerable(error):
                raise
            shown.append(error)
    return shown


def render(plan: Plan, item: Element) -> dict[str, Any]:
    """A message as Graph shows it."""
    row, _rest = show(plan, item)
    kind = ODATA_TYPES.get(local(item))
    return {"@odata.type": f"#microsoft.graph.{kind}", **row} if kind else row


def _shape(
    call: Call, names: Sequence[str], extended: Sequence[operations.Extended]
) -> Callable[[int], Shape]:
    expand = "attachments" in call.options.expand

    def shape(version: int) -> Shape:
        found = reading.shape_for(TABLE, names, version, call.body_type)
        paths = [*found.paths, *extended]
        body_type = found.body_type
        if "bodyPreview" in names and version < PREVIEW_SINCE and not body_type:
            paths.append("item:Body")
            body_type = "Text"
        if expand and "item:Attachments" not in paths:
            paths.append("item:Attachments")
        return Shape(tuple(paths), body_type)

    return shape


def expanded_properties(options: odata.Options) -> list[operations.Extended]:
    """The extended properties that ``$expand`` names.

    :raises GraphError: 400
    """
    wanted = options.expand.get("singlevalueextendedproperties")
    if wanted is None:
        return []
    found = []
    for part in wanted.filter.split(" or "):
        words = part.strip().strip("()").split(None, 2)
        good = len(words) == 3 and [w.lower() for w in words[:2]] == ["id", "eq"]
        name = words[2].strip("'").replace("''", "'") if good else ""
        prop = reading.extended_of(name)
        if prop is None:
            raise bad_request(
                "Extended properties need a $filter on their id.",
                "ErrorInvalidProperty",
            )
        found.append(prop)
    return found


def extended_rows(
    item: Element, wanted: Sequence[operations.Extended]
) -> dict[str, Any]:
    """``singleValueExtendedProperties``, absent when the item has none of them."""
    if not wanted:
        return {}
    values = reading.extended_values(item)
    rows = [
        {"id": reading.extended_id(prop), "value": values[prop]}
        for prop in wanted
        if prop in values
    ]
    return {"singleValueExtendedProperties": rows} if rows else {}


def names_of(call: Call) -> list[str]:
    """The properties to show.

    :raises GraphError: 400 for what messages do not have
    """
    options = call.options
    options.check_select(PROPERTIES, "Message")
    for name in options.expand:
        if name not in ("attachments", "singlevalueextendedproperties", "extensions"):
            raise bad_request(f"'{name[:80]}' of a message cannot be expanded.")
    return reading.wanted(TABLE, options.wanted)


def list_folder(call: Call) -> Answer:
    """GET mailFolders/{id}/messages, the newest first."""
    return _list(call, folder_of(call))


def _list(call: Call, folder: Folder) -> Answer:
    names, options, size = names_of(call), call.options, call.page_size
    options.refuse("search")
    where = filters.restriction(options.filter, FILTERS) if options.filter else None
    order = _order(options.orderby)
    message = call.exchange.one(
        lambda _v: operations.find_items(
            folder, Shape(), options.skip, size, where=where, order=order
        )
    )
    found = found_items(message)
    rows = read(call, found.ids, names)
    body: dict[str, Any] = {"@odata.context": call.context("messages")}
    if options.count:
        body["@odata.count"] = found.total
    body["value"] = reading.present(rows, found.ids)
    if not found.last and found.ids:
        following = odata.next_skip(call.query, options.skip + len(found.ids))
        body["@odata.nextLink"] = call.link(following)
    return Answer(200, body, call.applied())


class Found:
    """A page of FindItem: ids, how many there are in all, whether it is the last."""

    def __init__(self, root: Element) -> None:
        self.ids = []
        for row in children(root, "Items"):
            ident = child(row, "ItemId")
            key = ident.get("Id") if ident is not None else None
            if ident is not None and key:
                self.ids.append(ItemId(key, ident.get("ChangeKey", "")))
        total = root.get("TotalItemsInView", "")
        self.total = int(total) if total.isdigit() else len(self.ids)
        self.last = root.get("IncludesLastItemInRange") != "false"


def found_items(message: Element) -> Found:
    """The page in the answer of a FindItem."""
    return Found(reading.root_of(message))


def _order(orderby: str) -> list[tuple[str, bool]]:
    if not orderby.strip():
        return [("item:DateTimeReceived", True)]
    found = []
    for part in orderby.split(","):
        name, _blank, way = part.strip().partition(" ")
        name = odata.named(name, _ORDERS)
        if not name or way.strip().lower() not in ("", "asc", "desc"):
            raise bad_request("Messages cannot be sorted like this.")
        found.append((_ORDERS[name], way.strip().lower() == "desc"))
    return found


def get(call: Call) -> Answer:
    """GET messages/{id}."""
    row = call.prefetched("message", call.keys["message"])
    if row is None:
        (row,) = read(call, [_item(call)], names_of(call))
    if isinstance(row, GraphError):
        raise row
    context = {"@odata.context": call.context("messages/$entity")}
    return Answer(200, {**context, **row}, call.applied())


def _item(call: Call) -> ItemId:
    return ItemId(to_ews(call.keys["message"]))


def get_mime(call: Call) -> Answer:
    """GET messages/{id}/$value."""
    item = _item(call)
    message = call.exchange.one(
        lambda _v: operations.get_items([item], Shape(mime=True))
    )
    try:
        raw = base64.b64decode(text(item_of(message), "MimeContent"))
    except (binascii.Error, ValueError):
        raise bad_gateway("Exchange's text of the message cannot be read.") from None
    if not raw:
        words = "Exchange has no text of this message."
        raise GraphError(422, "ErrorItemCorrupt", words)
    return Answer(200, raw, content_type="text/plain")


def message_delta(call: Call) -> Answer:
    """GET mailFolders/{id}/messages/delta."""
    options = call.options
    options.refuse("search", "filter", "orderby", "expand")
    names = [] if options.skiptoken or options.deltatoken else names_of(call)

    def rows(ids: Sequence[ItemId], wanted: Sequence[str]) -> list[dict[str, Any]]:
        known = [name for name in wanted if name in TABLE]
        found = read(call, ids, known)
        return [
            {"@odata.type": "#microsoft.graph.message", **row}
            for row in reading.present(found, ids)
        ]

    key = call.keys["folder"]
    folder = folder_named(key, call.exchange.version())
    return delta.answer(call, "message", key, folder, names, rows)


# -- writing ---------------------------------------------------------------------------


def current(call: Call, item: ItemId) -> ItemId:
    """An item with its present change key, after a look at ``If-Match``.

    :raises GraphError: 404, 412
    """
    message = call.exchange.one(lambda _v: operations.get_items([item], Shape()))
    key = change_key(fields_of(item_of(message)))
    call.check_etag(key)
    return ItemId(item.id, key)


def patch(call: Call) -> Answer:
    """PATCH messages/{id}: the properties that people change of a received mail."""
    changes = changes_of(call.json(), call.exchange.version())
    item = current(call, _item(call))
    if changes:
        call.exchange.one(
            lambda _v: operations.update_item(
                item, "Message", changes, overwrite=not call.etag
            ),
            safe=False,
        )
    return _shown(call, ItemId(item.id), 200)


def _shown(call: Call, item: ItemId, status: int) -> Answer:
    (row,) = read(call, [item], reading.usual(TABLE))
    if isinstance(row, GraphError):
        raise row
    context = {"@odata.context": call.context("messages/$entity")}
    return Answer(status, {**context, **row})


def move(call: Call) -> Answer:
    """POST messages/{id}/move: 201 with the message under its new id."""
    body = {name.lower(): value for name, value in call.json().items()}
    wanted = body.pop("destinationid", None)
    if body or not isinstance(wanted, str):
        raise bad_request("The parameter 'destinationId' is missing.")
    folder = folder_named(wanted, call.exchange.version())
    item = current(call, _item(call))
    message = call.exchange.one(
        lambda _v: operations.move_item(item, folder), safe=False
    )
    return _shown(call, reading.written(message), 201)


def delete(call: Call) -> Answer:
    """DELETE messages/{id}: into Deleted Items."""
    item = _item(call)
    if call.etag:
        item = current(call, item)
    call.exchange.one(lambda _v: operations.delete_item(item), safe=False)
    return Answer(204)


def register(router: Router) -> None:
    """Add the paths of messages, below a folder and on their own."""
    router.add("GET", "mailFolders/<folder>/messages", list_folder)
    router.add("GET", "mailFolders/<folder>/messages/delta", message_delta)
    for head in ("messages/<message>", "mailFolders/<folder>/messages/<message>"):
        router.add("GET", head, get)
        router.add("PATCH", head, patch)
        router.add("DELETE", head, delete)
        router.add("GET", f"{head}/$value", get_mime)
        router.add("POST", f"{head}/move", move)
