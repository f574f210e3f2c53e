"""Occurrences and exceptions: what deviates from a series and what that changes."""

import pytest
from personal import BERLIN, IMMUTABLE, VIEW, WINDOW, at, error, instances, weekly


def shape(rows):
    """(date, type, subject) of rows."""
    return [(r["start"]["dateTime"][:10], r["type"], r["subject"]) for r in rows]


def test_an_occurrence_is_the_master_at_another_time(person):
    graph = person()
    master = weekly(graph, categories=["Red"], sensitivity="private")
    rows = instances(graph, master)
    assert [row["type"] for row in rows] == ["occurrence"] * 6
    one = rows[4]
    assert one["seriesMasterId"] == master["id"] and one["recurrence"] is None
    assert (one["categories"], one["sensitivity"]) == (["Red"], "private")
    assert one["start"] == at("2026-03-30T07:00:00.0000000")
    assert one["originalStart"] == "2026-03-30T07:00:00Z"
    assert one["occurrenceId"] == f"OID.{master['id']}.2026-03-30"
    assert one["@odata.etag"] == master["@odata.etag"]
    assert graph.get(f"me/events/{one['id']}").json() == {
        "@odata.context": master["@odata.context"],
        **one,
    }


def test_every_occurrence_has_an_ical_uid_with_its_date(person):
    graph = person()
    master = weekly(graph)
    uids = [row["iCalUId"] for row in instances(graph, master)]
    assert len({master["iCalUId"], *uids}) == 7
    assert uids[0][32:40] == "07EA0302"  # 2026-03-02
    assert {uid[:32] + "0" * 8 + uid[40:] for uid in uids} == {master["iCalUId"]}


def test_a_foreign_uid_is_the_same_for_all(service, person):
    graph = person()
    service.add_event(
        graph.address,
        subject="Imported",
        iCalUId="abc123@google.com",
        start="2026-03-02T09:00:00",
        end="2026-03-02T10:00:00",
        recurrence={
            "pattern": {"type": "daily", "interval": 1},
            "range": {"type": "noEnd", "startDate": "2026-03-02"},
        },
    )
    rows = graph.get(VIEW).json()["value"]
    assert {row["iCalUId"] for row in rows} == {"abc123@google.com"}


def test_ids_of_occurrences_follow_the_format_of_the_masters(person):
    graph = person()
    master = weekly(graph)
    plain = instances(graph, master)[1]
    stable = instances(graph, master, prefer=IMMUTABLE)[1]
    assert plain["id"] != stable["id"]
    assert stable["seriesMasterId"] != plain["seriesMasterId"]
    assert graph.get(f"me/events/{stable['id']}").json()["id"] == plain["id"]
    assert graph.get(f"me/events/{plain['id']}", IMMUTABLE).json()["id"] == stable["id"]


def test_a_changed_occurrence_is_an_exception_under_the_same_id(person):
    graph = person()
    master = weekly(graph)
    one = instances(graph, master)[1]
    changed = graph.call(
        "PATCH", f"me/events/{one['id']}", json={"subject": "Special"}
    ).json()
    assert (changed["type"], changed["subject"]) == ("exception", "Special")
    assert changed["id"] == one["id"] and changed["iCalUId"] == one["iCalUId"]
    assert shape(instances(graph, master))[:3] == [
        ("2026-03-02", "occurrence", "Weekly"),
        ("2026-03-09", "exception", "Special"),
        ("2026-03-16", "occurrence", "Weekly"),
    ]
    fresh = graph.get(f"me/events/{master['id']}").json()
    assert fresh["subject"] == "Weekly"
    assert fresh["changeKey"] != master["changeKey"]  # exceptions live in the master


