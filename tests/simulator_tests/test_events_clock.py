"""Series and the clock: time zones, both changes a year, all-day."""

import pytest
from personal import BERLIN
from test_events_recurrence import YEAR, create_series, numbered, series, starts

# Each row: zone, first start on its clocks, weekly count, UTC starts by hand.
CLOCK_CHANGES = {
    "Berlin, spring": (
        BERLIN,
        "2026-03-23T09:00:00",
        ["2026-03-23T08:00", "2026-03-30T07:00"],
    ),
    "Berlin, autumn": (
        "Europe/Berlin",
        "2026-10-19T09:00:00",
        ["2026-10-19T07:00", "2026-10-26T08:00"],
    ),
    "New York changes two weeks before Berlin": (
        "Eastern Standard Time",
        "2026-03-02T09:00:00",
        ["2026-03-02T14:00", "2026-03-09T13:00"],
    ),
    "New York, autumn": (
        "America/New_York",
        "2026-10-26T09:00:00",
        ["2026-10-26T13:00", "2026-11-02T14:00"],
    ),
    "Sydney, where autumn comes in April": (
        "AUS Eastern Standard Time",
        "2026-03-30T09:00:00",
        ["2026-03-29T22:00", "2026-04-05T23:00"],
    ),
    "Kolkata has no summer time": (
        "India Standard Time",
        "2026-03-23T09:00:00",
        ["2026-03-23T03:30", "2026-03-30T03:30"],
    ),
    "Kathmandu is a quarter of an hour off": (
        "Asia/Katmandu",
        "2026-03-23T09:00:00",
        ["2026-03-23T03:15", "2026-03-30T03:15"],
    ),
    "UTC": ("UTC", "2026-03-23T09:00:00", ["2026-03-23T09:00", "2026-03-30T09:00"]),
}


@pytest.mark.parametrize("case", CLOCK_CHANGES)
def test_the_clock_of_the_series_decides(person, case):
    zone, start, expected = CLOCK_CHANGES[case]
    graph = person()
    day = "monday"
    create_series(
        graph,
        series({"type": "weekly", "daysOfWeek": [day]}, numbered(2), start, zone=zone),
    )
    assert starts(graph, YEAR) == expected
    prefer = f'outlook.timezone="{zone}"'
    local = starts(graph, YEAR, prefer)
    assert [moment[11:] for moment in local] == ["09:00", "09:00"]


def test_a_night_with_a_clock_change_keeps_start_and_end_on_the_clock(person):
    graph = person()
    body = series(
        {"type": "daily"},
        numbered(2),
        "2026-03-28T01:00:00",
        "2026-03-28T04:00:00",
        zone=BERLIN,
    )
    create_series(graph, body)
    rows = graph.get(f"me/calendarView?startDateTime={YEAR[0]}&endDateTime={YEAR[1]}")
    found = [
        (row["start"]["dateTime"][:16], row["end"]["dateTime"][:16])
        for row in rows.json()["value"]
    ]
    assert found == [
        ("2026-03-28T00:00", "2026-03-28T03:00"),
        ("2026-03-29T00:00", "2026-03-29T02:00"),  # two hours by the sun
    ]


def test_a_time_that_the_clock_skips_comes_an_hour_later(person):
    graph = person()
    body = series(
        {"type": "daily"},
        numbered(3),
        "2026-03-28T02:30:00",
        "2026-03-28T02:45:00",
        zone=BERLIN,
    )
    create_series(graph, body)
    expected = ["2026-03-28T01:30", "2026-03-29T01:30", "2026-03-30T00:30"]
    assert starts(graph, YEAR) == expected


def test_the_zone_of_the_recurrence_may_be_another_than_that_of_the_start(person):
    """18:00 in Berlin on Tuesdays, written in UTC: the clock in Berlin decides."""
    graph = person()
    body = series(
        {"type": "weekly", "daysOfWeek": ["tuesday"]},
        {**numbered(2), "recurrenceTimeZone": BERLIN},
        "2026-03-24T17:00:00",
    )
    master = create_series(graph, body)
    assert master["recurrence"]["range"]["recurrenceTimeZone"] == BERLIN
    assert starts(graph, YEAR) == ["2026-03-24T17:00", "2026-03-31T16:00"]


@pytest.mark.parametrize(
    "zone", ["UTC", BERLIN, "Asia/Tokyo", "Hawaiian Standard Time"]
)
@pytest.mark.parametrize("asked", ["UTC", "Pacific Standard Time", "Asia/Tokyo"])
def test_all_day_series_are_midnight_to_midnight_wherever_one_asks(person, zone, asked):
    graph = person()
    body = series(
        {"type": "weekly", "daysOfWeek": ["sunday"]},
        numbered(3),
        "2026-03-22T00:00:00",
        "2026-03-24T00:00:00",
        zone=zone,
        isAllDay=True,
    )
    create_series(graph, body)
    rows = graph.get(
        "me/calendarView?startDateTime=2026-03-01&endDateTime=2026-05-01",
        f'outlook.timezone="{asked}"',
    ).json()["value"]
    assert [(row["start"], row["end"]) for row in rows] == [
        (
            {"dateTime": f"{first}T00:00:00.0000000", "timeZone": asked},
            {"dateTime": f"{last}T00:00:00.0000000", "timeZone": asked},
        )
        for first, last in (
            ("2026-03-22", "2026-03-24"),
            ("2026-03-29", "2026-03-31"),
            ("2026-04-05", "2026-04-07"),
        )
    ]
    assert all(row["isAllDay"] for row in rows)
