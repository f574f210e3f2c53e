"""When to try again, and how long to wait before.

Only what is safe is repeated: a request which never left; an answer that says "not
done, come back later"; and, when an answer was lost, only a method that may be carried
out twice (GET, HEAD, PUT, DELETE).  A lost answer to a POST or PATCH is never repeated
here.

Source: https://learn.microsoft.com/graph/throttling and RFC 9110, 9.2.2 and 10.2.3
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

from .errors import (
    ClientError,
    LinkRefused,
    ResponseTooLarge,
    ServerError,
    Throttled,
    TransportError,
)

#: Methods that may be carried out twice with the same outcome.
IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
_LONGEST = 24 * 3600.0


def parse_retry_after(
    value: str | None, date: str | None = None, now: Callable[[], float] = time.time
) -> float | None:
    """Seconds to wait by a ``Retry-After`` header, ``None`` when it says nothing.

    :param value: seconds ("120", "2.128") or an HTTP date
    :param date: the ``Date`` header of the same answer. A date is measured from it, so
        that a wrong clock on this machine does no harm
    :param now: seconds since 1970, used for a date when the answer has no ``Date``
    """
    text = (value or "").strip()
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        until = _timestamp(text)
        if until is None:
            return None
        sent = _timestamp(date or "")
        seconds = until - (now() if sent is None else sent)
    if math.isnan(seconds):
        return None
    return min(max(seconds, 0.0), _LONGEST)


def _timestamp(text: str) -> float | None:
    """Seconds since 1970 of an HTTP date; one without a zone is UTC."""
    try:
        moment = parsedate_to_datetime(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=timezone.utc)
        return moment.timestamp()
    except (TypeError, ValueError, IndexError, OverflowError):
        return _iso_timestamp(text)


def _iso_timestamp(text: str) -> float | None:
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
        return moment.replace(tzinfo=moment.tzinfo or timezone.utc).timestamp()
    except (ValueError, OverflowError):
        return None


def may_repeat(error: ClientError, idempotent: bool) -> bool:
    """Whether the request behind ``error`` may be sent again without risk.

    :param idempotent: carrying the request out twice does no harm
    """
    if isinstance(error, Throttled):
        # 429 says that nothing was done; a gateway's 503 or 504 does not say so
        return idempotent or error.status == 429
    if isinstance(error, ServerError):
        return idempotent
    if isinstance(error, (ResponseTooLarge, LinkRefused)):
        return False
    if isinstance(error, TransportError):
        return not error.permanent and (idempotent or not error.sent)
    return False


@dataclass
class Pace:
    """How patient a session is.

    :ivar attempts: how often one request is sent at most
    :ivar budget: seconds that one request may spend waiting, all pauses together; a
        longer ``Retry-After`` is not waited for but raised as :class:`Throttled`
    :ivar patience: seconds after which one request is not sent again, however slow or
        fast it failed
    :ivar first: seconds of the first pause where the service does not name one
    """

    attempts: int = 4
    budget: float = 8.0
    patience: float = 30.0
    first: float = 0.5
    sleep: Callable[[float], None] = time.sleep
    random: Callable[[], float] = random.random

    def pause(
        self, error: ClientError, idempotent: bool, attempt: int, waited: float
    ) -> float | None:
        """Seconds to wait before the next attempt, ``None`` to give up.

        :param attempt: how often the request was sent so far, from 1
        :param waited: seconds waited so far
        """
        if attempt >= self.attempts or not may_repeat(error, idempotent):
            return None
        pause = getattr(error, "retry_after", None)
        if pause is None:
            pause = self.backoff(attempt)
        return pause if waited + pause <= self.budget else None

    def backoff(self, attempt: int) -> float:
        """Seconds of the ``attempt``-th pause: doubling, with jitter."""
        exponent: int = min(attempt - 1, 10)
        return self.first * float(2**exponent) * (0.5 + self.random())
