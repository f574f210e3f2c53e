"""One mailbox's conversation with one server.

Sends the headers every request needs, one request at a time, repeats what is safe to
repeat, and turns every answer that is not a success into an exception.
"""

from __future__ import annotations

import json as _json
import logging
import threading
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from requests.adapters import BaseAdapter

from .answer import Answer, decode_json
from .auth import Auth
from .error_answers import error_from_answer
from .errors import AuthenticationError, ClientError, LinkRefused, TransportError
from .links import Origin, is_absolute
from .retry import IDEMPOTENT, Pace
from .transport import Http, Transport, deadline

_logger = logging.getLogger(__name__)

#: On every request: ids which survive a move within the mailbox.
#: https://learn.microsoft.com/graph/outlook-immutable-id
IMMUTABLE_IDS = 'IdType="ImmutableId"'
USER_AGENT = "exchange_connector/19.0"
#: Seconds that an answer gets however late it is.
SHORTEST = 5.0
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
# After these the method stays what it is (RFC 9110, 15.4.8 and 15.4.9).
_SAME_METHOD = frozenset({307, 308})


@dataclass(frozen=True)
class _Call:
    """One request, ready to be sent as often as needed."""

    method: str
    url: str
    headers: dict[str, str]
    data: bytes | None
    idempotent: bool
    raw: bool
    max_bytes: int | None

    @property
    def path(self) -> str:
        """Path of the address without host and query."""
        return "/" + self.url.split("://", 1)[1].partition("/")[2].partition("?")[0]


