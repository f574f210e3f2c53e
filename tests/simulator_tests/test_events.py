"""Events over HTTP: reading, writing, all-day rules, zones, refusals."""

import json

import pytest

IMMUTABLE = 'IdType="ImmutableId"'
BERLIN = "W. Europe Standard Time"
TAG = "String {66f5a359-4659-4830-9070-00040ec6ac6e} Name OdooRecord"


def at(moment, zone="UTC"):
    """A dateTimeTimeZone."""
    return {"dateTime": moment, "timeZone": zone}


def body(
    subject="Lunch", start="2026-03-02T12:00:00", end="2026-03-02T13:00:00", **more
):
    """A new event."""
    zone = more.pop("zone", "UTC")
    return {"subject": subject, "start": at(start, zone), "end": at(end, zone), **more}


def create(graph, **values):
    """POST it; what came back."""
    answer = graph.post("me/events", body(**values))
    assert answer.status_code == 201, answer.text
    return answer.json()


def error(answer, status=400):
    """Code and message of a refusal."""
    assert answer.status_code == status, answer.text
    found = answer.json()["error"]
    return found["code"], found["message"]


def test_an_event_has_what_the_service_shows(person):
    graph = person("Dana Swope")
    event = create(
        graph,
        body={"contentType": "HTML", "content": "Does noon work for you?"},
        location={"displayName": "Harry's Bar"},
        zone="Pacific Standard Time",
        importance="High",
        sensitivity="Private",
        showAs="oof",
        categories=["Red"],
        reminderMinutesBeforeStart=30,
    )
    assert event["@odata.etag"] == f'W/"{event["changeKey"]}"'
    assert event["type"] == "singleInstance"
    assert event["start"] == at("2026-03-02T20:00:00.0000000")
    assert event["end"] == at("2026-03-02T21:00:00.0000000")
    assert event["originalStartTimeZone"] == "Pacific Standard Time"
    assert event["originalEndTimeZone"] == "Pacific Standard Time"
    assert "originalStart" not in event and "transactionId" not in event
    assert event["body"]["contentType"] == "html"
    assert event["bodyPreview"] == "Does noon work for you?"
    assert event["location"] == {
        "displayName": "Harry's Bar",
        "locationType": "default",
        "uniqueId": "Harry's Bar",
        "uniqueIdType": "private",
    }
    assert event["importance"] == "high"
    assert event["sensitivity"] == "private"
    assert (event["showAs"], event["categories"]) == ("oof", ["Red"])
    assert (event["isReminderOn"], event["reminderMinutesBeforeStart"]) == (True, 30)
    assert event["isOrganizer"] is True
    assert event["responseStatus"] == {
        "response": "organizer",
        "time": "0001-01-01T00:00:00Z",
    }
    assert event["organizer"]["emailAddress"]["name"] == "Dana Swope"
    assert len(event["iCalUId"]) == 112 and event["iCalUId"][32:40] == "0" * 8
    assert event["webLink"].startswith("https://outlook.office365.com/owa/?itemid=")
    again = graph.get(f"me/events/{event['id']}").json()
    assert again == event


def test_a_new_event_without_more_is_busy_with_a_reminder(person):
    event = create(person())
    assert (event["showAs"], event["sensitivity"]) == ("busy", "normal")
    assert (event["isReminderOn"], event["reminderMinutesBeforeStart"]) == (True, 15)
    assert event["location"]["displayName"] == "" and event["locations"] == []
    assert event["attendees"] == [] and event["recurrence"] is None


@pytest.mark.parametrize(
    "asked, start",
    [
        ("UTC", "2026-07-02T10:00:00.0000000"),
        (BERLIN, "2026-07-02T12:00:00.0000000"),
        ("Europe/Berlin", "2026-07-02T12:00:00.0000000"),
        ("Asia/Tokyo", "2026-07-02T19:00:00.0000000"),
    ],
)
def test_times_come_in_the_zone_one_asks_for(person, asked, start):
    graph = person()
    event = create(
        graph, start="2026-07-02T12:00:00", end="2026-07-02T12:30:00", zone=BERLIN
    )
    answer = graph.get(f"me/events/{event['id']}", f'outlook.timezone="{asked}"')
    assert answer.json()["start"] == at(start, asked)
    assert answer.headers["Preference-Applied"] == f'outlook.timezone="{asked}"'


@pytest.mark.parametrize(
    "zone", ["Greenwich Mean Time", "tzone://Microsoft/Custom", ""]
)
def test_unknown_zones_are_refused_where_they_are_written(person, zone):
    graph = person()
    if not zone:
        assert create(graph, zone="")["originalStartTimeZone"] == "UTC"
        return
    code, message = error(graph.post("me/events", body(zone=zone)))
    assert code == "TimeZoneNotSupportedException" and zone in message
    code, _message = error(graph.get("me/events", f'outlook.timezone="{zone}"'))
    assert code == "TimeZoneNotSupportedException"


def test_iana_names_are_kept_as_windows_names(person):
    event = create(person(), zone="Europe/Zurich")
    assert event["originalStartTimeZone"] == BERLIN


