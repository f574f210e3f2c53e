"""Reading items: from a list of wanted properties to the request, and to the JSON.

A kind of item is a table of :class:`Property`; only what is wanted is asked for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from . import operations
from .errors import GraphError, bad_gateway, not_found
from .ews import Exchange, Result
from .ids import to_rest
from .markup import Markup
from .operations import Extended, ItemId, MasterOf, Path, Shape
from .soap import NAMES, Element, child, local, members

#: Elements of an item by name.
Fields = Mapping[str, Element]


@dataclass(frozen=True)
class Property:
    """How one property of Graph is read.

    :ivar paths: what to ask Exchange for
    :ivar read: its value from the elements of an item; or, where it is made of one
        ``element`` alone, from that one or ``None``
    :ivar whole: what several properties share that are made of the same element; then
        ``read`` gets what it gives
    :ivar since: the version (number) from which on Exchange knows these paths
    :ivar usual: it comes without being selected
    :ivar text: ``read`` gets the text of the element
    :ivar shared: what several properties share that are made of the same elements, and
        what to pick of it: quicker than to ``read`` each of them
    """

    paths: tuple[Path, ...]
    read: Callable[[Any], Any]
    since: int = 0
    usual: bool = True
    element: str = ""
    whole: Callable[[Element | None], Any] | None = None
    text: bool = False
    shared: tuple[Callable[[Fields], Any], Callable[[Any], Any]] | None = None

    def of(self, element: Element | None) -> Any:
        """The value of one that is made of one element."""
        if self.text:
            return self.read(element.text if element is not None else None)
        return self.read(self.whole(element) if self.whole else element)


def part(
    path: str, whole: Callable[[Element | None], Any], pick: Any, *, since: int = 0
) -> Property:
    """One of the properties that an element holds, ``pick`` out of what ``whole``
    makes of it."""
    name = path.partition(":")[2]
    return Property((path,), pick, since, element=name, whole=whole)


def single(
    path: str,
    read: Callable[[Element | None], Any],
    *,
    since: int = 0,
    usual: bool = True,
) -> Property:
    """A property that is one element: ``item:Subject`` is the element ``Subject``."""
    return Property((path,), read, since, usual, path.partition(":")[2])


def plain(path: str, read: Callable[[str | None], Any]) -> Property:
    """A property that is the text of one element."""
    return Property((path,), read, element=path.partition(":")[2], text=True)


def fixed(value: Any) -> Property:
    """A property that Exchange does not have."""
    return Property((), lambda _fields: value)


def shared(
    paths: tuple[Path, ...], whole: Callable[[Fields], Any], pick: Callable[[Any], Any]
) -> Property:
    """One of the properties that are made of the same elements, ``pick`` out of what
    ``whole`` makes of them."""
    return Property(paths, lambda fields: pick(whole(fields)), shared=(whole, pick))


class Table(dict[str, Property]):
    """A kind of item: its properties by Graph's names, in Graph's order."""

    _MOST = 200

    def __init__(self, properties: Mapping[str, Property]) -> None:
        super().__init__(properties)
        self._plans: dict[tuple[str, ...], Plan] = {}

    def plan(self, names: Sequence[str]) -> Plan:
        """How to read these properties; callers mostly want the same ones."""
        key = tuple(names)
        found = self._plans.get(key)
        if found is None:
            if len(self._plans) >= self._MOST:
                self._plans.clear()
            found = self._plans[key] = Plan(self, key)
        return found


class _Place(NamedTuple):
    """What becomes of an element: a property by its text or by itself, several (without
    ``name``), or (with neither) it is kept."""

    name: str
    of_text: Callable[[str | None], Any] | None = None
    of_element: Callable[[Element | None], Any] | None = None


def _parts(
    whole: Callable[[Element | None], Any],
    picks: Sequence[tuple[str, Callable[[Any], Any]]],
) -> Callable[[Element | None], dict[str, Any]]:
    def read(element: Element | None) -> dict[str, Any]:
        found = whole(element)
        return {name: pick(found) for name, pick in picks}

    return read


class Plan(dict[object, _Place]):
    """How to read some properties of a table in one walk over an item.

    By the full names of elements, each of which is cut once.
    """

    _MOST = 500

    def __init__(self, table: Table, names: Sequence[str]) -> None:
        super().__init__()
        chosen = {name: table[name] for name in names}
        self.names = frozenset(names)
        self._by_element: dict[str, _Place] = {}
        #: a row without any element
        self.empty: dict[str, Any] = {"@odata.etag": None, "id": None}
        self.others: list[tuple[str, Callable[[Fields], Any]]] = []
        groups: dict[Any, list[tuple[str, Callable[[Any], Any]]]] = {}
        for name, prop in chosen.items():
            self.empty[name] = prop.of(None) if prop.element else None
            if prop.element:
                self._by_element[prop.element] = _place(name, prop, chosen)
            elif prop.shared:
                groups.setdefault(prop.shared[0], []).append((name, prop.shared[1]))
            elif prop.paths:
                self.others.append((name, prop.read))
            else:
                self.empty[name] = prop.read({})
        with_key = "changeKey" in names
        self._by_element["ItemId"] = _Place(
            "", of_element=_identity_and_key if with_key else _identity
        )
        self.groups = list(groups.items())

    def __missing__(self, tag: object) -> _Place:
        name = NAMES[tag]
        found = self._by_element.get(name) or _Place(name)
        if len(self) < self._MOST:
            self[tag] = found
        return found


def _place(name: str, prop: Property, chosen: Mapping[str, Property]) -> _Place:
    """Where an element goes that is read as a property, or as this and others."""
    if prop.whole is not None:
        mates = [(n, p.read) for n, p in chosen.items() if p.element == prop.element]
        return _Place("", of_element=_parts(prop.whole, mates))
    if prop.text:
        return _Place(name, of_text=prop.read)
    return _Place(name, of_element=prop.read)


#: Codes after which an item is asked for again without what only some items have.
_UNFIT = frozenset({"ErrorInvalidPropertyRequest", "ErrorInvalidPropertyForOperation"})
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

    :raises GraphError: 404, there is none
    """
    items = child(message, "Items")
    for item in items if items is not None else ():
        return item
    raise not_found()


