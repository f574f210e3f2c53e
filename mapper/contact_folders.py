"""Contact folders, and the photos of contacts.

Source: https://learn.microsoft.com/graph/api/resources/contactfolder
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

from . import filters, odata, operations
from .attachments import ident
from .call import Answer, Call
from .contacts import DEFAULT, contact_of, folder_of
from .errors import GraphError, bad_gateway, bad_request, not_found, unknown_property
from .folders import is_hidden
from .ids import to_rest
from .operations import Folder, ItemId, Shape
from .reading import item_of, root_of
from .routing import Router
from .soap import Element, child, children, local, members, text
from .values import true, words

_SHAPE = Shape(
    (
        "folder:ParentFolderId",
        "folder:DisplayName",
        operations.Extended("Boolean", tag="0x10f4"),
    )
)
_PROPERTIES = frozenset({"id", "displayName", "parentFolderId"})
_LARGEST_PHOTO = 4 * 2**20
#: What people keep contacts in; what Exchange and Outlook fill by themselves (senders
#: of late, Skype's contacts…) is of classes below it.
_CLASS = "IPF.Contact"
_ROOT, _TRASH = Folder(name="msgfolderroot"), Folder(name="deleteditems")
_PAGE, _MOST_PAGES = 500, 20


def render(folder: Element) -> dict[str, Any]:
    """A contact folder as Graph shows it; the root of all folders has no parent."""
    fields = members(folder)
    found, above = fields.get("FolderId"), fields.get("ParentFolderId")
    if found is None:
        raise not_found()
    ident = to_rest(str(found.get("Id")))
    parent = to_rest(str(above.get("Id"))) if above is not None else None
    return {
        "id": ident,
        "parentFolderId": parent if parent != ident else None,
        "displayName": words(fields.get("DisplayName")),
    }


def list_folders(call: Call) -> Answer:
    """GET contactFolders: the topmost ones without the default one, those in it first.

    Wherever they are: people keep contact folders beside the default one, too, and
    below their mails.  Those among the deleted items are none any more.
    """
    options, wanted = call.options, _named(call)
    message = call.exchange.one(lambda _v: operations.get_folder([DEFAULT], Shape()))
    found = child(message, "Folders")
    default = render(found[0])["id"] if found is not None and len(found) else ""
    rows = {row["id"]: row for row in _everywhere(call) if row["id"] != default}
    top = [row for row in rows.values() if row["parentFolderId"] not in rows]
    if wanted:
        top = [row for row in top if row["displayName"].casefold() == wanted]
    top.sort(key=lambda row: bool(row["parentFolderId"] != default))
    end = options.skip + call.page_size
    return _page(call, top[options.skip : end], end if end < len(top) else None)


def _everywhere(call: Call) -> list[dict[str, Any]]:
    """All contact folders of the mailbox that are not among the deleted items."""
    shown: list[dict[str, Any]] = []
    trash: set[str] = set()
    for number in range(_MOST_PAGES):
        found, deleted = _page_of_all(call, number * _PAGE)
        shown += [render(row) for row in found.rows if _is_shown(row)]
        trash.update(render(row)["id"] for row in deleted.rows)
        if found.last and deleted.last:
            break
    return [row for row in shown if row["id"] not in trash]


def _page_of_all(call: Call, offset: int) -> list[_Folders]:
    """Of all contact folders, and of those among the deleted items."""
    results = call.exchange.call(
        lambda _v: operations.find_folders_of_class(
            [_ROOT, _TRASH], _SHAPE, offset, _PAGE, _CLASS
        )
    )
    if len(results) != 2:
        raise bad_gateway("The Exchange server left out an answer.")
    return [_Folders(result.checked()) for result in results]


class _Folders:
    """A page of FindFolder."""

    def __init__(self, message: Element) -> None:
        root = root_of(message)
        self.rows = children(root, "Folders")
        more = root.get("IncludesLastItemInRange") == "false"
        self.last = not (more and self.rows)


def _is_shown(folder: Element) -> bool:
    """Whether it is a contact folder that mail programs show."""
    return local(folder) == "ContactsFolder" and not is_hidden(folder)


def list_children(call: Call) -> Answer:
    """GET contactFolders/{id}/childFolders."""
    options, size, wanted = call.options, call.page_size, _named(call)
    parent = folder_of(call)
    page = _Folders(
        call.exchange.one(
            lambda _v: operations.find_folder(parent, _SHAPE, options.skip, size)
        )
    )
    shown = [render(row) for row in page.rows if _is_shown(row)]
    if wanted:
        shown = [row for row in shown if row["displayName"].casefold() == wanted]
    following = None if page.last else options.skip + len(page.rows)
    return _page(call, shown, following)


def _named(call: Call) -> str:
    """The name (small letters) that ``$filter`` wants, "" = any.

    :raises GraphError: 400 for what else a list of folders might be asked for
    """
    options = call.options
    options.check_select(_PROPERTIES, "ContactFolder")
    options.refuse("search", "orderby", "expand")
    if not options.filter:
        return ""
    return filters.equal_text(options.filter, "displayName").casefold()


def _page(call: Call, shown: list[dict[str, Any]], following: int | None) -> Answer:
    """A page of folders.

    :param following: with which the next page begins, ``None`` = there is none
    """
    body: dict[str, Any] = {
        "@odata.context": call.context("contactFolders"),
        "value": shown,
    }
    if following is not None:
        body["@odata.nextLink"] = call.link(odata.next_skip(call.query, following))
    return Answer(200, body)


def get(call: Call) -> Answer:
    """GET contactFolders/{id}."""
    return _one(call, folder_of(call), 200)


def _one(call: Call, folder: Folder, status: int) -> Answer:
    message = call.exchange.one(lambda _v: operations.get_folder([folder], _SHAPE))
    found = child(message, "Folders")
    if found is None or not len(found):
        raise not_found()
    context = {"@odata.context": call.context("contactFolders/$entity")}
    return Answer(status, {**context, **render(found[0])})


def create(call: Call) -> Answer:
    """POST contactFolders and contactFolders/{id}/childFolders."""
    body = call.json()
    for name in body:
        if name not in _PROPERTIES and not name.startswith("@"):
            raise unknown_property(name, "contactFolder")
    wanted = body.get("displayName")
    if not isinstance(wanted, str) or not wanted.strip():
        raise bad_request("A folder needs a displayName.", "ErrorInvalidRequest")
    parent, title = folder_of(call), wanted.strip()[:255]
    message = call.exchange.one(
        lambda _v: operations.create_folder(parent, title, "ContactsFolder"),
        safe=False,
    )
    made = child(message, "Folders")
    found = child(made[0], "FolderId") if made is not None and len(made) else None
    if found is None:
        raise GraphError(502, "generalException", "Exchange made no folder.")
    return _one(call, Folder(id=str(found.get("Id"))), 201)


# -- photos ----------------------------------------------------------------------------


def _photo(call: Call, item: ItemId) -> Element | None:
    """The attachment that is the contact's picture."""
    shape = Shape(("item:Attachments",))
    message = call.exchange.one(lambda _v: operations.get_items([item], shape))
    for one in children(item_of(message), "Attachments"):
        if true(child(one, "IsContactPhoto")):
            return one
    return None


