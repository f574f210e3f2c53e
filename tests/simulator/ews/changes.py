"""Changes of items: the parts of an UpdateItem, one property each.

Source: https://learn.microsoft.com/exchange/client-developer/web-service-reference/updateitem-operation
"""

from __future__ import annotations

from datetime import date

from lxml import etree

from ..body import preview
from ..contact_store import CONTACT, read_contact
from ..event_changes import alter
from ..event_values import series_of, span_of
from ..mailbox import Item
from ..properties import MESSAGE
from .errors import EwsError
from .event_input import complete
from .extended import Tag, fold, own, read_value, store
from .fields import Field
from .fields_contact import clear_indexed, spread
from .render import field_of, kind_of
from .request import Request
from .shapes import read_path
from .xml import Element, children, local, name

_MIME_PARTS = {
    "body",
    "subject",
    "from",
    "sender",
    "toRecipients",
    "ccRecipients",
    "replyTo",
}
# Properties that are as if never set, by their kind of field.
_UNSET = {"importance": "normal", "sensitivity": "normal", "showAs": "busy"}


def change_item(
    request: Request,
    item: Item,
    day: date | None,
    updates: Element | None,
    send: str | None,
) -> None:
    """Apply the updates of one item; all of them or none.

    :param send: ``SendMeetingInvitationsOrCancellations``
    :raises EwsError: for what cannot be changed
    """
    values: dict = {}
    tags: list[tuple[Tag, object]] = []
    for update in children(updates):
        _read_update(request, item, update, values, tags)
    if item.kind == "event":
        _change_event(request, item, day, values, tags, send)
        return
    for tag, value in tags:
        fold(values, store(item, tag, value))  # type: ignore[arg-type]
    values.pop("itemClass", None)
    if item.kind == "contact":
        _change_contact(request, item, values)
    else:
        _change_message(request, item, values)


def _read_update(
    request: Request,
    item: Item,
    update: Element,
    values: dict,
    tags: list[tuple[Tag, object]],
) -> None:
    path, *rest = children(update)
    uri = read_path(path, request.version, request.server.level)
    how = local(update)
    if how == "DeleteItemField":
        if isinstance(uri, Tag):
            tags.append((uri, None))
        else:
            fold(values, _cleared(request, item, uri))
        return
    parts = list(children(rest[0])) if rest else []
    if how not in ("SetItemField", "AppendToItemField") or len(parts) != 1:
        raise EwsError(
            "ErrorIncorrectUpdatePropertyCount",
            "An update of one property names exactly one property.",
        )
    if isinstance(uri, Tag):
        found, value = read_value(parts[0])
        tags.append((found, value))
        return
    new = _field(item, uri, parts[0]).read(parts[0], request)  # type: ignore[misc]
    if how == "AppendToItemField":
        new = _appended(item, new)
    fold(values, new)


def _field(item: Item, uri: str, part: Element) -> Field:
    """The field of an update, which the element must be of.

    :raises EwsError: ErrorUpdatePropertyMismatch, ErrorInvalidPropertySet
    """
    index = uri.partition(" ")[2]
    field = field_of(kind_of(item), uri)
    if field is None or field.read is None:
        raise EwsError(
            "ErrorInvalidPropertySet", f"The property {uri} is read-only here."
        )
    entry = next(children(part), None) if index else None
    wrong = index and (entry is None or entry.get("Key") != index)
    if local(part) != field.tag or wrong:
        raise EwsError(
            "ErrorUpdatePropertyMismatch",
            "The property of the update is not the one that its path names.",
        )
    return field


def _cleared(request: Request, item: Item, uri: str) -> dict:
    bare, _, index = uri.partition(" ")
    if index:
        return clear_indexed(bare, index)
    field = field_of(kind_of(item), bare)
    if field is None or field.read is None:
        raise EwsError("ErrorInvalidPropertyDelete")
    if bare in ("contacts:EmailAddresses", "contacts:PhoneNumbers"):
        raise EwsError("ErrorInvalidPropertyDelete")
    empty = etree.Element(name(f"t:{field.tag}"))
    found = field.read(empty, request)
    return {key: _UNSET.get(key, value) for key, value in found.items()}


def _appended(item: Item, new: dict) -> dict:
    """AppendToItemField: bodies and recipients alone can be."""
    found = {}
    for key, value in new.items():
        old = item.data.get(key)
        if key == "body":
            content = (old or {}).get("content", "") + value["content"]
            found[key] = {**value, "content": content}
        elif key == "personalNotes":
            found[key] = (old or "") + value
        elif isinstance(value, list):
            found[key] = [*(old or []), *value]
        else:
            raise EwsError("ErrorInvalidPropertyAppend")
    return found


def _change_message(request: Request, item: Item, values: dict) -> None:
    values.pop("personalNotes", None)
    keep_extra(item, values)
    if "body" in values:
        values["bodyPreview"] = preview(values["body"])
    if _MIME_PARTS & set(values):
        item.mime = None
    request.mailbox.touch(item, **values)


def _change_contact(request: Request, item: Item, values: dict) -> None:
    for key in ("body", "subject"):
        values.pop(key, None)
    keep_extra(item, values)
    values = spread(item, values)
    values = {k: None if v == "" else v for k, v in values.items()}
    values.setdefault("displayName", item.data["displayName"])
    request.mailbox.touch(item, **read_contact(values, item.data))


def keep_extra(item: Item, values: dict) -> None:
    """Move what Graph does not know of such an item into a drawer of its own."""
    for key in [k for k in values if k.startswith("extra:")]:
        item.extra[key[6:]] = values.pop(key)
    known = CONTACT if item.kind == "contact" else MESSAGE
    for key in [k for k in values if k not in known and ":" not in k]:
        drawer = item.extra.get("ews", {})
        item.extra["ews"] = {**drawer, key: values.pop(key)}


def _change_event(
    request: Request,
    item: Item,
    day: date | None,
    values: dict,
    tags: list[tuple[Tag, object]],
    send: str | None,
) -> None:
    if "uid" in values:
        raise EwsError("ErrorInvalidPropertySet", "The UID can't be changed.")
    series = series_of(item) if day is not None else None
    old = series.occurrence(day).span if series and day else span_of(item)
    data = item.data
    if series is not None and day in series.changed:
        data = {**data, **series.changed[day].values}
    shown = Item("event", data)
    for tag, value in tags:
        values |= own(item, tag, value) or {}  # type: ignore[arg-type]
    body = complete(request, values, shown, old)
    body["singleValueExtendedProperties"] = [
        {"id": tag.key, "value": value}
        for tag, value in tags
        if own(item, tag, None) is None
    ]
    works = alter(request.service, request.mailbox, item, day, body)
    if send != "SendToNone":
        request.works += works
