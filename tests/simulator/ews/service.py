"""SOAP: from the envelope of a request to that of the answer.

An operation is added by a module with ``OPERATIONS``, name → handler; a handler gets
the request and the element of the body, and returns the element of the answer.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

from ..call import Answer
from ..directory import User
from ..errors import GraphError
from . import loose, missing
from .errors import EwsError, SoapFault, add_error, fault_body, violation
from .request import ItemFault, Request, translated
from .schemas import Schemas, folder
from .versions import SERVERS, Server, requested
from .xml import Element, add, child, children, local, make, read, text_of, write

if TYPE_CHECKING:
    from ..service import Service

MODULES = ["folders", "items", "attachments", "find", "sync", "names", "converting"]
MODULES += ["configuration", "zone_list"]
# What an answer must have even where it is an error.
HOLDERS = {
    **dict.fromkeys(
        ("GetItem", "CreateItem", "UpdateItem", "MoveItem", "CopyItem"), "m:Items"
    ),
    **dict.fromkeys(
        ("GetFolder", "CreateFolder", "UpdateFolder", "MoveFolder"), "m:Folders"
    ),
    **dict.fromkeys(("GetAttachment", "CreateAttachment"), "m:Attachments"),
    "GetServerTimeZones": "m:TimeZoneDefinitions",
}
# What reading a request raises that no schema has checked.
_UNREADABLE = (ValueError, OverflowError, LookupError, StopIteration)
_APP = "exchange"  # among those whose requests are counted
_TOO_MANY = (
    "You have exceeded the available concurrent connections for your account. Try "
    "again once your other requests have completed."
)
_WHO = ("t:PrimarySmtpAddress", "t:SmtpAddress", "t:PrincipalName", "t:SID")


class EwsService:
    """Answers SOAP requests of users who have signed in."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.operations: dict[str, Callable[[Request, Element], Element]] = {}
        self.schemas: Schemas | None = None
        place = folder() if service.contract is not None else None
        if place is not None:
            self.schemas = Schemas(place)
        for module in MODULES:
            found = import_module(f".{module}", __package__)
            self.operations.update(found.OPERATIONS)

    def server_of(self, user: User) -> Server:
        """The server that a mailbox lies on."""
        wanted = user.exchange_version or self.service.quirks.exchange_version
        return SERVERS[wanted]

    def answer(
        self, user: User, envelope: Element, spoilt: ItemFault | None = None
    ) -> Answer:
        """Answer one request.

        :param user: who has signed in
        :param spoilt: a fault for parts of the request
        """
        server = self.server_of(user)
        limit = self.service.quirks.exchange_concurrency
        if not self.service.throttle.take(_APP, user.id, limit):
            return refusal(SoapFault("ErrorExceededConnectionCount", _TOO_MANY), server)
        try:
            request = self._request(user, envelope)
            server = request.server
            request.spoilt = spoilt
            body = self._work(request, envelope)
        except SoapFault as fault:
            if self.service.quirks.loose_answers:
                return loose.refusal(fault)
            return refusal(fault, server)
        finally:
            self.service.throttle.leave(_APP, user.id)
        if self.service.quirks.loose_answers:
            loose.loosen(body)
        return Answer(200, wrap(body, server), content_type="text/xml; charset=utf-8")

    def _request(self, user: User, envelope: Element) -> Request:
        header = child(envelope, "s:Header")
        quirks = self.service.quirks
        front, server = SERVERS[quirks.exchange_version], self.server_of(user)
        front = max(front, server, key=lambda known: known.level)
        version = requested(header, front, quirks.versions_checked)
        owner = self._acting_as(user, header)
        box = self.service.store.mailboxes.get(owner.id)
        if box is None or owner.mailbox == "none":
            raise SoapFault("ErrorNonExistentMailbox")
        server = self.server_of(owner)
        if version > server.level:
            raise SoapFault("ErrorInvalidSchemaVersionForMailboxVersion")
        return Request(self.service, owner, box, server, version, _zone(header))

    def _acting_as(self, user: User, header: Element | None) -> User:
        """The user whom ``ExchangeImpersonation`` names, if the caller may be him."""
        found = child(header, "t:ExchangeImpersonation") if header is not None else None
        if found is None:
            return user
        sid = child(found, "t:ConnectingSID")
        key = next((text_of(sid, s) for s in _WHO if text_of(sid, s)), "")
        if not user.impersonates:
            raise SoapFault(
                "ErrorImpersonateUserDenied",
                "The account does not have permission to impersonate the requested "
                "user.",
            )
        owner = self.service.store.directory.user(key)
        if owner is None:
            raise SoapFault("ErrorNonExistentMailbox")
        return owner

    def _work(self, request: Request, envelope: Element) -> Element:
        body = child(envelope, "s:Body")
        found = next(children(body), None)
        if found is None:
            raise violation("The element 'Body' has incomplete content.", body)
        handler = self.operations.get(local(found))
        if handler is None:
            raise missing.refusal(found)
        if self.schemas is not None:
            wrong = self.schemas.problems(found, request.version)
            if wrong:
                raise violation(wrong[0], found)
        if self.service.latency:
            time.sleep(self.service.latency)
        try:
            with request.mailbox.lock:
                answer = handler(request, found)
        except SoapFault:
            raise
        except (EwsError, GraphError) as error:
            answer = failed(local(found), error)
        except _UNREADABLE as error:
            if self.schemas is not None:
                raise  # what the schema lets through must be readable
            raise violation(f"The request has an invalid value: {error}") from None
        for work in request.works:
            work()
        self._observe(request, found, answer)
        return answer

    def _observe(self, request: Request, asked: Element, answer: Element) -> None:
        """An answer that the schema does not allow is a defect of the simulator."""
        if self.schemas is None:
            return
        for text in self.schemas.problems(answer, request.version):
            problem = f"EWS {local(asked)}: {text}"
            self.service.contract_problems.append(problem)


