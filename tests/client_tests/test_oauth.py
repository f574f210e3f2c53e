"""Signing in with Microsoft, against the simulator's sign-in over TLS."""

import html
import json
import logging
import re
import time
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

import certificates
import pytest
import requests
from scripted import in_turn
from simulator import APP_ID, APP_SECRET, TENANT_ID, Simulator

from client import (
    CLOUDS,
    AuthenticationError,
    ClientError,
    GraphPaths,
    Mailbox,
    OAuthApp,
    Session,
    Throttled,
    TokenAuth,
    TransportError,
)
from client.oauth_errors import error_from_result

ANNA = "anna@contoso.example"
PASSWORD = "grün-123"
CALLBACK = "http://localhost:8069/exchange_connector/callback"


@pytest.fixture
def sim():
    with Simulator() as simulator:
        simulator.add_mailbox(ANNA, password=PASSWORD, name="Anna Abel")
        simulator.store.directory.apps[APP_ID].redirect_uris.append(CALLBACK)
        yield simulator


@pytest.fixture
def app(sim):
    """``app(**options)``: the app registration, as an administrator entered it."""
    made = []

    def make(tenant=TENANT_ID, **options):
        values = {
            "tenant_id": tenant,
            "client_id": APP_ID,
            "client_secret": APP_SECRET,
            "authority": sim.authority_for(tenant),
            "ca_pem": sim.ca_pem,
            **options,
        }
        made.append(OAuthApp(**values))
        return made[-1]

    yield make
    for one in made:
        one.close()


def anna(sim):
    return sim.store.directory.user(ANNA)


def browse(sim, flow, **fields):
    """What a person does at Microsoft's page; gives the query of the call-back."""
    page = requests.Session()
    page.trust_env, page.verify = False, sim.ca_file
    answer = page.get(flow["auth_uri"], timeout=10)
    form = {"loginfmt": ANNA, "passwd": PASSWORD, **fields}
    while answer.status_code == 200:
        hidden = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', answer.text)
        known = {name: html.unescape(value) for name, value in hidden}
        answer = page.post(
            urljoin(flow["auth_uri"], answer.url),
            data={**known, **form},
            allow_redirects=False,
            timeout=10,
        )
        if "otc" in answer.text and "otc" not in form:
            raise AssertionError("a second factor is wanted")
    location = answer.headers["Location"]
    assert location.startswith(CALLBACK)
    return dict(parse_qsl(urlsplit(location).query))


def signed_in(sim, app, **fields):
    flow = app.start_sign_in(CALLBACK, login_hint=ANNA)
    return app.finish_sign_in(flow, browse(sim, flow, **fields))


def mailbox_of(sim, get_token, user="me"):
    session = Session(sim.url, TokenAuth(get_token), ca_pem=sim.ca_pem)
    return Mailbox(session, GraphPaths(user))


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


def grown_old(cache, seconds=7200):
    """The cache as it is when the access token in it has expired."""
    content = json.loads(cache)
    for entry in content["AccessToken"].values():
        for name in ("cached_at", "expires_on", "extended_expires_on"):
            entry[name] = str(int(entry[name]) - seconds)
    return json.dumps(content)


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
        ({"sign_in_error": 53003}, "refused"),
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


def refusal(app, login=ANNA, password=PASSWORD, **options):
    with pytest.raises(AuthenticationError) as caught:
        app(**options).token_by_password(login, password)
    return caught.value


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


# The application itself


def test_an_application_signs_in_for_itself(sim, app):
    answer = app().token_for_application("")
    with mailbox_of(sim, lambda _claims: answer.access_token, ANNA) as mailbox:
        assert mailbox.me()["mail"] == ANNA
        assert mailbox.messages.folder_tree()
    before = sim.requests.count
    again = app().token_for_application(answer.cache)
    assert sim.requests.count == before
    assert (again.access_token, again.changed) == (answer.access_token, False)


def test_an_applications_token_is_renewed(sim, app):
    answer = app().token_for_application("")
    for renewed in (
        app().token_for_application(grown_old(answer.cache)),
        app().token_for_application(answer.cache, ""),
    ):
        assert renewed.changed
        assert renewed.access_token != answer.access_token


