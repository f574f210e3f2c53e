"""Operations on items: get, create, change, move, copy, delete, send.

Source: https://learn.microsoft.com/exchange/client-developer/exchange-web-services/folders-and-items-in-ews-in-exchange
"""

from __future__ import annotations

from datetime import date

from ..delivery import send
from ..event_changes import withdraw
from ..event_store import cancel_occurrence, put_into_bin
from ..event_values import series_of
from ..mailbox import Container, Item
from . import attached, ids
from .changes import change_item
from .creation import create_one
from .errors import EwsError, violation
from .fields import thing_of
from .render import kind_of, render
from .request import Request, answer_each
from .shapes import Shape, read_shape
from .xml import Element, add, child, children, local

_SEND = ("SendToNone", "SendOnlyToAll", "SendToAllAndSaveCopy")
_SEND_UPDATE = (*_SEND, "SendOnlyToChanged", "SendToChangedAndSaveCopy")
_DISPOSITIONS = ("SaveOnly", "SendOnly", "SendAndSaveCopy")


# -- naming ----------------------------------------------------------------------------


def item_of(request: Request, element: Element) -> tuple[Item, date | None]:
    """The item of an ``ItemId``, ``OccurrenceItemId`` or ``RecurringMasterItemId``.

    :raises EwsError: when there is none
    """
    kind = local(element)
    if kind == "OccurrenceItemId":
        return _occurrence(request, element)
    if kind == "RecurringMasterItemId":
        item, day = ids.find_item(request.mailbox, element.get("OccurrenceId") or "")
        if day is None:
            raise EwsError(
                "ErrorCalendarCannotUseIdForRecurringMasterId",
                "The id is not that of an occurrence.",
            )
        return item, None
    return ids.find_item(request.mailbox, element.get("Id") or "")


def _occurrence(request: Request, element: Element) -> tuple[Item, date]:
    """An instance by its number; deleted ones count, from one on."""
    key = element.get("RecurringMasterId") or ""
    item, day = ids.find_item(request.mailbox, key)
    series = series_of(item) if item.kind == "event" else None
    if series is None or day is not None:
        raise EwsError(
            "ErrorCalendarCannotUseIdForOccurrenceId",
            "The id is not that of a recurring master.",
        )
    found = series.nth(int(element.get("InstanceIndex") or "0"))
    if found is None:
        raise EwsError(
            "ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange",
            "Occurrence index is out of recurrence range.",
        )
    if found in series.cancelled:
        raise EwsError(
            "ErrorCalendarOccurrenceIsDeletedFromRecurrence",
            "Occurrence with this index was previously deleted from the recurrence.",
        )
    return item, found


def check_key(request: Request, item: Item, element: Element) -> None:
    """Compare the change key of an ``ItemId``, if it has one.

    :raises EwsError: ErrorIrresolvableConflict
    """
    key = element.get("ChangeKey")
    stale = key and key != item.data["changeKey"]
    if stale and request.service.quirks.change_keys_checked:
        raise EwsError("ErrorIrresolvableConflict")


# -- reading ---------------------------------------------------------------------------


def get_item(request: Request, body: Element) -> Element:
    """GetItem."""
    shape = read_shape(
        child(body, "m:ItemShape"), request.version, request.server.level
    )

    def work(element: Element, message: Element) -> None:
        item, day = item_of(request, element)
        holder = add(message, "m:Items")
        render(holder, thing_of(request, item, day, shape))

    parts = list(children(child(body, "m:ItemIds")))
    return answer_each(request, "GetItem", parts, work, "m:Items")


def add_ids(
    request: Request, message: Element, item: Item, day: date | None = None
) -> Element:
    """``Items`` with an item of which the id alone is told; the item comes back."""
    holder = add(message, "m:Items")
    render(holder, thing_of(request, item, day, Shape()))
    return holder[0]


# -- writing ---------------------------------------------------------------------------


def create_item(request: Request, body: Element) -> Element:
    """CreateItem: drafts, copies of mails, events, contacts; answers to meetings."""
    disposition = body.get("MessageDisposition")
    send = body.get("SendMeetingInvitations")
    if disposition not in (None, *_DISPOSITIONS) or send not in (None, *_SEND):
        raise violation("An attribute of the element 'CreateItem' is invalid.", body)
    saved = child(body, "m:SavedItemFolderId")
    folder = request.target(body, "m:SavedItemFolderId") if saved is not None else None

    def work(element: Element, message: Element) -> None:
        found = create_one(request, element, folder, disposition, send)
        if found is None:
            add(message, "m:Items")
        else:
            made = add_ids(request, message, found)
            if child(element, "t:Attachments") is not None:
                attached.show_ids(made, found)

    parts = list(children(child(body, "m:Items")))
    return answer_each(request, "CreateItem", parts, work, "m:Items")


def update_item(request: Request, body: Element) -> Element:
    """UpdateItem: one property in each part of a change."""
    how = body.get("ConflictResolution")
    if how not in ("NeverOverwrite", "AutoResolve", "AlwaysOverwrite"):
        raise violation("The required attribute 'ConflictResolution' is missing.", body)
    send = body.get("SendMeetingInvitationsOrCancellations")
    if send not in (None, *_SEND_UPDATE):
        raise violation("The attribute 'SendMeetingInvitations…' is invalid.", body)

    def work(element: Element, message: Element) -> None:
        name, *_rest = children(element)
        item, day = item_of(request, name)
        if not name.get("ChangeKey") and request.service.quirks.change_keys_required:
            raise EwsError(
                "ErrorChangeKeyRequiredForWriteOperations",
                "Change key is required for this operation.",
            )
        if how == "NeverOverwrite":
            check_key(request, item, name)
        _check_attributes(item, body)
        change_item(request, item, day, child(element, "t:Updates"), send)
        add_ids(request, message, item, day)
        add(add(message, "m:ConflictResults"), "t:Count", "0")

    parts = list(children(child(body, "m:ItemChanges")))
    return answer_each(request, "UpdateItem", parts, work, "m:Items")


