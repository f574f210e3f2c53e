"""Users who sign in with Microsoft, and what goes on without them."""

import json
import time
from urllib.parse import parse_qsl, urlsplit

import pytest
from oauth_case import (
    ANNA,
    CALLBACK,
    PASSWORD,
    anna,
    browse,
    grown_old,
    mailbox_of,
    refusal,
    signed_in,
)
from simulator import APP_ID, TENANT_ID

from client import AuthenticationError, TransportError

# Microsoft's page


def test_a_user_signs_in_at_microsofts_page(sim, app):
    sign_in = signed_in(sim, app())
    assert sign_in.username == ANNA
    assert sign_in.tenant_id == TENANT_ID
    assert sign_in.home_account_id == f"{anna(sim).id}.{TENANT_ID}"
    token = app().token_silent(sign_in.cache).access_token
    with mailbox_of(sim, lambda _claims: token) as mailbox:
        assert mailbox.me()["mail"] == ANNA


def test_the_page_is_asked_for_what_is_needed(app):
    flow = app().start_sign_in(CALLBACK, login_hint=ANNA, prompt="select_account")
    asked = dict(parse_qsl(urlsplit(flow["auth_uri"]).query))
    assert set(asked["scope"].split()) == {
        "openid",
        "profile",
        "offline_access",
        "User.Read",
        "Mail.ReadWrite",
        "Calendars.ReadWrite",
        "Contacts.ReadWrite",
    }
    assert asked["code_challenge_method"] == "S256"
    assert asked["state"] == flow["state"]
    assert (asked["login_hint"], asked["prompt"]) == (ANNA, "select_account")
    assert flow["code_verifier"] not in flow["auth_uri"]
    assert json.loads(json.dumps(flow)) == flow


def test_a_public_client_signs_in_by_its_pkce_alone(sim, app):
    sim.store.directory.apps[APP_ID].secrets.clear()
    sim.store.directory.apps[APP_ID].public = True
    assert signed_in(sim, app(client_secret=None)).username == ANNA


@pytest.mark.parametrize("tenant", ["organizations", "common", "contoso.example"])
def test_tenants_may_be_open_or_named(sim, app, tenant):
    one = app(tenant)
    sign_in = signed_in(sim, one)
    assert sign_in.tenant_id == TENANT_ID
    renewed = one.token_silent(sign_in.cache, "")
    assert renewed.changed


def test_a_forged_call_back_is_refused(sim, app):
    one = app()
    flow = one.start_sign_in(CALLBACK)
    params = browse(sim, flow)
    for wrong in ({**params, "state": "other"}, {"code": params["code"]}, {}):
        with pytest.raises(AuthenticationError) as caught:
            one.finish_sign_in(flow, wrong)
        assert caught.value.reason == "refused"
    assert one.finish_sign_in(flow, params).username == ANNA


def test_the_code_of_another_browser_is_refused(sim, app):
    one = app()
    mine, theirs = one.start_sign_in(CALLBACK), one.start_sign_in(CALLBACK)
    code = browse(sim, theirs)["code"]
    with pytest.raises(AuthenticationError):
        one.finish_sign_in(mine, {"code": code, "state": mine["state"]})


def test_a_code_works_once(sim, app):
    one = app()
    flow = one.start_sign_in(CALLBACK)
    params = browse(sim, flow)
    one.finish_sign_in(flow, params)
    with pytest.raises(AuthenticationError) as caught:
        one.finish_sign_in(flow, params)
    assert (caught.value.reason, caught.value.code) == ("expired", "AADSTS54005")


def test_a_cancelled_sign_in(sim, app):
    one = app()
    flow = one.start_sign_in(CALLBACK)
    with pytest.raises(AuthenticationError) as caught:
        one.finish_sign_in(flow, browse(sim, flow, cancel="1"))
    assert caught.value.reason == "consent"


def test_a_second_factor_at_the_page(sim, app):
    from simulator.signin import SECOND_FACTOR

    anna(sim).mfa = True
    assert signed_in(sim, app(), otc=SECOND_FACTOR).username == ANNA


# Going on without the user


def test_a_valid_token_costs_no_request(sim, app):
    sign_in = signed_in(sim, app())
    before = sim.requests.count
    answer = app().token_silent(sign_in.cache)
    assert sim.requests.count == before
    assert answer.access_token == sign_in.access_token
    assert (answer.changed, answer.cache) == (False, sign_in.cache)


def test_an_old_token_is_renewed_and_the_refresh_token_rotates(sim, app):
    sim.identity.tokens.refresh_once = True
    cache, seen = signed_in(sim, app()).cache, set()
    for _turn in range(3):
        answer = app().token_silent(grown_old(cache))
        assert answer.changed
        assert answer.access_token not in seen
        seen.add(answer.access_token)
        cache = answer.cache


def test_a_token_about_to_expire_is_renewed(sim, app):
    sign_in = signed_in(sim, app())
    content = json.loads(sign_in.cache)
    (entry,) = content["AccessToken"].values()
    entry["expires_on"] = str(int(time.time()) + 200)
    answer = app().token_silent(json.dumps(content))
    assert answer.access_token != sign_in.access_token


def test_a_used_refresh_token_is_worth_nothing(sim, app):
    sim.identity.tokens.refresh_once = True
    old = grown_old(signed_in(sim, app()).cache)
    app().token_silent(old)
    with pytest.raises(AuthenticationError) as caught:
        app().token_silent(old)
    assert caught.value.reason == "expired"


