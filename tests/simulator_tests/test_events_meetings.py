"""Meetings between mailboxes: copies, updates, and the mails about them."""

import threading

from personal import (
    WINDOW,
    act,
    answers,
    at,
    create,
    error,
    instances,
    meet,
    only,
    weekly,
    who,
)


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
    olga, anna, ben = team
    event = meet(olga, anna, ben)
    service.meeting_mails.clear()
    path = f"me/events/{only(anna)['id']}"
    assert anna.call("PATCH", path, json={"subject": "Mine"}).ok
    assert only(olga)["subject"] == only(ben)["subject"] == "Lunch"
    assert service.meeting_mails == []
    olga.call("PATCH", f"me/events/{event['id']}", json={"importance": "high"})
    assert only(anna)["subject"] == "Lunch"


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
    assert answers(only(olga))[carl.address] == "none"
    assert answers(only(anna)).keys() == {anna.address}
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
