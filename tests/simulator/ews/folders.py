"""Operations on folders: get, find, create, change, delete, move.

Source: https://learn.microsoft.com/exchange/client-developer/exchange-web-services/folders-and-items-in-ews-in-exchange
"""

from __future__ import annotations

from collections.abc import Iterator

from ..mailbox import Container
from . import ids
from .errors import EwsError, violation
from .extended import read_value
from .request import Request, answer_each
from .shapes import Shape, read_shape
from .uris import SINCE
from .xml import Element, add, child, children, flag, local, name, text_of

_ELEMENTS = {
    "calendar": ("CalendarFolder", "IPF.Appointment"),
    "contactFolder": ("ContactsFolder", "IPF.Contact"),
    "taskFolder": ("TasksFolder", "IPF.Task"),
    "otherFolder": ("Folder", ""),
    "mailFolder": ("Folder", "IPF.Note"),
}
_KINDS = {element: kind for kind, (element, _class) in _ELEMENTS.items()}
_DEFAULT = {"FolderId", "DisplayName", "TotalCount", "ChildFolderCount", "UnreadCount"}
_ORDER = (
    "FolderId",
    "ParentFolderId",
    "FolderClass",
    "DisplayName",
    "TotalCount",
    "ChildFolderCount",
    "ExtendedProperty",
    "EffectiveRights",
    "DistinguishedFolderId",
    "UnreadCount",
)
_RIGHTS = ("CreateAssociated", "CreateContents", "CreateHierarchy")
_RIGHTS += ("Delete", "Modify", "Read")
# Only these may be told as DistinguishedFolderId (names of the schema).
_TOLD = {
    "inbox",
    "drafts",
    "sentitems",
    "deleteditems",
    "outbox",
    "junkemail",
    "msgfolderroot",
    "calendar",
    "contacts",
    "tasks",
    "notes",
    "journal",
    "syncissues",
    "conflicts",
    "localfailures",
    "serverfailures",
    "conversationhistory",
    "searchfolders",
    "recoverableitemsdeletions",
}


def read_folder_shape(request: Request, body: Element) -> Shape:
    """The ``FolderShape`` of a request."""
    shape = child(body, "m:FolderShape")
    return read_shape(shape, request.version, request.server.level)


def render_folder(
    request: Request, parent: Element, folder: Container, shape: Shape
) -> Element:
    """Add the element of a folder."""
    element, folder_class = _ELEMENTS[folder.kind]
    if folder.data.get("filterQuery") is not None:
        element = "SearchFolder"
    out = add(parent, f"t:{element}")
    wanted = {uri.partition(":")[2] for uri in shape.uris} | {"FolderId"}
    if shape.base != "IdOnly":
        wanted |= set(_ORDER) if shape.base == "AllProperties" else _DEFAULT
    shown = {
        "FolderClass": folder.data.get("class") or folder_class,
        "DisplayName": folder.name,
        "TotalCount": str(len(ids.items_of(request.mailbox, folder))),
        "ChildFolderCount": str(len(ids.children_of(request.mailbox, folder))),
    }
    for tag in _ORDER:
        if tag not in wanted and tag != "ExtendedProperty":
            continue
        if tag in shown:
            add(out, f"t:{tag}", shown[tag])
        else:
            _add_part(request, out, folder, tag, shape)
    return out


def _add_part(
    request: Request, out: Element, folder: Container, tag: str, shape: Shape
) -> None:
    if tag == "FolderId":
        ids.add_folder_id(out, folder)
    elif tag == "ParentFolderId":
        above = ids.parent_of(request.mailbox, folder) or folder
        ids.add_folder_id(out, above, "t:ParentFolderId")
    elif tag == "EffectiveRights":
        holder = add(out, "t:EffectiveRights")
        for right in _RIGHTS:
            add(holder, f"t:{right}", "true")
    elif tag == "UnreadCount" and folder.kind == "mailFolder":
        unread = sum(not i.data.get("isRead") for i in folder.items.values())
        add(out, "t:UnreadCount", str(unread))
    elif tag == "DistinguishedFolderId":
        known = SINCE["folder:DistinguishedFolderId"] <= request.version
        if known and folder.well_known in _TOLD:
            add(out, "t:DistinguishedFolderId", folder.well_known)
    elif tag == "ExtendedProperty":
        known = folder.extended | _mapi(folder)
        for wanted in shape.tags:
            value = known.get(wanted.key)
            if value is not None:
                holder = add(out, "t:ExtendedProperty")
                wanted.add_to(holder)
                add(holder, "t:Value", value)