def test_a_new_token_can_be_forced(sim, app):
    sign_in = signed_in(sim, app())
    answer = app().token_silent(sign_in.cache, "")
    assert answer.access_token != sign_in.access_token


@pytest.mark.parametrize("cache", ["", "{}", "nonsense", "[]", '{"AccessToken": {}}'])
def test_without_a_sign_in_there_is_no_token(app, cache):
    with pytest.raises(AuthenticationError) as caught:
        app().token_silent(cache)
    assert caught.value.reason == "expired"


def test_a_cache_of_another_registration_is_worth_nothing(sim, app):
    sign_in = signed_in(sim, app())
    with pytest.raises(AuthenticationError):
        app(client_id="other", tenant=TENANT_ID).token_silent(sign_in.cache)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"enabled": False}, "disabled"),
        ({"locked": True}, "locked"),
        ({"password_changed": 9e9}, "revoked"),
        ({"revoked": 9e9}, "revoked"),
        ({"sign_in_error": 53003}, "policy"),
        ({"sign_in_error": 50076}, "mfa_required"),
        ({"sign_in_error": 700082}, "expired"),
    ],
)
def test_why_the_user_must_sign_in_again(sim, app, change, reason):
    cache = grown_old(signed_in(sim, app()).cache)
    for name, value in change.items():
        setattr(anna(sim), name, value)
    with pytest.raises(AuthenticationError) as caught:
        app().token_silent(cache)
    assert caught.value.reason == reason
    assert "AADSTS" in caught.value.code
    assert str(caught.value).count("AADSTS") == 1


def test_trouble_of_the_sign_in_service_is_no_refusal(sim, app):
    cache = grown_old(signed_in(sim, app()).cache)
    anna(sim).sign_in_error = 90033
    with pytest.raises(TransportError):
        app().token_silent(cache)
    with pytest.raises(TransportError):
        app().token_by_password(ANNA, PASSWORD)


def test_a_claims_challenge_is_answered_with_a_new_token(sim, app):
    cache = [signed_in(sim, app()).cache]
    claims = {"access_token": {"nbf": {"essential": True, "value": "1"}}}
    sim.identity.challenges[anna(sim).id] = (sim.clock.now() - 1, claims)

    def get_token(asked):
        answer = app().token_silent(cache[0], asked)
        cache[0] = answer.cache
        return answer.access_token

    with mailbox_of(sim, get_token) as mailbox:
        assert mailbox.me()["mail"] == ANNA
    statuses = [entry.status for entry in sim.requests if "/me?" in entry.path]
    assert statuses == [401, 200]


def test_an_expired_token_is_renewed_in_the_middle_of_work(sim, app):
    cache = [signed_in(sim, app()).cache]

    def get_token(asked):
        answer = app().token_silent(cache[0], asked)
        cache[0] = answer.cache
        return answer.access_token

    with mailbox_of(sim, get_token) as mailbox:
        mailbox.me()
        sim.clock.advance(7200)
        assert mailbox.me()["mail"] == ANNA


# A user's password


def test_a_password_signs_in(sim, app):
    sign_in = app().token_by_password(ANNA, PASSWORD)
    assert sign_in.username == ANNA
    assert app().token_silent(grown_old(sign_in.cache)).changed


def test_why_a_password_is_refused(sim, app):
    user, directory = anna(sim), sim.store.directory
    assert refusal(app, password="wrong").reason == "wrong_password"
    assert refusal(app, login="nobody@contoso.example").reason == "wrong_password"
    for name, reason in (
        ("mfa", "mfa_required"),
        ("locked", "locked"),
        ("enabled", "disabled"),
    ):
        before = getattr(user, name)
        setattr(user, name, not before)
        assert refusal(app).reason == reason
        setattr(user, name, before)
    registration = directory.apps[APP_ID]
    registration.admin_consent.clear()
    assert refusal(app).reason == "consent"
    directory.tenants[TENANT_ID].federated.add("contoso.example")
    assert refusal(app).reason == "federated"


def test_a_second_factor_says_what_to_ask_for(sim, app):
    anna(sim).mfa = True
    error = refusal(app)
    assert "access_token" in json.loads(error.claims)
    assert "second factor" in str(error)


def test_a_password_of_a_federated_user_is_sent_nowhere(sim, app):
    sim.store.directory.tenants[TENANT_ID].federated.add("contoso.example")
    sim.requests.clear()
    refusal(app)
    assert all(entry.method == "GET" for entry in sim.requests)


def test_what_is_wrong_with_the_registration(sim, app):
    assert refusal(app, client_secret="wrong").reason == "client_secret"
    assert refusal(app, client_secret=None).reason == "client_secret"
    assert refusal(app, client_id="00000000-0000").reason == "unknown_app"
    assert refusal(app, tenant="nowhere.example").reason == "unknown_tenant"
    assert refusal(app, tenant="common").reason == "unknown_tenant"


@pytest.mark.parametrize("login", ["", " ", "a/b", "a?b", "a b@c", "a\nb", "a#b"])
def test_what_cannot_be_a_user_is_not_sent(sim, app, login):
    before = sim.requests.count
    assert refusal(app, login=login).reason == "wrong_password"
    assert sim.requests.count == before
