"""Operations on attachments: get, create, delete.

Source: https://learn.microsoft.com/exchange/client-developer/web-service-reference/getattachment-operation
"""

from __future__ import annotations

import base64
import binascii
import io

from PIL import Image, UnidentifiedImageError

from ..attachments import file_attachment, item_attachment, make_suffix
from ..ids import change_key
from ..mailbox import Attachment, Item
from ..messages import count_attachments
from . import attached, ids
from .errors import EwsError, violation
from .fields import Thing
from .items import item_of
from .render import render
from .request import Request, answer_each
from .shapes import Shape, read_shape
from .xml import Element, add, child, children, is_true, local, text_of


def get_attachment(request: Request, body: Element) -> Element:
    """GetAttachment: the content of files, attached items as items."""
    element = child(body, "m:AttachmentShape")
    shape = read_shape(element, request.version, request.server.level)
    shape.base = "AllProperties"

    def work(part: Element, message: Element) -> None:
        owner, way = attached.find(request.mailbox, part.get("Id"))
        suffixes = [step.suffix for step in way]
        key = attached.id_of(owner.id, *suffixes)
        holder = add(message, "m:Attachments")
        out = attached.show(holder, way[-1], key, request.version)
        if way[-1].item is None:
            add(out, "t:Content", base64.b64encode(_content(owner, way[-1])).decode())
        else:
            _add_item(request, out, owner, way, shape)

    parts = list(children(child(body, "m:AttachmentIds")))
    return answer_each(request, "GetAttachment", parts, work, "m:Attachments")


def _content(owner: Item, attachment: Attachment) -> bytes:
    if attachment.suffix == attached.PHOTO:
        return owner.extra["photo"]["content"]
    return base64.b64decode(attachment.data.get("contentBytes") or "")


def _add_item(
    request: Request, out: Element, owner: Item, way: list[Attachment], shape: Shape
) -> None:
    inner = way[-1].item
    assert inner is not None
    inner.data.setdefault("changeKey", "")
    thing = Thing(request, inner, None, shape)
    thing.way = (owner.id, [step.suffix for step in way])  # type: ignore[attr-defined]
    render(out, thing)


def create_attachment(request: Request, body: Element) -> Element:
    """CreateAttachment: files, items, the photo of a contact."""
    owner, _day = item_of(request, _parent(body))

    def work(part: Element, message: Element) -> None:
        made = new_attachment(request, owner, part)
        request.mailbox.touch(owner)
        out = add(add(message, "m:Attachments"), f"t:{local(part)}")
        add(
            out,
            "t:AttachmentId",
            Id=attached.id_of(owner.id, made),
            RootItemId=ids.to_ews(owner.id),
            RootItemChangeKey=owner.data["changeKey"],
        )

    parts = list(children(child(body, "m:Attachments")))
    return answer_each(request, "CreateAttachment", parts, work, "m:Attachments")


def _parent(body: Element) -> Element:
    found = child(body, "m:ParentItemId")
    if found is None:
        raise violation("The element 'CreateAttachment' has incomplete content.", body)
    return found


def new_attachment(request: Request, owner: Item, part: Element) -> str:
    """Add an attachment to an item; its suffix comes back.

    :raises EwsError: ErrorRequiredPropertyMissing without a name
    """
    name = text_of(part, "t:Name")
    if not name:
        raise EwsError("ErrorRequiredPropertyMissing", "Required property is missing.")
    now = request.service.clock.iso()
    if local(part) == "ItemAttachment":
        made = item_attachment(now, name, _inner(request, part), 0)
    else:
        content = _bytes(child(part, "t:Content"))
        if is_true(text_of(part, "t:IsContactPhoto")) and owner.kind == "contact":
            _set_photo(request, owner, content)
            return attached.PHOTO
        made = file_attachment(
            now,
            name,
            text_of(part, "t:ContentType") or "application/octet-stream",
            content,
            inline=is_true(text_of(part, "t:IsInline")),
            content_id=text_of(part, "t:ContentId") or None,
            location=text_of(part, "t:ContentLocation") or None,
        )
    made.suffix = make_suffix()
    owner.attachments = [*owner.attachments, made]
    owner.mime = None
    _count(owner)
    return made.suffix


def _count(owner: Item) -> None:
    if owner.kind != "contact":
        count_attachments(owner)


def _inner(request: Request, part: Element) -> Item:
    from .creation import new_message

    element = next((e for e in children(part) if local(e) in ("Message", "Item")), None)
    if element is None:
        raise EwsError("ErrorInvalidRequest", "The simulator attaches messages alone.")
    return new_message(request, element)


def _bytes(element: Element | None) -> bytes:
    try:
        text = (element.text or "") if element is not None else ""
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise violation("The 'Content' element is no base64.", element) from None


def _set_photo(request: Request, owner: Item, content: bytes) -> None:
    try:
        with Image.open(io.BytesIO(content)) as image:
            (width, height), kind = image.size, (image.format or "jpeg").lower()
    except (UnidentifiedImageError, OSError, ValueError):
        raise EwsError("ErrorItemSave", "The photo is no image.") from None
    key = change_key(request.mailbox.id, request.mailbox.step())
    owner.extra["photo"] = {
        "content": content,
        "data": {
            "@odata.mediaContentType": f"image/{kind}",
            "@odata.mediaEtag": f'"{key}"',
            "id": f"{width}x{height}",
            "width": width,
            "height": height,
        },
    }


def delete_attachment(request: Request, body: Element) -> Element:
    """DeleteAttachment."""

    def work(part: Element, message: Element) -> None:
        owner, way = attached.find(request.mailbox, part.get("Id"))
        if len(way) > 1:
            raise EwsError("ErrorInvalidIdNotAnItemAttachmentId")
        if way[0].suffix == attached.PHOTO:
            owner.extra.pop("photo")
        owner.attachments = [a for a in owner.attachments if a is not way[0]]
        owner.mime = None
        _count(owner)
        request.mailbox.touch(owner)
        add(
            message,
            "m:RootItemId",
            RootItemId=ids.to_ews(owner.id),
            RootItemChangeKey=owner.data["changeKey"],
        )

    parts = list(children(child(body, "m:AttachmentIds")))
    return answer_each(request, "DeleteAttachment", parts, work)


OPERATIONS = {
    "GetAttachment": get_attachment,
    "CreateAttachment": create_attachment,
    "DeleteAttachment": delete_attachment,
}
