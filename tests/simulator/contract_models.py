"""What a JSON object of Graph may hold, read from the models of msgraph-sdk.

A generated model tells its properties by the functions that would read them; they are
called with a parse node that writes down which of its methods was asked for.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

_CONTROL = re.compile(
    r"^@(odata\.(context|etag|type|id|count|nextLink|deltaLink|editLink|"
    r"mediaContentType|mediaEtag|associationLink|navigationLink)|removed)$"
)
_FORMS = {
    "get_uuid_value": re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"),
    "get_datetime_value": re.compile(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)"
    ),
    "get_date_value": re.compile(r"\d{4}-\d\d-\d\d"),
    "get_time_value": re.compile(r"\d\d:\d\d:\d\d(\.\d+)?"),
    "get_timedelta_value": re.compile(r"-?P.*"),
}


@dataclass(slots=True)
class Kind:
    """How the SDK reads a property: the method of its parse node and its argument."""

    method: str
    argument: Any = None


class _Recorder:
    """A parse node that writes down how it is read."""

    def __init__(self) -> None:
        self.kind: Kind | None = None

    def __getattr__(self, name: str):
        def read(argument: Any = None) -> None:
            self.kind = Kind(name, argument)

        return read


class _TypeNode:
    """A parse node that knows nothing but the name of the type."""

    def __init__(self, name: str) -> None:
        self._name = name

    def get_child_node(self, name: str) -> _TypeNode:
        return self

    def get_str_value(self) -> str:
        return self._name


@lru_cache(maxsize=2048)
def properties(model: type) -> dict[str, Kind]:
    """Property names of a model and how they are read."""
    found = {}
    for name, read in model().get_field_deserializers().items():
        recorder = _Recorder()
        read(recorder)
        assert recorder.kind is not None
        found[name] = recorder.kind
    return found


@lru_cache(maxsize=2048)
def derived(model: type, name: str) -> type:
    """The model for ``@odata.type``; the base where the SDK knows none."""
    typ = "#" + name.lstrip("#")
    return type(model.create_from_discriminator_value(_TypeNode(typ)))


def check_entity(
    value: object, model: type, at: str, *, request: bool = False
) -> list[str]:
    """Problems of a JSON object that is to be an instance of a model."""
    if not isinstance(value, dict):
        return [f"{at}: an object is expected"]
    typ = value.get("@odata.type")
    if isinstance(typ, str):
        model = derived(model, typ)
    known = properties(model)
    problems = []
    for name, inner in value.items():
        if name.startswith("@"):
            if not _CONTROL.match(name):
                problems.append(f"{at}: unknown control information {name!r}")
        elif "@odata." in name or (name == "extensionName"):
            continue
        elif name not in known:
            if "extensionName" not in known and not _is_open(model):
                problems.append(f"{at}: no property {name!r} of {model.__name__}")
        elif inner is not None:
            problems += _check_value(inner, known[name], f"{at}.{name}", request)
    return problems


def _is_open(model: type) -> bool:
    return model.__name__ in ("OpenTypeExtension", "Extension")


def _check_value(value: Any, kind: Kind, at: str, request: bool) -> list[str]:
    method = kind.method
    if method.startswith("get_collection"):
        if not isinstance(value, list):
            return [f"{at}: a list is expected"]
        problems = []
        for index, inner in enumerate(value):
            problems += _check_one(
                inner, method, kind.argument, f"{at}[{index}]", request
            )
        return problems
    return _check_one(value, method, kind.argument, at, request)


def _check_one(value: Any, method: str, argument: Any, at: str, request: bool) -> list:
    if method.endswith(("object_value", "object_values")):
        return check_entity(value, argument, at, request=request)
    if method.endswith(("enum_value", "enum_values")):
        return _check_enum(value, argument, at, request)
    if method.endswith("primitive_values"):
        good = isinstance(value, argument)
    elif method == "get_bool_value":
        good = isinstance(value, bool)
    elif method in ("get_int_value", "get_float_value"):
        wanted = int if method == "get_int_value" else (int, float)
        good = isinstance(value, wanted) and not isinstance(value, bool)
    elif method == "get_bytes_value":
        good = _is_base64(value)
    else:
        form = _FORMS.get(method)
        good = isinstance(value, str) and (not form or bool(form.fullmatch(value)))
    return [] if good else [f"{at}: {method} cannot read {value!r:.60}"]


def _check_enum(value: Any, enum: Any, at: str, request: bool) -> list[str]:
    members = [member.value for member in enum]
    if request and isinstance(value, str):
        members = [member.lower() for member in members]
        value = value.lower()
    return [] if value in members else [f"{at}: {value!r} is not one of {members}"]


def _is_base64(value: Any) -> bool:
    try:
        base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError, TypeError):
        return False
    return True
