"""A person at Microsoft's sign-in page."""

import html
import json
import re
from urllib.parse import parse_qsl, urljoin, urlsplit

import pytest
import requests

from client import (
    AuthenticationError,
    GraphPaths,
    Mailbox,
    Session,
    TokenAuth,
)

ANNA = "anna@contoso.example"
PASSWORD = "grün-123"
CALLBACK = "http://localhost:8069/exchange_connector/callback"


def anna(sim):
    return sim.store.directory.user(ANNA)


def browse(sim, flow, **fields):
    """What a person does at Microsoft's page; gives the query of the call-back."""
    page = requests.Session()
    page.trust_env, page.verify = False, sim.ca_file
    answer = page.get(flow["auth_uri"], timeout=60)
    form = {"loginfmt": ANNA, "passwd": PASSWORD, **fields}
    while answer.status_code == 200:
        hidden = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', answer.text)
        known = {name: html.unescape(value) for name, value in hidden}
        answer = page.post(
            urljoin(flow["auth_uri"], answer.url),
            data={**known, **form},
            allow_redirects=False,
            timeout=60,
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


def grown_old(cache, seconds=7200):
    """The cache as it is when the access token in it has expired."""
    content = json.loads(cache)
    for entry in content["AccessToken"].values():
        for name in ("cached_at", "expires_on", "extended_expires_on"):
            entry[name] = str(int(entry[name]) - seconds)
    return json.dumps(content)


def refusal(app, login=ANNA, password=PASSWORD, **options):
    with pytest.raises(AuthenticationError) as caught:
        app(**options).token_by_password(login, password)
    return caught.value
