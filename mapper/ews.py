"""One user's conversation with Exchange: versions, errors, repeats.

Source: https://learn.microsoft.com/exchange/client-developer/exchange-web-services/ews-schema-versions-in-exchange
"""

from __future__ import annotations

import logging
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, NamedTuple

from . import soap
from .connection import Broken, Connection, Reply
from .errors import GraphError, bad_gateway, busy
from .ews_errors import VERSION_CODES, graph_error, passes, retry_after
from .markup import Markup
from .soap import Element, child, children, local, text

if TYPE_CHECKING:
    from .calendar_view import Views

_logger = logging.getLogger("mapper")

#: What requests may claim, oldest first; nothing of the mapper needs a newer one.
VERSIONS = ("Exchange2010", "Exchange2010_SP1", "Exchange2010_SP2", "Exchange2013_SP1")
_FIRST = 2
_CODE_IN_TEXT = re.compile(rb"specified server version is\s+invalid", re.IGNORECASE)
_PAUSES = (0.2, 1.0)

#: Writes a request for a version.
Builder = Callable[[int], Markup]


class Result(NamedTuple):
    """One response message: what became of one item of a request.

    :ivar error: what went wrong with it, ``None`` on success and on a warning
    """

    element: Element
    code: str
    error: GraphError | None = None

    def checked(self) -> Element:
        """The message.

        :raises GraphError: what went wrong
        """
        if self.error is not None:
            raise self.error
        return self.element


class Versions:
    """What was learnt of mailboxes; forgetting costs one more request."""

    def __init__(self, most: int = 10_000) -> None:
        self._known: OrderedDict[str, int] = OrderedDict()
        self._lock = threading.Lock()
        self._most = most

    def get(self, login: str) -> int:
        """Number in :data:`VERSIONS` to use for a mailbox."""
        with self._lock:
            return self._known.get(login.casefold(), _FIRST)

    def known(self, login: str) -> bool:
        """Whether the server has told already."""
        with self._lock:
            return login.casefold() in self._known

    def learn(self, login: str, number: int) -> None:
        """Remember it."""
        with self._lock:
            self._known[login.casefold()] = number
            self._known.move_to_end(login.casefold())
            if len(self._known) > self._most:
                self._known.popitem(last=False)


