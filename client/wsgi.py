"""Connections to a WSGI application in this very process, instead of to a server.

A session takes it as its ``adapter`` and notices nothing::

    Session("http://localhost/…", auth, adapter=WsgiTransport(application))

Source: https://peps.python.org/pep-3333/
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

import requests
from requests.adapters import BaseAdapter
from urllib3.response import HTTPResponse

#: A WSGI application.
Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class WsgiTransport(BaseAdapter):
    """Answers each request by calling an application."""

    def __init__(self, application: Application) -> None:
        super().__init__()
        self._application = application

    def send(
        self, request: requests.PreparedRequest, *_args: Any, **_options: Any
    ) -> requests.Response:
        """Called by requests."""
        started: list[Any] = []

        def start_response(status: str, headers: Any, _info: Any = None) -> None:
            started[:] = [int(status[:3]), headers]

        parts = self._application(environ_of(request), start_response)
        try:
            content = b"".join(parts)
        finally:
            close = getattr(parts, "close", None)
            if close is not None:
                close()
        status, headers = started
        return self._response(request, status, headers, content)

    def _response(
        self,
        request: requests.PreparedRequest,
        status: int,
        headers: Iterable[tuple[str, str]],
        content: bytes,
    ) -> requests.Response:
        response = requests.Response()
        response.status_code = status
        response.headers.update(dict(headers))
        response.raw = HTTPResponse(
            io.BytesIO(content), status=status, preload_content=False
        )
        response.url, response.request = request.url or "", request
        return response

    def close(self) -> None:
        """There is nothing to close."""


def environ_of(request: requests.PreparedRequest) -> dict[str, Any]:
    """The request as WSGI wants it."""
    parts = urlsplit(request.url or "")
    body = request.body or b""
    data = body.encode() if isinstance(body, str) else bytes(body)
    return {
        "REQUEST_METHOD": request.method or "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(parts.path).decode("latin-1"),
        "QUERY_STRING": parts.query,
        "SERVER_NAME": parts.hostname or "",
        "SERVER_PORT": str(parts.port or 80),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        **_header_variables(request),
        "CONTENT_LENGTH": str(len(data)),
        "HTTP_HOST": parts.netloc,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": parts.scheme,
        "wsgi.input": io.BytesIO(data),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }


def _header_variables(request: requests.PreparedRequest) -> dict[str, str]:
    """The headers under their CGI names: CONTENT_TYPE goes without HTTP_."""
    names = {name: name.upper().replace("-", "_") for name in request.headers}
    return {
        key if key == "CONTENT_TYPE" else f"HTTP_{key}": request.headers[name]
        for name, key in names.items()
        if key != "CONTENT_LENGTH"
    }
