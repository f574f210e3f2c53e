"""A mailbox: containers (mail folders, calendars, contact folders) and their items.

Nothing here knows HTTP or Graph's query options. All writing goes through
:meth:`Mailbox.add`, :meth:`touch`, :meth:`move` and :meth:`remove`, which keep ids,
change keys and change logs right for every kind of item.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from . import ids
from .changes import ChangeLog
from .clock import Clock

WELL_KNOWN_FOLDERS = (
    # well-known name, display name, parent, hidden
    ("inbox", "Inbox", "msgfolderroot", False),
    ("drafts", "Drafts", "msgfolderroot", False),
    ("sentitems", "Sent Items", "msgfolderroot", False),
    ("deleteditems", "Deleted Items", "msgfolderroot", False),
    ("archive", "Archive", "msgfolderroot", False),
    ("junkemail", "Junk Email", "msgfolderroot", False),
    ("outbox", "Outbox", "msgfolderroot", False),
    ("conversationhistory", "Conversation History", "msgfolderroot", True),
    ("syncissues", "Sync Issues", "msgfolderroot", True),
    ("conflicts", "Conflicts", "syncissues", True),
    ("localfailures", "Local Failures", "syncissues", True),
    ("serverfailures", "Server Failures", "syncissues", True),
    ("clutter", "Clutter", "msgfolderroot", True),
    ("scheduled", "Scheduled", "msgfolderroot", True),
    ("searchfolders", "Search Folders", "", False),
    ("recoverableitemsdeletions", "Deletions", "", True),
)


class Item:
    """A message, event or contact.

    :ivar kind: ``message``, ``event``, ``contact``
    :ivar data: its Graph properties, ready to send, without id and control information
    :ivar odata_type: the derived type (``eventMessageRequest``) or ``""``
    :ivar container: where it is; None once it is gone for good
    :ivar extended: MAPI properties, id in Graph's spelling → value
    :ivar left: container id → sequence at which the item last left it
    :ivar born: sequence of its creation
    """

    __slots__ = (
        "kind",
        "data",
        "odata_type",
        "container",
        "id",
        "immutable_id",
        "etag",
        "born",
        "left",
        "attachments",
        "headers",
        "mime",
        "extended",
        "extensions",
        "extra",
    )

    def __init__(self, kind: str, data: dict, odata_type: str = "") -> None:
        self.kind = kind
        self.data = data
        self.odata_type = odata_type
        self.container: Container | None = None
        self.id = self.immutable_id = self.etag = ""
        self.born = 0
        self.left: dict[str, int] = {}
        self.attachments: list[Attachment] = []
        self.headers: list[dict] = []
        self.mime: bytes | None = None
        self.extended: dict[str, str] = {}
        self.extensions: dict[str, dict] = {}
        self.extra: dict = {}  # room for what one kind alone needs

    def rest_id(self, immutable: bool) -> str:
        """The id in the asked-for format."""
        return self.immutable_id if immutable else self.id


@dataclass(slots=True)
class Attachment:
    """A file, item or reference attachment; ``data`` holds its Graph properties."""

    suffix: str
    data: dict
    item: Item | None = None


@dataclass
class Container:
    """A mail folder, calendar or contact folder."""

    id: str
    kind: str
    name: str
    parent: Container | None
    well_known: str = ""
    hidden: bool = False
    items: dict[str, Item] = field(default_factory=dict)
    children: list[Container] = field(default_factory=list)
    log: ChangeLog = field(default_factory=ChangeLog)
    data: dict = field(default_factory=dict)
    extended: dict[str, str] = field(default_factory=dict)
    cache: dict = field(default_factory=dict)  # emptied at each change

    def path(self) -> str:
        """Display names from below the root: ``Inbox/Transfer Eingang``."""
        names, at = [], self
        while at is not None and at.well_known != "msgfolderroot":
            names.append(at.name)
            at = at.parent
        return "/".join(reversed(names))


class Mailbox:
    """Everything of one user, guarded by ``lock`` (re-entrant)."""

    def __init__(self, user_id: str, clock: Clock) -> None:
        self.id = user_id
        self.clock = clock
        self.lock = threading.RLock()
        self.sequence = 0
        self.delta_generation = 0
        self.containers: dict[str, Container] = {}
        self.items: dict[str, Item] = {}
        self.well_known: dict[str, Container] = {}
        self.folder_log = ChangeLog()
        self.dirty = True
        root = self.add_container("mailFolder", "Top of Information Store", None)
        self._name(root, "msgfolderroot")
        for name, title, parent, hidden in WELL_KNOWN_FOLDERS:
            folder = self.add_container(
                "mailFolder", title, self.well_known.get(parent), hidden=hidden
            )
            self._name(folder, name)

    def __getstate__(self) -> dict:
        return {k: v for k, v in self.__dict__.items() if k not in ("lock", "clock")}

    def __setstate__(self, state: dict) -> None:
        self.__dict__.update(state)
        self.lock = threading.RLock()

    def _name(self, container: Container, name: str) -> None:
        container.well_known = name
        self.well_known[name] = container

    def step(self) -> int:
        """The next sequence number; every change has one of its own."""
        self.sequence += 1
        self.dirty = True
        return self.sequence

    # -- containers -------------------------------------------------------------------

    def add_container(
        self,
        kind: str,
        name: str,
        parent: Container | None,
        *,
        well_known: str = "",
        hidden: bool = False,
        data: dict | None = None,
    ) -> Container:
        """Create a folder, calendar or contact folder below ``parent``."""
        number = self.step()
        container = Container(
            ids.folder_id(self.id, number), kind, name, parent, hidden=hidden
        )
        container.data = data or {}
        self.containers[container.id] = container
        if well_known:
            self._name(container, well_known)
        if parent is not None:
            parent.children.append(container)
        self.note_container(container)
        return container

    def note_container(self, container: Container, removed: str = "") -> None:
        """Write a change of the container itself into the log of the folder tree."""
        self.folder_log.note(self.step(), container.id, container, removed)

    def remove_container(self, container: Container) -> None:
        """Remove a container for good, with all it holds."""
        for child in list(container.children):
            self.remove_container(child)
        for item in list(container.items.values()):
            self.remove(item)
        self.containers.pop(container.id, None)
        if container.parent is not None:
            container.parent.children.remove(container)
        self.note_container(container, "deleted")

    def move_container(self, container: Container, target: Container) -> None:
        """Hang a container below another one; its id stays."""
        if container.parent is not None:
            container.parent.children.remove(container)
        container.parent = target
        target.children.append(container)
        self.note_container(container)

    def find_container(self, key: str, kind: str = "mailFolder") -> Container | None:
        """A container by id or well-known name."""
        container = self.containers.get(key) or self.well_known.get(key.lower())
        return container if container is not None and container.kind == kind else None

    def find_path(self, path: str) -> Container | None:
        """A mail folder by id, well-known name or path of names (``Inbox/Orders``)."""
        found = self.find_container(path)
        if found is not None:
            return found
        at: Container | None = self.well_known["msgfolderroot"]
        for name in path.strip("/").split("/"):
            children = at.children if at is not None else []
            at = next(
                (c for c in children if name.lower() in (c.name.lower(), c.well_known)),
                None,
            )
        return at

    def make_path(self, path: str) -> Container:
        """The mail folder at a path of names, made where it is missing."""
        found = self.find_path(path)
        if found is not None:
            return found
        head, _, name = path.strip("/").rpartition("/")
        parent = self.make_path(head) if head else self.well_known["msgfolderroot"]
        return self.add_container("mailFolder", name, parent)

    # -- items ------------------------------------------------------------------------

    def add(self, container: Container, item: Item) -> Item:
        """Put a new item into a container: ids, change key, log."""
        number = self.step()
        item.born = number
        item.id = ids.item_id(self.id, number)
        item.immutable_id = ids.immutable_id(self.id, number)
        now = self.clock.iso()
        item.data.setdefault("createdDateTime", now)
        item.data.setdefault("lastModifiedDateTime", now)
        self.items[item.immutable_id] = item
        self._enter(container, item, number)
        return item

    def _enter(self, container: Container, item: Item, number: int) -> None:
        item.container = container
        item.data["parentFolderId"] = container.id
        self.items[item.id] = item
        container.items[item.id] = item
        self._stamp(item, number)
        container.log.note(number, item.id, item)
        container.cache.clear()

    def _stamp(self, item: Item, number: int) -> None:
        key = ids.change_key(self.id, number)
        item.data["changeKey"] = key
        item.etag = f'W/"{key}"'

    def touch(self, item: Item, **values: object) -> None:
        """Change properties of an item: new change key, entry in the log."""
        number = self.step()
        if set(values) != {"isRead"}:
            item.extra["content"] = number  # more than the read flag changed
        item.data.update(values)
        item.data["lastModifiedDateTime"] = self.clock.iso()
        self._stamp(item, number)
        if item.container is not None:
            item.container.log.note(number, item.id, item)
            item.container.cache.clear()

    def move(self, item: Item, target: Container) -> None:
        """Move an item: a new id, the immutable one stays."""
        self._leave(item, "deleted")
        number = self.step()
        item.id = ids.item_id(self.id, number)
        item.data["lastModifiedDateTime"] = self.clock.iso()
        self._enter(target, item, number)

    def _leave(self, item: Item, reason: str) -> None:
        container = item.container
        assert container is not None
        number = self.step()
        container.items.pop(item.id, None)
        self.items.pop(item.id, None)
        item.left[container.id] = number
        container.log.note(number, item.id, item, reason)
        container.cache.clear()

    def remove(self, item: Item, reason: str = "deleted") -> None:
        """Remove an item for good."""
        self._leave(item, reason)
        self.items.pop(item.immutable_id, None)
        item.container = None

    def find(self, key: str, kind: str = "message") -> Item | None:
        """An item by either format of its id."""
        item = self.items.get(key)
        return item if item is not None and item.kind == kind else None
