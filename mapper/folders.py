"""Mail folders.

Source: https://learn.microsoft.com/graph/api/resources/mailfolder
"""

from __future__ import annotations

from typing import Any

from . import filters, odata, operations
from .call import Answer, Call
from .errors import GraphError, bad_request, malformed_id, not_found, unknown_property
from .filters import Field
from .ids import to_ews, to_rest
from .messages_table import folder_id
from .operations import Extended, Folder, Shape
from .reading import extended_values, root_of
from .routing import Router
from .soap import Element, child, children, local, members
from .values import number, words

#: Graph's well-known names, the name at Exchange, and its first version there.
WELL_KNOWN = {
    "inbox": ("inbox", 0),
    "drafts": ("drafts", 0),
    "sentitems": ("sentitems", 0),
    "deleteditems": ("deleteditems", 0),
    "junkemail": ("junkemail", 0),
    "outbox": ("outbox", 0),
    "msgfolderroot": ("msgfolderroot", 0),
    "searchfolders": ("searchfolders", 0),
    "recoverableitemsdeletions": ("recoverableitemsdeletions", 0),
    "archive": ("archivemsgfolderroot", 1),
    "conversationhistory": ("conversationhistory", 3),
    "syncissues": ("syncissues", 3),
    "conflicts": ("conflicts", 3),
    "localfailures": ("localfailures", 3),
    "serverfailures": ("serverfailures", 3),
}
#: Names that Graph knows and Exchange on premises has nothing for.
_ABSENT = frozenset({"clutter", "scheduled"})
_HIDDEN = Extended("Boolean", tag="0x10f4")
#: What is asked of a folder.
SHAPE = Shape(
    (
        "folder:ParentFolderId",
        "folder:DisplayName",
        "folder:ChildFolderCount",
        "folder:TotalCount",
        "folder:UnreadCount",
        "folder:FolderClass",
        _HIDDEN,
    )
)
PROPERTIES = frozenset(
    {
        "id",
        "displayName",
        "parentFolderId",
        "childFolderCount",
        "unreadItemCount",
        "totalItemCount",
        "isHidden",
    }
)
_FILTERS = {"displayName": Field("folder:DisplayName")}
_LONGEST_NAME = 255


def folder_named(key: str, version: int = 3) -> Folder:
    """The folder that stands in a path: an id or a well-known name.

    :raises GraphError: 400 malformed, 404 not known to this server
    """
    name = key.lower()
    if name in WELL_KNOWN:
        found, since = WELL_KNOWN[name]
        if since > version:
            raise not_found()
        return Folder(name=found)
    if name in _ABSENT:
        raise not_found()
    if len(key) < 12 and not key.startswith("~"):
        raise malformed_id()
    return Folder(id=to_ews(key))


def folder_of(call: Call, key: str = "folder") -> Folder:
    """The folder that the path of a request names."""
    return folder_named(call.keys[key], call.exchange.version())


def render(folder: Element) -> dict[str, Any]:
    """A folder as Graph shows it."""
    fields = members(folder)
    ident, parent = fields.get("FolderId"), fields.get("ParentFolderId")
    if ident is None or not ident.get("Id"):
        raise not_found()
    shown: dict[str, Any] = {
        "id": to_rest(str(ident.get("Id"))),
        "displayName": words(fields.get("DisplayName")),
        "parentFolderId": folder_id(parent),
        "childFolderCount": number(fields.get("ChildFolderCount")),
        "unreadItemCount": number(fields.get("UnreadCount")),
        "totalItemCount": number(fields.get("TotalCount")),
        "isHidden": is_hidden(folder),
    }
    if local(folder) == "SearchFolder":
        shown = {"@odata.type": "#microsoft.graph.mailSearchFolder", **shown}
    return shown


def is_hidden(folder: Element) -> bool:
    """Whether mail programs do not show it."""
    return extended_values(folder).get(_HIDDEN, "").lower() in ("true", "1")


def holds_mails(folder: Element) -> bool:
    """Whether a folder is one of mails, and not of events, contacts or tasks."""
    if local(folder) not in ("Folder", "SearchFolder"):
        return False
    kind = words(child(folder, "FolderClass"))
    return not kind or kind == "IPF.Note" or kind.startswith("IPF.Note.")


