"""How long tokens live: refreshed, expired, revoked, challenged, for what resource."""

import base64
import json

from conftest import ANNA, Graph
from identity import client_token, codes, password, refresh


def test_refresh_ends_with_password_revocation_and_age(sim, app):
    token = password(app)["refresh_token"]
    assert "access_token" in refresh(app, token)
    sim.clock.advance(10)
    sim.change_password(ANNA, "new")
    result = refresh(app, token)
    assert codes(result)[1] == [50173] and result["suberror"] == "bad_token"
    sim.clock.advance(10)
    token = password(app, secret="new")["refresh_token"]
    sim.clock.advance(10)
    sim.revoke(ANNA)
    assert codes(refresh(app, token))[1] == [50173]
    sim.clock.advance(10)
    token = password(app, secret="new")["refresh_token"]
    sim.clock.advance(91 * 86400)
    assert codes(refresh(app, token))[1] == [700082]
    assert codes(refresh(app, "nonsense"))[1] == [9002313]


def test_refresh_of_a_disabled_or_deleted_user(sim, app):
    # MSAL repeats a refusal for the same token without asking again: two tokens.
    first, second = (password(app)["refresh_token"] for _n in range(2))
    sim.user(ANNA).enabled = False
    assert codes(refresh(app, first))[1] == [50057]
    sim.store.remove_user(ANNA)
    assert codes(refresh(app, second))[1] == [50034]


def test_strict_rotation_when_wanted(sim, app):
    sim.identity.tokens.refresh_once = True
    token = password(app)["refresh_token"]
    newer = refresh(app, token)["refresh_token"]
    assert codes(refresh(app, token))[1] == [70008]
    assert "access_token" in refresh(app, newer)


def test_access_token_expires_by_the_clock(sim, app):
    graph = Graph(sim.url).as_user(password(app)["access_token"])
    assert graph.get("me").status_code == 200
    sim.clock.advance(3601)
    answer = graph.get("me")
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "InvalidAuthenticationToken"


def test_revoked_access_token(sim, app):
    graph = Graph(sim.url).as_user(password(app)["access_token"])
    sim.clock.advance(5)
    sim.revoke(ANNA)
    assert graph.get("me").status_code == 401


def test_token_for_another_resource_or_cloud(sim, app):
    result = client_token(app, "https://outlook.office365.com/.default")
    graph = Graph(sim.url).as_user(result["access_token"])
    answer = graph.get(f"users/{ANNA}/messages")
    assert answer.status_code == 401
    assert "audience" in answer.json()["error"]["message"]
    result = client_token(app, "https://graph.microsoft.us/.default")
    assert codes(result) == ("invalid_resource", [500011])


def test_claims_challenge(sim, app, http):
    token = password(app)
    graph = Graph(sim.url).as_user(token["access_token"])
    sim.clock.advance(5)
    sim.challenge(ANNA, {"access_token": {"nbf": {"essential": True, "value": "1"}}})
    answer = graph.get("me")
    assert answer.status_code == 401
    header = answer.headers["WWW-Authenticate"]
    assert 'error="insufficient_claims"' in header
    claims = base64.b64decode(header.partition('claims="')[2].rstrip('"')).decode()
    assert json.loads(claims)["access_token"]["nbf"]["essential"] is True
    plain = refresh(app, token["refresh_token"])
    assert graph.as_user(plain["access_token"]).get("me").status_code == 401
    better = refresh(app, token["refresh_token"], data={"claims": claims})
    assert graph.as_user(better["access_token"]).get("me").status_code == 200
