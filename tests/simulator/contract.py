"""Are requests and answers what Graph v1.0 says they are? Checked against msgraph-sdk.

Microsoft generates its SDK from the service's metadata: request builders tell paths,
methods and query options, models tell property names, types and enumerations. Only the
modules that a path needs are imported.

Where the service and its metadata differ, :data:`DIVERGENCES` says so, with the reason.
"""

from __future__ import annotations

import importlib
import inspect
import re
import warnings
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import unquote, urlsplit

from .contract_models import check_entity, properties
from .odata import split_outside
from .routing import split_path

_ROOT = "msgraph.generated.users.item.user_item_request_builder"
_STATE = {"$skiptoken", "$deltatoken"}

# (regular expression over a problem, reason)
DIVERGENCES = (
    (
        r"no property 'occurrenceId' of Event",
        "the service sends it; the metadata lacks it",
    ),
    (
        r"GET .*/attachments/[^/]+/\$value: no such path",
        "documented (attachment-get), not in the metadata",
    ),
    (
        r"PATCH .*/photo/\$value: no such method",
        "documented (profilephoto-update), not in the metadata",
    ),
    (
        r"query option 'changeType'|query option 'changetype'",
        "documented for messages/delta, spelled as people like",
    ),
    (
        r"no property 'existingEventId'",
        "part of the error of a repeated transactionId",
    ),
)

_WINDOW = {"$select", "$expand", "$filter", "$orderby", "$search"}
# The service is narrower than its metadata: (method and path, what it refuses, reason).
LIMITS = (
    (r"GET .*calendarview/delta$", _WINDOW, "event-delta: not supported"),
    (r"GET .*messages/delta$", {"$search"}, "delta-query-messages: not supported"),
    (r"GET .*contacts/delta$", _WINDOW - {"$select"}, "contact-delta: $select alone"),
    (r"GET .*events/delta$", None, "change tracking over events needs calendarView"),
    (r"DELETE .*photo/\$value$", None, "a contact's photo cannot be deleted"),
)


@dataclass(slots=True)
class _Operation:
    """One method of one path."""

    options: set[str]
    required: set[str]
    body: str
    result: str
    module: str

    def resolve(self, name: str) -> type | None:
        """The class behind a name in the builder's annotations."""
        source = inspect.getsource(importlib.import_module(self.module))
        match = re.search(rf"from (\.[\w.]+) import {re.escape(name)}\b", source)
        if match is None:
            return None
        package = self.module.rpartition(".")[0]
        return getattr(importlib.import_module(match.group(1), package), name)


_NAMES = {"$value": "content", "$count": "count"}


@lru_cache(maxsize=1024)
def _builder(segments: tuple[str, ...]) -> Any:
    """The request builder of a path below the user; None when there is none."""
    with warnings.catch_warnings():
        # The SDK's own modules warn of deprecated classes in them when imported.
        warnings.simplefilter("ignore", DeprecationWarning)
        at = importlib.import_module(_ROOT).UserItemRequestBuilder(object(), {})
        for segment in segments:
            at = _step(at, segment)
            if at is None:
                return None
        return at


@lru_cache(maxsize=512)
def _step_by_key(builder: type) -> str:
    """The method of a builder that takes a key (``by_message_id``)."""
    return next((name for name in vars(builder) if name.startswith("by_")), "")


def _step(builder: Any, segment: str) -> Any:
    names = _members(type(builder))
    name = _NAMES.get(segment, segment).lower()
    if name in names:
        return getattr(builder, names[name])
    by_key = _step_by_key(type(builder))
    return getattr(builder, by_key)("x") if by_key else None


def _operation(method: str, segments: tuple[str, ...]) -> _Operation | str:
    """The operation, or why there is none."""
    return _operation_of(method, _shape(segments))


@lru_cache(maxsize=1024)
def _operation_of(method: str, shape: tuple[str, ...]) -> _Operation | str:
    builder = _builder(shape)
    if builder is None:
        return "no such path"
    function = vars(type(builder)).get(method.lower())
    if function is None:
        return "no such method"
    template = builder.url_template
    listed = ",".join(re.findall(r"\{[?&]([^}]*)\}", template))
    options = {unquote(name).rstrip("*") for name in listed.split(",") if name}
    required = set(re.findall(r"[?&]([A-Za-z]+)=\{", template))
    notes = function.__annotations__
    result = re.sub(r"Optional\[(.*)\]", r"\1", notes.get("return", ""))
    return _Operation(
        options, required, notes.get("body", ""), result, type(builder).__module__
    )


def _shape(segments: tuple[str, ...]) -> tuple[str, ...]:
    """Segments with ids made alike, so that answers are cached by the kind of path."""
    shaped: tuple[str, ...] = ()
    for segment in segments:
        builder = _builder(shaped)
        if builder is None:
            break
        known = _NAMES.get(segment, segment).lower() in _members(type(builder))
        shaped += (segment.lower() if known else "{id}",)
    return shaped


@lru_cache(maxsize=512)
def _members(builder: type) -> dict[str, str]:
    """Members of a builder: the segment in lower case → the attribute."""
    return {
        name.replace("_", ""): name
        for name, value in vars(builder).items()
        if isinstance(value, property)
    }


