"""A mailbox of the simulator, by each of the ways there are to it.

Everything that goes over the wire here is checked against Graph's own contract.
"""

import pytest
from mailbox_case import ANNA, PASSWORD
from simulator import Simulator

from client import (
    BasicAuth,
    Mailbox,
    Pace,
    Session,
    TokenAuth,
    paths_from_urls,
)


@pytest.fixture
def sim():
    with Simulator(contract=True, tls_port=None) as simulator:
        simulator.add_mailbox(
            ANNA,
            password=PASSWORD,
            name="Anna Abel",
            aliases=["a.abel@contoso.example"],
        )
        yield simulator
        assert simulator.contract_problems == []


@pytest.fixture
def open_mailbox(sim):
    """``open_mailbox(way)``: Anna's mailbox by one of the four ways."""
    opened = []

    def start(way="graph", **options):
        token = TokenAuth(lambda _claims: sim.token_for(ANNA))
        basic = BasicAuth(ANNA, PASSWORD)
        url, auth = {
            "graph": (f"{sim.url}/me/mailFolders", token),
            "users": (f"{sim.url}/users/{ANNA}/mailFolders", token),
            "mapper": (sim.mapper_url, basic),
            "short": (f"{sim.short_url}/ChildFolders", basic),
        }[way]
        base_url, paths = paths_from_urls(folders_url=url)
        options.setdefault("pace", Pace(sleep=lambda _seconds: None))
        opened.append(Mailbox(Session(base_url, auth, **options), paths))
        return opened[-1]

    yield start
    for one in opened:
        one.close()
