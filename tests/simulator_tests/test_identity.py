"""Sign-in through MSAL and by hand."""

import base64
import hashlib
import json
from urllib.parse import parse_qs, urlsplit

import msal
import pytest
import requests
from conftest import ANNA, BEN, Graph, eml
from simulator import APP_ID, APP_SECRET, TENANT_ID

REDIRECT = "http://localhost:8069/exchange_connector/callback"
SCOPES = ["User.Read", "Mail.ReadWrite", "Calendars.ReadWrite", "Contacts.ReadWrite"]


@pytest.fixture
def http(sim):
    """A session that trusts the simulator's certificate and nothing else."""
    session = requests.Session()
    session.trust_env = False
    session.verify = sim.ca_file
    return session


@pytest.fixture
def app(sim, http):
    """An MSAL client of the first app registration."""
    sim.app().redirect_uris = [REDIRECT]
    return make_app(sim, http)


def make_app(sim, http, tenant=TENANT_ID, secret=APP_SECRET, client=APP_ID):
    """An MSAL client."""
    return msal.ConfidentialClientApplication(
        client,
        client_credential=secret,
        authority=sim.authority_for(tenant),
        instance_discovery=False,
        http_client=http,
    )


def sign_in(http, uri, login=ANNA, password="secret", **fields):
    """Type into the page; the answer is what the app gets back (or the page)."""
    page = http.get(uri)
    assert page.status_code == 200 and 'name="passwd"' in page.text, page.text
    form = {"loginfmt": login, "passwd": password, **fields}
    answer = http.post(uri, data=form, allow_redirects=False)
    if answer.status_code != 302:
        return answer.text
    assert answer.headers["Location"].startswith(REDIRECT + "?")
    query = parse_qs(urlsplit(answer.headers["Location"]).query)
    return {name: values[0] for name, values in query.items()}


def codes(result):
    """(error, AADSTS codes) of a refusal."""
    assert "access_token" not in result, result
    return result["error"], result["error_codes"]


def finish(sim, app, http, **fields):
    """The whole way to a token."""
    flow = app.initiate_auth_code_flow(SCOPES, redirect_uri=REDIRECT, login_hint=ANNA)
    back = sign_in(http, flow["auth_uri"], **fields)
    return app.acquire_token_by_auth_code_flow(flow, back)


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


def password(app, login=ANNA, secret="secret"):
    """ROPC by hand: MSAL asks for the realm at a port of its own choice."""
    client = app.client
    return client.obtain_token_by_username_password(
        login, secret, scope=" ".join([*SCOPES, "openid", "offline_access"])
    )


def test_password_flow(sim, app):
    result = password(app)
    graph = Graph(sim.url).as_user(result["access_token"])
    assert graph.get("me").json()["mail"] == ANNA
    assert result["refresh_token"]


@pytest.mark.parametrize(
    "change, expected",
    [
        ({"password": "other"}, 50126),
        ({"mfa": True}, 50076),
        ({"locked": True}, 50053),
        ({"enabled": False}, 50057),
        ({"sign_in_error": 53003}, 53003),
        ({"sign_in_error": 50055}, 50055),
    ],
)
def test_password_flow_refusals(sim, app, change, expected):
    for name, value in change.items():
        setattr(sim.user(ANNA), name, value)
    result = password(app)
    assert codes(result) == ("invalid_grant", [expected])
    assert f"AADSTS{expected}: " in result["error_description"]
    assert result["correlation_id"] and result["trace_id"] and result["timestamp"]
    suberrors = {50076: "basic_action", 53003: "message_only"}
    assert result.get("suberror") == {**suberrors, 50055: "user_password_expired"}.get(
        expected
    )


def test_password_flow_of_an_unknown_or_federated_user(sim, app, http):
    assert codes(password(app, "nobody@contoso.example"))[1] == [50034]
    tenant = sim.store.directory.tenants[TENANT_ID]
    tenant.federated.add("contoso.example")
    assert codes(password(app))[1] == [50126]
    realm = http.get(
        sim.authority_for("common") + f"/userrealm/{ANNA}?api-version=1.0"
    ).json()
    assert realm["account_type"] == "Federated"
    assert realm["federation_protocol"] == "WSTrust"


def test_password_flow_without_consent(sim, app):
    sim.app().admin_consent.clear()
    result = password(app)
    assert codes(result)[1] == [65001] and result["suberror"] == "consent_required"


def test_password_flow_needs_a_tenant(sim, http):
    assert "access_token" in password(make_app(sim, http, "organizations"))
    assert codes(password(make_app(sim, http, "common")))[1] == [9001023]


