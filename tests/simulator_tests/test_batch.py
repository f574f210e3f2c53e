"""JSON batching and the limits of what runs at a time."""

import threading
from types import SimpleNamespace

import pytest
from conftest import ANNA, BEN, Graph, eml


def get(key, url, **more):
    """A GET item."""
    return {"id": key, "method": "GET", "url": url, **more}


def run(graph, *requests):
    """Answers by id."""
    answer = graph.post("$batch", {"requests": list(requests)})
    assert answer.status_code == 200, answer.text
    return {row["id"]: row for row in answer.json()["responses"]}


def test_items_have_their_own_status_and_come_in_any_order(sim, graph):
    item = sim.drop(ANNA, "Inbox", eml("Hello"))
    requests = [get(str(n), f"/me/messages/{item.id}") for n in range(18)]
    requests.append(get("bad", "me/messages/" + "A" * 100))
    orders = set()
    for _try in range(3):
        answer = graph.post("$batch", {"requests": requests}).json()["responses"]
        orders.add(tuple(row["id"] for row in answer))
    assert len(orders) > 1
    rows = {row["id"]: row for row in answer}
    assert rows["3"]["status"] == 200 and rows["3"]["body"]["subject"] == "Hello"
    assert rows["bad"]["status"] == 404
    assert rows["bad"]["body"]["error"]["code"] == "ErrorItemNotFound"


def test_delta_links_travel_in_a_batch(sim, graph):
    sim.drop(ANNA, "Inbox", eml("Hello"))
    link = graph.rounds("me/mailFolders/inbox/messages/delta")[1]
    row = run(graph, get("1", link.removeprefix(sim.url)))["1"]
    assert row["body"]["value"] == []
    assert row["body"]["@odata.deltaLink"].startswith(sim.url)


def test_headers_of_an_item(sim, graph):
    item = sim.drop(ANNA, "Inbox", eml("Hello"))
    prefer = {"Prefer": 'IdType="ImmutableId"'}
    row = run(graph, get("1", f"me/messages/{item.id}", headers=prefer))["1"]
    assert row["body"]["id"] == item.immutable_id


def test_an_answer_without_a_body_says_null(sim, graph):
    """As in Microsoft's example (json-batching); clients look the member up."""
    item = sim.drop(ANNA, "Inbox", eml("Hello"))
    gone = {"id": "1", "method": "DELETE", "url": f"me/messages/{item.id}"}
    row = run(graph, gone)["1"]
    assert row["status"] == 204 and row["headers"]
    assert "body" in row and row["body"] is None


def test_mime_is_base64(sim, graph):
    raw = eml("Hello")
    item = sim.drop(ANNA, "Inbox", raw)
    row = run(graph, get("1", f"me/messages/{item.id}/$value"))["1"]
    import base64

    assert base64.b64decode(row["body"]) == raw
    assert row["headers"]["Content-Type"] == "text/plain"


def test_writing(sim, graph):
    item = sim.drop(ANNA, "Inbox", eml("Hello"))
    row = run(
        graph,
        {
            "id": "1",
            "method": "PATCH",
            "url": f"me/messages/{item.id}",
            "headers": {"Content-Type": "application/json"},
            "body": {"isRead": True},
        },
    )["1"]
    assert row["status"] == 200 and item.data["isRead"] is True


@pytest.mark.parametrize(
    "requests",
    [
        [],
        [get(str(n), "me") for n in range(21)],
        [get("a", "me"), get("A", "me")],
        [{"id": "1", "method": "GET"}],
        [{"id": "1", "method": "FETCH", "url": "me"}],
        [{"id": "1", "method": "PATCH", "url": "me", "body": {"a": 1}}],
        [get("1", "me", dependsOn=["9"])],
        [get("1", "me"), get("2", "me"), get("3", "me", dependsOn=["1", "2"])]
        + [get("4", "me", dependsOn=["3"])],
        ["x"],
    ],
)
def test_malformed_batches(graph, requests):
    answer = graph.post("$batch", {"requests": requests})
    assert answer.status_code == 400
    assert answer.json()["error"]["code"]


def test_no_batch_in_a_batch(graph):
    inner = {"requests": [get("1", "me")]}
    row = {
        "id": "1",
        "method": "POST",
        "url": "/$batch",
        "headers": {"Content-Type": "application/json"},
        "body": inner,
    }
    assert run(graph, row)["1"]["status"] == 400


def test_a_failed_dependency(graph):
    rows = run(
        graph,
        get("1", "me/messages/" + "A" * 100),
        get("2", "me", dependsOn=["1"]),
        get("3", "me", dependsOn=["2"]),
    )
    assert [rows[key]["status"] for key in "123"] == [404, 424, 424]
    assert rows["2"]["body"]["error"]["code"] == "FailedDependency"


def test_the_fifth_at_a_time_is_refused(sim, graph):
    sim.latency = 400
    results = []
    token = sim.token_for(ANNA)

    def ask():
        client = Graph(sim.url).as_user(token)
        results.append(client.get("me/mailFolders/inbox"))

    threads = [threading.Thread(target=ask) for _n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    statuses = sorted(answer.status_code for answer in results)
    assert statuses == [200, 200, 200, 200, 429, 429]
    refused = next(answer for answer in results if answer.status_code == 429)
    assert refused.headers["Retry-After"] == "1"
    error = refused.json()["error"]
    assert error["code"] == "ApplicationThrottled"
    assert "MailboxConcurrency" in error["message"]
    assert sim.peak(ANNA) == 4


def test_another_mailbox_is_not_concerned(sim):
    sim.latency = 300
    results = []

    def ask(address):
        client = Graph(sim.url).as_user(sim.token_for(address))
        results.append(client.get("me/mailFolders/inbox").status_code)

    threads = [threading.Thread(target=ask, args=(a,)) for a in [ANNA, BEN] * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [200] * 8


def test_two_batches_at_a_time_get_429_for_items(sim):
    sim.latency = 200
    rows = []

    def ask():
        client = Graph(sim.url).as_user(sim.token_for(ANNA))
        requests = [get(str(n), "me/mailFolders/inbox") for n in range(20)]
        rows.append(run(client, *requests))

    threads = [threading.Thread(target=ask) for _n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    counts = sorted(sum(r["status"] == 429 for r in row.values()) for row in rows)
    assert counts[0] < 20 and counts[1] > 0
    refused = [r for row in rows for r in row.values() if r["status"] == 429]
    assert refused[0]["headers"]["Retry-After"] == "1"


def test_a_batch_takes_the_time_of_its_waves(sim, graph, monkeypatch):
    sim.latency, naps = 50, []
    monkeypatch.setattr("simulator.batch.time", SimpleNamespace(sleep=naps.append))
    run(graph, *(get(str(n), "me/mailFolders/inbox") for n in range(20)))
    assert naps == [pytest.approx(5 * 0.05)]  # five waves of four


def test_the_rate_of_requests(sim, graph):
    sim.limits.requests = 30
    sim.clock.freeze()
    rows = run(graph, *(get(str(n), "me/mailFolders/inbox") for n in range(20)))
    assert {row["status"] for row in rows.values()} == {200}
    statuses = [graph.get("me/mailFolders/inbox").status_code for _n in range(12)]
    assert statuses == [200] * 10 + [429] * 2
    answer = graph.get("me/mailFolders/inbox")
    assert int(answer.headers["Retry-After"]) == 600
    sim.clock.advance(600)
    assert graph.get("me/mailFolders/inbox").status_code == 200
