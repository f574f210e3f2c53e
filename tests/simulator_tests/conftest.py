"""Fixtures of the simulator's own tests (no Odoo)."""

import os
import sys
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
        return self.session.request(method, url, headers=headers, timeout=20, **options)

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
