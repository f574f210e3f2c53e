"""Kinds of items: tables of their properties, and the walk over an item's elements.

Each element is touched once: most of the work of a page lies in these walks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from .errors import bad_gateway
from .ids import to_rest
from .operations import Path
from .soap import NAMES, Element

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
        self._by_element: dict[str, _Place] = {}
        #: a row without any element; what its values hold is never changed
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
        identify = _identity_and_key if "changeKey" in names else _identity
        self._by_element["ItemId"] = _Place("", of_element=identify)
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


def _identity(found: Element | None) -> dict[str, Any]:
    """``@odata.etag`` and ``id``.

    :raises GraphError: 502, there is no id
    """
    ident = found.get("Id") if found is not None else None
    if found is None or not ident:
        raise bad_gateway("The Exchange server's answer holds an item without an id.")
    return {"@odata.etag": etag(found.get("ChangeKey", "")), "id": to_rest(ident)}


def _identity_and_key(found: Element | None) -> dict[str, Any]:
    shown = _identity(found)
    shown["changeKey"] = key_of(found)
    return shown


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
