"""Meetings between mailboxes: copies, updates, answers, cancellations, and mails."""

import threading

import pytest
from test_events import at, create, error
from test_events_series import WINDOW, instances, weekly

NONE = {"response": "none", "time": "0001-01-01T00:00:00Z"}


def who(graph, address="", kind="required"):
    """An attendee."""
    address = address or graph.address
    return {"emailAddress": {"address": address}, "type": kind}


def only(graph, path="me/events"):
    """The one event of a calendar."""
    rows = graph.get(path).json()["value"]
    assert len(rows) == 1, rows
    return rows[0]


def answers(event):
    """Address → answer of the attendees."""
    return {
        row["emailAddress"]["address"]: row["status"]["response"]
        for row in event["attendees"]
    }


def act(graph, event, name, **values):
    """An action on an event; it must be accepted."""
    answer = graph.post(f"me/events/{event['id']}/{name}", values)
    assert answer.status_code == 202 and not answer.content, answer.text


@pytest.fixture
def team(person):
    """An organiser and two attendees."""
    return person("Olga Organiser"), person("Anna Abel"), person("Ben Bauer")


def meet(olga, *attendees, **more):
    """A meeting of Olga's with others."""
    return create(olga, attendees=[who(graph) for graph in attendees], **more)


def test_attendees_get_copies_with_ids_of_their_own(service, team):
    olga, anna, ben = team
    event = meet(olga, anna, ben, location={"displayName": "Room 1"})
    copies = [only(anna), only(ben)]
    assert len({event["id"], *(copy["id"] for copy in copies)}) == 3
    assert {copy["iCalUId"] for copy in copies} == {event["iCalUId"]}
    for copy in copies:
        assert copy["isOrganizer"] is False
        assert copy["organizer"]["emailAddress"]["address"] == olga.address
        assert copy["responseStatus"]["response"] == "notResponded"
        assert copy["showAs"] == "tentative"
        assert copy["location"]["displayName"] == "Room 1"
        assert copy["attendees"] == event["attendees"]
        assert copy["changeKey"] != event["changeKey"]
    assert answers(event) == {anna.address: "none", ben.address: "none"}
    assert [row["emailAddress"]["name"] for row in event["attendees"]] == [
        "Anna Abel",
        "Ben Bauer",
    ]
    assert service.sent_mails == []
    mails = [(mail.kind, mail.recipient) for mail in service.meeting_mails]
    assert mails == [("request", anna.address), ("request", ben.address)]


def test_invited_by_an_alias_or_through_a_distribution_list(service, team, person):
    olga, anna, ben = team
    carl = person(aliases=["carl.alias@contoso.example"])
    inner, outer = "inner@contoso.example", "outer@contoso.example"
    service.add_group(inner, [ben.address, "friend@elsewhere.example"])
    service.add_group(outer, [anna.address, inner, ben.address])
    event = create(
        olga,
        attendees=[who(None, outer), who(None, "Carl.Alias@contoso.example")],
    )
    for graph in (anna, ben, carl):
        assert only(graph)["iCalUId"] == event["iCalUId"]
    assert set(answers(event)) == {outer, "Carl.Alias@contoso.example"}
    assert [m.recipient for m in service.sent_mails] == ["friend@elsewhere.example"]
    act(carl, only(carl), "accept")
    act(ben, only(ben), "tentativelyAccept")
    assert answers(only(olga)) == {
        outer: "none",
        "Carl.Alias@contoso.example": "accepted",
        ben.address: "tentativelyAccepted",  # was not in the list himself
    }


def test_mails_to_people_outside_are_only_written_down(service, team):
    olga, anna, _ben = team
    rows = [who(anna), who(None, "guest@elsewhere.example")]
    event = create(olga, attendees=rows)
    assert [(m.kind, m.recipient) for m in service.sent_mails] == [
        ("request", "guest@elsewhere.example")
    ]
    service.sent_mails.clear()
    act(anna, only(anna), "accept")  # an answer stays inside
    assert service.sent_mails == []
    olga.call("PATCH", f"me/events/{event['id']}", json={"subject": "New"})
    olga.call("DELETE", f"me/events/{event['id']}")
    assert [m.kind for m in service.sent_mails] == ["update", "cancellation"]
    subjects = [m.subject for m in service.sent_mails]
    assert subjects == ["New", "New"]


