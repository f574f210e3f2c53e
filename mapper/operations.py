"""The requests to Exchange that the mapper can make, element by element.

Each function gives the body of an envelope; the order of the elements is that of the
schema, which Exchange insists on.
Source: https://learn.microsoft.com/exchange/client-developer/web-service-reference/ews-operations-in-exchange
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from .markup import Markup, node, quoted


@dataclass(frozen=True)
class Extended:
    """An extended (MAPI) property: a tag, or a name in a set.

    :ivar kind: ``String``, ``Integer``, ``Boolean``, ``SystemTime``…
    """

    kind: str
    tag: str = ""
    guid: str = ""
    name: str = ""
    number: int = 0

    def element(self) -> Markup:
        """``t:ExtendedFieldURI``."""
        if self.tag:
            return node(
                "t:ExtendedFieldURI", PropertyTag=self.tag, PropertyType=self.kind
            )
        if self.name:
            return node(
                "t:ExtendedFieldURI",
                PropertySetId=self.guid,
                PropertyName=self.name,
                PropertyType=self.kind,
            )
        return node(
            "t:ExtendedFieldURI",
            PropertySetId=self.guid,
            PropertyId=str(self.number),
            PropertyType=self.kind,
        )


@dataclass(frozen=True)
class Indexed:
    """One entry of a property that holds several (``contacts:EmailAddress``)."""

    uri: str
    index: str

    def element(self) -> Markup:
        """``t:IndexedFieldURI``."""
        return node("t:IndexedFieldURI", FieldURI=self.uri, FieldIndex=self.index)


Path = str | Extended | Indexed


def path_element(path: Path) -> Markup:
    """The element that names a property."""
    if isinstance(path, str):
        return node("t:FieldURI", FieldURI=path)
    return path.element()


@dataclass(frozen=True)
class Shape:
    """What of an item is wanted beside its id.

    :ivar body_type: ``HTML``, ``Text`` or ``Best``; "" = no body is asked for
    """

    paths: tuple[Path, ...] = ()
    body_type: str = ""
    mime: bool = False

    def element(self, name: str = "m:ItemShape") -> Markup:
        """The shape as Exchange wants it."""
        return _shape(self, name)


@lru_cache(maxsize=200)
def _shape(shape: Shape, name: str) -> Markup:
    """The element of a shape; the same few are asked for again and again."""
    paths = [path_element(path) for path in shape.paths]
    return node(
        name,
        node("t:BaseShape", "IdOnly"),
        node("t:IncludeMimeContent", "true") if shape.mime else None,
        node("t:BodyType", shape.body_type) if shape.body_type else None,
        node("t:AdditionalProperties", paths) if paths else None,
    )


@dataclass(frozen=True)
class Folder:
    """A folder by its id or by its well-known name."""

    id: str = ""
    name: str = ""

    def element(self) -> Markup:
        """``t:FolderId`` or ``t:DistinguishedFolderId``."""
        if self.name:
            return node("t:DistinguishedFolderId", Id=self.name)
        return node("t:FolderId", Id=self.id)


class ItemId(NamedTuple):
    """An item; of a series also by a member's or by the master's id."""

    id: str
    change_key: str = ""

    def element(self) -> Markup:
        """``t:ItemId``."""
        if self.change_key:
            return node("t:ItemId", Id=self.id, ChangeKey=self.change_key)
        return node("t:ItemId", Id=self.id)

    def latest(self) -> str:
        """``t:ItemId`` of the item as it is now, whatever its version."""
        return f'<t:ItemId Id="{quoted(self.id)}"/>'


class MasterOf(NamedTuple):
    """The master of the series that an occurrence belongs to."""

    occurrence_id: str

    def latest(self) -> str:
        """``t:RecurringMasterItemId``."""
        return node("t:RecurringMasterItemId", OccurrenceId=self.occurrence_id)


# -- folders ---------------------------------------------------------------------------


def find_folder(
    parent: Folder, shape: Shape, offset: int, most: int, where: Markup | None = None
) -> Markup:
    """The folders directly in a folder, a page of them."""
    return _find_folder([parent], shape, offset, most, where, "Shallow")


def find_folders_of_class(
    parents: Sequence[Folder], shape: Shape, offset: int, most: int, name: str
) -> Markup:
    """The folders of a class, however deep below ``parents``, a page of them for each
    parent.

    :param name: ``IPF.Contact``
    """
    where = equal_to("folder:FolderClass", name)
    return _find_folder(parents, shape, offset, most, where, "Deep")


def _find_folder(
    parents: Sequence[Folder],
    shape: Shape,
    offset: int,
    most: int,
    where: Markup | None,
    traversal: str,
) -> Markup:
    view = node(
        "m:IndexedPageFolderView",
        MaxEntriesReturned=str(most),
        Offset=str(offset),
        BasePoint="Beginning",
    )
    return node(
        "m:FindFolder",
        shape.element("m:FolderShape"),
        view,
        node("m:Restriction", where) if where is not None else None,
        node("m:ParentFolderIds", [parent.element() for parent in parents]),
        Traversal=traversal,
    )


def get_folder(folders: Sequence[Folder], shape: Shape) -> Markup:
    """Folders, in order."""
    ids = [folder.element() for folder in folders]
    return node("m:GetFolder", shape.element("m:FolderShape"), node("m:FolderIds", ids))


def create_folder(parent: Folder, name: str, kind: str = "Folder") -> Markup:
    """A new folder; ``kind`` is ``Folder`` or ``ContactsFolder``."""
    made = node(f"t:{kind}", node("t:DisplayName", name))
    return node(
        "m:CreateFolder",
        node("m:ParentFolderId", parent.element()),
        node("m:Folders", made),
    )


# -- items -----------------------------------------------------------------------------


def sync_items(folder: Folder, state: str, most: int, shape: Shape) -> Markup:
    """What changed in a folder since a state ("" = everything)."""
    return node(
        "m:SyncFolderItems",
        shape.element(),
        node("m:SyncFolderId", folder.element()),
        node("m:SyncState", state) if state else None,
        node("m:MaxChangesReturned", str(max(1, min(most, 512)))),
    )


def find_items(
    folder: Folder,
    shape: Shape,
    offset: int,
    most: int,
    *,
    where: Markup | None = None,
    order: Sequence[tuple[str, bool]] = (),
) -> Markup:
    """A page of a folder.

    :param order: (property, descending) by which to sort
    """
    fields = [
        node(
            "t:FieldOrder",
            path_element(path),
            Order="Descending" if descending else "Ascending",
        )
        for path, descending in order
    ]
    view = node(
        "m:IndexedPageItemView",
        MaxEntriesReturned=str(most),
        Offset=str(offset),
        BasePoint="Beginning",
    )
    return node(
        "m:FindItem",
        shape.element(),
        view,
        node("m:Restriction", where) if where is not None else None,
        node("m:SortOrder", fields) if fields else None,
        node("m:ParentFolderIds", folder.element()),
        Traversal="Shallow",
    )


def equal_to(path: Path, value: str) -> Markup:
    """The condition that a property has a value."""
    constant = node("t:FieldURIOrConstant", node("t:Constant", Value=value))
    return node("t:IsEqualTo", path_element(path), constant)


def calendar_view(
    folder: Folder, shape: Shape, start: str, end: str, most: int
) -> Markup:
    """The events of a window, series written out.

    :param start: ``2026-03-01T00:00:00Z``
    """
    view = node(
        "m:CalendarView", MaxEntriesReturned=str(most), StartDate=start, EndDate=end
    )
    return node(
        "m:FindItem",
        shape.element(),
        view,
        node("m:ParentFolderIds", folder.element()),
        Traversal="Shallow",
    )


def get_items(ids: Iterable[ItemId | MasterOf], shape: Shape) -> Markup:
    """Items, in order."""
    wanted = Markup("".join([one.latest() for one in ids]))
    return node("m:GetItem", shape.element(), node("m:ItemIds", wanted))


def move_item(item: ItemId, folder: Folder) -> Markup:
    """Move an item; the answer holds its new id."""
    return node(
        "m:MoveItem",
        node("m:ToFolderId", folder.element()),
        node("m:ItemIds", item.element()),
    )


def delete_item(item: ItemId) -> Markup:
    """Put an item among the deleted ones, whatever it is; nobody is told."""
    return node(
        "m:DeleteItem",
        node("m:ItemIds", item.element()),
        DeleteType="MoveToDeletedItems",
        # of events and of tasks, which people keep among mails, Exchange wants these
        SendMeetingCancellations="SendToNone",
        AffectedTaskOccurrences="AllOccurrences",
    )


def create_contact(folder: Folder, contact: Markup) -> Markup:
    """A new contact in a folder."""
    return node(
        "m:CreateItem",
        node("m:SavedItemFolderId", folder.element()),
        node("m:Items", contact),
    )


@dataclass(frozen=True)
class Change:
    """One property of an item gets a value, or (``None``) is cleared."""

    path: Path
    element: Markup | None = None


def update_item(
    item: ItemId, kind: str, changes: Sequence[Change], *, overwrite: bool
) -> Markup:
    """Change properties of an item.

    :param kind: the name of its element, ``Message`` or ``Contact``
    :param overwrite: also a version that is newer than the change key
    """
    updates = [
        node("t:DeleteItemField", path_element(change.path))
        if change.element is None
        else node(
            "t:SetItemField",
            path_element(change.path),
            node(f"t:{kind}", change.element),
        )
        for change in changes
    ]
    attributes = {
        "ConflictResolution": "AlwaysOverwrite" if overwrite else "NeverOverwrite"
    }
    if kind == "Message":
        attributes["MessageDisposition"] = "SaveOnly"
    changed = node("t:ItemChange", item.element(), node("t:Updates", updates))
    return node("m:UpdateItem", node("m:ItemChanges", changed), **attributes)


# -- attachments, people ---------------------------------------------------------------


def get_attachments(ids: Sequence[str], *, mime: bool = False) -> Markup:
    """Attachments with their content, in order."""
    elements = [node("t:AttachmentId", Id=one) for one in ids]
    shape = node("m:AttachmentShape", node("t:IncludeMimeContent", "true"))
    return node(
        "m:GetAttachment",
        shape if mime else None,
        node("m:AttachmentIds", elements),
    )


def create_photo(item: ItemId, content: str) -> Markup:
    """The picture of a contact, in base64."""
    photo = node(
        "t:FileAttachment",
        node("t:Name", "ContactPicture.jpg"),
        node("t:ContentType", "image/jpeg"),
        node("t:IsContactPhoto", "true"),
        node("t:Content", content),
    )
    return node(
        "m:CreateAttachment",
        node("m:ParentItemId", Id=item.id),
        node("m:Attachments", photo),
    )


def delete_attachment(attachment_id: str) -> Markup:
    """Remove an attachment."""
    return node(
        "m:DeleteAttachment",
        node("m:AttachmentIds", node("t:AttachmentId", Id=attachment_id)),
    )


def resolve_names(entry: str) -> Markup:
    """Who somebody is, in the directory."""
    return node(
        "m:ResolveNames",
        node("m:UnresolvedEntry", entry),
        ReturnFullContactData="true",
    )
