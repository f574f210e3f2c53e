"""Which of Graph's errors a ResponseCode of Exchange is.

Source: https://learn.microsoft.com/exchange/client-developer/web-service-reference/responsecode
"""

from __future__ import annotations

import math
import re

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
        return busy(name, words, seconds or 10)
    if code in _AWAY:
        words = "The Exchange server cannot reach the mailbox at the moment."
        return busy(code, words, seconds or 10, 503)
    return _permanent(code, text)


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
