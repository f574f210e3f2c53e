"""HTTP of EWS: sign-in, faults on purpose, the log of requests.

``/EWS/Exchange.asmx`` is the endpoint, ``/autodiscover/autodiscover.xml`` tells where
it is.
"""

from __future__ import annotations

import gzip
import uuid
from collections.abc import Callable

from werkzeug.wrappers import Request as WebRequest
from werkzeug.wrappers import Response

from ..call import Answer, Call
from ..directory import User
from ..faults import Fault
from ..service import Service
from ..tokens import Principal
from ..wire import spoil
from . import signin
from .autodiscover import discover
from .errors import SoapFault
from .service import EwsService, envelope_of, operation_of, refusal
from .xml import Element

_PATHS = ("/ews/exchange.asmx", "/autodiscover/autodiscover.xml")
MAX_BODY = 64 * 2**20


_ERROR_PAGE = (
    b"<!DOCTYPE html><html><head><title>Error</title></head><body><p>An unexpected "
    b"error occurred and your request couldn't be handled.</p></body></html>"
)


class Endpoint:
    """The part of the WSGI application that is Exchange."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.ews = EwsService(service)
        self.doors = signin.Doors(service)

    def __call__(self, request: WebRequest, path: str) -> Callable:
        if path.lower() not in _PATHS:
            found = path.lower() == "/ews/genericerrorpage.htm"
            page = Answer(200, _ERROR_PAGE, content_type="text/html")
            return self._response(page if found else Answer(404, b""), {})
        body = request.get_data(cache=False)
        envelope, operation = _look_into(body)
        full = f"{path} {operation}".strip()
        service = self.service
        headers = {name.lower(): value for name, value in request.headers.items()}
        entry = service.requests.start(
            request.method, full, headers, body, service.clock.now()
        )
        fault = None
        user, refused = self.doors.enter(request)
        if user is None:
            result = refused
        else:
            entry.mailbox = user.id
            fault = service.faults.take(request.method, full)
            result = self._worked(request, path, user, body, envelope, fault)
        response = self._response(result, headers)
        size = int(response.headers.get("Content-Length", 0))
        service.requests.finish(entry, result.status, size)
        return response if fault is None else spoil(fault, response, request.environ)

    def _worked(
        self,
        request: WebRequest,
        path: str,
        user: User,
        body: bytes,
        envelope: Element | SoapFault,
        fault: Fault | None,
    ) -> Answer:
        if fault is not None and fault.replaces:
            return self._instead(request, path, fault)
        if path.lower().startswith("/autodiscover/"):
            return discover(self.service, request, body)
        if request.method != "POST":
            return Answer(405, b"", {"Allow": "POST"})
        if isinstance(envelope, SoapFault):
            return refusal(envelope, None)
        spoilt = fault.item_fault() if fault is not None else None
        try:
            result = self.ews.answer(user, envelope, spoilt)
        except Exception as error:  # a defect of the simulator itself
            return self._crashed(path, operation_of(envelope), error)
        return fault.respelt(result) if fault is not None else result

    def _instead(self, request: WebRequest, path: str, fault: Fault) -> Answer:
        """The answer of a fault that lets no work be done."""
        options = fault.options
        if fault.kind == "ews_fault":
            values = options["values"]
            return refusal(SoapFault(options["code"], options["message"], values), None)
        if fault.kind in ("status", "gone"):
            status = options.get("status", 410)
            return Answer(status, b"", dict(options.get("headers", {})))
        call = Call(request.method, path, "", {}, b"", "", self.service, Principal(""))
        return fault.answer(self.service, call)

    def _crashed(self, path: str, operation: str, error: Exception) -> Answer:
        call = Call("POST", f"{path} {operation}", "", {}, b"", "", None, Principal(""))
        self.service.crash(call, error)
        return refusal(SoapFault("ErrorInternalServerError"), None)

    def _response(self, result: Answer, asked: dict[str, str]) -> Response:
        body = result.body if isinstance(result.body, bytes) else b""
        quirks = self.service.quirks
        packed = quirks.gzip and body and "gzip" in asked.get("accept-encoding", "")
        response = Response(
            gzip.compress(body, 1) if packed else body, status=result.status
        )
        response.headers.pop("Content-Type", None)
        if result.content_type:
            response.headers["Content-Type"] = result.content_type
        if packed:
            response.headers["Content-Encoding"] = "gzip"
        response.headers["Cache-Control"] = "private"
        response.headers["request-id"] = str(uuid.uuid4())
        response.headers["X-FEServer"] = "SIMULATOR"
        for name, value in result.headers.items():
            response.headers.add(name, value)
        for value in self.doors.challenges(result):
            response.headers.add("WWW-Authenticate", value)
        return response


def _look_into(body: bytes) -> tuple[Element | SoapFault, str]:
    """The envelope (or why there is none) and the name of the operation."""
    if not body or len(body) > MAX_BODY:
        return SoapFault(
            "ErrorInvalidRequest", "The request is empty or too large."
        ), ""
    try:
        envelope = envelope_of(body)
    except SoapFault as fault:
        return fault, ""
    return envelope, operation_of(envelope)
