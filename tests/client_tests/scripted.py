"""A server that answers exactly as a test says, byte for byte if need be."""

from __future__ import annotations

import json
import socket
import ssl
import struct
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Seen:
    """One request as it arrived."""

    method: str
    path: str
    headers: dict = field(default_factory=dict)
    body: bytes = b""

    @property
    def json(self):
        return json.loads(self.body)


class Reply(BaseHTTPRequestHandler):
    """What an ``answer(seen, reply)`` function answers with."""

    protocol_version = "HTTP/1.1"

    def json(self, value, status=200, headers=None):
        """A complete JSON answer."""
        content = {"Content-Type": "application/json", **(headers or {})}
        self.whole(json.dumps(value).encode(), status, content)

    def error(self, status, code="", headers=None, message="no"):
        """An error as Graph words it."""
        self.json({"error": {"code": code, "message": message}}, status, headers)

    def whole(self, body, status=200, headers=None):
        """A complete answer of bytes."""
        self.send_response_only(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def raw(self, text):
        """Bytes on the wire, nothing added."""
        self.wfile.write(text if isinstance(text, bytes) else text.encode("latin-1"))
        self.wfile.flush()

    def drop(self):
        """Cut the connection at once."""
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.close_connection = True
        self.connection.close()

    def hang_up(self):
        """End the connection in good order, whatever was promised."""
        self.close_connection = True

    def handle_one_request(self):
        with suppress(OSError, ValueError):
            super().handle_one_request()
            return
        self.close_connection = True

    def _take(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        seen = Seen(self.command, self.path, dict(self.headers.items()), body)
        self.server.owner.requests.append(seen)
        self.server.owner.answer(seen, self)

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = do_HEAD = do_CONNECT = _take

    def log_message(self, *_args):
        pass


class Server:
    """Runs until it is closed; ``requests`` holds what it was asked.

    :param answer: function (seen, reply)
    :param tls: (certificate file, key file) to speak https
    """

    def __init__(self, answer, tls=None, host="127.0.0.1"):
        self.answer = answer
        self.requests = []
        self._server = ThreadingHTTPServer((host, 0), Reply)
        self._server.daemon_threads = True
        self._server.owner = self
        self._server.handle_error = lambda *_args: None
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
            # the handshake belongs into the thread of the connection
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self.host = host
        self.port = self._server.server_port
        self.scheme = "https" if tls else "http"
        threading.Thread(
            target=self._server.serve_forever, args=(0.02,), daemon=True
        ).start()

    @property
    def root(self):
        return f"{self.scheme}://{self.host}:{self.port}"

    @property
    def url(self):
        return f"{self.root}/v1.0"

    def paths(self):
        """The paths asked for, without query."""
        return [seen.path.partition("?")[0] for seen in self.requests]

    def close(self):
        self._server.shutdown()
        self._server.server_close()


def in_turn(*answers):
    """An ``answer`` function that gives one answer after the other, the last for ever.

    Each is a function (seen, reply), or an object to be sent as JSON.
    """
    waiting = list(answers)

    def answer(seen, reply):
        step = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        if callable(step):
            step(seen, reply)
        else:
            reply.json(step)

    return answer


def batch(answer_one):
    """An ``answer`` function for ``$batch``: each item by ``answer_one(item)``, which
    gives (status, body) or (status, body, headers), or ``None`` to leave it out."""

    def answer(seen, reply):
        responses = []
        for item in seen.json["requests"]:
            found = answer_one(item)
            if found is not None:
                status, body, *headers = found
                responses.append(
                    {
                        "id": item["id"],
                        "status": status,
                        "headers": headers[0] if headers else {},
                        "body": body,
                    }
                )
        reply.json({"responses": responses[::-1]})

    return answer
