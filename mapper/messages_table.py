"""The properties of a message, and where Exchange keeps them.

Source: https://learn.microsoft.com/exchange/client-developer/web-service-reference/message-ex15websvcsotherref
"""

from __future__ import annotations

from typing import Any

from . import values
from .ids import to_rest
from .reading import Fields, Property, change_key
from .soap import Element, local, text

#: Elements of the answers that are more than plain messages.
ODATA_TYPES = {
    "MeetingRequest": "eventMessageRequest",
    "MeetingResponse": "eventMessageResponse",
    "MeetingCancellation": "eventMessage",
    "MeetingMessage": "eventMessage",
}


def _text(name: str) -> Any:
    return lambda fields: values.words(fields.get(name))


def _text_or_none(name: str) -> Any:
    return lambda fields: values.words_or_none(fields.get(name))


def _time(name: str) -> Any:
    return lambda fields: values.time_of(fields.get(name))


def _flag(name: str) -> Any:
    return lambda fields: values.true(fields.get(name))


def _people(name: str) -> Any:
    return lambda fields: values.recipients(fields.get(name))


def folder_id(fields: Fields) -> str | None:
    """``parentFolderId``."""
    found = fields.get("ParentFolderId")
    return to_rest(str(found.get("Id"))) if found is not None else None


def _conversation(fields: Fields) -> str | None:
    found = fields.get("ConversationId")
    return to_rest(str(found.get("Id"))) if found is not None else None


def _sender(fields: Fields) -> dict[str, Any] | None:
    found = fields.get("Sender")
    return values.recipient(fields.get("From") if found is None else found)


def _from(fields: Fields) -> dict[str, Any] | None:
    found = fields.get("From")
    return values.recipient(fields.get("Sender") if found is None else found)


def _preview(fields: Fields) -> str:
    found = fields.get("Preview")
    if found is not None:
        return (found.text or "")[:255]
    return values.preview(values.body(fields.get("Body")))


def _headers(fields: Fields) -> list[dict[str, str]]:
    found = fields.get("InternetMessageHeaders")
    return [
        {"name": one.get("HeaderName", ""), "value": one.text or ""}
        for one in (found if found is not None else ())
    ]


def _flag_status(fields: Fields) -> dict[str, Any]:
    status = text(fields.get("Flag"), "FlagStatus")
    return {"flagStatus": status[:1].lower() + status[1:] if status else "notFlagged"}


def _index(fields: Fields) -> str | None:
    value = values.words(fields.get("ConversationIndex")).strip()
    return value or None


def web_link(fields: Fields) -> str | None:
    """Where Outlook on the web shows it: an address, or the end of one."""
    return values.words(fields.get("WebClientReadFormQueryString")).strip() or None


#: ``bodyPreview`` before Exchange 2013 is cut out of the body.
PREVIEW_SINCE = 3
TABLE = {
    "createdDateTime": Property(("item:DateTimeCreated",), _time("DateTimeCreated")),
    "lastModifiedDateTime": Property(
        ("item:LastModifiedTime",), _time("LastModifiedTime")
    ),
    "changeKey": Property((), change_key),
    "categories": Property(
        ("item:Categories",), lambda fields: values.strings(fields.get("Categories"))
    ),
    "receivedDateTime": Property(("item:DateTimeReceived",), _time("DateTimeReceived")),
    "sentDateTime": Property(("item:DateTimeSent",), _time("DateTimeSent")),
    "hasAttachments": Property(("item:HasAttachments",), _flag("HasAttachments")),
    "internetMessageId": Property(
        ("message:InternetMessageId",), _text_or_none("InternetMessageId")
    ),
    "internetMessageHeaders": Property(
        ("item:InternetMessageHeaders",), _headers, usual=False
    ),
    "subject": Property(("item:Subject",), _text("Subject")),
    "bodyPreview": Property(("item:Preview",), _preview, since=PREVIEW_SINCE),
    "importance": Property(
        ("item:Importance",),
        lambda fields: values.enumeration(fields.get("Importance"), "normal"),
    ),
    "parentFolderId": Property(("item:ParentFolderId",), folder_id),
    "conversationId": Property(("item:ConversationId",), _conversation),
    "conversationIndex": Property(("message:ConversationIndex",), _index),
    "isDeliveryReceiptRequested": Property(
        ("message:IsDeliveryReceiptRequested",), _flag("IsDeliveryReceiptRequested")
    ),
    "isReadReceiptRequested": Property(
        ("message:IsReadReceiptRequested",), _flag("IsReadReceiptRequested")
    ),
    "isRead": Property(("message:IsRead",), _flag("IsRead")),
    "isDraft": Property(("item:IsDraft",), _flag("IsDraft")),
    "inferenceClassification": Property((), lambda _fields: "focused"),
    "body": Property(("item:Body",), lambda fields: values.body(fields.get("Body"))),
    "uniqueBody": Property(
        ("item:UniqueBody",),
        lambda fields: values.body(fields.get("UniqueBody")),
        usual=False,
    ),
    "sender": Property(("message:Sender", "message:From"), _sender),
    "from": Property(("message:From", "message:Sender"), _from),
    "toRecipients": Property(("message:ToRecipients",), _people("ToRecipients")),
    "ccRecipients": Property(("message:CcRecipients",), _people("CcRecipients")),
    "bccRecipients": Property(("message:BccRecipients",), _people("BccRecipients")),
    "replyTo": Property(("message:ReplyTo",), _people("ReplyTo")),
    "webLink": Property(("item:WebClientReadFormQueryString",), web_link),
    "flag": Property(("item:Flag",), _flag_status, since=3),
}
#: What ``$select`` may name.
PROPERTIES = frozenset({"id", *TABLE})


def odata_type(item: Element) -> str:
    """``#microsoft.graph.message``, or what it is beyond that."""
    return f"#microsoft.graph.{ODATA_TYPES.get(local(item), 'message')}"
