"""Graph's errors: one exception that carries status, code and message.

Source: https://learn.microsoft.com/graph/errors
"""

from __future__ import annotations


class GraphError(Exception):
    """An answer with an error body.

    :param status: HTTP status
    :param code: Graph's code, case as the service sends it
    :param message: for people; clients must not branch on it
    :param headers: further answer headers
    :param extra: further members of the error object
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        headers: dict[str, str] | None = None,
        extra: dict | None = None,
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers or {}
        self.extra = extra or {}

    def body(self, request_id: str, client_request_id: str, date: str) -> dict:
        """The JSON body; ``innerError.date`` has no zone, as the service writes it."""
        return {
            "error": {
                "code": self.code,
                "message": self.message,
                **self.extra,
                "innerError": {
                    "date": date.rstrip("Z"),
                    "request-id": request_id,
                    "client-request-id": client_request_id,
                },
            }
        }


def bad_request(message: str, code: str = "BadRequest") -> GraphError:
    """400."""
    return GraphError(400, code, message)


def unknown_property(name: str, typ: str) -> GraphError:
    """400 for a property that the type lacks, in a request body."""
    return GraphError(
        400,
        "RequestBodyRead",
        f"The property '{name}' does not exist on type 'microsoft.graph.{typ}'. "
        "Make sure to only use property names that are defined by the type.",
    )


def unknown_select(name: str, typ: str) -> GraphError:
    """400 for a property that the type lacks, in ``$select`` or ``$expand``."""
    return bad_request(
        "Parsing OData Select and Expand failed: Could not find a property named "
        f"'{name}' on type 'microsoft.graph.{typ}'."
    )


def item_not_found() -> GraphError:
    """404 for an item or folder that is not (or no longer) there."""
    return GraphError(
        404,
        "ErrorItemNotFound",
        "The specified object was not found in the store., The process failed to get "
        "the correct properties.",
    )


def malformed_id() -> GraphError:
    """400 for an id that Exchange cannot read."""
    return GraphError(400, "ErrorInvalidIdMalformed", "Id is malformed.")


def no_such_path(segment: str) -> GraphError:
    """400 for a path that the service does not have."""
    return bad_request(f"Resource not found for the segment '{segment}'.")


def method_not_allowed() -> GraphError:
    """405."""
    return GraphError(
        405,
        "Request_BadRequest",
        "Specified HTTP method is not allowed for the request target.",
    )


def access_denied(
    message: str = "Access is denied. Check credentials and try again.",
) -> GraphError:
    """403."""
    return GraphError(403, "ErrorAccessDenied", message)


def stale_change_key() -> GraphError:
    """412 for an ``If-Match`` that is not the present version."""
    return GraphError(
        412,
        "ErrorIrresolvableConflict",
        "The send or update operation could not be performed because the change key "
        "passed in the request does not match the current change key for the item.",
    )
