"""From an HTTP answer to the error it means.

Branches on the status and on the service's code (in any case of letters), never on the
message.  Source: https://learn.microsoft.com/graph/errors
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from typing import Any

from .errors import (
    AuthenticationError,
    BadRequest,
    ClientError,
    Conflict,
    MailboxFull,
    MailboxNotFound,
    NotFound,
    PermissionDenied,
    ServerError,
    SyncStateExpired,
    Throttled,
    TransportError,
)
from .retry import parse_retry_after

_SYNC_STATE_CODES = frozenset(
    {
        "syncstatenotfound",
        "syncstateinvalid",
        "errorinvalidsyncstatedata",
        "resyncrequired",
        "fullsyncrequired",
    }
)
_NO_MAILBOX_CODES = frozenset(
    {
        "mailboxnotenabledforrestapi",
        "mailboxnotsupportedforrestapi",
        "errormailboxnotenabledforrestapi",
        "errormailboxnotsupportedforrestapi",
        "inactivemailbox",
        "errornonexistentmailbox",
        "errorinvaliduser",
        "request_resourcenotfound",
    }
)
_BUSY_CODES = frozenset(
    {
        "applicationthrottled",
        "activitylimitreached",
        "toomanyrequests",
        "errorserverbusy",
        "errorexceededconnectioncount",
        "errortoomanyobjectsopened",
        "errormailboxmoveinprogress",
        "errormailboxstoreunavailable",
        "errortimeoutexpired",
        "errorinternalservertransienterror",
        "mailboxinfostale",
    }
)
_BY_STATUS: dict[int, type[ClientError]] = {
    403: PermissionDenied,
    404: NotFound,
    408: TransportError,
    409: Conflict,
    410: SyncStateExpired,
    412: Conflict,
    423: ServerError,
    424: ServerError,
    425: TransportError,
    429: Throttled,
    503: Throttled,
    504: Throttled,
    507: MailboxFull,
    509: Throttled,
}
_FULL_CODES = frozenset({"errorquotaexceeded", "errormailboxquotaexceeded"})
_WORDS: dict[int, str] = {
    400: "The service did not understand the request.",
    401: "The service did not accept the sign-in.",
    403: "The service does not allow this.",
    404: "The service has nothing under this address.",
    409: "It was changed by somebody else meanwhile.",
    410: "The service has forgotten how far the last synchronisation came.",
    412: "It was changed by somebody else meanwhile.",
    413: "The request is too large for the service.",
    423: "The service keeps this locked at the moment.",
    424: "Not done, because another part of the same request failed.",
    429: "The service asks for a pause.",
    503: "The service is not available at the moment.",
    504: "The service did not answer in time.",
    507: "The mailbox is full.",
}
_CLAIMS = re.compile(r'(?i)(?:^|[\s,])claims\s*=\s*(?:"([^"]*)"|([^\s,"]+))')


def error_from_answer(
    status: int,
    headers: Mapping[str, str],
    body: object,
    path: str = "",
    method: str = "",
) -> ClientError:
    """The error which an answer means.

    :param status: HTTP status of the answer (or of one answer in a batch)
    :param headers: its headers, in any case of letters
    :param body: bytes, text or the decoded JSON; anything is tolerated
    :param path: path of the request, for the error's ``path``
    :param method: of the request: reading cannot conflict with anything, but the
        service has been seen to say so in passing
    """
    names = {str(name).lower(): str(value) for name, value in headers.items()}
    code, message, request_id = _error_of(body)
    words = message or _WORDS.get(status) or _words_for(status)
    details: dict[str, Any] = {
        "status": status,
        "code": code,
        "request_id": request_id or names.get("request-id", ""),
        "path": path,
    }
    kind = _kind(status, code.lower())
    if status == 410 and kind is SyncStateExpired and _is_of_item(code, path):
        kind = NotFound
    if kind is Conflict and method == "GET":
        kind = ServerError
    challenge = names.get("www-authenticate", "")
    if kind is PermissionDenied and claims_of(challenge):
        # not a right that is missing, but a stronger sign-in
        kind = AuthenticationError
    if kind is AuthenticationError:
        details |= {"reason": _reason(challenge, code), "claims": claims_of(challenge)}
    elif kind is Throttled:
        wait = parse_retry_after(names.get("retry-after"), names.get("date"))
        details["retry_after"] = wait
    return kind(words, **details)


def claims_of(www_authenticate: str) -> str | None:
    """JSON text of the claims challenge in a ``WWW-Authenticate`` header, if any.

    https://learn.microsoft.com/entra/identity-platform/claims-challenge
    """
    found = _CLAIMS.search(www_authenticate)
    if not found:
        return None
    text = found[1] or found[2] or ""
    try:
        padded = text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4)
        claims = base64.b64decode(padded, validate=True).decode()
        return claims if isinstance(json.loads(claims), dict) else None
    except (binascii.Error, ValueError, RecursionError):
        return None


def _kind(status: int, code: str) -> type[ClientError]:
    """The class for a status and a lower-case code."""
    if status == 401:
        return AuthenticationError
    if 400 <= status < 500 and code in _SYNC_STATE_CODES:
        return SyncStateExpired
    if 400 <= status < 500 and code in _NO_MAILBOX_CODES:
        return MailboxNotFound
    if status >= 400 and status != 403 and code in _BUSY_CODES:
        return Throttled
    if status >= 400 and code in _FULL_CODES:
        return MailboxFull
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if 400 <= status < 500:
        return BadRequest
    return ServerError if status >= 500 else TransportError


def _is_of_item(code: str, path: str) -> bool:
    """Whether it is an item that is gone, and not a position in the changes."""
    position = code.lower() in _SYNC_STATE_CODES or "delta" in path.lower()
    return bool(path) and not position


def _words_for(status: int) -> str:
    if status >= 500:
        return "The service failed."
    if 300 <= status < 400:
        return "The service answered with a redirection."
    return "The service refused the request."


def _reason(www_authenticate: str, code: str) -> str:
    if www_authenticate.strip().lower().startswith(("basic", "ntlm", "negotiate")):
        return "wrong_password"
    return "expired" if code.lower() == "invalidauthenticationtoken" else "refused"


def _error_of(body: object) -> tuple[str, str, str]:
    """(code, message, request id) of an error body of any shape."""
    error = _mapping(_mapping(_decoded(body)).get("error"))
    inner, request_id = error, ""
    for _level in range(5):
        inner = _mapping(inner.get("innerError") or inner.get("innererror"))
        request_id = request_id or _text(inner.get("request-id"))
    return _text(error.get("code")), _message(error.get("message")), request_id


def _decoded(body: object) -> object:
    if not isinstance(body, (bytes, str)):
        return body
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _message(value: object) -> str:
    """A message is a text, or ``{"lang", "value"}`` in older OData."""
    return _text(value) or _text(_mapping(value).get("value"))


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""
