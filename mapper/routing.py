"""From an address to the function that answers it.

Two families lead to the same handlers: Graph's own paths, and the short ones, which are
written out as Graph's before they are looked up.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.routing import Map, Rule

from .call import Answer, Call
from .errors import GraphError, no_such_path

Handler = Callable[[Call], Answer]

_KEY = re.compile(r"([A-Za-z.]+)\('?((?:[^']|'')*?)'?\)")
_LITERALS = (
    "me users mailFolders childFolders messages delta attachments move events "
    "instances calendarView contacts contactFolders photo $value calendar calendars "
    "permanentDelete"
)
_BY_LOWER = {name.lower(): name for name in _LITERALS.split()}
_BY_LOWER["microsoft.graph.delta"] = "delta"
#: Segments that are followed by an id.
_COLLECTIONS = frozenset(
    {
        "users",
        "mailFolders",
        "childFolders",
        "messages",
        "attachments",
        "events",
        "contacts",
        "contactFolders",
        "calendars",
    }
)


class Router:
    """The resources below ``me``."""

    def __init__(self) -> None:
        self._handlers: dict[str, Handler] = {}
        self._map = Map(
            strict_slashes=False, merge_slashes=False, redirect_defaults=False
        )
        self._bound = self._map.bind("mapper")

    def add(self, method: str, pattern: str, handler: Handler) -> None:
        """A resource: ``messages/<message>/move``."""
        name = f"{method} {pattern}"
        self._handlers[name] = handler
        self._map.add(Rule(f"/{pattern}", endpoint=name, methods=[method]))

    def find(
        self, method: str, segments: list[str]
    ) -> tuple[str, Handler, dict[str, str]]:
        """The pattern, the handler and the keys for a path below ``me``.

        :raises GraphError: 404 for an unknown path, 405 for an unfit method
        """
        path = "/" + "/".join(segments)
        try:
            name, keys = self._bound.match(path, method)
        except MethodNotAllowed:
            raise GraphError(
                405, "BadRequest", "The method is not supported here."
            ) from None
        except HTTPException:
            raise no_such_path() from None
        return name, self._handlers[name], {k: str(v) for k, v in keys.items()}


@lru_cache(maxsize=2048)
def _split(path: str) -> tuple[str, ...]:
    parts: list[str] = []
    for segment in path.split("/"):
        if not segment:
            continue
        found = _KEY.fullmatch(segment)
        if found:
            parts.append(found[1])
            if found[2]:
                parts.append(found[2].replace("''", "'"))
        else:
            parts.append(segment)
    return tuple(parts)


def segments_of(path: str) -> list[str]:
    """The segments of a path (already unquoted), names in Graph's own spelling."""
    found: list[str] = []
    for segment in _split(path):
        name = _BY_LOWER.get(segment.lower(), segment)
        after_collection = bool(found) and found[-1] in _COLLECTIONS
        if after_collection and name not in ("delta", "$value"):
            # an id, whatever it looks like; but not the collection of a collection
            name = segment
        found.append(name)
    return found


def by_id(segments: list[str]) -> list[str]:
    """A folder that is named by way of its parents, as the folder alone.

    ``mailFolders/{a}/childFolders/{b}/messages`` is ``mailFolders/{b}/messages``.
    """
    while (
        len(segments) > 3
        and segments[0] in ("mailFolders", "contactFolders")
        and segments[2] == "childFolders"
        and segments[3] != "delta"
    ):
        segments = [segments[0], *segments[3:]]
    return segments


def long_form(segments: list[str], windowed: bool) -> list[str]:
    """A short path (``ChildFolders``, ``events``…) as Graph's own.

    :param windowed: the query names a window of time
    """
    head = segments[0].lower() if segments else ""
    if head in ("me", "users"):
        return segments
    if head == "childfolders":
        if len(segments) == 1:
            return ["me", "mailFolders", "inbox", "childFolders"]
        return ["me", "mailFolders", *segments[1:]]
    if head == "events":
        if (len(segments) == 1 and windowed) or segments[1:2] == ["delta"]:
            return ["me", "calendarView", *segments[1:]]
        return ["me", "events", *segments[1:]]
    return ["me", *segments]
