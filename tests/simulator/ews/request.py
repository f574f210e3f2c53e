"""One SOAP request as an operation sees it, and the answers to each of its parts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..directory import User
from ..errors import GraphError
from ..mailbox import Container, Mailbox
from . import ids
from .errors import EwsError, SoapFault, add_error, violation
from .versions import Server
from .xml import Element, add, child, children, local, make, text_of

if TYPE_CHECKING:
    from ..service import Service

# Codes of the store in words of EWS, where they differ.
_CODES = {
    "ErrorInvalidParameter": "ErrorInvalidRequest",
    "ErrorInvalidProperty": "ErrorInvalidExtendedProperty",
    "ErrorPropertyValidationFailure": "ErrorInvalidPropertySet",
    "TimeZoneNotSupportedException": "ErrorTimeZone",
    "RequestBodyRead": "ErrorInvalidRequest",
}
_MAY_LACK = ("SyncFolderHierarchy", "ResolveNames")  # parts


@dataclass
class Request:
    """A request after sign-in.

    :ivar user: whose mailbox it is (after impersonation)
    :ivar version: index of the version that it asks for, see versions.py
    :ivar zone: name of the zone of ``TimeZoneContext``; "" = UTC
    :ivar works: what is to be done once the mailbox is free again
    """

    service: Service
    user: User
    mailbox: Mailbox
    server: Server
    version: int
    zone: str = ""
    works: list[Callable[[], None]] = field(default_factory=list)
    spoilt: ItemFault | None = None

    # -- folders ----------------------------------------------------------------------

    def folder(self, element: Element | None) -> Container:
        """The folder of a ``FolderId`` or ``DistinguishedFolderId``.

        :raises EwsError: when there is none
        """
        if element is None:
            raise EwsError("ErrorInvalidIdEmpty")
        if local(element) == "FolderId":
            return ids.find_folder(self.mailbox, element.get("Id", ""))
        self._check_owner(element)
        return ids.distinguished(self.mailbox, element.get("Id", ""))

    def _check_owner(self, element: Element) -> None:
        """Another mailbox may be named; that of a delegate is opened beforehand."""
        owner = child(element, "t:Mailbox")
        if owner is None:
            return
        named = self.service.store.directory.user(text_of(owner, "t:EmailAddress"))
        if named is None or named.id not in self.service.store.mailboxes:
            raise EwsError("ErrorNonExistentMailbox")
        if named.id != self.mailbox.id:
            raise EwsError("ErrorAccessDenied")

    def target(self, element: Element, short: str) -> Container:
        """The folder that an element of an operation holds."""
        return self.folder(next(children(child(element, short)), None))


@dataclass
class ItemFault:
    """A fault for single parts of a request, see ``Fault.ews``.

    :ivar after: so many parts succeed first
    :ivar stop: the parts after it are not worked on (ErrorBatchProcessingStopped)
    """

    error: EwsError
    after: int = 0
    stop: bool = False
    seen: int = 0

    def check(self) -> None:
        """Raise when it is this part's turn.

        :raises EwsError: the fault
        """
        self.seen += 1
        if self.seen == self.after + 1:
            raise self.error
        if self.seen > self.after + 1 and self.stop:
            raise EwsError("ErrorBatchProcessingStopped")


def translated(error: GraphError) -> EwsError:
    """A refusal of the store as EWS says it."""
    code = _CODES.get(error.code, error.code)
    if not code.startswith("Error"):
        code = "ErrorInvalidRequest"
    return EwsError(code, error.message)


def answer_each(
    request: Request,
    operation: str,
    parts: Iterable[object],
    work: Callable[[object, Element], None],
    *holders: str,
) -> Element:
    """The answer of an operation that works on several parts, one after the other.

    :param work: called with a part and the response message to fill, after NoError
    :param holders: children that a message has also when it is an error
    """
    parts = list(parts)
    if not parts or (operation not in _MAY_LACK and parts == [None]):
        raise violation(f"The element '{operation}' has incomplete content.")
    root = make(f"m:{operation}Response")
    messages = add(root, "m:ResponseMessages")
    for part in parts:
        message = add(
            messages, f"m:{operation}ResponseMessage", ResponseClass="Success"
        )
        add(message, "m:ResponseCode", "NoError")
        try:
            if request.spoilt is not None:
                request.spoilt.check()
            work(part, message)
        except SoapFault:
            raise
        except (EwsError, GraphError) as error:
            if isinstance(error, GraphError):
                error = translated(error)
            for element in list(message):
                message.remove(element)
            add_error(message, error)
            for holder in holders:
                add(message, holder)
    return root
