"""Faults of the connection: dropped, cut, slow and oversized answers, broken TLS."""

from __future__ import annotations

import contextlib
import gzip
import logging
import socket
import ssl
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from cheroot.ssl.builtin import BuiltinSSLAdapter
from cheroot.wsgi import Gateway_10
from cheroot.wsgi import Server as WSGIServer
from werkzeug.wrappers import Response

from .certificates import Issued, make_authority, make_certificate
from .faults import Fault

_logger = logging.getLogger(__name__)
_CHUNK = 64 * 1024


class Gateway(Gateway_10):
    """The gateway to WSGI, with the connection in the environment."""

    def get_environ(self) -> dict:
        """The WSGI environment."""
        environ = super().get_environ()
        environ["simulator.connection"] = self.req.conn
        return environ


def make_server(
    address: tuple[str, int], application: Callable, threads: int = 24
) -> WSGIServer:
    """An HTTP/1.1 server with kept connections."""
    server = WSGIServer(
        address,
        application,
        numthreads=threads,
        server_name="simulator",
        request_queue_size=128,
        timeout=60,
    )
    server.gateway = Gateway
    # NTLM signs connections in: closing them after each answer would shut users out
    server.keep_alive_conn_limit = 500
    server.expiration_interval = 0.1  # stopping waits as long
    server.error_log = _log
    return server


def _log(message: str = "", level: int = 20, traceback: bool = False) -> None:
    # A client that is killed leaves TLS without a word.
    left = isinstance(sys.exc_info()[1], ssl.SSLEOFError)
    unusual = traceback and not left
    _logger.log(level if unusual else logging.DEBUG, message, exc_info=traceback)


def hang_up(environ: dict) -> None:
    """Close the client's connection here and now."""
    connection = environ.get("simulator.connection")
    with contextlib.suppress(OSError, AttributeError):
        connection.socket.shutdown(socket.SHUT_RDWR)


def spoil(fault: Fault, response: Response, environ: dict) -> Callable:
    """The response as a fault of the connection lets it through."""
    options = fault.options
    if fault.kind in ("drop", "drop_first"):
        hang_up(environ)
        response.headers["Connection"] = "close"
    elif fault.kind == "slow":
        time.sleep(options["seconds"])
    elif fault.kind == "cut":
        data = response.get_data()
        stream(response, _cut(data, options["after"], environ), len(data))
    elif fault.kind == "drip":
        data = response.get_data()
        stream(response, _drip(data, options["size"], options["pause"]), len(data))
    elif fault.kind == "oversized":
        _oversize(response, options)
    return response


def stream(response: Response, parts: Iterable[bytes], size: int | None) -> None:
    """Send a body in parts; without a size in chunks."""
    # Of a sequence, Werkzeug would tell the length by itself.
    response.response = iter(parts)
    response.headers.pop("Content-Length", None)
    if size is not None:
        response.headers["Content-Length"] = str(size)


def _cut(data: bytes, after: int, environ: dict) -> Iterator[bytes]:
    yield data[: min(after, max(1, len(data) - 1))]
    hang_up(environ)


def _drip(data: bytes, size: int, pause: float) -> Iterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]
        time.sleep(pause)


def _oversize(response: Response, options: dict[str, Any]) -> None:
    head, tail = b'{"value":[],"padding":"', b'"}'
    size = max(options["size"], len(head) + len(tail))
    filling = size - len(head) - len(tail)

    def parts() -> Iterator[bytes]:
        yield head
        for start in range(0, filling, _CHUNK):
            yield b"x" * min(_CHUNK, filling - start)
        yield tail

    response.headers["Content-Type"] = "application/json"
    if options["gzip"]:
        data = gzip.compress(b"".join(parts()))
        response.headers["Content-Encoding"] = "gzip"
        stream(response, [data], len(data))
    else:
        stream(response, parts(), size if options["announced"] else None)


class BrokenTls:
    """A second HTTPS port with something wrong: a context manager.

    :param kind: ``unknown_ca``, ``expired``, ``wrong_host``, ``plain`` (no TLS at all)
        or ``reset`` (hangs up during the handshake)
    """

    def __init__(self, application: Callable, authority: Issued, kind: str) -> None:
        if kind not in ("unknown_ca", "expired", "wrong_host", "plain", "reset"):
            raise ValueError(kind)
        self.kind = kind
        self.port = 0
        self._application = application
        self._authority = authority
        self._close: Callable[[], None] = lambda: None

    @property
    def url(self) -> str:
        """Graph's version root there."""
        return f"https://localhost:{self.port}/v1.0"

    @property
    def origin(self) -> str:
        """The address without a path."""
        return f"https://localhost:{self.port}"

    def __enter__(self) -> BrokenTls:
        if self.kind == "reset":
            self._reset_all()
        else:
            self._serve()
        return self

    def __exit__(self, *exc: object) -> None:
        self._close()

    def _reset_all(self) -> None:
        listener = socket.create_server(("127.0.0.1", 0))
        self.port = listener.getsockname()[1]

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    listener.accept()[0].close()

        threading.Thread(target=accept, daemon=True).start()

        def close() -> None:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()

        self._close = close

    def _serve(self) -> None:
        server = make_server(("127.0.0.1", 0), self._application, threads=2)
        scratch = tempfile.TemporaryDirectory(prefix="simulator-")
        if self.kind != "plain":
            certificate, key = (Path(scratch.name) / n for n in ("cert.pem", "key.pem"))
            issued = self._certificate()
            certificate.write_bytes(issued.pem())
            key.write_bytes(issued.key_pem())
            server.ssl_adapter = BuiltinSSLAdapter(str(certificate), str(key))
        server.prepare()
        self.port = server.bind_addr[1]
        threading.Thread(target=server.serve, daemon=True).start()

        def close() -> None:
            server.stop()
            scratch.cleanup()

        self._close = close

    def _certificate(self) -> Issued:
        if self.kind == "unknown_ca":
            return make_certificate(make_authority("Another CA"))
        if self.kind == "expired":
            return make_certificate(self._authority, expired=True)
        return make_certificate(self._authority, ("elsewhere.example",))
