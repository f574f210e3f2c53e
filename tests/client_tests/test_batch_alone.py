"""Several requests in one, of which some are refused as if it were for the mailbox."""

import base64
import json

import pytest
from scripted import batch

from client import (
    AuthenticationError,
    BatchRequest,
    PermissionDenied,
    ServerError,
    Throttled,
    TokenAuth,
    TransportError,
)
from client.batch import run

CLAIMS = {"access_token": {"nbf": {"essential": True, "value": "1604106651"}}}
CHALLENGE = (
    'Bearer realm="", error="insufficient_claims", claims="'
    + base64.b64encode(json.dumps(CLAIMS).encode()).decode()
    + '"'
)


def gets(count):
    return [BatchRequest("GET", f"me/messages/{number}") for number in range(count)]


def refused(status=401, headers=None):
    error = {"error": {"code": "InvalidAuthenticationToken", "message": "expired"}}
    return status, error, headers or {}


class Tokens:
    """Tokens of which the service takes the last one alone.

    :ivar asked: the claims that each was asked for with
    """

    def __init__(self, *tokens):
        self.tokens = list(tokens)
        self.asked = []

    def __call__(self, claims):
        self.asked.append(claims)
        found = self.tokens.pop(0)
        if isinstance(found, Exception):
            raise found
        return found


def service(valid, status=401, headers=None):
    """Takes each batch, and refuses what is in it where the token is another one."""

    def answer(seen, reply):
        known = seen.headers["Authorization"] == f"Bearer {valid}"
        one = batch(lambda _item: (200, {}) if known else refused(status, headers))
        one(seen, reply)

    return answer


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_worthless_token_is_renewed(serve, session, method):
    """Graph answers 200 to the batch and 401 to all that is in it
    (github.com/microsoftgraph/msgraph-sdk-dotnet/issues/2660)."""
    server, tokens = serve(service("new")), Tokens("old", "new")
    requests = [BatchRequest(method, "me/contacts", body={}) for _number in range(25)]
    answers = run(session(server, auth=TokenAuth(tokens)), requests)
    assert {answer.status for answer in answers} == {200}
    assert tokens.asked == [None, ""]
    assert [len(seen.json["requests"]) for seen in server.requests] == [20, 20, 5]


def test_what_the_service_asks_for_is_handed_on(serve, session):
    for status in (401, 403):
        server = serve(service("new", status, {"WWW-Authenticate": CHALLENGE}))
        tokens = Tokens("old", "new")
        answers = run(session(server, auth=TokenAuth(tokens)), gets(2))
        assert {answer.status for answer in answers} == {200}
        assert json.loads(tokens.asked[1]) == CLAIMS


def test_it_is_renewed_once(serve, session):
    server, tokens = serve(service("none")), Tokens("old", "new", "newer")
    answers = run(session(server, auth=TokenAuth(tokens)), gets(45))
    assert {type(answer.error) for answer in answers} == {AuthenticationError}
    assert len(tokens.asked) == 2


def test_why_there_is_no_other_token(serve, session):
    for error in (
        AuthenticationError("no", reason="mfa_required"),
        TransportError("the sign-in service is away"),
    ):
        server, tokens = serve(service("new")), Tokens("old", error)
        answers = run(session(server, auth=TokenAuth(tokens)), gets(2))
        assert [answer.error for answer in answers] == [error, error]


def test_a_refusal_of_the_one_is_not_for_the_mailbox(serve, session):
    def one(item):
        return refused() if item["url"].endswith("/1") else (200, {})

    auth = TokenAuth(Tokens("old", "new"))
    answers = run(session(serve(batch(one)), auth=auth), gets(3))
    assert [answer.error is None for answer in answers] == [True, False, True]
    assert type(answers[1].error) is ServerError


@pytest.mark.parametrize("status", [408, 504])
def test_what_always_takes_too_long_is_not_for_the_mailbox(serve, session, status):
    def one(item):
        slow = item["url"].endswith("/1")
        return (status, {"error": {"code": "UnknownError"}}) if slow else (200, {})

    answers = run(session(serve(batch(one))), gets(3))
    assert [answer.error is None for answer in answers] == [True, False, True]
    assert type(answers[1].error) is ServerError
    assert answers[1].error.status == status


def test_where_all_take_too_long_it_is_for_the_mailbox(serve, session):
    def late(_item):
        return 504, {"error": {"code": "UnknownError"}}

    def pause(item):
        headers = {"Retry-After": "300"} if item["url"].endswith("/1") else {}
        return 504 if headers else 200, {}, headers

    def create(item):
        return 504 if item["url"].endswith("/1") else 200, {}

    posts = [BatchRequest("POST", f"me/contacts/{n}", body={}) for n in range(3)]
    for one, requests in ((late, gets(3)), (pause, gets(3)), (create, posts)):
        answers = run(session(serve(batch(one))), requests)
        assert type(answers[1].error) is Throttled


def test_a_right_that_is_missing_asks_for_no_token(serve, session):
    tokens = Tokens("old")
    server = serve(service("new", 403))
    answers = run(session(server, auth=TokenAuth(tokens)), gets(2))
    assert type(answers[0].error) is PermissionDenied
    assert tokens.asked == [None]
