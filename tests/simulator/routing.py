"""Which handler answers a path: a tree of path segments.

Literal segments are compared without regard to case, ids are not. Graph writes keys in
two ways, ``mailFolders/inbox`` and ``mailFolders('inbox')``, and functions in three,
``delta``, ``delta()`` and ``microsoft.graph.delta()``; all are the same here.
Source: https://learn.microsoft.com/graph/query-parameters
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import unquote

from .errors import method_not_allowed, no_such_path

_KEY = re.compile(r"^([A-Za-z][\w.]*)\((.*)\)$", re.S)


@dataclass(slots=True)
class Route:
    """One path and method with the handler and the permission it needs."""

    handler: Callable
    pattern: str
    needs: str


@dataclass(slots=True)
class _Node:
    literals: dict[str, _Node] = field(default_factory=dict)
    key: _Node | None = None
    key_name: str = ""
    routes: dict[str, Route] = field(default_factory=dict)


def split_path(path: str) -> list[str]:
    """Split a raw (still percent-encoded) path into decoded segments.

    Splitting comes before decoding, so an id may hold ``/`` as ``%2F``.
    """
    segments: list[str] = []
    for raw in path.split("/"):
        if not raw:
            continue
        segment = unquote(raw)
        match = _KEY.match(segment)
        if match is None:
            segments.append(_bare(segment))
            continue
        name, key = match.groups()
        segments.append(_bare(name))
        if key:
            quoted = len(key) > 1 and key[0] == key[-1] == "'"
            segments.append(key[1:-1].replace("''", "'") if quoted else key)
    return segments


def by_id(segments: list[str]) -> list[str]:
    """A folder named by way of its parents, as the folder alone.

    ``mailFolders/{a}/childFolders/{b}/messages`` is ``mailFolders/{b}/messages``.
    """
    at = 1 if segments[:1] and segments[0].lower() == "me" else 2
    while (
        len(segments) > at + 3
        and segments[at].lower() in ("mailfolders", "contactfolders")
        and segments[at + 2].lower() == "childfolders"
        and segments[at + 3].lower() != "delta"
    ):
        segments = [*segments[: at + 1], *segments[at + 3 :]]
    return segments


def _bare(name: str) -> str:
    return name[16:] if name[:16].lower() == "microsoft.graph." else name


class Router:
    """Routes below a version root (``/v1.0``), without ``me`` or ``users/{id}``."""

    def __init__(self) -> None:
        self._root = _Node()
        self.routes: list[tuple[str, Route]] = []

    def add(
        self, method: str, pattern: str, needs: str = ""
    ) -> Callable[[Callable], Callable]:
        """Decorator that registers a handler.

        :param method: HTTP method
        :param pattern: ``mailFolders/{folder}/messages/{message}``
        :param needs: permission family, ``Mail`` for Mail.Read and Mail.ReadWrite
        """

        def register(handler: Callable) -> Callable:
            route = Route(handler, pattern, needs)
            node = self._root
            for segment in pattern.split("/"):
                node = self._step(node, segment)
            node.routes[method] = route
            self.routes.append((method, route))
            return handler

        return register

    @staticmethod
    def _step(node: _Node, segment: str) -> _Node:
        if not segment.startswith("{"):
            return node.literals.setdefault(segment.lower(), _Node())
        if node.key is None:
            node.key = _Node()
            node.key_name = segment[1:-1]
        return node.key

    def find(self, method: str, segments: list[str]) -> tuple[Route, dict[str, str]]:
        """The route and its keys.

        :raises GraphError: 400 for an unknown path, 405 for a method it does not have
        """
        keys: dict[str, str] = {}
        node = self._walk(self._root, segments, 0, keys)
        if node is None or not node.routes:
            raise no_such_path(segments[-1] if segments else "")
        route = node.routes.get(method)
        if route is None:
            raise method_not_allowed()
        return route, keys

    def _walk(
        self, node: _Node, segments: list[str], at: int, keys: dict[str, str]
    ) -> _Node | None:
        if at == len(segments):
            return node
        segment = segments[at]
        literal = node.literals.get(segment.lower())
        if literal is not None:
            found = self._walk(literal, segments, at + 1, keys)
            if found is not None and found.routes:
                return found
        if node.key is None:
            return None
        # One place of the tree, one key name: patterns agree on their names.
        keys[node.key_name] = segment
        return self._walk(node.key, segments, at + 1, keys)
