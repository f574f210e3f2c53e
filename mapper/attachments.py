"""The attachments of messages.

Source: https://learn.microsoft.com/graph/api/resources/attachment
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

from . import operations
from .call import Answer, Call
from .errors import GraphError, bad_gateway, bad_request, not_found
from .ids import to_ews, to_rest
from .odata import Options
from .operations import ItemId, Shape
from .reading import item_of
from .routing import Router
from .soap import Element, child, children, local, members, text
from .values import number, time_of, true, words, words_or_none

#: Contents are fetched in lots of about this size.
_LOT = 8 * 2**20
_MOST = 50
_KINDS = {
    "FileAttachment": "fileAttachment",
    "ReferenceAttachment": "referenceAttachment",
}
#: Statuses of failures that are of one attachment alone.
_BROKEN = frozenset({404, 422, 500})
_FIELDS = frozenset(
    {"id", "lastModifiedDateTime", "name", "contentType", "size", "isInline"}
)
_FILE_FIELDS = frozenset({"contentId", "contentLocation", "contentBytes"})


def rows_of(item: Element) -> list[Element]:
    """The attachments of an item."""
    found = child(item, "Attachments")
    return [
        one
        for one in (found if found is not None else ())
        if child(one, "AttachmentId") is not None
    ]


def ident(attachment: Element) -> str:
    """The id of an attachment at Exchange."""
    found = child(attachment, "AttachmentId")
    return str(found.get("Id", "")) if found is not None else ""


def render(attachment: Element, content: str | None) -> dict[str, Any]:
    """An attachment as Graph shows it.

    :param content: in base64; ``None`` = not asked for
    """
    fields = members(attachment)
    is_file = _is_file(attachment)
    kind = _KINDS.get(local(attachment), "itemAttachment")
    shown: dict[str, Any] = {
        "@odata.type": f"#microsoft.graph.{kind}",
        "id": to_rest(ident(attachment)),
        "lastModifiedDateTime": time_of(fields.get("LastModifiedTime")),
        "name": words(fields.get("Name")),
        "contentType": words_or_none(fields.get("ContentType")),
        "size": number(fields.get("Size")),
        "isInline": true(fields.get("IsInline")),
    }
    if is_file:
        shown["contentId"] = words_or_none(fields.get("ContentId"))
        shown["contentLocation"] = words_or_none(fields.get("ContentLocation"))
        if content is not None:
            shown["contentBytes"] = content
    return shown


def _project(shown: dict[str, Any], wanted: set[str] | None) -> dict[str, Any]:
    if wanted is None:
        return shown
    return {
        name: value
        for name, value in shown.items()
        if name in wanted or name == "id" or name[0] == "@"
    }


def _wanted(options: Options) -> set[str] | None:
    """The selected properties, those of files without the name of their type.

    :raises GraphError: 400
    """
    if options.select is None:
        return None
    found = set()
    for name in options.select:
        cast, _slash, bare = name.rpartition("/")
        fields = _FIELDS if not cast else _FIELDS | _FILE_FIELDS
        if bare not in fields or (
            cast and cast.lower() != "microsoft.graph.fileattachment"
        ):
            raise bad_request(
                f"Could not find a property named '{bare[:80]}' on type "
                "'microsoft.graph.attachment'.",
                "RequestBroker--ParseUri",
            )
        found.add(bare)
    return found


def expanded(call: Call, item: Element, options: Options) -> list[dict[str, Any]]:
    """``attachments`` of a message, with the contents of its files if wanted."""
    wanted = _wanted(options)
    rows = rows_of(item)
    contents: dict[str, str] = {}
    if wanted is None or "contentBytes" in wanted:
        contents = _contents(call, [row for row in rows if _is_file(row)])
    return [_project(render(row, contents.get(ident(row))), wanted) for row in rows]


def _is_file(attachment: Element) -> bool:
    return local(attachment) == "FileAttachment"


def _contents(call: Call, rows: list[Element]) -> dict[str, str]:
    """Contents in base64 by the attachments' ids, as far as Exchange gives them out.

    What it does not give out (it is broken, or a virus scanner took it away) hides
    neither the message nor its other attachments.
    """
    found: dict[str, str] = {}
    lot: list[str] = []
    size = 0
    for row in rows:
        one = number(child(row, "Size"))
        if lot and (size + one > _LOT or len(lot) >= _MOST):
            found.update(_fetch(call, lot))
            lot, size = [], 0
        lot.append(ident(row))
        size += one
    if lot:
        found.update(_fetch(call, lot))
    return found


def _fetch(call: Call, ids: list[str]) -> dict[str, str]:
    results = call.exchange.call(lambda _v: operations.get_attachments(ids))
    if len(results) != len(ids):
        raise bad_gateway("The Exchange server left out an attachment.")
    found = {}
    for one, result in zip(ids, results, strict=True):
        if result.error is not None and result.error.status not in _BROKEN:
            raise result.error
        attachments = children(result.element, "Attachments")
        if attachments and result.error is None:
            found[one] = "".join(text(attachments[0], "Content").split())
    return found


# -- handlers --------------------------------------------------------------------------


def list_attachments(call: Call) -> Answer:
    """GET messages/{id}/attachments."""
    rows = expanded(call, _item(call), call.options)
    context = call.context("messages/attachments")
    return Answer(200, {"@odata.context": context, "value": rows})


def get(call: Call) -> Answer:
    """GET messages/{id}/attachments/{id}."""
    wanted = _wanted(call.options)
    row = _named(call)
    content = _contents(call, [row]).get(ident(row)) if _is_file(row) else None
    context = call.context("messages/attachments/$entity")
    shown = _project(render(row, content), wanted)
    return Answer(200, {"@odata.context": context, **shown})


def get_value(call: Call) -> Answer:
    """GET messages/{id}/attachments/{id}/$value: the bytes; of an item its MIME."""
    row = _named(call)
    if _is_file(row):
        kind = words_or_none(child(row, "ContentType")) or "application/octet-stream"
        content = _contents(call, [row]).get(ident(row))
    else:
        kind, content = "message/rfc822", _mime(call, ident(row))
    if content is None:
        raise not_found()
    try:
        raw = base64.b64decode(content)
    except (binascii.Error, ValueError):
        raise bad_gateway("Exchange's attachment cannot be read.") from None
    safe = kind if kind.isascii() and kind.isprintable() else ""
    return Answer(200, raw, content_type=safe or "application/octet-stream")


def _mime(call: Call, ews_id: str) -> str | None:
    try:
        message = call.exchange.one(
            lambda _v: operations.get_attachments([ews_id], mime=True)
        )
    except GraphError as error:
        if error.status in _BROKEN:
            return None
        raise
    for attachment in children(message, "Attachments"):
        for inner in attachment:
            found = child(inner, "MimeContent")
            if found is not None:
                return found.text or ""
    return None


def _item(call: Call) -> Element:
    item = ItemId(to_ews(call.keys["message"]))
    shape = Shape(("item:Attachments",))
    return item_of(call.exchange.one(lambda _v: operations.get_items([item], shape)))


def _named(call: Call) -> Element:
    """The attachment of the path, which must be one of this message."""
    wanted = to_ews(call.keys["attachment"])
    for row in rows_of(_item(call)):
        if ident(row) == wanted:
            return row
    raise not_found()


def register(router: Router) -> None:
    """Add the paths of attachments."""
    for head in ("messages/<message>", "mailFolders/<folder>/messages/<message>"):
        router.add("GET", f"{head}/attachments", list_attachments)
        router.add("GET", f"{head}/attachments/<attachment>", get)
        router.add("GET", f"{head}/attachments/<attachment>/$value", get_value)
