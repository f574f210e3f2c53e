"""JSON batching: up to 20 requests in one, answered in any order.

Source: https://learn.microsoft.com/graph/json-batching
"""

from __future__ import annotations

import base64
import random
import time

from .call import Answer, Call
from .errors import GraphError, bad_request

MAX_ITEMS = 20
PARALLEL = 4
_METHODS = {"GET", "POST", "PATCH", "PUT", "DELETE"}


def answer(call: Call) -> Answer:
    """POST $batch."""
    requests = _read(call)
    answers: dict[str, dict] = {}
    waves = -(-len(requests) // PARALLEL)
    places = _Places(call)
    try:
        for request in requests:
            places.take(request)
        if call.service.latency:
            time.sleep(call.service.latency * waves)
        for request in requests:
            answers[request["id"]] = _one(call, request, answers, places)
    finally:
        places.give_back()
    rows = list(answers.values())
    if call.service.quirks.shuffle_batch:
        random.shuffle(rows)
    return Answer(200, {"responses": rows})


def _read(call: Call) -> list[dict]:
    values = call.json()
    requests = values.get("requests")
    if not isinstance(requests, list) or set(values) - {"requests"}:
        raise bad_request("Invalid batch payload format.")
    if not requests:
        raise bad_request("Batch request needs at least one request.")
    if len(requests) > MAX_ITEMS:
        raise bad_request(
            f"Number of batch request steps exceeds the maximum value of '{MAX_ITEMS}'."
        )
    seen: set[str] = set()
    for request in requests:
        _check(request, seen)
    _check_order(requests)
    return requests


def _check(request: object, seen: set[str]) -> None:
    # Unknown members are ignored: Microsoft's own SDK for Python sends "depends_on".
    if not isinstance(request, dict):
        raise bad_request("Invalid batch payload format.")
    key, url = request.get("id"), request.get("url")
    if not isinstance(key, str) or not key or not isinstance(url, str) or not url:
        raise bad_request("Each request needs 'id', 'method' and 'url'.")
    if str(request.get("method", "")).upper() not in _METHODS:
        raise bad_request("Each request needs 'id', 'method' and 'url'.")
    if key.lower() in seen:
        raise bad_request(f"Request step ids must be unique: '{key}'.")
    seen.add(key.lower())
    if request.get("body") is not None and "content-type" not in _headers(request):
        raise bad_request("A request with a body needs a 'Content-Type' header.")


def _check_order(requests: list[dict]) -> None:
    """``dependsOn``: none, strictly serial, or all on the same one."""
    ids = [request["id"] for request in requests]
    wanted = [request.get("dependsOn") or [] for request in requests]
    for at, needs in enumerate(wanted):
        if not isinstance(needs, list) or any(n not in ids[:at] for n in needs):
            raise bad_request("'dependsOn' must name earlier requests of the batch.")
    if not any(wanted):
        return
    serial = all(needs == [ids[at]] for at, needs in enumerate(wanted[1:]))
    same = all(needs == wanted[-1] for needs in wanted if needs)
    if not serial and not same:
        raise bad_request("The pattern of 'dependsOn' is not supported.")


def _headers(request: dict) -> dict[str, str]:
    headers = request.get("headers") or {}
    if not isinstance(headers, dict):
        raise bad_request("Invalid batch payload format.")
    return {name.lower(): str(value) for name, value in headers.items()}


def _one(call: Call, request: dict, answers: dict[str, dict], places: _Places) -> dict:
    failed = any(
        answers[need]["status"] >= 400 for need in request.get("dependsOn") or []
    )
    if failed:
        error = GraphError(424, "FailedDependency", "Dependent operation failed.")
        result = call.service.error_answer(error, call.headers)
    elif request["url"].lower().lstrip("/").startswith("$batch"):
        error = bad_request("Nested batch requests are not supported.")
        result = call.service.error_answer(error, call.headers)
    else:
        result = _run(call, request, places)
    return _shown(request["id"], result)


def _run(call: Call, request: dict, places: _Places) -> Answer:
    path, _, query = request["url"].lstrip("/").partition("?")
    headers = _headers(request)
    headers.setdefault("client-request-id", call.headers.get("client-request-id", ""))
    body = request.get("body")
    if isinstance(body, str):
        try:
            body = base64.b64decode(body)
            if headers.get("content-type", "").lower().startswith("text/plain"):
                # The MIME of a new message is base64 on its own, once more here.
                body = body if _is_base64(body) else base64.b64encode(body)
        except ValueError:
            body = body.encode()
    inner = Call(
        request["method"].upper(),
        path,
        query,
        headers,
        body if body is not None else b"",
        call.root,
        call.service,
        call.principal,
        call.short,
    )
    return call.service.answer_item(inner, places.granted(request["id"]))


def _is_base64(data: bytes) -> bool:
    try:
        base64.b64decode(data, validate=True)
    except ValueError:
        return False
    return True


def _shown(key: str, result: Answer) -> dict:
    headers = {"Cache-Control": "private", **result.headers}
    body: object = result.body
    if isinstance(body, bytes):
        headers["Content-Type"] = result.content_type or "application/octet-stream"
        body = base64.b64encode(body).decode()
    elif body is not None:
        headers["Content-Type"] = (
            "application/json;odata.metadata=minimal;odata.streaming=true;"
            "IEEE754Compatible=false;charset=utf-8"
        )
    # The service writes "body": null where an answer has none (json-batching, 204).
    return {"id": key, "status": result.status, "headers": headers, "body": body}


class _Places:
    """A batch runs up to four of its items at a time at each mailbox.

    What does not find a place because other requests hold them gets a 429 of its own.
    """

    def __init__(self, call: Call) -> None:
        self._call = call
        self._held: dict[str, int] = {}
        self._refused: set[str] = set()

    def _mailbox(self, request: dict) -> str:
        return self._call.service.mailbox_key(self._call, request["url"])

    def take(self, request: dict) -> None:
        """Take a place for an item, unless its mailbox already gave the batch four."""
        mailbox = self._mailbox(request)
        held = self._held.get(mailbox, 0)
        if not mailbox or held >= PARALLEL:
            return
        throttle = self._call.service.throttle
        granted = throttle.hold(self._call.principal.app_id, mailbox)
        if granted:
            self._held[mailbox] = held + 1
        else:
            self._refused.add(request["id"])

    def granted(self, key: str) -> bool:
        """Whether an item may run."""
        return key not in self._refused

    def give_back(self) -> None:
        """Give all places back."""
        for mailbox, held in self._held.items():
            self._call.service.throttle.leave(
                self._call.principal.app_id, mailbox, held
            )