class Contract:
    """The checker; it holds no state of its own."""

    def check_request(self, method: str, target: str, body: object = None) -> list[str]:
        """Problems of a request.

        :param target: path and query below the version root (``/me/messages?$top=1``)
        :param body: the JSON value, bytes for anything else, None without a body
        """
        segments, query = _split(target)
        if not segments:
            return _tolerated(self._check_user(method, query))
        operation = _operation(method, segments)
        at = f"{method} {'/'.join(segments)}"
        if isinstance(operation, str):
            return _tolerated([f"{at}: {operation} in Graph v1.0"])
        problems = self._check_query(at, operation, query) + _check_limits(at, query)
        if isinstance(body, dict) and operation.body:
            problems += self._check_body(operation, body)
        return _tolerated(problems)

    def check_answer(
        self, method: str, target: str, status: int, body: object
    ) -> list[str]:
        """Problems of an answer to a legal request."""
        if status >= 400:
            return _check_error(status, body)
        segments, _query = _split(target)
        operation = _operation(method, segments) if segments else None
        if isinstance(operation, str) or not isinstance(body, dict):
            return []
        if operation is None:
            model: type | None = _load("models.user", "User")
        else:
            model = operation.resolve(operation.result)
        if model is None:
            return []
        return _tolerated(check_entity(body, model, model.__name__))

    def _check_user(self, method: str, query: dict[str, str]) -> list[str]:
        known = set(properties(_load("models.user", "User")))
        problems = [] if method == "GET" else [f"{method} user: no such method"]
        problems += [
            f"user: no property {name!r} to select"
            for name in query.get("$select", "").split(",")
            if name and name not in known
        ]
        return problems

    def _check_query(
        self, at: str, operation: _Operation, query: dict[str, str]
    ) -> list[str]:
        known = {name.lower() for name in operation.options | operation.required}
        given = {name.lower() for name in query}
        problems = [
            f"{at}: query option {name!r} is not one of {sorted(known)}"
            for name in query
            if name.lower() not in known | _STATE
        ]
        if not given & _STATE:
            problems += [
                f"{at}: query option {name!r} is required"
                for name in operation.required
                if name.lower() not in given
            ]
        model = self._item_model(operation)
        if model is not None:
            problems += _check_names(at, model, query)
        return problems

    @staticmethod
    def _item_model(operation: _Operation) -> type | None:
        result = operation.resolve(operation.result)
        if result is None or not hasattr(result, "get_field_deserializers"):
            return None
        value = properties(result).get("value")
        if value is None or value.method != "get_collection_of_object_values":
            return result
        return value.argument

    @staticmethod
    def _check_body(operation: _Operation, body: dict) -> list[str]:
        model = operation.resolve(operation.body)
        if model is None or not hasattr(model, "get_field_deserializers"):
            return []
        if operation.body.endswith("PostRequestBody"):
            # The metadata spells parameters of actions DestinationId; the service and
            # its documentation say destinationId, and any case works.
            known = {name.lower(): name for name in properties(model)}
            body = {known.get(n.lower(), n): value for n, value in body.items()}
        return check_entity(body, model, "body", request=True)


def _split(target: str) -> tuple[tuple[str, ...], dict[str, str]]:
    parts = urlsplit(target)
    segments = split_path(parts.path)
    if segments and segments[0].lower() == "me":
        segments = segments[1:]
    elif segments and segments[0].lower() == "users":
        segments = segments[2:]
    query = {}
    for pair in parts.query.split("&"):
        name, _, value = pair.partition("=")
        if name:
            query[unquote(name)] = unquote(value.replace("+", " "))
    return tuple(segments), query


@lru_cache(maxsize=64)
def _load(module: str, name: str) -> type:
    return getattr(importlib.import_module(f"msgraph.generated.{module}"), name)


def _check_names(at: str, model: type, query: dict[str, str]) -> list[str]:
    known = set(properties(model))
    problems = []
    for option in ("$select", "$expand"):
        for part in split_outside(query.get(option, ""), ","):
            name = part.strip().partition("(")[0].split("/")[0]
            cast = name.lower().startswith("microsoft.graph.")
            if name not in known and name != "*" and not cast:
                problems.append(f"{at}: {option}={name} is no property of the type")
    return problems


def _check_limits(at: str, query: dict[str, str]) -> list[str]:
    given = {name.lower() for name in query}
    return [
        f"{at}: refused by the service ({reason})"
        for pattern, refused, reason in LIMITS
        if re.search(pattern, at, re.I) and (refused is None or refused & given)
    ]


def _check_error(status: int, body: object) -> list[str]:
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        return [f"{status}: an error answer needs an error object"]
    return [
        f"{status}: error.{name} is missing"
        for name in ("code", "message")
        if not isinstance(error.get(name), str)
    ]


def _tolerated(problems: list[str]) -> list[str]:
    return [
        problem
        for problem in problems
        if not any(re.search(pattern, problem) for pattern, _reason in DIVERGENCES)
    ]
