"""What is sent again, and when."""

import time
from email.utils import formatdate
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted import in_turn

from client import (
    ClientError,
    NotFound,
    Pace,
    ServerError,
    Throttled,
    TransportError,
)
from client.retry import parse_retry_after

NOON = 1_700_000_000.0


@pytest.mark.parametrize(
    ("value", "date", "seconds"),
    [
        ("120", None, 120.0),
        ("2.128", None, 2.128),
        (" 0.249 ", None, 0.249),
        ("0", None, 0.0),
        ("-5", None, 0.0),
        ("999999999", None, 86400.0),
        ("nan", None, None),
        ("inf", None, 86400.0),
        ("soon", None, None),
        ("", None, None),
        (None, None, None),
        (formatdate(NOON + 30, usegmt=True), formatdate(NOON, usegmt=True), 30.0),
        (formatdate(NOON + 30, usegmt=True), None, 30.0),
        (formatdate(NOON - 30, usegmt=True), None, 0.0),
        (formatdate(NOON + 30, usegmt=True), "not a date", 30.0),
        ("2023-11-14T22:13:50Z", None, 30.0),
        ("2023-11-14T22:13:50", None, 30.0),
    ],
)
def test_retry_after(value, date, seconds):
    assert parse_retry_after(value, date, now=lambda: NOON) == seconds


def test_a_wrong_clock_here_does_no_harm():
    value, sent = (formatdate(NOON + plus, usegmt=True) for plus in (30, 0))
    assert parse_retry_after(value, sent, now=lambda: NOON - 9e6) == 30.0


@given(st.text(), st.none() | st.text())
def test_any_retry_after_is_seconds_or_nothing(value, date):
    seconds = parse_retry_after(value, date)
    assert seconds is None or 0 <= seconds <= 86400


def busy(seconds=None, status=429, code="ApplicationThrottled"):
    headers = {} if seconds is None else {"Retry-After": str(seconds)}
    return lambda _seen, reply: reply.error(status, code, headers)


def drop(_seen, reply):
    reply.drop()


def test_short_pauses_are_waited_for(serve, session, naps):
    server = serve(in_turn(busy("0.3"), busy("2.128"), {"id": "1"}))
    assert session(server).request("GET", "me").json == {"id": "1"}
    assert naps == [0.3, 2.128]


def test_a_long_pause_is_the_callers_business(serve, session, naps):
    server = serve(busy(300))
    with pytest.raises(Throttled) as caught:
        session(server).request("GET", "me")
    assert caught.value.retry_after == 300
    assert (len(server.requests), naps) == (1, [])


def test_all_pauses_together_have_a_limit(serve, session, naps):
    server = serve(busy(3))
    with pytest.raises(Throttled):
        session(server).request("GET", "me")
    assert naps == [3.0, 3.0]


def test_without_retry_after_the_pauses_double(serve, session, naps):
    server = serve(in_turn(busy(), busy(), busy(), {}))
    session(server).request("GET", "me")
    assert naps == [0.5, 1.0, 2.0]


def test_pauses_differ_between_accounts():
    assert len({Pace().backoff(1) for _ in range(20)}) > 10


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_lost_answer_is_asked_for_again(serve, session, method):
    server = serve(in_turn(drop, {"id": "1"}))
    assert session(server).request(method, "me/contacts/1", json={}).json
    assert len(server.requests) == 2


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_a_lost_answer_to_a_change_is_not_repeated(serve, session, method):
    server = serve(in_turn(drop, {"id": "1"}))
    with pytest.raises(TransportError) as caught:
        session(server).request(method, "me/contacts", json={"displayName": "Ada"})
    assert caught.value.sent
    assert len(server.requests) == 1


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_a_change_that_was_put_off_is_repeated(serve, session, method):
    server = serve(in_turn(busy("0.1"), {"id": "1"}))
    assert session(server).request(method, "me/contacts", json={}).json == {"id": "1"}


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_change_is_not_repeated_after_a_gateways_word(serve, session, status):
    server = serve(busy("0.1", status=status, code=""))
    with pytest.raises(ClientError):
        session(server).request("POST", "me/contacts", json={})
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_reading_is_repeated_after_a_failure(serve, session, status):
    server = serve(in_turn(busy("0.1", status=status, code=""), {"id": "1"}))
    assert session(server).request("GET", "me").json == {"id": "1"}


def test_giving_up_shows_the_last_error(serve, session):
    server = serve(busy(0, status=500, code="ErrorInternalServerError"))
    with pytest.raises(ServerError) as caught:
        session(server).request("GET", "me")
    assert len(server.requests) == Pace().attempts
    assert caught.value.status == 500


def test_what_cannot_succeed_is_not_repeated(serve, session):
    server = serve(lambda _seen, reply: reply.error(404, "ErrorItemNotFound"))
    with pytest.raises(NotFound):
        session(server).request("GET", "me/messages/1")
    assert len(server.requests) == 1


def test_a_request_that_never_left_is_repeated_even_if_it_changes(serve, session, naps):
    server = serve(in_turn({"id": "1"}))
    closed = session(server)
    server.close()
    with pytest.raises(TransportError) as caught:
        closed.request("POST", "me/contacts", json={})
    assert not caught.value.sent
    assert len(naps) == Pace().attempts - 1


def test_nothing_is_repeated_for_ever(serve, session, naps, monkeypatch):
    passed = 0

    def slow(_seen, reply):
        nonlocal passed
        passed += 20
        reply.drop()

    clock = SimpleNamespace(monotonic=lambda: passed)
    monkeypatch.setattr("client.session.time", clock)
    server = serve(slow)
    pace = Pace(attempts=99, budget=1e9, patience=30, sleep=naps.append)
    with pytest.raises(TransportError):
        session(server, pace=pace).request("GET", "me")
    assert len(server.requests) == 2


def test_real_pauses_are_real(serve, session):
    server = serve(in_turn(busy("0.2"), {}))
    started = time.monotonic()
    session(server, pace=Pace()).request("GET", "me")
    assert time.monotonic() - started >= 0.2
