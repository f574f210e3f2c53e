"""Requests and answers before a validator that is not ours.

It belongs to the specification and lies beside the schemas of Exchange, where both are
at hand; elsewhere our own validation of the same schemas has to do.
"""

import os
import re
import subprocess
import sys

import pytest
import requests
import schemas
from test_requests import CONTACT_BODY, every_request

from mapper import soap
from mapper.connection import Connection
from mapper.ews import VERSIONS

TOOL = schemas.folder() and schemas.folder().parent / "tools" / "ewsvalidate.py"
pytestmark = pytest.mark.skipif(
    not TOOL or not TOOL.is_file(), reason="The validator is not here."
)
YEAR = "startDateTime=2026-01-01T00:00:00Z&endDateTime=2026-12-31T00:00:00Z"
RELEASES = ["2010_SP1", "2010_SP2", "2013_SP1"]


def validate(version, envelopes, folder):
    """Exit code and words of the validator."""
    files = []
    for number, content in enumerate(envelopes):
        files.append(folder / f"{number}.xml")
        files[-1].write_bytes(content)
    done = subprocess.run(
        [sys.executable, str(TOOL), f"--{version}", *map(str, files)],
        env={**os.environ, "EWS_SCHEMA": str(schemas.folder())},
        capture_output=True,
        text=True,
        timeout=120,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("version", RELEASES)
def test_every_request_is_valid(version, tmp_path):
    number = VERSIONS.index(f"Exchange{version}")
    sent = [soap.envelope(VERSIONS[number], one) for one in every_request(number)]
    assert validate(version, sent, tmp_path) == (0, _valid(tmp_path, len(sent)))
    wrong = sent[0].replace(b"<m:FolderShape>", b"<m:Nothing/><m:FolderShape>")
    code, said = validate(version, [wrong], tmp_path)
    assert code == 1 and "Nothing" in said


def _valid(folder, count):
    return "".join(f"{folder / str(number)}.xml: valid\n" for number in range(count))


@pytest.mark.parametrize("version", ["2010_SP2", "2013_SP1", "15.2"])
def test_requests_and_answers_on_their_way_are_valid(
    exchange, mapper, login, version, tmp_path, monkeypatch
):
    """Of reading, writing and deleting each kind of item; by the version claimed."""
    exchange.user(login).exchange_version = version
    seen = []
    real = Connection.post

    def post(self, data, headers):
        reply = real(self, data, headers)
        claimed = re.search(rb'RequestServerVersion Version="Exchange(\w+)"', data)
        seen.append((claimed[1].decode(), data, reply.content))
        return reply

    monkeypatch.setattr(Connection, "post", post)
    exchange.drop(login, "Inbox", b"Subject: A\r\nFrom: b@c.example\r\n\r\nText")
    exchange.add_event(
        login, subject="E", start="2026-03-02T09:00:00", end="2026-03-02T10:00:00"
    )
    _everything(mapper.url, login)
    assert len(seen) > 15
    for claimed in {one for one, _data, _answer in seen}:
        parts = [one[1:] for one in seen if one[0] == claimed]
        envelopes = [content for pair in parts for content in pair]
        valid = 0, _valid(tmp_path, len(envelopes))
        assert validate(claimed, envelopes, tmp_path) == valid


def _everything(root, login):
    def ask(method, path, body=None):
        answer = requests.request(
            method, f"{root}/me/{path}", json=body, auth=(login, "secret"), timeout=30
        )
        assert answer.ok, (method, path, answer.text)
        return answer.json() if answer.content else {}

    (mail,) = ask("GET", "mailFolders/inbox/messages")["value"]
    place = f"mailFolders/inbox/messages/{mail['id']}"
    ask("GET", "mailFolders/inbox/messages/delta")
    ask("GET", f"{place}?$expand=attachments")
    ask("PATCH", place, {"categories": ["Odoo"], "isRead": True})
    folder = ask("POST", "mailFolders/inbox/childFolders", {"displayName": "In"})
    moved = ask("POST", f"{place}/move", {"destinationId": folder["id"]})
    ask("DELETE", f"messages/{moved['id']}")
    own = ask("POST", "contactFolders", {"displayName": "Odoo"})
    ask("GET", "contactFolders")
    contact = ask("POST", f"contactFolders/{own['id']}/contacts", CONTACT_BODY)
    ask("PATCH", f"contacts/{contact['id']}", {"displayName": "B", "birthday": None})
    ask("GET", f"contactFolders/{own['id']}/contacts/delta")
    ask("DELETE", f"contacts/{contact['id']}")
    for path in ("calendarView", "calendarView/delta"):
        assert ask("GET", f"{path}?{YEAR}")["value"]
