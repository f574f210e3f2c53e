"""The simulator's sign-in over TLS, and the app registration."""

import pytest
from oauth_case import ANNA, CALLBACK, PASSWORD
from simulator import APP_ID, APP_SECRET, TENANT_ID, Simulator

from client import OAuthApp


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
