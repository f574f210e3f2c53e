"""Looks at many mailboxes side by side, in threads that share no records."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import BoundedSemaphore
from typing import Any

from ..client import ClientError, Pace, Transport, TransportError, probe

# Mailboxes that are looked at at a time; each gets one request at a time.
THREADS = 16
# Of these so many at a time get a new access token, each with a connection to the
# database of its own.
SIGN_INS = 4
# A server that so many mailboxes could not reach is not asked again in this tick.
UNREACHABLE = 3
# However little of the tick is left, an answer gets so many seconds.
SHORTEST = 5.0


@dataclass
class Glance:
    """What one look at a mailbox has shown.

    :ivar pages: {link: page or error}, or the ``ClientError`` it ended with
    :ivar seconds: how long it took
    """

    pages: Any
    seconds: float = 0.0


class Glances:
    """The looks of one tick of the schedule; its connections are kept and shared."""

    def __init__(self):
        self._pool = ThreadPoolExecutor(THREADS, "exchange-glance")
        self._sign_ins = BoundedSemaphore(SIGN_INS)
        self._transports = {}
        self._unreachable = Counter()

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self._pool.shutdown()
        for transport in self._transports.values():
            transport.close()

    def patience(self, ca_pem, deadline):
        """How a mailbox is opened that is only looked at.

        :param ca_pem: certificates to trust instead of the public ones
        :param deadline: ``time.monotonic()`` at which the tick ends
        :return: options of ``client.Session``
        """
        seconds = max(SHORTEST, deadline - time.monotonic())
        if ca_pem not in self._transports:
            self._transports[ca_pem] = Transport(
                ca_pem=ca_pem, timeout=(SHORTEST, seconds), pool_size=THREADS
            )
        return {
            "adapter": self._transports[ca_pem],
            "total": seconds,
            "pace": Pace(patience=seconds / 2),
        }

    def look(self, targets):
        """Look at mailboxes.

        :param targets: {key: (server, ``client.Mailbox``, links)}
        :return: {key: :class:`Glance`}
        """
        futures = {
            key: self._pool.submit(self._glance, *target)
            for key, target in targets.items()
        }
        return {key: future.result() for key, future in futures.items()}

    def _glance(self, server, mailbox, links):
        started = time.monotonic()
        try:
            pages = self._pages(server, mailbox, links)
        except ClientError as error:
            pages = error
        return Glance(pages, time.monotonic() - started)

    def _pages(self, server, mailbox, links):
        if not links:
            return {}
        if self._unreachable[server] >= UNREACHABLE:
            raise TransportError("The server could not be reached.", sent=False)
        try:
            with self._sign_ins:
                mailbox.session.auth.headers()
            return dict(zip(links, probe(mailbox, links), strict=True))
        except TransportError:
            self._unreachable[server] += 1
            raise
