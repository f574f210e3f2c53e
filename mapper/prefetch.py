"""What the requests of a batch have in common is asked of Exchange once.

Twenty mails read in one batch are a few requests to Exchange instead of forty.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from . import contacts, events, messages
from .call import Call
from .errors import GraphError
from .ids import to_ews
from .messages import expanded_properties
from .operations import ItemId
from .routing import segments_of

Rows = Sequence[dict[str, Any] | GraphError]


def _contacts(call: Call, ids: Sequence[ItemId], names: Sequence[str]) -> Rows:
    return contacts.fetch(call, ids, names, expanded_properties(call.options))


#: Collection → (kind, the properties that are asked for, what reads several).
_READERS: dict[str, tuple[str, Callable[[Call], list[str]], Callable[..., Rows]]] = {
    "messages": ("message", messages.names_of, messages.read),
    "events": ("event", events.names_of, events.read),
    "contacts": ("contact", contacts.names_of, _contacts),
}
_NO_IDS = frozenset({"delta", "$value"})


def prefetch(items: Sequence[Call]) -> None:
    """Read the items that a batch of nothing but GET asks for one by one.

    What fails here as a whole is left to the single requests.

    :raises GraphError: 401, 429, 503: there is no point in going on
    """
    if len(items) < 2 or any(item.method != "GET" for item in items):
        return
    groups: dict[tuple[str, str, str], list[tuple[Call, str]]] = {}
    for item in items:
        *_head, collection, key = ["", "", *segments_of(item.path)]
        if collection in _READERS and key not in _NO_IDS:
            group = (collection, item.query, item.headers.get("prefer", ""))
            groups.setdefault(group, []).append((item, key))
    for (collection, _query, _prefer), found in groups.items():
        if len(found) > 1:
            _read(collection, found)


def _read(collection: str, group: Sequence[tuple[Call, str]]) -> None:
    kind, names_of, read = _READERS[collection]
    call = group[0][0]
    try:
        keys = list(dict.fromkeys(key for _item, key in group))
        ids = [ItemId(to_ews(key)) for key in keys]
        rows = read(call, ids, names_of(call))
    except GraphError as error:
        if error.status in (401, 429, 503):
            raise
        return
    for key, row in zip(keys, rows, strict=True):
        call.keep(kind, key, row)