def test_a_moved_occurrence_keeps_its_original_start(person):
    graph = person()
    master = weekly(graph)
    one = instances(graph, master)[1]
    times = {
        "start": at("2026-03-11T15:00:00", BERLIN),
        "end": at("2026-03-11T17:00:00", BERLIN),
    }
    moved = graph.call("PATCH", f"me/events/{one['id']}", json=times).json()
    assert moved["start"] == at("2026-03-11T14:00:00.0000000")
    assert moved["originalStart"] == "2026-03-09T08:00:00Z"
    rows = graph.get(VIEW).json()["value"]
    assert [row["start"]["dateTime"][:10] for row in rows][:3] == [
        "2026-03-02",
        "2026-03-11",
        "2026-03-16",
    ]
    day = "startDateTime=2026-03-11&endDateTime=2026-03-12"
    there = graph.get(f"me/calendarView?{day}").json()["value"]
    assert [row["id"] for row in there] == [one["id"]]
    day = "startDateTime=2026-03-09&endDateTime=2026-03-10"
    assert graph.get(f"me/calendarView?{day}").json()["value"] == []


@pytest.mark.parametrize(
    "date, allowed",
    [
        ("2026-03-02", False),  # the day of the one before
        ("2026-03-03", True),
        ("2026-03-15", True),
        ("2026-03-16", False),  # the day of the next
        ("2026-03-18", False),
    ],
)
def test_an_occurrence_stays_between_its_neighbours(person, date, allowed):
    graph = person()
    master = weekly(graph)
    one = instances(graph, master)[1]
    times = {
        "start": at(f"{date}T20:00:00", BERLIN),
        "end": at(f"{date}T21:00:00", BERLIN),
    }
    answer = graph.call("PATCH", f"me/events/{one['id']}", json=times)
    if allowed:
        assert answer.status_code == 200
    else:
        assert error(answer)[0] == "ErrorOccurrenceCrossingBoundary"
        assert instances(graph, master)[1] == one


def test_neighbours_that_are_cancelled_or_moved_count_where_they_are(person):
    graph = person()
    master = weekly(graph)
    rows = instances(graph, master)
    assert graph.call("DELETE", f"me/events/{rows[2]['id']}").status_code == 204
    times = {
        "start": at("2026-03-17T09:00:00", BERLIN),
        "end": at("2026-03-17T10:00:00", BERLIN),
    }
    assert graph.call("PATCH", f"me/events/{rows[1]['id']}", json=times).ok
    times = {
        "start": at("2026-03-16T09:00:00", BERLIN),
        "end": at("2026-03-16T10:00:00", BERLIN),
    }
    answer = graph.call("PATCH", f"me/events/{rows[3]['id']}", json=times)
    assert error(answer)[0] == "ErrorOccurrenceCrossingBoundary"


def test_a_deleted_occurrence_leaves_a_gap_that_the_master_tells_of(person):
    graph = person()
    master = weekly(graph, count=3)
    one = instances(graph, master)[1]
    assert graph.call("DELETE", f"me/events/{one['id']}").status_code == 204
    assert error(graph.get(f"me/events/{one['id']}"), 404)
    assert [row[0] for row in shape(instances(graph, master))] == [
        "2026-03-02",
        "2026-03-16",
    ]
    path = f"me/events/{master['id']}"
    assert "cancelledOccurrences" not in graph.get(path).json()
    shown = graph.get(f"{path}?$select=cancelledOccurrences").json()
    assert shown["cancelledOccurrences"] == [f"OID.{master['id']}.2026-03-09"]


def test_the_exceptions_of_a_master(person):
    graph = person()
    master = weekly(graph)
    one = instances(graph, master)[2]
    graph.call("PATCH", f"me/events/{one['id']}", json={"showAs": "free"})
    path = f"me/events/{master['id']}?$select=subject&$expand=exceptionOccurrences"
    rows = graph.get(path).json()["exceptionOccurrences"]
    assert [(row["id"], row["type"]) for row in rows] == [(one["id"], "exception")]


def test_exceptions_follow_the_master_in_what_they_did_not_change(person):
    graph = person()
    master = weekly(graph)
    one = instances(graph, master)[1]
    graph.call("PATCH", f"me/events/{one['id']}", json={"subject": "Special"})
    values = {"subject": "New", "location": {"displayName": "Room 1"}}
    graph.call("PATCH", f"me/events/{master['id']}", json=values)
    rows = instances(graph, master)
    assert [row["subject"] for row in rows[:3]] == ["New", "Special", "New"]
    assert {row["location"]["displayName"] for row in rows} == {"Room 1"}


