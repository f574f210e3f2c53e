"""The mails about meetings that arrive in the inboxes of people who have one here."""

from __future__ import annotations

from .body import preview
from .directory import User
from .drafts import finish, message_defaults
from .event_values import recipient
from .mailbox import Item, Mailbox

_TYPES = {
    "request": ("eventMessageRequest", "meetingRequest", ""),
    "update": ("eventMessageRequest", "meetingRequest", ""),
    "forward": ("eventMessageRequest", "meetingRequest", ""),
    "cancellation": ("eventMessage", "meetingCancelled", "Canceled: "),
    "accepted": ("eventMessageResponse", "meetingAccepted", "Accepted: "),
    # The service's own spelling.
    "tentativelyAccepted": (
        "eventMessageResponse",
        "meetingTenativelyAccepted",
        "Tentative: ",
    ),
    "declined": ("eventMessageResponse", "meetingDeclined", "Declined: "),
}


def drop_mail(
    mailbox: Mailbox, kind: str, sender: User, event: dict, comment: str
) -> Item:
    """Put the mail about a meeting into the inbox.

    :param kind: of the mail; of a response what the answer is
    """
    odata_type, meeting_type, prefix = _TYPES[kind]
    data = message_defaults(mailbox)
    data |= {
        "subject": prefix + event["subject"],
        "body": {"contentType": "html", "content": comment or event["body"]["content"]},
        "sender": recipient(sender),
        "from": recipient(sender),
        "toRecipients": [
            {"emailAddress": row["emailAddress"]} for row in event["attendees"]
        ],
        "internetMessageId": f"<{mailbox.id}.{mailbox.sequence}@simulator.example>",
        "meetingMessageType": meeting_type,
        "startDateTime": event["start"],
        "endDateTime": event["end"],
        "isAllDay": event["isAllDay"],
    }
    data["bodyPreview"] = preview(data["body"])
    finish(mailbox, data)
    item = Item("message", data, odata_type)
    item.extra["uid"] = event["iCalUId"]
    return mailbox.add(mailbox.well_known["inbox"], item)
