"""Reading items: from a list of wanted properties to the request, and to the JSON.

Only what is wanted is asked for; how it is read is in :mod:`mapper.table`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import cache
from typing import Any

from . import operations
from .errors import GraphError, bad_gateway
from .ews import Exchange, Result
from .ews_errors import graph_error
from .ids import to_rest
from .markup import Markup
from .operations import Extended, ItemId, MasterOf, Path, Shape
from .soap import Element, child, children, local, members
from .table import Fields, Table, etag, show

#: Codes after which an item is asked for again without what only some items have.
_UNFIT = frozenset({"ErrorInvalidPropertyRequest", "ErrorInvalidPropertyForOperation"})
#: Codes of what was not worked on, and of what cannot be read.
_STOPPED, _CORRUPT = "ErrorBatchProcessingStopped", "ErrorItemCorrupt"
#: What a failing item means for a page: gone, or unreadable; else the page fails.
PASSING = frozenset({429, 503})
_CHUNK = 50
_HEAVY, _LONG = 20, 25


def shape_for(
    table: Table, names: Iterable[str], version: int, body_type: str = ""
) -> Shape:
    """The shape that brings the properties ``names``."""
    paths: dict[Path, None] = {}
    for name in names:
        prop = table.get(name)
        if prop is not None and prop.since <= version:
            paths.update(dict.fromkeys(prop.paths))
    wanted = body_type if "item:Body" in paths else ""
    return Shape(tuple(paths), wanted)


def usual(table: Table) -> list[str]:
    """What an item is shown with when nothing is selected."""
    return [name for name, prop in table.items() if prop.usual]


def wanted(table: Table, selected: Collection[str] | None) -> list[str]:
    """The properties to show, in the order of the table."""
    if selected is None:
        return usual(table)
    return [name for name in table if name in selected]


def item_of(message: Element) -> Element:
    """The only item of a response message.

    :raises GraphError: 422, there is none: nobody is to take it for deleted
    """
    items = child(message, "Items")
    for item in items if items is not None else ():
        return item
    raise graph_error(_CORRUPT, "The Exchange server's answer holds no item.")


def written(message: Element) -> ItemId:
    """The item that an operation has made, or moved.

    :raises GraphError: 502, it is not told
    """
    for item in children(message, "Items"):
        ident = child(item, "ItemId")
        if ident is not None and ident.get("Id"):
            return ItemId(str(ident.get("Id")))
    raise bad_gateway("The Exchange server's answer holds no item.")


def root_of(message: Element) -> Element:
    """The list in the answer of a FindItem or FindFolder.

    :raises GraphError: 502, there is none: nobody is to take it for an empty one
    """
    root = child(message, "RootFolder")
    if root is None:
        raise bad_gateway("The Exchange server's answer holds no list.")
    return root


def fields_of(item: Element) -> Fields:
    """The elements of an item by name."""
    return members(item)


def render(table: Table, names: Sequence[str], item: Element) -> dict[str, Any]:
    """An item as Graph shows it."""
    return show(table.plan(names), item)[0]


def get_items(
    exchange: Exchange,
    ids: Sequence[ItemId | MasterOf],
    shape: Callable[[int], Shape],
) -> list[Result]:
    """Items in order; what fails is the result in its place.

    Asked for in lots: few at a time where the bodies of mails come along, because
    Exchange gives a whole lot one minute; some more where they are notes.
    """
    shape = cache(shape)
    paths = shape(exchange.version()).paths
    size = _CHUNK
    if "item:Body" in paths:
        size = _HEAVY if "message:From" in paths else _LONG
    results: list[Result] = []
    for start in range(0, len(ids), size):
        results += _lot(exchange, ids[start : start + size], shape)
    return results


def _lot(
    exchange: Exchange,
    ids: Sequence[ItemId | MasterOf],
    shape: Callable[[int], Shape],
) -> list[Result]:
    def build(version: int) -> Markup:
        return operations.get_items(ids, shape(version))

    results = exchange.call(build)
    if len(results) != len(ids):
        raise bad_gateway("The Exchange server left out an answer.")
    if not any(one.error for one in results) or _is_busy(results):
        return results
    alone = len(ids) == 1
    for number, result in enumerate(results):
        if result.code == _STOPPED and not alone:
            results[number] = _lot(exchange, ids[number : number + 1], shape)[0]
        elif result.code in _UNFIT:
            results[number] = _ask(exchange, ids[number], _general(shape))
    failed = [number for number, one in enumerate(results) if _fails(one)]
    if alone or len(failed) < len(ids):
        for number in failed:
            results[number] = _again(exchange, ids[number], shape, alone)
    return results


def _is_busy(results: Iterable[Result]) -> bool:
    """Whether the server wants a pause: whoever goes on asking waits the longer."""
    return any(
        one.error is not None and one.error.status in PASSING and one.code != _STOPPED
        for one in results
    )


def _fails(result: Result) -> bool:
    """Whether Exchange failed on an item and does not say that this will pass."""
    return result.error is not None and is_failure(result.error)


def is_failure(error: GraphError) -> bool:
    """Whether Exchange failed and does not say that this will pass."""
    return error.status >= 500 and error.status not in PASSING


def _again(
    exchange: Exchange,
    one: ItemId | MasterOf,
    shape: Callable[[int], Shape],
    alone: bool,
) -> Result:
    """An item that Exchange failed on, asked for once more.

    When others can be read, or it is found and cannot be read, it is this item and not
    the mailbox that fails, and no other waits for it.
    """
    result = _ask(exchange, one, shape)
    if not _fails(result):
        return result
    if alone:
        found = _ask(exchange, one, lambda _version: Shape())
        if found.error is not None:
            return found
    words = result.error.message if result.error else ""
    return Result(result.element, _CORRUPT, graph_error(_CORRUPT, words))


def _ask(
    exchange: Exchange, one: ItemId | MasterOf, shape: Callable[[int], Shape]
) -> Result:
    """One item by itself."""
    results = exchange.call(lambda version: operations.get_items([one], shape(version)))
    if not results:
        raise bad_gateway("The Exchange server left out an answer.")
    return results[0]


def _general(shape: Callable[[int], Shape]) -> Callable[[int], Shape]:
    """A shape for odd items: without what only mails, events or contacts have."""

    def general(version: int) -> Shape:
        full = shape(version)
        paths = [p for p in full.paths if not isinstance(p, str) or p[:5] == "item:"]
        return Shape(tuple(paths), full.body_type)

    return general


def tolerable(error: GraphError) -> bool:
    """Whether an error is of one item alone, so that the rest of a page goes on."""
    return error.status not in PASSING and error.status < 500


def present(
    rows: Sequence[dict[str, Any] | GraphError], ids: Sequence[ItemId]
) -> list[dict[str, Any]]:
    """Rows without what went away meanwhile.

    What cannot be read is still there: its id alone is shown, or whoever reads the list
    would take it for deleted.
    """
    return [
        bare(one) if isinstance(row, GraphError) else row
        for row, one in zip(rows, ids, strict=True)
        if not (isinstance(row, GraphError) and row.status == 404)
    ]


def bare(one: ItemId) -> dict[str, Any]:
    """The row of an item that cannot be read."""
    tag = {"@odata.etag": etag(one.change_key)} if one.change_key else {}
    return {**tag, "id": to_rest(one.id)}


# -- extended properties ---------------------------------------------------------------

_NAMED = re.compile(r"(\w+) \{([0-9a-fA-F-]{36})\} Name (.{1,120})")
_NUMBERED = re.compile(r"(\w+) \{([0-9a-fA-F-]{36})\} Id (0x[0-9a-fA-F]{1,8})")
_TAGGED = re.compile(r"(\w+) (0x[0-9a-fA-F]{1,4})")
_KINDS = {
    kind.lower(): kind
    for kind in (
        "String",
        "Integer",
        "Boolean",
        "SystemTime",
        "Double",
        "Float",
        "Long",
        "Short",
        "Binary",
    )
}


def extended_of(text: str) -> Extended | None:
    """An extended property by its id at Graph (``String {guid} Name Odoo``)."""
    for pattern in (_NAMED, _NUMBERED, _TAGGED):
        found = pattern.fullmatch(text.strip())
        kind = _KINDS.get(found[1].lower()) if found else None
        if not found or kind is None:
            continue
        if pattern is _TAGGED:
            return Extended(kind, tag=found[2].lower())
        if pattern is _NAMED:
            return Extended(kind, guid=found[2].lower(), name=found[3])
        return Extended(kind, guid=found[2].lower(), number=int(found[3], 16))
    return None


def extended_id(prop: Extended) -> str:
    """The id of an extended property at Graph."""
    if prop.tag:
        return f"{prop.kind} {prop.tag}"
    if prop.name:
        return f"{prop.kind} {{{prop.guid}}} Name {prop.name}"
    return f"{prop.kind} {{{prop.guid}}} Id {hex(prop.number)}"


def extended_values(item: Element) -> dict[Extended, str]:
    """The extended properties that came with an item."""
    found: dict[Extended, str] = {}
    for one in item:
        if local(one) != "ExtendedProperty":
            continue
        uri, value = child(one, "ExtendedFieldURI"), child(one, "Value")
        if uri is None or value is None:
            continue
        prop = Extended(
            uri.get("PropertyType", "String"),
            uri.get("PropertyTag", "").lower(),
            uri.get("PropertySetId", "").lower(),
            uri.get("PropertyName", ""),
            _int(uri.get("PropertyId", "")),
        )
        found[prop] = value.text or ""
    return found


def _int(text: str) -> int:
    return int(text) if text.isdigit() else 0
