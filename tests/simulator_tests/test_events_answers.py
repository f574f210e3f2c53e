"""Answers to invitations, and cancellations."""

import pytest
from personal import NONE, act, answers, at, error, instances, meet, only, weekly, who


@pytest.mark.parametrize(
    "action, answer, shown",
    [
        ("accept", "accepted", "busy"),
        ("tentativelyAccept", "tentativelyAccepted", "tentative"),
    ],
)
def test_an_answer_is_on_both_sides(service, team, action, answer, shown):
    olga, anna, ben = team
    meet(olga, anna, ben)
    act(anna, only(anna), action, comment="Yes", sendResponse=True)
    copy, event = only(anna), only(olga)
    assert copy["responseStatus"]["response"] == answer
    assert copy["responseStatus"]["time"] > "2020"
    assert copy["showAs"] == shown
    assert answers(event) == {anna.address: answer, ben.address: "none"}
    assert only(ben)["attendees"][0]["status"] == NONE  # not their business
    assert service.meeting_mails[-1].comment == "Yes"


def test_an_answer_that_is_not_sent_stays_at_home(service, team):
    olga, anna, _ben = team
    meet(olga, anna)
    service.meeting_mails.clear()
    act(anna, only(anna), "accept", sendResponse=False)
    assert only(anna)["responseStatus"]["response"] == "accepted"
    assert answers(only(olga)) == {anna.address: "none"}
    assert service.meeting_mails == []


@pytest.mark.parametrize("stays", [False, True])
def test_a_declined_meeting_goes_or_stays(service, team, stays):
    service.quirks.declined_stay = stays
    olga, anna, _ben = team
    meet(olga, anna)
    act(anna, only(anna), "decline")
    assert answers(only(olga)) == {anna.address: "declined"}
    if stays:
        copy = only(anna)
        assert (copy["responseStatus"]["response"], copy["showAs"]) == (
            "declined",
            "free",
        )
    else:
        assert anna.get("me/events").json()["value"] == []


def test_a_new_time_can_be_proposed(team):
    olga, anna, _ben = team
    meet(olga, anna)
    slot = {"start": at("2026-03-04T12:00:00"), "end": at("2026-03-04T13:00:00")}
    act(anna, only(anna), "tentativelyAccept", proposedNewTime=slot)
    row = only(olga)["attendees"][0]
    assert row["proposedNewTime"] == slot
    act(anna, only(anna), "accept")
    answer = anna.post(
        f"me/events/{only(anna)['id']}/decline",
        {"proposedNewTime": slot, "sendResponse": False},
    )
    assert error(answer)[0] == "ErrorInvalidParameter"


def test_answers_that_are_refused(team):
    olga, anna, _ben = team
    event = meet(olga, anna)
    code, message = error(olga.post(f"me/events/{event['id']}/accept", {}))
    assert code == "ErrorInvalidRequest" and "meeting organizer" in message
    path = f"me/events/{only(anna)['id']}"
    quiet = {"comment": "x", "sendResponse": False}
    assert error(anna.post(f"{path}/accept", quiet))[0] == "ErrorInvalidParameter"
    assert error(anna.post(f"{path}/accept", {"nonsense": 1}))[0] == "RequestBodyRead"
    code, message = error(anna.post(f"{path}/cancel", {"comment": "x"}))
    assert code == "ErrorInvalidRequest" and "organizer" in message
    silent = {"responseRequested": False}
    olga.call("PATCH", f"me/events/{event['id']}", json=silent)
    _code, message = error(anna.post(f"{path}/accept", {}))
    assert "hasn't requested a response" in message


@pytest.mark.parametrize("stays", [True, False])
@pytest.mark.parametrize("way", ["cancel", "DELETE"])
def test_a_cancelled_meeting_is_marked_or_removed(service, team, way, stays):
    service.quirks.cancelled_stay = stays
    olga, anna, _ben = team
    event = meet(olga, anna)
    if way == "cancel":
        act(olga, event, "cancel", comment="Ill")
        assert service.meeting_mails[-1].comment == "Ill"
    else:
        assert olga.call("DELETE", f"me/events/{event['id']}").status_code == 204
    assert olga.get("me/events").json()["value"] == []
    assert service.meeting_mails[-1].kind == "cancellation"
    if not stays:
        assert anna.get("me/events").json()["value"] == []
        return
    copy = only(anna)
    assert copy["isCancelled"] is True and copy["showAs"] == "free"
    assert copy["subject"] == "Canceled: Lunch"


@pytest.mark.parametrize("stays", [True, False])
def test_one_cancelled_occurrence_of_a_meeting(service, team, stays):
    service.quirks.cancelled_stay = stays
    olga, anna, _ben = team
    master = weekly(olga, attendees=[who(anna)])
    one = instances(olga, master)[1]
    act(olga, one, "cancel")
    assert len(instances(olga, master)) == 5
    rows = instances(anna, only(anna))
    assert [row["isCancelled"] for row in rows] == (
        [False, True, False, False, False, False] if stays else [False] * 5
    )


def test_answering_one_occurrence(team):
    olga, anna, _ben = team
    master = weekly(olga, attendees=[who(anna)])
    mine = instances(anna, only(anna))
    act(anna, mine[1], "accept")
    rows = instances(olga, master)
    assert [answers(row)[anna.address] for row in rows[:3]] == [
        "none",
        "accepted",
        "none",
    ]
    mine = instances(anna, only(anna))
    status = [row["responseStatus"]["response"] for row in mine[:3]]
    assert status == ["notResponded", "accepted", "notResponded"]
    act(anna, mine[2], "decline")
    assert len(instances(anna, only(anna))) == 5
    assert len(instances(olga, master)) == 6
    # What the attendee did to occurrences survives the organiser's next update.
    olga.call("PATCH", f"me/events/{master['id']}", json={"subject": "New"})
    mine = instances(anna, only(anna))
    assert len(mine) == 5
    assert mine[1]["responseStatus"]["response"] == "accepted"
    assert mine[0]["subject"] == "New"


def test_requests_and_answers_arrive_as_mails_too(service, team):
    olga, anna, ben = team
    meet(olga, anna, subject="Talk")
    mail = anna.get("me/mailFolders/inbox/messages").json()["value"][0]
    assert mail["@odata.type"] == "#microsoft.graph.eventMessageRequest"
    assert mail["subject"] == "Talk"
    assert mail["from"]["emailAddress"]["address"] == olga.address
    act(anna, only(anna), "accept")
    mail = olga.get("me/mailFolders/inbox/messages").json()["value"][0]
    assert mail["@odata.type"] == "#microsoft.graph.eventMessageResponse"
    assert mail["subject"] == "Accepted: Talk"
    service.quirks.meeting_mails = False
    meet(olga, ben)
    assert ben.get("me/mailFolders/inbox/messages").json()["value"] == []
