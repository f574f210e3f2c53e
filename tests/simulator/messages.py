"""Messages: list, read, delta, create, change, move, copy, delete, MIME.

Source: https://learn.microsoft.com/graph/api/resources/message
"""

from __future__ import annotations

import base64
import binascii

from . import delta
from .attachments import new_attachment, render_attachment
from .body import as_preferred, preview, unique_body
from .call import Answer, Call
from .changes import Change
from .drafts import message_from_json, message_from_mime, to_mime
from .errors import bad_request, item_not_found, malformed_id, unknown_select
from .filters import Filter, check_order_first, order
from .folders import expand_properties, folder_of, target_folder
from .mailbox import Container, Item
from .mapi import known
from .odata import Options, check_select, next_skip_link, page
from .properties import (
    EVENT_MESSAGE,
    MESSAGE,
    MESSAGE_FIXED,
    read_properties,
)
from .routing import Router
from .shapes import read_shape

_EXPANDS = {
    "attachments",
    "extensions",
    "singlevalueextendedproperties",
    "multivalueextendedproperties",
}
# Members that come only when they are selected or expanded.
_ON_DEMAND = {"internetMessageHeaders", "uniqueBody"}


def message_of(call: Call) -> Item:
    """The message that the path names, also below a folder that holds it.

    :raises GraphError: 404, or 400 for an id that cannot be one
    """
    item = call.mailbox.find(call.keys["message"])
    if item is None:
        if len(call.keys["message"]) < 20:
            raise malformed_id()
        raise item_not_found()
    if "folder" in call.keys:
        folder = folder_of(call)
        if item.container is not folder and folder.well_known != "msgfolderroot":
            raise item_not_found()
    return item


def render(call: Call, item: Item, options: Options) -> dict:
    """A message as Graph shows it to this request."""
    shown: dict = {"@odata.etag": item.etag, "id": item.rest_id(call.immutable)}
    if item.odata_type:
        shown = {"@odata.type": f"#microsoft.graph.{item.odata_type}", **shown}
    select = options.select
    if select:
        data = item.data
        for name in select:
            bare = name.split("/")[0]
            if bare in data:
                shown[bare] = data[bare]
        if "*" in select:
            shown.update(data)
        _add_on_demand(shown, item, select)
    else:
        shown.update(item.data)
    if "body" in shown or "uniqueBody" in shown:
        as_preferred(shown, call.prefer.get("outlook.body-content-type", ""))
    if options.expand:
        _add_expanded(call, shown, item, options)
    return shown


def _add_on_demand(shown: dict, item: Item, select: list[str]) -> None:
    if "internetMessageHeaders" in select and item.headers:
        shown["internetMessageHeaders"] = item.headers
    if "uniqueBody" in select:
        shown["uniqueBody"] = unique_body(item.data["body"])


def _add_expanded(call: Call, shown: dict, item: Item, options: Options) -> None:
    wanted = options.expanded("attachments")
    if wanted is not None:
        shown["attachments"] = [
            render_attachment(call, item, attachment, wanted)
            for attachment in item.attachments
        ]
    wanted = options.expanded("singleValueExtendedProperties")
    if wanted is not None:
        shown.update(expand_properties(known(item), wanted))
    if options.expanded("extensions") is not None:
        shown["extensions"] = list(item.extensions.values())


def check_options(options: Options) -> None:
    """Refuse unknown members in ``$select`` and ``$expand``.

    :raises GraphError: 400
    """
    check_select(options.select, _KNOWN, "message")
    for member in options.expand:
        if member.name.lower() not in _EXPANDS:
            raise unknown_select(member.name, "message")


_KNOWN = {**MESSAGE, **EVENT_MESSAGE}


# -- reading -------------------------------------------------------------------------


def _newest_first(container: Container) -> list[Item]:
    rows = container.cache.get("newest")
    if rows is None:
        rows = sorted(
            container.items.values(),
            key=lambda item: (item.data["receivedDateTime"], item.born),
            reverse=True,
        )
        container.cache["newest"] = rows
    return rows


