"""Fields of messages, and of the messages about meetings.

Source: https://learn.microsoft.com/exchange/client-developer/web-service-reference/message-ex15websvcsotherref
"""

from __future__ import annotations

from ..clock import iso, parse_iso
from ..event_store import find_by_uid
from .fields import Field, Show, Thing, boolean, constant, filled, nothing, takes, text
from .ids import to_ews
from .people import people, person, takes_people, takes_person
from .request import Request
from .xml import Element, add, is_true

_RESPONSES = {
    "meetingAccepted": "Accept",
    "meetingDeclined": "Decline",
    "meetingTenativelyAccepted": "Tentative",
    "meetingTentativelyAccepted": "Tentative",
}


def _header(name: str) -> Show:
    def get(thing: Thing) -> str | None:
        rows = thing.item.headers
        return next((r["value"] for r in rows if r["name"].lower() == name), None)

    return text(get)


def _topic(thing: Thing) -> str:
    subject = thing.data.get("subject") or ""
    head, _, tail = subject.partition(":")
    return tail.strip() if head.lower() in ("re", "fw", "fwd", "aw", "wg") else subject


def _takes_boolean(key: str):
    def read(element: Element, request: Request) -> dict:
        return {key: is_true(element.text)}

    return read


MESSAGE = [
    Field("message:Sender", person("sender"), "A", read=takes_person("sender")),
    Field(
        "message:ToRecipients",
        people("toRecipients"),
        "A",
        False,
        takes_people("toRecipients"),
    ),
    Field(
        "message:CcRecipients",
        people("ccRecipients"),
        "A",
        False,
        takes_people("ccRecipients"),
    ),
    Field(
        "message:BccRecipients",
        people("bccRecipients"),
        "A",
        False,
        takes_people("bccRecipients"),
    ),
    Field(
        "message:IsReadReceiptRequested",
        boolean("isReadReceiptRequested"),
        "DA",
        read=_takes_boolean("isReadReceiptRequested"),
    ),
    Field(
        "message:IsDeliveryReceiptRequested",
        boolean("isDeliveryReceiptRequested"),
        "DA",
        read=_takes_boolean("isDeliveryReceiptRequested"),
    ),
    Field("message:ConversationIndex", filled("conversationIndex")),
    Field("message:ConversationTopic", text(_topic)),
    Field("message:From", person("from"), "DA", read=takes_person("from")),
    Field(
        "message:InternetMessageId",
        filled("internetMessageId"),
        "DA",
        read=takes("internetMessageId"),
    ),
    Field("message:IsRead", boolean("isRead"), "DA", read=_takes_boolean("isRead")),
    Field("message:IsResponseRequested", constant("false"), read=lambda e, r: {}),
    Field("message:References", _header("references"), read=lambda e, r: {}),
    Field("message:ReplyTo", people("replyTo"), "A", False, takes_people("replyTo")),
    Field("message:ReceivedBy", nothing),
    Field("message:ReceivedRepresenting", nothing),
]


def _time(key: str) -> Show:
    def get(thing: Thing) -> str | None:
        row = thing.data.get(key)
        if not row or row["dateTime"].startswith("0001"):
            return None
        return iso(parse_iso(row["dateTime"]))

    return text(get)


def _response(thing: Thing) -> str:
    return _RESPONSES.get(thing.data.get("meetingMessageType") or "", "Unknown")


def _associated(out: Element, tag: str, thing: Thing) -> None:
    """The event that a message is about, where it is in the calendar."""
    uid = thing.item.extra.get("uid")
    event = find_by_uid(thing.request.mailbox, uid) if uid else None
    if event is not None:
        key = event.data["changeKey"]
        add(out, f"t:{tag}", Id=to_ews(event.id), ChangeKey=key)


MEETING = [
    Field("meeting:AssociatedCalendarItemId", _associated, "DA"),
    Field("meeting:IsDelegated", boolean("isDelegated"), "DA"),
    Field("meeting:IsOutOfDate", boolean("isOutOfDate"), "DA"),
    Field("meeting:HasBeenProcessed", constant("true"), "DA"),
    Field("meeting:ResponseType", text(_response), "DA"),
    Field("calendar:UID", text(lambda thing: thing.item.extra.get("uid")), "DA"),
]
MEETING_REQUEST = [
    Field("meetingRequest:MeetingRequestType", constant("NewMeetingRequest"), "DA"),
    Field("calendar:Start", _time("startDateTime"), "DA"),
    Field("calendar:End", _time("endDateTime"), "DA"),
    Field("calendar:IsAllDayEvent", boolean("isAllDay"), "DA"),
    Field(
        "calendar:Location",
        text(lambda t: (t.data.get("location") or {}).get("displayName") or None),
        "DA",
    ),
]
