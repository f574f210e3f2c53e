"""Requests that nobody in his right mind sends: none makes the mapper fail."""

import base64
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import Client

from mapper.application import Application
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


@settings(
    max_examples=200,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
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