def test_a_custom_zone_shows_no_name_but_keeps_its_rules(service, person):
    graph = person()
    service.add_event(
        graph.address,
        subject="Old",
        start=f"2026-03-23T09:00:00 {BERLIN}",
        end=f"2026-03-23T10:00:00 {BERLIN}",
        originalStartTimeZone="tzone://Microsoft/Custom",
        recurrence={
            "pattern": {"type": "weekly", "interval": 1, "daysOfWeek": ["monday"]},
            "range": {
                "type": "numbered",
                "numberOfOccurrences": 2,
                "startDate": "2026-03-23",
            },
        },
    )
    event = graph.get("me/events").json()["value"][0]
    assert event["originalStartTimeZone"] == "tzone://Microsoft/Custom"
    zone = event["recurrence"]["range"]["recurrenceTimeZone"]
    assert zone == "tzone://Microsoft/Custom"
    rows = graph.get("me/calendarView?startDateTime=2026-03-01&endDateTime=2026-05-01")
    starts = [row["start"]["dateTime"][:16] for row in rows.json()["value"]]
    assert starts == ["2026-03-23T08:00", "2026-03-30T07:00"]


def test_written_times_may_have_an_offset(person):
    event = create(
        person(),
        start="2026-03-02T12:00:00Z",
        end="2026-03-02T14:00:00+01:00",
        zone=BERLIN,
    )
    assert event["start"] == at("2026-03-02T12:00:00.0000000")
    assert event["end"] == at("2026-03-02T13:00:00.0000000")


# -- all-day ---------------------------------------------------------------------------

ALL_DAY = {
    "isAllDay": True,
    "start": "2026-03-02T00:00:00",
    "end": "2026-03-03T00:00:00",
}


@pytest.mark.parametrize("zone", ["UTC", BERLIN, "Tokyo Standard Time"])
@pytest.mark.parametrize("asked", ["UTC", "Hawaiian Standard Time"])
def test_all_day_events_read_as_dates_in_every_zone(person, zone, asked):
    graph = person()
    event = create(graph, **ALL_DAY, zone=zone)
    path = f"me/events/{event['id']}"
    shown = graph.get(path, f'outlook.timezone="{asked}"').json()
    assert shown["start"] == at("2026-03-02T00:00:00.0000000", asked)
    assert shown["end"] == at("2026-03-03T00:00:00.0000000", asked)
    assert shown["originalStartTimeZone"] == zone


def test_windows_and_filters_go_by_the_stored_instant_of_an_all_day_event(person):
    """Midnight in Tokyo is 15:00 of the day before in UTC."""
    graph = person()
    create(graph, **ALL_DAY, zone="Tokyo Standard Time")
    window = "me/calendarView?startDateTime={}&endDateTime={}"
    early = window.format("2026-03-01T14:00:00", "2026-03-01T16:00:00")
    late = window.format("2026-03-02T16:00:00", "2026-03-02T23:00:00")
    assert len(graph.get(early).json()["value"]) == 1
    assert graph.get(late).json()["value"] == []
    found = "me/events?$filter=start/dateTime lt '2026-03-01T16:00:00'"
    assert len(graph.get(found).json()["value"]) == 1


@pytest.mark.parametrize(
    "start, end, zones, words",
    [
        ("2026-03-02T08:00:00", "2026-03-03T00:00:00", None, "Event.Start"),
        ("2026-03-02T00:00:00", "2026-03-02T18:00:00", None, "Event.End"),
        ("2026-03-02T00:00:00", "2026-03-02T00:00:00", None, "at least 24 hours"),
        ("2026-03-02T00:00:00", "2026-03-03T00:00:00", ("UTC", BERLIN), "same time"),
    ],
)
def test_all_day_rules_of_a_new_event(person, start, end, zones, words):
    graph = person()
    first, second = zones or (BERLIN, BERLIN)
    values = {"start": at(start, first), "end": at(end, second), "isAllDay": True}
    code, message = error(graph.post("me/events", values))
    assert code == "ErrorInvalidRequest" and words in message


@pytest.mark.parametrize("flag", [True, False])
def test_changing_the_all_day_flag_needs_both_times(person, flag):
    graph = person()
    event = create(graph, **ALL_DAY)
    path = f"me/events/{event['id']}"
    code, message = error(graph.call("PATCH", path, json={"isAllDay": flag}))
    assert (
        code == "ErrorInvalidRequest" and "Missing parameters: Event.Start" in message
    )
    half = {"isAllDay": flag, "start": at("2026-03-05T00:00:00")}
    assert "Event.End" in error(graph.call("PATCH", path, json=half))[1]
    full = {**half, "end": at("2026-03-06T00:00:00")}
    changed = graph.call("PATCH", path, json=full).json()
    assert changed["isAllDay"] is flag
    assert changed["start"]["dateTime"] == "2026-03-05T00:00:00.0000000"


# -- changing --------------------------------------------------------------------------


