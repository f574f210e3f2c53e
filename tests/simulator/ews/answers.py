"""Answers to invitations: AcceptItem, TentativelyAcceptItem, DeclineItem.

Source: https://learn.microsoft.com/exchange/client-developer/web-service-reference/acceptitem
"""

from __future__ import annotations

from ..event_changes import answer_invitation
from ..event_store import find_by_uid
from ..mailbox import Item
from .errors import EwsError
from .ids import find_item
from .request import Request
from .xml import Element, child, local, text_of

_ANSWERS = {
    "AcceptItem": "accepted",
    "TentativelyAcceptItem": "tentativelyAccepted",
    "DeclineItem": "declined",
}


def respond(request: Request, element: Element, disposition: str | None) -> Item | None:
    """Answer the meeting of ``ReferenceItemId``: an event, or the mail about it."""
    reference = child(element, "t:ReferenceItemId")
    key = reference.get("Id") or "" if reference is not None else ""
    item, day = find_item(request.mailbox, key)
    if item.kind == "message":
        found = find_by_uid(request.mailbox, item.extra.get("uid", ""))
        if found is None:
            raise EwsError("ErrorInvalidReferenceItem", "It is about no meeting here.")
        item = found
    if item.kind != "event":
        raise EwsError("ErrorInvalidReferenceItem", "That is no meeting.")
    if item.data["isOrganizer"]:
        word = (
            local(element)
            .removesuffix("Item")
            .replace("TentativelyAccept", "Tentative")
        )
        raise EwsError(f"ErrorCalendarIsOrganizerFor{word}")
    request.works += answer_invitation(
        request.service,
        request.mailbox,
        item,
        day,
        _ANSWERS[local(element)],
        send=disposition != "SaveOnly",
        comment=text_of(element, "t:Body"),
    )
    return None
