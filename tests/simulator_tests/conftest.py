"""Fixtures of the simulator's own tests (no Odoo)."""

import dataclasses
import os
import sys
import uuid
from pathlib import Path

import pytest
import requests

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
# The tests talk to this machine alone; nothing of the environment may interfere.
for _name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
    os.environ.pop(_name, None)
for _name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
    os.environ.pop(_name, None)
    os.environ.pop(_name.lower(), None)

from simulator import Simulator  # noqa: E402
from soap import Soap  # noqa: E402

# They have fixtures of their own.
pytest_plugins = ["identity", "rich_mail"]
ANNA = "anna@contoso.example"
BEN = "ben@contoso.example"


class Graph:
    """A bare client: a session with a root address and a token."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.session = requests.Session()
        self.session.trust_env = False

    def as_user(self, token: str) -> "Graph":
        """This client with a bearer token."""
        self.session.headers["Authorization"] = f"Bearer {token}"
        return self

    def call(self, method: str, path: str, prefer: str = "", **options):
        """One request; ``path`` below the root or an absolute link."""
        url = path if path.startswith("http") else f"{self.root}/{path}"
        headers = dict(options.pop("headers", {}))
        if prefer:
            headers["Prefer"] = prefer
        return self.session.request(method, url, headers=headers, timeout=60, **options)

    def get(self, path: str, prefer: str = "", **options):
        """GET."""
        return self.call("GET", path, prefer, **options)

    def post(self, path: str, body: object = None, prefer: str = "", **options):
        """POST JSON."""
        return self.call("POST", path, prefer, json=body, **options)

    def rounds(self, path: str, prefer: str = ""):
        """A whole delta round: (items, deltaLink, number of pages)."""
        items, pages, link = [], 0, path
        while True:
            answer = self.get(link, prefer)
            assert answer.status_code == 200, answer.text
            body = answer.json()
            items += body["value"]
            pages += 1
            if "@odata.deltaLink" in body:
                return items, body["@odata.deltaLink"], pages
            link = body["@odata.nextLink"]


@pytest.fixture
def sim():
    """A simulator with two mailboxes, checking what goes over the wire."""
    with Simulator(contract=True) as simulator:
        simulator.add_mailbox(ANNA, name="Anna Abel")
        simulator.add_mailbox(BEN, name="Ben Bauer")
        yield simulator
        assert simulator.contract_problems == []


@pytest.fixture
def graph(sim):
    """A client signed in as Anna."""
    return Graph(sim.url).as_user(sim.token_for(ANNA))


@pytest.fixture
def box(sim):
    """Anna's client of Exchange."""
    return Soap(sim.ews_url, ANNA)


@pytest.fixture(scope="session")
def service():
    """One simulator for tests that bring their own mailboxes (see ``person``)."""
    with Simulator(tls_port=None, contract=True) as simulator:
        yield simulator


@pytest.fixture
def person(service):
    """A function that makes a user with a mailbox and the client of it."""

    def make(name: str = "Some One", **values) -> Graph:
        address = f"{uuid.uuid4().hex[:12]}@contoso.example"
        service.add_mailbox(address, name=name, **values)
        client = Graph(service.url).as_user(service.token_for(address))
        client.address = address
        return client

    service.service.contract_problems.clear()
    service.sent_mails.clear()
    service.meeting_mails.clear()
    quirks = dataclasses.asdict(service.quirks)
    yield make
    for key, value in quirks.items():
        setattr(service.quirks, key, value)
    assert service.contract_problems == []


@pytest.fixture
def team(person):
    """An organiser and two attendees."""
    return person("Olga Organiser"), person("Anna Abel"), person("Ben Bauer")


def eml(subject: str = "Hello", **headers: str) -> bytes:
    """A small mail."""
    fields = {
        "From": "Bob Brown <bob@example.org>",
        "To": "anna@contoso.example",
        "Subject": subject,
        "Date": "Mon, 02 Mar 2026 10:00:00 +0100",
        "Message-ID": f"<{abs(hash(subject))}@example.org>",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value)
    return f"{head}\r\nText of {subject}\r\n".encode()
