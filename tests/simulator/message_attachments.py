"""Paths of the attachments of messages.

Source: https://learn.microsoft.com/graph/api/message-list-attachments
"""

from __future__ import annotations

import base64

from .attachments import find_attachment, new_attachment, render_attachment, render_list
from .call import Answer, Call
from .drafts import to_mime
from .errors import bad_request
from .messages import count_attachments, message_of
from .odata import Options
from .routing import Router


def list_attachments(call: Call) -> Answer:
    """GET messages/{id}/attachments."""
    return Answer(200, render_list(call, message_of(call), "messages"))


def get_attachment(call: Call) -> Answer:
    """GET messages/{id}/attachments/{id}."""
    item = message_of(call)
    attachment = find_attachment(item, call.keys["attachment"])
    context = {"@odata.context": call.context("messages/attachments/$entity")}
    return Answer(
        200, {**context, **render_attachment(call, item, attachment, call.options)}
    )


def get_attachment_value(call: Call) -> Answer:
    """GET messages/{id}/attachments/{id}/$value: bytes; MIME of an attached item."""
    attachment = find_attachment(message_of(call), call.keys["attachment"])
    if attachment.item is not None:
        mime = attachment.item.mime or to_mime(attachment.item)
        return Answer(200, mime, content_type="text/plain")
    content = attachment.data.get("contentBytes")
    if content is None:
        raise bad_request(
            "A reference attachment has no content.", "ErrorInvalidRequest"
        )
    kind = attachment.data.get("contentType") or "application/octet-stream"
    return Answer(200, base64.b64decode(content), content_type=kind)


def add_attachment(call: Call) -> Answer:
    """POST messages/{id}/attachments (below 3 MB)."""
    item = message_of(call)
    attachment = new_attachment(call, call.json())
    item.attachments = [*item.attachments, attachment]
    item.mime = None
    count_attachments(item)
    call.mailbox.touch(item)
    return Answer(201, render_attachment(call, item, attachment, Options()))


def delete_attachment(call: Call) -> Answer:
    """DELETE messages/{id}/attachments/{id}."""
    item = message_of(call)
    gone = find_attachment(item, call.keys["attachment"])
    item.attachments = [a for a in item.attachments if a is not gone]
    item.mime = None
    count_attachments(item)
    call.mailbox.touch(item)
    return Answer(204)


def register(router: Router) -> None:
    """Add the paths, below a folder's message and a message on its own."""
    for head in ("messages/{message}", "mailFolders/{folder}/messages/{message}"):
        path = head + "/attachments"
        for method, tail, handler in (
            ("GET", "", list_attachments),
            ("POST", "", add_attachment),
            ("GET", "/{attachment}", get_attachment),
            ("DELETE", "/{attachment}", delete_attachment),
            ("GET", "/{attachment}/$value", get_attachment_value),
        ):
            router.add(method, path + tail, "Mail")(handler)
