"""Several requests in one."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted import batch, in_turn

from client import (
    AuthenticationError,
    BadRequest,
    BatchRequest,
    ClientError,
    NotFound,
    Pace,
    ResponseTooLarge,
    ServerError,
    Throttled,
    TransportError,
)
from client.batch import match, run


def gets(count):
    return [BatchRequest("GET", f"me/messages/{number}") for number in range(count)]


def echo(item):
    return 200, {"id": item["url"].rpartition("/")[2]}


def throttled(seconds):
    error = {"error": {"code": "ApplicationThrottled", "message": "busy"}}
    return 429, error, {"Retry-After": str(seconds)}


def test_answers_come_in_the_order_of_the_requests(serve, session):
    server = serve(batch(echo))
    answers = run(session(server), gets(45))
    assert [answer.body["id"] for answer in answers] == [str(n) for n in range(45)]
    assert [len(seen.json["requests"]) for seen in server.requests] == [20, 20, 5]
    assert set(server.paths()) == {"/v1.0/$batch"}


def test_nothing_to_do_costs_nothing(serve, session):
    server = serve(batch(echo))
    assert run(session(server), []) == []
    assert server.requests == []


def test_each_request_in_it_is_complete(serve, session):
    server = serve(batch(echo))
    requests = [
        BatchRequest("get", "me/messages/1", {"$select": "id", "$expand": None}),
        BatchRequest(
            "PATCH",
            "/me/messages/2",
            body={"isRead": True},
            prefer=["odata.maxpagesize=5"],
            etag='W/"1"',
        ),
    ]
    run(session(server), requests)
    assert server.requests[0].json["requests"] == [
        {
            "id": "0",
            "method": "GET",
            "url": "/me/messages/1?$select=id",
            "headers": {"Prefer": 'IdType="ImmutableId"'},
        },
        {
            "id": "1",
            "method": "PATCH",
            "url": "/me/messages/2",
            "headers": {
                "Prefer": 'IdType="ImmutableId", odata.maxpagesize=5',
                "If-Match": 'W/"1"',
                "Content-Type": "application/json",
            },
            "body": {"isRead": True},
        },
    ]


def test_one_bad_item_does_not_stop_the_others(serve, session):
    def answer(item):
        number = int(item["url"].rpartition("/")[2])
        if number == 1:
            return 404, {"error": {"code": "ErrorItemNotFound", "message": "gone"}}
        if number == 2:
            return 500, {"error": {"code": "ErrorInternalServerError"}}
        return echo(item)

    server = serve(batch(answer))
    found = [answer.json() for answer in run(session(server), gets(4))]
    assert [type(one) for one in found] == [dict, NotFound, ServerError, dict]
    # what the service failed at gets one more chance, and only that
    assert [len(seen.json["requests"]) for seen in server.requests] == [4, 1]


def test_a_failure_in_passing_is_overcome(serve, session):
    failed = []

    def answer(item):
        if item["id"] == "1" and not failed:
            failed.append(item)
            return 412, {"error": {"code": "ErrorIrresolvableConflict"}}
        return echo(item)

    answers = run(session(serve(batch(answer))), gets(3))
    assert [answer.body["id"] for answer in answers] == ["0", "1", "2"]


def test_a_missing_answer_is_an_error_in_its_place(serve, session):
    server = serve(batch(lambda item: None if item["id"] == "1" else echo(item)))
    answers = run(session(server), gets(3))
    assert [type(answer.error) for answer in answers] == [
        type(None),
        ServerError,
        type(None),
    ]


def test_no_answer_at_all_is_for_the_server(serve, session):
    answers = run(session(serve(batch(lambda _item: None))), gets(3))
    assert [type(answer.error) for answer in answers] == [TransportError] * 3


def test_a_missing_answer_is_asked_for_again(serve, session, naps):
    left_out = []

    def answer(item):
        if item["id"] in ("1", "2") and left_out.count(item["id"]) < 2:
            left_out.append(item["id"])
            return None
        return echo(item)

    server = serve(batch(answer))
    answers = run(session(server), gets(4))
    assert [answer.body["id"] for answer in answers] == ["0", "1", "2", "3"]
    assert [len(seen.json["requests"]) for seen in server.requests] == [4, 2, 2]


def test_a_missing_answer_to_a_change_is_not_asked_for_again(serve, session):
    requests = [BatchRequest("POST", "me/contacts", body={}) for _number in range(2)]
    server = serve(batch(lambda item: None if item["id"] == "1" else (201, {})))
    answers = run(session(server), requests)
    assert isinstance(answers[1].error, ServerError)
    assert len(server.requests) == 1


def test_items_put_off_are_sent_again_and_only_they(serve, session, naps):
    seen_before = set()

    def answer(item):
        # four at a time is what the service does for one mailbox
        if len(seen_before) % 5 == 4 and item["url"] not in seen_before:
            seen_before.add(item["url"])
            return throttled("0.5")
        seen_before.add(item["url"])
        return echo(item)

    server = serve(batch(answer))
    answers = run(session(server), gets(20))
    assert [answer.body["id"] for answer in answers] == [str(n) for n in range(20)]
    assert [len(seen.json["requests"]) for seen in server.requests] == [20, 4]
    assert naps == [0.5]


def test_a_busy_mailbox_gets_all_its_items_in_the_end(serve, session, naps):
    """Three a round and 429 for the rest, as seen with twenty parallel items."""

    def answer(seen, reply):
        items = seen.json["requests"]
        done = [{"id": i["id"], "status": 200, "body": {"id": "x"}} for i in items[:3]]
        status, body, headers = throttled("0.1")
        rest = [
            {"id": i["id"], "status": status, "body": body, "headers": headers}
            for i in items[3:]
        ]
        reply.json({"responses": rest + done})

    answers = run(session(serve(answer)), gets(20))
    assert all(answer.error is None for answer in answers)
    assert len(naps) == 6


def test_items_put_off_for_long_are_the_callers_business(serve, session, naps):
    server = serve(
        batch(lambda item: throttled(120) if item["id"] == "1" else echo(item))
    )
    answers = run(session(server), gets(3))
    assert isinstance(answers[1].error, Throttled)
    assert answers[1].error.retry_after == 120
    assert (len(server.requests), naps) == (1, [])


@pytest.mark.parametrize(("status", "times"), [(429, 2), (503, 1), (504, 1)])
def test_a_change_in_it_is_repeated_only_when_nothing_was_done(
    serve, session, status, times
):
    error = {"error": {"code": "", "message": "later"}}
    server = serve(batch(lambda _item: (status, error, {"Retry-After": "0.1"})))
    requests = [BatchRequest("POST", "me/contacts", body={"displayName": "Ada"})]
    run(session(server, pace=Pace(attempts=2, sleep=lambda _s: None)), requests)
    assert len(server.requests) == times


def test_reading_is_repeated_after_a_lost_answer(serve, session):
    server = serve(in_turn(lambda _seen, reply: reply.drop(), batch(echo)))
    assert run(session(server), gets(2))[1].body == {"id": "1"}


def test_a_batch_with_a_change_is_not_repeated_after_a_lost_answer(serve, session):
    server = serve(in_turn(lambda _seen, reply: reply.drop(), batch(echo)))
    requests = [*gets(1), BatchRequest("POST", "me/contacts", body={})]
    with pytest.raises(TransportError):
        run(session(server), requests)
    assert len(server.requests) == 1


def test_what_was_done_stays_known_when_a_later_batch_fails(serve, session):
    def refuse(_seen, reply):
        reply.error(401, "InvalidAuthenticationToken")

    server = serve(in_turn(batch(echo), refuse))
    answers = run(session(server), gets(25))
    assert [answer.error is None for answer in answers] == [True] * 20 + [False] * 5
    assert isinstance(answers[20].error, AuthenticationError)


def test_the_first_failure_of_a_whole_batch_is_raised(serve, session):
    server = serve(lambda _seen, reply: reply.error(403, "ErrorAccessDenied"))
    with pytest.raises(ClientError, match="403"):
        run(session(server), gets(2))


def test_a_batch_is_under_four_megabytes(serve, session):
    server = serve(batch(echo))
    text = "x" * 700_000
    requests = [BatchRequest("PATCH", f"me/c/{n}", body={"a": text}) for n in range(12)]
    answers = run(session(server), requests)
    assert all(answer.error is None for answer in answers)
    assert len(server.requests) == 3
    assert all(len(seen.body) < 4_000_000 for seen in server.requests)


def test_a_request_that_cannot_fit_is_not_sent(serve, session):
    server = serve(batch(echo))
    requests = [*gets(1), BatchRequest("POST", "me/c", body={"a": "x" * 5_000_000})]
    answers = run(session(server), requests)
    assert answers[0].error is None
    assert isinstance(answers[1].error, BadRequest)


def large(item):
    number = int(item["url"].rpartition("/")[2])
    return 200, {"id": str(number), "a": "x" * (100_000 if number == 7 else 10_000)}


def test_an_answer_too_large_is_fetched_in_parts(serve, session):
    server = serve(batch(large))
    answers = run(session(server, max_bytes=50_000), gets(20))
    wrong = [n for n, answer in enumerate(answers) if answer.error]
    assert wrong == [7]
    assert isinstance(answers[7].error, ResponseTooLarge)
    assert answers[8].body["id"] == "8"


def test_a_change_with_an_answer_too_large_is_not_repeated(serve, session):
    server = serve(batch(large))
    requests = [BatchRequest("POST", f"me/contacts/{n}", body={}) for n in range(8)]
    answers = run(session(server, max_bytes=50_000), requests)
    assert len(server.requests) == 1
    assert all(isinstance(answer.error, ResponseTooLarge) for answer in answers)


def test_bytes_come_as_base64(serve, session):
    mime = b"Subject: \xfc\r\n\r\n"
    encoded = base64.b64encode(mime).decode()
    headers = {"Content-Type": "text/plain"}
    server = serve(batch(lambda _item: (200, encoded, headers)))
    assert run(session(server), gets(1))[0].body == mime


@pytest.mark.parametrize("headers", [{"Content-Type": "application/json"}, {}])
@pytest.mark.parametrize("packed", [False, True])
def test_json_may_come_as_text_or_as_base64(serve, session, headers, packed):
    text = json.dumps({"id": "1", "subject": "\xfc"})
    body = base64.b64encode(text.encode()).decode() if packed else text
    server = serve(batch(lambda _item: (200, body, headers)))
    answer = run(session(server), gets(1))[0]
    assert answer.json() == {"id": "1", "subject": "\xfc"}


def test_an_answer_that_is_no_answer_is_for_its_request(serve, session):
    """Whatever one answer looks like, the others are good."""
    server = serve(batch(lambda item: (None, "x") if item["id"] == "1" else echo(item)))
    answers = run(session(server), gets(3))
    assert isinstance(answers[1].error, ServerError)
    assert [answers[n].body["id"] for n in (0, 2)] == ["0", "2"]


@pytest.mark.parametrize(
    "body", [{}, {"responses": None}, {"responses": {}}, {"value": []}]
)
def test_an_answer_that_is_no_batch(serve, session, body):
    with pytest.raises(TransportError):
        run(session(serve(lambda _seen, reply: reply.json(body))), gets(2))


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.floats(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["error", "code", "a"]), inner, max_size=3)
    ),
    max_leaves=8,
)
response = st.fixed_dictionaries(
    {},
    optional={
        "id": st.sampled_from(["0", "1", "2", "3", 1, 99, None]) | junk,
        "status": st.sampled_from([200, 204, 404, 429, "200", "x", None, 1e400]) | junk,
        "headers": junk | st.dictionaries(st.just("Content-Type"), st.text()),
        "body": junk,
    },
)


@given(st.lists(response | junk, max_size=8))
def test_any_list_of_answers_is_matched(responses):
    found = match({"responses": responses}, gets(4), range(4))
    assert set(found) <= set(range(4))
    for answer in found.values():
        assert answer.error or 200 <= answer.status < 300
        assert isinstance(answer.json(), (dict, ClientError))


@given(st.permutations(list(range(12))), st.sets(st.integers(0, 11)))
def test_order_and_gaps_do_not_matter(order, missing):
    responses = [
        {"id": str(number), "status": 200, "body": {"id": f"m{number}"}}
        for number in order
        if number not in missing
    ]
    found = match({"responses": responses}, gets(12), range(12))
    assert set(found) == set(range(12)) - missing
    assert all(answer.body["id"] == f"m{number}" for number, answer in found.items())


def test_a_repeated_id_counts_once():
    responses = [{"id": "0", "status": 200, "body": {"n": n}} for n in (1, 2)]
    assert match({"responses": responses}, gets(1), [0])[0].body == {"n": 1}


def test_the_body_of_a_batch_is_json(serve, session):
    server = serve(batch(echo))
    run(session(server), gets(1))
    assert server.requests[0].headers["Content-Type"] == "application/json"
    json.loads(server.requests[0].body)
