"""HTTP itself: connections, TLS, time-outs and size caps.  Knows nothing of Graph.

Nothing of the process's environment has a say here: no ``REQUESTS_CA_BUNDLE``, no
``HTTPS_PROXY``, no ``.netrc``.  What counts is what the administrator configured.
"""

from __future__ import annotations

import io
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import certifi
import requests
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from .answer import Answer
from .errors import ResponseTooLarge, TransportError
from .transport_errors import FAILURES, transport_error

_deadline = threading.local()
_ENCODINGS = frozenset({"", "identity", "gzip", "deflate"})


@lru_cache(maxsize=32)
def tls_context(ca_pem: str | None = None) -> ssl.SSLContext:
    """A verifying TLS context: the given authorities alone, or the public ones.

    :param ca_pem: one or more certificates as PEM text; ``None`` = the public bundle
    :raises ValueError: the text holds no certificate
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_pem is None:
        context.load_verify_locations(cafile=certifi.where())
        return context
    try:
        context.load_verify_locations(cadata=ca_pem)
    except (ssl.SSLError, ValueError):
        raise ValueError("The certificate is not a readable PEM certificate.") from None
    return context


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Whatever this thread reads from the network in this block ends after ``seconds``.

    A read time-out starts anew with each byte; this one does not, so a server that
    drips its answer cannot hold a worker. Of two, one within the other, the earlier
    counts.
    """
    before = getattr(_deadline, "until", None)
    until = time.monotonic() + seconds
    _deadline.until = until if before is None else min(before, until)
    try:
        yield
    finally:
        _deadline.until = before


def _remaining(timeout: float | None) -> float | None:
    """The time-out of the next read: ``timeout``, but not beyond the deadline."""
    until = getattr(_deadline, "until", None)
    if until is None:
        return timeout
    left = float(until) - time.monotonic()
    if left <= 0:
        raise TimeoutError("deadline")
    return left if timeout is None else min(left, timeout)


class _DeadlineReader(io.RawIOBase):
    """The reading side of a socket; each read obeys the deadline."""

    def __init__(self, socket: _DeadlineSocket) -> None:
        super().__init__()
        self._owner = socket
        self._raw: io.RawIOBase = socket.real.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._owner.real.settimeout(_remaining(self._owner.timeout))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        if not self.closed:
            self._raw.close()
        return super().close()


class _DeadlineSocket:
    """A connected socket whose files read through :class:`_DeadlineReader`."""

    def __init__(self, real: Any) -> None:
        self.real = real
        self.timeout: float | None = real.gettimeout()

    def makefile(self, *_args: Any, **_options: Any) -> io.BufferedReader:
        """What ``http.client`` reads an answer from."""
        return io.BufferedReader(_DeadlineReader(self), 65536)

    def settimeout(self, value: float | None) -> None:
        """Time-out of a single read or write, in seconds."""
        self.timeout = value
        self.real.settimeout(value)

    def sendall(self, data: Any, *flags: Any) -> Any:
        """As of a socket; its time-out was perhaps shortened by the last read."""
        self.real.settimeout(_remaining(self.timeout))
        return self.real.sendall(data, *flags)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)


class _PlainConnection(HTTPConnection):
    def connect(self) -> None:
        HTTPConnection.connect(self)
        self.sock = _DeadlineSocket(self.sock)


class _TlsConnection(HTTPSConnection):
    def connect(self) -> None:
        HTTPSConnection.connect(self)
        self.sock = _DeadlineSocket(self.sock)


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


