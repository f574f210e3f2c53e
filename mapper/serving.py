"""Serving over HTTP with waitress, and stopping without losing a request.

Whoever asked before the stop still gets his answer: a write whose answer is lost would
have to be looked for by the caller.
Source: https://docs.pylonsproject.org/projects/waitress/en/stable/
"""

from __future__ import annotations

import logging
import signal
import time
from types import FrameType
from typing import Any

from waitress import wasyncore  # type: ignore[import-untyped]
from waitress.channel import HTTPChannel  # type: ignore[import-untyped]
from waitress.server import (  # type: ignore[import-untyped]
    BaseWSGIServer,
    create_server,
)

from .application import Application
from .settings import Settings, SettingsError, is_loopback

_logger = logging.getLogger("mapper")
_LONGEST_HEAD = 2 * 2**20
#: SIGINT is also what IIS sends; SIGBREAK exists on Windows alone.
_SIGNALS = ("SIGTERM", "SIGINT", "SIGBREAK")


class Server:
    """The mapper on an address; :meth:`run` returns after a stop was asked for."""

    def __init__(self, settings: Settings) -> None:
        host, port = address_of(settings.listen)
        self._settings = settings
        self._stopping = False
        self._map: dict[int, Any] = {}
        self._application = Application(settings)
        self._server = create_server(
            self._application,
            map=self._map,
            host=host,
            port=port,
            threads=settings.threads,
            max_request_body_size=settings.max_body,
            # a link holds Exchange's state of a folder, of a large one a long one
            max_request_header_size=_LONGEST_HEAD,
            channel_timeout=120,
            # whose word counts is for the application to say
            clear_untrusted_proxy_headers=False,
            ident="",
        )
        if not is_loopback(host) and not settings.allow_http:
            _logger.warning("Plain http is refused for other machines; put TLS before.")
        shown = getattr(self._server, "effective_port", port)
        _logger.info("Serving on http://%s:%s for %s", host, shown, settings.ews_url)

    def run(self) -> None:
        """Serve until a signal to stop."""
        for name in _SIGNALS:
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), self._stop)
        try:
            while not self._stopping:
                self._turn()
            self._finish()
        finally:
            self._server.task_dispatcher.shutdown(timeout=1)
            wasyncore.close_all(self._map)
            self._application.close()

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True

    def _turn(self) -> None:
        wasyncore.loop(timeout=0.5, map=self._map, count=1)

    def _finish(self) -> None:
        """Take nothing new, and answer what was asked."""
        _logger.info("Stopping.")
        for one in list(self._map.values()):
            if isinstance(one, BaseWSGIServer):
                one.del_channel(self._map)
                one.socket.close()
        until = time.monotonic() + self._settings.stop_timeout
        while (busy := self._busy()) and time.monotonic() < until:
            self._turn()
        if busy:
            _logger.warning("Stopped with %s requests unanswered.", len(busy))

    def _busy(self) -> list[HTTPChannel]:
        """The connections of which somebody waits for an answer."""
        channels = [one for one in self._map.values() if isinstance(one, HTTPChannel)]
        return [one for one in channels if one.requests or one.total_outbufs_len]


def address_of(listen: str) -> tuple[str, int]:
    """Host and port.

    :raises SettingsError: this is no address to listen on
    """
    host, colon, port = listen.rpartition(":")
    if not colon or not port.isdigit() or int(port) > 65535:
        raise SettingsError("The address to listen on (--listen) is ADDRESS:PORT.")
    return host.strip("[]"), int(port)
