"""Nothing that comes in makes the simulator itself fail, and no change is lost."""

import re
import threading

import pytest
from conftest import ANNA, Graph, eml
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from simulator import Limits, Simulator
from werkzeug.test import Client

SEGMENTS = st.sampled_from(
    [
        "me",
        "users",
        ANNA,
        "mailFolders",
        "mailFolders('inbox')",
        "inbox",
        "childFolders",
        "messages",
        "delta",
        "delta()",
        "$value",
        "attachments",
        "move",
        "$batch",
        "ID",
        "%2F",
        "''",
        "(",
        "ä",
    ]
)
OPTIONS = (
    "$select",
    "$expand",
    "$filter",
    "$orderby",
    "$top",
    "$skip",
    "$count",
    "$search",
    "$skiptoken",
    "$deltatoken",
    "changeType",
    "includeHiddenFolders",
    "startDateTime",
    "endDateTime",
)
VALUES = (
    "subject",
    "attachments($select=name)",
    "attachments(",
    "singleValueExtendedProperties($filter=id eq 'String 0x1')",
    "isRead eq true",
    "a/any(b:b/c eq 'x')",
    "not (",
    "receivedDateTime ge 2026-01-01",
    "receivedDateTime desc",
    "subject asc, isRead",
    "1",
    "-1",
    "latest",
    "AAAA",
    "é'\"",
    "2026-01-01T00:00:00Z",
    "",
)
QUERIES = st.lists(
    st.tuples(st.sampled_from(OPTIONS), st.sampled_from(VALUES)), max_size=3
)
BODIES = (
    b"",
    b"{",
    b"[]",
    b"{}",
    b'{"destinationId": 1}',
    b'{"destinationId": "inbox"}',
    b'{"displayName": null}',
    b'{"displayName": {}}',
    b'{"requests": [{}]}',
    b'{"requests": [{"id": "1", "method": "GET", "url": "me", "dependsOn": 1}]}',
    b'{"body": {"content": 1}, "toRecipients": [1]}',
    b'{"singleValueExtendedProperties": [1]}',
    b'{"singleValueExtendedProperties": [{"id": "Integer 0x0E07", "value": "x"}]}',
    b'{"attachments": [{"@odata.type": "#microsoft.graph.fileAttachment"}]}',
    b'{"attachments": [1]}',
    b'{"@odata.type": "#microsoft.graph.itemAttachment", "item": 1}',
    b"\xff\xfe",
    b'{"body": {"content": 1}}',
    b'{"body": {"contentType": 5}}',
    b'{"body": {"contentType": "rtf", "content": "x"}}',
    b'{"flag": {"flagStatus": 3}}',
    b'{"categories": [1]}',
    b'{"subject": "\\ud800"}',
    b'{"subject": "\\u0000"}',
    b'{"from": {"emailAddress": {"address": 1}}}',
    b'{"internetMessageHeaders": [1]}',
)


@pytest.fixture(scope="module")
def world():
    """A simulator without ports, a client of its application and a message."""
    simulator = Simulator(limits=Limits(None, None, upload=None))
    simulator.add_mailbox(ANNA)
    item = simulator.drop(ANNA, "Inbox", eml("Hello"))
    return simulator, Client(simulator.application), item.immutable_id


def send(world, method, path, query, body, root, prefer):
    """One request; a defect of the simulator would be a 500."""
    simulator, client, key = world
    path = root + path.replace("ID", key)
    kwargs = {"auth": (ANNA, "secret")}
    if root == "/v1.0/":
        token = simulator.token_for(ANNA, {"*"})
        kwargs = {"headers": {"Authorization": f"Bearer {token}"}}
    kwargs.setdefault("headers", {})["Prefer"] = prefer
    kwargs["headers"]["Content-Type"] = "application/json"
    answer = client.open(
        path, method=method, query_string=dict(query), data=body, **kwargs
    )
    assert answer.status_code != 500, simulator.contract_problems[-1]


ROOTS = st.sampled_from(["/v1.0/", "/exchangeRestApi/api/", "/exchangeRestApi/v1.0/"])
PREFERS = st.sampled_from(["", 'IdType="ImmutableId"', "odata.maxpagesize=0", ',;="'])


@examples(500)
@given(
    st.sampled_from(["GET", "POST", "PATCH", "PUT", "DELETE", "HEAD", "OPTIONS"]),
    st.lists(SEGMENTS, max_size=6),
    QUERIES,
    st.sampled_from(BODIES),
    ROOTS,
    PREFERS,
)
def test_no_path_makes_it_fail(world, method, segments, query, body, root, prefer):
    send(world, method, "/".join(segments), query, body, root, prefer)


@examples(600)
@given(st.data(), QUERIES, st.sampled_from(BODIES), ROOTS, PREFERS)
def test_no_request_makes_it_fail(world, data, query, body, root, prefer):
    router = world[0].service.router
    method, route = data.draw(st.sampled_from(router.routes))
    keys = st.sampled_from(["ID", "inbox", "contacts", "x", "A" * 90])
    path = re.sub(r"\{\w+\}", lambda _match: data.draw(keys), route.pattern)
    send(world, method, f"me/{path}", query, body, root, prefer)


@pytest.mark.parametrize("body", BODIES)
def test_no_body_makes_it_fail(world, body):
    for method, route in world[0].service.router.routes:
        path = re.sub(r"\{\w+\}", "ID", route.pattern)
        for option, value in (("$top", "1"), ("$orderby", "subject"), ("$expand", "x")):
            query = [(option, value)]
            send(world, method, f"me/{path}", query, body, "/v1.0/", "")


@examples(300)
@given(st.text(max_size=60))
def test_no_filter_makes_it_fail(world, text):
    simulator, client, _key = world
    headers = {"Authorization": f"Bearer {simulator.token_for(ANNA)}"}
    for option in ("$filter", "$orderby", "$expand", "$select"):
        answer = client.get(
            "/v1.0/me/mailFolders/inbox/messages",
            query_string={option: text},
            headers=headers,
        )
        assert answer.status_code in (200, 400), simulator.contract_problems


def test_many_writers_and_a_reader_of_changes():
    """What the delta rounds told, put together, is what the folder holds."""
    with Simulator(limits=Limits(None, None, upload=None)) as sim:
        sim.add_mailbox(ANNA)
        token, known, done = sim.token_for(ANNA), {}, threading.Event()
        path = "me/mailFolders/inbox/messages/delta?$select=isRead"

        def write(number):
            client = Graph(sim.url).as_user(token)
            for turn in range(15):
                item = sim.drop(ANNA, "Inbox", eml(f"{number}/{turn}"))
                client.call("PATCH", f"me/messages/{item.id}", json={"isRead": True})
                if turn % 3 == 0:
                    client.call("DELETE", f"me/messages/{item.id}")

        def apply(link):
            rows, link, _pages = reader.rounds(link, "odata.maxpagesize=7")
            for row in rows:
                if "@removed" in row:
                    known.pop(row["id"], None)
                else:
                    known[row["id"]] = row["isRead"]
            return link

        reader = Graph(sim.url).as_user(token)
        writers = [threading.Thread(target=write, args=(n,)) for n in range(4)]
        for writer in writers:
            writer.start()
        link = path
        while any(writer.is_alive() for writer in writers):
            link = apply(link)
        for writer in writers:
            writer.join()
        apply(link)
        inbox = sim.mailbox(ANNA).well_known["inbox"]
        assert known == {key: True for key in inbox.items}
        assert len(known) == 40 and not done.is_set()