class Transport(HTTPAdapter):
    """Kept connections with our own TLS and time-outs; may be shared by threads.

    :param ca_pem: certificates to trust instead of the public ones
    :param timeout: (connect, read) in seconds; every request has them
    :param pool_size: kept connections per host: as many as threads use it at a time
    """

    def __init__(
        self,
        *,
        ca_pem: str | None = None,
        timeout: tuple[float, float] = (10.0, 60.0),
        pool_size: int = 1,
    ) -> None:
        self.tls = tls_context(ca_pem)
        self._timeout = timeout
        super().__init__(pool_connections=8, pool_maxsize=pool_size, max_retries=0)

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """Called by requests: pools with our TLS context and connections."""
        HTTPAdapter.init_poolmanager(self, *args, **options, ssl_context=self.tls)
        self._own_pools(self.poolmanager)

    def proxy_manager_for(self, proxy: Any, **options: Any) -> Any:
        """Called by requests: the same for connections over a configured proxy."""
        options["ssl_context"] = self.tls
        socks = str(proxy).lower().startswith("socks")
        if not socks:
            options["proxy_ssl_context"] = self.tls
        manager = super().proxy_manager_for(proxy, **options)
        if not socks:
            self._own_pools(manager)
        return manager

    @staticmethod
    def _own_pools(manager: Any) -> None:
        manager.pool_classes_by_scheme = {"http": _PlainPool, "https": _TlsPool}

    def cert_verify(self, conn: Any, *_args: Any) -> None:
        """Called by requests to name its own bundle: our context has all it needs."""
        conn.cert_reqs = "CERT_REQUIRED"
        conn.ca_certs = None
        conn.ca_cert_dir = None

    def send(
        self, request: requests.PreparedRequest, *args: Any, **options: Any
    ) -> Any:
        """Called by requests: sends with our time-outs, whatever it was told."""
        return super().send(request, *args, **{**options, "timeout": self._timeout})


class _PlainSession(requests.Session):
    """requests without its helpfulness: no environment and no redirections."""

    def __init__(self, adapter: BaseAdapter, proxies: Mapping[str, str]) -> None:
        super().__init__()
        self.trust_env = False
        self.proxies = dict(proxies)
        self.mount("https://", adapter)
        self.mount("http://", adapter)

    def get_redirect_target(self, resp: Any) -> None:
        """Never: the caller decides (and requests would read the whole body first)."""


class Http:
    """Sends one request and reads its answer, with every limit in force.

    :param adapter: the connections, :class:`Transport` unless a test brings its own
    :param proxies: ``{"https": "http://proxy:3128"}``; nothing else is used
    :param max_bytes: the largest answer that is read
    :param total: seconds one answer may take from first to last byte
    """

    def __init__(
        self,
        adapter: BaseAdapter,
        *,
        proxies: Mapping[str, str] | None = None,
        max_bytes: int = 64 * 2**20,
        total: float = 120.0,
    ) -> None:
        self.max_bytes = max_bytes
        self.total = total
        #: what tells one trust from another, for those who remember answers
        self.trust: object = getattr(adapter, "tls", adapter)
        self._session = _PlainSession(adapter, proxies or {})

    def fetch(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        data: bytes | None = None,
        max_bytes: int | None = None,
    ) -> Answer:
        """The answer, of whatever status, its body not yet decoded.

        :raises TransportError: there is no (complete) answer
        :raises ResponseTooLarge: it is larger than ``max_bytes``
        """
        request = requests.PreparedRequest()
        try:
            request.prepare(method=method, url=url, headers=dict(headers), data=data)
            # prepare() rewrites escapes; links are to be followed verbatim
            request.url = url
            with deadline(self.total):
                return self._exchange(request, max_bytes or self.max_bytes)
        except FAILURES as error:
            raise transport_error(error) from None

    def _exchange(self, request: requests.PreparedRequest, limit: int) -> Answer:
        response = self._session.send(request, stream=True, allow_redirects=False)
        try:
            content = _read(response, limit)
        except BaseException:
            # what is left unread would be taken for the next answer
            response.close()
            raise
        return Answer(response.status_code, response.headers, content)

    def close(self) -> None:
        """Close the kept connections."""
        self._session.close()


def _read(response: requests.Response, limit: int) -> bytes:
    """The body, at most ``limit`` bytes of it after decompression."""
    length = response.headers.get("Content-Length", "")
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    if encoding not in _ENCODINGS:
        raise TransportError("The server's answer is compressed in an unknown way.")
    if length.isdigit() and int(length) > limit:
        raise _too_large(limit)
    parts, size = [], 0
    # small steps where the body is compressed: each step may grow a thousandfold
    for part in response.iter_content(16384 if encoding else 65536):
        size += len(part)
        if size > limit:
            raise _too_large(limit)
        parts.append(part)
        _remaining(None)
    if not encoding and length.isdigit() and size < int(length):
        raise TransportError("The connection was cut before the answer was complete.")
    return b"".join(parts)


def _too_large(limit: int) -> ResponseTooLarge:
    return ResponseTooLarge(f"The answer is larger than {limit / 2**20:.4g} MB.")
