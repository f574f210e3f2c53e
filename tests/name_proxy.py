"""A proxy that knows the names of servers that exist nowhere else."""

import contextlib
import socket
import threading


class NameProxy:
    """An HTTP proxy on this machine: a context manager, then ``proxy.url``.

    :ivar hosts: name → port of this machine that ``CONNECT`` to it leads to; the names
        of this machine lead to themselves
    :ivar plain: address asked for over plain http → where its answer redirects to
    :ivar asked: (name, what was sent in the clear) of each connection
    """

    def __init__(self, hosts=None, plain=None):
        self.hosts = dict(hosts or {})
        self.plain = dict(plain or {})
        self.asked = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_error):
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def names(self):
        """The names that were asked for, in order."""
        return [name for name, _head in self.asked]

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                here, _address = self._listener.accept()
                threading.Thread(target=self._serve, args=[here], daemon=True).start()

    def _serve(self, here):
        with contextlib.suppress(OSError, ValueError), here:
            head = b""
            while b"\r\n\r\n" not in head and (data := here.recv(65536)):
                head += data
            method, target, _rest = head.decode("latin-1").split(" ", 2)
            if method == "CONNECT":
                self._tunnel(here, target, head)
            else:
                self._answer(here, target, head)

    def _tunnel(self, here, target, head):
        name, _colon, port = target.rpartition(":")
        self.asked.append((name, head.decode("latin-1")))
        own = int(port) if name in ("127.0.0.1", "localhost") else 0
        known = self.hosts.get(name, own)
        if not known:
            here.sendall(b"HTTP/1.1 502 Unknown\r\nContent-Length: 0\r\n\r\n")
            return
        with socket.create_connection(("127.0.0.1", known)) as there:
            here.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            back = threading.Thread(target=_pump, args=(there, here), daemon=True)
            back.start()
            _pump(here, there)
            back.join(20)

    def _answer(self, here, target, head):
        name = target.partition("://")[2].partition("/")[0]
        self.asked.append((name, head.decode("latin-1")))
        status, more = "404 Not Found", ""
        if target in self.plain:
            status, more = "302 Found", f"Location: {self.plain[target]}\r\n"
        text = f"HTTP/1.1 {status}\r\n{more}Content-Length: 0\r\nConnection: close"
        here.sendall(f"{text}\r\n\r\n".encode())


def _pump(source, sink):
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
