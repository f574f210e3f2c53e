"""The application's own sign-in, the clouds, and trouble on the way."""

import json
import logging
from urllib.parse import urlencode

import certificates
import pytest
from oauth_case import (
    ANNA,
    CALLBACK,
    PASSWORD,
    grown_old,
    mailbox_of,
    refusal,
    signed_in,
)
from scripted import in_turn
from simulator import APP_ID, APP_SECRET, TENANT_ID, Simulator

from client import (
    CLOUDS,
    AuthenticationError,
    ClientError,
    OAuthApp,
    Throttled,
    TransportError,
)
from client.oauth_errors import error_from_result

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
