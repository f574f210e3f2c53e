"""What Microsoft's refusal of a sign-in means.

Branches on the numbers of the error (``AADSTS50126``), then on its suberror, then on
the OAuth error; the description is never shown, only the number in front of it is read
where the answer gives it nowhere else.

Source: https://learn.microsoft.com/entra/identity-platform/reference-error-codes
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .errors import AuthenticationError, ClientError, TransportError

#: Trouble of the sign-in service itself, which passes.
_PASSING = frozenset({90006, 90012, 90024, 90033, 90055, 50196})
_BY_NUMBER: dict[int, str] = {
    50126: "wrong_password",  # user name or password
    50034: "wrong_password",  # no such user in the directory
    51004: "wrong_password",  # no such user in the directory
    50056: "wrong_password",  # the user has no password here
    50076: "mfa_required",
    50079: "mfa_required",  # must register a second factor first
    50072: "mfa_required",  # the same
    50074: "mfa_required",
    50078: "mfa_required",  # the second factor was too long ago
    50158: "mfa_required",  # a factor outside of the directory
    50097: "policy",  # a device that the directory knows
    50105: "policy",  # the user is not assigned to the application
    50131: "policy",
    53000: "policy",
    53001: "policy",
    53002: "policy",
    53003: "policy",  # Conditional Access
    53004: "mfa_required",  # must register a second factor first
    53011: "policy",  # a risk was seen
    530003: "policy",
    530032: "policy",
    530034: "policy",
    50053: "locked",
    50057: "disabled",
    50107: "federated",
    50089: "expired",
    54005: "expired",  # the code was used already
    70008: "expired",
    70000: "expired",
    70043: "expired",
    700082: "expired",  # not used for too long
    700084: "expired",
    50055: "expired",  # the password has expired
    50144: "expired",
    50173: "revoked",  # the password was changed
    50132: "revoked",
    50133: "revoked",
    50013: "revoked",
    65001: "consent",
    65004: "consent",  # the user declined
    65005: "consent",
    90008: "consent",
    90094: "consent",  # an administrator must
    90095: "consent",
    70011: "consent",
    7000215: "client_secret",
    7000216: "client_secret",
    7000218: "client_secret",
    7000222: "client_secret",  # expired
    7000221: "client_secret",
    70002: "client_secret",
    700016: "unknown_app",
    7000112: "unknown_app",  # switched off
    70001: "unknown_app",
    500011: "unknown_app",
    90002: "unknown_tenant",
    900023: "unknown_tenant",
    9000112: "unknown_tenant",
    90009: "unknown_app",
    50194: "unknown_tenant",  # a single-tenant app at the common address
    50059: "unknown_tenant",  # an application needs a tenant of its own
    9001023: "unknown_tenant",  # a password needs one too
}
_BY_SUBERROR = {
    "consent_required": "consent",
    "basic_action": "mfa_required",
    "additional_action": "mfa_required",
    "user_password_expired": "expired",
    "bad_token": "expired",
    "token_expired": "expired",
}
_BY_ERROR = {
    "invalid_grant": "expired",
    "invalid_client": "client_secret",
    "unauthorized_client": "unknown_app",
    "consent_required": "consent",
    "interaction_required": "mfa_required",
    "login_required": "mfa_required",
    "access_denied": "consent",
    "invalid_tenant": "unknown_tenant",
}
_WORDS = {
    "wrong_password": "The user name or the password is not right.",
    "mfa_required": "Microsoft asks for a second factor; "
    "please sign in with Microsoft.",
    "locked": "Microsoft has locked this user after too many tries; "
    "please wait a while.",
    "disabled": "This user is disabled in the directory.",
    "federated": "The organisation of this user has a sign-in of its own; "
    "please sign in with Microsoft instead of a password.",
    "consent": "The access was not granted, by the user or by an administrator.",
    "policy": "A rule of the organisation does not allow this sign-in; "
    "please ask the administrator.",
    "expired": "The sign-in has expired; please sign in again.",
    "revoked": "The sign-in was withdrawn, perhaps because the password was changed; "
    "please sign in again.",
    "client_secret": "The client secret of the application is wrong or has expired.",
    "unknown_app": "Microsoft does not know this application in this tenant.",
    "unknown_tenant": "Microsoft does not know this tenant.",
    "refused": "Microsoft refused the sign-in.",
}
_NUMBER = re.compile(r"\bAADSTS(\d{4,8})\b")


def error_from_result(result: Mapping[str, Any]) -> ClientError:
    """The error in an MSAL result without a token, or in the query of a call-back."""
    error = str(result.get("error") or "")
    numbers = _numbers(result)
    known = any(number in _BY_NUMBER for number in numbers)
    passing = error in ("temporarily_unavailable", "server_error") and not known
    if passing or not _PASSING.isdisjoint(numbers):
        return TransportError("The sign-in service is not available.", code=error)
    reason = _reason(numbers, str(result.get("suberror") or ""), error)
    return AuthenticationError(
        _WORDS[reason],
        reason=reason,
        claims=_claims(result.get("claims")),
        code=f"AADSTS{numbers[0]}" if numbers else error,
        request_id=str(result.get("correlation_id") or ""),
    )


def _claims(value: object) -> str | None:
    """What the next sign-in must ask for, where Microsoft says so."""
    return value if isinstance(value, str) and value.startswith("{") else None


def _reason(numbers: list[int], suberror: str, error: str) -> str:
    for number in numbers:
        if number in _BY_NUMBER:
            return _BY_NUMBER[number]
    if suberror in _BY_SUBERROR:
        return _BY_SUBERROR[suberror]
    # a number we do not know says more than the OAuth error around it
    return "refused" if numbers else _BY_ERROR.get(error, "refused")


def _numbers(result: Mapping[str, Any]) -> list[int]:
    codes = result.get("error_codes")
    if isinstance(codes, list) and codes:
        return [int(code) for code in codes if str(code).isdigit()]
    return [int(n) for n in _NUMBER.findall(str(result.get("error_description") or ""))]
