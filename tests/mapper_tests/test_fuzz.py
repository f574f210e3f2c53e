"""Requests that nobody in his right mind sends: none makes the mapper fail."""

import base64
import copy
import json
import os
import random
from unittest.mock import patch

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from werkzeug.test import Client

from mapper.application import Application
from mapper.connection import Connection, Reply
from mapper.settings import Settings

SEGMENTS = """me users mailFolders inbox childFolders messages delta() delta $value move
attachments events calendarView instances contacts contactFolders photo $batch
AAMkADAwMDAwMDAw= mailFolders('inbox') mailFolders('') %20 x"""
NAMES = """id displayName categories isRead flag subject emailAddresses requests url
method headers body birthday businessAddress destinationId businessPhones
singleValueExtendedProperties"""
OPTIONS = """$select $top $skip $filter $expand $orderby $count $skiptoken $deltatoken
startDateTime endDateTime $search x"""
TEXTS = """id,subject 0 1 -1 99999999999999 2026-01-01T00:00:00Z 0001-01-01T00:00:00
9999-12-31T23:59:59Z subject@eq@'a' attachments latest AAAA true"""
KEYS = base64.b64encode(b"fuzz@contoso.example:secret").decode()

PATHS = st.lists(
    st.sampled_from(SEGMENTS.split()) | st.text(max_size=12), max_size=7
).map("/".join)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(NAMES.split()), inner, max_size=4)
    ),
    max_leaves=8,
)
QUERIES = st.dictionaries(
    st.sampled_from(OPTIONS.split()),
    st.sampled_from([text.replace("@", " ") for text in TEXTS.split()])
    | st.text(max_size=12),
    max_size=4,
)
PRINTABLE = st.text(
    max_size=30, alphabet=st.characters(min_codepoint=32, max_codepoint=126)
)


@pytest.fixture(scope="module")
def fuzzed(exchange):
    """The application itself, and a user of it."""
    exchange.add_mailbox("fuzz@contoso.example")
    application = Application(Settings(ews_url=exchange.ews_url, auth="basic"))
    yield Client(application)
    application.close()


#: With EXCHANGE_FAULTS=1 some minutes long.
LONG = 25 if os.environ.get("EXCHANGE_FAULTS") else 1


@examples(200 * LONG)
@given(
    method=st.sampled_from(["GET", "POST", "PATCH", "PUT", "DELETE", "OPTIONS"]),
    family=st.sampled_from(["v1.0", "api"]),
    path=PATHS,
    query=QUERIES,
    body=VALUES | st.binary(max_size=40),
    prefer=PRINTABLE,
)
def test_no_request_makes_the_mapper_fail(
    fuzzed, method, family, path, query, body, prefer
):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    whole = f"/exchangeRestApi/{family}/{path}".encode("utf-8", "replace")
    answer = fuzzed.open(
        method=method,
        query_string=query,
        data=data,
        headers={
            "Authorization": f"Basic {KEYS}",
            "Prefer": prefer,
            "Content-Type": "application/json",
        },
        environ_base={"REMOTE_ADDR": "127.0.0.1"},
        environ_overrides={"PATH_INFO": whole.decode("latin-1")},
    )
    assert answer.status_code not in (500, 502), answer.text
    if answer.status_code >= 400:
        assert answer.json["error"]["code"]
    if b"responses" in answer.data[:20]:
        assert all(row["status"] not in (500, 502) for row in answer.json["responses"])


# -- answers of Exchange that are not what they should be ------------------------------

ASKED = (
    "mailFolders/inbox/messages",
    "mailFolders/inbox/messages/delta",
    "mailFolders/inbox/childFolders",
    "contacts/delta",
    "calendarView?startDateTime=2026-03-01&endDateTime=2026-05-01",
    "calendarView/delta?startDateTime=2026-03-01&endDateTime=2026-05-01",
    "",
)
WORDS = ("", "x", "-1", "9" * 30, "true", "2026-13-45T99:99:99Z", "\u0085", "É" * 50)


@pytest.fixture(scope="module")
def spoilt(exchange):
    """An application whose answers of Exchange can be changed on the way."""
    login = "spoilt@contoso.example"
    exchange.add_mailbox(login)
    exchange.drop(login, "inbox", b"From: a@b.example\r\nSubject: S\r\n\r\nText\r\n")
    exchange.add_contact(login, givenName="A", emailAddresses=[{"address": "a@b.c"}])
    weekly = {"type": "weekly", "interval": 1, "daysOfWeek": ["monday"]}
    span = {"type": "numbered", "startDate": "2026-03-02", "numberOfOccurrences": 3}
    exchange.add_event(
        login,
        subject="Series",
        start="2026-03-02T09:00:00",
        end="2026-03-02T10:00:00",
        recurrence={"pattern": weekly, "range": span},
        attendees=[{"emailAddress": {"address": "x@y.example"}}],
    )
    application = Application(Settings(ews_url=exchange.ews_url, auth="basic"))
    yield application, base64.b64encode(f"{login}:secret".encode()).decode()
    application.close()


def spoil(content, chance):
    """An answer with some places dropped, doubled, moved, reworded."""
    root = etree.fromstring(content)
    nodes = [node for node in root.iter() if node.getparent() is not None]
    for _turn in range(chance.randint(1, 4)):
        node = chance.choice(nodes)
        parent = node.getparent()
        if parent is None:
            continue
        what = chance.choice(["drop", "double", "text", "attribute", "move"])
        if what == "drop":
            parent.remove(node)
        elif what == "double":
            node.addnext(copy.deepcopy(node))
        elif what == "text":
            node.text = chance.choice(WORDS)
        elif what == "attribute" and node.attrib:
            node.set(chance.choice(list(node.attrib)), chance.choice(WORDS))
        elif what == "move":
            parent.insert(0, node)
    return etree.tostring(root)


@examples(150 * LONG)
@given(path=st.sampled_from(ASKED), seed=st.integers(0, 2**32))
def test_no_answer_of_exchange_makes_the_mapper_fail(spoilt, path, seed):
    application, keys = spoilt
    chance = random.Random(seed)
    read = Connection._read

    def changed(self, response):
        reply = read(self, response)
        if reply.status != 200 or chance.random() < 0.3:
            return reply
        return Reply(reply.status, reply.headers, spoil(reply.content, chance))

    with patch.object(Connection, "_read", changed):
        answer = Client(application).get(
            f"/exchangeRestApi/v1.0/me/{path}".rstrip("/"),
            headers={"Authorization": f"Basic {keys}"},
            environ_base={"REMOTE_ADDR": "127.0.0.1"},
        )
    # Exchange may be to blame (502), but not the mapper
    assert "The mapper failed" not in answer.text, answer.text
    assert answer.status_code < 500 or answer.json["error"]["code"]
