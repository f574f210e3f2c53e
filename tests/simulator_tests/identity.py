"""What the tests of Microsoft's sign-in share: a client of MSAL, and what it does."""

from urllib.parse import parse_qs, urlsplit

import msal
import pytest
import requests
from conftest import ANNA
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


def password(app, login=ANNA, secret="secret"):
    """ROPC by hand: MSAL asks for the realm at a port of its own choice."""
    client = app.client
    return client.obtain_token_by_username_password(
        login, secret, scope=" ".join([*SCOPES, "openid", "offline_access"])
    )


def client_token(app, scope="https://graph.microsoft.com/.default"):
    """A token of the app alone."""
    return app.acquire_token_for_client([scope])


def refresh(app, token, **more):
    """Use a refresh token by hand."""
    return app.client.obtain_token_by_refresh_token(
        token,
        scope=" ".join([*SCOPES, "offline_access"]),
        on_updating_rt=lambda *_: None,
        on_removing_rt=lambda *_: None,
        **more,
    )