def _mapi(folder: Container) -> dict[str, str]:
    """The MAPI properties that the store itself keeps otherwise."""
    folder_class = folder.data.get("class") or _ELEMENTS[folder.kind][1]
    return {
        "Boolean 0x10f4": flag(folder.hidden),
        "String 0x3001": folder.name,
        **({"String 0x3613": folder_class} if folder_class else {}),
    }


# -- reading ---------------------------------------------------------------------------


def get_folder(request: Request, body: Element) -> Element:
    """GetFolder."""
    shape = read_folder_shape(request, body)

    def work(element: Element, message: Element) -> None:
        folder = request.folder(element)
        render_folder(request, add(message, "m:Folders"), folder, shape)

    parts = list(children(child(body, "m:FolderIds")))
    return answer_each(request, "GetFolder", parts, work, "m:Folders")


def below(request: Request, folder: Container, deep: bool) -> Iterator[Container]:
    """The folders below one; deep: all of them, each before its own."""
    for found in ids.children_of(request.mailbox, folder):
        yield found
        if deep:
            yield from below(request, found, deep)


def find_folder(request: Request, body: Element) -> Element:
    """FindFolder: by level or deep, with paging and conditions on the name."""
    from .conditions import read_folder_condition  # it leans on this module

    shape = read_folder_shape(request, body)
    traversal = body.get("Traversal")
    if traversal not in ("Shallow", "Deep", "SoftDeleted"):
        raise violation("The required attribute 'Traversal' is missing.", body)
    wanted = read_folder_condition(request, child(body, "m:Restriction"))
    view = child(body, "m:IndexedPageFolderView")

    def work(element: Element, message: Element) -> None:
        rows = list(below(request, request.folder(element), traversal == "Deep"))
        rows = [] if traversal == "SoftDeleted" else [r for r in rows if wanted(r)]
        start = int(view.get("Offset", "0")) if view is not None else 0
        most = int(view.get("MaxEntriesReturned", "1000")) if view is not None else 1000
        root = add(message, "m:RootFolder")
        end = min(start + most, len(rows))
        if view is not None:
            root.set("IndexedPagingOffset", str(end))
        root.set("TotalItemsInView", str(len(rows)))
        root.set("IncludesLastItemInRange", flag(end >= len(rows)))
        holder = add(root, "t:Folders")
        for row in rows[start:end]:
            render_folder(request, holder, row, shape)

    parts = list(children(child(body, "m:ParentFolderIds")))
    return answer_each(request, "FindFolder", parts, work)


# -- writing ---------------------------------------------------------------------------


def _check_free(request: Request, parent: Container, title: str) -> None:
    rows = ids.children_of(request.mailbox, parent)
    if any(row.name.lower() == title.lower() for row in rows):
        raise EwsError("ErrorFolderExists")


def _read_properties(folder: Container, element: Element) -> None:
    for row in element.findall(name("t:ExtendedProperty")):
        tag, value = read_value(row)
        if tag.key == "Boolean 0x10f4":
            folder.hidden = str(value).lower() in ("true", "1")
        else:
            folder.extended[tag.key] = str(value)


def create_folder(request: Request, body: Element) -> Element:
    """CreateFolder: several at a time, each on its own."""
    parent = request.target(body, "m:ParentFolderId")

    def work(element: Element, message: Element) -> None:
        kind = _KINDS.get(local(element))
        title = text_of(element, "t:DisplayName")
        if kind is None:
            raise violation(f"'{local(element)}' is no folder.", element)
        if not title:
            raise EwsError("ErrorRequiredPropertyMissing")
        folder_class = text_of(element, "t:FolderClass")
        if folder_class and kind != "mailFolder":
            raise EwsError(
                "ErrorNoFolderClassOverride",
                "Folder class cannot be set on typed folders.",
            )
        _check_free(request, parent, title)
        kind = _kind_of_class(folder_class) or kind
        folder = _new_folder(request, kind, title, parent)
        if folder_class:
            folder.data["class"] = folder_class
        _read_properties(folder, element)
        holder = add(message, "m:Folders")
        out = add(holder, f"t:{_ELEMENTS[folder.kind][0]}")
        ids.add_folder_id(out, folder)

    parts = list(children(child(body, "m:Folders")))
    return answer_each(request, "CreateFolder", parts, work, "m:Folders")