def project(shown: dict[str, Any], options: odata.Options) -> dict[str, Any]:
    """What ``$select`` leaves of a folder."""
    wanted = options.wanted
    if wanted is None:
        return shown
    return {
        name: value
        for name, value in shown.items()
        if name in wanted or name == "id" or name[0] == "@"
    }


def get(call: Call) -> Answer:
    """GET mailFolders/{id}."""
    call.options.check_select(PROPERTIES, "MailFolder")
    folder = folder_of(call)
    message = call.exchange.one(lambda _v: operations.get_folder([folder], SHAPE))
    found = child(message, "Folders")
    if found is None or not len(found):
        raise not_found()
    shown = project(render(found[0]), call.options)
    return Answer(200, {"@odata.context": call.context("mailFolders/$entity"), **shown})


def list_top(call: Call) -> Answer:
    """GET mailFolders: the topmost ones."""
    return _list(call, Folder(name="msgfolderroot"))


def list_children(call: Call) -> Answer:
    """GET mailFolders/{id}/childFolders."""
    return _list(call, folder_of(call))


def _list(call: Call, parent: Folder) -> Answer:
    """A page; folders of events and the like on it are left out of the page."""
    options = call.options
    options.check_select(PROPERTIES, "MailFolder")
    options.refuse("search", "orderby", "expand")
    size, name = call.page_size, options.filter
    where = filters.restriction(name, _FILTERS) if name else None
    message = call.exchange.one(
        lambda _v: operations.find_folder(parent, SHAPE, options.skip, size, where)
    )
    root = root_of(message)
    rows = children(root, "Folders")
    everything = options.other.get("includehiddenfolders", "").lower() == "true"
    shown = [
        project(render(row), options)
        for row in rows
        if holds_mails(row) and (everything or not is_hidden(row))
    ]
    body: dict[str, Any] = {"@odata.context": call.context("mailFolders")}
    if options.count:
        body["@odata.count"] = len(shown)
    body["value"] = shown
    if root.get("IncludesLastItemInRange") == "false" and rows:
        following = odata.next_skip(call.query, options.skip + len(rows))
        body["@odata.nextLink"] = call.link(following)
    return Answer(200, body)


def create(call: Call) -> Answer:
    """POST mailFolders/{id}/childFolders."""
    return _create(call, folder_of(call))


def create_top(call: Call) -> Answer:
    """POST mailFolders."""
    return _create(call, Folder(name="msgfolderroot"))


def _create(call: Call, parent: Folder) -> Answer:
    name = _name_of(call.json())
    message = call.exchange.one(
        lambda _v: operations.create_folder(parent, name), safe=False
    )
    made = child(message, "Folders")
    ident = child(made[0], "FolderId") if made is not None and len(made) else None
    if ident is None:
        raise GraphError(502, "generalException", "Exchange made no folder.")
    folder = Folder(id=str(ident.get("Id")))
    message = call.exchange.one(lambda _v: operations.get_folder([folder], SHAPE))
    found = child(message, "Folders")
    if found is None or not len(found):
        raise not_found()
    context = {"@odata.context": call.context("mailFolders/$entity")}
    return Answer(201, {**context, **render(found[0])})


def _name_of(body: dict[str, Any]) -> str:
    for name in body:
        if name not in PROPERTIES and not name.startswith("@"):
            raise unknown_property(name, "mailFolder")
    wanted = body.get("displayName")
    if not isinstance(wanted, str) or not wanted.strip():
        raise bad_request("A folder needs a displayName.", "ErrorInvalidRequest")
    if len(wanted) > _LONGEST_NAME:
        raise bad_request("The name of the folder is too long.", "ErrorInvalidRequest")
    return wanted.strip()


def register(router: Router) -> None:
    """Add the paths of mail folders."""
    router.add("GET", "mailFolders", list_top)
    router.add("POST", "mailFolders", create_top)
    router.add("GET", "mailFolders/<folder>", get)
    router.add("GET", "mailFolders/<folder>/childFolders", list_children)
    router.add("POST", "mailFolders/<folder>/childFolders", create)
