"""Delta rounds over SyncFolderItems, for mails and contacts.

Exchange's own state of the folder travels in the links.  A change that cannot be read
any more (the item was deleted meanwhile) is left out: its deletion comes in a later
page.
Source: https://learn.microsoft.com/exchange/client-developer/exchange-web-services/mailbox-synchronization-and-ews-in-exchange
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from . import operations, tokens
from .call import Answer, Call
from .errors import bad_gateway, sync_state_lost
from .ids import to_rest
from .operations import Folder, ItemId, Shape
from .soap import Element, child, local, text
from .values import true

#: Exchange's own limit of a page.
MOST = 512
_LONGEST_WALK = 400


@dataclass
class Changes:
    """A page of what changed in a folder.

    :ivar rows: (``Create``, ``Update``, ``Delete`` or ``ReadFlagChange``, its element)
    """

    rows: list[tuple[str, Element]]
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
    changes = child(message, "Changes")
    rows = [(local(one), one) for one in (changes if changes is not None else ())]
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


def item_id(change: Element) -> str:
    """The id of the item that a change is about, "" when there is none."""
    found = child(change, "ItemId")
    if found is None and len(change):
        found = child(change[0], "ItemId")
    return str(found.get("Id", "")) if found is not None else ""


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
    changes = fetch(call, folder, state, call.preferred_size(10), Shape())
    rows = _rows(changes, kind, lambda ids: read(ids, names))
    return finish(call, kind, [folder_key, changes.state, names], rows, changes.last)


def _rows(
    changes: Changes,
    kind: str,
    read: Callable[[Sequence[ItemId]], list[dict[str, Any]]],
) -> list[dict[str, Any]]:
    """Rows in the order of the changes; what is to be read is read at once."""
    wanted = [
        ItemId(item_id(change))
        for name, change in changes.rows
        if name in ("Create", "Update") and item_id(change)
    ]
    shown = {row["id"]: row for row in (read(wanted) if wanted else [])}
    rows: list[dict[str, Any]] = []
    for name, change in changes.rows:
        ews_id = item_id(change)
        if not ews_id:
            continue
        if name == "Delete":
            rows.append(removed(kind, ews_id))
        elif name == "ReadFlagChange":
            is_read = true(child(change, "IsRead"))
            rows.append(
                {
                    "@odata.type": f"#microsoft.graph.{kind}",
                    "id": to_rest(ews_id),
                    "isRead": is_read,
                }
            )
        elif to_rest(ews_id) in shown:
            rows.append(shown[to_rest(ews_id)])
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
