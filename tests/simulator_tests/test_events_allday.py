"""All-day events: midnight to midnight, in every zone, and the refusals."""

import pytest
from personal import BERLIN, at, create, error

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
