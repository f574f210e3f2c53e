"""Query options of OData, as far as Graph takes them for Outlook's items.

Source: https://learn.microsoft.com/graph/query-parameters
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote

from .errors import bad_request

MOST = 1000
DEFAULT_PAGE = 10
_NAMES = {
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
_PREFERENCE = re.compile(r'([\w.\-]+)\s*(?:=\s*("[^"]*"|[^,;\s]+))?')


@dataclass
class Options:
    """The query options of a request.

    :ivar select: ``None`` without the option
    :ivar expand: name in lower case → options in its brackets
    :ivar other: what is no option of OData, names in lower case
    """

    select: list[str] | None = None
    expand: dict[str, Options] = field(default_factory=dict)
    filter: str = ""
    orderby: str = ""
    search: str = ""
    top: int | None = None
    skip: int = 0
    count: bool = False
    skiptoken: str = ""
    deltatoken: str = ""
    other: dict[str, str] = field(default_factory=dict)

    @property
    def wanted(self) -> set[str] | None:
        """Names of the selected properties, ``None`` = the usual ones."""
        if self.select is None or "*" in self.select:
            return None
        return {name.partition("/")[0] for name in self.select}

    def check_select(self, known: Collection[str], kind: str) -> None:
        """Spell what is selected as the type does; refuse what it does not have.

        :raises GraphError: 400
        """
        wanted = self.wanted
        if wanted is None or all(name in known for name in wanted):
            return
        found = []
        for name in wanted:
            spelt = named(name, known)
            if not spelt:
                raise bad_request(
                    f"Could not find a property named '{name[:80]}' on type "
                    f"'Microsoft.OutlookServices.{kind}'.",
                    "RequestBroker--ParseUri",
                )
            found.append(spelt)
        self.select = found

    def refuse(self, *names: str) -> None:
        """Refuse options that make no sense here.

        :raises GraphError: 400
        """
        for name in names:
            if getattr(self, name):
                raise bad_request(
                    f"The query option '${name}' is not supported for this resource.",
                    "ErrorInvalidUrlQuery",
                )


def named(name: str, known: Iterable[str]) -> str:
    """The property of that name, written in whatever letters; "" = there is none."""
    wanted = name.lower()
    return next((one for one in known if one.lower() == wanted), "")


def parse(query: str) -> Options:
    """The options of a raw query string.

    :raises GraphError: 400
    """
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=100)
    except ValueError:
        raise bad_request("The query has too many options.") from None
    return _options(pairs)


def _options(pairs: Iterable[tuple[str, str]]) -> Options:
    options = Options()
    seen = set()
    for name, value in pairs:
        bare = name.lstrip("$").lower()
        if bare not in _NAMES:
            if name.startswith("$"):
                raise bad_request(f"The query option '{name[:80]}' is not supported.")
            options.other[name.lower()] = value
            continue
        if bare in seen:
            raise bad_request(f"The query option '${bare}' is given twice.")
        seen.add(bare)
        _read(options, bare, value)
    return options


def _read(options: Options, name: str, value: str) -> None:
    if name in ("top", "skip"):
        setattr(options, name, _number(name, value))
    elif name == "select":
        options.select = [part.strip() for part in value.split(",") if part.strip()]
    elif name == "count":
        options.count = value.lower() == "true"
    elif name == "expand":
        options.expand = _expand(value)
    elif name != "format":
        setattr(options, name, value)


def _number(name: str, value: str) -> int:
    if not (value.isascii() and value.isdigit()) or len(value) > 9:
        raise bad_request(f"The value of '${name}' is no number.")
    number = int(value)
    if name == "top" and not 1 <= number <= MOST:
        raise bad_request(f"The value of '$top' must be between 1 and {MOST}.")
    return number


def _expand(value: str) -> dict[str, Options]:
    found = {}
    for part in _split(value, ","):
        name, _bracket, rest = part.strip().partition("(")
        pairs = []
        for option in _split(rest.rstrip().removesuffix(")"), ";"):
            key, _equals, words = option.partition("=")
            pairs.append((key.strip(), words.strip()))
        found[name.strip().lower()] = _options(pairs)
    return found


def _split(text: str, separator: str) -> list[str]:
    """Parts between separators outside of brackets and quotes."""
    parts, depth, quoted, start = [], 0, False, 0
    for at, sign in enumerate(text):
        if sign == "'":
            quoted = not quoted
        elif quoted:
            continue
        elif sign in "()":
            depth += 1 if sign == "(" else -1
        elif sign == separator and not depth:
            parts.append(text[start:at])
            start = at + 1
    parts.append(text[start:])
    return [part for part in parts if part.strip()]


def parse_prefer(header: str) -> dict[str, str]:
    """``Prefer`` by names in lower case."""
    found: dict[str, str] = {}
    for name, value in _PREFERENCE.findall(header[:2000]):
        found.setdefault(name.lower(), value.strip('"'))
    return found


def next_skip(query: str, skip: int) -> str:
    """The query of the next page of a list."""
    pairs = [
        (name, value)
        for name, value in parse_qsl(query, keep_blank_values=True)
        if name.lstrip("$").lower() != "skip"
    ]
    pairs.append(("$skip", str(skip)))
    return "&".join(f"{quote(name, safe='$')}={quote(value)}" for name, value in pairs)