def test_an_event_without_others_mails_nobody(service, team):
    olga, _anna, _ben = team
    event = create(olga)
    olga.call("PATCH", f"me/events/{event['id']}", json={"subject": "New"})
    olga.call("DELETE", f"me/events/{event['id']}")
    assert service.meeting_mails == []


def test_the_organisers_changes_reach_the_copies(team):
    olga, anna, _ben = team
    event = meet(olga, anna)
    mine = {"categories": ["Blue"], "reminderMinutesBeforeStart": 60}
    path = f"me/events/{only(anna)['id']}"
    assert anna.call("PATCH", path, json=mine).ok
    act(anna, only(anna), "accept")
    values = {"subject": "New", "body": {"contentType": "text", "content": "Hi"}}
    olga.call("PATCH", f"me/events/{event['id']}", json=values)
    copy = only(anna)
    assert (copy["subject"], copy["bodyPreview"]) == ("New", "Hi")
    assert (copy["categories"], copy["reminderMinutesBeforeStart"]) == (["Blue"], 60)
    assert copy["responseStatus"]["response"] == "accepted"


def test_another_time_takes_the_answers_back(team):
    olga, anna, _ben = team
    event = meet(olga, anna)
    act(anna, only(anna), "accept")
    assert answers(only(olga)) == {anna.address: "accepted"}
    times = {"start": at("2026-03-03T12:00:00"), "end": at("2026-03-03T13:00:00")}
    olga.call("PATCH", f"me/events/{event['id']}", json=times)
    copy = only(anna)
    assert copy["start"] == at("2026-03-03T12:00:00.0000000")
    assert copy["responseStatus"]["response"] == "notResponded"
    assert copy["showAs"] == "tentative"
    assert answers(only(olga)) == {anna.address: "none"}


def test_an_attendees_change_stays_in_his_copy_until_the_next_update(service, team):
    olga, anna, _ben = team
    event = meet(olga, anna)
    service.meeting_mails.clear()
    path = f"me/events/{only(anna)['id']}"
    assert anna.call("PATCH", path, json={"subject": "Mine"}).ok
    assert only(olga)["subject"] == "Lunch" and service.meeting_mails == []
    olga.call("PATCH", f"me/events/{event['id']}", json={"importance": "high"})
    assert only(anna)["subject"] == "Lunch"


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


def test_who_is_no_longer_invited_gets_a_cancellation(service, team):
    olga, anna, ben = team
    event = meet(olga, anna)
    service.meeting_mails.clear()
    rows = {"attendees": [who(ben)]}
    olga.call("PATCH", f"me/events/{event['id']}", json=rows)
    assert only(anna)["isCancelled"] is True
    assert only(ben)["isCancelled"] is False
    kinds = {mail.recipient: mail.kind for mail in service.meeting_mails}
    assert kinds == {anna.address: "cancellation", ben.address: "request"}


def test_an_attendee_who_deletes_his_copy_tells_nobody(service, team):
    olga, anna, ben = team
    event = meet(olga, anna, ben)
    service.meeting_mails.clear()
    assert anna.call("DELETE", f"me/events/{only(anna)['id']}").status_code == 204
    assert service.meeting_mails == []
    assert only(olga)["isCancelled"] is only(ben)["isCancelled"] is False
    olga.call("PATCH", f"me/events/{event['id']}", json={"subject": "New"})
    assert only(anna)["subject"] == "New"  # an update brings it back


def test_forwarding_brings_further_people(service, team, person):
    olga, anna, ben = team
    event = meet(olga, anna)
    carl = person()
    people = [{"emailAddress": {"address": ben.address}}]
    act(olga, event, "forward", toRecipients=people, comment="fyi")
    assert set(answers(only(olga))) == {anna.address, ben.address}
    assert only(ben)["iCalUId"] == event["iCalUId"]
    people = [
        {"emailAddress": {"address": carl.address}},
        {"emailAddress": {"address": "x@elsewhere.example"}},
    ]
    act(anna, only(anna), "forward", toRecipients=people)
    act(carl, only(carl), "accept")
    assert answers(only(olga))[carl.address] == "accepted"
    assert [mail.recipient for mail in service.sent_mails] == ["x@elsewhere.example"]
    error(olga.post(f"me/events/{event['id']}/forward", {"comment": "nobody"}))


