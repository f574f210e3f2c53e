"""Operators' and tests' endpoints below ``/admin`` (work in progress)."""

from __future__ import annotations

from werkzeug.wrappers import Request, Response


class Admin:
    """Commands as JSON; answers loopback alone."""

    def __init__(self, simulator) -> None:
        self.simulator = simulator

    def __call__(self, request: Request, path: str) -> Response:
        return Response("Not found", status=404)