class Exchange:
    """The Exchange server, as one user sees it, for one request to the mapper."""

    def __init__(
        self, connection: Connection, versions: Versions, views: Views
    ) -> None:
        self._connection = connection
        self._versions = versions
        #: who asks: nothing that was read for one is ever shown to another
        self.owner = connection.owner
        self.views = views
        self._date = ""
        self.login = connection.credentials.user
        #: seconds spent waiting for Exchange
        self.waited = 0.0
        #: what the server said last of its version, ``15.2.1544``; "" = nothing
        self.build = ""

    @property
    def server_time(self) -> datetime | None:
        """The clock of the server, as of its last answer."""
        try:
            return parsedate_to_datetime(self._date)
        except (TypeError, ValueError):
            return None

    def version(self) -> int:
        """Number in :data:`VERSIONS` which is used at the moment."""
        return self._versions.get(self.login)

    def call(self, build: Builder, *, safe: bool = True) -> list[Result]:
        """The results of one request, in the order of its items.

        :param build: the request for a version
        :param safe: it may be carried out twice
        :raises GraphError: the request as a whole failed
        """
        number = begun = self.version()
        while True:
            body = build(number)
            try:
                root = self._exchange(self._envelope(number, body), safe)
                answer = soap.body_of(root)
                self._learn(root, number)
                results = _results(answer)
                fault = _version_fault(results)
            except _VersionRefused as refused:
                fault = refused.error
            if fault is None:
                return results
            if not number:
                # it was not the version: the next request begins as this one did
                self._versions.learn(self.login, begun)
                raise fault
            number -= 1
            self._versions.learn(self.login, number)

    def one(self, build: Builder, *, safe: bool = True) -> Element:
        """The only response message of a request.

        :raises GraphError: it failed, or there is none
        """
        results = self.call(build, safe=safe)
        if not results:
            raise bad_gateway("The Exchange server's answer is empty.")
        return results[0].checked()

    def _envelope(self, number: int, body: Markup) -> bytes:
        who = self._connection.credentials
        return soap.envelope(VERSIONS[number], body, who.acts_as, who.kind)

    def _exchange(self, data: bytes, safe: bool) -> Element:
        """Send one envelope; what is known to pass by itself is tried again."""
        pauses = list(_PAUSES) if safe else []
        while True:
            started = time.monotonic()
            try:
                reply = self._connection.post(data, self._headers())
                self._date = str(reply.headers.get("Date", ""))
                return _envelope(reply)
            except Broken:
                self._connection.close()
                problem = bad_gateway("The connection to Exchange broke.", 503)
                problem.headers["Retry-After"] = "10"
            except _Passing as passing:
                self._connection.close()
                problem = passing.error
            finally:
                self.waited += time.monotonic() - started
            if not pauses:
                raise problem
            time.sleep(pauses.pop(0))

    def _headers(self) -> dict[str, str]:
        headers = {
            "Content-Type": "text/xml; charset=utf-8",
            "Accept": "text/xml",
            "Accept-Encoding": "gzip",
            "User-Agent": "exchange-connector-mapper/19.0",
            "Connection": "Keep-Alive",
        }
        address = self._connection.credentials.address
        if address.isascii() and address.isprintable() and address:
            headers["X-AnchorMailbox"] = address
        return headers

    def _learn(self, root: Element, used: int) -> None:
        """Note the server's version; only upwards from a first answer."""
        info = child(root, "Header", "ServerVersionInfo")
        if info is None:
            return
        names = ("MajorVersion", "MinorVersion", "MajorBuildNumber")
        numbers = [info.get(name, "") for name in names]
        if all(number.isascii() and number.isdigit() for number in numbers):
            self.build = ".".join(numbers)
        if self._versions.known(self.login):
            return
        found = version_of(*numbers)
        self._versions.learn(self.login, found if found is not None else used)


def version_of(major: str, minor: str, build: str) -> int | None:
    """Number in :data:`VERSIONS` for what a server says of itself.

    Its own ``Version`` text is of no use: it names formats that no request may claim.
    """
    try:
        numbers = (int(major), int(minor), int(build or 0))
    except ValueError:
        return None
    for bound, found in (((15, 0, 847), 3), ((14, 2, 0), 2), ((14, 1, 0), 1)):
        if numbers >= bound:
            return found
    return 0


class _Passing(Exception):
    """Something that mostly works a moment later."""

    def __init__(self, error: GraphError) -> None:
        super().__init__()
        self.error = error


class _VersionRefused(Exception):
    """The server does not know the version, or something that it brought."""

    def __init__(self, error: GraphError) -> None:
        super().__init__()
        self.error = error


def _envelope(reply: Reply) -> Element:
    """The envelope in an HTTP answer.

    :raises GraphError: Exchange refused the request as a whole
    """
    if reply.status == 200:
        return soap.parse(reply.content)
    if 300 <= reply.status < 400:
        raise _redirected(str(reply.headers.get("Location", "")))
    if reply.status in (429, 503):
        words = "Exchange is not available."
        raise busy("ErrorServerBusy", words, retry_after(reply.headers), reply.status)
    if reply.status == 403:
        raise GraphError(
            403, "ErrorAccessDenied", "Exchange does not allow Exchange Web Services."
        )
    if reply.status == 404:
        raise bad_gateway("There are no Exchange Web Services under this address.")
    if b"Envelope" in reply.content[:2000]:
        return soap.parse(reply.content)
    if _CODE_IN_TEXT.search(reply.content):
        raise _VersionRefused(graph_error("ErrorInvalidServerVersion"))
    error = bad_gateway(f"Exchange answered with the HTTP status {reply.status}.")
    if reply.status == 500:
        raise _Passing(error)
    raise error


