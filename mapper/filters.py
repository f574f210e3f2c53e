"""``$filter`` as a restriction of Exchange: comparisons joined by one of and, or.

Source: https://learn.microsoft.com/graph/filter-query-parameter
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from .errors import GraphError, bad_request
from .markup import Markup, node
from .operations import Path, equal_to, path_element
from .reading import extended_of
from .values import iso, moment

_TEXT = r"'((?:[^']|'')*)'"
_EXTENDED = re.compile(
    r"singleValueExtendedProperties/any\(\s*(\w+)\s*:\s*\1/id\s+eq\s+"
    + _TEXT
    + r"\s+and\s+\1/value\s+eq\s+"
    + _TEXT
    + r"\s*\)",
    re.IGNORECASE,
)
_ADDRESS = re.compile(
    r"emailAddresses/any\(\s*(\w+)\s*:\s*\1/address\s+eq\s+" + _TEXT + r"\s*\)",
    re.IGNORECASE,
)
_PLAIN = re.compile(r"(\w+)\s+(eq|ne|gt|ge|lt|le)\s+(" + _TEXT + r"|[\w:.+-]+)", re.I)
_JOINT = re.compile(r"\s+(and|or)\s+", re.IGNORECASE)
_ELEMENTS = {
    "eq": "IsEqualTo",
    "ne": "IsNotEqualTo",
    "gt": "IsGreaterThan",
    "ge": "IsGreaterThanOrEqualTo",
    "lt": "IsLessThan",
    "le": "IsLessThanOrEqualTo",
}
_MOST = 20


@dataclass(frozen=True)
class Field:
    """A property that may be compared: where it is, and whether it is a moment."""

    path: Path
    moment: bool = False


def restriction(
    text: str, fields: Mapping[str, Field], addresses: list[Path] | None = None
) -> Markup:
    """The restriction that a filter means.

    :param addresses: where e-mail addresses are kept, where there are any
    :raises GraphError: 400, it cannot be said to Exchange
    """
    rest, conditions, joints = text.strip(), [], set()
    while True:
        condition, rest = _condition(rest, fields, addresses or [])
        conditions.append(condition)
        if not rest.strip() or len(conditions) > _MOST:
            break
        joint = _JOINT.match(rest)
        if joint is None:
            raise _unfit()
        joints.add(joint[1].lower())
        rest = rest[joint.end() :]
    if len(joints) > 1 or len(conditions) > _MOST:
        raise _unfit()
    if len(conditions) == 1:
        return conditions[0]
    return node("t:And" if joints == {"and"} else "t:Or", conditions)


def equal_text(text: str, name: str) -> str:
    """The text that a filter wants a property to be: ``displayName eq 'Odoo'``.

    :raises GraphError: 400, it wants something else
    """
    found = _PLAIN.fullmatch(text.strip())
    if found is None or found[1].lower() != name.lower() or found[2].lower() != "eq":
        raise _unfit()
    return _value(found[3], Field(name))


def _condition(
    text: str, fields: Mapping[str, Field], addresses: list[Path]
) -> tuple[Markup, str]:
    found = _EXTENDED.match(text)
    if found:
        prop = extended_of(found[2].replace("''", "'"))
        if prop is None:
            raise _unfit()
        return equal_to(prop, found[3].replace("''", "'")), text[found.end() :]
    found = _ADDRESS.match(text)
    if found and addresses:
        value = found[2].replace("''", "'")
        rows = [equal_to(path, value) for path in addresses]
        return node("t:Or", rows), text[found.end() :]
    found = _PLAIN.match(text)
    name = found[1].lower() if found else ""
    field = next((f for key, f in fields.items() if key.lower() == name), None)
    if found is None or field is None:
        raise _unfit()
    value = _value(found[3], field)
    constant = node("t:FieldURIOrConstant", node("t:Constant", Value=value))
    name = _ELEMENTS[found[2].lower()]
    return node(f"t:{name}", path_element(field.path), constant), text[found.end() :]


def _value(text: str, field: Field) -> str:
    if text.startswith("'"):
        text = text[1:-1].replace("''", "'")
    if not field.moment:
        return text
    found = moment(f"{text}T00:00:00Z" if len(text) == 10 else text)
    if found is None:
        raise _unfit()
    return iso(found)


def _unfit() -> GraphError:
    return bad_request(
        "The filter is not one that an Exchange server can answer.",
        "ErrorInvalidUrlQueryFilter",
    )
