"""What goes wrong, as Graph says it.

Source: https://learn.microsoft.com/graph/errors
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any


class GraphError(Exception):
    """An error answer.

    :ivar status: HTTP status; ``code``: Graph's code; ``message``: for people
    :ivar headers: further headers of the answer (``Retry-After``)
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})

    def body(self, request_id: str, client_request_id: str) -> dict[str, Any]:
        """The JSON of the answer."""
        now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
        return {
            "error": {
                "code": self.code,
                "message": self.message,
                "innerError": {
                    "date": now,
                    "request-id": request_id,
                    "client-request-id": client_request_id or request_id,
                },
            }
        }


def bad_request(message: str, code: str = "BadRequest") -> GraphError:
    """400."""
    return GraphError(400, code, message)


def unknown_property(name: str, kind: str) -> GraphError:
    """400 for a member of a body that Graph's type does not have."""
    return bad_request(
        f"The property '{name[:80]}' does not exist on type 'microsoft.graph.{kind}'.",
        "RequestBodyRead",
    )


def malformed_id() -> GraphError:
    """400 for an id that cannot be one."""
    return bad_request("Id is malformed.", "ErrorInvalidIdMalformed")


def not_found() -> GraphError:
    """404 for an item or a folder."""
    return GraphError(
        404, "ErrorItemNotFound", "The specified object was not found in the store."
    )


def no_such_path() -> GraphError:
    """404 for an address that means nothing here."""
    return GraphError(
        404, "ResourceNotFound", "There is no resource under this address."
    )


def unauthorized(message: str) -> GraphError:
    """401; only HTTP Basic is offered, whatever the Exchange server speaks."""
    challenge = 'Basic realm="Exchange", charset="UTF-8"'
    return GraphError(
        401, "InvalidAuthentication", message, {"WWW-Authenticate": challenge}
    )


def forbidden(message: str) -> GraphError:
    """403."""
    return GraphError(403, "ErrorAccessDenied", message)


def stale() -> GraphError:
    """412: somebody else was quicker."""
    return GraphError(
        412,
        "ErrorIrresolvableConflict",
        "The change key of the request is not that of the item any more.",
    )


def sync_state_lost() -> GraphError:
    """410: a delta round has to begin anew."""
    return GraphError(
        410, "SyncStateNotFound", "The sync state is not found; start a new round."
    )


def busy(code: str, message: str, seconds: int, status: int = 429) -> GraphError:
    """429 or 503 with the pause that the server asks for."""
    return GraphError(status, code, message, {"Retry-After": str(max(1, seconds))})


def bad_gateway(message: str, status: int = 502) -> GraphError:
    """The Exchange server did not give an answer that can be used."""
    return GraphError(status, "generalException", message)