def get_photo(call: Call) -> Answer:
    """GET contacts/{id}/photo/$value."""
    photo = _photo(call, contact_of(call))
    if photo is None:
        raise not_found()
    ews_id = ident(photo)
    message = call.exchange.one(lambda _v: operations.get_attachments([ews_id]))
    found = child(message, "Attachments")
    content = text(found[0], "Content") if found is not None and len(found) else ""
    try:
        raw = base64.b64decode(content)
    except (binascii.Error, ValueError):
        raise bad_gateway("Exchange's picture cannot be read.") from None
    return Answer(200, raw, content_type=kind_of(raw))


def put_photo(call: Call) -> Answer:
    """PUT contacts/{id}/photo/$value: a picture of less than 4 MB.

    Exchange keeps one picture, so the former one goes first.
    """
    raw = call.body if isinstance(call.body, bytes) else b""
    if len(raw) >= _LARGEST_PHOTO:
        raise GraphError(413, "ErrorImageTooLarge", "The photo is larger than 4 MB.")
    if not kind_of(raw).startswith("image/"):
        raise bad_request("The content is no picture.", "ErrorInvalidImage")
    item = contact_of(call)
    former = _photo(call, item)
    content = base64.b64encode(raw).decode()
    if former is not None:
        ews_id = ident(former)
        call.exchange.one(lambda _v: operations.delete_attachment(ews_id), safe=False)
    call.exchange.one(lambda _v: operations.create_photo(item, content), safe=False)
    return Answer(200)


def kind_of(raw: bytes) -> str:
    """The type of a picture by its first bytes."""
    for start, kind in (
        (b"\xff\xd8\xff", "image/jpeg"),
        (b"\x89PNG\r\n", "image/png"),
        (b"GIF8", "image/gif"),
        (b"BM", "image/bmp"),
    ):
        if raw.startswith(start):
            return kind
    return "application/octet-stream"


def register(router: Router) -> None:
    """Add the paths of contact folders and photos."""
    router.add("GET", "contactFolders", list_folders)
    router.add("POST", "contactFolders", create)
    router.add("GET", "contactFolders/<folder>", get)
    router.add("GET", "contactFolders/<folder>/childFolders", list_children)
    router.add("POST", "contactFolders/<folder>/childFolders", create)
    for head in ("", "contactFolders/<folder>/"):
        router.add("GET", f"{head}contacts/<contact>/photo/$value", get_photo)
        router.add("PUT", f"{head}contacts/<contact>/photo/$value", put_photo)
        router.add("PATCH", f"{head}contacts/<contact>/photo/$value", put_photo)
