"""Tests of the client, over real HTTP and without Odoo."""

import sys
from pathlib import Path

import pytest
from hypothesis import settings

TESTS = Path(__file__).resolve().parents[1]
for folder in (TESTS, TESTS.parent, Path(__file__).parent):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

from examples import examples  # noqa: E402

settings.register_profile("client", examples())
settings.load_profile("client")


@pytest.fixture
def serve():
    """``serve(answer)``: a small server which answers as it is told."""
    from scripted import Server

    running = []

    def start(answer, **options):
        server = Server(answer, **options)
        running.append(server)
        return server

    yield start
    for server in running:
        server.close()


@pytest.fixture
def naps():
    """The pauses which a session made, in seconds; none is really waited for."""
    return []


@pytest.fixture
def session(naps):
    """``session(server, **options)``: a session that signs in with a password."""
    from client import BasicAuth, Pace, Session

    made = []

    def start(server, auth=None, pace=None, **options):
        found = Session(
            server.url,
            auth or BasicAuth("ada", "pa55word"),
            pace=pace or Pace(sleep=naps.append, random=lambda: 0.5),
            **options,
        )
        made.append(found)
        return found

    yield start
    for found in made:
        found.close()


@pytest.fixture
def mailbox(session):
    """``mailbox(server)``: the same as a mailbox under Graph's own paths."""
    from client import GraphPaths, Mailbox

    return lambda server, **options: Mailbox(session(server, **options), GraphPaths())


@pytest.fixture
def once():
    """A pace that never repeats, so that the first failure shows."""
    from client import Pace

    return Pace(attempts=1)
