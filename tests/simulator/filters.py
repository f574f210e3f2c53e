"""``$filter`` and ``$orderby`` for the simple cases that mail and contacts allow.

Grammar: comparisons joined by ``and``/``or``, ``not``, brackets, ``startswith``,
``contains``, ``endswith``, and ``any`` over collections.
Source: https://learn.microsoft.com/graph/filter-query-parameter
"""

from __future__ import annotations

import re
from collections.abc import Callable

from .clock import parse_iso
from .errors import bad_request
from .mapi import Known
from .properties import property_key

_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<mark>[(),:])|(?P<word>[^\s(),:']+"
    r"(?::\d\d[^\s(),']*)?))"
)
_OPERATORS: dict[str, Callable] = {
    "eq": lambda a, b: a == b,
    "ne": lambda a, b: a != b,
    "gt": lambda a, b: a is not None and a > b,
    "ge": lambda a, b: a is not None and a >= b,
    "lt": lambda a, b: a is not None and a < b,
    "le": lambda a, b: a is not None and a <= b,
}
_FUNCTIONS: dict[str, Callable[[str, str], bool]] = {
    "startswith": str.startswith,
    "endswith": str.endswith,
    "contains": str.__contains__,
}
Test = Callable[[dict], bool]


class Filter:
    """One parsed ``$filter``.

    ``matches(entity, extended)`` tells whether an entity fits; ``properties`` are the
    top-level names in order of use.

    :raises GraphError: 400 for what cannot be read
    """

    def __init__(self, text: str) -> None:
        self._tokens = self._split(text)
        self._at = 0
        self.text = text
        self.properties: list[str] = []
        self._test = self._either()
        if self._at != len(self._tokens):
            raise self._bad()

    def matches(self, entity: dict, extended: dict[str, str] | Known) -> bool:
        """Whether the entity, with these extended properties, fits."""
        return self._test({**entity, "\0extended": extended})

    def _bad(self) -> Exception:
        return bad_request(f"Invalid filter clause: syntax error in '{self.text}'.")

    def _split(self, text: str) -> list[str]:
        tokens, at = [], 0
        text = text.strip()
        while at < len(text):
            match = _TOKEN.match(text, at)
            if match is None:
                raise bad_request(f"Invalid filter clause: '{text}'.")
            tokens.append(match.group().strip())
            at = match.end()
        return tokens

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _next(self, wanted: str = "") -> str:
        token = self._peek()
        if not token or (wanted and token.lower() != wanted):
            raise self._bad()
        self._at += 1
        return token

    def _either(self) -> Test:
        tests = [self._both()]
        while self._peek().lower() == "or":
            self._next()
            tests.append(self._both())
        return tests[0] if len(tests) == 1 else lambda e: any(t(e) for t in tests)

    def _both(self) -> Test:
        tests = [self._one()]
        while self._peek().lower() == "and":
            self._next()
            tests.append(self._one())
        return tests[0] if len(tests) == 1 else lambda e: all(t(e) for t in tests)

    def _one(self) -> Test:
        token = self._next()
        if token == "(":
            test = self._either()
            self._next(")")
            return test
        if token.lower() == "not":
            inner = self._one()
            return lambda e: not inner(e)
        if token.lower() in _FUNCTIONS and self._peek() == "(":
            return self._function(token.lower())
        if token.lower().endswith(("/any", "/all")) and self._peek() == "(":
            return self._any(token[:-4])
        return self._comparison(token)

    def _function(self, name: str) -> Test:
        self._next("(")
        path = self._note(self._next())
        self._next(",")
        wanted = str(_value(self._next())).lower()
        self._next(")")
        function = _FUNCTIONS[name]
        return lambda e: function(str(_read(e, path) or "").lower(), wanted)

    def _comparison(self, name: str) -> Test:
        path = self._note(name)
        operator = _OPERATORS.get(self._next().lower())
        if operator is None:
            raise self._bad()
        wanted = _value(self._next())
        return lambda e: _compare(operator, _read(e, path), wanted)

    def _any(self, name: str) -> Test:
        self._next("(")
        self._next()  # the variable
        self._next(":")
        known = list(self.properties)
        inner = self._either()
        self._next(")")
        self.properties = [*known, name]
        if name.lower() == "singlevalueextendedproperties":
            return lambda e: any(
                inner({"id": key, "value": value})
                for key, value in e["\0extended"].items()
            )
        path = name.split("/")

        def test(entity: dict) -> bool:
            rows = _read(entity, path) or []
            return any(inner(r if isinstance(r, dict) else {"": r}) for r in rows)

        return test

    def _note(self, name: str) -> list[str]:
        path = name.split("/")
        self.properties.append(path[0])
        return path


def _read(entity: dict, path: list[str]) -> object:
    at: object = entity
    for name in path:
        if not isinstance(at, dict):
            return None
        if name not in at:
            # The variable of an any(): a:a/address and, over plain values, c:c.
            if at is entity and (len(path) == 1 or path[0] not in entity):
                at = entity.get("", entity)
                continue
            return None
        at = at[name]
    return at


def _value(token: str) -> object:
    if token.startswith("'"):
        text = token[1:-1].replace("''", "'")
        return (
            text
            if not text.startswith(("String {", "string {"))
            else property_key(text)
        )
    low = token.lower()
    if low in ("true", "false", "null"):
        return {"true": True, "false": False, "null": None}[low]
    if re.fullmatch(r"-?\d+", token):
        return int(token)
    try:
        return parse_iso(token)
    except ValueError:
        raise bad_request(f"Invalid filter clause: '{token}' is no value.") from None


def _compare(operator: Callable, have: object, wanted: object) -> bool:
    if isinstance(wanted, str) and isinstance(have, str):
        have, wanted = have.lower(), wanted.lower()
    elif isinstance(have, str) and hasattr(wanted, "tzinfo"):
        have = parse_iso(have)
    try:
        return operator(have, wanted)
    except TypeError:
        return False


def order(rows: list, orderby: str, read: Callable[[object], dict]) -> list:
    """Rows in the order that ``$orderby`` asks for.

    :raises GraphError: 400
    """
    for part in reversed(orderby.split(",")):
        words = part.split()
        if not 1 <= len(words) <= 2 or words[-1].lower() not in (
            "asc",
            "desc",
            words[0].lower(),
        ):
            raise bad_request(f"Syntax error in '{orderby}'.")
        path = words[0].split("/")
        descending = len(words) == 2 and words[1].lower() == "desc"

        def key(row: object, path: list[str] = path) -> tuple:
            value = _read(read(row), path)
            return (value is not None, value if value is not None else "")

        rows = sorted(rows, key=key, reverse=descending)
    return rows


def check_order_first(text: str, orderby: str) -> None:
    """The properties of ``$orderby`` must lead in ``$filter``.

    Source: https://learn.microsoft.com/graph/api/user-list-messages

    :raises GraphError: 400 InefficientFilter
    """
    wanted = [part.split()[0].split("/")[0] for part in orderby.split(",")]
    if Filter(text).properties[: len(wanted)] != wanted:
        raise bad_request(
            "The restriction or sort order is too complex for this operation.",
            "InefficientFilter",
        )
