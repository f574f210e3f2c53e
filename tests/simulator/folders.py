"""Mail folders: list, tree, create, rename, move, delete, delta.

Source: https://learn.microsoft.com/graph/api/resources/mailfolder
"""

from __future__ import annotations

from . import delta
from .call import Answer, Call
from .changes import Change
from .errors import GraphError, bad_request, item_not_found, malformed_id
from .mailbox import Container, Mailbox
from .mapi import Known
from .odata import Options, check_select, next_skip_link, page, project
from .properties import FOLDER, SEARCH_FOLDER, property_key, read_properties
from .routing import Router
from .shapes import read_shape

_FIXED = {"msgfolderroot", "inbox", "drafts", "sentitems", "deleteditems", "outbox"}


def folder_of(call: Call, key: str = "folder") -> Container:
    """The mail folder that the path names; the key becomes its id.

    :raises GraphError: 404, or 400 for an id that cannot be one
    """
    name = call.keys[key]
    folder = call.mailbox.find_container(name)
    if folder is None:
        raise item_not_found() if len(name) > 20 else malformed_id()
    call.keys[key] = folder.id
    return folder


def target_folder(call: Call) -> Container:
    """The folder of ``destinationId`` in the body of a move or copy.

    :raises GraphError: 400 without it, 404 when there is no such folder
    """
    body = {name.lower(): value for name, value in call.json().items()}
    unknown = set(body) - {"destinationid"}
    if unknown or not isinstance(body.get("destinationid"), str):
        raise bad_request(
            "The 'DestinationId' parameter is missing.", "ErrorInvalidParameter"
        )
    folder = call.mailbox.find_container(body["destinationid"])
    if folder is None:
        raise item_not_found()
    return folder


def render(folder: Container) -> dict:
    """A folder as Graph shows it."""
    unread = folder.cache.get("unread")
    if unread is None:
        unread = sum(not item.data.get("isRead") for item in folder.items.values())
        folder.cache["unread"] = unread
    shown = {
        "id": folder.id,
        "displayName": folder.name,
        "parentFolderId": folder.parent.id if folder.parent else folder.id,
        "childFolderCount": sum(
            c.kind == "mailFolder" and not c.hidden for c in folder.children
        ),
        "unreadItemCount": unread,
        "totalItemCount": len(folder.items),
        "isHidden": folder.hidden,
    }
    if folder.data.get("filterQuery") is not None:
        return {
            "@odata.type": "#microsoft.graph.mailSearchFolder",
            **shown,
            "isSupported": True,
            "includeNestedFolders": True,
            "sourceFolderIds": folder.data["sourceFolderIds"],
            "filterQuery": folder.data["filterQuery"],
        }
    return shown


def render_expanded(folder: Container, options: Options) -> dict:
    """A folder with what ``$select`` and ``$expand`` ask for."""
    check_select(options.select, FOLDER, "mailFolder")
    shown = project(render(folder), options.select)
    if options.expanded("childFolders") is not None:
        shown = {**shown, "childFolders": [render(c) for c in _visible(folder, False)]}
    wanted = options.expanded("singleValueExtendedProperties")
    if wanted is not None:
        shown = {**shown, **expand_properties(folder.extended, wanted)}
    return shown


def expand_properties(extended: dict[str, str] | Known, options: Options) -> dict:
    """The members for ``$expand=singleValueExtendedProperties($filter=…)``.

    Without a match the member is absent, as at the service.

    :raises GraphError: 400 without a filter on id: there is no "all"
    """
    text = options.filter or ""
    rows = []
    for part in text.split(" or "):
        words = part.strip().strip("()").split(None, 2)
        if len(words) != 3 or [w.lower() for w in words[:2]] != ["id", "eq"]:
            raise bad_request(
                "Extended properties need a $filter on their id.",
                "ErrorInvalidProperty",
            )
        asked = words[2].strip("'").replace("''", "'")
        value = extended.get(property_key(asked))
        if value is not None:
            rows.append({"id": property_key(asked), "value": value})
    return {"singleValueExtendedProperties": rows} if rows else {}


def _visible(folder: Container, hidden: bool) -> list[Container]:
    children = [
        c
        for c in folder.children
        if c.kind == "mailFolder" and (hidden or not c.hidden)
    ]
    return sorted(children, key=lambda c: c.name.lower())


def _list(call: Call, parent: Container) -> Answer:
    options = call.options
    hidden = options.other.get("includehiddenfolders", "").lower() == "true"
    rows = _visible(parent, hidden)
    if options.filter:
        rows = _filtered(rows, options.filter)
    rows, more = page(rows, options, call.page_size)
    body: dict = {"@odata.context": call.context("mailFolders")}
    if options.count:
        body["@odata.count"] = len(_visible(parent, hidden))
    body["value"] = [render_expanded(folder, options) for folder in rows]
    if more is not None:
        body["@odata.nextLink"] = next_skip_link(call.link(), call.query, more)
    return Answer(200, body)


def _filtered(rows: list[Container], text: str) -> list[Container]:
    from .filters import Filter

    wanted = Filter(text)
    return [f for f in rows if wanted.matches(render(f), f.extended)]