def test_why_an_application_is_refused(sim, app):
    cases = [
        ({"client_secret": "wrong"}, "client_secret"),
        ({"client_secret": None}, "client_secret"),
        ({"client_id": "00000000-0000"}, "unknown_app"),
        ({"tenant": "nowhere.example"}, "unknown_tenant"),
        ({"tenant": "organizations"}, "unknown_tenant"),
    ]
    for options, reason in cases:
        with pytest.raises(AuthenticationError) as caught:
            app(**options).token_for_application("")
        assert caught.value.reason == reason, options


# Clouds


@pytest.mark.parametrize("cloud", sorted(CLOUDS))
def test_each_cloud_has_a_sign_in_and_a_resource_of_its_own(cloud):
    login, graph = CLOUDS[cloud]
    app = OAuthApp(tenant_id="t", client_id="c", cloud=cloud)
    assert app.authority == f"https://{login}/t"
    assert app.application_scopes == [f"https://{graph}/.default"]
    prefix = "" if cloud == "global" else f"https://{graph}/"
    assert f"{prefix}Mail.ReadWrite" in app.scopes


@pytest.mark.parametrize("cloud", ["usgov_high", "usgov_dod", "china"])
def test_a_national_cloud(cloud):
    with Simulator(cloud=cloud) as sim:
        sim.add_mailbox(ANNA, password=PASSWORD)
        options = {
            "tenant_id": TENANT_ID,
            "client_id": APP_ID,
            "client_secret": APP_SECRET,
            "authority": sim.authority,
            "ca_pem": sim.ca_pem,
        }
        app = OAuthApp(cloud=cloud, **options)
        sign_in = app.token_by_password(ANNA, PASSWORD)
        assert app.token_silent(sign_in.cache).access_token == sign_in.access_token
        with mailbox_of(sim, lambda _claims: sign_in.access_token) as mailbox:
            assert mailbox.me()["mail"] == ANNA
        other = "china" if cloud != "china" else "usgov_high"
        with pytest.raises(AuthenticationError):
            OAuthApp(cloud=other, **options).token_by_password(ANNA, PASSWORD)


def test_an_unknown_cloud_is_said_so():
    with pytest.raises(ValueError, match="cloud"):
        OAuthApp(tenant_id="t", client_id="c", cloud="germany")


def test_a_tenant_cannot_lead_elsewhere():
    app = OAuthApp(tenant_id="evil.example/..?x#y@", client_id="c")
    assert app.authority.startswith("https://login.microsoftonline.com/evil.example%2F")


# Trouble on the way


def test_the_sign_in_is_verified(sim, app):
    with pytest.raises(TransportError, match="not trusted"):
        app(ca_pem=None).start_sign_in(CALLBACK)


