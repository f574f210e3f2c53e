"""Events over HTTP: reading, writing, zones, refusals, deleting."""

import pytest
from personal import BERLIN, IMMUTABLE, at, body, create, error


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
