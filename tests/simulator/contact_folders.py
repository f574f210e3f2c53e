"""Contact folders: list, tree, create, rename, delete, delta.

Source: https://learn.microsoft.com/graph/api/resources/contactfolder
"""

from __future__ import annotations

from . import delta
from .call import Answer, Call
from .changes import Change
from .contact_store import (
    CONTACT_FOLDER,
    CONTACT_FOLDER_FIXED,
    contacts_of,
)
from .contacts import contact_folder_named
from .errors import GraphError, bad_request
from .folders import expand_properties
from .mailbox import Container, Mailbox
from .odata import Options, check_select, next_skip_link, page, project
from .properties import read_properties
from .routing import Router
from .shapes import read_shape


def _entity(mailbox: Mailbox, folder: Container) -> dict:
    parent = folder.parent or mailbox.well_known["msgfolderroot"]
    return {
        "id": folder.id,
        "parentFolderId": parent.id,
        "displayName": folder.name,
    }


def _render(call: Call, folder: Container, options: Options) -> dict:
    check_select(options.select, CONTACT_FOLDER, "contactFolder")
    shown = project(_entity(call.mailbox, folder), options.select)
    if options.expanded("childFolders") is not None:
        rows = [_entity(call.mailbox, child) for child in folder.children]
        shown = {**shown, "childFolders": rows}
    wanted = options.expanded("singleValueExtendedProperties")
    if wanted is not None:
        shown = {**shown, **expand_properties(folder.extended, wanted)}
    return shown


def _answer(call: Call, folder: Container, status: int = 200) -> Answer:
    options = call.options if call.method == "GET" else Options()
    context = {"@odata.context": call.context("contactFolders/$entity")}
    return Answer(status, {**context, **_render(call, folder, options)})


def _top(mailbox: Mailbox) -> list[Container]:
    default = contacts_of(mailbox)
    return [
        folder
        for folder in mailbox.containers.values()
        if folder.kind == "contactFolder"
        and folder.parent is None
        and folder is not default
    ]


def _list(call: Call, rows: list[Container]) -> Answer:
    options = call.options
    rows = sorted(rows, key=lambda folder: folder.name.lower())
    shown, more = page(rows, options, call.page_size)
    body: dict = {"@odata.context": call.context("contactFolders")}
    if options.count:
        body["@odata.count"] = len(rows)
    body["value"] = [_render(call, folder, options) for folder in shown]
    if more is not None:
        body["@odata.nextLink"] = next_skip_link(call.link(), call.query, more)
    return Answer(200, body)


def list_top(call: Call) -> Answer:
    """GET contactFolders: the top level, without the default folder."""
    return _list(call, _top(call.mailbox))


def list_children(call: Call) -> Answer:
    """GET contactFolders/{id}/childFolders."""
    return _list(call, contact_folder_named(call).children)


def get_folder(call: Call) -> Answer:
    """GET contactFolders/{id}; ``contacts`` names the default folder."""
    return _answer(call, contact_folder_named(call))


def _create(call: Call, parent: Container | None) -> Answer:
    values = _read_body(call)
    name = (values.get("displayName") or "").strip()
    if not name:
        raise bad_request("The folder name is missing.", "ErrorInvalidParameter")
    siblings = parent.children if parent is not None else _top(call.mailbox)
    _check_free(siblings, name)
    folder = call.mailbox.add_container("contactFolder", name, parent)
    _note_properties(folder, values)
    return _answer(call, folder, 201)


def create_top(call: Call) -> Answer:
    """POST contactFolders."""
    contacts_of(call.mailbox)
    return _create(call, None)


def create_child(call: Call) -> Answer:
    """POST contactFolders/{id}/childFolders."""
    return _create(call, contact_folder_named(call))


def rename(call: Call) -> Answer:
    """PATCH contactFolders/{id}."""
    folder = contact_folder_named(call)
    values = _read_body(call)
    name = (values.get("displayName") or "").strip()
    if name and name.lower() != folder.name.lower():
        siblings = folder.parent.children if folder.parent else _top(call.mailbox)
        _check_free(siblings, name)
    folder.name = name or folder.name
    _note_properties(folder, values)
    call.mailbox.note_container(folder)
    return _answer(call, folder)


def _read_body(call: Call) -> dict:
    return read_shape(
        call.json(), CONTACT_FOLDER, "contactFolder", CONTACT_FOLDER_FIXED
    )


def _note_properties(folder: Container, values: dict) -> None:
    found = read_properties(values.get("singleValueExtendedProperties") or [])
    folder.extended.update(found)


def _check_free(siblings: list[Container], name: str) -> None:
    if any(folder.name.lower() == name.lower() for folder in siblings):
        raise GraphError(
            409,
            "ErrorFolderExists",
            "A folder with the specified name already exists., Could not create "
            f"folder '{name}'.",
        )


def delete(call: Call) -> Answer:
    """DELETE contactFolders/{id}, with its contacts."""
    folder = contact_folder_named(call)
    if folder is contacts_of(call.mailbox):
        raise GraphError(
            403,
            "ErrorDeleteDistinguishedFolder",
            "Distinguished folders cannot be deleted.",
        )
    call.mailbox.remove_container(folder)
    return Answer(204)


class ContactFolderSource:
    """The tree of contact folders for delta: flat, without the default folder."""

    key = "contactFolders"
    type_name = "contactFolder"
    allowed = {"select", "top"}

    def __init__(self, mailbox: Mailbox) -> None:
        self.log = mailbox.folder_log

    def check(self, call: Call, options: Options) -> None:
        """Refuse unknown properties in ``$select``."""
        check_select(options.select, CONTACT_FOLDER, "contactFolder")

    def render(self, call: Call, options: Options, item: object) -> list[dict]:
        """A changed folder."""
        assert isinstance(item, Container)
        if item.kind != "contactFolder" or item.well_known:
            return []
        shown = _render(call, item, options)
        return [{"@odata.type": "#microsoft.graph.contactFolder", **shown}]

    def removed_id(self, call: Call, change: Change) -> str:
        """Folders have constant ids."""
        return change.key


def folder_delta(call: Call) -> Answer:
    """GET contactFolders/delta."""
    contacts_of(call.mailbox)
    return delta.answer(call, ContactFolderSource(call.mailbox))


def register(router: Router) -> None:
    """Add the paths of contact folders."""
    head = "contactFolders/{contactFolder}"
    for method, pattern, handler in (
        ("GET", "contactFolders", list_top),
        ("POST", "contactFolders", create_top),
        ("GET", "contactFolders/delta", folder_delta),
        ("GET", head, get_folder),
        ("PATCH", head, rename),
        ("DELETE", head, delete),
        ("GET", f"{head}/childFolders", list_children),
        ("POST", f"{head}/childFolders", create_child),
    ):
        router.add(method, pattern, "Contacts")(handler)
