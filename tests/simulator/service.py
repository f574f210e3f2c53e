"""The Graph service behind HTTP: who asks, of which mailbox, by which handler.

A resource is added by a module with ``register(router)`` (see folders.py, messages.py)
that is named in :data:`RESOURCES`; a collection with changes uses ``delta.answer``.
"""

from __future__ import annotations

import logging
import time
import uuid
from importlib import import_module
from typing import TYPE_CHECKING
from urllib.parse import quote

from . import batch
from .call import Answer, Call
from .clock import Clock
from .errors import GraphError, access_denied, bad_request
from .faults import Faults
from .meetings import PostOffice
from .quirks import Quirks
from .requests_log import RequestLog
from .routing import Router, by_id, split_path
from .store import Store
from .throttle import Limits, Throttle
from .users import find_user, get_user, granted, mailbox_of

if TYPE_CHECKING:
    from .contract import Contract

_logger = logging.getLogger(__name__)

RESOURCES = [
    "folders",
    "messages",
    "message_attachments",
    "exchange_ids",
    "calendars",
    "calendar_view",
    "events",
    "event_actions",
    "event_attachments",
    "contacts",
    "contact_folders",
    "photos",
]


class Service:
    """Answers calls; holds what handlers share.

    :ivar latency: seconds that each request takes on top of the work
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        *,
        quirks: Quirks | None = None,
        limits: Limits | None = None,
        latency: float = 0.0,
    ) -> None:
        self.store = store
        self.clock = clock
        self.secret = store.secret
        self.quirks = quirks or Quirks()
        self.throttle = Throttle(clock, limits or Limits())
        self.faults = Faults()
        self.requests = RequestLog()
        self.post = PostOffice(store, self.quirks)
        self.latency = latency
        self.contract: Contract | None = None
        self.contract_problems: list[str] = []
        self.router = Router()
        for name in RESOURCES:
            import_module(f".{name}", __package__).register(self.router)

    # -- entries ----------------------------------------------------------------------

    def answer(self, call: Call) -> Answer:
        """Answer one HTTP request."""
        if call.path.lower().rstrip("/") == "$batch":
            if call.method != "POST":
                raise bad_request("A batch is a POST.")
            return batch.answer(call)
        key = self.mailbox_key(call, call.path)
        app_id = call.principal.app_id
        if key and not self.throttle.hold(app_id, key):
            raise self.throttle.concurrency_error()
        try:
            if key:
                size = len(call.body) if isinstance(call.body, bytes) else 0
                self.throttle.count(app_id, key, size)
            if self.latency:
                time.sleep(self.latency)
            return self.dispatch(call)
        finally:
            if key:
                self.throttle.leave(app_id, key)

    def answer_item(self, call: Call, granted: bool) -> Answer:
        """Answer one item of a batch; errors become answers."""
        entry = self.requests.start(
            call.method, _with_query(call), call.headers, call.body, self.clock.now()
        )
        entry.in_batch = True
        try:
            if not granted:
                raise self.throttle.concurrency_error()
            key = entry.mailbox = self.mailbox_key(call, call.path)
            if key:
                self.throttle.count(call.principal.app_id, key)
            fault = self.faults.take(call.method, _with_query(call), item=True)
            if fault is not None and fault.replaces:
                result = fault.answer(self, call)
            else:
                result = self.dispatch(call)
                if fault is not None:
                    result = fault.changed(self, call, result)
        except GraphError as error:
            result = self.error_answer(error, call.headers)
        except Exception as error:  # a defect of the simulator itself
            result = self.crash(call, error)
        self.requests.finish(entry, result.status)
        if self.contract is not None:
            self.observe(call, result)
        return result

    def crash(self, call: Call, error: Exception) -> Answer:
        """500 for a defect of the simulator, which the tests are to notice."""
        _logger.error("%s %s", call.method, call.path, exc_info=error)
        self.contract_problems.append(f"{call.method} {call.path}: {error!r}")
        failure = GraphError(500, "generalException", "The simulator failed.")
        return self.error_answer(failure, call.headers)

    def observe(self, call: Call, result: Answer) -> None:
        """Check a request and its answer against Graph's contract.

        A request that was refused may be wrong on purpose: only its answer counts.
        """
        if self.contract is None or call.path.lower() == "$batch":
            return
        segments = split_path(call.path)
        if call.short:
            segments = expand_short(segments, call)
        target = "/" + "/".join(quote(segment, safe="$") for segment in segments)
        problems = []
        if result.status < 400:
            body = call.body
            if isinstance(body, bytes):
                json = call.headers.get("content-type", "").startswith("application/js")
                body = call.json() if body and json else None
            asked = f"{target}?{call.query}"
            problems = self.contract.check_request(call.method, asked, body)
        problems += self.contract.check_answer(
            call.method, target, result.status, result.body
        )
        self.contract_problems += [f"{call.method} {target}: {p}" for p in problems]

    def error_answer(self, error: GraphError, headers: dict[str, str]) -> Answer:
        """The answer that an error becomes."""
        request_id = str(uuid.uuid4())
        client_id = headers.get("client-request-id") or request_id
        body = error.body(request_id, client_id, self.clock.iso())
        return Answer(error.status, body, dict(error.headers))

    # -- inside -----------------------------------------------------------------------

    def mailbox_key(self, call: Call, url: str) -> str:
        """The id of the user whose mailbox a path touches; ``""`` for none."""
        segments = split_path(url.partition("?")[0])[:2]
        if call.short or not segments or segments[0].lower() == "me":
            return call.principal.user_id
        if segments[0].lower() == "users" and len(segments) > 1:
            user = self.store.directory.user(segments[1])
            return user.id if user else ""
        return ""

    def dispatch(self, call: Call) -> Answer:
        """Find user, mailbox and handler, and run it.

        :raises GraphError: whatever the service refuses
        """
        segments = split_path(call.path)
        if call.short:
            segments = expand_short(segments, call)
        segments = call.segments = by_id(segments)
        user, rest = find_user(call, segments)
        if not rest:
            if call.method != "GET":
                raise access_denied()
            return get_user(call, user)
        call.route, call.keys = self.router.find(call.method, rest)
        shared = bool(call.principal.user_id) and call.principal.user_id != user.id
        writes = call.method != "GET"
        if not granted(call, user).may(call.route.needs, writes, shared):
            raise access_denied()
        call._mailbox = mailbox_of(call, user)
        with call.mailbox.lock:
            result = call.route.handler(call)
        for work in call.after:
            work()
        if call.method == "DELETE" and self.quirks.delete_answers_404:
            raise GraphError(404, "ErrorItemNotFound", "The object was not found.")
        return result


def _with_query(call: Call) -> str:
    path = f"/{call.path}"
    return f"{path}?{call.query}" if call.query else path


def expand_short(segments: list[str], call: Call) -> list[str]:
    """The mapper's short paths (``ChildFolders``, ``events``…) as Graph's own."""
    head = segments[0].lower() if segments else ""
    if head == "me":
        return segments
    if head == "childfolders":
        if len(segments) == 1 or segments[1].lower() == "delta":
            return ["me", "mailFolders", "inbox", "childFolders", *segments[1:]]
        return ["me", "mailFolders", *segments[1:]]
    if head == "events" and call.method == "GET":
        window = "startdatetime" in call.options.other
        if len(segments) == 1 and window or segments[1:2] == ["delta"]:
            return ["me", "calendarView", *segments[1:]]
    return ["me", *segments]
