"""Events in lists, found again, in calendars, batches and by short paths."""

import json

from personal import IMMUTABLE, TAG, body, create, error

# -- finding again ---------------------------------------------------------------------


def test_a_transaction_id_makes_one_event(service, person):
    graph = person()
    values = body(transactionId="one")
    first = graph.post("me/events", values).json()
    assert first["transactionId"] == "one"
    again = graph.post("me/events", values)
    assert (again.status_code, again.json()["id"]) == (201, first["id"])
    other = graph.post("me/events", {**values, "subject": "Other"})
    assert error(other)[0] == "ErrorDuplicateTransactionId"
    assert other.json()["error"]["@event.existingEventId"] == first["id"]
    assert len(graph.get("me/events").json()["value"]) == 1
    service.quirks.same_transaction_again = False
    service.quirks.transaction_status = 409
    assert (
        error(graph.post("me/events", values), 409)[0] == "ErrorDuplicateTransactionId"
    )


def test_a_transaction_id_cannot_be_changed(person):
    graph = person()
    event = graph.post("me/events", body(transactionId="one")).json()
    path = f"me/events/{event['id']}"
    assert graph.call("PATCH", path, json={"transactionId": "one", "subject": "x"}).ok
    error(graph.call("PATCH", path, json={"transactionId": "two"}))


def test_extended_properties_find_an_event_again(person):
    graph = person()
    create(graph, subject="other")
    event = create(graph, singleValueExtendedProperties=[{"id": TAG, "value": "db/7"}])
    assert "singleValueExtendedProperties" not in event
    some = f"singleValueExtendedProperties/Any(ep: ep/id eq '{TAG}' and ep/value eq "
    rows = graph.get(f"me/events?$filter={some}'DB/7')").json()["value"]
    assert [row["id"] for row in rows] == [event["id"]]
    assert graph.get(f"me/events?$filter={some}'db/8')").json()["value"] == []
    expand = f"singleValueExtendedProperties($filter=id eq '{TAG}')"
    path = f"me/events/{event['id']}?$expand={expand}"
    shown = graph.get(path).json()["singleValueExtendedProperties"]
    assert shown == [{"id": TAG, "value": "db/7"}]
    changed = {"singleValueExtendedProperties": [{"id": TAG, "value": "db/9"}]}
    assert graph.call("PATCH", f"me/events/{event['id']}", json=changed).ok
    assert graph.get(path).json()["singleValueExtendedProperties"][0]["value"] == "db/9"


# -- lists -----------------------------------------------------------------------------


def test_the_list_has_single_events_and_masters_in_pages(person):
    graph = person()
    for number in range(12):
        create(graph, subject=f"event {number:02}")
    recurrence = {
        "pattern": {"type": "daily", "interval": 1},
        "range": {"type": "noEnd", "startDate": "2026-03-02"},
    }
    create(graph, subject="master", recurrence=recurrence)
    first = graph.get("me/events?$orderby=subject&$count=true").json()
    assert (len(first["value"]), first["@odata.count"]) == (10, 13)
    rest = graph.get(first["@odata.nextLink"]).json()
    assert "@odata.nextLink" not in rest
    rows = first["value"] + rest["value"]
    assert [row["subject"] for row in rows][-2:] == ["event 11", "master"]
    assert {row["type"] for row in rows} == {"singleInstance", "seriesMaster"}
    one = graph.get("me/events?$filter=subject eq 'event 03'&$select=subject").json()
    assert [set(row) for row in one["value"]] == [{"@odata.etag", "id", "subject"}]


def test_unknown_names_in_options_are_refused(person):
    graph = person()
    for query in ("$select=nonsense", "$expand=nonsense", "$search=x"):
        error(graph.get(f"me/events?{query}"))


def test_events_have_no_delta_of_their_own(person):
    code, message = error(person().get("me/events/delta"))
    assert code == "BadRequest" and "Change tracking is not supported" in message


def test_immutable_ids_work_beside_the_others(person):
    graph = person()
    event = create(graph)
    key = graph.get("me/events", IMMUTABLE).json()["value"][0]["id"]
    assert graph.get(f"me/events/{key}").json()["id"] == event["id"]
    assert graph.get(f"me/events/{event['id']}", IMMUTABLE).json()["id"] == key
    assert error(graph.get("me/events/AAMk"))[0] == "ErrorInvalidIdMalformed"
    swapped = event["id"].swapcase()
    assert error(graph.get(f"me/events/{swapped}"), 404)[0] == "ErrorItemNotFound"


