"""Limits of the Outlook service, per app and mailbox.

Four requests at a time; 10,000 requests in 10 minutes; 150 MB of uploads in 5 minutes.
Source: https://learn.microsoft.com/graph/throttling-limits#outlook-service-limits
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from .clock import Clock
from .errors import GraphError


@dataclass(slots=True)
class Limits:
    """What the service allows; None = no limit.

    ``retry_after`` is the header's text for too many at a time: ``"1"``, a decimal
    (``"0.249"``), a date, or None to leave the header out.
    """

    concurrency: int | None = 4
    requests: int | None = 10_000
    window: float = 600.0
    upload: int | None = 150 * 2**20
    upload_window: float = 300.0
    retry_after: str | None = "1"


@dataclass(slots=True)
class _Use:
    running: int = 0
    peak: int = 0
    requests: int = 0
    requests_from: float = 0.0
    upload: int = 0
    upload_from: float = 0.0


@dataclass
class Throttle:
    """Counts what is running and what was asked lately."""

    clock: Clock
    limits: Limits = field(default_factory=Limits)
    _uses: dict[tuple[str, str], _Use] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def hold(self, app_id: str, mailbox: str) -> bool:
        """Take a place for a running request; False when all are taken."""
        return self.take(app_id, mailbox, self.limits.concurrency)

    def take(self, app_id: str, mailbox: str, limit: int | None) -> bool:
        """Take one of ``limit`` places (None = as many as one likes)."""
        with self._lock:
            use = self._uses.setdefault((app_id, mailbox), _Use())
            if limit is not None and use.running >= limit:
                return False
            use.running += 1
            use.peak = max(use.peak, use.running)
            return True

    def leave(self, app_id: str, mailbox: str, places: int = 1) -> None:
        """Give places back."""
        with self._lock:
            self._uses[app_id, mailbox].running -= places

    def count(self, app_id: str, mailbox: str, size: int = 0) -> None:
        """Count one more request (an item of a batch is one) of ``size`` bytes.

        :raises GraphError: 429 when the rate is over its limit
        """
        with self._lock:
            self._count(self._uses.setdefault((app_id, mailbox), _Use()), size)

    def peak(self, mailbox: str) -> int:
        """The most requests that ran at a time at a mailbox (for assertions)."""
        with self._lock:
            uses = [u.peak for (_app, box), u in self._uses.items() if box == mailbox]
        return max(uses, default=0)

    def _count(self, use: _Use, size: int) -> None:
        now, limits = self.clock.now(), self.limits
        if now - use.requests_from >= limits.window:
            use.requests, use.requests_from = 0, now
        if now - use.upload_from >= limits.upload_window:
            use.upload, use.upload_from = 0, now
        if limits.requests is not None and use.requests >= limits.requests:
            wait = limits.window - (now - use.requests_from)
            raise too_many("RequestRate", str(max(1, round(wait))))
        if limits.upload is not None and use.upload + size > limits.upload:
            wait = limits.upload_window - (now - use.upload_from)
            raise too_many("IncomingBytes", str(max(1, round(wait))))
        use.requests += 1
        use.upload += size

    def concurrency_error(self) -> GraphError:
        """429 for one request too many at a time."""
        return too_many("MailboxConcurrency", self.limits.retry_after)


def too_many(limit: str, retry_after: str | None) -> GraphError:
    """429 ApplicationThrottled."""
    return GraphError(
        429,
        "ApplicationThrottled",
        f"Application is over its {limit} limit.",
        {"Retry-After": retry_after} if retry_after is not None else {},
    )
