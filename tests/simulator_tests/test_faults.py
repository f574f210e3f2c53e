"""Faults on purpose, as a client meets them."""

import time

import pytest
import requests
from conftest import ANNA, Graph, eml
from simulator import Fault

INBOX = "me/mailFolders/inbox"


def test_a_rule_passes_some_requests_and_is_used_up(sim, graph):
    sim.faults.add(Fault.status(503), match=f"GET .*{INBOX}", after=1, count=2)
    statuses = [graph.get(INBOX).status_code for _n in range(5)]
    assert statuses == [200, 503, 503, 200, 200]
    assert graph.get("me").status_code == 200


@pytest.mark.parametrize("wait", ["2.128", "Wed, 21 Oct 2026 07:28:00 GMT", None])
def test_retry_after_in_every_form(sim, graph, wait):
    headers = {"Retry-After": wait} if wait else {}
    sim.faults.add(Fault.status(429, headers=headers))
    answer = graph.get(INBOX)
    assert answer.status_code == 429 and answer.headers.get("Retry-After") == wait
    assert answer.json()["error"]["code"] == "TooManyRequests"


def test_an_item_of_a_batch_fails_alone(sim, graph):
    sim.faults.add(Fault.status(429, headers={"Retry-After": "0.249"}), match="drafts")
    requests = [
        {"id": name, "method": "GET", "url": f"/me/mailFolders/{name}"}
        for name in ("inbox", "drafts", "outbox")
    ]
    rows = graph.post("$batch", {"requests": requests}).json()["responses"]
    found = {row["id"]: row for row in rows}
    assert [found[n]["status"] for n in ("inbox", "drafts", "outbox")] == [
        200,
        429,
        200,
    ]
    assert found["drafts"]["headers"]["Retry-After"] == "0.249"


def test_work_done_and_the_answer_lost(sim, graph):
    item = sim.drop(ANNA, "Inbox", eml("Hello"))
    sim.faults.add(Fault.drop(), match="DELETE")
    with pytest.raises(requests.ConnectionError):
        graph.call("DELETE", f"me/messages/{item.id}")
    assert item.container is sim.mailbox(ANNA).well_known["deleteditems"]
    item = sim.drop(ANNA, "Inbox", eml("Hello"))
    sim.faults.add(Fault.drop(worked=False), match="DELETE")
    with pytest.raises(requests.ConnectionError):
        graph.call("DELETE", f"me/messages/{item.id}")
    assert item.container is sim.mailbox(ANNA).well_known["inbox"]


def test_work_done_and_an_error_answered(sim, graph):
    sim.faults.add(Fault.status(504, worked=True), match="POST")
    answer = graph.post(f"{INBOX}/childFolders", {"displayName": "Ein"})
    assert answer.status_code == 504
    assert sim.mailbox(ANNA).find_path("Inbox/Ein")


def test_cut_body(sim, graph):
    sim.faults.add(Fault.cut(50))
    with pytest.raises(
        (requests.ConnectionError, requests.exceptions.ChunkedEncodingError)
    ):
        graph.get(INBOX)
    assert graph.get(INBOX).status_code == 200


def test_slow_and_dripping_answers(sim, graph):
    sim.faults.add(Fault.slow(0.5))
    started = time.monotonic()
    assert graph.get(INBOX).status_code == 200
    assert time.monotonic() - started > 0.5
    sim.faults.add(Fault.drip(50, 0.05))
    started = time.monotonic()
    assert graph.get(INBOX).json()["displayName"] == "Inbox"
    assert time.monotonic() - started > 0.3
    sim.faults.add(Fault.slow(3))
    with pytest.raises(requests.ReadTimeout):
        graph.session.get(f"{sim.url}/{INBOX}", timeout=0.3)


def test_malformed_json_and_a_proxys_page(sim, graph):
    sim.faults.add(Fault.malformed())
    answer = graph.get(INBOX)
    assert answer.status_code == 200
    with pytest.raises(ValueError):
        answer.json()
    sim.faults.add(Fault.page())
    answer = graph.get(INBOX)
    assert answer.status_code == 502 and "<h1>" in answer.text