def _kind_of_class(folder_class: str) -> str:
    """What a plain folder becomes by its class; empty for one of mails or of others."""
    rows = ((f"{own}.", kind) for kind, (_element, own) in _ELEMENTS.items() if own)
    found = (kind for own, kind in rows if f"{folder_class}.".startswith(own))
    return next(found, "")


def _new_folder(
    request: Request, kind: str, title: str, parent: Container
) -> Container:
    """A folder of a kind; folders of contacts hang below others of them or the root."""
    from ..event_store import add_calendar, calendar_of

    if kind == "calendar":
        calendar_of(request.mailbox)
        made = add_calendar(request.mailbox, title)
        if parent is not request.mailbox.well_known["msgfolderroot"]:
            request.mailbox.move_container(made, parent)
        return made
    if kind == "contactFolder" and parent.kind != "contactFolder":
        return request.mailbox.add_container(kind, title, None)
    return request.mailbox.add_container(kind, title, parent)


def update_folder(request: Request, body: Element) -> Element:
    """UpdateFolder: the name and extended properties."""

    def work(element: Element, message: Element) -> None:
        change = list(children(element))
        folder = request.folder(change[0])
        for update in children(change[1]):
            if local(update) != "SetFolderField":
                continue
            value = list(children(update))[1]
            title = text_of(value, "t:DisplayName")
            if title and title != folder.name:
                if folder.well_known:
                    raise EwsError("ErrorAccessDenied")
                above = ids.parent_of(request.mailbox, folder)
                if above is not None and title.lower() != folder.name.lower():
                    _check_free(request, above, title)
                folder.name = title
            _read_properties(folder, value)
        request.mailbox.note_container(folder)
        out = add(add(message, "m:Folders"), f"t:{_ELEMENTS[folder.kind][0]}")
        ids.add_folder_id(out, folder)

    parts = list(children(child(body, "m:FolderChanges")))
    return answer_each(request, "UpdateFolder", parts, work, "m:Folders")


def delete_folder(request: Request, body: Element) -> Element:
    """DeleteFolder: into Deleted Items, or for good."""
    how = body.get("DeleteType")
    if how not in ("HardDelete", "SoftDelete", "MoveToDeletedItems"):
        raise violation("The required attribute 'DeleteType' is missing.", body)

    def work(element: Element, message: Element) -> None:
        folder = request.folder(element)
        if folder.well_known:
            raise EwsError(
                "ErrorDeleteDistinguishedFolder",
                "Distinguished folders cannot be deleted.",
            )
        bin_ = request.mailbox.well_known["deleteditems"]
        if how == "MoveToDeletedItems" and folder.kind == "mailFolder":
            request.mailbox.move_container(folder, bin_)
        else:
            request.mailbox.remove_container(folder)

    parts = list(children(child(body, "m:FolderIds")))
    return answer_each(request, "DeleteFolder", parts, work)


def move_folder(request: Request, body: Element) -> Element:
    """MoveFolder: the id stays."""
    target = request.target(body, "m:ToFolderId")

    def work(element: Element, message: Element) -> None:
        folder = request.folder(element)
        if folder.well_known:
            raise EwsError("ErrorMoveDistinguishedFolder")
        _check_free(request, target, folder.name)
        request.mailbox.move_container(folder, target)
        out = add(add(message, "m:Folders"), f"t:{_ELEMENTS[folder.kind][0]}")
        ids.add_folder_id(out, folder)

    parts = list(children(child(body, "m:FolderIds")))
    return answer_each(request, "MoveFolder", parts, work, "m:Folders")


OPERATIONS = {
    "GetFolder": get_folder,
    "FindFolder": find_folder,
    "CreateFolder": create_folder,
    "UpdateFolder": update_folder,
    "DeleteFolder": delete_folder,
    "MoveFolder": move_folder,
}