def _redirected(location: str) -> Exception:
    """An answer that leads elsewhere; no password follows it.

    To a page of errors Exchange leads when it is overloaded.
    """
    page = location.partition("?")[0][:200]
    if "error" in page.lower():
        return _Passing(busy("ErrorServerBusy", "Exchange is overloaded.", 10, 503))
    return bad_gateway(
        f"Instead of Exchange Web Services there is a link to {page or 'nowhere'}. The "
        "administrator has to enter the address to which nothing stands in front of "
        "Exchange, no sign-in page either."
    )


def _results(answer: Element) -> list[Result]:
    """The response messages of an answer.

    :raises GraphError: it is a fault
    """
    if local(answer) == "Fault":
        raise _fault(answer)
    messages = child(answer, "ResponseMessages")
    found = [answer] if messages is None else list(messages)
    return [_result(one) for one in found]


def _result(message: Element) -> Result:
    code = _unwrapped(text(message, "ResponseCode") or "NoError", message)
    # what was not done any more is told as a warning
    stopped = code == "ErrorBatchProcessingStopped"
    if message.get("ResponseClass", "Success") != "Error" and not stopped:
        return Result(message, code)
    return Result(message, code, graph_error(code, _words(message), back_off(message)))


def _values(holder: Element | None) -> dict[str, str]:
    """What else a failure says, by name."""
    return {
        str(one.get("Name")): one.text or ""
        for one in children(holder, "MessageXml")
        if local(one) == "Value"
    }


def _unwrapped(code: str, holder: Element | None) -> str:
    """The code of a failure; the inner one where the server only hides its pause.

    Source: https://learn.microsoft.com/exchange/client-developer/exchange-web-services/ews-throttling-in-exchange
    """
    if code != "ErrorInternalServerError":
        return code
    inner = _values(holder).get("InnerErrorResponseCode", "").strip()
    return inner if passes(inner) else code


def _words(message: Element) -> str:
    words, inner = text(message, "MessageText"), _values(message)
    paths = [
        str(one.get("FieldURI") or one.get("PropertyName") or "")
        for one in children(message, "MessageXml")
        if local(one).endswith("FieldURI")
    ]
    code = inner.get("InnerErrorResponseCode", "")
    return " ".join(part for part in (words, code, *paths) if part)


def back_off(message: Element | None) -> int:
    """Milliseconds that Exchange asks to wait, 0 when it does not say.

    Only the value of that name counts: joined texts of other values have been taken
    for it before.
    """
    number = _values(message).get("BackOffMilliseconds", "").strip()
    return min(int(number), 3_600_000) if number.isdigit() else 0


def _fault(fault: Element) -> Exception:
    detail = child(fault, "detail")
    code = text(detail, "ResponseCode") or _code_of(text(fault, "faultcode"))
    code = _unwrapped(code, detail)
    words = text(detail, "Message") or text(fault, "faultstring")
    violation = text(detail, "MessageXml", "Violation") or text(detail, "Violation")
    error = graph_error(code, f"{words} {violation}".strip(), back_off(detail))
    if code in VERSION_CODES:
        return _VersionRefused(error)
    if code == "ErrorSchemaValidation":
        _logger.error("Exchange refused a request: %s", error.message)
        return _VersionRefused(error)
    if not code and "server version" in words.lower():
        return _VersionRefused(graph_error("ErrorInvalidServerVersion", words))
    return error


def _code_of(fault_code: str) -> str:
    """The ResponseCode in ``a:ErrorServerBusy``, "" for SOAP's own codes."""
    name = fault_code.strip().rpartition(":")[2]
    return name if name.startswith("Error") else ""


def _version_fault(results: Sequence[Result]) -> GraphError | None:
    """A refusal of the version that came as a response message."""
    if results and all(one.code in VERSION_CODES for one in results):
        return results[0].error
    return None
