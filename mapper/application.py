"""The WSGI application: who asks, over what, for what; answers and errors in JSON."""

from __future__ import annotations

import json
import logging
import time
import traceback
import uuid
from collections.abc import Callable, Iterable
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.wrappers import Request, Response

from . import batch
from .calendar_view import Views
from .call import Answer, Call
from .callers import Callers
from .connection import Credentials, Pool
from .errors import GraphError, bad_request, forbidden, no_such_path
from .ews import Exchange, Versions
from .resources import ROUTER
from .routing import by_id, long_form, segments_of
from .settings import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_logger = logging.getLogger("mapper")
_access = logging.getLogger("mapper.access")

#: What both families of paths begin with.
BASE = "exchangerestapi"
_LONGEST_PATH = 16_384


class Application:
    """The mapper; keeps connections, and nothing that another process would miss."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.callers = Callers(settings)
        self.pool = Pool(settings)
        self.versions = Versions()
        self.views = Views()

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        request = Request(environ)
        request.max_content_length = self.settings.max_body
        response = self.respond(request)
        return response(environ, start_response)

    def close(self) -> None:
        """Close the connections to Exchange."""
        self.pool.close()

    def respond(self, request: Request) -> Response:
        """The answer to a request; errors are answers too."""
        started, request_id = time.monotonic(), str(uuid.uuid4())
        log = _Entry()
        try:
            answer = self._answer(request, log)
        except Exception as problem:
            error = self._error(problem, request_id)
            answer = error_answer(error, request_id, request.headers)
        _access.info(
            "%s %s in %.0f ms, %.0f of them at Exchange, %s",
            log.pattern,
            answer.status,
            (time.monotonic() - started) * 1000,
            log.waited * 1000,
            request_id,
        )
        return http_answer(answer, request_id)

    def _error(self, problem: Exception, request_id: str) -> GraphError:
        """What is said about something that went wrong."""
        if isinstance(problem, GraphError):
            return problem
        if isinstance(problem, RequestEntityTooLarge):
            words = f"The request is larger than {self.settings.max_body >> 20} MB."
            return GraphError(413, "RequestTooLarge", words)
        if isinstance(problem, HTTPException):
            return bad_request("The request cannot be read.")
        # The words of an unforeseen error might hold somebody's mail.
        where = traceback.extract_tb(problem.__traceback__)[-1]
        _logger.error(
            "%s: %s in %s line %s",
            request_id,
            type(problem).__name__,
            where.name,
            where.lineno,
        )
        return GraphError(500, "generalException", "The mapper failed.")

    def _answer(self, request: Request, log: _Entry) -> Answer:
        path = request.path.lstrip("/")
        if path in ("health", "exchangeRestApi/health"):
            log.pattern = "GET health"
            return Answer(200, {"status": "ok"})
        if len(path) > _LONGEST_PATH:
            raise GraphError(414, "BadRequest", "The address is too long.")
        base, _slash, rest = path.partition("/")
        family, _slash, rest = rest.partition("/")
        if base.lower() != BASE or family.lower() not in ("v1.0", "api"):
            raise no_such_path()
        remote, headers = request.remote_addr or "", request.headers
        scheme = self.callers.scheme(request.scheme, remote, headers)
        root = f"{self._public(request, scheme)}/{base}/{family}"
        credentials = self.callers.credentials(headers, remote)
        return self._ask(request, rest, root, credentials, log)

    def _ask(
        self,
        request: Request,
        rest: str,
        root: str,
        credentials: Credentials,
        log: _Entry,
    ) -> Answer:
        with self.pool.lend(credentials) as connection:
            exchange = Exchange(connection, self.versions, self.views)
            try:
                call = self._call(request, rest, root, exchange)
                return self._dispatch(call, root.lower().endswith("/api"), log)
            except GraphError as error:
                if error.status == 401:
                    self.pool.forget(connection)
                    self.callers.refused(credentials)
                raise
            finally:
                log.waited = exchange.waited

    def _call(self, request: Request, path: str, root: str, exchange: Exchange) -> Call:
        return Call(
            request.method,
            path,
            request.query_string.decode("latin-1"),
            {name.lower(): value for name, value in request.headers.items()},
            request.get_data(),
            root,
            exchange,
            self.settings,
        )

    def _dispatch(self, call: Call, short: bool, log: _Entry) -> Answer:
        if call.path.rstrip("/").lower() == "$batch":
            log.pattern = "POST $batch"
            if call.method != "POST":
                raise GraphError(405, "BadRequest", "A batch is a POST.")
            return batch.answer(call, lambda item: dispatch(item, short, _Entry()))
        return dispatch(call, short, log)

    def _public(self, request: Request, scheme: str) -> str:
        if self.settings.public_url:
            return self.settings.public_url
        return f"{scheme}://{request.host}{request.root_path.rstrip('/')}"


class _Entry:
    """What the access log may tell: never a name, an id or a body."""

    pattern = "-"
    waited = 0.0


def dispatch(call: Call, short: bool, log: _Entry) -> Answer:
    """Find the handler of a request and run it.

    :raises GraphError: whatever is refused
    """
    segments = segments_of(call.path)
    if short:
        segments = long_form(segments, "startdatetime" in call.query.lower())
    if not segments:
        raise no_such_path()
    if segments[0] == "users" and len(segments) > 1:
        _check_owner(call, segments[1])
        segments = segments[1:]
    elif segments[0] != "me":
        raise no_such_path()
    log.pattern, handler, call.keys = ROUTER.find(call.method, by_id(segments[1:]))
    return handler(call)


def _check_owner(call: Call, user: str) -> None:
    """Everybody opens his own mailbox alone.

    :raises GraphError: 403
    """
    own = call.exchange.login.casefold()
    if unquote(user).casefold() not in (own, own.rpartition("\\")[2]):
        raise forbidden("This is not the mailbox of the user who signed in.")


def error_answer(error: GraphError, request_id: str, headers: Any) -> Answer:
    """The answer that an error becomes."""
    client_id = str(headers.get("client-request-id", ""))[:100]
    return Answer(error.status, error.body(request_id, client_id), error.headers)


def to_json(body: Any) -> bytes:
    """Compact JSON in UTF-8; halves of characters become question marks."""
    # halves of characters, and numbers beyond 64 bits, are not for the quick one
    with suppress(TypeError):
        if _quick is not None:
            return bytes(_quick(body))
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace")


def _quick_json() -> Callable[[Any], bytes] | None:
    """The writer of orjson, ten times as fast, where that package is installed."""
    try:
        found: Callable[[Any], bytes] = import_module("orjson").dumps
    except ImportError:
        return None
    return found


_quick = _quick_json()


def http_answer(answer: Answer, request_id: str) -> Response:
    """An answer as it goes over the wire."""
    body, kind = answer.body, answer.content_type
    if isinstance(body, dict):
        body, kind = to_json(body), "application/json; charset=utf-8"
    response = Response(body or b"", status=answer.status)
    response.headers["Content-Type"] = kind or "application/octet-stream"
    if not body and answer.status in (202, 204):
        response.headers.remove("Content-Type")
    response.headers["request-id"] = request_id
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    for name, value in answer.headers.items():
        response.headers[name] = value
    return response