@pytest.mark.parametrize("announced", [True, False])
def test_oversized(sim, graph, announced):
    sim.faults.add(Fault.oversized(3 * 2**20, announced=announced))
    answer = graph.get(INBOX)
    assert len(answer.content) == 3 * 2**20 and answer.json()["value"] == []
    assert ("Content-Length" in answer.headers) is announced


def test_packed_bomb(sim, graph):
    sim.faults.add(Fault.oversized(20 * 2**20, gzip=True))
    answer = graph.get(INBOX)
    assert int(answer.headers["Content-Length"]) < 100_000
    assert len(answer.content) == 20 * 2**20


def test_redirect_and_links_elsewhere(sim, graph):
    sim.faults.add(Fault.redirect("http://127.0.0.1:9/evil"))
    answer = graph.get(INBOX, allow_redirects=False)
    assert answer.headers["Location"] == "http://127.0.0.1:9/evil"
    sim.faults.add(Fault.links_to("http://127.0.0.1:9"))
    link = graph.get(f"{INBOX}/messages/delta").json()["@odata.deltaLink"]
    assert link.startswith("http://127.0.0.1:9/v1.0/me/")


def test_gone_in_the_middle_of_a_round(sim, graph):
    for number in range(15):
        sim.drop(ANNA, "Inbox", eml(f"mail {number}"))
    sim.faults.add(Fault.gone(), match="skiptoken")
    link = graph.get(f"{INBOX}/messages/delta").json()["@odata.nextLink"]
    answer = graph.get(link)
    assert answer.status_code == 410
    assert answer.json()["error"]["code"] == "SyncStateNotFound"


def test_delete_that_worked_and_says_404(sim, graph):
    sim.quirks.delete_answers_404 = True
    item = sim.drop(ANNA, "Inbox", eml("Hello"))
    assert graph.call("DELETE", f"me/messages/{item.id}").status_code == 404
    assert item.container is sim.mailbox(ANNA).well_known["deleteditems"]


def test_sign_in_fails_too(sim):
    session = requests.Session()
    session.trust_env = False
    session.verify = sim.ca_file
    address = sim.authority + "/v2.0/.well-known/openid-configuration"
    sim.faults.add(Fault.page(503), match="openid-configuration")
    assert session.get(address).status_code == 503
    sim.faults.add(Fault.drop(), match="openid-configuration")
    with pytest.raises(requests.ConnectionError):
        session.get(address)
    assert session.get(address).status_code == 200


@pytest.mark.parametrize(
    "kind", ["unknown_ca", "expired", "wrong_host", "plain", "reset"]
)
def test_broken_tls(sim, kind):
    with sim.broken_tls(kind) as broken:
        graph = Graph(broken.url).as_user(sim.token_for(ANNA))
        graph.session.verify = sim.ca_file
        with pytest.raises(requests.ConnectionError):
            graph.get("me")


def test_sound_tls(sim):
    graph = Graph(sim.tls_url).as_user(sim.token_for(ANNA))
    graph.session.verify = sim.ca_file
    answer = graph.get(f"{INBOX}/messages/delta")
    assert answer.json()["@odata.deltaLink"].startswith(sim.tls_url)


def test_many_requests_leave_a_bounded_log(sim, graph):
    for _n in range(30):
        graph.get("me")
    assert sim.requests.count == 30 and sim.requests.statuses == {200: 30}
    assert len(sim.requests.matching("GET /v1.0/me$")) == 30
    sim.requests.clear()
    assert sim.requests.count == 0 and len(sim.requests) == 0


def test_packed_and_chunked_answers(sim, graph):
    sim.quirks.gzip = sim.quirks.chunked = True
    answer = graph.get(INBOX)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Transfer-Encoding"] == "chunked"
    assert "Content-Length" not in answer.headers
    assert answer.json()["displayName"] == "Inbox"
