"""New items from what a client wrote.

The parts of an item must stand in the order of the schema; each is read by the field
that shows it.
"""

from __future__ import annotations

import base64
import binascii

from ..contact_store import contacts_of, new_contact
from ..delivery import send
from ..drafts import finish, message_defaults, message_from_mime
from ..event_changes import make
from ..event_store import calendar_of
from ..ids import guid
from ..mailbox import Container, Item
from ..messages import count_attachments
from . import ical_input
from .changes import keep_extra
from .errors import EwsError, violation
from .event_input import complete, given_of
from .extended import fold, read_value, store
from .fields_contact import spread
from .render import TABLES
from .request import Request
from .xml import Element, child, children, local

# MAPI properties that say what the elements cannot. Source: [MS-OXCMSG] 2.2.1
_FLAGS = "Integer 0xe07"
_TIMES = {"SystemTime 0xe06": "receivedDateTime", "SystemTime 0x39": "sentDateTime"}


def create_one(
    request: Request,
    element: Element,
    folder: Container | None,
    disposition: str | None,
    send: str | None,
) -> Item | None:
    """One item of CreateItem, in its folder; None when nothing stays.

    :param send: ``SendMeetingInvitations``
    """
    kind = local(element)
    if kind in ("AcceptItem", "TentativelyAcceptItem", "DeclineItem"):
        from .answers import respond

        return respond(request, element, disposition)
    kind = "Message" if kind == "Item" else kind
    if kind not in ("Message", "CalendarItem", "Contact"):
        raise EwsError("ErrorInvalidRequest", f"The simulator makes no {kind}.")
    if kind == "CalendarItem":
        return _create_event(request, element, folder, send)
    if kind == "Contact":
        return _create_contact(request, element, folder)
    return _create_message(request, element, folder, disposition)


def read_item(
    request: Request, element: Element, kind: str, item: Item
) -> dict[str, object]:
    """The Graph properties of what a client wrote; MAPI properties go to the item.

    :raises SoapFault: ErrorSchemaValidation for unknown parts and a wrong order
    :raises EwsError: ErrorInvalidPropertySet for what cannot be written
    """
    table = TABLES[kind]
    places = {field.tag: at for at, field in enumerate(table)}
    values: dict[str, object] = {}
    last = -1
    for part in children(element):
        tag = local(part)
        at = places.get(tag, -1)
        if at < last or at < 0 or table[at].since > request.version:
            raise violation(
                f"The element '{local(element)}' in namespace 'types' has invalid "
                f"child element '{tag}'.",
                part,
            )
        last = at
        if tag == "ExtendedProperty":
            name, value = read_value(part)
            fold(values, store(item, name, value))
            continue
        read = table[at].read
        if read is None and tag != "Attachments":
            raise EwsError(
                "ErrorInvalidPropertySet",
                f"The property {table[at].uri} is read-only and can't be set.",
            )
        if read is not None:
            fold(values, read(part, request))
    return values


def _keep_class(item: Item, values: dict, prefix: str) -> None:
    written = values.pop("itemClass", "")
    if written and not str(written).startswith(prefix):
        raise EwsError("ErrorInvalidItemForOperationCreateItem")
    if written and written != prefix:
        item.extra["class"] = written


# -- messages --------------------------------------------------------------------------


def _create_message(
    request: Request,
    element: Element,
    folder: Container | None,
    disposition: str | None,
) -> Item | None:
    if disposition is None:
        raise EwsError(
            "ErrorMessageDispositionRequired",
            "MessageDisposition attribute is required for messages.",
        )
    item = new_message(request, element)
    if disposition != "SaveOnly":
        item.data["isDraft"] = False
        request.works += send(request.service.post, request.user, item)
    if disposition == "SendOnly":
        return None
    default = "drafts" if disposition == "SaveOnly" else "sentitems"
    place = folder or request.mailbox.well_known[default]
    if place.kind != "mailFolder":
        raise EwsError("ErrorItemSave", "The item could not be saved there.")
    request.mailbox.add(place, item)
    count_attachments(item)
    return item


