"""Fields that every kind of item has.

Source: https://learn.microsoft.com/exchange/client-developer/web-service-reference/item
"""

from __future__ import annotations

import base64

from ..body import convert, html_to_text, unique_body
from ..drafts import to_mime
from ..event_store import is_deleted
from ..event_values import series_of
from ..mapi import class_of, size_of
from . import attached, extended, ical, ids
from .errors import EwsError
from .fields import (
    Field,
    Thing,
    boolean,
    constant,
    filled,
    nothing,
    of,
    one_of,
    strings,
    takes,
    takes_one_of,
    takes_strings,
    text,
    thing_of,
)
from .people import names
from .request import Request
from .xml import Element, add, flag, is_true, text_of

IMPORTANCE = {"low": "Low", "normal": "Normal", "high": "High"}
SENSITIVITY = {
    "normal": "Normal",
    "personal": "Personal",
    "private": "Private",
    "confidential": "Confidential",
}
FLAGS = {"notFlagged": "NotFlagged", "complete": "Complete", "flagged": "Flagged"}
_RIGHTS = (
    ("CreateAssociated", False),
    ("CreateContents", False),
    ("CreateHierarchy", False),
    ("Delete", True),
    ("Modify", True),
    ("Read", True),
)


def mime_of(thing: Thing) -> bytes | None:
    """The RFC 5322 text of a message, the iCalendar text of an event.

    Other kinds have none, as Exchange has no conversion for them.
    """
    item = thing.item
    if item.kind == "event":
        return ical.calendar_of(thing, _exceptions(thing))
    if item.kind != "message":
        return None
    if item.mime is None:
        item.mime = to_mime(item)
    return item.mime


def _exceptions(thing: Thing) -> list[Thing]:
    """What was changed of a series, where the thing is its master."""
    series = series_of(thing.item) if thing.one is None else None
    days = sorted(d for d in series.changed if series.has(d)) if series else []
    return [thing_of(thing.request, thing.item, day, thing.shape) for day in days]


def _mime(out: Element, tag: str, thing: Thing) -> None:
    content = mime_of(thing)
    if content is None and thing.shape.mime:
        raise EwsError(
            "ErrorUnsupportedMimeConversion",
            "Mime conversion is not supported for this item type.",
        )
    if content is not None:
        data = base64.b64encode(content).decode()
        add(out, f"t:{tag}", data, CharacterSet="UTF-8")


def _item_id(out: Element, tag: str, thing: Thing) -> None:
    day = thing.one.day if thing.one is not None else None
    ids.add_item_id(out, thing.item, day)


def _parent(out: Element, tag: str, thing: Thing) -> None:
    home = ids.home_of(thing.request.mailbox, thing.item)
    ids.add_folder_id(out, home, f"t:{tag}")


def item_class(thing: Thing) -> str:
    """The class of an item, by MAPI's names."""
    return class_of(thing.item, thing.one is not None)


def _subject(thing: Thing) -> str | None:
    if thing.item.kind == "contact":
        return thing.data.get("displayName") or ""
    return thing.data.get("subject") or ""


def body_of(thing: Thing) -> dict:
    """The body in the wanted format: contentType and content."""
    if thing.item.kind == "contact":
        body = {"contentType": "text", "content": thing.data.get("personalNotes") or ""}
    else:
        body = thing.data["body"]
    wanted = "" if thing.shape.body == "Best" else thing.shape.body.lower()
    return convert(body, wanted)


def _add_body(out: Element, tag: str, body: dict) -> None:
    kind = "HTML" if body["contentType"] == "html" else "Text"
    add(out, f"t:{tag}", body["content"], BodyType=kind)


def _body(out: Element, tag: str, thing: Thing) -> None:
    _add_body(out, tag, body_of(thing))


def _unique_body(out: Element, tag: str, thing: Thing) -> None:
    _add_body(out, tag, unique_body(body_of(thing)))


def _text_body(out: Element, tag: str, thing: Thing) -> None:
    _add_body(out, tag, convert(body_of(thing), "text"))


def _size(thing: Thing) -> str:
    return str(size_of(thing.item))


def _headers(out: Element, tag: str, thing: Thing) -> None:
    rows = thing.item.headers
    if rows:
        holder = add(out, f"t:{tag}")
        for row in rows:
            name = "t:InternetMessageHeader"
            add(holder, name, row["value"], HeaderName=row["name"])


def _reply_header(thing: Thing) -> str | None:
    wanted = ("in-reply-to",)
    return next(
        (r["value"] for r in thing.item.headers if r["name"].lower() in wanted), None
    )


def _has_attachments(thing: Thing) -> str:
    inline = (not a.data["isInline"] for a in thing.item.attachments)
    return flag(any(inline) or "photo" in thing.item.extra)


def _extended(out: Element, tag: str, thing: Thing) -> None:
    for wanted in thing.shape.tags:
        extended.add_value(
            out, wanted, thing.item, thing.data, thing.extended, thing.shape.brief
        )


def _rights(out: Element, tag: str, thing: Thing) -> None:
    holder = add(out, f"t:{tag}")
    for name, value in _RIGHTS:
        add(holder, f"t:{name}", flag(value))


def _conversation(out: Element, tag: str, thing: Thing) -> None:
    key = thing.data.get("conversationId")
    if key:
        add(out, f"t:{tag}", Id=ids.to_ews(key))


