"""Refusals of the sign-in service: AADSTS codes with Microsoft's OAuth error names.

Source: https://learn.microsoft.com/entra/identity-platform/reference-error-codes
"""

from __future__ import annotations

from .clock import Clock
from .ids import guid

# code → (error, HTTP status, suberror, message)
_REFUSALS: dict[int, tuple[str, int, str, str]] = {
    50011: (
        "invalid_request",
        400,
        "",
        "The redirect URI '{0}' specified in the request does not match the redirect "
        "URIs configured for the application '{1}'.",
    ),
    50034: (
        "invalid_grant",
        400,
        "",
        "The user account {0} does not exist in the {1} directory. To sign into this "
        "application, the account must be added to the directory.",
    ),
    50053: (
        "invalid_grant",
        400,
        "",
        "The account is locked, you've tried to sign in too many times with an "
        "incorrect user ID or password.",
    ),
    50055: ("invalid_grant", 400, "user_password_expired", "The password is expired."),
    50056: (
        "invalid_grant",
        400,
        "",
        "Invalid or null password: password does not exist in the directory for this "
        "user.",
    ),
    50057: ("invalid_grant", 400, "", "The user account is disabled."),
    50058: (
        "login_required",
        400,
        "",
        "A silent sign-in request was sent but no user is signed in.",
    ),
    50059: (
        "invalid_request",
        400,
        "",
        "No tenant-identifying information found in either the request or implied by "
        "any provided credentials.",
    ),
    50076: (
        "invalid_grant",
        400,
        "basic_action",
        "Due to a configuration change made by your administrator, or because you "
        "moved to a new location, you must use multi-factor authentication to "
        "access '{0}'.",
    ),
    50126: (
        "invalid_grant",
        400,
        "",
        "Error validating credentials due to invalid username or password.",
    ),
    50173: (
        "invalid_grant",
        400,
        "bad_token",
        "The provided grant has expired due to it being revoked, a fresh auth token "
        "is needed. The user might have changed or reset their password.",
    ),
    50194: (
        "invalid_request",
        400,
        "",
        "Application '{0}' is not configured as a multi-tenant application. Usage of "
        "the /common endpoint is not supported for such apps.",
    ),
    51004: (
        "invalid_grant",
        400,
        "",
        "The user account {0} does not exist in the {1} directory.",
    ),
    53003: (
        "invalid_grant",
        400,
        "message_only",
        "Access has been blocked by Conditional Access policies. The access policy "
        "does not allow token issuance.",
    ),
    54005: (
        "invalid_grant",
        400,
        "",
        "OAuth2 Authorization code was already redeemed, please retry with a new valid "
        "code or use an existing refresh token.",
    ),
    65001: (
        "invalid_grant",
        400,
        "consent_required",
        "The user or administrator has not consented to use the application with ID "
        "'{0}'. Send an interactive authorization request for this user and resource.",
    ),
    65004: ("access_denied", 400, "", "User declined to consent to access the app."),
    70008: (
        "invalid_grant",
        400,
        "",
        "The provided authorization code or refresh token has expired. Send a new "
        "interactive authorization request for this user and resource.",
    ),
    70011: (
        "invalid_scope",
        400,
        "",
        "The provided value for the input parameter 'scope' isn't valid. The scope {0} "
        "isn't valid.",
    ),
    90033: (
        "temporarily_unavailable",
        400,
        "",
        "A transient error has occurred. Please try again.",
    ),
    90002: (
        "invalid_request",
        400,
        "",
        "Tenant '{0}' not found. Check to make sure you have the correct tenant ID and "
        "are signing into the correct cloud.",
    ),
    500011: (
        "invalid_resource",
        400,
        "",
        "The resource principal named {0} was not found in the tenant named {1}.",
    ),
    501481: (
        "invalid_grant",
        400,
        "",
        "The Code_Verifier does not match the code_challenge supplied in the "
        "authorization request.",
    ),
    700016: (
        "unauthorized_client",
        400,
        "",
        "Application with identifier '{0}' was not found in the directory '{1}'. This "
        "can happen if the application has not been installed by the administrator of "
        "the tenant or consented to by any user in the tenant.",
    ),
    700082: (
        "invalid_grant",
        400,
        "",
        "The refresh token has expired due to inactivity.",
    ),
    900144: (
        "invalid_request",
        400,
        "",
        "The request body must contain the following parameter: '{0}'.",
    ),
    1002012: (
        "invalid_scope",
        400,
        "",
        "The provided value for scope {0} is not valid. Client credential flows must "
        "have a scope value with /.default suffixed to the resource identifier.",
    ),
    7000215: (
        "invalid_client",
        401,
        "",
        "Invalid client secret provided. Ensure the secret being sent in the request "
        "is the client secret value, not the client secret ID, for a secret added to "
        "app '{0}'.",
    ),
    7000218: (
        "invalid_client",
        401,
        "",
        "The request body must contain the following parameter: 'client_assertion' or "
        "'client_secret'.",
    ),
    7000222: (
        "invalid_client",
        401,
        "",
        "The provided client secret keys for app '{0}' are expired.",
    ),
    9001023: (
        "invalid_request",
        400,
        "",
        "The grant type is not supported over the /common or /consumers endpoints. "
        "Please use the /organizations or tenant-specific endpoint.",
    ),
    9002313: (
        "invalid_request",
        400,
        "",
        "Invalid request. Request is malformed or invalid.",
    ),
}


class Refused(Exception):
    """A refusal of the sign-in service."""

    def __init__(self, code: int, *values: str, claims: str = "") -> None:
        self.code = code
        self.claims = claims
        self.error, self.status, self.suberror, text = _REFUSALS.get(
            code, ("invalid_grant", 400, "", "The request was refused.")
        )
        self.message = f"AADSTS{code}: {text.format(*values, *([''] * 3))}"
        super().__init__(self.message)

    def body(self, clock: Clock) -> dict:
        """The JSON body of the token endpoint."""
        trace, correlation = guid(), guid()
        stamp = clock.iso().replace("T", " ")
        body: dict = {
            "error": self.error,
            "error_description": f"{self.message} Trace ID: {trace} Correlation ID: "
            f"{correlation} Timestamp: {stamp}",
            "error_codes": [self.code],
            "timestamp": stamp,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": f"https://login.microsoftonline.com/error?code={self.code}",
        }
        if self.suberror:
            body["suberror"] = self.suberror
        if self.claims:
            body["claims"] = self.claims
        return body
