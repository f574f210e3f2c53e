"""Operators' and tests' endpoints: ``POST /admin/<command>`` with JSON, on loopback.

The commands are the functions of commands.py; ``GET /admin/commands`` lists them. A
browser cannot be tricked into them: the request must name this machine as its host, and
must not come from a page.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

import orjson
from werkzeug.wrappers import Request, Response

from .commands import COMMANDS, CommandError
from .local import is_local

if TYPE_CHECKING:
    from .server import Simulator


class Admin:
    """Runs commands for whoever is on this machine."""

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator

    def __call__(self, request: Request, path: str) -> Response:
        if not is_local(request) or "Origin" in request.headers:
            return _json({"error": "These commands are for this machine alone."}, 403)
        name = path.removeprefix("/admin/").strip("/")
        if name == "commands":
            return _json({key: _describe(run) for key, run in COMMANDS.items()})
        command = COMMANDS.get(name)
        if command is None:
            return _json({"error": f"There is no command {name!r}."}, 404)
        try:
            values = orjson.loads(request.get_data() or b"{}")
            inspect.signature(command).bind(self.simulator, **values)
            return _json({"result": command(self.simulator, **values)})
        except (CommandError, TypeError, ValueError, KeyError) as error:
            return _json({"error": _in_words(error)}, 400)


def _describe(command) -> dict:
    parameters = list(inspect.signature(command).parameters)[1:]
    return {"parameters": parameters, "does": (command.__doc__ or "").split("\n")[0]}


def _in_words(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"There is no {error.args[0]!r}."
    return str(error)


def _json(body: dict, status: int = 200) -> Response:
    response = Response(orjson.dumps(body, default=str), status=status)
    response.headers["Content-Type"] = "application/json"
    return response
