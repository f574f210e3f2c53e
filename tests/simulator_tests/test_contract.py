"""The contract checker finds what is wrong, and the documented samples are right."""

import json
from pathlib import Path

import pytest
from simulator.contract import Contract

CONTRACT = Contract()
SAMPLES = Path(__file__).resolve().parents[3] / "shared" / "samples"


@pytest.mark.parametrize(
    "method, target, body, expected",
    [
        ("GET", "/me/messages?$top=1&$select=subject", None, ""),
        ("GET", "/me/messages?$select=subject,colour", None, "colour"),
        ("GET", "/me/messages?$expand=nonsense", None, "nonsense"),
        ("GET", "/me/messages?$apply=x", None, "$apply"),
        ("GET", "/me/nonsense", None, "no such path"),
        ("PUT", "/me/messages/x", None, "no such method"),
        ("GET", "/users/x/mailFolders('inbox')/messages/delta()", None, ""),
        ("GET", "/me/mailFolders/x/messages/delta?$search=x", None, "refused"),
        ("GET", "/me/calendarView", None, "required"),
        ("GET", "/me/calendarView?startDateTime=a&endDateTime=b", None, ""),
        (
            "GET",
            "/me/calendarView/delta?startDateTime=a&endDateTime=b&$select=subject",
            None,
            "refused",
        ),
        ("GET", "/me/calendarView/delta?$deltatoken=x", None, ""),
        ("DELETE", "/me/contacts/x/photo/$value", None, "refused"),
        ("PATCH", "/me/messages/x", {"categories": ["a"]}, ""),
        ("PATCH", "/me/messages/x", {"categories": "a"}, "a list is expected"),
        ("PATCH", "/me/messages/x", {"isRead": 1}, "get_bool_value"),
        ("PATCH", "/me/messages/x", {"importance": "HIGH"}, ""),
        ("PATCH", "/me/messages/x", {"importance": "urgent"}, "urgent"),
        ("PATCH", "/me/messages/x", {"from": {"address": "a"}}, "address"),
        ("POST", "/me/messages/x/move", {"destinationId": "a"}, ""),
        ("POST", "/me/messages/x/move", {"target": "a"}, "target"),
        ("POST", "/me/contacts", {"mobilePhone": ["1"]}, "mobilePhone"),
        ("GET", "/me?$select=mail,proxyAddresses", None, ""),
        ("GET", "/me?$select=nonsense", None, "nonsense"),
    ],
)
def test_requests(method, target, body, expected):
    problems = CONTRACT.check_request(method, target, body)
    assert bool(problems) == bool(expected), problems
    assert not expected or expected in problems[0]


@pytest.mark.parametrize(
    "target, status, body, expected",
    [
        ("/me/messages/x", 200, {"id": "x", "@odata.etag": "y"}, ""),
        ("/me/messages/x", 200, {"importance": "HIGH"}, "HIGH"),
        ("/me/messages/x", 200, {"receivedDateTime": "2026-01-01"}, "datetime"),
        ("/me/messages/x", 200, {"conversationIndex": "?"}, "bytes"),
        ("/me/messages", 200, {"value": {}}, "a list is expected"),
        ("/me/messages", 200, {"value": [{"foo": 1}]}, "foo"),
        ("/me/messages/x", 200, {"@odata.nonsense": 1}, "control"),
        (
            "/me/mailFolders/x/messages/delta",
            200,
            {"value": [{"id": "x", "@removed": {"reason": "deleted"}}]},
            "",
        ),
        (
            "/me/messages",
            200,
            {
                "value": [
                    {
                        "@odata.type": "#microsoft.graph.eventMessageRequest",
                        "meetingRequestType": "newMeetingRequest",
                    }
                ]
            },
            "",
        ),
        ("/me/messages/x", 404, {"error": {"code": "A", "message": ""}}, ""),
        ("/me/messages/x", 404, {"error": "A"}, "error object"),
        ("/me/messages/x", 404, None, "error object"),
    ],
)
def test_answers(target, status, body, expected):
    problems = CONTRACT.check_answer("GET", target, status, body)
    assert bool(problems) == bool(expected), problems
    assert not expected or expected in problems[0]


# Documented answers: (file, path, status, what is wrong in the documentation itself).
ANSWERS = [
    ("message-get-full", "/me/messages/x", 200, ""),
    ("message-get-headers", "/me/messages/x", 200, ""),
    ("message-get-text-body", "/me/messages/x", 200, ""),
    ("message-expand-extendedproperty", "/me/messages/x", 200, ""),
    ("message-list-select", "/me/messages", 200, ""),
    ("mailfolders-list", "/me/mailFolders", 200, ""),
    ("mailfolders-childfolders", "/me/mailFolders/x/childFolders", 200, ""),
    ("delta-messages-page1-nextlink", "/me/mailFolders/x/messages/delta", 200, ""),
    ("delta-messages-final-deltalink", "/me/mailFolders/x/messages/delta", 200, ""),
    ("delta-messages-removed", "/me/mailFolders/x/messages/delta", 200, "isRead"),
    ("attachment-file", "/me/messages/x/attachments/y", 200, ""),
    ("error-401-invalidauthenticationtoken", "/me", 401, ""),
    ("error-403-application-access-policy", "/me/messages", 403, ""),
    ("error-404-itemnotfound", "/me/messages/x", 404, ""),
    ("error-404-mailboxnotenabledforrestapi", "/me/messages", 404, ""),
    ("error-410-syncstatenotfound", "/me/mailFolders/x/messages/delta", 410, ""),
    ("error-412-changekey", "/me/messages/x", 412, ""),
    ("error-429-generic", "/me/messages/x", 429, ""),
    ("error-429-mailboxconcurrency", "/me/messages/x", 429, ""),
]


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the documented samples are not here")
@pytest.mark.parametrize("name, target, status, wrong", ANSWERS)
def test_documented_answers_pass(name, target, status, wrong):
    body = json.loads((SAMPLES / f"{name}.json").read_text())
    problems = CONTRACT.check_answer("GET", target, status, body)
    assert len(problems) == bool(wrong) and wrong in "".join(problems)


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the documented samples are not here")
@pytest.mark.parametrize("name, path", [row[:2] for row in ANSWERS[:4]])
def test_the_simulator_sends_what_the_documented_answers_hold(graph, sim, name, path):
    """Every property of a documented message is one that the simulator sends."""
    from conftest import ANNA, eml

    sample = json.loads((SAMPLES / f"{name}.json").read_text())
    item = sim.drop(ANNA, "Inbox", eml("Hello"))
    names = {key for key in sample if "@" not in key} - {
        "singleValueExtendedProperties"
    }
    select = ",".join(names - {"id"})
    body = graph.get(f"me/messages/{item.id}?$select={select}").json()
    assert names <= set(body)
    if name == "message-get-full":
        plain = graph.get(f"me/messages/{item.id}").json()
        assert set(sample) <= set(plain) | {"@odata.context"}