def test_a_change_gives_a_new_change_key_and_leaves_the_rest(person):
    graph = person()
    event = create(graph, location={"displayName": "Room 1"}, categories=["a"])
    path = f"me/events/{event['id']}"
    changed = graph.call("PATCH", path, json={"subject": "Dinner"}).json()
    assert changed["subject"] == "Dinner" and changed["categories"] == ["a"]
    assert changed["changeKey"] != event["changeKey"]
    for name in ("start", "end", "location", "iCalUId", "id", "createdDateTime"):
        assert changed[name] == event[name]


def test_a_location_replaces_all_locations(person):
    graph = person()
    rooms = [{"displayName": "A"}, {"displayName": "B"}]
    event = create(graph, locations=rooms)
    assert [place["displayName"] for place in event["locations"]] == ["A", "B"]
    assert event["location"]["displayName"] == "A; B"
    path = f"me/events/{event['id']}"
    changed = graph.call("PATCH", path, json={"location": {"displayName": "C"}}).json()
    assert [place["displayName"] for place in changed["locations"]] == ["C"]
    none = graph.call("PATCH", path, json={"location": None}).json()
    assert none["locations"] == [] and none["location"]["displayName"] == ""


def test_a_text_body_becomes_html_and_comes_as_one_asks(person):
    graph = person()
    event = create(graph, body={"contentType": "text", "content": "a < b\nc"})
    assert event["body"]["contentType"] == "html"
    assert "a &lt; b" in event["body"]["content"]
    path = f"me/events/{event['id']}"
    answer = graph.get(path, 'outlook.body-content-type="text"')
    assert answer.json()["body"] == {"contentType": "text", "content": "a < b\r\nc"}
    window = "startDateTime=2026-03-01&endDateTime=2026-04-01"
    for path in (f"me/calendarView?{window}", f"me/calendarView/delta?{window}"):
        answer = graph.get(path, 'outlook.body-content-type="text"')
        assert answer.json()["value"][0]["body"]["contentType"] == "text"
        assert (
            'outlook.body-content-type="text"' in answer.headers["Preference-Applied"]
        )


def test_what_the_service_keeps_is_ignored_in_a_body(person):
    graph = person()
    event = create(graph, iCalUId="mine", isCancelled=True, bodyPreview="x")
    assert event["iCalUId"] != "mine" and event["isCancelled"] is False


@pytest.mark.parametrize(
    "values",
    [
        {"title": "x"},
        {"subject": 1},
        {"showAs": "asleep"},
        {"start": {"date": "2026-03-02"}},
        {"attendees": [{"address": "x@example.org"}]},
        {"attendees": {}},
        {"location": {"name": "x"}},
        {"recurrence": {"pattern": {"type": "daily", "every": 2}}},
        {"isAllDay": "yes"},
    ],
)
def test_unknown_properties_and_wrong_types_are_refused(person, values):
    graph = person()
    event = create(graph)
    answer = graph.call("PATCH", f"me/events/{event['id']}", json=values)
    assert error(answer)[0] == "RequestBodyRead"


@pytest.mark.parametrize(
    "values, code",
    [
        ({"subject": "x"}, "ErrorInvalidRequest"),
        ({"start": at("2026-03-02T10:00:00")}, "ErrorInvalidRequest"),
        ({"start": at("soon"), "end": at("later")}, "ErrorPropertyValidationFailure"),
        (
            {"start": at("2026-03-02T10:00:00"), "end": at("2026-03-02T09:00:00")},
            "ErrorPropertyValidationFailure",
        ),
    ],
)
def test_events_without_sensible_times_are_refused(person, values, code):
    assert error(person().post("me/events", values))[0] == code


def test_stale_versions_are_refused(person):
    graph = person()
    event = create(graph)
    path = f"me/events/{event['id']}"
    old = {"If-Match": event["@odata.etag"]}
    assert graph.call("PATCH", path, json={"subject": "a"}, headers=old).ok
    for method, values in (("PATCH", {"subject": "b"}), ("DELETE", None)):
        answer = graph.call(method, path, json=values, headers=old)
        assert error(answer, 412)[0] == "ErrorIrresolvableConflict"
    fresh = {"If-Match": graph.get(path).json()["@odata.etag"]}
    assert graph.call("DELETE", path, headers=fresh).status_code == 204


def test_a_deleted_event_is_gone_and_a_second_delete_says_so(person):
    graph = person()
    event = create(graph)
    key = graph.get(f"me/events/{event['id']}", IMMUTABLE).json()["id"]
    assert key != event["id"]
    assert graph.call("DELETE", f"me/events/{event['id']}").status_code == 204
    for path in (f"me/events/{event['id']}", f"me/events/{key}"):
        assert error(graph.get(path), 404)[0] == "ErrorItemNotFound"
        assert error(graph.call("DELETE", path), 404)[0] == "ErrorItemNotFound"
    assert graph.get("me/events").json()["value"] == []
    # The bin of events is not the mails' folder.
    path = "me/mailFolders/deleteditems/messages"
    assert graph.get(path).json()["value"] == []


def test_permanent_delete(person):
    graph = person()
    event = create(graph)
    path = f"me/events/{event['id']}"
    assert graph.post(f"{path}/permanentDelete").status_code == 204
    assert graph.get(path).status_code == 404


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
