"""What an answer of the service means for us."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client import (
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
    error_from_answer,
)
from client.error_answers import claims_of
from client.errors import plain


def body(code, message="The wording changes from year to year."):
    return {"error": {"code": code, "message": message}}


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "ErrorInvalidIdMalformed", BadRequest),
        (400, "RequestBodyRead", BadRequest),
        (400, "", BadRequest),
        (401, "InvalidAuthenticationToken", AuthenticationError),
        (403, "ErrorAccessDenied", PermissionDenied),
        (404, "ErrorItemNotFound", NotFound),
        (404, "ResourceNotFound", NotFound),
        (404, "MailboxNotEnabledForRESTAPI", MailboxNotFound),
        (404, "mailboxnotenabledforrestapi", MailboxNotFound),
        (404, "ErrorInvalidUser", MailboxNotFound),
        (405, "", BadRequest),
        (408, "", TransportError),
        (409, "ErrorFolderExists", Conflict),
        (410, "SyncStateNotFound", SyncStateExpired),
        (410, "syncStateNotFound", SyncStateExpired),
        (410, "resyncRequired", SyncStateExpired),
        (410, "", SyncStateExpired),
        (400, "syncStateNotFound", SyncStateExpired),
        (400, "ErrorInvalidSyncStateData", SyncStateExpired),
        (412, "ErrorIrresolvableConflict", Conflict),
        (413, "", BadRequest),
        (422, "", BadRequest),
        (424, "FailedDependency", ServerError),
        (429, "ApplicationThrottled", Throttled),
        (404, "ErrorMailboxNotEnabledForRESTAPI", MailboxNotFound),
        (404, "InactiveMailbox", MailboxNotFound),
        (423, "", ServerError),
        (429, "", Throttled),
        (500, "ErrorInternalServerError", ServerError),
        (500, "ErrorServerBusy", Throttled),
        (502, "", ServerError),
        (503, "serviceNotAvailable", Throttled),
        (504, "", Throttled),
        (507, "", MailboxFull),
        (400, "ErrorQuotaExceeded", MailboxFull),
        (302, "", TransportError),
    ],
)
def test_status_and_code_decide(status, code, kind):
    error = error_from_answer(status, {}, body(code))
    assert type(error) is kind
    assert (error.status, error.code) == (status, code)


def test_the_message_never_decides():
    misleading = "SyncStateNotFound: MailboxNotEnabledForRESTAPI, please wait 3 seconds"
    assert type(error_from_answer(404, {}, body("x", misleading))) is NotFound


def test_reading_conflicts_with_nothing():
    for status in (409, 412):
        error = error_from_answer(status, {}, b"", method="GET")
        assert isinstance(error, ServerError)


def test_a_gone_mailbox_is_not_a_gone_item():
    error = error_from_answer(404, {}, body("MailboxNotEnabledForRESTAPI"))
    assert not isinstance(error, NotFound)


@pytest.mark.parametrize("inner", ["innerError", "innererror"])
def test_request_id_is_found_however_it_is_nested(inner):
    deep = {"error": {"code": "a", inner: {inner: {"request-id": "42"}}}}
    assert error_from_answer(500, {}, deep).request_id == "42"
    assert error_from_answer(500, {"Request-Id": "7"}, body("a")).request_id == "7"


def test_headers_are_read_in_any_case():
    error = error_from_answer(429, {"RETRY-AFTER": "2.128"}, b"")
    assert error.retry_after == 2.128


def test_gone_is_an_item_or_a_position():
    for path, kind in (
        ("/v1.0/me/messages/1", NotFound),
        ("/v1.0/me/mailFolders/1/messages/delta", SyncStateExpired),
        ("", SyncStateExpired),
    ):
        assert type(error_from_answer(410, {}, b"", path)) is kind
        error = error_from_answer(410, {}, body("syncStateNotFound"), path)
        assert type(error) is SyncStateExpired


def challenge(claims):
    value = base64.b64encode(json.dumps(claims).encode()).decode()
    return f'Bearer realm="", error="insufficient_claims", claims="{value}"'


def test_a_stronger_sign_in_is_no_missing_right():
    """learn.microsoft.com/graph/errors, 403: "insufficient_claims"."""
    claims = {"access_token": {"acrs": {"essential": True, "value": "c1"}}}
    headers = {"WWW-Authenticate": challenge(claims)}
    error = error_from_answer(403, headers, body("AccessDenied"))
    assert isinstance(error, AuthenticationError)
    assert json.loads(error.claims) == claims
    plain = {"WWW-Authenticate": 'Bearer realm=""'}
    error = error_from_answer(403, plain, body("AccessDenied"))
    assert isinstance(error, PermissionDenied)


def test_claims_challenge_is_handed_on():
    claims = {"access_token": {"nbf": {"essential": True, "value": "1659000000"}}}
    error = error_from_answer(401, {"WWW-Authenticate": challenge(claims)}, b"")
    assert json.loads(error.claims) == claims


@pytest.mark.parametrize("value", ["", "claims=", 'claims="%%%"', 'claims="WyJhIl0="'])
def test_an_unreadable_challenge_is_none(value):
    assert claims_of(f"Bearer {value}") is None


def test_wrong_password_is_told_from_an_expired_token():
    basic = error_from_answer(401, {"WWW-Authenticate": 'Basic realm="x"'}, b"")
    token = error_from_answer(401, {}, body("InvalidAuthenticationToken"))
    assert (basic.reason, token.reason) == ("wrong_password", "expired")


def test_no_secret_in_a_text():
    token = "eyJ0eXAiOiJKV1QiLCJub25jZSI6.eyJhdWQiOiJodHRwczovL2dyYXBo.c2lnbmF0dXJl"
    message = f"bad header Authorization: Bearer {token} at https://x/y?code=0.AAAA#z"
    error = error_from_answer(400, {}, body("a", message), "/me?$skiptoken=geheim")
    for text in (str(error), repr(error), error.message):
        assert token not in text
        assert "0.AAAA" not in text
    assert error.path == "/me"
    assert "Basic dXNlcj" not in plain("got Basic dXNlcjpwYXNzd29yZA==")


def test_a_text_is_one_short_line():
    error = error_from_answer(400, {}, body("a", "line\r\nInjected: yes\n" + "x" * 999))
    assert "\n" not in str(error)
    assert len(str(error)) < 350


def test_there_is_always_something_to_read():
    for status in (301, 400, 401, 403, 404, 409, 410, 418, 429, 500, 503, 599):
        assert len(str(error_from_answer(status, {}, b"<html>"))) > 20


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
errors = st.fixed_dictionaries(
    {},
    optional={
        "code": anything,
        "message": anything,
        "innerError": anything,
        "innererror": anything,
    },
)


@given(
    status=st.integers(100, 999),
    headers=st.dictionaries(
        st.sampled_from(["Retry-After", "WWW-Authenticate", "Date", "request-id"]),
        st.text(),
    ),
    answer=anything
    | st.binary()
    | st.text()
    | errors.map(lambda error: {"error": error})
    | errors.map(lambda error: json.dumps({"error": error})),
)
def test_any_answer_is_an_error_of_ours(status, headers, answer):
    error = error_from_answer(status, headers, answer)
    assert isinstance(error, ClientError)
    assert str(error)
    assert "\n" not in str(error)
