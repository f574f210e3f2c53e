"""The properties of a message, and where Exchange keeps them.

Source: https://learn.microsoft.com/exchange/client-developer/web-service-reference/message-ex15websvcsotherref
"""

from __future__ import annotations

from typing import Any

from . import values
from .ids import to_rest
from .soap import Element, members
from .table import CHANGE_KEY, Fields, Property, Table, fixed, plain, single

#: Elements of the answers that are more than plain messages.
ODATA_TYPES = {
    "MeetingRequest": "eventMessageRequest",
    "MeetingResponse": "eventMessageResponse",
    "MeetingCancellation": "eventMessage",
    "MeetingMessage": "eventMessage",
}


def folder_id(found: Element | None) -> str | None:
    """``parentFolderId``, and ids like it."""
    ident = found.get("Id") if found is not None else None
    return to_rest(ident) if ident else None


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


_FLAG_TIMES = {
    "completedDateTime": "CompleteDate",
    "dueDateTime": "DueDate",
    "startDateTime": "StartDate",
}


def _flag(found: Element | None) -> dict[str, Any]:
    parts = members(found)
    status = values.words(parts.get("FlagStatus"))
    shown: dict[str, Any] = {
        "flagStatus": status[:1].lower() + status[1:] if status else "notFlagged"
    }
    for name, ews in _FLAG_TIMES.items():
        at = values.moment(values.words(parts.get(ews))) if ews in parts else None
        if at is not None:
            day = f"{at.replace(tzinfo=None).isoformat()}.0000000"
            shown[name] = {"dateTime": day, "timeZone": "UTC"}
    return shown


#: ``bodyPreview`` before Exchange 2013 is cut out of the body.
PREVIEW_SINCE = 3
TABLE = Table(
    {
        "createdDateTime": plain("item:DateTimeCreated", values.as_time),
        "lastModifiedDateTime": plain("item:LastModifiedTime", values.as_time),
        "changeKey": CHANGE_KEY,
        "categories": single("item:Categories", values.strings),
        "receivedDateTime": plain("item:DateTimeReceived", values.as_time),
        "sentDateTime": plain("item:DateTimeSent", values.as_time),
        "hasAttachments": plain("item:HasAttachments", values.as_bool),
        "internetMessageId": plain(
            "message:InternetMessageId", values.as_words_or_none
        ),
        "internetMessageHeaders": single(
            "item:InternetMessageHeaders", _headers, usual=False
        ),
        "subject": plain("item:Subject", values.as_words),
        "bodyPreview": Property(("item:Preview",), _preview, since=PREVIEW_SINCE),
        "importance": plain("item:Importance", values.as_normal),
        "parentFolderId": single("item:ParentFolderId", folder_id),
        "conversationId": single("item:ConversationId", folder_id),
        "conversationIndex": plain("message:ConversationIndex", values.trimmed),
        "isDeliveryReceiptRequested": plain(
            "message:IsDeliveryReceiptRequested", values.as_bool
        ),
        "isReadReceiptRequested": plain(
            "message:IsReadReceiptRequested", values.as_bool
        ),
        "isRead": plain("message:IsRead", values.as_bool),
        "isDraft": plain("item:IsDraft", values.as_bool),
        "inferenceClassification": fixed("focused"),
        "body": Property(("item:Body",), _body),
        "uniqueBody": single("item:UniqueBody", values.body, usual=False),
        "sender": Property(("message:Sender", "message:From"), _sender),
        "from": Property(("message:From", "message:Sender"), _from),
        "toRecipients": single("message:ToRecipients", values.recipients),
        "ccRecipients": single("message:CcRecipients", values.recipients),
        "bccRecipients": single("message:BccRecipients", values.recipients),
        "replyTo": single("message:ReplyTo", values.recipients),
        "webLink": plain("item:WebClientReadFormQueryString", values.trimmed),
        "flag": single("item:Flag", _flag, since=3),
    }
)
#: What ``$select`` may name.
PROPERTIES = frozenset({"id", *TABLE})
