"""Several requests in one: ``$batch``.

Answers come in any order and are matched by id.  What goes wrong with one request is a
*value* in its place of the list, so that one bad item never stops the others.

Source: https://learn.microsoft.com/graph/json-batching
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from .answer import decode_json
from .error_answers import error_from_answer
from .errors import (
    AuthenticationError,
    BadRequest,
    ClientError,
    ResponseTooLarge,
    ServerError,
    TransportError,
)
from .links import with_query
from .retry import IDEMPOTENT, may_repeat
from .session import IMMUTABLE_IDS, Session

#: Requests in one batch, by the service's rule.
MOST = 20
#: Bytes of one batch; the service reads 4 MB, the envelope needs some of it.
MOST_BYTES = 3_900_000


@dataclass
class BatchRequest:
    """One request of a batch.

    :ivar url: path relative to the base address, without query
    :ivar query: query options; ``None`` values are left out
    :ivar headers: further headers (the immutable ids are always asked for)
    :ivar body: JSON body
    :ivar prefer: further preferences
    :ivar etag: carry it out only on this version
    """

    method: str
    url: str
    query: Mapping[str, object] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    prefer: Sequence[str] = ()
    etag: str | None = None

    @property
    def idempotent(self) -> bool:
        """Whether it may be carried out twice."""
        return self.method.upper() in IDEMPOTENT

    def envelope(self, number: int) -> dict[str, Any]:
        """Its form inside the batch, with ``number`` as id."""
        headers = {"Prefer": ", ".join([IMMUTABLE_IDS, *self.prefer]), **self.headers}
        if self.etag:
            headers["If-Match"] = self.etag
        form: dict[str, Any] = {
            "id": str(number),
            "method": self.method.upper(),
            "url": "/" + with_query(self.url.lstrip("/"), self.query),
            "headers": headers,
        }
        if self.body is not None:
            headers.setdefault("Content-Type", "application/json")
            form["body"] = self.body
        return form


@dataclass(frozen=True)
class BatchAnswer:
    """The answer to one request of a batch.

    :ivar status: HTTP status; 0 when there is no answer
    :ivar headers: names in lower case
    :ivar body: an object for JSON, bytes for anything else, ``None`` when empty
    :ivar error: what went wrong, ``None`` on success
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = field(default=None, repr=False)
    error: ClientError | None = None

    def json(self) -> dict[str, Any] | ClientError:
        """The body as an object, or what went wrong."""
        if self.error is not None:
            return self.error
        if isinstance(self.body, dict):
            return self.body
        if self.body is None:
            return {}
        if isinstance(self.body, bytes):
            # JSON whose type was not named
            with suppress(TransportError):
                return decode_json(self.body)
        return ServerError("The server's answer is not what was expected.")


def run(
    session: Session, requests: Sequence[BatchRequest], path: str = "$batch"
) -> list[BatchAnswer]:
    """The answers to ``requests``, in their order; any number of them.

    Items the service asks to repeat are repeated as far as the session's patience goes.
    A batch that fails as a whole raises if it was the first one; later it becomes the
    error of each request that was not answered, so that what was done stays known.

    :raises ClientError: nothing at all could be done
    """
    answers: list[BatchAnswer | None] = [None] * len(requests)
    with session.turn():
        for numbers in _chunks(requests, answers):
            try:
                _patiently(session, requests, numbers, answers, path)
                _keep_apart(requests, numbers, answers)
            except ClientError as error:
                if all(answer is None or not answer.status for answer in answers):
                    raise
                failed = BatchAnswer(0, error=error)
                return [answer or failed for answer in answers]
    missing = BatchAnswer(0, error=TransportError("The server did not answer this."))
    return [answer or missing for answer in answers]


