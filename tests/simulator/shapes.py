"""Shapes of request bodies with objects inside objects: checking and cleaning.

A shape maps property names to kinds: ``str``, ``bool``, ``int``, ``number``, ``time``
(DateTimeOffset), ``date``, ``any``, an enumeration (tuple), another shape (dict), or a
list of one of these (``[kind]``). What a client may not write is named beside it.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from .errors import GraphError, bad_request, unknown_property

Kind = object
Shape = dict
_TYPES: dict[str, type | tuple[type, ...]] = {
    "str": str,
    "bool": bool,
    "int": int,
    "number": (int, float),
    "time": str,
    "date": str,
}
_FORMS = {
    "time": re.compile(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,12})?)?(Z|[+-]\d\d:\d\d)"
    ),
    "date": re.compile(r"\d{4}-\d\d-\d\d"),
}
_NAMES = {"time": "Edm.DateTimeOffset", "date": "Edm.Date"}


def read_shape(values: dict, shape: Shape, typ: str, fixed: Collection = ()) -> dict:
    """What a client may write of a body, enumerations in the service's spelling.

    Control information (``@odata.type``) is left out, null stays.

    :param fixed: names of properties that are ignored when a client sends them
    :raises GraphError: 400 RequestBodyRead for unknown names and wrong types
    """
    cleaned = {}
    for name, value in values.items():
        if name.startswith("@") or "@odata." in name:
            continue
        if name not in shape:
            raise unknown_property(name, typ)
        checked = _read(name, value, shape[name])
        if name not in fixed:
            cleaned[name] = checked
    return cleaned


def _read(name: str, value: object, kind: Kind) -> object:
    if value is None or kind == "any":
        return value
    if isinstance(kind, list):
        if not isinstance(value, list):
            raise _wrong(name, value, "a collection")
        return [_read(name, inner, kind[0]) for inner in value]
    if isinstance(kind, dict):
        if not isinstance(value, dict):
            raise _wrong(name, value, "an object")
        return read_shape(value, kind, name)
    if isinstance(kind, tuple):
        return _read_member(value, kind)
    return _read_plain(name, value, str(kind))


def _read_member(value: object, members: tuple[str, ...]) -> str:
    for member in members:
        if isinstance(value, str) and member.lower() == value.lower():
            return member
    raise bad_request(f"Requested value '{value}' was not found.", "RequestBodyRead")


def _read_plain(name: str, value: object, kind: str) -> object:
    if kind == "bool" and value in ("true", "false"):
        return value == "true"  # so widespread clients write it, and it works
    if not isinstance(value, _TYPES[kind]) or (
        kind in ("int", "number") and isinstance(value, bool)
    ):
        raise _wrong(name, value, kind)
    form = _FORMS.get(kind)
    if form is not None and not form.fullmatch(str(value)):
        raise bad_request(
            f"Cannot convert the literal '{value}' to the expected type "
            f"'{_NAMES[kind]}'.",
            "RequestBodyRead",
        )
    return value


def _wrong(name: str, value: object, wanted: str) -> GraphError:
    return bad_request(
        f"Cannot read the value of property '{name}': {wanted} was expected, not "
        f"'{type(value).__name__}'.",
        "RequestBodyRead",
    )
