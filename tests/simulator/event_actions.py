"""What people do with meetings: answer, cancel, forward; and reminders.

Source: https://learn.microsoft.com/graph/api/event-accept, event-decline,
event-tentativelyaccept, event-cancel, event-forward
"""

from __future__ import annotations

from collections.abc import Callable

from .call import Answer, Call
from .errors import bad_request
from .event_changes import answer_invitation, pass_on, withdraw
from .event_properties import MOMENT, WHO
from .event_times import cannot, read_span
from .events import event_named
from .mailbox import Item
from .routing import Router
from .shapes import Shape, read_shape

_RESPONSE: Shape = {
    "comment": "str",
    "sendresponse": "bool",
    "proposednewtime": {"start": MOMENT, "end": MOMENT},
}


def _body(call: Call, shape: Shape) -> dict:
    """The parameters of an action; their names in any case, an empty body allowed."""
    values = call.json() if call.body else {}
    return read_shape({k.lower(): v for k, v in values.items()}, shape, "action")


def _responder(answer: str) -> Callable[[Call], Answer]:
    def handler(call: Call) -> Answer:
        return _respond(call, answer)

    handler.__doc__ = f"POST events/{{id}}/…: {answer}."
    return handler


def _respond(call: Call, answer: str) -> Answer:
    item, day = event_named(call)
    shape = dict(_RESPONSE)
    if answer == "accepted":
        del shape["proposednewtime"]
    values = _body(call, shape)
    send = values.get("sendresponse")
    send = True if send is None else send
    _check_response(item, values, send)
    call.after += answer_invitation(
        call.service,
        call.mailbox,
        item,
        day,
        answer,
        send=send,
        comment=values.get("comment") or "",
        proposed=values.get("proposednewtime"),
    )
    return Answer(202)


def _check_response(item: Item, values: dict, send: bool) -> None:
    if item.data["isOrganizer"]:
        raise cannot(
            "You can't respond to this meeting because you're the meeting organizer."
        )
    if not item.data["responseRequested"]:
        raise cannot("The meeting organizer hasn't requested a response.")
    if values.get("comment") and not send:
        raise bad_request(
            "'SendResponse' must be true when 'Comment' is not null.",
            "ErrorInvalidParameter",
        )
    proposed = values.get("proposednewtime")
    if proposed and not (send and item.data["allowNewTimeProposals"]):
        raise bad_request(
            "A new time can be proposed only with a response, and where the organizer "
            "allows it.",
            "ErrorInvalidParameter",
        )
    if proposed:
        read_span(proposed)


def cancel(call: Call) -> Answer:
    """POST events/{id}/cancel: the organiser alone may."""
    item, day = event_named(call)
    values = _body(call, {"comment": "str"})
    if not item.data["isOrganizer"]:
        raise cannot("You need to be an organizer to cancel a meeting.")
    comment = values.get("comment") or ""
    call.after += withdraw(call.service, call.mailbox, item, day, comment)
    return Answer(202)


def forward(call: Call) -> Answer:
    """POST events/{id}/forward; an organiser's further people become attendees."""
    item, _day = event_named(call)
    values = _body(call, {"comment": "str", "torecipients": [WHO]})
    recipients = values.get("torecipients")
    if not recipients:
        raise bad_request("The ToRecipients are missing.", "ErrorInvalidRecipients")
    comment = values.get("comment") or ""
    call.after += pass_on(call.service, call.mailbox, item, recipients, comment)
    return Answer(202)


def dismiss_reminder(call: Call) -> Answer:
    """POST events/{id}/dismissReminder."""
    item, _day = event_named(call)
    call.mailbox.touch(item, isReminderOn=False)
    return Answer(200)


def snooze_reminder(call: Call) -> Answer:
    """POST events/{id}/snoozeReminder {newReminderTime}."""
    event_named(call)
    values = _body(call, {"newremindertime": MOMENT})
    moment = values.get("newremindertime")
    if not moment:
        raise bad_request("The NewReminderTime is missing.", "ErrorInvalidParameter")
    read_span({"start": moment, "end": moment})
    return Answer(200)


def register(router: Router) -> None:
    """Add the actions, below a calendar and on their own."""
    for head in ("", "calendar/", "calendars/{calendar}/"):
        for name, handler in (
            ("accept", _responder("accepted")),
            ("tentativelyAccept", _responder("tentativelyAccepted")),
            ("decline", _responder("declined")),
            ("cancel", cancel),
            ("forward", forward),
            ("dismissReminder", dismiss_reminder),
            ("snoozeReminder", snooze_reminder),
        ):
            pattern = f"{head}events/{{event}}/{name}"
            router.add("POST", pattern, "Calendars")(handler)