def _chunks(
    requests: Sequence[BatchRequest], answers: list[BatchAnswer | None]
) -> Iterator[list[int]]:
    """Positions of requests that fit into one batch together."""
    numbers: list[int] = []
    size = 0
    for number, request in enumerate(requests):
        length = len(json.dumps(request.envelope(number))) + 2
        if length > MOST_BYTES:
            answers[number] = BatchAnswer(
                413, error=BadRequest("The request is too large.", status=413)
            )
            continue
        if numbers and (len(numbers) == MOST or size + length > MOST_BYTES):
            yield numbers
            numbers, size = [], 0
        numbers.append(number)
        size += length
    if numbers:
        yield numbers


def _patiently(
    session: Session,
    requests: Sequence[BatchRequest],
    numbers: list[int],
    answers: list[BatchAnswer | None],
    path: str,
) -> None:
    """Send one chunk, and again what the service wants again; fills ``answers``."""
    attempt, waited, heard = 1, 0.0, False
    # where a new sign-in was refused as well, there is no third one
    renews = not any(answer and _is_refused(answer) for answer in answers)
    while numbers:
        found = _ask(session, requests, numbers, path, renews)
        renews = False
        heard = heard or bool(found)
        for number in numbers:
            answers[number] = found.get(number) or _unanswered(heard)
        again = [n for n in numbers if _repeatable(requests[n], answers[n], attempt)]
        if len(again) < len(numbers):
            # some got through: the mailbox is busy, not stuck
            attempt = 1
        pauses = [
            _pause(session, requests[n], answers[n], attempt, waited) for n in again
        ]
        patient = [pause for pause in pauses if pause is not None]
        if not patient or len(patient) < len(pauses):
            break
        session.pace.sleep(max(patient))
        waited += max(patient)
        attempt, numbers = attempt + 1, again


def _keep_apart(
    requests: Sequence[BatchRequest],
    numbers: Sequence[int],
    answers: list[BatchAnswer | None],
) -> None:
    """What took too long in one chunk concerns the one item, if others were read."""
    given = {number: answers[number] for number in numbers}
    reads = {n: a for n, a in given.items() if a and requests[n].idempotent}
    for number, answer in _own_failures(reads, _is_timeout).items():
        answers[number] = answer


def _repeatable(
    request: BatchRequest, answer: BatchAnswer | None, attempt: int
) -> bool:
    error = answer.error if answer else None
    if error is None or not answer or isinstance(error, TransportError):
        return False
    if answer.status == 401:
        return False  # it was asked for again already, see _ask
    # most often it is the item which is broken: a second try, but no third
    if isinstance(error, ServerError) and answer.status and attempt > 1:
        return False
    return may_repeat(error, request.idempotent)


def _unanswered(heard: bool) -> BatchAnswer:
    """Instead of an answer that is missing: where others came, it is for the one
    request and not for the server as a whole."""
    kind = ServerError if heard else TransportError
    return BatchAnswer(0, error=kind("The server did not answer this."))


def _pause(
    session: Session,
    request: BatchRequest,
    answer: BatchAnswer | None,
    attempt: int,
    waited: float,
) -> float | None:
    assert answer and answer.error
    return session.pace.pause(answer.error, request.idempotent, attempt, waited)


def _ask(
    session: Session,
    requests: Sequence[BatchRequest],
    numbers: list[int],
    path: str,
    renews: bool,
) -> dict[int, BatchAnswer]:
    """One batch; what was refused for its sign-in is sent once more with a new one, as
    the service takes a batch with a token that has become worthless and refuses each
    request in it.  A refused request was not carried out.

    https://github.com/microsoftgraph/msgraph-sdk-dotnet/issues/2660

    :param renews: whether to ask for a new sign-in
    """
    found = _send(session, requests, numbers, path)
    refused = {n: a.error for n, a in found.items() if _is_refused(a)}
    if not refused or not renews:
        return found
    claims = [getattr(error, "claims", None) for error in refused.values()]
    try:
        if not session.renew(next(filter(None, claims), None)):
            return found
    except ClientError as error:
        return {**found, **dict.fromkeys(refused, BatchAnswer(401, error=error))}
    again = _send(session, requests, list(refused), path)
    return _own_failures({**found, **again}, _is_refused)


