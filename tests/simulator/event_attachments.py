"""Attachments of events.

Source: https://learn.microsoft.com/graph/api/event-list-attachments
"""

from __future__ import annotations

from .attachments import find_attachment, new_attachment, render_attachment, render_list
from .call import Answer, Call
from .events import event_named
from .mailbox import Item
from .odata import Options
from .routing import Router


def list_attachments(call: Call) -> Answer:
    """GET events/{id}/attachments."""
    item, _day = event_named(call)
    return Answer(200, render_list(call, item, "events"))


def get_attachment(call: Call) -> Answer:
    """GET events/{id}/attachments/{id}."""
    item, _day = event_named(call)
    attachment = find_attachment(item, call.keys["attachment"])
    context = {"@odata.context": call.context("events/attachments/$entity")}
    shown = render_attachment(call, item, attachment, call.options)
    return Answer(200, {**context, **shown})


def add_attachment(call: Call) -> Answer:
    """POST events/{id}/attachments (below 3 MB)."""
    item, _day = event_named(call)
    attachment = new_attachment(call, call.json())
    item.attachments = [*item.attachments, attachment]
    _count(call, item)
    return Answer(201, render_attachment(call, item, attachment, Options()))


def delete_attachment(call: Call) -> Answer:
    """DELETE events/{id}/attachments/{id}."""
    item, _day = event_named(call)
    gone = find_attachment(item, call.keys["attachment"])
    item.attachments = [row for row in item.attachments if row is not gone]
    _count(call, item)
    return Answer(204)


def _count(call: Call, item: Item) -> None:
    some = any(not row.data["isInline"] for row in item.attachments)
    call.mailbox.touch(item, hasAttachments=some)


def register(router: Router) -> None:
    """Add the paths of an event's attachments."""
    head = "events/{event}/attachments"
    router.add("GET", head, "Calendars")(list_attachments)
    router.add("POST", head, "Calendars")(add_attachment)
    router.add("GET", head + "/{attachment}", "Calendars")(get_attachment)
    router.add("DELETE", head + "/{attachment}", "Calendars")(delete_attachment)