def client_token(app, scope="https://graph.microsoft.com/.default"):
    """A token of the app alone."""
    return app.acquire_token_for_client([scope])


def test_application_token(sim, app):
    sim.drop(ANNA, "Inbox", eml("Hello"))
    result = client_token(app)
    graph = Graph(sim.url).as_user(result["access_token"])
    own = graph.get("me")
    assert own.status_code == 400
    assert "delegated authentication flow" in own.json()["error"]["message"]
    rows = graph.get(f"users/{ANNA}/messages").json()["value"]
    assert rows[0]["subject"] == "Hello"
    assert graph.get(f"users/{sim.user(BEN).id}/mailFolders").status_code == 200
    assert graph.get(f"users/{ANNA}").json()["mail"] == ANNA


def test_application_access_is_limited_to_mailboxes(sim, app):
    sim.app().only_mailboxes = {sim.user(ANNA).id}
    graph = Graph(sim.url).as_user(client_token(app)["access_token"])
    assert graph.get(f"users/{ANNA}/messages").status_code == 200
    refused = graph.get(f"users/{BEN}/messages")
    assert refused.status_code == 403
    assert refused.json()["error"]["code"] == "ErrorAccessDenied"


def test_rbac_for_applications_needs_no_role(sim, app):
    sim.app().roles.clear()
    sim.app().mailbox_roles = {sim.user(ANNA).id: {"Mail.ReadWrite"}}
    graph = Graph(sim.url).as_user(client_token(app)["access_token"])
    assert graph.get(f"users/{ANNA}/messages").status_code == 200
    assert graph.get(f"users/{BEN}/messages").status_code == 403


@pytest.mark.parametrize(
    "options, expected",
    [
        ({"secret": "wrong"}, ("invalid_client", [7000215])),
        (
            {"client": "00000000-0000-0000-0000-000000000001"},
            ("unauthorized_client", [700016]),
        ),
        ({"tenant": "organizations"}, ("invalid_request", [50059])),
    ],
)
def test_application_refusals(sim, http, options, expected):
    assert codes(client_token(make_app(sim, http, **options))) == expected


def test_secret_missing_or_expired(sim, app, http):
    form = {"grant_type": "client_credentials", "client_id": APP_ID}
    answer = http.post(sim.authority + "/oauth2/v2.0/token", data=form)
    assert (answer.status_code, answer.json()["error_codes"]) == (401, [7000218])
    sim.app().secrets[APP_SECRET] = sim.clock.now() - 1
    assert codes(client_token(app))[1] == [7000222]


def test_unknown_tenant(sim, http):
    url = sim.authority_for("nowhere.example")
    answer = http.get(url + "/v2.0/.well-known/openid-configuration")
    assert (answer.status_code, answer.json()["error_codes"]) == (400, [90002])
    with pytest.raises(ValueError):
        make_app(sim, http, "nowhere.example").get_authorization_request_url(SCOPES)


def test_tenant_by_domain(sim, http):
    assert "access_token" in client_token(make_app(sim, http, "contoso.example"))


def test_single_tenant_app_elsewhere(sim, http):
    sim.app().multi_tenant = False
    assert codes(password(make_app(sim, http, "organizations")))[1] == [50194]
    other = sim.add_tenant("fabrikam.example")
    assert codes(password(make_app(sim, http, other.id)))[1] == [700016]


def test_multi_tenant_app_serves_users_of_another_tenant(sim, http):
    sim.add_tenant("fabrikam.example")
    sim.add_mailbox("carl@fabrikam.example")
    result = password(make_app(sim, http, "organizations"), "carl@fabrikam.example")
    graph = Graph(sim.url).as_user(result["access_token"])
    assert graph.get("me").json()["mail"] == "carl@fabrikam.example"
    assert codes(password(make_app(sim, http), "carl@fabrikam.example"))[1] == [50034]


def refresh(app, token, **more):
    """Use a refresh token by hand."""
    return app.client.obtain_token_by_refresh_token(
        token,
        scope=" ".join([*SCOPES, "offline_access"]),
        on_updating_rt=lambda *_: None,
        on_removing_rt=lambda *_: None,
        **more,
    )


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


def test_the_log_holds_no_secrets(sim, app, http):
    finish(sim, app, http)
    text = "".join(f"{e.path}{e.headers}{e.body}" for e in sim.requests)
    assert "secret" not in text and "code=" not in text


def test_plain_text_of_the_certificate(sim):
    assert sim.ca_pem.startswith("-----BEGIN CERTIFICATE-----")
    session = requests.Session()
    session.trust_env = False
    with pytest.raises(requests.exceptions.SSLError):
        session.get(sim.authority, timeout=5)