def test_the_environment_has_no_say(sim, app, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere")
    monkeypatch.setenv("MSAL_FORCE_REGION", "westeurope")
    app().token_for_application("")


def test_a_sign_in_that_is_not_there(app):
    one = app(authority="https://localhost:9/tenant")
    with pytest.raises(TransportError, match="running"):
        one.token_by_password(ANNA, PASSWORD)


def test_an_unencrypted_sign_in_is_refused(sim, app):
    one = app(authority=f"http://127.0.0.1:{sim.port}/{TENANT_ID}")
    with pytest.raises(AuthenticationError):
        one.token_by_password(ANNA, PASSWORD)


@pytest.fixture
def fake(serve, tmp_path):
    """``fake(answer)``: an app whose token endpoint answers as told."""

    def make(*answers):
        ca_pem, files = certificates.make(tmp_path)
        step = in_turn(*answers)

        def answer(seen, reply):
            root = reply.server.owner.root.replace("127.0.0.1", "localhost")
            if "openid-configuration" in seen.path:
                reply.json(
                    {
                        "issuer": f"{root}/t/v2.0",
                        "authorization_endpoint": f"{root}/t/oauth2/v2.0/authorize",
                        "token_endpoint": f"{root}/t/oauth2/v2.0/token",
                    }
                )
            elif "userrealm" in seen.path:
                reply.json({"account_type": "Managed"})
            else:
                step(seen, reply)

        server = serve(answer, tls=files)
        authority = f"https://localhost:{server.port}/t"
        return OAuthApp(
            tenant_id="t",
            client_id="c",
            client_secret="s",
            authority=authority,
            ca_pem=ca_pem,
        )

    return make


def test_a_sign_in_that_leads_to_plain_http(serve, tmp_path):
    ca_pem, files = certificates.make(tmp_path)
    plain = serve(lambda _seen, reply: reply.json({"access_token": "x"}))
    addresses = {
        "issuer": plain.root,
        "authorization_endpoint": f"{plain.root}/t/authorize",
        "token_endpoint": f"{plain.root}/t/token",
    }
    server = serve(lambda _seen, reply: reply.json(addresses), tls=files)
    app = OAuthApp(
        tenant_id="t",
        client_id="c",
        client_secret="s",
        authority=f"https://localhost:{server.port}/t",
        ca_pem=ca_pem,
    )
    with pytest.raises(ClientError):
        app.token_for_application("")
    assert plain.requests == []


def test_a_busy_sign_in(fake):
    app = fake(lambda _s, reply: reply.error(429, headers={"Retry-After": "30"}))
    with pytest.raises(Throttled) as caught:
        app.token_by_password("a@b", "x")
    assert caught.value.retry_after == 30


@pytest.mark.parametrize("status", [500, 502])
def test_a_failing_sign_in(fake, status):
    app = fake(lambda _s, reply: reply.error(status))
    with pytest.raises(TransportError):
        app.token_for_application("")


@pytest.mark.parametrize(
    "body",
    [
        b"<html>proxy</html>",
        b'{"access_token": "geheim',
        b"[]",
        b'{"access_token": 5}',
        b'{"id_token": "a.b.c", "access_token": "x"}',
        b'{"error": ["x"], "error_codes": "x", "suberror": 7}',
        b"{}",
    ],
)
def test_a_broken_answer_of_the_sign_in(fake, body, caplog):
    caplog.set_level(logging.DEBUG)
    app = fake(lambda _s, reply: reply.whole(body))
    with pytest.raises((TransportError, AuthenticationError)):
        app.token_by_password("a@b", "x")
    assert "geheim" not in caplog.text


def test_no_secret_is_logged_or_shown(sim, app, caplog):
    caplog.set_level(logging.DEBUG)
    one = app()
    sign_in = signed_in(sim, one)
    answer = one.token_silent(grown_old(sign_in.cache))
    one.token_for_application("")
    error = refusal(app, password="falsch-geheim")
    cache = json.loads(answer.cache)
    secrets = {entry["secret"] for entry in cache["RefreshToken"].values()}
    secrets |= {answer.access_token, sign_in.access_token, APP_SECRET, PASSWORD}
    secrets |= {"falsch-geheim"}
    shown = caplog.text + repr(sign_in) + repr(answer) + str(error) + repr(error)
    for secret in secrets:
        assert secret not in shown
        assert urlencode({"": secret})[1:] not in shown


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        ({"error": "invalid_grant"}, "expired"),
        ({"error": "invalid_grant", "suberror": "consent_required"}, "consent"),
        ({"error": "invalid_grant", "error_codes": [50126]}, "wrong_password"),
        ({"error": "invalid_grant", "error_codes": [99, 50053]}, "locked"),
        ({"error": "invalid_grant", "error_codes": [999999]}, "refused"),
        ({"error": "access_denied", "error_description": "AADSTS65004: no"}, "consent"),
        ({"error": "x", "error_description": "AADSTS50057: off"}, "disabled"),
        ({"error": "invalid_client"}, "client_secret"),
        ({"error": "brand_new"}, "refused"),
        ({}, "refused"),
    ],
)
def test_what_microsofts_refusals_mean(result, reason):
    error = error_from_result(result)
    assert error.reason == reason
    assert "AADSTS" not in error.message


def test_a_sign_in_service_that_is_down():
    error = error_from_result({"error": "temporarily_unavailable"})
    assert isinstance(error, TransportError)