def _select_rows(rows: list[Item], options: Options) -> list[Item]:
    if options.filter is not None:
        wanted = Filter(options.filter)
        if options.orderby:
            check_order_first(options.filter, options.orderby)
        rows = [item for item in rows if wanted.matches(item.data, known(item))]
    if options.orderby:
        rows = order(rows, options.orderby, lambda item: item.data)
    if options.search is not None:
        word = options.search.strip('"').rpartition(":")[2].lower()
        rows = [
            i
            for i in rows
            if word in f"{i.data['subject']} {i.data['bodyPreview']}".lower()
        ]
    return rows


def _answer_list(call: Call, rows: list[Item]) -> Answer:
    options = call.options
    check_options(options)
    rows = _select_rows(rows, options)
    shown, more = page(rows, options, call.page_size)
    body: dict = {"@odata.context": call.context("messages")}
    if options.count:
        body["@odata.count"] = len(rows)
    body["value"] = [render(call, item, options) for item in shown]
    if more is not None:
        body["@odata.nextLink"] = next_skip_link(call.link(), call.query, more)
    return Answer(200, body, _applied(call))


def _applied(call: Call) -> dict[str, str]:
    wanted = call.prefer.get("outlook.body-content-type")
    if not wanted:
        return {}
    return {"Preference-Applied": f'outlook.body-content-type="{wanted}"'}


def list_folder(call: Call) -> Answer:
    """GET mailFolders/{id}/messages."""
    return _answer_list(call, _newest_first(folder_of(call)))


def list_all(call: Call) -> Answer:
    """GET messages: the whole mailbox."""
    rows = [item for item in call.mailbox.items.values() if item.kind == "message"]
    rows = list({id(item): item for item in rows}.values())
    rows.sort(key=lambda item: (item.data["receivedDateTime"], item.born), reverse=True)
    return _answer_list(call, rows)


def get(call: Call) -> Answer:
    """GET messages/{id}."""
    item = message_of(call)
    check_options(call.options)
    shown = render(call, item, call.options)
    context = {"@odata.context": call.context("messages/$entity")}
    return Answer(200, {**context, **shown}, _applied(call))


def get_mime(call: Call) -> Answer:
    """GET messages/{id}/$value.

    The service rebuilds the text from its own properties, so it is not byte for byte
    what came in; here it is the original, which is the harder case to get wrong.
    """
    item = message_of(call)
    if item.mime is None:
        item.mime = to_mime(item)
    return Answer(200, item.mime, content_type="text/plain")


class MessageSource:
    """The messages of one folder for delta."""

    type_name = "message"
    allowed = {"select", "top", "expand", "filter", "orderby"}

    def __init__(self, folder: Container) -> None:
        self.key = folder.id
        self.log = folder.log
        self._filters: dict[str, Filter] = {}

    def check(self, call: Call, options: Options) -> None:
        """``$filter`` by receivedDateTime alone, ``$orderby`` likewise."""
        check_options(options)
        text = (options.filter or "").split()
        if text and (
            len(text) != 3
            or text[0] != "receivedDateTime"
            or text[1].lower() not in ("ge", "gt")
        ):
            raise bad_request(
                "Change tracking supports $filter by receivedDateTime ge or gt only.",
                "ErrorInvalidUrlQueryFilter",
            )
        if options.orderby and options.orderby.lower() != "receiveddatetime desc":
            raise bad_request(
                "Change tracking supports $orderby=receivedDateTime desc only.",
                "ErrorInvalidUrlQuery",
            )

    def render(self, call: Call, options: Options, item: object) -> list[dict]:
        """A changed message."""
        assert isinstance(item, Item)
        if options.filter:
            wanted = self._filters.setdefault(options.filter, Filter(options.filter))
            if not wanted.matches(item.data, {}):
                return []
        shown = render(call, item, options)
        shown.setdefault("@odata.type", "#microsoft.graph.message")
        return [shown]

    def removed_id(self, call: Call, change: Change) -> str:
        """The id it had in this folder, or the immutable one."""
        assert isinstance(change.item, Item)
        return change.item.immutable_id if call.immutable else change.key


def message_delta(call: Call) -> Answer:
    """GET mailFolders/{id}/messages/delta."""
    return delta.answer(call, MessageSource(folder_of(call)))


# -- writing -------------------------------------------------------------------------


def _shown(call: Call, item: Item, status: int) -> Answer:
    context = {"@odata.context": call.context("messages/$entity")}
    return Answer(status, {**context, **render(call, item, Options())})


