"""What can go wrong between the connector and a mailbox, as a tree of exceptions.

The tree follows what the caller has to *do*, not what the service said: branch on the
class, show ``str(error)`` to people.  No text of this module ever holds a password, a
token, a query string or the body of a request.

Source: https://learn.microsoft.com/graph/errors and
https://learn.microsoft.com/graph/throttling
"""

from __future__ import annotations

import re

#: Why a sign-in was refused; see :class:`AuthenticationError`. Others may be added.
AUTHENTICATION_REASONS = frozenset(
    {
        "wrong_password",
        "mfa_required",
        "locked",
        "disabled",
        "federated",
        "policy",
        "consent",
        "expired",
        "revoked",
        "client_secret",
        "unknown_app",
        "unknown_tenant",
        "refused",
    }
)

_SECRET = re.compile(
    r"(?i)\b(bearer|basic|ntlm|negotiate)\s+[a-z0-9+/=._~-]{8,}"
    r"|\beyJ[\w-]{6,}(?:\.[\w-]*){0,4}"
)
_URL_QUERY = re.compile(r"(https?://[^\s?#]*)[?#]\S*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]+")


def plain(text: object, limit: int = 300) -> str:
    """One line of ``text`` without tokens and query strings, fit for a screen."""
    line = _CONTROL.sub(" ", str(text)).strip()
    line = _URL_QUERY.sub(r"\1", _SECRET.sub("(hidden)", line))
    return line if len(line) <= limit else line[: limit - 1] + "…"


class ClientError(Exception):
    """Anything the client reports.  ``str()`` is one plain sentence without secrets.

    :ivar status: HTTP status, ``None`` when there was no answer
    :ivar code: the service's own code (``ErrorItemNotFound``), "" when it gave none
    :ivar message: the sentence
    :ivar request_id: the service's id of the request, for its support
    :ivar path: the path of the request, never with host or query
    """

    def __init__(
        self,
        message: str = "",
        *,
        status: int | None = None,
        code: str = "",
        request_id: str = "",
        path: str = "",
    ) -> None:
        self.message = plain(message)
        super().__init__(self.message)
        self.status = status
        self.code = plain(code, 100)
        self.request_id = plain(request_id, 100)
        self.path = path.partition("?")[0]

    def __str__(self) -> str:
        notes = [str(self.status)] if self.status else []
        notes += [self.code] if self.code else []
        text = self.message or "The service gave no reason."
        return f"{text} ({' '.join(notes)})" if notes else text


class AuthenticationError(ClientError):
    """The service does not accept who we say we are: the user must sign in again.

    :ivar reason: one of :data:`AUTHENTICATION_REASONS`
    :ivar claims: JSON text of a claims challenge, to be sent with the next request for
        a token; ``None`` when there was none
        (https://learn.microsoft.com/entra/identity-platform/claims-challenge)
    """

    def __init__(
        self,
        message: str = "",
        *,
        reason: str = "refused",
        claims: str | None = None,
        status: int | None = None,
        code: str = "",
        request_id: str = "",
        path: str = "",
    ) -> None:
        super().__init__(
            message, status=status, code=code, request_id=request_id, path=path
        )
        self.reason = reason
        self.claims = claims


class PermissionDenied(ClientError):
    """403: signed in, but not allowed to; an administrator must grant something."""


class MailboxNotFound(ClientError):
    """The service has no such mailbox (on premises, deleted, without a licence)."""


class NotFound(ClientError):
    """404: the folder or item is not there (any more)."""


class Conflict(ClientError):
    """409 or 412: changed meanwhile, or there already. Read again, plan again."""


class SyncStateExpired(ClientError):
    """The delta link is too old: forget it and start with a full round."""


class Throttled(ClientError):
    """429, 503 or 504: the service wants us to come back later.

    :ivar retry_after: seconds until then, ``None`` when the service did not say
    """

    def __init__(
        self,
        message: str = "",
        *,
        retry_after: float | None = None,
        status: int | None = None,
        code: str = "",
        request_id: str = "",
        path: str = "",
    ) -> None:
        super().__init__(
            message, status=status, code=code, request_id=request_id, path=path
        )
        self.retry_after = retry_after


class BadRequest(ClientError):
    """The service will never accept this request as it is."""


class MailboxFull(BadRequest):
    """507: no room is left; nothing can be written until its owner makes some."""


class TransportError(ClientError):
    """No usable answer: not reachable, TLS, time-out, cut off, or not understandable.

    :ivar sent: the request may have reached the service and may have been carried out
    :ivar permanent: trying again at once cannot help (an untrusted certificate)
    """

    def __init__(
        self,
        message: str = "",
        *,
        sent: bool = True,
        permanent: bool = False,
        status: int | None = None,
        code: str = "",
        request_id: str = "",
        path: str = "",
    ) -> None:
        super().__init__(
            message, status=status, code=code, request_id=request_id, path=path
        )
        self.sent = sent
        self.permanent = permanent


class ServerError(ClientError):
    """The service answered with a failure of its own (500, 502, 424 in a batch).

    Where only one of several items fails so, it is most often the item that is broken.
    """


class ResponseTooLarge(TransportError):
    """The answer is larger than we are willing to read; nothing of it was kept."""


class LinkRefused(TransportError):
    """A link leads to another server than the one it came from; nothing was sent."""


#: What concerns the mailbox and not the one item that was asked for.
FATAL = (AuthenticationError, MailboxNotFound, Throttled, TransportError)