def test_a_new_time_of_the_series_ends_its_exceptions(person):
    graph = person()
    master = weekly(graph, count=3)
    rows = instances(graph, master)
    graph.call("PATCH", f"me/events/{rows[1]['id']}", json={"subject": "Special"})
    graph.call("DELETE", f"me/events/{rows[2]['id']}")
    times = {
        "start": at("2026-03-02T11:00:00", BERLIN),
        "end": at("2026-03-02T12:00:00", BERLIN),
    }
    assert graph.call("PATCH", f"me/events/{master['id']}", json=times).ok
    rows = instances(graph, master)
    assert [(r["type"], r["start"]["dateTime"][11:16]) for r in rows] == [
        ("occurrence", "10:00")
    ] * 3


def test_a_longer_range_keeps_exceptions(person):
    graph = person()
    master = weekly(graph, count=3)
    one = instances(graph, master)[1]
    graph.call("PATCH", f"me/events/{one['id']}", json={"subject": "Special"})
    span = {**master["recurrence"]["range"], "numberOfOccurrences": 4}
    recurrence = {**master["recurrence"], "range": span}
    answer = graph.call(
        "PATCH", f"me/events/{master['id']}", json={"recurrence": recurrence}
    )
    assert answer.status_code == 200, answer.text
    subjects = [row["subject"] for row in instances(graph, master)]
    assert subjects == ["Weekly", "Special", "Weekly", "Weekly"]


def test_a_series_becomes_a_single_event_and_a_single_event_a_series(person):
    graph = person()
    master = weekly(graph)
    path = f"me/events/{master['id']}"
    single = graph.call("PATCH", path, json={"recurrence": None}).json()
    assert (single["type"], single["recurrence"]) == ("singleInstance", None)
    assert len(graph.get(VIEW).json()["value"]) == 1
    again = graph.call("PATCH", path, json={"recurrence": master["recurrence"]}).json()
    assert again["type"] == "seriesMaster"
    assert len(graph.get(VIEW).json()["value"]) == 6


def test_an_occurrence_cannot_have_a_recurrence(person):
    graph = person()
    master = weekly(graph)
    one = instances(graph, master)[1]
    values = {"recurrence": master["recurrence"]}
    error(graph.call("PATCH", f"me/events/{one['id']}", json=values))


def test_one_occurrence_of_an_all_day_series_for_part_of_a_day(person):
    graph = person()
    master = weekly(
        graph,
        start=at("2026-03-02T00:00:00", BERLIN),
        end=at("2026-03-03T00:00:00", BERLIN),
        isAllDay=True,
    )
    one = instances(graph, master)[1]
    values = {
        "isAllDay": False,
        "start": at("2026-03-09T09:00:00", BERLIN),
        "end": at("2026-03-09T10:00:00", BERLIN),
    }
    changed = graph.call("PATCH", f"me/events/{one['id']}", json=values).json()
    assert changed["isAllDay"] is False
    assert changed["start"] == at("2026-03-09T08:00:00.0000000")
    assert [row["isAllDay"] for row in instances(graph, master)[:3]] == [
        True,
        False,
        True,
    ]


def test_deleting_the_master_deletes_all(person):
    graph = person()
    master = weekly(graph)
    one = instances(graph, master)[1]
    assert graph.call("DELETE", f"me/events/{master['id']}").status_code == 204
    assert graph.get(VIEW).json()["value"] == []
    assert error(graph.get(f"me/events/{one['id']}"), 404)


def test_instances_need_a_window_and_a_master(person):
    graph = person()
    master = weekly(graph)
    one = instances(graph, master)[0]
    code, _message = error(graph.get(f"me/events/{master['id']}/instances"))
    assert code == "ErrorInvalidParameter"
    error(graph.get(f"me/events/{one['id']}/instances?{WINDOW}"))


def test_a_stale_change_key_protects_the_whole_series(person):
    graph = person()
    master = weekly(graph)
    rows = instances(graph, master)
    old = {"If-Match": rows[0]["@odata.etag"]}
    graph.call("PATCH", f"me/events/{rows[1]['id']}", json={"subject": "x"})
    path = f"me/events/{rows[2]['id']}"
    error(graph.call("PATCH", path, json={"subject": "y"}, headers=old), 412)