def _create(call: Call, parent: Container) -> Answer:
    values = call.json()
    search = str(values.get("@odata.type", "")).endswith("mailSearchFolder")
    values = read_shape(values, SEARCH_FOLDER if search else FOLDER, "mailFolder")
    name = values.get("displayName")
    if not name or not name.strip():
        raise bad_request("The folder name is missing.", "ErrorInvalidParameter")
    _check_free(parent, name)
    folder = call.mailbox.add_container(
        "mailFolder", name, parent, hidden=bool(values.get("isHidden"))
    )
    if search:
        folder.data = {
            "filterQuery": values.get("filterQuery", ""),
            "sourceFolderIds": values.get("sourceFolderIds", []),
        }
    folder.extended.update(
        read_properties(values.get("singleValueExtendedProperties") or [])
    )
    return Answer(
        201, {"@odata.context": call.context("mailFolders/$entity"), **render(folder)}
    )


def _check_free(parent: Container, name: str) -> None:
    if any(c.name.lower() == name.strip().lower() for c in parent.children):
        raise GraphError(
            409,
            "ErrorFolderExists",
            "A folder with the specified name already exists., Could not create folder "
            f"'{name}'.",
        )


class FolderSource:
    """The folder tree for delta: flat, folders do not come back after a removal."""

    key = "mailFolders"
    type_name = "mailFolder"
    allowed = {"select", "top", "expand", "filter"}

    def __init__(self, mailbox: Mailbox) -> None:
        self.log = mailbox.folder_log

    def check(self, call: Call, options: Options) -> None:
        """Refuse unknown properties in ``$select``."""
        check_select(options.select, FOLDER, "mailFolder")

    def render(self, call: Call, options: Options, item: object) -> list[dict]:
        """A changed folder."""
        assert isinstance(item, Container)
        if item.kind != "mailFolder" or item.parent is None:
            return []
        return [project(render(item), options.select)]

    def removed_id(self, call: Call, change: Change) -> str:
        """Folders have constant ids."""
        return change.key


def register(router: Router) -> None:
    """Add the paths of mail folders."""
    for method, pattern, handler in (
        ("GET", "mailFolders", list_top),
        ("POST", "mailFolders", create_top),
        ("GET", "mailFolders/delta", folder_delta),
        ("GET", "mailFolders/{folder}", get_folder),
        ("PATCH", "mailFolders/{folder}", rename),
        ("DELETE", "mailFolders/{folder}", delete),
        ("GET", "mailFolders/{folder}/childFolders", list_children),
        ("POST", "mailFolders/{folder}/childFolders", create_child),
        ("GET", "mailFolders/{folder}/childFolders/delta", folder_delta),
        ("POST", "mailFolders/{folder}/move", move),
    ):
        router.add(method, pattern, "Mail")(handler)


def list_top(call: Call) -> Answer:
    """GET mailFolders: only the top level."""
    return _list(call, call.mailbox.well_known["msgfolderroot"])


def create_top(call: Call) -> Answer:
    """POST mailFolders."""
    return _create(call, call.mailbox.well_known["msgfolderroot"])


def list_children(call: Call) -> Answer:
    """GET mailFolders/{id}/childFolders."""
    return _list(call, folder_of(call))


def create_child(call: Call) -> Answer:
    """POST mailFolders/{id}/childFolders."""
    return _create(call, folder_of(call))


def get_folder(call: Call) -> Answer:
    """GET mailFolders/{id}."""
    folder = folder_of(call)
    context = call.context("mailFolders/$entity")
    return Answer(
        200, {"@odata.context": context, **render_expanded(folder, call.options)}
    )


def rename(call: Call) -> Answer:
    """PATCH mailFolders/{id}: displayName and extended properties."""
    folder = folder_of(call)
    values = read_shape(call.json(), FOLDER, "mailFolder")
    name = values.get("displayName")
    if name is not None and name != folder.name:
        if folder.well_known in _FIXED:
            raise bad_request(
                "Distinguished folders cannot be renamed.", "ErrorDistinguishedFolder"
            )
        if folder.parent is not None and name.lower() != folder.name.lower():
            _check_free(folder.parent, name)
        folder.name = name
    folder.extended.update(
        read_properties(values.get("singleValueExtendedProperties") or [])
    )
    call.mailbox.note_container(folder)
    return Answer(
        200, {"@odata.context": call.context("mailFolders/$entity"), **render(folder)}
    )


def delete(call: Call) -> Answer:
    """DELETE mailFolders/{id}: into Deleted Items, from there for good."""
    folder = folder_of(call)
    if folder.well_known:
        raise GraphError(
            403,
            "ErrorDeleteDistinguishedFolder",
            "Distinguished folders cannot be deleted.",
        )
    bin_ = call.mailbox.well_known["deleteditems"]
    at = folder.parent
    while at is not None and at is not bin_:
        at = at.parent
    if at is bin_:
        call.mailbox.remove_container(folder)
    else:
        call.mailbox.move_container(folder, bin_)
    return Answer(204)


def move(call: Call) -> Answer:
    """POST mailFolders/{id}/move."""
    folder = folder_of(call)
    target = target_folder(call)
    _check_free(target, folder.name)
    call.mailbox.move_container(folder, target)
    return Answer(
        201, {"@odata.context": call.context("mailFolders/$entity"), **render(folder)}
    )


def folder_delta(call: Call) -> Answer:
    """GET mailFolders/delta: the whole tree, flat."""
    if "folder" in call.keys:
        folder_of(call)
    return delta.answer(call, FolderSource(call.mailbox))
