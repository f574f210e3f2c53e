"""Ids of EWS: those of Graph in plain base64; finding what they stand for."""

from __future__ import annotations

import re
from datetime import date

from ..contact_store import contacts_of
from ..event_ids import occurrence_id
from ..event_store import bin_of, calendar_of, find_event
from ..mailbox import Container, Item, Mailbox
from .errors import EwsError
from .xml import Element, add

_TO_EWS = str.maketrans("-_", "/+")
_FROM_EWS = str.maketrans("/+", "-_")
_ID = re.compile(r"[A-Za-z0-9+/]{20,}={0,2}")
_FOLDER_MARK = "AQMk"
_ROOT = "root"
# Names of EWS for what the store calls otherwise.
_SAME = {
    "root": "msgfolderroot",
    "recoverableitemsroot": "recoverableitemsdeletions",
}
_BELOW_ROOT = ("calendar", "contactFolder", "taskFolder", "otherFolder")
FOLDER_KINDS = ("mailFolder", *_BELOW_ROOT)
# What every mailbox has besides: distinguished name → kind, name, class.
_OTHERS = {
    "tasks": ("taskFolder", "Tasks", "IPF.Task"),
    "notes": ("otherFolder", "Notes", "IPF.StickyNote"),
    "journal": ("otherFolder", "Journal", "IPF.Journal"),
}


def to_ews(key: str) -> str:
    """An id of the store as EWS writes it."""
    return key.translate(_TO_EWS)


def from_ews(key: str | None) -> str:
    """An id of EWS as the store knows it.

    :raises EwsError: for what cannot be one
    """
    if not key:
        raise EwsError("ErrorInvalidIdEmpty")
    if not _ID.fullmatch(key):
        raise EwsError("ErrorInvalidIdMalformed")
    return key.translate(_FROM_EWS)


def item_key(item: Item, day: date | None = None) -> str:
    """The id of an item, or of one occurrence, as EWS writes it."""
    return to_ews(item.id if day is None else occurrence_id(item.id, day))


def add_item_id(parent: Element, item: Item, day: date | None = None) -> None:
    """``ItemId`` of an item."""
    key = item.data["changeKey"]
    add(parent, "t:ItemId", Id=item_key(item, day), ChangeKey=key)


def folder_change_key(folder: Container) -> str:
    """The change key of a folder."""
    return to_ews("AQAAABYA" + folder.id[-16:].rstrip("="))


def add_folder_id(parent: Element, folder: Container, tag: str = "t:FolderId") -> None:
    """``FolderId`` (or another element of that type) of a folder."""
    add(parent, tag, Id=to_ews(folder.id), ChangeKey=folder_change_key(folder))


# -- finding ---------------------------------------------------------------------------


def find_folder(mailbox: Mailbox, key: str) -> Container:
    """A folder of any kind by its id.

    :raises EwsError: ErrorItemNotFound, as real servers answer for a folder too
    """
    found = mailbox.containers.get(from_ews(key))
    if found is None or found.kind not in FOLDER_KINDS:
        raise EwsError("ErrorItemNotFound")
    return found


def distinguished(mailbox: Mailbox, wanted: str) -> Container:
    """A folder by its name among the distinguished ones.

    :raises EwsError: ErrorFolderNotFound
    """
    if wanted == "calendar":
        return calendar_of(mailbox)
    if wanted == "contacts":
        return contacts_of(mailbox)
    if wanted in _OTHERS:
        return _other_of(mailbox, wanted)
    found = mailbox.well_known.get(_SAME.get(wanted, wanted))
    if found is None or found.kind not in FOLDER_KINDS:
        raise EwsError("ErrorFolderNotFound")
    return found


def _other_of(mailbox: Mailbox, wanted: str) -> Container:
    """Tasks, notes or the journal: nobody puts anything there."""
    found = mailbox.well_known.get(wanted)
    if found is None:
        kind, name, folder_class = _OTHERS[wanted]
        found = mailbox.add_container(kind, name, None, well_known=wanted)
        found.data["class"] = folder_class
    return found


def find_item(mailbox: Mailbox, key: str) -> tuple[Item, date | None]:
    """An item by its id; of an occurrence the master and the date.

    :raises EwsError: ErrorItemNotFound and the errors of malformed ids
    """
    rest = from_ews(key)
    item = mailbox.items.get(rest)
    if item is not None and item.id == rest:
        return item, None
    found = find_event(mailbox, rest) if item is None else None
    if found is not None and found[1] is not None:
        return found
    if item is None and rest in mailbox.containers:
        raise EwsError(
            "ErrorCannotUseFolderIdForItemId",
            "Id must be an ItemId. The id of a folder was found.",
        )
    raise EwsError("ErrorItemNotFound")


# -- the tree --------------------------------------------------------------------------


def parent_of(mailbox: Mailbox, folder: Container) -> Container | None:
    """The folder above; whatever holds no mails hangs below the root."""
    if folder.parent is not None or folder.kind == "mailFolder":
        return folder.parent
    return mailbox.well_known["msgfolderroot"]


def children_of(mailbox: Mailbox, folder: Container) -> list[Container]:
    """The folders right below one."""
    rows = [child for child in folder.children if child.kind in FOLDER_KINDS]
    if folder is mailbox.well_known["msgfolderroot"]:
        for wanted in ("calendar", "contacts", *_OTHERS):
            distinguished(mailbox, wanted)
        rows += [
            c
            for c in mailbox.containers.values()
            if c.parent is None and c.kind in _BELOW_ROOT
        ]
    return sorted(rows, key=lambda c: c.name.lower())


def home_of(mailbox: Mailbox, item: Item) -> Container:
    """The folder that EWS shows an item in (bins of events are Deleted Items)."""
    folder = item.container
    if folder is None or folder.kind == "bin":
        return mailbox.well_known["deleteditems"]
    return folder


def items_of(mailbox: Mailbox, folder: Container) -> list[Item]:
    """The items of a folder; Deleted Items holds those of every kind."""
    rows = list(folder.items.values())
    if folder is mailbox.well_known["deleteditems"]:
        for kind in ("event", "contact"):
            rows += bin_of(mailbox, kind).items.values()
    return rows
