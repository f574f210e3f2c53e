"""HTTP: from a WSGI request to a call of the right service, and back.

``/v1.0`` is Graph with bearer tokens; ``/exchangeRestApi/v1.0`` and
``/exchangeRestApi/api`` are the same mailboxes with HTTP Basic, as the mapper serves
them; ``/EWS`` is Exchange itself; ``/admin`` is for tests and operators on this
machine, ``/mailboxes`` for people who want to watch; the rest is sign-in.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import json
import threading
import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import quote

import orjson
from werkzeug.wrappers import Request, Response

from .admin import Admin
from .call import Answer, Call
from .errors import GraphError, bad_request, no_such_path
from .faults import Fault
from .identity import Identity
from .pages import ROOT, Pages
from .service import Service
from .tokens import Principal
from .wire import spoil, stream

NOBODY = Principal("")

MAX_BODY = 4 * 2**20
EXCHANGE = ("/ews/", "/autodiscover/")
JSON_TYPE = (
    "application/json;odata.metadata=minimal;odata.streaming=true;"
    "IEEE754Compatible=false;charset=utf-8"
)


@dataclass(frozen=True, slots=True)
class Family:
    """One family of paths: its prefix (lower case), sign-in and spelling."""

    prefix: str
    scheme: str
    short: bool

    def has(self, path: str) -> bool:
        """Whether a path belongs to it."""
        low = path.lower()
        return low == self.prefix or low.startswith(self.prefix + "/")


FAMILIES = (
    Family("/v1.0", "Bearer", False),
    Family("/exchangerestapi/v1.0", "Basic", False),
    Family("/exchangerestapi/api", "Basic", True),
)


class Web:
    """The WSGI application."""

    def __init__(self, service: Service, identity: Identity, admin: Admin) -> None:
        self.service = service
        self.identity = identity
        self.admin = admin
        self.pages = Pages(admin.simulator)
        self._endpoint: Callable | None = None
        self._lock = threading.Lock()

    def __call__(self, environ: dict, start_response: Callable) -> Iterable[bytes]:
        request = Request(environ)
        raw = environ.get("REQUEST_URI") or quote(environ.get("PATH_INFO", "/"))
        if raw.startswith("http"):
            raw = "/" + raw.split("/", 3)[3] if raw.count("/") > 2 else "/"
        path, _, query = raw.partition("?")
        if path.lower().startswith(EXCHANGE):
            return self._exchange(request, path)(environ, start_response)
        if path.startswith("/admin/"):
            return self.admin(request, path)(environ, start_response)
        if path == ROOT or path.startswith(f"{ROOT}/"):
            return self.pages(request, path)(environ, start_response)
        for family in FAMILIES:
            if family.has(path):
                response = self._graph(request, family, path, query)
                break
        else:
            response = self._sign_in(request, path)
        return response(environ, start_response)

    # -- Exchange ---------------------------------------------------------------------

    def _exchange(self, request: Request, path: str) -> Callable:
        with self._lock:
            if self._endpoint is None:
                from .ews.endpoint import Endpoint  # not all simulators need it

                self._endpoint = Endpoint(self.service)
        return self._endpoint(request, path)

    # -- sign-in ----------------------------------------------------------------------

    def _sign_in(self, request: Request, path: str) -> Response:
        fault = self.service.faults.take(request.method, path)
        if fault is None:
            return self.identity(request, path)
        call = Call(request.method, path, "", {}, b"", "", self.service, NOBODY)
        if fault.replaces:
            response = self._response(fault.answer(self.service, call), {})
        else:
            response = self.identity(request, path)
        return spoil(fault, response, request.environ)

    # -- Graph ------------------------------------------------------------------------

    def _graph(
        self, request: Request, family: Family, path: str, query: str
    ) -> Response:
        service = self.service
        call = self._call(request, family, path, query)
        full = f"{path}?{query}" if query else path
        entry = service.requests.start(
            call.method, full, call.headers, call.body, service.clock.now()
        )
        fault = None
        try:
            call.principal = self._principal(call.headers, family.scheme)
            entry.mailbox = call.principal.user_id
            fault = service.faults.take(call.method, full)
            result = self._worked(call, fault)
        except GraphError as error:
            result = service.error_answer(error, call.headers)
        response = self._response(result, call.headers)
        size = int(response.headers.get("Content-Length", 0))
        service.requests.finish(entry, result.status, size)
        return response if fault is None else spoil(fault, response, request.environ)

    def _call(self, request: Request, family: Family, path: str, query: str) -> Call:
        cut = len(family.prefix)
        return Call(
            request.method,
            path[cut:].strip("/"),
            query,
            {name.lower(): value for name, value in request.headers.items()},
            request.get_data(cache=False),
            f"{request.scheme}://{request.host}{path[:cut]}",
            self.service,
            NOBODY,
            family.short,
        )

    def _worked(self, call: Call, fault: Fault | None) -> Answer:
        if fault is not None and fault.replaces:
            return fault.answer(self.service, call)
        try:
            if isinstance(call.body, bytes) and len(call.body) > MAX_BODY:
                raise bad_request("The maximum request length supported is 4MB.")
            if not call.path:
                raise no_such_path("")
            result = self.service.answer(call)
        except GraphError as error:
            result = self.service.error_answer(error, call.headers)
        except Exception as error:  # a defect of the simulator itself
            result = self.service.crash(call, error)
        self.service.observe(call, result)
        return result if fault is None else fault.changed(self.service, call, result)

    def _response(self, result: Answer, asked: dict[str, str]) -> Response:
        body: bytes = b""
        content_type = ""
        if isinstance(result.body, bytes):
            body, content_type = result.body, result.content_type
        elif result.body is not None:
            body, content_type = _json(result.body), JSON_TYPE
        quirks = self.service.quirks
        packed = quirks.gzip and body and "gzip" in asked.get("accept-encoding", "")
        response = Response(
            gzip.compress(body, 1) if packed else body, status=result.status
        )
        headers = response.headers
        if packed:
            headers["Content-Encoding"] = "gzip"
        if quirks.chunked and body:
            stream(response, [response.get_data()], None)
        if content_type:
            headers["Content-Type"] = content_type
        else:
            headers.pop("Content-Type", None)
        request_id = str(uuid.uuid4())
        headers["request-id"] = request_id
        headers["client-request-id"] = asked.get("client-request-id") or request_id
        headers["Cache-Control"] = "private"
        headers["OData-Version"] = "4.0"
        for name, value in result.headers.items():
            headers[name] = value
        return response

    def _principal(self, headers: dict[str, str], scheme: str) -> Principal:
        kind, _, credentials = headers.get("authorization", "").partition(" ")
        if scheme == "Basic":
            return self._basic(kind, credentials)
        if kind.lower() != "bearer" or not credentials:
            raise GraphError(
                401,
                "InvalidAuthenticationToken",
                "Access token is empty.",
                {"WWW-Authenticate": self.identity.challenge()},
            )
        return self.identity.principal(credentials.strip())

    def _basic(self, kind: str, credentials: str) -> Principal:
        refused = GraphError(
            401,
            "InvalidAuthenticationToken",
            "User name or password is wrong.",
            {"WWW-Authenticate": 'Basic realm="Exchange", charset="UTF-8"'},
        )
        try:
            text = base64.b64decode(credentials).decode("utf-8")
        except (binascii.Error, ValueError):
            raise refused from None
        login, _, password = text.partition(":")
        # DOMAIN\login, as Exchange on premises knows it.
        user = self.service.store.directory.user(login.rpartition("\\")[2])
        good = user is not None and user.enabled and not user.locked
        if kind.lower() != "basic" or not good or user.password != password:
            time.sleep(0.01)
            raise refused
        return Principal("mapper", user.id, frozenset({"*"}))


def _json(body: object) -> bytes:
    """Lone surrogates are legal in JSON; orjson refuses them."""
    try:
        return orjson.dumps(body)
    except TypeError:
        return json.dumps(body).encode()
