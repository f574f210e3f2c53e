"""Attachments: file, item and reference attachments of a message or event.

Source: https://learn.microsoft.com/graph/api/resources/attachment
"""

from __future__ import annotations

import base64
import binascii
import secrets

from .call import Call
from .errors import GraphError, bad_request, item_not_found
from .mailbox import Attachment, Item
from .odata import Options, check_select, next_skip_link, page
from .properties import (
    ATTACHMENT,
    FILE_ATTACHMENT,
    ITEM_ATTACHMENT,
)
from .shapes import read_shape

_BASES = {
    "#microsoft.graph.fileAttachment": FILE_ATTACHMENT,
    "#microsoft.graph.itemAttachment": ITEM_ATTACHMENT,
    "#microsoft.graph.referenceAttachment": ATTACHMENT,
}
SMALL = 3 * 2**20


def make_suffix() -> str:
    """The part of an attachment's id that is its own."""
    return "BEgAQA" + secrets.token_urlsafe(15)


def attachment_id(owner: Item, attachment: Attachment, immutable: bool) -> str:
    """The id: that of its message, continued; so it follows the message's id format."""
    return owner.rest_id(immutable)[:-4] + attachment.suffix + "="


def find_attachment(owner: Item, key: str) -> Attachment:
    """An attachment of a message by either format of its id.

    :raises GraphError: 404
    """
    for attachment in owner.attachments:
        if key in (
            attachment_id(owner, attachment, True),
            attachment_id(owner, attachment, False),
        ):
            return attachment
    raise item_not_found()


def render_attachment(
    call: Call, owner: Item, attachment: Attachment, options: Options
) -> dict:
    """An attachment as Graph shows it.

    ``$select`` speaks of the base type: contentId and contentBytes of a file are
    reached as ``microsoft.graph.fileAttachment/contentId``.
    """
    data = attachment.data
    shown = {
        "@odata.type": data["@odata.type"],
        "@odata.mediaContentType": data["contentType"],
        "id": attachment_id(owner, attachment, call.immutable),
    }
    if options.select:
        names = _selected(options.select)
        shown.update((name, data[name]) for name in names if name in data)
    else:
        shown.update(data)
    if attachment.item is not None and _item_wanted(options):
        shown["item"] = _render_item(attachment.item)
    return shown


def render_list(call: Call, owner: Item, kind: str) -> dict:
    """A page of the attachments of an item.

    :param kind: ``messages`` or ``events``
    """
    rows, more = page(owner.attachments, call.options, call.page_size, default=1000)
    body: dict = {
        "@odata.context": call.context(f"{kind}/attachments"),
        "value": [render_attachment(call, owner, row, call.options) for row in rows],
    }
    if more is not None:
        body["@odata.nextLink"] = next_skip_link(call.link(), call.query, more)
    return body


def _selected(select: list[str]) -> list[str]:
    names = []
    for name in select:
        cast, _, tail = name.rpartition("/")
        if cast.lower() == "microsoft.graph.fileattachment" and tail in FILE_ATTACHMENT:
            names.append(tail)
        else:
            check_select([name], ATTACHMENT, "attachment")
            names.append(name)
    return [name for name in names if name != "id"]


def _item_wanted(options: Options) -> bool:
    return any(
        member.name.lower() == "microsoft.graph.itemattachment/item"
        for member in options.expand
    )


def _render_item(item: Item) -> dict:
    shown = {
        "@odata.type": f"#microsoft.graph.{item.odata_type or 'message'}",
        "id": "",
        **item.data,
        "internetMessageHeaders": item.headers,
    }
    if item.attachments:
        shown["attachments"] = [
            {"id": "", **a.data}
            if a.item is None
            else {"id": "", **a.data, "item": _render_item(a.item)}
            for a in item.attachments
        ]
    return shown


def file_attachment(
    now: str,
    name: str,
    content_type: str,
    content: bytes,
    *,
    inline: bool = False,
    content_id: str | None = None,
    location: str | None = None,
) -> Attachment:
    """A file attachment with these bytes."""
    return Attachment(
        make_suffix(),
        {
            "@odata.type": "#microsoft.graph.fileAttachment",
            "@odata.mediaContentType": content_type,
            "lastModifiedDateTime": now,
            "name": name,
            "contentType": content_type,
            "size": len(content),
            "isInline": inline,
            "contentId": content_id,
            "contentLocation": location,
            "contentBytes": base64.b64encode(content).decode(),
        },
    )


def item_attachment(now: str, name: str, item: Item, size: int) -> Attachment:
    """An attachment that is itself a message, event or contact."""
    data = {
        "@odata.type": "#microsoft.graph.itemAttachment",
        "lastModifiedDateTime": now,
        "name": name,
        "contentType": None,
        "size": size,
        "isInline": False,
    }
    return Attachment(make_suffix(), data, item)


def new_attachment(call: Call, values: dict) -> Attachment:
    """An attachment from a request body.

    :raises GraphError: 400 for an unknown type, 413 above 3 MB
    """
    if not isinstance(values, dict):
        raise bad_request("An attachment is an object.", "RequestBodyRead")
    typ = "#" + str(values.get("@odata.type", "")).lstrip("#")
    known = _BASES.get(typ)
    if known is None:
        raise bad_request("The attachment needs an '@odata.type'.", "RequestBodyRead")
    values = read_shape(values, known, typ.rpartition(".")[2])
    if typ.endswith("itemAttachment"):
        return _new_item_attachment(call, values)
    return _new_file_attachment(call, values)


def _new_item_attachment(call: Call, values: dict) -> Attachment:
    from .drafts import message_from_json  # a message may be attached to a message

    inner = values.get("item") or {}
    if not isinstance(inner, dict):
        raise bad_request("An item is an object.", "RequestBodyRead")
    owner = call.service.store.directory.users[call.mailbox.id]
    item = message_from_json(call.mailbox, inner, owner)
    return item_attachment(call.service.clock.iso(), values.get("name") or "", item, 0)


def _new_file_attachment(call: Call, values: dict) -> Attachment:
    try:
        content = base64.b64decode(values.get("contentBytes") or "", validate=True)
    except (binascii.Error, ValueError):
        raise bad_request("contentBytes is no base64.", "RequestBodyRead") from None
    if len(content) > SMALL:
        raise GraphError(
            413, "ErrorMessageSizeExceeded", "The attachment exceeds the maximum size."
        )
    return file_attachment(
        call.service.clock.iso(),
        values.get("name") or "",
        values.get("contentType") or "application/octet-stream",
        content,
        inline=bool(values.get("isInline")),
        content_id=values.get("contentId"),
        location=values.get("contentLocation"),
    )
