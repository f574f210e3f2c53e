"""Faults on purpose: rules that match requests and spoil their answers.

``sim.faults.add(Fault.status(503), match="GET .*/messages", after=2, count=1)``: the
third such request fails. A rule is used up after ``count`` requests.
"""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field

from .call import Answer, Call
from .errors import GraphError


@dataclass(slots=True)
class Fault:
    """One kind of fault and its parameters; made by the class methods."""

    kind: str
    options: dict = field(default_factory=dict)

    @property
    def replaces(self) -> bool:
        """Whether the request is refused before any work is done."""
        return self.kind == "answer"

    @classmethod
    def status(
        cls,
        status: int,
        code: str = "",
        message: str = "",
        headers: dict[str, str] | None = None,
    ) -> Fault:
        """An error answer of Graph's form, before any work."""
        names = {
            503: "serviceNotAvailable",
            504: "gatewayTimeout",
            500: "generalException",
        }
        return cls(
            "answer",
            {
                "status": status,
                "code": code or names.get(status, "UnknownError"),
                "message": message,
                "headers": headers or {},
            },
        )

    def answer(self, service, call: Call | None) -> Answer:
        """The answer of a fault that replaces the work."""
        options = self.options
        error = GraphError(
            options["status"], options["code"], options["message"], options["headers"]
        )
        return service.error_answer(error, call.headers if call else {})

    def changed(self, answer: Answer) -> Answer:
        """The answer after the work, changed by the fault."""
        return answer


@dataclass(slots=True)
class Rule:
    """A fault and the requests it is for."""

    match: re.Pattern
    fault: Fault
    after: int = 0
    count: int | None = 1


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

    def take(self, method: str, path: str) -> Fault | None:
        """The fault for a request, counted down."""
        if not self.rules:
            return None
        text = f"{method} {path}"
        with self._lock:
            for rule in self.rules:
                if rule.count == 0 or not rule.match.search(text):
                    continue
                if rule.after:
                    rule.after -= 1
                    continue
                if rule.count is not None:
                    rule.count -= 1
                return rule.fault
        return None