def _identity(found: Element | None) -> dict[str, Any]:
    """``@odata.etag`` and ``id``.

    :raises GraphError: 502, there is no id
    """
    ident = found.get("Id") if found is not None else None
    if found is None or not ident:
        raise bad_gateway("The Exchange server's answer holds an item without an id.")
    return {"@odata.etag": etag(found.get("ChangeKey", "")), "id": to_rest(ident)}


def _identity_and_key(found: Element | None) -> dict[str, Any]:
    return {**_identity(found), "changeKey": key_of(found)}


def etag(change_key: str) -> str:
    """The version of an item as HTTP says it."""
    return f'W/"{change_key}"'


def key_of(found: Element | None) -> str:
    """The version of an item, out of its ``ItemId``, as Exchange says it."""
    return str(found.get("ChangeKey", "")) if found is not None else ""


#: The version of an item as a property.
CHANGE_KEY = Property((), key_of, element="ItemId")


def change_key(fields: Fields) -> str:
    """The version of an item as Exchange says it."""
    return key_of(fields.get("ItemId"))


def fields_of(item: Element) -> Fields:
    """The elements of an item by name."""
    return members(item)


def render(table: Table, names: Sequence[str], item: Element) -> dict[str, Any]:
    """An item as Graph shows it."""
    return show(table.plan(names), item)[0]


def show(plan: Plan, item: Element) -> tuple[dict[str, Any], Fields]:
    """An item as Graph shows it, and the elements that are no property of their own.

    :raises GraphError: 502, it has no id
    """
    shown = plan.empty.copy()
    rest: dict[str, Element] = {}
    for one in item:
        name, of_text, of_element = plan[one.tag]
        if of_text is not None:
            shown[name] = of_text(one.text)
        elif of_element is None:
            rest[name] = one
        elif name:
            shown[name] = of_element(one)
        else:
            shown.update(of_element(one))
    if shown["id"] is None:
        _identity(None)
    for whole, picks in plan.groups:
        found = whole(rest)
        for name, pick in picks:
            shown[name] = pick(found)
    for name, read in plan.others:
        shown[name] = read(rest)
    return shown, rest


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
    for number, result in enumerate(results):
        if result.code == "ErrorBatchProcessingStopped" and len(ids) > 1:
            results[number] = _lot(exchange, ids[number : number + 1], shape)[0]
        elif result.code in _UNFIT:
            results[number] = _general(exchange, ids[number], shape)
    return results


def _general(
    exchange: Exchange, one: ItemId | MasterOf, shape: Callable[[int], Shape]
) -> Result:
    """An odd item without what only mails, events or contacts have."""

    def build(version: int) -> Markup:
        full = shape(version)
        paths = [p for p in full.paths if not isinstance(p, str) or p[:5] == "item:"]
        return operations.get_items([one], Shape(tuple(paths), full.body_type))

    results = exchange.call(build)
    if not results:
        raise bad_gateway("The Exchange server left out an answer.")
    return results[0]


def tolerable(error: GraphError) -> bool:
    """Whether an error is of one item alone, so that the rest of a page goes on."""
    return error.status not in PASSING and error.status < 500


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