def _flag(out: Element, tag: str, thing: Thing) -> None:
    if thing.item.kind != "message":
        return
    status = thing.data["flag"].get("flagStatus", "notFlagged")
    add(add(out, f"t:{tag}"), "t:FlagStatus", FLAGS.get(status, "NotFlagged"))


def _preview(thing: Thing) -> str | None:
    if thing.item.kind == "contact":
        return None
    return thing.data.get("bodyPreview") or None


def _owner(thing: Thing) -> str:
    return thing.request.user.name


def _draft(thing: Thing) -> str:
    return flag(thing.data.get("isDraft") and not is_deleted(thing.item))


def _web_link(thing: Thing) -> str | None:
    query = (thing.data.get("webLink") or "").partition("?")[2]
    return query or None


# -- reading ---------------------------------------------------------------------------


def _read_body(element: Element, request: Request) -> dict:
    content = element.text or ""
    html = element.get("BodyType") == "HTML"
    plain = html_to_text(content) if html else content
    return {
        "body": {"contentType": "html" if html else "text", "content": content},
        "personalNotes": plain,
    }


def _read_flag(element: Element, request: Request) -> dict:
    status = text_of(element, "t:FlagStatus")
    back = {ews: graph for graph, ews in FLAGS.items()}
    return {"flag": {"flagStatus": back.get(status, "notFlagged")}}


def _read_minutes(element: Element, request: Request) -> dict:
    return {"reminderMinutesBeforeStart": int(element.text or "0")}


def _read_reminder(element: Element, request: Request) -> dict:
    return {"isReminderOn": is_true(element.text)}


def _read_class(element: Element, request: Request) -> dict:
    return {"itemClass": (element.text or "").strip()}


ITEM = [
    Field("item:MimeContent", _mime, "", brief=False, read=lambda e, r: {}),
    Field("item:ItemId", _item_id, "DA"),
    Field("item:ParentFolderId", _parent),
    Field("item:ItemClass", text(item_class), read=_read_class),
    Field("item:Subject", text(_subject), "DA", read=takes("subject")),
    Field(
        "item:Sensitivity",
        one_of(SENSITIVITY, "sensitivity", "Normal"),
        "DA",
        read=takes_one_of(SENSITIVITY, "sensitivity"),
    ),
    Field("item:Body", _body, "DA", brief=False, read=_read_body),
    Field("item:Attachments", attached.show_list, "DA", brief=False),
    Field(
        "item:DateTimeReceived",
        text(lambda t: t.data.get("receivedDateTime") or t.data["createdDateTime"]),
    ),
    Field("item:Size", text(_size), "DA"),
    Field(
        "item:Categories",
        strings(lambda thing: thing.data.get("categories") or []),
        read=takes_strings("categories"),
    ),
    Field(
        "item:Importance",
        one_of(IMPORTANCE, "importance", "Normal"),
        read=takes_one_of(IMPORTANCE, "importance"),
    ),
    Field("item:InReplyTo", text(_reply_header)),
    Field("item:IsSubmitted", constant("false")),
    Field("item:IsDraft", text(_draft)),
    Field("item:IsFromMe", constant("false")),
    Field("item:IsResend", constant("false")),
    Field("item:IsUnmodified", constant("false")),
    Field("item:InternetMessageHeaders", _headers, brief=False),
    Field(
        "item:DateTimeSent",
        text(lambda t: t.data.get("sentDateTime") or t.data["createdDateTime"]),
        "DA",
    ),
    Field("item:DateTimeCreated", of("createdDateTime"), "DA"),
    Field("item:ResponseObjects", nothing, brief=False),
    Field("item:ReminderDueBy", nothing),
    Field("item:ReminderIsSet", boolean("isReminderOn"), read=_read_reminder),
    Field("item:ReminderNextTime", nothing),
    Field(
        "item:ReminderMinutesBeforeStart",
        text(lambda t: str(t.data.get("reminderMinutesBeforeStart") or 0)),
        read=_read_minutes,
    ),
    Field("item:DisplayCc", names("ccRecipients")),
    Field("item:DisplayTo", names("toRecipients")),
    Field("item:DisplayBcc", names("bccRecipients"), ""),
    Field("item:HasAttachments", text(_has_attachments), "DA"),
    Field("item:ExtendedProperty", _extended, "X"),
    Field("item:Culture", constant("en-US"), read=lambda e, r: {}),
    Field("item:EffectiveRights", _rights),
    Field("item:LastModifiedName", text(_owner)),
    Field("item:LastModifiedTime", of("lastModifiedDateTime")),
    Field("item:IsAssociated", constant("false"), "DA"),
    Field("item:WebClientReadFormQueryString", text(_web_link)),
    Field("item:ConversationId", _conversation),
    Field("item:UniqueBody", _unique_body, "", brief=False),
    Field("item:Flag", _flag, read=_read_flag),
    Field("item:NormalizedBody", _body, "", brief=False),
    Field("item:Preview", text(_preview)),
    Field("item:TextBody", _text_body, "", brief=False),
    Field("item:InferenceClassification", nothing, ""),
]
__all__ = ["FLAGS", "IMPORTANCE", "ITEM", "SENSITIVITY", "body_of", "filled", "mime_of"]
