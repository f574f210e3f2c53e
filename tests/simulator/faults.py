"""Faults on purpose: rules that match requests and spoil their answers.

``sim.faults.add(Fault.status(503), match="GET .*/messages", after=2, count=1)``: the
third such request fails. A rule is used up after ``count`` requests. Requests inside
of a batch are matched too (as ``GET /me/…``); what needs the connection
(:attr:`Fault.wire`) concerns whole HTTP requests alone.
"""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from typing import Any

import orjson

from .call import Answer, Call
from .delta import gone
from .errors import GraphError

_CODES = {
    429: "TooManyRequests",
    500: "generalException",
    503: "serviceNotAvailable",
    504: "gatewayTimeout",
}
_LINKS = ("@odata.nextLink", "@odata.deltaLink")
_PROXY_PAGE = (
    b"<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body>"
    b"<h1>Bad Gateway</h1><p>The proxy could not reach the server.</p></body></html>"
)


@dataclass(slots=True)
class Fault:
    """One kind of fault with its parameters; made by the class methods.

    :ivar replaces: the request is refused before any work is done
    :ivar wire: it is about the connection, not about the answer
    """

    kind: str
    options: dict[str, Any] = field(default_factory=dict)

    # -- the kinds --------------------------------------------------------------------

    @classmethod
    def status(
        cls,
        status: int,
        code: str = "",
        message: str = "",
        headers: dict[str, str] | None = None,
        worked: bool = False,
    ) -> Fault:
        """An error answer of Graph's form (503, 504, 429…).

        :param headers: ``{"Retry-After": "2.128"}``, a date, or none
        :param worked: the work is done all the same
        """
        options = {
            "status": status,
            "code": code or _CODES.get(status, "UnknownError"),
            "message": message,
            "headers": headers or {},
        }
        return cls("worked" if worked else "status", options)

    @classmethod
    def gone(cls) -> Fault:
        """410 in the spelling that ``quirks.gone`` names, with a sound token."""
        return cls("gone")

    @classmethod
    def page(cls, status: int = 502, body: bytes = _PROXY_PAGE) -> Fault:
        """An HTML page, as of a proxy on the way."""
        return cls("page", {"status": status, "body": body})

    @classmethod
    def redirect(cls, location: str, status: int = 302) -> Fault:
        """A redirect elsewhere."""
        return cls("redirect", {"status": status, "location": location})

    @classmethod
    def links_to(cls, origin: str) -> Fault:
        """The links of the answer lead to another origin (``http://evil.example``)."""
        return cls("links", {"origin": origin})

    @classmethod
    def malformed(cls) -> Fault:
        """Status 200 and a body that is no JSON."""
        return cls("malformed")

    @classmethod
    def drop(cls, worked: bool = True) -> Fault:
        """The connection closes without an answer, after the work or before it."""
        return cls("drop" if worked else "drop_first")

    @classmethod
    def cut(cls, after: int = 100) -> Fault:
        """The body ends after some bytes of the announced length."""
        return cls("cut", {"after": after})

    @classmethod
    def slow(cls, seconds: float) -> Fault:
        """The answer comes late."""
        return cls("slow", {"seconds": seconds})

    @classmethod
    def drip(cls, size: int = 20, pause: float = 0.1) -> Fault:
        """The body comes in drops of ``size`` bytes with a pause between them."""
        return cls("drip", {"size": size, "pause": pause})

    @classmethod
    def oversized(
        cls, size: int, *, announced: bool = True, gzip: bool = False
    ) -> Fault:
        """A body of so many bytes of valid JSON.

        :param announced: whether Content-Length tells it
        :param gzip: packed, so that it is small on the way
        """
        return cls("oversized", {"size": size, "announced": announced, "gzip": gzip})

    @classmethod
    def ews(
        cls,
        code: str,
        message: str = "",
        *,
        form: str = "fault",
        back_off: int | None = None,
        after: int = 0,
        stop: bool = False,
    ) -> Fault:
        """A refusal of Exchange Web Services (``ErrorServerBusy``…).

        :param form: ``fault`` (SOAP fault, HTTP 500) or ``item`` (one part of an
            answer with HTTP 200); the third form is ``Fault.status(503)``
        :param back_off: ``BackOffMilliseconds``
        :param after: so many parts of the request succeed first
        :param stop: the parts after it are not done (ErrorBatchProcessingStopped)
        """
        if form not in ("fault", "item"):
            raise ValueError(f"unknown form {form!r}: fault or item")
        values = {} if back_off is None else {"BackOffMilliseconds": str(back_off)}
        options = {"code": code, "message": message, "values": values}
        options |= {"after": after, "stop": stop, "status": 500, "headers": {}}
        return cls(f"ews_{form}", options)

    @classmethod
    def forbidden(cls, reference: str = "&#x1F;") -> Fault:
        """Exchange's answer holds a character that XML forbids, as a reference."""
        return cls("forbidden", {"reference": reference})

    @classmethod
    def make(cls, kind: str, **options: Any) -> Fault:
        """A fault by the name of its class method (for the command line)."""
        if kind not in KINDS:
            raise ValueError(f"unknown fault {kind!r}: one of {', '.join(KINDS)}")
        return getattr(cls, kind)(**options)

    # -- what they do -----------------------------------------------------------------

    @property
    def replaces(self) -> bool:
        """Whether the request is refused before any work is done."""
        return self.kind in (
            "status",
            "gone",
            "page",
            "redirect",
            "drop_first",
            "ews_fault",
        )

    @property
    def wire(self) -> bool:
        """Whether it is about the connection."""
        return self.kind in ("drop", "drop_first", "cut", "slow", "drip", "oversized")

    def answer(self, service: Any, call: Call) -> Answer:
        """The answer instead of the work."""
        options = self.options
        if self.kind == "page":
            return Answer(options["status"], options["body"], content_type="text/html")
        if self.kind == "redirect":
            return Answer(options["status"], b"", {"Location": options["location"]})
        if self.kind == "drop_first":
            return Answer(204)
        error = gone(call) if self.kind == "gone" else self._error()
        return service.error_answer(error, call.headers)

    def changed(self, service: Any, call: Call, answer: Answer) -> Answer:
        """The answer after the work, changed by the fault."""
        if self.kind == "worked":
            return service.error_answer(self._error(), call.headers)
        if not isinstance(answer.body, dict):
            return answer
        if self.kind == "links":
            body = {**answer.body}
            for name in _LINKS:
                if name in body:
                    tail = re.sub(r"^https?://[^/]+", "", body[name])
                    body[name] = self.options["origin"] + tail
            return Answer(answer.status, body, answer.headers)
        if self.kind == "malformed":
            text = orjson.dumps(answer.body)
            half = text[: len(text) // 2]
            return Answer(answer.status, half, answer.headers, "application/json")
        return answer

    def item_fault(self) -> Any:
        """What spoils single parts of a request to Exchange; None for other faults."""
        if self.kind != "ews_item":
            return None
        from .ews.request import EwsError, ItemFault

        given = self.options
        error = EwsError(given["code"], given["message"], given["values"])
        return ItemFault(error, given["after"], given["stop"])

    def respelt(self, answer: Answer) -> Answer:
        """Exchange's answer after the work, changed by the fault."""
        body = answer.body
        if self.kind == "worked":
            return Answer(self.options["status"], b"", self.options["headers"])
        if not isinstance(body, bytes):
            return answer
        if self.kind == "malformed":
            body = body[: len(body) // 2]
        if self.kind == "forbidden":
            mark = self.options["reference"].encode()
            body = re.sub(rb"(<t:(?:Subject|DisplayName)>)", rb"\1" + mark, body)
        return Answer(answer.status, body, answer.headers, answer.content_type)

    def _error(self) -> GraphError:
        options = self.options
        return GraphError(
            options["status"], options["code"], options["message"], options["headers"]
        )


KINDS = (
    "status",
    "gone",
    "page",
    "redirect",
    "links_to",
    "malformed",
    "ews",
    "forbidden",
    "drop",
    "cut",
    "slow",
    "drip",
    "oversized",
)


@dataclass(slots=True)
class Rule:
    """A fault and the requests it is for; ``used`` counts how many it spoilt."""

    match: re.Pattern
    fault: Fault
    after: int = 0
    count: int | None = 1
    used: int = 0


class Faults:
    """The rules in force, oldest first."""

    def __init__(self) -> None:
        self.rules: list[Rule] = []
        self._lock = threading.Lock()

    def add(
        self, fault: Fault, *, match: str = "", after: int = 0, count: int | None = 1
    ) -> Rule:
        """Add a rule.

        :param match: regular expression searched in ``METHOD /path?query``
        :param after: so many matching requests pass first
        :param count: how many are spoilt then; None = all
        """
        rule = Rule(re.compile(match), fault, after, count)
        with self._lock:
            self.rules.append(rule)
        return rule

    def clear(self) -> None:
        """Remove all rules."""
        with self._lock:
            self.rules.clear()

    def take(self, method: str, path: str, *, item: bool = False) -> Fault | None:
        """The fault for a request, counted down.

        :param item: it is an item of a batch
        """
        if not self.rules:
            return None
        text = f"{method} {path}"
        with self._lock:
            for rule in self.rules:
                if rule.count == rule.used or (item and rule.fault.wire):
                    continue
                if not rule.match.search(text):
                    continue
                if rule.after:
                    rule.after -= 1
                    continue
                rule.used += 1
                return rule.fault
        return None
