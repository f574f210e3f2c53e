"""Attachments: their ids and what an item tells of them.

Source: https://learn.microsoft.com/exchange/client-developer/exchange-web-services/attachments-and-ews-in-exchange
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..mailbox import Attachment, Item, Mailbox
from . import ids
from .errors import EwsError
from .versions import V2010
from .xml import Element, add, flag

if TYPE_CHECKING:
    from .fields import Thing

_WIDTH = 26  # characters of the suffix of an attachment
PHOTO = "BEgAQAContactPictureAAAAAA"
PHOTO_NAME = "ContactPicture.jpg"


def id_of(owner: str, *suffixes: str) -> str:
    """The id of an attachment, also of one in an attached item.

    :param owner: id of the item in the store
    """
    return ids.to_ews(owner[:-4] + "".join(suffixes) + "=")


def photo_of(item: Item) -> Attachment | None:
    """The photo of a contact, as an attachment."""
    photo = item.extra.get("photo")
    if photo is None:
        return None
    kind = photo["data"]["@odata.mediaContentType"]
    data = {
        "name": PHOTO_NAME,
        "contentType": "image/jpeg" if kind == "image/*" else kind,
        "size": len(photo["content"]),
        "isInline": False,
        "lastModifiedDateTime": item.data["lastModifiedDateTime"],
        "photo": True,
    }
    return Attachment(PHOTO, data)


def all_of(item: Item) -> list[Attachment]:
    """The attachments of an item, the photo among them."""
    photo = photo_of(item)
    return item.attachments + ([photo] if photo is not None else [])


def find(mailbox: Mailbox, key: str | None) -> tuple[Item, list[Attachment]]:
    """The item and the way to an attachment of it, by its id.

    :raises EwsError: ErrorItemNotFound, ErrorInvalidAttachmentId
    """
    rest = ids.from_ews(key).removesuffix("=")
    sample = next(iter(mailbox.items.values()), None)
    if sample is None:
        raise EwsError("ErrorItemNotFound")
    cut = len(sample.id) - 4
    owner = mailbox.items.get(rest[:cut] + "AAA=")
    way = list(_way(rest[cut:], owner)) if owner is not None else []
    if owner is None or not way:
        raise EwsError("ErrorItemNotFound")
    return owner, way


def _way(suffixes: str, owner: Item | None) -> Iterator[Attachment]:
    while suffixes:
        rows = all_of(owner) if owner is not None else []
        found = next((a for a in rows if a.suffix == suffixes[:_WIDTH]), None)
        if found is None:
            raise EwsError("ErrorItemNotFound")
        yield found
        owner, suffixes = found.item, suffixes[_WIDTH:]


def show_list(out: Element, tag: str, thing: Thing) -> None:
    """``Attachments`` of an item, if it has any; their contents are asked for apart."""
    rows = all_of(thing.item)
    way = getattr(thing, "way", None)
    owner, suffixes = way if way is not None else (thing.item.id, ())
    # Of an occurrence, the attachments are those of its master.
    rows = [a for a in rows if a.data.get("@odata.type", "").find("reference") < 0]
    if not rows or not owner:
        return
    holder = add(out, f"t:{tag}")
    for row in rows:
        show(holder, row, id_of(owner, *suffixes, row.suffix), thing.version)


def show_ids(out: Element, item: Item) -> None:
    """What CreateItem tells of the attachments that came with an item: clients of the
    managed API add those again of which they got no id.

    Source: exchangelib's ``Item.save``, which takes the ids from the answer.
    """
    rows = all_of(item)
    holder = add(out, "t:Attachments") if rows else out
    for row in rows:
        kind = "FileAttachment" if row.item is None else "ItemAttachment"
        part = add(holder, f"t:{kind}")
        add(part, "t:AttachmentId", Id=id_of(item.id, row.suffix))


def show(parent: Element, row: Attachment, key: str, version: int) -> Element:
    """One attachment without its content."""
    data = row.data
    kind = "FileAttachment" if row.item is None else "ItemAttachment"
    out = add(parent, f"t:{kind}")
    add(out, "t:AttachmentId", Id=key)
    add(out, "t:Name", data.get("name") or "")
    for tag, name in (
        ("ContentType", "contentType"),
        ("ContentId", "contentId"),
        ("ContentLocation", "contentLocation"),
    ):
        if data.get(name):
            add(out, f"t:{tag}", data[name])
    if version >= V2010:
        add(out, "t:Size", str(data.get("size") or 0))
        add(out, "t:LastModifiedTime", data["lastModifiedDateTime"])
        add(out, "t:IsInline", flag(data["isInline"]))
    if row.item is None and version >= V2010:
        add(out, "t:IsContactPhoto", flag(data.get("photo")))
    return out
