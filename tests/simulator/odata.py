"""Query options of OData as Graph takes them: parsing, projection, paging.

Source: https://learn.microsoft.com/graph/query-parameters
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import parse_qsl, quote

from .errors import bad_request, unknown_select

_SYSTEM = {
    "select",
    "expand",
    "filter",
    "orderby",
    "top",
    "skip",
    "count",
    "search",
    "format",
    "skiptoken",
    "deltatoken",
}
MAX_TOP = 1000
DEFAULT_PAGE = 10


@dataclass(slots=True)
class Expand:
    """One member of ``$expand``: its name and the options in its brackets."""

    name: str
    options: Options


@dataclass(slots=True)
class Options:
    """The query options of one request; ``None`` where one is absent.

    ``other`` holds what is no OData option (``startDateTime``,
    ``includeHiddenFolders``…), names in lower case.
    """

    select: list[str] | None = None
    expand: list[Expand] = field(default_factory=list)
    filter: str | None = None
    orderby: str | None = None
    top: int | None = None
    skip: int | None = None
    count: bool = False
    search: str | None = None
    skiptoken: str | None = None
    deltatoken: str | None = None
    other: dict[str, str] = field(default_factory=dict)

    def given(self) -> set[str]:
        """Names of the OData options that the request used."""
        names = ("filter", "orderby", "top", "skip", "search", "skiptoken")
        given = {name for name in names if getattr(self, name) is not None}
        if self.select is not None:
            given.add("select")
        if self.expand:
            given.add("expand")
        if self.count:
            given.add("count")
        return given

    def expanded(self, name: str) -> Options | None:
        """The options of one expanded member, or None."""
        for member in self.expand:
            if member.name.lower() == name.lower():
                return member.options
        return None


@lru_cache(maxsize=512)
def parse_query(query: str) -> Options:
    """Parse a raw query string. The result is shared: do not change it.

    :raises GraphError: 400 for options that Graph does not know or cannot read
    """
    pairs = parse_qsl(query, keep_blank_values=True)
    return _options([(name, value) for name, value in pairs])


def _options(pairs: Iterable[tuple[str, str]]) -> Options:
    options = Options()
    seen = set()
    for name, value in pairs:
        bare = name.lstrip("$").lower()
        if bare not in _SYSTEM:
            if name.startswith("$"):
                raise bad_request(f"The query parameter '{name}' is not supported.")
            options.other[name.lower()] = value
            continue
        if bare in seen:
            raise bad_request(
                f"Query option '{name}' was specified more than once, but it must be "
                "specified at most once."
            )
        seen.add(bare)
        _READERS.get(bare, _read_text)(options, bare, value)
    return options


def _read_text(options: Options, name: str, value: str) -> None:
    if name != "format":
        setattr(options, name, value)


def _read_number(options: Options, name: str, value: str) -> None:
    if not value.isdigit():
        raise bad_request(
            f"Invalid value '{value}' for ${name} query option found. The ${name} "
            "query option requires a non-negative integer value."
        )
    number = int(value)
    if name == "top" and not 1 <= number <= MAX_TOP:
        raise bad_request(
            f"The limit of '{MAX_TOP}' for Top query has been exceeded. The value from "
            f"the incoming request is '{number}'."
        )
    setattr(options, name, number)


def _read_select(options: Options, name: str, value: str) -> None:
    options.select = [part.strip() for part in value.split(",") if part.strip()]


def _read_count(options: Options, name: str, value: str) -> None:
    options.count = value.lower() == "true"


def _read_expand(options: Options, name: str, value: str) -> None:
    for part in split_outside(value, ","):
        member, _, rest = part.strip().partition("(")
        pairs: list[tuple[str, str]] = []
        if rest:
            for option in split_outside(rest.rstrip().removesuffix(")"), ";"):
                key, _, text = option.partition("=")
                pairs.append((key.strip(), text.strip()))
        options.expand.append(Expand(member.strip(), _options(pairs)))


_READERS: dict[str, Callable[[Options, str, str], None]] = {
    "top": _read_number,
    "skip": _read_number,
    "select": _read_select,
    "count": _read_count,
    "expand": _read_expand,
}


def split_outside(text: str, separator: str) -> list[str]:
    """Split at separators that stand outside of brackets and quotes."""
    parts, depth, quoted, start = [], 0, False, 0
    for at, char in enumerate(text):
        if char == "'":
            quoted = not quoted
        elif quoted:
            continue
        elif char == "(":
            depth += 1
        elif char == ")":
            depth -= 1
        elif char == separator and not depth:
            parts.append(text[start:at])
            start = at + 1
    parts.append(text[start:])
    return [part for part in parts if part.strip()]


def check_select(select: list[str] | None, known: Iterable[str], typ: str) -> None:
    """Refuse ``$select`` of a property that the type lacks.

    :raises GraphError: 400
    """
    for name in select or ():
        if name == "*":
            continue
        bare = name.split("/")[0]
        if bare not in known:
            raise unknown_select(bare, typ)


def project(entity: dict, select: list[str] | None) -> dict:
    """The selected properties, the id and the control information of an entity."""
    if not select or "*" in select:
        return entity
    wanted = {name.split("/")[0] for name in select}
    return {
        key: value
        for key, value in entity.items()
        if key in wanted or key == "id" or key[0] == "@"
    }


def next_skip_link(base: str, query: str, skip: int) -> str:
    """A link to the next page of an ordinary list: the same options and a ``$skip``."""
    pairs = [
        (name, value)
        for name, value in parse_qsl(query, keep_blank_values=True)
        if name.lstrip("$").lower() != "skip"
    ]
    pairs.append(("$skip", str(skip)))
    return base + "?" + "&".join(f"{quote(n)}={quote(v)}" for n, v in pairs)


def page(
    rows: list,
    options: Options,
    page_size: int | None,
    default: int = DEFAULT_PAGE,
) -> tuple[list, int | None]:
    """One page of ``rows`` and the ``$skip`` of the next one (None at the end).

    :param page_size: Prefer odata.maxpagesize of the request
    """
    start = options.skip or 0
    size = options.top or page_size or default
    end = start + size
    return rows[start:end], (end if end < len(rows) else None)
