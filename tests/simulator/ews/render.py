"""Items as elements: which fields a kind has, which of them a shape asks for."""

from __future__ import annotations

from ..event_ids import occurrence_id
from ..mailbox import Item
from .errors import EwsError
from .fields import Field, Thing
from .fields_calendar import CALENDAR
from .fields_contact import CONTACT, field_uri
from .fields_item import ITEM
from .fields_message import MEETING, MEETING_REQUEST, MESSAGE
from .request import Request
from .shapes import Shape
from .xml import Element, add, local

TABLES: dict[str, list[Field]] = {
    "Message": ITEM + MESSAGE,
    "MeetingMessage": ITEM + MESSAGE + MEETING,
    "MeetingRequest": ITEM + MESSAGE + MEETING + MEETING_REQUEST,
    "MeetingResponse": ITEM + MESSAGE + MEETING,
    "MeetingCancellation": ITEM + MESSAGE + MEETING,
    "CalendarItem": ITEM + CALENDAR,
    "Contact": ITEM + CONTACT,
}
_BY_TYPE = {
    "eventMessage": "MeetingCancellation",
    "eventMessageRequest": "MeetingRequest",
    "eventMessageResponse": "MeetingResponse",
}
_LETTERS = {"IdOnly": "", "Default": "D", "AllProperties": "A"}
_NO_ID = ("item:ItemId", "item:ParentFolderId")


def kind_of(item: Item) -> str:
    """The name of the element of an item."""
    if item.kind == "event":
        return "CalendarItem"
    if item.kind == "contact":
        return "Contact"
    return _BY_TYPE.get(item.odata_type, "Message")


def field_of(kind: str, uri: str) -> Field | None:
    """A field of a kind of item by its URI, with or without an index."""
    bare = field_uri(uri)
    return next((f for f in TABLES[kind] if f.uri == bare), None)


def _plan(kind: str, shape: Shape, version: int) -> list[Field]:
    """The fields that a shape asks for, in order; worked out once for each request."""
    found = shape.plans.get(kind)
    if found is None:
        bare = {field_uri(uri) for uri in shape.uris}
        letter = _LETTERS[shape.base]
        found = shape.plans[kind] = [
            field
            for field in TABLES[kind]
            if field.since <= version
            and (field.brief or not shape.brief)
            and (
                field.uri in bare
                or (letter and letter in field.shapes)
                or field.uri == "item:ItemId"
                or (field.uri == "item:MimeContent" and shape.mime)
                or (field.shapes == "X" and shape.tags)
            )
        ]
    return found


def render(parent: Element, thing: Thing) -> Element:
    """Add the element of an item to a list of items."""
    item = thing.item
    kind = kind_of(item)
    plan = _plan(kind, thing.shape, thing.version)
    if thing.request.service.quirks.unreadable and len(plan) > 1:
        _check_readable(thing)
    out = add(parent, f"t:{kind}")
    for field in plan:
        if not item.id and field.uri in _NO_ID:
            continue  # an attached item has none
        field.show(out, field.tag, thing)
    if kind == "Contact":
        _keep_asked(out, thing.shape)
    return out


def _check_readable(thing: Thing) -> None:
    """An item that is broken, and not told of in a list that works.

    :raises EwsError: what the service answers then
    """
    quirks, key = thing.request.service.quirks, thing.item.immutable_id
    if thing.shape.brief:
        code = quirks.unreadable.get(key) if quirks.unreadable_spoil_lists else None
    elif thing.one is not None:
        code = quirks.unreadable.get(occurrence_id(key, thing.one.day))
    else:
        code = quirks.unreadable.get(key)
    if code:
        raise EwsError(code)


def _keep_asked(out: Element, shape: Shape) -> None:
    """Of what has keys, only those that were asked for."""
    asked: dict[str, set[str]] = {}
    for uri in shape.uris:
        index = uri.partition(" ")[2]
        if index and field_uri(uri) not in shape.uris:
            asked.setdefault(field_uri(uri).rpartition(":")[2], set()).add(index)
    for holder in list(out) if shape.base == "IdOnly" else ():
        keys = asked.get(local(holder))
        for entry in list(holder) if keys else ():
            if entry.get("Key") not in keys:
                holder.remove(entry)
        if keys and not len(holder):
            out.remove(holder)


def value_of(request: Request, thing: Thing, path: str) -> list[str]:
    """The texts of a field, for conditions and sorting.

    :param path: a field URI, possibly with an index
    """
    field = field_of(kind_of(thing.item), path)
    if field is None:
        return []
    scratch = Element_("scratch")
    field.show(scratch, field.tag, thing)
    index = path.partition(" ")[2]
    texts = []
    for element in scratch.iter():
        if index and element.get("Key") != index:
            continue
        if element.text:
            texts.append(element.text)
        texts += [element.get("Id")] if element.get("Id") else []
    return texts


def Element_(tag: str) -> Element:  # noqa: N802
    """A root that nobody sees."""
    from lxml import etree

    return etree.Element(tag)
