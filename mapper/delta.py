"""Delta rounds over SyncFolderItems, for mails and contacts.

Exchange's own state of the folder travels in the links.  A change that cannot be read
any more (the item was deleted meanwhile) is left out: its deletion comes in a later
page.
Source: https://learn.microsoft.com/exchange/client-developer/exchange-web-services/mailbox-synchronization-and-ews-in-exchange
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from . import operations, tokens
from .call import Answer, Call
from .errors import bad_gateway, sync_state_lost
from .ids import to_rest
from .operations import Folder, ItemId, Shape
from .soap import NAMES, Element, child, children, text
from .values import true

#: Exchange's own limit of a page.
MOST = 512
_LONGEST_WALK = 400


class Change(NamedTuple):
    """One change of a folder.

    :ivar kind: ``Create``, ``Update``, ``Delete`` or ``ReadFlagChange``
    :ivar id: of the item that it is about
    """

    kind: str
    id: str
    element: Element


@dataclass
class Changes:
    """A page of what changed in a folder."""

    rows: list[Change]
    state: str
    last: bool


def fetch(call: Call, folder: Folder, state: str, most: int, shape: Shape) -> Changes:
    """The next page of changes.

    :raises GraphError: 410, the state is of no use any more
    """
    size = max(1, min(most, MOST))
    message = call.exchange.one(
        lambda _v: operations.sync_items(folder, state, size, shape)
    )
    found = text(message, "SyncState")
    if not found:
        raise bad_gateway("Exchange's answer holds no sync state.")
    found_rows = [
        Change(NAMES[one.tag], _item_id(one), one)
        for one in children(message, "Changes")
    ]
    rows = [row for row in found_rows if row.id]
    last = text(message, "IncludesLastItemInRange").strip() != "false"
    if not last and not rows and found == state:
        raise bad_gateway("Exchange's changes have no end.")
    return Changes(rows, found, last)


def fetch_all(call: Call, folder: Folder, state: str = "") -> str:
    """The state of a folder as it is now."""
    for _page in range(_LONGEST_WALK):
        changes = fetch(call, folder, state, MOST, Shape())
        state = changes.state
        if changes.last:
            return state
    raise bad_gateway("Exchange's changes have no end.")


def _item_id(change: Element) -> str:
    """The id of the item that a change is about, "" when there is none."""
    for one in change:
        found = one if NAMES[one.tag] == "ItemId" else child(one, "ItemId")
        if found is not None:
            return found.get("Id") or ""
    return ""


def removed(kind: str, ews_id: str) -> dict[str, Any]:
    """The row of something that is gone."""
    return {
        "@odata.type": f"#microsoft.graph.{kind}",
        "id": to_rest(ews_id),
        "@removed": {"reason": "deleted"},
    }


#: Gives the rows for items that are there, by their ids.
Reader = Callable[[Sequence[ItemId], Sequence[str]], list[dict[str, Any]]]


def answer(
    call: Call,
    kind: str,
    folder_key: str,
    folder: Folder,
    names: list[str],
    read: Reader,
) -> Answer:
    """One page of a round: the whole handler of a ``…/delta`` path.

    :param kind: ``message`` or ``contact``
    :param names: the properties that the first page asked for
    """
    options = call.options
    token = options.skiptoken or options.deltatoken
    state = ""
    if token.lower() == "latest":
        return finish(
            call, kind, [folder_key, fetch_all(call, folder), names], [], True
        )
    if token:
        key, state, names = tokens.read(call.settings, kind, token, 3)
        if key != folder_key:
            raise sync_state_lost()
    changes = fetch(call, folder, state, call.page_size, Shape())
    rows = _rows(changes, kind, lambda ids: read(ids, names))
    return finish(call, kind, [folder_key, changes.state, names], rows, changes.last)


def _rows(
    changes: Changes,
    kind: str,
    read: Callable[[Sequence[ItemId]], list[dict[str, Any]]],
) -> list[dict[str, Any]]:
    """Rows in the order of the changes; what is to be read is read at once."""
    wanted = [
        ItemId(one.id) for one in changes.rows if one.kind in ("Create", "Update")
    ]
    shown = {row["id"]: row for row in (read(wanted) if wanted else [])}
    rows: list[dict[str, Any]] = []
    for change in changes.rows:
        if change.kind == "Delete":
            rows.append(removed(kind, change.id))
        elif change.kind == "ReadFlagChange":
            rows.append(
                {
                    "@odata.type": f"#microsoft.graph.{kind}",
                    "id": to_rest(change.id),
                    "isRead": true(child(change.element, "IsRead")),
                }
            )
        elif (row := shown.get(to_rest(change.id))) is not None:
            rows.append(row)
    return rows


def finish(
    call: Call, kind: str, values: list[Any], rows: list[dict[str, Any]], last: bool
) -> Answer:
    """The page with its link."""
    token = tokens.write(call.settings, kind, *values)
    name = "@odata.deltaLink" if last else "@odata.nextLink"
    option = "$deltatoken" if last else "$skiptoken"
    body = {
        "@odata.context": call.context(f"Collection({kind})"),
        name: call.link(f"{option}={token}"),
        "value": rows,
    }
    return Answer(200, body, call.applied("odata.track-changes"))
