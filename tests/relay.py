"""A network between Odoo and the simulator that can lead elsewhere or break."""

import contextlib
import socket
import threading


class Relay:
    """Passes connections on to a port of this machine: a context manager.

    :ivar port: where it listens
    :ivar target: the port new connections lead to; 0: they are cut at once
    """

    def __init__(self, target):
        self.target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._open = []

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_error):
        # Waking the thread that waits in accept().
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def lead_to(self, target):
        """New connections lead to another port, and the present ones end."""
        self.target = target
        self.cut()

    def cut(self):
        """End the present connections."""
        for side in self._open:
            with contextlib.suppress(OSError):
                side.shutdown(socket.SHUT_RDWR)
            side.close()
        self._open.clear()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                here, _address = self._listener.accept()
                if not self.target:
                    here.close()
                    continue
                there = socket.create_connection(("127.0.0.1", self.target))
                self._open += [here, there]
                for pair in ((here, there), (there, here)):
                    threading.Thread(target=_pump, args=pair, daemon=True).start()


def _pump(source, sink):
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
