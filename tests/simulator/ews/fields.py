"""Fields of items: what a thing shows, in the order of the schema.

A table is a list of :class:`Field`; kinds of items join them (see ``render.py``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from ..event_ids import uid_at
from ..event_values import series_of
from ..mailbox import Item
from ..series import Occurrence
from .errors import violation
from .extended import MOST_TEXT
from .request import Request
from .shapes import Shape
from .uris import SINCE
from .xml import Element, add, flag, local


class Thing:
    """An item, or one occurrence of a series, as a request sees it.

    :ivar one: the occurrence; None for the item itself
    """

    def __init__(
        self, request: Request, item: Item, one: Occurrence | None, shape: Shape
    ) -> None:
        self.request = request
        self.item = item
        self.one = one
        self.shape = shape

    @cached_property
    def data(self) -> dict:
        """Graph properties, those of an exception among them, and what EWS adds."""
        data = {**self.item.data, **self.item.extra.get("ews", {})}
        if self.one is not None:
            deviation = self.one.deviation
            data |= deviation.values if deviation else {}
            data["iCalUId"] = uid_at(data["iCalUId"], self.one.day)
        return data

    @cached_property
    def extended(self) -> dict[str, str]:
        """MAPI properties."""
        deviation = self.one.deviation if self.one is not None else None
        return {**self.item.extended, **(deviation.extended if deviation else {})}

    @property
    def version(self) -> int:
        """The version of the request."""
        return self.request.version


def thing_of(request: Request, item: Item, day: object, shape: Shape) -> Thing:
    """The thing of what ``ids.find_item`` found."""
    series = series_of(item) if day is not None else None
    one = series.occurrence(day) if series is not None else None  # type: ignore
    return Thing(request, item, one, shape)


Show = Callable[[Element, str, Thing], None]
Read = Callable[[Element, Request], dict]


@dataclass(frozen=True)
class Field:
    """One property of an item.

    :ivar uri: ``item:Subject``
    :ivar show: adds the element to that of the item
    :ivar shapes: base shapes that have it: ``D`` and ``A``
    :ivar brief: whether lists show it
    :ivar read: what a client wrote as Graph properties; None = read-only
    """

    uri: str
    show: Show
    shapes: str = "A"
    brief: bool = True
    read: Read | None = None

    @property
    def tag(self) -> str:
        """Name of the element."""
        return self.uri.rpartition(":")[2]

    @property
    def since(self) -> int:
        """The version that brought it."""
        return SINCE.get(self.uri, 0)


def text(get: Callable[[Thing], str | None]) -> Show:
    """Shows a text; nothing for None."""

    def show(out: Element, tag: str, thing: Thing) -> None:
        value = get(thing)
        if value is not None:
            add(out, f"t:{tag}", value[:MOST_TEXT] if thing.shape.brief else value)

    return show


def of(key: str, convert: Callable[[object], str] = str) -> Show:
    """Shows a Graph property."""

    def get(thing: Thing) -> str | None:
        value = thing.data.get(key)
        return None if value is None else convert(value)

    return text(get)


def filled(key: str) -> Show:
    """Shows a Graph property that is not empty."""
    return text(lambda thing: thing.data.get(key) or None)


def boolean(key: str) -> Show:
    """Shows a Graph boolean; None counts as false."""
    return text(lambda thing: flag(thing.data.get(key)))


def constant(value: str) -> Show:
    """Shows the same always."""
    return text(lambda thing: value)


def nothing(out: Element, tag: str, thing: Thing) -> None:
    """Shows nothing."""


def strings(get: Callable[[Thing], list[str]]) -> Show:
    """Shows a list of texts, if it has any."""

    def show(out: Element, tag: str, thing: Thing) -> None:
        rows = get(thing)
        if rows:
            holder = add(out, f"t:{tag}")
            for row in rows:
                add(holder, "t:String", row)

    return show


def one_of(pairs: dict[str, str], key: str, default: str) -> Show:
    """Shows a Graph enumeration in words of EWS."""
    return text(lambda thing: pairs.get(thing.data.get(key) or "", default))


# -- reading ---------------------------------------------------------------------------


def takes(key: str, convert: Callable[[str], object] = str) -> Read:
    """Reads a text into a Graph property; empty elements are empty texts."""
    return lambda element, request: {key: convert(element.text or "")}


def takes_one_of(pairs: dict[str, str], key: str) -> Read:
    """Reads an enumeration."""
    back = {ews: graph for graph, ews in pairs.items()}

    def read(element: Element, request: Request) -> dict:
        word = (element.text or "").strip()
        if word and word not in back:
            raise violation(
                f"The '{local(element)}' element is invalid - The value '{word}' is "
                "invalid - The Enumeration constraint failed.",
                element,
            )
        return {key: back.get(word)}

    return read


def takes_strings(key: str) -> Read:
    """Reads a list of texts."""
    return lambda element, request: {key: [row.text or "" for row in element]}
