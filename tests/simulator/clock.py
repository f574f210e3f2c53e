"""The simulator's time: real time plus an offset that tests and operators move."""

import threading
import time
from datetime import datetime, timezone


class Clock:
    """Seconds since the epoch, movable.

    ``advance(seconds)`` lets tokens and delta links grow old without waiting;
    ``freeze()`` stops the clock, ``thaw()`` lets it run again from where it stood.
    """

    def __init__(self) -> None:
        self._offset = 0.0
        self._frozen: float | None = None
        self._lock = threading.Lock()

    def now(self) -> float:
        """The current time in seconds since the epoch."""
        if self._frozen is not None:
            return self._frozen
        return time.time() + self._offset

    def advance(self, seconds: float) -> None:
        """Move the time by ``seconds`` (also a frozen one)."""
        with self._lock:
            if self._frozen is not None:
                self._frozen += seconds
            else:
                self._offset += seconds

    def freeze(self, at: float | None = None) -> None:
        """Stop the time at ``at`` (seconds since the epoch; default: now)."""
        with self._lock:
            self._frozen = self.now() if at is None else at

    def thaw(self) -> None:
        """Let a stopped time run again."""
        with self._lock:
            if self._frozen is not None:
                self._offset = self._frozen - time.time()
                self._frozen = None

    def utc(self) -> datetime:
        """The current time as an aware datetime."""
        return datetime.fromtimestamp(self.now(), timezone.utc)

    def iso(self) -> str:
        """The current time as Graph writes it: ``2024-01-31T12:00:00Z``."""
        return iso(self.utc())


def iso(moment: datetime) -> str:
    """Write an aware datetime as a Graph ``DateTimeOffset`` in UTC, to the second."""
    moment = moment.astimezone(timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")


def parse_iso(text: str) -> datetime:
    """Read a Graph ``DateTimeOffset`` (without offset it is UTC).

    :raises ValueError: when the text is no such time
    """
    text = text.strip().strip("'")
    if text.endswith(("Z", "z")):
        text = text[:-1] + "+00:00"
    head, dot, rest = text.partition(".")
    if dot:
        digits = rest[: len(rest) - len(rest.lstrip("0123456789"))]
        text = f"{head}.{digits[:6]:0<6}{rest[len(digits) :]}"
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