class Session:
    """A kept connection to one server with one sign-in; at most one request in flight.

    May be used by several threads: they take turns, because a mailbox allows few
    requests at a time (https://learn.microsoft.com/graph/throttling-limits).

    :param base_url: address of the service's root, ``https://graph.microsoft.com/v1.0``
    :param auth: who signs in
    :param ca_pem: certificates to trust instead of the public ones, as PEM text
    :param proxies: ``{"https": "http://proxy:3128"}``; the environment has no say
    :param timeout: (connect, read) in seconds
    :param total: seconds one answer may take from first to last byte
    :param max_bytes: the largest answer that is read
    :param adapter: connections to use, e.g. one :class:`Transport` shared by sessions
    :param pace: how patiently to repeat
    :param until: ``time.monotonic()`` after which no answer is waited for, but for
        :data:`SHORTEST` seconds where a request is begun late
    :raises ValueError: the address or the certificate is not usable
    """

    def __init__(
        self,
        base_url: str,
        auth: Auth,
        *,
        ca_pem: str | None = None,
        proxies: Mapping[str, str] | None = None,
        timeout: tuple[float, float] = (10.0, 60.0),
        total: float = 120.0,
        max_bytes: int = 64 * 2**20,
        user_agent: str = USER_AGENT,
        adapter: BaseAdapter | None = None,
        pace: Pace | None = None,
        until: float | None = None,
    ) -> None:
        self.origin = Origin.of(base_url)
        self.auth = auth
        self.pace = pace or Pace()
        self.user_agent = user_agent
        self._until = until
        self._shared = adapter is not None
        self._http = Http(
            adapter or Transport(ca_pem=ca_pem, timeout=timeout),
            proxies=proxies,
            max_bytes=max_bytes,
            total=total,
        )
        self._turn = threading.RLock()

    def request(
        self,
        method: str,
        path_or_link: str,
        *,
        query: Mapping[str, object] | None = None,
        json: Any = None,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        prefer: Sequence[str] = (),
        etag: str | None = None,
        idempotent: bool | None = None,
        raw: bool = False,
        max_bytes: int | None = None,
    ) -> Answer:
        """The answer of the service, of a status below 300.

        :param path_or_link: a path below the base address, or a link out of an answer
        :param query: query options (``{"$select": "id"}``); ``None`` values are left
            out
        :param json: body as an object; ``data``: body as bytes (name its type in
            headers)
        :param prefer: further preferences beside the immutable ids
        :param etag: carry it out only on this version (``If-Match``)
        :param idempotent: may be carried out twice; by default the method decides
        :param raw: the body is not JSON: leave it in ``content``
        :param max_bytes: other cap for the size of this answer
        :raises ClientError: one of its classes; see :mod:`errors`
        """
        sent = dict(headers or {})
        if json is not None:
            data = _json.dumps(json, separators=(",", ":")).encode()
            sent.setdefault("Content-Type", "application/json")
        if etag:
            sent["If-Match"] = etag
        call = _Call(
            method=method.upper(),
            url=self.origin.url(path_or_link, query),
            headers=self._headers(sent, prefer, raw),
            data=data,
            idempotent=method.upper() in IDEMPOTENT
            if idempotent is None
            else idempotent,
            raw=raw,
            max_bytes=max_bytes,
        )
        with self._turn:
            return self._repeat(call)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Keep other threads from this mailbox for several requests and pauses."""
        with self._turn:
            yield

    def renew(self, claims: str | None) -> bool:
        """Get a better sign-in after a refusal; whether there is a better one.

        :param claims: JSON text of a claims challenge
        :raises ClientError: the sign-in service refuses, or does not answer
        """
        with self._in_time():
            return self.auth.refresh(claims)

    def check_link(self, link: str) -> str:
        """``link``, if it leads to this server.

        :raises LinkRefused: it does not
        """
        self.origin.target(link)
        return link

    def close(self) -> None:
        """Close the connection, unless it is shared."""
        if not self._shared:
            self._http.close()

    def _headers(
        self, headers: dict[str, str], prefer: Sequence[str], raw: bool
    ) -> dict[str, str]:
        return {
            "Accept": "*/*" if raw else "application/json",
            "Accept-Encoding": "gzip",
            "User-Agent": self.user_agent,
            "Prefer": ", ".join([IMMUTABLE_IDS, *prefer]),
            **headers,
        }

    def _repeat(self, call: _Call) -> Answer:
        """Send until it succeeded or there is no point in sending it again."""
        started, attempt, waited, refreshed = time.monotonic(), 1, 0.0, False
        while True:
            try:
                return self._once(call)
            except AuthenticationError as error:
                # without a status it is the sign-in service that refused
                if refreshed or not error.status or not self.renew(error.claims):
                    raise
                refreshed = True
            except ClientError as error:
                pause = self.pace.pause(error, call.idempotent, attempt, waited)
                spent = time.monotonic() - started
                if pause is None or spent > self.pace.patience or self._is_late(pause):
                    raise
                self.pace.sleep(pause)
                waited += pause
                attempt += 1

    def _once(self, call: _Call) -> Answer:
        """Send once, following redirections on this server."""
        started = time.monotonic()
        answer = self._fetch(call, call.url)
        for _hop in range(3):
            if not _is_followed(answer.status, call.method):
                break
            target = self._redirection(answer)
            answer = self._fetch(call, target)
        _logger.debug(
            "%s %s: %s in %.0f ms",
            call.method,
            call.path,
            answer.status,
            (time.monotonic() - started) * 1000,
        )
        if not 200 <= answer.status < 300:
            raise error_from_answer(
                answer.status, answer.headers, answer.content, call.path, call.method
            )
        return answer if call.raw else _decoded(answer, call)

    def _fetch(self, call: _Call, url: str) -> Answer:
        insecure = self.origin.scheme != "https" and not self.origin.is_loopback
        if insecure and getattr(self.auth, "needs_tls", False):
            raise LinkRefused(
                "A sign-in with Microsoft is only sent over https.",
                sent=False,
                permanent=True,
            )
        with self._in_time():
            headers = {
                **call.headers,
                "client-request-id": str(uuid.uuid4()),
                **self.auth.headers(),
            }
            try:
                return self._http.fetch(
                    call.method,
                    url,
                    headers=headers,
                    data=call.data,
                    max_bytes=call.max_bytes,
                )
            except TransportError as error:
                error.path = call.path
                raise

    def _in_time(self) -> AbstractContextManager[None]:
        """What is read from the network in this block ends in time, also where the
        sign-in has to ask its own service."""
        if self._until is None:
            return nullcontext()
        return deadline(max(SHORTEST, self._until - time.monotonic()))

    def _is_late(self, pause: float) -> bool:
        """Whether there is no time to send once more after a pause."""
        return self._until is not None and time.monotonic() + pause > self._until

    def _redirection(self, answer: Answer) -> str:
        """Where to go next; the answer itself decides only about path and query."""
        location = answer.headers.get("Location", "")
        if location.startswith("/") and not location.startswith("//"):
            location = self.origin.root + location
        if not is_absolute(location):
            raise TransportError(
                "The server redirects to nowhere.", status=answer.status
            )
        try:
            return self.origin.url(location)
        except LinkRefused as error:
            parts = urlsplit(location)
            there = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
            raise LinkRefused(
                f"The server redirects to another address ({there}).",
                status=answer.status,
                sent=error.sent,
                permanent=True,
            ) from None


def _is_followed(status: int, method: str) -> bool:
    """Whether a redirection may be followed with the same request."""
    return status in _SAME_METHOD or (
        status in _REDIRECTS and method in ("GET", "HEAD")
    )


def _decoded(answer: Answer, call: _Call) -> Answer:
    if not answer.content and call.method != "GET":
        return answer
    try:
        body = decode_json(answer.content, answer.headers.get("Content-Type", ""))
    except TransportError as error:
        error.status, error.path = answer.status, call.path
        raise
    # the bytes are let go: a batch of large mails is enough memory as it is
    return Answer(answer.status, answer.headers, b"", body)
