"""Requests that are refused, whatever they ask for: ids, paths, rights, sizes."""

import pytest
from conftest import ANNA, BEN, Graph, eml


def test_ids_that_cannot_be(graph):
    assert graph.get("me/messages/x").json()["error"]["code"] == (
        "ErrorInvalidIdMalformed"
    )
    missing = graph.get("me/messages/" + "A" * 120)
    assert missing.json()["error"]["code"] == "ErrorItemNotFound"


def test_unknown_paths_and_methods(sim, graph):
    assert graph.get("me/nonsense").status_code == 400
    assert graph.call("PUT", "me/messages").status_code == 405


def test_another_mailbox_is_closed(sim, graph):
    item = sim.drop(BEN, "Inbox", eml("secret"))
    answer = graph.get(f"users/{BEN}/messages/{item.id}")
    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "ErrorAccessDenied"
    own = graph.get(f"users/{ANNA}/mailFolders/inbox")
    assert own.status_code == 200
    assert graph.get("users/nobody@contoso.example/messages").status_code == 404


def test_scopes_count(sim):
    token = sim.token_for(ANNA, {"User.Read", "Mail.Read"})
    graph = Graph(sim.url).as_user(token)
    item = sim.drop(ANNA, "Inbox", eml("Hello"))
    assert graph.get(f"me/messages/{item.id}").status_code == 200
    answer = graph.call("PATCH", f"me/messages/{item.id}", json={"isRead": True})
    assert answer.status_code == 403
    graph = Graph(sim.url).as_user(sim.token_for(ANNA, {"Calendars.Read"}))
    assert graph.get("me/messages").status_code == 403
    assert graph.get("me").status_code == 403


@pytest.mark.parametrize("place", ["on_premises", "none"])
def test_a_mailbox_that_is_not_in_the_cloud(sim, place):
    sim.add_mailbox("old@contoso.example", mailbox=place)
    graph = Graph(sim.url).as_user(sim.token_for("old@contoso.example"))
    answer = graph.get("me/messages")
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "MailboxNotEnabledForRESTAPI"
    assert graph.get("me").status_code == 200


def test_no_token_and_a_wrong_one(sim):
    graph = Graph(sim.url)
    for _case in range(2):
        answer = graph.get("me")
        assert answer.status_code == 401
        assert answer.json()["error"]["code"] == "InvalidAuthenticationToken"
        assert answer.headers["WWW-Authenticate"].startswith("Bearer ")
        graph.as_user("nonsense")


def test_request_ids_are_echoed(graph):
    answer = graph.get("me", headers={"client-request-id": "abc"})
    assert answer.headers["client-request-id"] == "abc"
    assert answer.headers["request-id"]
    failed = graph.get("me/messages/x", headers={"client-request-id": "abc"})
    assert failed.json()["error"]["innerError"]["client-request-id"] == "abc"


def test_a_request_above_4_mb_is_refused(graph):
    body = {"subject": "x" * (4 * 2**20)}
    answer = graph.post("me/messages", body)
    assert answer.status_code == 400
    assert "4MB" in answer.json()["error"]["message"]