def new_message(request: Request, element: Element) -> Item:
    """A message that is in no folder yet: from its MIME text, or from properties."""
    box = request.mailbox
    item = Item("message", message_defaults(box))
    values = read_item(request, element, "Message", item)
    mime = child(element, "t:MimeContent")
    if mime is not None:
        made = message_from_mime(box, _decoded(mime))
        made.extended, made.extra = item.extended, item.extra
        made.data["isDraft"] = True
        item = made
    _keep_class(item, values, "IPM.Note")
    values.pop("personalNotes", None)
    keep_extra(item, values)
    item.data.update({k: v for k, v in values.items() if v is not None})
    _be_ready(request, item, mime is None)
    _attach(request, item, element)
    return item


def _attach(request: Request, item: Item, element: Element) -> None:
    """The attachments that a new item brings along."""
    from .attachments import new_attachment  # which makes items in its turn

    for part in children(child(element, "t:Attachments")):
        new_attachment(request, item, part)


def _be_ready(request: Request, item: Item, fresh: bool) -> None:
    """What the service fills in; MAPI flags may make a draft a received mail."""
    data, user = item.data, request.user
    if fresh:
        me = {"emailAddress": {"name": user.name, "address": user.mail}}
        data["from"] = data["from"] or me
        data["sender"] = data["sender"] or data["from"]
        data["isDraft"] = True
        if not data["internetMessageId"]:
            made_up = f"<{guid().upper()}@exchange.contoso.example>"
            data["internetMessageId"] = made_up
    flags = item.extended.get(_FLAGS)
    if flags is not None:
        data["isDraft"], data["isRead"] = bool(int(flags) & 8), bool(int(flags) & 1)
    for key, name in _TIMES.items():
        if item.extended.get(key):
            data[name] = item.extended[key]
    finish(request.mailbox, data)


def _decoded(mime: Element) -> bytes:
    try:
        raw = base64.b64decode("".join((mime.text or "").split()), validate=True)
    except (binascii.Error, ValueError):
        raise EwsError("ErrorMimeContentInvalidBase64String") from None
    if not raw:
        raise EwsError("ErrorMimeContentInvalid")
    return raw


# -- contacts and events ---------------------------------------------------------------


def _create_contact(
    request: Request, element: Element, folder: Container | None
) -> Item:
    place = folder or contacts_of(request.mailbox)
    if place.kind != "contactFolder":
        raise EwsError("ErrorCannotCreateContactInNonContactFolder")
    scratch = Item("contact", {})
    values = read_item(request, element, "Contact", scratch)
    _keep_class(scratch, values, "IPM.Contact")
    for name in ("body", "subject"):
        values.pop(name, None)
    keep_extra(scratch, values)
    values = {k: v for k, v in spread(scratch, values).items() if v not in ("", None)}
    item = new_contact(request.service.clock.iso(), values)
    item.extended, item.extra = scratch.extended, scratch.extra
    return _put(request, place, item, element)


def _put(request: Request, place: Container, item: Item, element: Element) -> Item:
    request.mailbox.add(place, item)
    _attach(request, item, element)
    return item


def _create_event(
    request: Request, element: Element, folder: Container | None, send: str | None
) -> Item:
    if send is None:
        raise EwsError(
            "ErrorSendMeetingInvitationsRequired",
            "SendMeetingInvitations attribute is required for calendar items.",
        )
    place = folder or calendar_of(request.mailbox)
    if place.kind != "calendar":
        raise EwsError("ErrorCannotCreateCalendarItemInNonCalendarFolder")
    scratch = Item("event", {})
    values = read_item(request, element, "CalendarItem", scratch)
    values = {k: v for k, v in values.items() if v is not None}
    mime = child(element, "t:MimeContent")
    written = ical_input.read(_decoded(mime)) if mime is not None else None
    if written is not None:
        values = {**written.values, **values}
    _keep_class(scratch, values, "IPM.Appointment")
    given = given_of(values)
    body = complete(request, values)
    item, works = make(request.service, request.mailbox, place, body, given)
    if written is not None:
        written.apply(item)
    item.extended.update(scratch.extended)
    item.extra.update(scratch.extra)
    _attach(request, item, element)
    if send != "SendToNone":
        request.works += works
    return item