def _check_attributes(item: Item, body: Element) -> None:
    """What UpdateItem has to say of items of this kind."""
    send = body.get("SendMeetingInvitationsOrCancellations")
    if item.kind == "event" and send is None:
        raise EwsError(
            "ErrorSendMeetingInvitationsOrCancellationsRequired",
            "SendMeetingInvitationsOrCancellations attribute is required for "
            "calendar items.",
        )
    if item.kind == "message" and body.get("MessageDisposition") is None:
        raise EwsError(
            "ErrorMessageDispositionRequired",
            "MessageDisposition attribute is required for messages.",
        )


def move_item(request: Request, body: Element) -> Element:
    """MoveItem: the item gets a new id."""
    target = request.target(body, "m:ToFolderId")

    def work(element: Element, message: Element) -> None:
        item, day = item_of(request, element)
        if day is not None:
            raise EwsError("ErrorMoveCopyFailed", "The move or copy operation failed.")
        _check_place(item, target)
        if target is not item.container:
            _move(request, item, target)
        add_ids(request, message, item)

    parts = list(children(child(body, "m:ItemIds")))
    return answer_each(request, "MoveItem", parts, work, "m:Items")


def _check_place(item: Item, target: Container) -> None:
    good = {"event": "calendar", "contact": "contactFolder"}.get(item.kind)
    deleted = target.well_known == "deleteditems"
    if not deleted and target.kind != (good or "mailFolder"):
        raise EwsError("ErrorMoveCopyFailed", "The move or copy operation failed.")


def _move(request: Request, item: Item, target: Container) -> None:
    if item.kind != "message" and target.kind == "mailFolder":
        put_into_bin(request.mailbox, item)
    else:
        request.mailbox.move(item, target)


def copy_item(request: Request, body: Element) -> Element:
    """CopyItem: of messages and contacts."""
    target = request.target(body, "m:ToFolderId")

    def work(element: Element, message: Element) -> None:
        item, _day = item_of(request, element)
        _check_place(item, target)
        if item.kind == "event":
            raise EwsError("ErrorMoveCopyFailed", "The move or copy operation failed.")
        twin = Item(item.kind, dict(item.data), item.odata_type)
        twin.attachments = list(item.attachments)
        twin.headers, twin.mime = item.headers, item.mime
        twin.extended, twin.extra = dict(item.extended), dict(item.extra)
        request.mailbox.add(target, twin)
        add_ids(request, message, twin)

    parts = list(children(child(body, "m:ItemIds")))
    return answer_each(request, "CopyItem", parts, work, "m:Items")


def delete_item(request: Request, body: Element) -> Element:
    """DeleteItem: into Deleted Items, into the recoverable items, or for good."""
    how = body.get("DeleteType")
    if how not in ("HardDelete", "SoftDelete", "MoveToDeletedItems"):
        raise violation("The required attribute 'DeleteType' is missing.", body)
    send = body.get("SendMeetingCancellations")

    def work(element: Element, message: Element) -> None:
        item, day = item_of(request, element)
        if kind_of(item) == "CalendarItem":
            if send not in _SEND:
                raise EwsError(
                    "ErrorSendMeetingCancellationsRequired",
                    "SendMeetingCancellations attribute is required for calendar "
                    "items.",
                )
            _delete_event(request, item, day, how, send)
        else:
            _delete(request, item, how)

    parts = list(children(child(body, "m:ItemIds")))
    return answer_each(request, "DeleteItem", parts, work)


def _delete(request: Request, item: Item, how: str) -> None:
    box = request.mailbox
    bin_ = box.well_known["deleteditems"]
    if how == "HardDelete":
        box.remove(item)
    elif item.kind != "message":
        if how == "SoftDelete":
            box.remove(item)
        else:
            put_into_bin(box, item)
    elif how == "SoftDelete":
        box.move(item, box.well_known["recoverableitemsdeletions"])
    elif item.container is not bin_:
        box.move(item, bin_)


def _delete_event(
    request: Request, item: Item, day: date | None, how: str, send: str
) -> None:
    if day is not None and send == "SendToNone":
        cancel_occurrence(request.mailbox, item, day)
    elif day is not None or send != "SendToNone":
        request.works += withdraw(request.service, request.mailbox, item, day)
    else:
        _delete(request, item, how)


def send_item(request: Request, body: Element) -> Element:
    """SendItem: to those who have a mailbox here; the draft to Sent Items or away."""
    keep = body.get("SaveItemToFolder") in ("true", "1")

    def work(element: Element, message: Element) -> None:
        item, _day = item_of(request, element)
        key = element.get("ChangeKey")
        if key and key != item.data["changeKey"]:
            raise EwsError("ErrorStaleObject", "The change key is not the current one.")
        request.works += send(request.service.post, request.user, item)
        if not keep:
            request.mailbox.remove(item)
            return
        sent = request.mailbox.well_known["sentitems"]
        request.mailbox.touch(item, isDraft=False)
        request.mailbox.move(item, sent)

    parts = list(children(child(body, "m:ItemIds")))
    return answer_each(request, "SendItem", parts, work)


OPERATIONS = {
    "GetItem": get_item,
    "CreateItem": create_item,
    "UpdateItem": update_item,
    "MoveItem": move_item,
    "CopyItem": copy_item,
    "DeleteItem": delete_item,
    "SendItem": send_item,
}
