"""What was asked of the simulator, for assertions; bounded."""

from __future__ import annotations

import re
import threading
from collections import deque
from dataclasses import dataclass

_KEPT = (
    "prefer",
    "if-match",
    "user-agent",
    "content-type",
    "client-request-id",
    "x-anchormailbox",
)
_BODY = 16 * 1024


@dataclass(slots=True)
class Entry:
    """One HTTP request (or one item of a batch, then ``in_batch``).

    ``path`` includes the query; ``authorization`` is the scheme alone.
    """

    method: str
    path: str
    headers: dict[str, str]
    authorization: str
    body: bytes
    size: int
    in_batch: bool
    status: int = 0
    answer_size: int = 0
    mailbox: str = ""
    at: float = 0.0


class RequestLog:
    """The latest requests and counters of all.

    :ivar count: HTTP requests
    :ivar items: requests inside of batches
    """

    def __init__(self, size: int = 2000) -> None:
        self._entries: deque[Entry] = deque(maxlen=size)
        self._lock = threading.Lock()
        self.count = 0
        self.items = 0
        self.statuses: dict[int, int] = {}

    def __iter__(self):
        with self._lock:
            return iter(list(self._entries))

    def __len__(self) -> int:
        return len(self._entries)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._entries.clear()
            self.count = self.items = 0
            self.statuses = {}

    def matching(self, pattern: str) -> list[Entry]:
        """Entries whose ``METHOD path`` fits the regular expression."""
        wanted = re.compile(pattern)
        return [e for e in self if wanted.search(f"{e.method} {e.path}")]

    def start(
        self, method: str, path: str, headers: dict[str, str], body: object, at: float
    ) -> Entry:
        """Begin an entry; :meth:`finish` files it."""
        raw = body if isinstance(body, bytes) else b""
        return Entry(
            method,
            path,
            {name: headers[name] for name in _KEPT if name in headers},
            headers.get("authorization", "").partition(" ")[0],
            raw if len(raw) <= _BODY else b"",
            len(raw),
            False,
            at=at,
        )

    def finish(self, entry: Entry, status: int, answer_size: int = 0) -> None:
        """File an entry with the outcome."""
        entry.status, entry.answer_size = status, answer_size
        with self._lock:
            self._entries.append(entry)
            if entry.in_batch:
                self.items += 1
            else:
                self.count += 1
            self.statuses[status] = self.statuses.get(status, 0) + 1