def _zone(header: Element | None) -> str:
    context = child(header, "t:TimeZoneContext") if header is not None else None
    found = next(children(context), None)
    return (found.get("Id") or "") if found is not None else ""


def failed(operation: str, error: EwsError | GraphError) -> Element:
    """The answer of an operation that fails as a whole: one part, with the error."""
    told = translated(error) if isinstance(error, GraphError) else error
    root = make(f"m:{operation}Response")
    messages = add(root, "m:ResponseMessages")
    message = add(messages, f"m:{operation}ResponseMessage")
    add_error(message, told)
    if operation in HOLDERS:
        add(message, HOLDERS[operation])
    return root


def operation_of(envelope: Element) -> str:
    """The name of the operation that a request asks for."""
    found = next(children(child(envelope, "s:Body")), None)
    return "" if found is None else local(found)


def wrap(body: Element, server: Server | None) -> bytes:
    """An envelope around the body of an answer."""
    envelope = make("s:Envelope", "s")
    if server is not None:
        server.info(add(envelope, "s:Header"))
    add(envelope, "s:Body").append(body)
    return write(envelope)


def refusal(fault: SoapFault, server: Server | None) -> Answer:
    """A SOAP fault as an answer: HTTP 500."""
    data = wrap(fault_body(fault), server)
    return Answer(500, data, content_type="text/xml; charset=utf-8")


def envelope_of(data: bytes) -> Element:
    """The envelope of a request.

    :raises SoapFault: for what is none
    """
    try:
        found = read(data)
    except ValueError as error:
        raise SoapFault("ErrorInvalidRequest", str(error)) from None
    if found.tag != f"{{{found.nsmap.get(found.prefix)}}}Envelope":
        raise SoapFault("ErrorInvalidRequest", "The request is no SOAP envelope.")
    if child(found, "s:Body") is None:
        raise SoapFault("ErrorInvalidRequest", "The SOAP envelope has no body.")
    return found
