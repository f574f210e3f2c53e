"""Sign-in without a page: with a password, or as an application; and the tenants."""

import pytest
import requests
from conftest import ANNA, BEN, Graph, eml
from identity import SCOPES, client_token, codes, make_app, password
from simulator import APP_ID, APP_SECRET, TENANT_ID


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


def test_plain_text_of_the_certificate(sim):
    assert sim.ca_pem.startswith("-----BEGIN CERTIFICATE-----")
    session = requests.Session()
    session.trust_env = False
    with pytest.raises(requests.exceptions.SSLError):
        session.get(sim.authority, timeout=60)
