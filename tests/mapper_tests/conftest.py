"""Fixtures of the mapper's tests (no Odoo): Exchange, mapper and client over HTTP."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
# The tests talk to this machine alone; nothing of the environment may interfere.
for _name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
    os.environ.pop(_name, None)
for _name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
    os.environ.pop(_name, None)
    os.environ.pop(_name.lower(), None)

import contextlib  # noqa: E402

import pytest  # noqa: E402
import requests  # noqa: E402
from served import Served  # noqa: E402
from simulator import Simulator  # noqa: E402
from simulator.ews.schemas import folder  # noqa: E402
from spoken import Spoken  # noqa: E402

from client import BasicAuth, Mailbox, Pace, Session, paths_from_urls  # noqa: E402

ANNA = "anna@contoso.example"
BEN = "ben@contoso.example"


@pytest.fixture(scope="session")
def exchange():
    """One Exchange server for all tests; see ``login``.

    Where the schemas of Exchange are at hand it refuses each request that is not valid
    in the version it claims, and tells of each of its own answers that is not.
    """
    with Simulator(tls_port=None, contract=folder() is not None) as simulator:
        yield simulator


@pytest.fixture(autouse=True)
def valid(request):
    """Every answer was what the schema of its version says."""
    yield
    if "exchange" in request.fixturenames:
        simulator = request.getfixturevalue("exchange")
        problems = list(simulator.contract_problems)
        simulator.contract_problems.clear()
        assert [one for one in problems if one.startswith("EWS")] == []


@pytest.fixture(scope="session")
def mapper(exchange):
    """The mapper in front of it."""
    with Served(exchange.ews_url) as served:
        yield served


def open_mailbox(root, login, password="secret", **options):
    """The addon's own client, on either family of paths."""
    short = root.endswith("/api")
    base, paths = paths_from_urls(folders_url=f"{root}/ChildFolders" if short else root)
    options.setdefault("pace", Pace(attempts=1))
    return Mailbox(Session(base, BasicAuth(login, password), **options), paths)


_NUMBERS = iter(range(10**6))


@pytest.fixture
def login(exchange):
    """A user with a mailbox of his own."""
    address = f"user{next(_NUMBERS)}@contoso.example"
    exchange.add_mailbox(address, name=f"User {address[4:6]}")
    yield address
    exchange.faults.clear()


@pytest.fixture(params=["short", "graph"])
def mailbox(request, mapper, login):
    """The addon's client of this mailbox, on both families of paths."""
    root = mapper.short if request.param == "short" else mapper.url
    with contextlib.closing(open_mailbox(root, login)) as opened:
        yield opened


@pytest.fixture(scope="session")
def spoken_server():
    """A server that says what it is told to, and a mapper that asks it with Basic."""
    with (
        Spoken() as server,
        Served(server.url, auth="basic") as mapper,
        requests.Session() as session,
    ):
        session.trust_env, session.auth = False, (ANNA, "secret")

        def ask(path, method="GET", **options):
            url = path if path.startswith("http") else f"{mapper.url}/{path}"
            return session.request(method, url, timeout=30, **options)

        server.ask = ask
        yield server


@pytest.fixture
def spoken(spoken_server):
    """The same server, which has said nothing yet; ``ask`` asks the mapper."""
    spoken_server.forget()
    return spoken_server