def test_online_meetings_where_the_calendar_allows_them(service, person):
    graph = person()
    event = create(graph, isOnlineMeeting=True)
    url = event["onlineMeeting"]["joinUrl"]
    assert url.startswith("https://teams.microsoft.com/l/meetup-join/")
    assert event["onlineMeetingProvider"] == "teamsForBusiness"
    assert url in event["body"]["content"].replace("&amp;", "&")
    view = "me/calendarView?startDateTime=2026-03-01&endDateTime=2026-04-01&$select="
    alone = graph.get(f"{view}onlineMeeting").json()["value"][0]
    both = graph.get(f"{view}onlineMeeting,isOnlineMeeting").json()["value"][0]
    assert alone["onlineMeeting"] is None and both["onlineMeeting"]["joinUrl"] == url
    poor = person()
    calendar = service.mailbox(poor.address)
    create(poor)
    calendar.well_known["calendar"].data["providers"] = ()
    event = create(poor, isOnlineMeeting=True)
    assert event["isOnlineMeeting"] is False and event["onlineMeeting"] is None


def test_attachments_of_an_event(person):
    graph = person()
    event = create(graph)
    path = f"me/events/{event['id']}"
    values = {
        "@odata.type": "#microsoft.graph.fileAttachment",
        "name": "a.txt",
        "contentType": "text/plain",
        "contentBytes": "aGVsbG8=",
    }
    made = graph.post(f"{path}/attachments", values)
    assert made.status_code == 201
    assert graph.get(path).json()["hasAttachments"] is True
    row = graph.get(f"{path}/attachments").json()["value"][0]
    assert row["contentBytes"] == "aGVsbG8="
    one = f"{path}/attachments/{row['id']}"
    assert graph.get(one).json()["name"] == "a.txt"
    assert graph.call("DELETE", one).status_code == 204
    assert graph.get(path).json()["hasAttachments"] is False


def test_calendars(person):
    graph = person("Anna Abel")
    default = graph.get("me/calendar").json()
    assert (default["name"], default["isDefaultCalendar"]) == ("Calendar", True)
    assert default["owner"]["name"] == "Anna Abel"
    made = graph.post("me/calendars", {"name": "Team"}).json()
    assert made["isRemovable"] is True
    event = graph.post(f"me/calendars/{made['id']}/events", body()).json()
    assert graph.get("me/events").json()["value"] == []  # of the default one alone
    assert graph.get(f"me/events/{event['id']}").status_code == 200
    names = [row["name"] for row in graph.get("me/calendars").json()["value"]]
    assert names == ["Calendar", "Team"]
    window = "startDateTime=2026-03-01&endDateTime=2026-04-01"
    view = graph.get(f"me/calendars/{made['id']}/calendarView?{window}").json()
    assert [row["id"] for row in view["value"]] == [event["id"]]
    items, _link, _pages = graph.rounds(
        f"me/calendars/{made['id']}/calendarView/delta?{window}"
    )
    assert [row["id"] for row in items] == [event["id"]]
    path = f"me/calendars/{made['id']}"
    assert graph.call("PATCH", path, json={"name": "Crew"}).json()["name"] == "Crew"
    assert error(graph.post("me/calendars", {"name": "crew"}), 409)
    assert graph.call("DELETE", path).status_code == 204
    assert graph.get(path).status_code == 404
    error(graph.call("DELETE", f"me/calendars/{default['id']}"))


def test_events_in_a_batch_and_by_short_paths(service, person):
    graph = person(password="pw")
    event = create(graph)
    requests = [
        {"id": "1", "method": "GET", "url": f"/me/events/{event['id']}"},
        {
            "id": "2",
            "method": "POST",
            "url": "/me/events",
            "headers": {"Content-Type": "application/json"},
            "body": body(subject="second"),
        },
        {"id": "3", "method": "GET", "url": "/me/calendarView"},
    ]
    answers = graph.post("$batch", {"requests": requests}).json()["responses"]
    status = {row["id"]: row["status"] for row in answers}
    assert status == {"1": 200, "2": 201, "3": 400}
    graph.session.headers.pop("Authorization")
    graph.session.auth = (graph.address, "pw")
    graph.root = service.short_url
    window = "startDateTime=2026-03-01&endDateTime=2026-04-01"
    assert len(graph.get(f"events?{window}").json()["value"]) == 2
    assert graph.get(f"events/{event['id']}").json()["subject"] == "Lunch"
    items, link, _pages = graph.rounds(f"events/delta?{window}")
    assert len(items) == 2 and link.startswith(f"{service.short_url}/events/delta?")
    assert graph.rounds(link)[0] == []


def test_an_application_needs_the_permission_for_calendars(service, person):
    graph = person()
    token = service.token_for(graph.address, {"User.Read", "Mail.ReadWrite"})
    graph.as_user(token)
    assert error(graph.get("me/events"), 403)[0] == "ErrorAccessDenied"
    assert error(graph.get("me/contacts"), 403)[0] == "ErrorAccessDenied"


def test_a_body_that_is_no_json_is_refused(person):
    graph = person()
    headers = {"Content-Type": "application/json"}
    answer = graph.call("POST", "me/events", data=b"{", headers=headers)
    assert answer.status_code == 400
    answer = graph.call("POST", "me/events", data=json.dumps([1]), headers=headers)
    assert answer.status_code == 400