def create(call: Call) -> Answer:
    """POST messages (into Drafts), mailFolders/{id}/messages: JSON or base64 MIME."""
    folder = (
        folder_of(call) if "folder" in call.keys else call.mailbox.well_known["drafts"]
    )
    owner = call.service.store.directory.users[call.mailbox.id]
    if call.headers.get("content-type", "").lower().startswith("text/plain"):
        try:
            raw = base64.b64decode(call.body or b"", validate=False)
        except (binascii.Error, ValueError):
            raise bad_request(
                "The MIME content is no base64.", "ErrorMimeContentInvalidBase64String"
            ) from None
        if not raw:
            raise bad_request("The MIME content is empty.", "ErrorMimeContentInvalid")
        item = message_from_mime(call.mailbox, raw)
        item.data["isDraft"] = True
    else:
        values = call.json()
        item = message_from_json(call.mailbox, values, owner)
        for entry in values.get("attachments") or []:
            item.attachments.append(new_attachment(call, entry))
    call.mailbox.add(folder, item)
    count_attachments(item)
    return _shown(call, item, 201)


def count_attachments(item: Item) -> None:
    """Say whether a message has attachments; inline ones do not count."""
    item.data["hasAttachments"] = any(
        not attachment.data["isInline"] for attachment in item.attachments
    )


def patch(call: Call) -> Answer:
    """PATCH messages/{id}."""
    item = message_of(call)
    call.check_etag(item.etag)
    values = call.json()
    changes = read_shape(values, MESSAGE, "message", MESSAGE_FIXED)
    extended = read_properties(values.get("singleValueExtendedProperties") or [])
    if "subject" in changes and not item.data["isDraft"] and changes["subject"] is None:
        changes["subject"] = ""
    item.extended.update(extended)
    if "body" in changes:
        given = {k: v for k, v in (changes["body"] or {}).items() if v is not None}
        changes["body"] = {**item.data["body"], **given}
        changes["bodyPreview"] = preview(changes["body"])
        item.mime = None
    call.mailbox.touch(item, **changes)
    return _shown(call, item, 200)


def delete(call: Call) -> Answer:
    """DELETE messages/{id}: soft; Deleted Items, then the recoverable items."""
    item = message_of(call)
    call.check_etag(item.etag)
    known = call.mailbox.well_known
    if item.container is known["recoverableitemsdeletions"]:
        call.mailbox.remove(item)
    elif item.container is known["deleteditems"]:
        call.mailbox.move(item, known["recoverableitemsdeletions"])
    else:
        call.mailbox.move(item, known["deleteditems"])
    return Answer(204)


def delete_for_good(call: Call) -> Answer:
    """POST messages/{id}/permanentDelete."""
    call.mailbox.remove(message_of(call))
    return Answer(204)


def move(call: Call) -> Answer:
    """POST messages/{id}/move: 201 with the message under its new id."""
    item = message_of(call)
    target = target_folder(call)
    if target is not item.container:
        call.mailbox.move(item, target)
    return _shown(call, item, 201)


def copy(call: Call) -> Answer:
    """POST messages/{id}/copy."""
    item = message_of(call)
    target = target_folder(call)
    twin = Item("message", dict(item.data), item.odata_type)
    twin.attachments = list(item.attachments)
    twin.headers, twin.mime = item.headers, item.mime
    twin.extended = dict(item.extended)
    call.mailbox.add(target, twin)
    return _shown(call, twin, 201)


def register(router: Router) -> None:
    """Add the paths of messages, below a folder and on their own."""
    router.add("GET", "messages", "Mail")(list_all)
    router.add("POST", "messages", "Mail")(create)
    router.add("GET", "mailFolders/{folder}/messages", "Mail")(list_folder)
    router.add("POST", "mailFolders/{folder}/messages", "Mail")(create)
    router.add("GET", "mailFolders/{folder}/messages/delta", "Mail")(message_delta)
    for head in ("messages/{message}", "mailFolders/{folder}/messages/{message}"):
        for method, tail, handler in (
            ("GET", "", get),
            ("PATCH", "", patch),
            ("DELETE", "", delete),
            ("GET", "/$value", get_mime),
            ("POST", "/move", move),
            ("POST", "/copy", copy),
            ("POST", "/permanentDelete", delete_for_good),
        ):
            router.add(method, head + tail, "Mail")(handler)
