"""The sign-in at Microsoft's page: the authorization code flow."""

import base64
import hashlib
from urllib.parse import parse_qs, urlsplit

import pytest
from conftest import ANNA, Graph, eml
from identity import REDIRECT, SCOPES, finish, sign_in
from simulator import APP_ID, APP_SECRET, TENANT_ID


def test_code_flow_gives_a_token_that_graph_takes(sim, app, http):
    sim.drop(ANNA, "Inbox", eml("Hello"))
    result = finish(sim, app, http)
    assert "error" not in result, result
    claims = result["id_token_claims"]
    assert claims["preferred_username"] == ANNA and claims["tid"] == TENANT_ID
    graph = Graph(sim.url).as_user(result["access_token"])
    assert graph.get("me").json()["mail"] == ANNA
    assert graph.get("me/messages").json()["value"][0]["subject"] == "Hello"


def test_silent_token_is_refreshed_and_rotates(sim, app, http):
    finish(sim, app, http)
    (account,) = app.get_accounts()
    assert account["username"] == ANNA
    first = app.acquire_token_silent(SCOPES, account)
    assert first["token_source"] == "cache"
    tokens = set(sim.store.tokens.refresh)
    again = app.acquire_token_silent(SCOPES, account, force_refresh=True)
    assert again["access_token"] != first["access_token"]
    assert len(set(sim.store.tokens.refresh) - tokens) == 1


def test_the_page_shows_the_hint_and_escapes_it(sim, app, http):
    flow = app.initiate_auth_code_flow(
        SCOPES, redirect_uri=REDIRECT, login_hint='"><script>x'
    )
    text = http.get(flow["auth_uri"]).text
    assert "&quot;&gt;&lt;script&gt;x" in text and "<script>x" not in text


def test_the_enter_key_signs_in(sim, app, http):
    """It presses the first button of the form."""
    flow = app.initiate_auth_code_flow(SCOPES, redirect_uri=REDIRECT)
    text = http.get(flow["auth_uri"]).text
    assert text.index('id="idSIButton9"') < text.index('name="cancel"')


def test_wrong_password_stays_on_the_page(sim, app, http):
    flow = app.initiate_auth_code_flow(SCOPES, redirect_uri=REDIRECT)
    text = sign_in(http, flow["auth_uri"], password="wrong")
    assert "AADSTS50126" in text and 'name="passwd"' in text


def test_cancel_returns_an_error_and_the_state(sim, app, http):
    flow = app.initiate_auth_code_flow(SCOPES, redirect_uri=REDIRECT)
    back = sign_in(http, flow["auth_uri"], cancel="1")
    assert back["error"] == "access_denied" and back["state"] == flow["state"]
    result = app.acquire_token_by_auth_code_flow(flow, back)
    assert result["error"] == "access_denied"


def test_consent_is_asked_once(sim, app, http):
    sim.app().admin_consent.clear()
    flow = app.initiate_auth_code_flow(SCOPES, redirect_uri=REDIRECT)
    text = sign_in(http, flow["auth_uri"])
    assert "Permissions requested" in text and "Read and write access" in text
    back = sign_in(http, flow["auth_uri"], ucaccept="Yes")
    assert "code" in back
    assert "code" in sign_in(http, flow["auth_uri"])


def test_second_factor(sim, app, http):
    sim.user(ANNA).mfa = True
    flow = app.initiate_auth_code_flow(SCOPES, redirect_uri=REDIRECT)
    assert "Enter code" in sign_in(http, flow["auth_uri"])
    assert "did not work" in sign_in(http, flow["auth_uri"], otc="123456")
    assert "code" in sign_in(http, flow["auth_uri"], otc="000000")


@pytest.mark.parametrize(
    "uri",
    [
        "http://evil.example/exchange_connector/callback",
        "http://localhost:8069/elsewhere",
        "https://localhost:8069/exchange_connector/callback",
        "http://localhost:8069@evil.example/exchange_connector/callback",
        "http://localhost.evil.example/exchange_connector/callback",
        "",
    ],
)
def test_unregistered_addresses_get_no_redirect(sim, app, http, uri):
    flow = app.initiate_auth_code_flow(SCOPES, redirect_uri=uri or None)
    answer = http.get(flow["auth_uri"], allow_redirects=False)
    assert answer.status_code == 400 and "AADSTS50011" in answer.text


def test_the_port_of_localhost_does_not_count(sim, app, http):
    uri = REDIRECT.replace("8069", "9999")
    flow = app.initiate_auth_code_flow(SCOPES, redirect_uri=uri)
    assert http.get(flow["auth_uri"]).status_code == 200


def test_a_code_is_good_once_and_for_its_verifier(sim, app, http):
    flow = app.initiate_auth_code_flow(SCOPES, redirect_uri=REDIRECT)
    back = sign_in(http, flow["auth_uri"])
    form = {
        "grant_type": "authorization_code",
        "client_id": APP_ID,
        "client_secret": APP_SECRET,
        "code": back["code"],
        "redirect_uri": REDIRECT,
        "code_verifier": flow["code_verifier"],
        "scope": "openid offline_access Mail.ReadWrite",
    }
    token = sim.authority + "/oauth2/v2.0/token"
    good = http.post(token, data=form)
    assert good.status_code == 200 and good.json()["refresh_token"]
    again = http.post(token, data=form)
    assert (again.status_code, again.json()["error_codes"]) == (400, [54005])
    fresh = {**form, "code": sign_in(http, flow["auth_uri"])["code"]}
    wrong = http.post(token, data={**fresh, "code_verifier": "x" * 43})
    assert wrong.json()["error_codes"] == [501481]
    late = {**form, "code": sign_in(http, flow["auth_uri"])["code"]}
    sim.clock.advance(601)
    assert http.post(token, data=late).json()["error_codes"] == [70008]
    assert http.post(token, data={**form, "code": "x"}).json()["error_codes"] == [
        9002313
    ]


def test_challenge_is_sha256(sim, app, http):
    flow = app.initiate_auth_code_flow(SCOPES, redirect_uri=REDIRECT)
    asked = parse_qs(urlsplit(flow["auth_uri"]).query)
    digest = hashlib.sha256(flow["code_verifier"].encode()).digest()
    expected = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    assert asked["code_challenge"] == [expected]
    plain = flow["auth_uri"].replace("=S256", "=plain")
    answer = http.get(plain, allow_redirects=False)
    assert "error=invalid_request" in answer.headers["Location"]


@pytest.mark.parametrize("mode", ["form_post", "fragment"])
def test_other_ways_back(sim, app, http, mode):
    flow = app.initiate_auth_code_flow(
        SCOPES, redirect_uri=REDIRECT, response_mode=mode
    )
    form = {"loginfmt": ANNA, "passwd": "secret"}
    answer = http.post(flow["auth_uri"], data=form, allow_redirects=False)
    if mode == "form_post":
        assert f'action="{REDIRECT}"' in answer.text and 'name="code"' in answer.text
    else:
        assert answer.headers["Location"].startswith(REDIRECT + "#code=")


def test_the_log_holds_no_secrets(sim, app, http):
    finish(sim, app, http)
    text = "".join(f"{e.path}{e.headers}{e.body}" for e in sim.requests)
    assert "secret" not in text and "code=" not in text
