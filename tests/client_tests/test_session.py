"""What every request carries, and the way a sign-in is renewed."""

import base64
import json
import logging
import threading

import pytest
from scripted import in_turn

from client import AuthenticationError, BasicAuth, Session, TokenAuth


def refuse(challenge='Bearer realm=""'):
    headers = {"WWW-Authenticate": challenge}
    return lambda _seen, reply: reply.error(401, "InvalidAuthenticationToken", headers)


def claims_header(claims):
    value = base64.b64encode(json.dumps(claims).encode()).decode()
    return f'Bearer error="insufficient_claims", claims="{value}"'


class Tokens:
    """Gives token 1, 2, 3… and remembers what it was asked with."""

    def __init__(self):
        self.asked = []

    def __call__(self, claims):
        self.asked.append(claims)
        return f"token-{len(self.asked)}"


def test_every_request_asks_for_ids_that_survive_a_move(serve, session):
    server = serve(lambda _seen, reply: reply.json({}))
    one = session(server)
    one.request("GET", "me", prefer=["odata.maxpagesize=50"])
    one.request("POST", "me/mailFolders", json={"displayName": "ä"})
    assert [seen.headers["Prefer"] for seen in server.requests] == [
        'IdType="ImmutableId", odata.maxpagesize=50',
        'IdType="ImmutableId"',
    ]
    assert server.requests[1].headers["Content-Type"] == "application/json"
    assert server.requests[1].json == {"displayName": "ä"}


def test_each_request_can_be_found_in_the_services_log(serve, session):
    server = serve(lambda _seen, reply: reply.json({}))
    one = session(server)
    one.request("GET", "me")
    one.request("GET", "me")
    ids = {seen.headers["client-request-id"] for seen in server.requests}
    assert len(ids) == 2


def test_query_options_are_readable_and_complete(serve, session):
    server = serve(lambda _seen, reply: reply.json({}))
    query = {
        "$select": "id,subject",
        "$filter": "subject eq 'a&b #c+d'",
        "$top": 5,
        "$expand": None,
    }
    session(server).request("GET", "me/messages", query=query)
    assert server.requests[0].path == (
        "/v1.0/me/messages?$select=id,subject"
        "&$filter=subject%20eq%20%27a%26b%20%23c%2Bd%27&$top=5"
    )


def test_a_version_is_named(serve, session):
    server = serve(lambda _seen, reply: reply.json({}))
    session(server).request("PATCH", "me/messages/1", json={}, etag='W/"CQ=="')
    assert server.requests[0].headers["If-Match"] == 'W/"CQ=="'


def test_umlauts_in_a_password(serve, session):
    server = serve(lambda _seen, reply: reply.json({}))
    session(server, auth=BasicAuth("jürgen", "grün:öl")).request("GET", "me")
    value = server.requests[0].headers["Authorization"].removeprefix("Basic ")
    assert base64.b64decode(value).decode() == "jürgen:grün:öl"


def test_a_wrong_password_is_not_tried_twice(serve, session):
    server = serve(refuse('Basic realm="Exchange"'))
    with pytest.raises(AuthenticationError) as caught:
        session(server).request("GET", "me")
    assert caught.value.reason == "wrong_password"
    assert len(server.requests) == 1


def test_a_token_is_fetched_once(serve, session):
    server, tokens = serve(lambda _seen, reply: reply.json({})), Tokens()
    one = session(server, auth=TokenAuth(tokens))
    for _turn in range(3):
        one.request("GET", "me")
    assert tokens.asked == [None]


def test_a_refused_token_is_renewed_once(serve, session):
    server, tokens = serve(in_turn(refuse(), {"id": "1"})), Tokens()
    one = session(server, auth=TokenAuth(tokens))
    assert one.request("POST", "me/contacts", json={}).json == {"id": "1"}
    sent = [seen.headers["Authorization"] for seen in server.requests]
    assert sent == ["Bearer token-1", "Bearer token-2"]
    assert tokens.asked == [None, ""]


def test_a_claims_challenge_reaches_the_sign_in(serve, session):
    claims = {"access_token": {"nbf": {"essential": True}}}
    server = serve(in_turn(refuse(claims_header(claims)), {}))
    tokens = Tokens()
    session(server, auth=TokenAuth(tokens)).request("GET", "me")
    assert json.loads(tokens.asked[1]) == claims


def test_a_token_refused_again_is_an_error(serve, session):
    server, tokens = serve(refuse()), Tokens()
    with pytest.raises(AuthenticationError):
        session(server, auth=TokenAuth(tokens)).request("GET", "me")
    assert len(server.requests) == 2


def test_the_same_token_is_not_tried_again(serve, session):
    server = serve(refuse())
    with pytest.raises(AuthenticationError):
        session(server, auth=TokenAuth(lambda _claims: "same")).request("GET", "me")
    assert len(server.requests) == 1


def test_no_token_no_request(serve, session):
    def nothing(_claims):
        raise AuthenticationError("Please sign in again.", reason="expired")

    server = serve(lambda _seen, reply: reply.json({}))
    with pytest.raises(AuthenticationError, match="sign in"):
        session(server, auth=TokenAuth(nothing)).request("GET", "me")
    assert server.requests == []


def test_a_second_401_after_much_later_is_renewed_too(serve, session):
    server, tokens = serve(in_turn(refuse(), {}, refuse(), {})), Tokens()
    one = session(server, auth=TokenAuth(tokens))
    one.request("GET", "me")
    one.request("GET", "me")
    assert tokens.asked == [None, "", ""]


def test_nothing_secret_is_logged(serve, session, caplog):
    caplog.set_level(logging.DEBUG)
    server = serve(in_turn(refuse(), {}))
    one = session(server, auth=TokenAuth(lambda claims: f"geheim{claims}"))
    one.request("GET", f"{server.url}/me?$skiptoken=verborgen")
    ours = [r.getMessage() for r in caplog.records if r.name.startswith("client")]
    assert ours
    for text in (record.getMessage() for record in caplog.records):
        assert "geheim" not in text
    assert not any("verborgen" in text for text in ours)


def test_the_error_names_the_path_alone(serve, session):
    server = serve(lambda _seen, reply: reply.error(404, "ErrorItemNotFound"))
    with pytest.raises(Exception) as caught:
        session(server).request("GET", "me/messages/1", query={"$select": "id"})
    assert caught.value.path == "/v1.0/me/messages/1"
    assert caught.value.__cause__ is None


def test_a_base_address_may_end_in_a_slash(serve):
    server = serve(lambda _seen, reply: reply.json({}))
    one = Session(f"{server.url}/", BasicAuth("a", "b"))
    one.request("GET", "/me")
    one.close()
    assert server.requests[0].path == "/v1.0/me"


def test_a_turn_keeps_others_away(serve, session):
    server = serve(lambda _seen, reply: reply.json({}))
    one = session(server)
    other = threading.Thread(target=one.request, args=("GET", "second"))
    with one.turn():
        other.start()
        one.request("GET", "first")
        other.join(0.1)
        assert server.paths() == ["/v1.0/first"]
    other.join()
    assert server.paths()[1:] == ["/v1.0/second"]
