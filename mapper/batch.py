"""$batch: up to twenty requests in one, answered one after the other.

Source: https://learn.microsoft.com/graph/json-batching
"""

from __future__ import annotations

import base64
import logging
import traceback
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from .call import Answer, Call
from .errors import GraphError, bad_request
from .prefetch import prefetch

_logger = logging.getLogger("mapper")

MOST = 20
_METHODS = frozenset({"GET", "POST", "PATCH", "PUT", "DELETE"})


def answer(call: Call, dispatch: Callable[[Call], Answer]) -> Answer:
    """The answer to a batch; what fails in it is one of its answers.

    :raises GraphError: 400, it is none; 401, nothing in it can be answered
    """
    rows = _rows(call.json())
    items = {str(row["id"]).lower(): _item(call, row) for row in rows}
    prefetch(list(items.values()))
    responses: list[dict[str, Any]] = []
    failed: set[str] = set()
    for row in rows:
        key = str(row["id"]).lower()
        needs = row.get("dependsOn") or []
        if any(str(need).lower() in failed for need in needs):
            result = _error(GraphError(424, "FailedDependency", "Not done."), row)
        else:
            result = _one(items[key], dispatch, row)
        if result.status >= 400:
            failed.add(key)
        responses.append(_response(row, result))
    return Answer(200, {"responses": responses})


def _rows(body: dict[str, Any]) -> list[dict[str, Any]]:
    rows = body.get("requests")
    if not isinstance(rows, list) or not rows:
        raise bad_request("A batch holds a list of requests.")
    if len(rows) > MOST:
        raise bad_request(f"The number of requests in a batch is limited to {MOST}.")
    seen: set[str] = set()
    for row in rows:
        _check(row, seen)
        seen.add(str(row["id"]).lower())
    return rows


def _check(row: Any, seen: set[str]) -> None:
    """Whether this is a request; ``seen``: the ids before it.

    :raises GraphError: 400
    """
    if not isinstance(row, dict):
        raise bad_request("A request of the batch is no object.")
    key, needs = row.get("id"), row.get("dependsOn") or []
    if not isinstance(key, (str, int)) or str(key).lower() in seen:
        raise bad_request("Each request of a batch needs an id of its own.")
    method, url = row.get("method"), row.get("url")
    if not isinstance(url, str) or not isinstance(method, str):
        raise bad_request("A request of the batch lacks its method or url.")
    if method.upper() not in _METHODS:
        raise bad_request("A method in the batch is not known.")
    if not isinstance(needs, list) or any(str(n).lower() not in seen for n in needs):
        raise bad_request("A request of the batch depends on one that is not there.")


def _item(call: Call, row: dict[str, Any]) -> Call:
    path, _mark, query = row["url"].lstrip("/").partition("?")
    headers = row.get("headers")
    given = headers.items() if isinstance(headers, dict) else ()
    names = {str(name).lower(): str(value) for name, value in given}
    body = row.get("body")
    if (
        isinstance(body, str)
        and "json" not in names.get("content-type", "json").lower()
    ):
        body = _bytes(body)
    return Call(
        row["method"].upper(),
        unquote(path),
        query,
        names,
        body,
        call.root,
        call.exchange,
        call.settings,
        shared=call.shared,
    )


def _bytes(text: str) -> bytes:
    """What is not JSON travels in base64."""
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return text.encode("utf-8", "replace")


def _one(item: Call, dispatch: Callable[[Call], Answer], row: dict[str, Any]) -> Answer:
    try:
        if item.path.lower().startswith("$batch"):
            raise bad_request("A batch holds no batch.")
        return dispatch(item)
    except GraphError as error:
        if error.status == 401:
            raise
        return _error(error, row)
    except Exception as problem:
        where = traceback.extract_tb(problem.__traceback__)[-1]
        _logger.error(
            "batch: %s in %s line %s", type(problem).__name__, where.name, where.lineno
        )
        return _error(GraphError(500, "generalException", "The mapper failed."), row)


def _error(error: GraphError, row: dict[str, Any]) -> Answer:
    body = error.body(str(uuid.uuid4()), "")
    return Answer(error.status, body, error.headers)


def _response(row: dict[str, Any], result: Answer) -> dict[str, Any]:
    headers = dict(result.headers)
    body: Any = result.body
    if isinstance(body, dict):
        headers["Content-Type"] = "application/json"
    elif isinstance(body, bytes):
        headers["Content-Type"] = result.content_type or "application/octet-stream"
        body = base64.b64encode(body).decode()
    # A 204 has a body too, null: clients look for it, as Graph writes it.
    return {"id": row["id"], "status": result.status, "headers": headers, "body": body}