def test_series_with_exceptions_are_the_same_for_everybody(team):
    olga, anna, ben = team
    master = weekly(olga, attendees=[who(anna), who(ben)])
    rows = instances(olga, master)
    olga.call("PATCH", f"me/events/{rows[1]['id']}", json={"subject": "Special"})
    for graph in (anna, ben):
        copies = instances(graph, only(graph))
        assert [row["subject"] for row in copies[:3]] == [
            "Weekly",
            "Special",
            "Weekly",
        ]
        assert [row["iCalUId"] for row in copies] == [row["iCalUId"] for row in rows]
        assert {row["id"] for row in copies}.isdisjoint(row["id"] for row in rows)


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


def test_meetings_in_both_directions_at_once_do_not_lock_each_other(team):
    olga, anna, _ben = team
    problems = []

    def write(one, other):
        for number in range(15):
            values = {"subject": f"{number}", "attendees": [who(other)]}
            values |= {
                "start": at("2026-03-02T12:00:00"),
                "end": at("2026-03-02T13:00:00"),
            }
            if one.post("me/events", values).status_code != 201:
                problems.append(number)

    pairs = ((olga, anna), (anna, olga))
    threads = [threading.Thread(target=write, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert problems == [] and not any(thread.is_alive() for thread in threads)
    for graph in (olga, anna):
        assert len(graph.get("me/events?$top=50").json()["value"]) == 30


def test_what_tests_do_without_http_reaches_the_copies_too(service, team):
    olga, anna, _ben = team
    item = service.add_event(
        olga.address,
        subject="Made",
        start="2026-03-02T12:00:00",
        end="2026-03-02T13:00:00",
        attendees=[who(anna)],
    )
    copy = only(anna)
    service.respond(anna.address, copy["id"], "accepted")
    assert answers(only(olga)) == {anna.address: "accepted"}
    service.change_event(olga.address, item.immutable_id, subject="Changed")
    assert only(anna)["subject"] == "Changed"
    service.delete_event(olga.address, item.id)
    assert only(anna)["isCancelled"] is True


def test_a_meeting_organised_elsewhere(service, team):
    """As an invitation from another organisation lies in the calendar."""
    _olga, anna, _ben = team
    service.add_event(
        anna.address,
        subject="Theirs",
        start="2026-03-02T12:00:00",
        end="2026-03-02T13:00:00",
        organizer={"emailAddress": {"name": "X", "address": "x@elsewhere.example"}},
        isOrganizer=False,
        responseStatus={"response": "notResponded", "time": "0001-01-01T00:00:00Z"},
        attendees=[who(anna)],
    )
    assert service.meeting_mails == []
    act(anna, only(anna), "accept")
    assert [(m.kind, m.recipient) for m in service.sent_mails] == [
        ("response", "x@elsewhere.example")
    ]


def test_the_truth_about_a_calendar(service, team):
    olga, anna, _ben = team
    master = weekly(olga, attendees=[who(anna)], categories=["Red"])
    rows = instances(olga, master)
    olga.call("PATCH", f"me/events/{rows[1]['id']}", json={"subject": "Special"})
    start, end = (part.partition("=")[2] for part in WINDOW.split("&"))
    found = service.expand(olga.address, start, end)
    assert [(one.type, one.subject) for one in found[:2]] == [
        ("occurrence", "Weekly"),
        ("exception", "Special"),
    ]
    shown = instances(olga, master)
    assert [one.uid for one in found] == [row["iCalUId"] for row in shown]
    assert [one.id for one in found] == [row["id"] for row in shown]
    assert {one.series_uid for one in found} == {master["iCalUId"]}
    assert found[0].start.isoformat() == "2026-03-02T08:00:00+00:00"
    assert found[0].attendees == ((anna.address, "none"),)
    assert found[0].first_day == found[0].last_day == "2026-03-02"
    assert found[0].plain()["original_start"] == "2026-03-02T08:00:00+00:00"
