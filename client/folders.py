"""Mail folders.

Source: https://learn.microsoft.com/graph/api/resources/mailfolder
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from .batch import BatchRequest
from .errors import FATAL, ClientError, Conflict, NotFound, TransportError
from .resource import Resource

FOLDER_FIELDS = "id,displayName,parentFolderId,childFolderCount,totalItemCount,isHidden"
_SEARCH_FOLDER = "#microsoft.graph.mailsearchfolder"
_MOST_FOLDERS = 20_000


@dataclass(frozen=True)
class Folder:
    """One mail folder.

    :ivar name: its display name, in the language of the mailbox
    :ivar path: the names from the topmost folder down to this one, for people to read
    :ivar depth: 0 for a topmost folder
    :ivar child_count: folders directly in it; ``item_count``: messages
    :ivar is_inbox: whether it is the inbox itself
    """

    id: str
    name: str
    parent_id: str = ""
    path: str = ""
    depth: int = 0
    child_count: int = 0
    item_count: int = 0
    is_inbox: bool = False


class Folders(Resource):
    """The folder part of a mailbox."""

    def folder_tree(self) -> list[Folder]:
        """All folders that can hold mails, each directly followed by those in it.

        Hidden folders and search folders are left out.  Read level by level, twenty
        folders a request.  With the mapper's short paths: the folders below the inbox.
        https://learn.microsoft.com/graph/api/mailfolder-list-childfolders
        """
        inbox_id, search_id = self._well_known("inbox", "searchfolders")
        seen = {search_id}
        children: dict[str, list[Folder]] = {}
        level: list[Folder | None] = [None]
        while level:
            below: list[Folder] = []
            for parent, bodies in zip(level, self._children(level), strict=True):
                new = {b["id"]: b for b in bodies if _holds_mails(b)}
                found = [
                    _folder(body, parent, inbox_id)
                    for folder_id, body in new.items()
                    if folder_id not in seen
                ]
                seen.update(new)
                children[parent.id if parent else ""] = found
                below += found
            if len(seen) > _MOST_FOLDERS:
                raise TransportError("The server's folders have no end.")
            level = [folder for folder in below if folder.child_count]
        return list(_in_order(children, ""))

    def folder(self, folder_id: str) -> Folder:
        """One folder by its id; its ``path`` is its own name alone.

        :raises NotFound: there is none
        """
        query = {"$select": FOLDER_FIELDS}
        answer = self.session.request("GET", self.paths.folder(folder_id), query=query)
        return _folder(answer.json, None)

    def still_there(self, folder_ids: Sequence[str]) -> dict[str, Folder | None]:
        """What became of folders, by one request: ``None`` for one that was deleted,
        also for one that lies among the deleted items, where it goes on living.

        :raises ClientError: the mailbox does not answer
        """
        trash = self.paths.well_known_folder("deleteditems")
        paths = [self.paths.folder(each) for each in folder_ids]
        query = {"$select": FOLDER_FIELDS}
        requests = [BatchRequest("GET", path, query) for path in paths]
        if trash:
            requests.append(BatchRequest("GET", trash, {"$select": "id"}))
        bodies = [answer.json() for answer in self.batch(requests)]
        trash_id = ""
        if trash:
            body = bodies.pop()
            trash_id = "" if isinstance(body, ClientError) else str(body.get("id"))
        found: dict[str, Folder | None] = {}
        for folder_id, body in zip(folder_ids, bodies, strict=True):
            if isinstance(body, NotFound):
                found[folder_id] = None
            elif isinstance(body, ClientError):
                raise body
            else:
                folder = _folder(body, None)
                deleted = bool(trash_id) and folder.parent_id == trash_id
                found[folder_id] = None if deleted else folder
        return found

    def find_folder(self, name: str, parent_id: str | None = None) -> Folder | None:
        """The folder of this name in a folder (``None`` = the inbox), if there is one.

        Exchange compares names of folders without regard to the case of letters.
        """
        path = self.paths.child_folders(parent_id)
        query = {"$select": FOLDER_FIELDS, "$top": 100}
        for body in self.listing(path, query):
            if str(body.get("displayName", "")).casefold() == name.strip().casefold():
                return _folder(body, None)
        return None

    def create_folder(self, name: str, parent_id: str | None = None) -> Folder:
        """A new folder in a folder (``None`` = the inbox), or the one of that name.

        https://learn.microsoft.com/graph/api/mailfolder-post-childfolders
        """
        path = self.paths.child_folders(parent_id)
        try:
            answer = self.session.request(
                "POST", path, json={"displayName": name.strip()}
            )
        except Conflict:
            found = self.find_folder(name, parent_id)
            if found is None:
                raise
            return found
        return _folder(answer.json, None)

    def _well_known(self, *names: str) -> list[str]:
        """Ids of folders by their well-known names, "" for what is not there."""
        paths = [self.paths.well_known_folder(name) for name in names]
        query = {"$select": "id"}
        requests = [BatchRequest("GET", path, query) for path in paths if path]
        bodies = iter([answer.json() for answer in self.batch(requests)])
        ids = []
        for path in paths:
            body = next(bodies) if path else {}
            found = "" if isinstance(body, ClientError) else body.get("id")
            ids.append(found if isinstance(found, str) else "")
        return ids

    def _children(self, level: Sequence[Folder | None]) -> list[list[dict[str, Any]]]:
        """The folders in each of ``level`` (``None`` = at the top), all pages."""
        query = {"$select": FOLDER_FIELDS, "$top": 100}
        requests = [
            BatchRequest(
                "GET",
                self.paths.child_folders(parent.id) if parent else self.paths.folders(),
                query,
            )
            for parent in level
        ]
        children = []
        for answer in self.batch(requests):
            body = answer.json()
            if not isinstance(body, ClientError):
                children.append(self.all_of(body))
            elif isinstance(body, FATAL) or level == [None]:
                raise body
            else:
                # one that is gone meanwhile, or not for us, does not hide the others
                children.append([])
        return children


def _in_order(children: dict[str, list[Folder]], parent_id: str) -> Iterator[Folder]:
    """The folders of a folder and below, from {id: its folders} ("" = the top)."""
    waiting = list(reversed(children.get(parent_id, [])))
    while waiting:
        folder = waiting.pop()
        yield folder
        waiting += reversed(children.get(folder.id, []))


def _holds_mails(body: dict[str, Any]) -> bool:
    kind = str(body.get("@odata.type", "")).lower()
    return not body.get("isHidden") and kind != _SEARCH_FOLDER


def _folder(body: dict[str, Any], parent: Folder | None, inbox_id: str = "") -> Folder:
    folder_id, name = body.get("id"), body.get("displayName")
    if not isinstance(folder_id, str) or not folder_id:
        raise TransportError("The server's answer is not a folder.")
    name = name if isinstance(name, str) else ""
    return Folder(
        id=folder_id,
        name=name,
        parent_id=str(body.get("parentFolderId") or ""),
        path=f"{parent.path} / {name}" if parent else name,
        depth=parent.depth + 1 if parent else 0,
        child_count=_count(body.get("childFolderCount")),
        item_count=_count(body.get("totalItemCount")),
        is_inbox=bool(inbox_id) and folder_id == inbox_id,
    )


def _count(value: object) -> int:
    return value if isinstance(value, int) and value > 0 else 0
