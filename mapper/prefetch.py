"""What the requests of a batch have in common is asked of Exchange once.

Twenty mails read in one batch are two requests to Exchange instead of forty.
"""

from __future__ import annotations

from collections.abc import Sequence

from . import messages, reading
from .call import Call
from .errors import GraphError
from .ids import to_ews
from .messages_table import PROPERTIES, TABLE
from .operations import ItemId
from .routing import segments_of

_NAMES = frozenset({"delta", "$value"})


def prefetch(items: Sequence[Call]) -> None:
    """Read the messages that a batch of nothing but GET asks for.

    What fails here as a whole is left to the single requests.
    """
    if len(items) < 2 or any(item.method != "GET" for item in items):
        return
    groups: dict[tuple[str, str], list[tuple[Call, str]]] = {}
    for item in items:
        segments = segments_of(item.path)
        if len(segments) < 2 or segments[-2] != "messages" or segments[-1] in _NAMES:
            continue
        key = (item.query, item.headers.get("prefer", ""))
        groups.setdefault(key, []).append((item, segments[-1]))
    for group in groups.values():
        if len(group) > 1:
            _read(group)


def _read(group: Sequence[tuple[Call, str]]) -> None:
    call = group[0][0]
    prefer = call.headers.get("prefer", "")
    try:
        call.options.check_select(PROPERTIES, "Message")
        names = reading.wanted(TABLE, call.options.wanted)
        keys = list(dict.fromkeys(key for _item, key in group))
        rows = messages.read(call, [ItemId(to_ews(key)) for key in keys], names)
    except GraphError as error:
        if error.status in (401, 429, 503):
            raise
        return
    for key, row in zip(keys, rows, strict=True):
        call.shared[("message", key, call.query, prefer)] = row
