"""SyncFolderItems and SyncFolderHierarchy.

A SyncState says what the client knows: everything that entered the folder up to the
sequence ``known``, as it was then. A round goes up to ``base``: first what entered
since, the newest first (2010 SP2 and later), then changes and removals in their order.
Source: https://learn.microsoft.com/exchange/client-developer/exchange-web-services/mailbox-synchronization-and-ews-in-exchange
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from ..changes import Change, ChangeLog
from ..mailbox import Container, Item
from . import ids
from .errors import EwsError, violation
from .fields import thing_of
from .folders import below, read_folder_shape, render_folder
from .render import render
from .request import Request, answer_each
from .shapes import Shape, read_shape
from .xml import Element, add, child, children, flag, text_of

_MOST = 512
_SEAL = 16


@dataclass
class State:
    """Where a client stands.

    :ivar key: the folder, or ``tree <folder>``
    :ivar known: up to this sequence the client knows everything
    :ivar base: end of the round that is under way; 0 = none is
    :ivar above: new items that entered below this sequence are still to come
    :ivar at: changes up to this sequence have been told
    """

    key: str
    generation: int
    known: int = 0
    base: int = 0
    above: int = 0
    at: int = 0

    def write(self, secret: bytes, size: int) -> str:
        """The opaque text."""
        data = json.dumps(asdict(self)).encode()
        data += b" " * (size * 3 // 4 - len(data))
        return base64.b64encode(_seal(secret, data) + data).decode()


def _seal(secret: bytes, data: bytes) -> bytes:
    return hmac.new(secret, data, hashlib.sha256).digest()[:_SEAL]


def _read_state(request: Request, text: str, key: str) -> State:
    """The state of a request; a new one without.

    :raises EwsError: ErrorInvalidSyncStateData
    """
    fresh = State(key, request.mailbox.delta_generation)
    if not text:
        return fresh
    secret = request.service.secret
    try:
        raw = base64.b64decode("".join(text.split()), validate=True)
        sound = hmac.compare_digest(_seal(secret, raw[_SEAL:]), raw[:_SEAL])
        state = State(**json.loads(raw[_SEAL:])) if sound else None
    except (binascii.Error, ValueError):
        state = None
    if state is not None and (state.key, state.generation) == (key, fresh.generation):
        return state
    if not request.service.quirks.sync_state_checked:
        return fresh
    raise EwsError("ErrorInvalidSyncStateData")


def entered(key: str) -> int:
    """The sequence at which an item came into its folder: it is in the id."""
    raw = base64.urlsafe_b64decode(key[:-4])
    return int.from_bytes(raw[-6:], "big")


# -- items -----------------------------------------------------------------------------


def sync_items(request: Request, body: Element) -> Element:
    """SyncFolderItems."""
    most = _read_most(child(body, "m:MaxChangesReturned"), body)
    shape = read_shape(
        child(body, "m:ItemShape"), request.version, request.server.level, brief=True
    )
    text = text_of(body, "m:SyncState")
    target = next(children(child(body, "m:SyncFolderId")), None)
    ignored = {row.get("Id") for row in children(child(body, "m:Ignore"))}

    def work(element: Element, message: Element) -> None:
        folder = request.folder(element)
        state = _read_state(request, text, folder.id)
        rows = _Round(request, folder, state, shape, ignored)
        _tell(request, message, state, rows, most)

    answer = answer_each(request, "SyncFolderItems", [target], work)
    return _complete_error(answer, "m:IncludesLastItemInRange")


def _read_most(element: Element | None, body: Element) -> int:
    try:
        most = int(element.text or "") if element is not None else 0
    except ValueError:
        most = 0
    if not 1 <= most <= _MOST:
        raise violation(
            "The 'MaxChangesReturned' element is invalid - The value is not valid "
            "according to its datatype 'MaxSyncChangesReturnedType'.",
            body,
        )
    return most


def _tell(
    request: Request, message: Element, state: State, rows: _Round, most: int
) -> None:
    after = add(message, "m:SyncState")
    last = add(message, "m:IncludesLastItemInRange")
    changes = add(message, "m:Changes")
    for _at in range(most):
        if not rows.add_next(changes):
            break
    finished = not rows.has_more()
    if finished:
        state.known, state.base, state.above = state.base, 0, 0
    after.text = state.write(
        request.service.secret, request.service.quirks.sync_state_size
    )
    last.text = flag(finished)


def _complete_error(answer: Element, last: str) -> Element:
    """An error has an empty SyncState, and says that it is the last page."""
    message = answer[0][0]
    if message.get("ResponseClass") == "Error":
        add(message, "m:SyncState", "")
        add(message, last, "true")
        add(message, "m:Changes")
    return answer


class _Round:
    """What one call of SyncFolderItems tells, one change after the other."""

    def __init__(
        self,
        request: Request,
        folder: Container,
        state: State,
        shape: Shape,
        ignored: set[str | None],
    ) -> None:
        if not state.base:
            state.base = request.mailbox.sequence
            state.above = state.base + 1
            state.at = state.known
        self._request = request
        self._folder = folder
        self._state = state
        self._shape = shape
        self._ignored = ignored
        self._rows = self._all()
        self._next: tuple[Change | Item, int] | None = next(self._rows, None)

    def has_more(self) -> bool:
        """Whether the round goes on."""
        return self._next is not None

    def add_next(self, changes: Element) -> bool:
        """Add one change; whether there was one."""
        if self._next is None:
            return False
        row, sequence = self._next
        if isinstance(row, Item):
            self._state.above = sequence
            self._add(add(changes, "t:Create"), row)
        else:
            self._state.above = 0
            self._state.at = sequence
            self._add_change(changes, row)
        self._next = next(self._rows, None)
        return True

    def _all(self) -> Iterator[tuple[Change | Item, int]]:
        state = self._state
        if state.above:
            rows = [
                (entered(item.id), item)
                for item in ids.items_of(self._request.mailbox, self._folder)
            ]
            for at, item in sorted(rows, key=lambda row: row[0], reverse=True):
                wanted = state.known < at <= state.base and at < state.above
                if wanted and ids.to_ews(item.id) not in self._ignored:
                    yield item, at
        for change in self._changes():
            if state.at < change.sequence <= state.base:
                yield change, change.sequence

    def _changes(self) -> list[Change]:
        """Changes of what the client knows, in their order."""
        logs: list[ChangeLog] = [self._folder.log]
        known = self._request.mailbox.well_known
        if self._folder is known["deleteditems"]:
            logs += [
                known[k].log for k in ("deleted-event", "deleted-contact") if k in known
            ]
        rows = [c for log in logs for c in log.since(self._state.known)]
        rows = [c for c in rows if entered(c.key) <= self._state.known]
        if not self._request.service.quirks.exceptions_reported:
            rows = [c for c in rows if not _is_exception(c)]
        return sorted(rows, key=lambda c: c.sequence)

    def _add(self, holder: Element, item: Item) -> None:
        render(holder, thing_of(self._request, item, None, self._shape))

    def _add_change(self, changes: Element, change: Change) -> None:
        item = change.item
        assert isinstance(item, Item)
        if change.removed:
            gone = add(changes, "t:Delete")
            add(gone, "t:ItemId", Id=ids.to_ews(change.key), ChangeKey="AQ==")
        elif self._only_read(item):
            holder = add(changes, "t:ReadFlagChange")
            ids.add_item_id(holder, item)
            add(holder, "t:IsRead", flag(item.data.get("isRead")))
        else:
            self._add(add(changes, "t:Update"), item)

    def _only_read(self, item: Item) -> bool:
        quirks = self._request.service.quirks
        if not quirks.read_flag_changes or item.kind != "message":
            return False
        return item.extra.get("content", 0) <= self._state.known


def _is_exception(change: Change) -> bool:
    """Whether a changed occurrence is all there is to it."""
    extra = change.item.extra if isinstance(change.item, Item) else {}
    return extra.get("occurrence_changed") == change.sequence and not change.removed


# -- folders ---------------------------------------------------------------------------


def sync_hierarchy(request: Request, body: Element) -> Element:
    """SyncFolderHierarchy: the folders below one, all of them at once."""
    shape = read_folder_shape(request, body)
    text = text_of(body, "m:SyncState")
    target = next(children(child(body, "m:SyncFolderId")), None)

    def work(element: Element | None, message: Element) -> None:
        root = request.mailbox.well_known["msgfolderroot"]
        top = root if element is None else request.folder(element)
        # No folder and the root are different things to Exchange.
        key = f"tree {top.id if element is not None else ''}"
        state = _read_state(request, text, key)
        rows = list(below(request, top, True))
        after = add(message, "m:SyncState")
        add(message, "m:IncludesLastFolderInRange", "true")
        changes = add(message, "m:Changes")
        _tell_folders(request, state, rows, shape, changes)
        state.known = request.mailbox.sequence
        secret, size = request.service.secret, request.service.quirks.sync_state_size
        after.text = state.write(secret, size)

    answer = answer_each(request, "SyncFolderHierarchy", [target], work)
    return _complete_error(answer, "m:IncludesLastFolderInRange")


def _tell_folders(
    request: Request,
    state: State,
    rows: list[Container],
    shape: Shape,
    changes: Element,
) -> None:
    present = {row.id for row in rows}
    if not state.known:
        for row in rows:
            render_folder(request, add(changes, "t:Create"), row, shape)
        return
    for change in request.mailbox.folder_log.since(state.known):
        folder = change.item
        assert isinstance(folder, Container)
        if folder.kind not in ids.FOLDER_KINDS:
            continue
        if change.removed or folder.id not in present:
            gone = add(changes, "t:Delete")
            ids.add_folder_id(gone, folder)
        else:
            new = entered(folder.id) > state.known
            holder = add(changes, "t:Create" if new else "t:Update")
            render_folder(request, holder, folder, shape)


OPERATIONS = {"SyncFolderItems": sync_items, "SyncFolderHierarchy": sync_hierarchy}