def _own_failures(
    found: dict[int, BatchAnswer], concerns: Callable[[BatchAnswer], bool]
) -> dict[int, BatchAnswer]:
    """Answers, where what seems to be the mailbox's trouble, and is not as others got
    through, has become the trouble of the one request."""
    if not any(answer.error is None for answer in found.values()):
        return found
    return {
        number: replace(answer, error=_as_own(answer.error))
        if answer.error and concerns(answer)
        else answer
        for number, answer in found.items()
    }


def _as_own(error: ClientError) -> ClientError:
    return ServerError(
        error.message,
        status=error.status,
        code=error.code,
        request_id=error.request_id,
        path=error.path,
    )


def _is_timeout(answer: BatchAnswer) -> bool:
    """Whether the service took too long over a request: over some it always does."""
    return answer.status in (408, 504) and not getattr(
        answer.error, "retry_after", None
    )


def _is_refused(answer: BatchAnswer) -> bool:
    return isinstance(answer.error, AuthenticationError)


def _send(
    session: Session, requests: Sequence[BatchRequest], numbers: list[int], path: str
) -> dict[int, BatchAnswer]:
    """One batch over the wire; halved where its answer is too large to be read, or a
    server on the way takes no request of this size."""
    idempotent = all(requests[number].idempotent for number in numbers)
    envelopes = [requests[number].envelope(number) for number in numbers]
    try:
        answer = session.request(
            "POST", path, json={"requests": envelopes}, idempotent=idempotent
        )
    except (ResponseTooLarge, BadRequest) as error:
        if isinstance(error, BadRequest) and error.status != 413:
            raise
        refused = isinstance(error, BadRequest)  # so nothing of it was done
        if len(numbers) == 1 or not (idempotent or refused):
            status = 413 if refused else 0
            return {number: BatchAnswer(status, error=error) for number in numbers}
        half = len(numbers) // 2
        return {
            **_send(session, requests, numbers[:half], path),
            **_send(session, requests, numbers[half:], path),
        }
    return match(answer.json, requests, numbers)


def match(
    body: Mapping[str, Any], requests: Sequence[BatchRequest], numbers: Sequence[int]
) -> dict[int, BatchAnswer]:
    """Answers by the number of their request; ids unknown or repeated are ignored.

    :raises TransportError: there is no list of answers at all
    """
    responses = body.get("responses")
    if not isinstance(responses, list):
        raise TransportError("The server's answer to a batch is not what was expected.")
    wanted = {str(number): number for number in numbers}
    found: dict[int, BatchAnswer] = {}
    for response in responses:
        if not isinstance(response, Mapping):
            continue
        number = wanted.pop(str(response.get("id")), None)
        if number is not None:
            found[number] = _answer(response, requests[number])
    return found


def _answer(response: Mapping[str, Any], request: BatchRequest) -> BatchAnswer:
    headers = response.get("headers")
    names = headers.items() if isinstance(headers, Mapping) else ()
    lower = {str(name).lower(): str(value) for name, value in names}
    try:
        status = int(response.get("status", 0))
    except (TypeError, ValueError, OverflowError):
        status = 0
    body = _body(response.get("body"), lower.get("content-type", ""))
    error: ClientError | None = None
    if status < 100:
        error = ServerError("The server's answer to this is not what was expected.")
        status = 0
    elif not 200 <= status < 300:
        method = request.method.upper()
        error = error_from_answer(status, lower, body, request.url, method)
    return BatchAnswer(status, lower, body, error)


def _body(body: object, content_type: str) -> object:
    """JSON as it is; anything else is base64 in a batch and becomes bytes.  Gateways
    have been seen to hand on JSON as text or as base64, too."""
    if not isinstance(body, str):
        return body
    try:
        content = base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        content = body.encode("utf-8", "replace")
    if "json" not in content_type.lower():
        return content
    try:
        return decode_json(content)
    except TransportError:
        return body
