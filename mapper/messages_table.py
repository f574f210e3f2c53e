"""The properties of a message, and where Exchange keeps them.

Source: https://learn.microsoft.com/exchange/client-developer/web-service-reference/message-ex15websvcsotherref
"""

from __future__ import annotations

from typing import Any

from . import values
from .ids import to_rest
from .reading import Fields, Property, Table, change_key, single
from .soap import Element, text

#: Elements of the answers that are more than plain messages.
ODATA_TYPES = {
    "MeetingRequest": "eventMessageRequest",
    "MeetingResponse": "eventMessageResponse",
    "MeetingCancellation": "eventMessage",
    "MeetingMessage": "eventMessage",
}


def folder_id(found: Element | None) -> str | None:
    """``parentFolderId``, and ids like it."""
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


def _body(fields: Fields) -> dict[str, str]:
    return values.body(fields.get("Body"))


def _headers(found: Element | None) -> list[dict[str, str]]:
    return [
        {"name": one.get("HeaderName", ""), "value": one.text or ""}
        for one in (found if found is not None else ())
    ]


def _flag_status(found: Element | None) -> dict[str, Any]:
    status = text(found, "FlagStatus")
    return {"flagStatus": status[:1].lower() + status[1:] if status else "notFlagged"}


def trimmed(found: Element | None) -> str | None:
    """A text without blanks around it, ``None`` when nothing is left."""
    return values.words(found).strip() or None


#: ``bodyPreview`` before Exchange 2013 is cut out of the body.
PREVIEW_SINCE = 3
TABLE = Table(
    {
        "createdDateTime": single("item:DateTimeCreated", values.time_of),
        "lastModifiedDateTime": single("item:LastModifiedTime", values.time_of),
        "changeKey": Property((), change_key),
        "categories": single("item:Categories", values.strings),
        "receivedDateTime": single("item:DateTimeReceived", values.time_of),
        "sentDateTime": single("item:DateTimeSent", values.time_of),
        "hasAttachments": single("item:HasAttachments", values.true),
        "internetMessageId": single("message:InternetMessageId", values.words_or_none),
        "internetMessageHeaders": single(
            "item:InternetMessageHeaders", _headers, usual=False
        ),
        "subject": single("item:Subject", values.words),
        "bodyPreview": Property(("item:Preview",), _preview, since=PREVIEW_SINCE),
        "importance": single("item:Importance", values.normal),
        "parentFolderId": single("item:ParentFolderId", folder_id),
        "conversationId": single("item:ConversationId", folder_id),
        "conversationIndex": single("message:ConversationIndex", trimmed),
        "isDeliveryReceiptRequested": single(
            "message:IsDeliveryReceiptRequested", values.true
        ),
        "isReadReceiptRequested": single("message:IsReadReceiptRequested", values.true),
        "isRead": single("message:IsRead", values.true),
        "isDraft": single("item:IsDraft", values.true),
        "inferenceClassification": Property((), lambda _fields: "focused"),
        "body": Property(("item:Body",), _body),
        "uniqueBody": single("item:UniqueBody", values.body, usual=False),
        "sender": Property(("message:Sender", "message:From"), _sender),
        "from": Property(("message:From", "message:Sender"), _from),
        "toRecipients": single("message:ToRecipients", values.recipients),
        "ccRecipients": single("message:CcRecipients", values.recipients),
        "bccRecipients": single("message:BccRecipients", values.recipients),
        "replyTo": single("message:ReplyTo", values.recipients),
        "webLink": single("item:WebClientReadFormQueryString", trimmed),
        "flag": single("item:Flag", _flag_status, since=3),
    }
)
#: What ``$select`` may name.
PROPERTIES = frozenset({"id", *TABLE})
