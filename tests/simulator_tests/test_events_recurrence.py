"""Series over HTTP: every pattern and range, and what makes no sense.

The expected dates are written out by hand: they must not come from the code that is
tested, nor from another library's idea of a recurrence.
"""

import pytest
from personal import BERLIN


def series(pattern, span, start, end="", zone="UTC", **more):
    """The body of a new series; ``end`` is an hour after ``start`` if not given."""
    date, _, clock = start.partition("T")
    end = end or f"{date}T{int(clock[:2]) + 1:02}{clock[2:]}"
    return {
        "subject": "Series",
        "start": {"dateTime": start, "timeZone": zone},
        "end": {"dateTime": end, "timeZone": zone},
        "recurrence": {
            "pattern": {"interval": 1, **pattern},
            "range": {"startDate": date, **span},
        },
        **more,
    }


def create_series(graph, body):
    """POST it; the master."""
    answer = graph.post("me/events", body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def starts(graph, window, prefer="", path="calendarView"):
    """Starts in a window, to the minute."""
    first, last = window
    rows, link = [], f"me/{path}?startDateTime={first}&endDateTime={last}&$top=500"
    while link:
        body = graph.get(link, prefer).json()
        rows += body["value"]
        link = body.get("@odata.nextLink")
    return [row["start"]["dateTime"][:16] for row in rows]


def dates(graph, window, prefer=""):
    """Dates of the starts in a window."""
    return [start[:10] for start in starts(graph, window, prefer)]


YEAR = ("2026-01-01", "2027-01-01")
DECADE = ("2024-01-01", "2028-12-30")


def numbered(count):
    """A range of so many occurrences."""
    return {"type": "numbered", "numberOfOccurrences": count}


def until(date):
    """A range with an end."""
    return {"type": "endDate", "endDate": date}


PATTERNS = {
    "daily": (
        {"type": "daily"},
        numbered(3),
        "2026-02-27T09:00:00",
        ["2026-02-27", "2026-02-28", "2026-03-01"],
    ),
    "every third day": (
        {"type": "daily", "interval": 3},
        until("2026-03-09"),
        "2026-02-27T09:00:00",
        ["2026-02-27", "2026-03-02", "2026-03-05", "2026-03-08"],
    ),
    "the end date is part of the range": (
        {"type": "daily", "interval": 3},
        until("2026-03-08"),
        "2026-03-02T09:00:00",
        ["2026-03-02", "2026-03-05", "2026-03-08"],
    ),
    "weekly on two days": (
        {"type": "weekly", "daysOfWeek": ["friday", "monday"]},
        numbered(4),
        "2026-03-02T09:00:00",
        ["2026-03-02", "2026-03-06", "2026-03-09", "2026-03-13"],
    ),
    "every other week from sunday": (
        {
            "type": "weekly",
            "interval": 2,
            "daysOfWeek": ["sunday", "tuesday"],
            "firstDayOfWeek": "sunday",
        },
        numbered(4),
        "2026-03-03T09:00:00",  # a Tuesday; its week began on Sunday, the 1st
        ["2026-03-03", "2026-03-15", "2026-03-17", "2026-03-29"],
    ),
    "every other week from monday": (
        {
            "type": "weekly",
            "interval": 2,
            "daysOfWeek": ["sunday", "tuesday"],
            "firstDayOfWeek": "monday",
        },
        numbered(4),
        "2026-03-03T09:00:00",  # its week ends on Sunday, the 8th
        ["2026-03-03", "2026-03-08", "2026-03-17", "2026-03-22"],
    ),
    "a written start that does not fit moves to the first that does": (
        {"type": "weekly", "daysOfWeek": ["monday"]},
        numbered(2),
        "2026-03-04T09:00:00",
        ["2026-03-09", "2026-03-16"],
    ),
    "monthly": (
        {"type": "absoluteMonthly", "dayOfMonth": 15},
        numbered(3),
        "2026-01-15T09:00:00",
        ["2026-01-15", "2026-02-15", "2026-03-15"],
    ),
    "monthly on the 31st takes the last day of short months": (
        {"type": "absoluteMonthly", "dayOfMonth": 31},
        numbered(5),
        "2026-01-31T09:00:00",
        ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31"],
    ),
    "every second month on the 30th": (
        {"type": "absoluteMonthly", "interval": 2, "dayOfMonth": 30},
        numbered(3),
        "2025-12-30T09:00:00",
        ["2025-12-30", "2026-02-28", "2026-04-30"],
    ),
    "third thursday": (
        {"type": "relativeMonthly", "daysOfWeek": ["thursday"], "index": "third"},
        numbered(3),
        "2026-01-15T09:00:00",
        ["2026-01-15", "2026-02-19", "2026-03-19"],
    ),
    "index is first when it is left out": (
        {"type": "relativeMonthly", "daysOfWeek": ["thursday"]},
        numbered(3),
        "2026-01-01T09:00:00",
        ["2026-01-01", "2026-02-05", "2026-03-05"],
    ),
    "last friday": (
        {"type": "relativeMonthly", "daysOfWeek": ["friday"], "index": "last"},
        numbered(3),
        "2026-01-30T09:00:00",
        ["2026-01-30", "2026-02-27", "2026-03-27"],
    ),
    "of several days the first that fits": (
        {
            "type": "relativeMonthly",
            "daysOfWeek": ["monday", "wednesday"],
            "index": "first",
        },
        numbered(4),
        "2026-03-02T09:00:00",
        ["2026-03-02", "2026-04-01", "2026-05-04", "2026-06-01"],
    ),
    "last weekday": (
        {
            "type": "relativeMonthly",
            "daysOfWeek": ["monday", "tuesday", "wednesday", "thursday", "friday"],
            "index": "last",
        },
        numbered(3),
        "2026-01-30T09:00:00",
        ["2026-01-30", "2026-02-27", "2026-03-31"],
    ),
    "yearly": (
        {"type": "absoluteYearly", "dayOfMonth": 5, "month": 11},
        numbered(3),
        "2025-11-05T09:00:00",
        ["2025-11-05", "2026-11-05", "2027-11-05"],
    ),
    "29 February is the 28th in other years": (
        {"type": "absoluteYearly", "dayOfMonth": 29, "month": 2},
        numbered(5),
        "2024-02-29T09:00:00",
        ["2024-02-29", "2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29"],
    ),
    "fourth thursday of November": (
        {
            "type": "relativeYearly",
            "daysOfWeek": ["thursday"],
            "index": "fourth",
            "month": 11,
        },
        numbered(3),
        "2025-11-27T09:00:00",
        ["2025-11-27", "2026-11-26", "2027-11-25"],
    ),
    "last weekend day of March every second year": (
        {
            "type": "relativeYearly",
            "interval": 2,
            "daysOfWeek": ["saturday", "sunday"],
            "index": "last",
            "month": 3,
        },
        numbered(2),
        "2025-03-30T09:00:00",
        ["2025-03-30", "2027-03-28"],
    ),
}


@pytest.mark.parametrize("case", PATTERNS)
def test_patterns(person, case):
    pattern, span, start, expected = PATTERNS[case]
    graph = person()
    create_series(graph, series(pattern, span, start))
    assert dates(graph, DECADE) == expected


@pytest.mark.parametrize("case", ["daily", "weekly on two days", "last friday"])
def test_a_series_without_end_goes_on_beyond_any_window(person, case):
    pattern, _span, start, expected = PATTERNS[case]
    graph = person()
    create_series(graph, series(pattern, {"type": "noEnd"}, start))
    assert dates(graph, (expected[0], "2027-01-01"))[: len(expected)] == expected
    far = dates(graph, ("2099-01-01", "2099-03-01"))
    assert {"daily": 59, "weekly on two days": 17, "last friday": 2}[case] == len(far)


def test_the_master_shows_its_first_occurrence_and_the_whole_rule(person):
    graph = person()
    body = series(
        {"type": "relativeMonthly", "daysOfWeek": ["Friday"], "index": "Last"},
        {"type": "NoEnd"},
        "2026-01-05T09:00:00",
        zone="Europe/Berlin",
    )
    master = create_series(graph, body)
    assert master["type"] == "seriesMaster"
    assert master["seriesMasterId"] is None
    assert master["start"]["dateTime"] == "2026-01-30T08:00:00.0000000"
    assert master["originalStartTimeZone"] == BERLIN
    assert master["recurrence"] == {
        "pattern": {
            "type": "relativeMonthly",
            "interval": 1,
            "month": 0,
            "dayOfMonth": 0,
            "daysOfWeek": ["friday"],
            "firstDayOfWeek": "sunday",
            "index": "last",
        },
        "range": {
            "type": "noEnd",
            "startDate": "2026-01-30",
            "endDate": "0001-01-01",
            "recurrenceTimeZone": BERLIN,
            "numberOfOccurrences": 0,
        },
    }


MONDAYS = {"type": "weekly", "daysOfWeek": ["monday"]}
REFUSED = {
    "no days": ({"type": "weekly"}, numbered(2), "2026-03-02T09:00:00"),
    "no day of the month": (
        {"type": "absoluteMonthly"},
        numbered(2),
        "2026-03-02T09:00:00",
    ),
    "no month": (
        {"type": "absoluteYearly", "dayOfMonth": 2},
        numbered(2),
        "2026-03-02T09:00:00",
    ),
    "a month too many": (
        {"type": "absoluteYearly", "dayOfMonth": 2, "month": 13},
        numbered(2),
        "2026-03-02T09:00:00",
    ),
    "unknown pattern": ({"type": "hourly"}, numbered(2), "2026-03-02T09:00:00"),
    "interval 0": ({**MONDAYS, "interval": 0}, numbered(2), "2026-03-02T09:00:00"),
    "no number": (MONDAYS, {"type": "numbered"}, "2026-03-02T09:00:00"),
    "too large a number": (MONDAYS, numbered(1000), "2026-03-02T09:00:00"),
    "no end": (MONDAYS, {"type": "endDate"}, "2026-03-02T09:00:00"),
    "end before start": (MONDAYS, until("2026-03-01"), "2026-03-02T09:00:00"),
    "no occurrence at all": (MONDAYS, until("2026-03-07"), "2026-03-03T09:00:00"),
    "startDate is another day": (
        MONDAYS,
        {**numbered(2), "startDate": "2026-03-09"},
        "2026-03-02T09:00:00",
    ),
    "no range type": (MONDAYS, {}, "2026-03-02T09:00:00"),
    "unknown member": ({**MONDAYS, "frequency": 1}, numbered(2), "2026-03-02T09:00:00"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_recurrences_that_make_no_sense_are_refused(person, case):
    graph = person()
    answer = graph.post("me/events", series(*REFUSED[case]))
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] in (
        "ErrorPropertyValidationFailure",
        "RequestBodyRead",
    )
    assert graph.get("me/events").json()["value"] == []
