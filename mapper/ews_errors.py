"""Which of Graph's errors a ResponseCode of Exchange is.

Source: https://learn.microsoft.com/exchange/client-developer/web-service-reference/responsecode
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Mapping
from datetime import timezone
from email.utils import parsedate_to_datetime

from .errors import GraphError, busy, not_found, stale, sync_state_lost, unauthorized

_NOT_FOUND = frozenset(
    {
        "ErrorItemNotFound",
        "ErrorFolderNotFound",
        "ErrorParentFolderNotFound",
        "ErrorToFolderNotFound",
        "ErrorSyncFolderNotFound",
        "ErrorSavedItemFolderNotFound",
        "ErrorCannotFindFile",
        "ErrorAttachmentNotFound",
        "ErrorCalendarOccurrenceIsDeletedFromRecurrence",
        "ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange",
    }
)
_DENIED = frozenset(
    {
        "ErrorAccessDenied",
        "ErrorCreateItemAccessDenied",
        "ErrorCreateSubfolderAccessDenied",
        "ErrorSendAsDenied",
        "ErrorDeleteDistinguishedFolder",
        "ErrorAccountDisabled",
    }
)
_NOT_IMPERSONATED = frozenset(
    {
        "ErrorImpersonateUserDenied",
        "ErrorImpersonationDenied",
        "ErrorImpersonationFailed",
    }
)
_PASSWORD = frozenset({"ErrorPasswordExpired", "ErrorPasswordChangeRequired"})
_MALFORMED = frozenset(
    {
        "ErrorInvalidId",
        "ErrorInvalidIdMalformed",
        "ErrorInvalidIdMalformedEwsLegacyIdFormat",
        "ErrorInvalidIdEmpty",
        "ErrorInvalidIdMonikerTooLong",
        "ErrorInvalidAttachmentId",
        "ErrorInvalidChangeKey",
        "ErrorInvalidIdXml",
        "ErrorCannotUseFolderIdForItemId",
        "ErrorCannotUseItemIdForFolderId",
        "ErrorInvalidFolderId",
        "ErrorInvalidFolderTypeForOperation",
        "ErrorInvalidIdReturnedByResolveNames",
        "ErrorInvalidIdStoreObjectIdTooLong",
        "ErrorInvalidIdTooManyAttachmentLevels",
        "ErrorInvalidIdNotAnItemAttachmentId",
        "ErrorObjectTypeChanged",
        "ErrorCalendarCannotUseIdForOccurrenceId",
        "ErrorCalendarCannotUseIdForRecurringMasterId",
        "ErrorCalendarFolderIsInvalidForCalendarView",
    }
)
_STALE = frozenset(
    {
        "ErrorIrresolvableConflict",
        "ErrorStaleObject",
        "ErrorChangeKeyRequired",
        "ErrorChangeKeyRequiredForWriteOperations",
        "ErrorSaveItemConflict",
    }
)
_THROTTLED = frozenset(
    {
        "ErrorServerBusy",
        "ErrorExceededConnectionCount",
        "ErrorExceededSubscriptionCount",
        "ErrorTooManyObjectsOpened",
    }
)
_AWAY = frozenset(
    {
        "ErrorExceededFindCountLimit",
        "ErrorTimeoutExpired",
        "ErrorMailboxStoreUnavailable",
        "ErrorMailboxMoveInProgress",
        "ErrorMailboxFailover",
        "ErrorInternalServerTransientError",
        "ErrorADUnavailable",
        "ErrorADOperation",
        "ErrorConnectionFailed",
        "ErrorBatchProcessingStopped",
    }
)
_CORRUPT = frozenset(
    {
        "ErrorItemCorrupt",
        "ErrorContentConversionFailed",
        "ErrorMimeContentConversionFailed",
        "ErrorPropertyUpdate",
        "ErrorDataSizeLimitExceeded",
        # an item, or a part of it, that the store or a virus scanner does not give out
        "ErrorCorruptData",
        "ErrorUnsupportedMimeConversion",
        "ErrorMimeContentInvalid",
        "ErrorMessageSizeExceeded",
        "ErrorPropertyValidationFailure",
        "ErrorInvalidValueForProperty",
        # a series that an old program, or a repair, left without a single occurrence
        "ErrorRecurrenceHasNoOccurrence",
        "ErrorCannotOpenFileAttachment",
        "ErrorVirusDetected",
        "ErrorVirusMessageDeleted",
    }
)
_NO_MAILBOX = frozenset(
    {
        "ErrorNonExistentMailbox",
        "ErrorInvalidUserPrincipalName",
        "ErrorNoRespondingCASInDestinationSite",
        "ErrorMissingEmailAddress",
    }
)
_VERSION = frozenset(
    {
        "ErrorInvalidServerVersion",
        "ErrorInvalidSchemaVersionForMailboxVersion",
        "ErrorIncorrectSchemaVersion",
        "ErrorInvalidRequest",
    }
)

#: What else there is: codes of Exchange, HTTP status, Graph's code ("" = the same).
_KINDS = (
    (_DENIED, 403, "ErrorAccessDenied"),
    (_MALFORMED, 400, "ErrorInvalidIdMalformed"),
    ({"ErrorFolderExists"}, 409, ""),
    (_NO_MAILBOX, 404, "ErrorInvalidUser"),
    ({"ErrorQuotaExceeded"}, 507, ""),
    (_CORRUPT, 422, "ErrorItemCorrupt"),
    ({"ErrorCalendarViewRangeTooBig"}, 400, "ErrorInvalidRequest"),
    ({"ErrorInternalServerError"}, 502, "generalException"),
)

#: The codes after which an older version of the requests is tried.
VERSION_CODES = _VERSION - {"ErrorInvalidRequest"}
_CODE = re.compile(r"Error[A-Za-z]{1,80}")
#: Seconds to wait where a busy server does not say how long.
_PAUSE = 10


def graph_error(code: str, text: str = "", back_off: int = 0) -> GraphError:
    """What the REST side says about a ResponseCode.

    :param text: Exchange's own words (no content of items)
    :param back_off: milliseconds that Exchange asks to wait, 0 when it does not say
    """
    code = code if _CODE.fullmatch(code) else "ErrorInternalServerError"
    seconds = math.ceil(back_off / 1000)
    if code == "ErrorInvalidSyncStateData":
        return sync_state_lost()
    if code in _NOT_FOUND:
        return not_found()
    if code in _STALE:
        return stale()
    if code in _THROTTLED:
        words = "The Exchange server is busy and asks for a pause."
        name = (
            "ErrorServerBusy" if code == "ErrorServerBusy" else "ApplicationThrottled"
        )
        return busy(name, words, seconds or _PAUSE)
    if code in _AWAY:
        words = "The Exchange server cannot reach the mailbox at the moment."
        return busy(code, words, seconds or _PAUSE, 503)
    return _permanent(code, text)


def retry_after(headers: Mapping[str, str]) -> int:
    """Seconds to wait by the headers of an answer, 10 where they do not say.

    A date is measured from the answer's own, so that a wrong clock does no harm.
    """
    value = str(headers.get("Retry-After", "")).strip()
    try:
        seconds = float(value)
    except ValueError:
        until, sent = _seconds_of(value), _seconds_of(headers.get("Date", ""))
        if until is None:
            return _PAUSE
        seconds = until - (time.time() if sent is None else sent)
    return math.ceil(min(max(seconds, 0), 3600)) if math.isfinite(seconds) else _PAUSE


def _seconds_of(value: str) -> float | None:
    """Seconds since 1970 of an HTTP date; one without a zone is UTC."""
    try:
        moment = parsedate_to_datetime(value)
        return moment.replace(tzinfo=moment.tzinfo or timezone.utc).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None


def passes(code: str) -> bool:
    """Whether a ResponseCode says that the same may work a while later."""
    return code in _THROTTLED or code in _AWAY


def _permanent(code: str, text: str) -> GraphError:
    words = text[:300] or f"The Exchange server answered {code}."
    if code in _PASSWORD:
        return unauthorized(words)
    if code in _NOT_IMPERSONATED:
        return GraphError(
            403,
            "ErrorAccessDenied",
            "The service account may not open this mailbox: in Exchange it needs the "
            f"role ApplicationImpersonation for it ({code}).",
        )
    for codes, status, name in _KINDS:
        if code in codes:
            return GraphError(status, name or code, words)
    return GraphError(500, "generalException", f"{code}: {words}")
