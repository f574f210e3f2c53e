"""Series by exchangelib, an independent client: patterns, exceptions, the reverse."""

import pytest
from ews_account import BERLIN, BUILDS, account, at
from exchangelib import (
    CalendarItem,
    EWSDate,
)
from exchangelib.protocol import CachingProtocol
from exchangelib.recurrence import (
    AbsoluteMonthlyPattern,
    AbsoluteYearlyPattern,
    DailyPattern,
    Recurrence,
    RelativeMonthlyPattern,
    RelativeYearlyPattern,
    WeeklyPattern,
)
from simulator.ews.ids import to_ews


@pytest.fixture(params=list(BUILDS))
def anna(sim, request):
    """Anna's account at each version."""
    yield account(sim, version=request.param)
    CachingProtocol.clear_cache()


PATTERNS = [
    (DailyPattern(interval=3), ["02", "05", "08"]),
    (
        WeeklyPattern(
            interval=1, weekdays=["Monday", "Friday"], first_day_of_week="Monday"
        ),
        ["02", "06", "09"],
    ),
    (AbsoluteMonthlyPattern(interval=1, day_of_month=2), ["02", "02", "02"]),
    (
        RelativeMonthlyPattern(interval=1, weekday="Weekday", week_number="First"),
        ["02", "01", "01"],
    ),
    (AbsoluteYearlyPattern(day_of_month=2, month="March"), ["02", "02", "02"]),
    (
        RelativeYearlyPattern(weekday="Monday", week_number="First", month="March"),
        ["02", "01", "06"],
    ),
]


@pytest.mark.parametrize("pattern, days", PATTERNS)
def test_a_series_of_each_pattern(sim, graph, pattern, days):
    anna = account(sim)
    CalendarItem(
        account=anna,
        folder=anna.calendar,
        subject="Series",
        start=at(2, 9),
        end=at(2, 10),
        recurrence=Recurrence(
            pattern=pattern, start=EWSDate(2026, 3, 2), number=len(days)
        ),
    ).save()
    path = "me/calendarView?startDateTime=2026-01-01&endDateTime=2030-01-01"
    rows = graph.get(path).json()["value"]
    assert [row["start"]["dateTime"][8:10] for row in rows] == days
    master = anna.calendar.all().get()
    assert master.recurrence.pattern == pattern
    assert master.recurrence.boundary.number == len(days)


def test_exceptions_and_cancelled_occurrences(sim, graph, anna):
    CalendarItem(
        account=anna,
        folder=anna.calendar,
        subject="Weekly",
        start=at(2, 9),
        end=at(2, 10),
        recurrence=Recurrence(
            pattern=WeeklyPattern(interval=1, weekdays=["Monday"]),
            start=EWSDate(2026, 3, 2),
            number=6,
        ),
    ).save()
    master = anna.calendar.all().get()
    assert master.type == "RecurringMaster"
    second = master.occurrence(index=2).refresh()
    assert second.start == at(9, 9)
    second.subject, second.start, second.end = "Moved", at(10, 14), at(10, 15)
    second.save(update_fields=["subject", "start", "end"])
    master.occurrence(index=3).delete()
    master = anna.calendar.all().get()
    assert [o.start for o in master.modified_occurrences] == [at(10, 14)]
    assert [o.original_start for o in master.modified_occurrences] == [at(9, 9)]
    assert [o.start for o in master.deleted_occurrences] == [at(16, 9)]
    view = anna.calendar.view(start=at(1, 0), end=at(31, 0))
    assert [
        (e.subject, e.type, e.start) for e in sorted(view, key=lambda e: e.start)
    ] == [
        ("Weekly", "Occurrence", at(2, 9)),
        ("Moved", "Exception", at(10, 14)),
        ("Weekly", "Occurrence", at(23, 9)),
        ("Weekly", "Occurrence", at(30, 9)),  # summer time: nine by the clock
    ]
    path = "me/calendarView?startDateTime=2026-03-01&endDateTime=2026-03-31"
    rows = graph.get(path).json()["value"]
    assert [row["subject"] for row in rows] == ["Weekly", "Moved", "Weekly", "Weekly"]
    assert rows[3]["start"]["dateTime"][11:16] == "07:00"
    found = second.recurring_master()
    assert to_ews(graph.get("me/events").json()["value"][0]["id"]) == found.refresh().id


def test_series_of_graph_with_exceptions_is_read(sim, graph, anna):
    zone = {"timeZone": "W. Europe Standard Time"}
    made = graph.post(
        "me/events",
        {
            "subject": "Daily",
            "start": {"dateTime": "2026-03-02T09:00:00", **zone},
            "end": {"dateTime": "2026-03-02T10:00:00", **zone},
            "recurrence": {
                "pattern": {"type": "daily", "interval": 1},
                "range": {
                    "type": "endDate",
                    "startDate": "2026-03-02",
                    "endDate": "2026-03-05",
                },
            },
        },
    ).json()
    window = "startDateTime=2026-03-01&endDateTime=2026-04-01"
    path = f"me/events/{made['id']}/instances?{window}"
    rows = graph.get(path).json()["value"]
    graph.call("PATCH", f"me/events/{rows[1]['id']}", json={"subject": "Other"})
    graph.call("DELETE", f"me/events/{rows[2]['id']}")
    master = anna.calendar.all().get()
    assert master.recurrence.boundary.end == EWSDate(2026, 3, 5)
    assert master.uid == made["iCalUId"]
    exception = master.modified_occurrences[0]
    assert exception.start == at(3, 9)
    assert [o.start for o in master.deleted_occurrences] == [at(4, 9)]
    assert master._start_timezone == BERLIN
    subjects = [e.subject for e in anna.calendar.view(start=at(1, 0), end=at(31, 0))]
    assert sorted(subjects) == ["Daily", "Daily", "Other"]
