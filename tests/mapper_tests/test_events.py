"""Events of an Exchange server: the same as Graph says of the same calendar."""

import dataclasses
from datetime import date, datetime, timedelta

import pytest
import requests
from conftest import BEN, open_mailbox
from lxml import etree

from client import SyncStateExpired
from client.event_page import Window
from mapper.series import is_eastern

MARCH = Window(datetime(2026, 3, 1), datetime(2026, 4, 15))
#: Graph has its own addresses of things.
OURS = {"webLink"}
WEEKLY = {
    "pattern": {
        "type": "weekly",
        "interval": 1,
        "daysOfWeek": ["monday", "thursday"],
        "firstDayOfWeek": "monday",
    },
    "range": {"type": "numbered", "startDate": "2026-03-02", "numberOfOccurrences": 10},
}


@pytest.fixture
def graph(exchange, login):
    """A function that asks the same mailbox by Graph."""
    session = requests.Session()
    session.trust_env = False
    session.headers["Authorization"] = f"Bearer {exchange.token_for(login)}"

    def get(path, **query):
        answer = session.get(f"{exchange.url}/me/{path}", params=query, timeout=30)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return get


@pytest.fixture
def mapped(mapper, login):
    """A function that asks it by the mapper."""
    session = requests.Session()
    session.trust_env, session.auth = False, (login, "secret")

    def get(path, **query):
        answer = session.get(f"{mapper.url}/me/{path}", params=query, timeout=30)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return get


def add_series(exchange, login, **values):
    values = {
        "subject": "Series",
        "start": "2026-03-02T18:00:00 Europe/Berlin",
        "end": "2026-03-02T19:00:00 Europe/Berlin",
        "recurrence": WEEKLY,
        **values,
    }
    return exchange.add_event(login, **values)


def occurrences(graph, window=MARCH):
    rows = graph("calendarView", **window.query(), **{"$top": 200})["value"]
    return [row for row in rows if row["type"] != "singleInstance"]


def same(row, other):
    """Whether both say the same of an event."""
    names = (set(row) | set(other)) - OURS - {"@odata.context"}
    return {n: (row.get(n), other.get(n)) for n in names if row.get(n) != other.get(n)}


def fill(exchange, login, graph):
    """A calendar with a meeting, days, and a series with all that may happen to it."""
    if exchange.store.directory.user(BEN) is None:
        exchange.add_mailbox(BEN, name="Ben Bauer")
    exchange.add_event(
        login,
        subject="Grüße <&>",
        start="2026-03-02T09:00:00 Europe/Berlin",
        end="2026-03-02T10:00:00 Europe/Berlin",
        body={"contentType": "html", "content": "<p>Agenda</p>"},
        location={"displayName": "Room 7"},
        categories=["Red", "Odoo"],
        attendees=[
            {"emailAddress": {"address": BEN, "name": "Ben"}, "type": "required"},
            {"emailAddress": {"address": "x@y.example"}, "type": "optional"},
        ],
        sensitivity="private",
        showAs="tentative",
        importance="high",
        isReminderOn=True,
        reminderMinutesBeforeStart=45,
    )
    exchange.add_event(
        login, subject="Fair", start="2026-03-05", end="2026-03-07", isAllDay=True
    )
    exchange.add_event(
        login,
        subject="Far east",
        start={"dateTime": "2026-03-05T00:00:00", "timeZone": "Pacific/Auckland"},
        end={"dateTime": "2026-03-06T00:00:00", "timeZone": "Pacific/Auckland"},
        isAllDay=True,
    )
    add_series(exchange, login)
    rows = occurrences(graph)
    exchange.change_event(
        login,
        rows[2]["id"],
        subject="Moved",
        start="2026-03-10T20:00:00 Europe/Berlin",
        end="2026-03-10T21:30:00 Europe/Berlin",
    )
    exchange.delete_event(login, rows[4]["id"])
    add_series(
        exchange,
        login,
        subject="Days",
        start="2026-03-03",
        end="2026-03-04",
        isAllDay=True,
        recurrence={
            "pattern": {"type": "daily", "interval": 3},
            "range": {"type": "noEnd", "startDate": "2026-03-03"},
        },
    )


@pytest.mark.parametrize("version", ["2010_SP2", "2013_SP1", "15.2"])
def test_a_window_is_the_same_as_at_graph(exchange, login, graph, mapped, version):
    exchange.user(login).exchange_version = version
    fill(exchange, login, graph)
    query = {**MARCH.query(), "$top": 100}
    theirs = graph("calendarView", **query)["value"]
    mine = mapped("calendarView", **query)["value"]
    assert len(theirs) == len(mine) > 20
    for row, other in zip(theirs, mine, strict=True):
        assert same(row, other) == {}, (row["subject"], row["type"])


def test_days_in_a_zone_without_a_name_are_the_same_as_at_graph(
    exchange, login, graph, mapped
):
    for day, zone in ((5, "Pacific/Auckland"), (9, "Pacific/Honolulu")):
        exchange.add_event(
            login,
            subject=zone,
            start=f"2026-03-{day:02}T00:00:00 {zone}",
            end=f"2026-03-{day + 1:02}T00:00:00 {zone}",
            isAllDay=True,
            originalStartTimeZone="tzone://Microsoft/Custom",
        )
    query = {**MARCH.query(), "$top": 100}
    theirs, mine = graph("calendarView", **query), mapped("calendarView", **query)
    days = [row["start"]["dateTime"][:10] for row in mine["value"]]
    assert days == ["2026-03-05", "2026-03-09"]
    assert days == [row["start"]["dateTime"][:10] for row in theirs["value"]]


@pytest.mark.parametrize(
    ("bias", "eastern"),
    [
        ("-PT12H", True),
        ("-PT12H45M", True),
        ("-PT765M", True),
        ("-P0DT13H0M0.0S", True),
        ("-PT11H30M", False),
        ("-PT690M", False),
        ("PT12H", False),
        ("P0DT8H0M0.0S", False),
        ("", False),
    ],
)
def test_the_rules_of_a_zone_are_read_in_every_notation(bias, eastern):
    zone = etree.fromstring('<Zone Id="X"><Periods><Period/></Periods></Zone>')
    zone[0][0].set("Bias", bias)
    assert is_eastern(zone) is eastern


def test_one_event_is_the_same_as_at_graph(exchange, login, graph, mapped):
    fill(exchange, login, graph)
    listed = graph("events", **{"$top": 100})["value"]
    assert sorted(row["id"] for row in listed) == sorted(
        row["id"] for row in mapped("events", **{"$top": 100})["value"]
    )
    rows = [*listed, *occurrences(graph)[:9]]
    for row in rows:
        path = f"events/{row['id']}"
        assert same(graph(path), mapped(path)) == {}, (row["subject"], row["type"])
    master = next(row["id"] for row in listed if row["subject"] == "Series")
    expand = {"$expand": "exceptionOccurrences", "$select": "cancelledOccurrences"}
    theirs, mine = (get(f"events/{master}", **expand) for get in (graph, mapped))
    (row,), (other,) = theirs["exceptionOccurrences"], mine["exceptionOccurrences"]
    assert row["id"] == other["id"]
    assert theirs["cancelledOccurrences"] == mine["cancelledOccurrences"]
    query = {**MARCH.query(), "$top": 50}
    theirs, mine = (
        get(f"events/{master}/instances", **query)["value"] for get in (graph, mapped)
    )
    assert [same(*pair) for pair in zip(theirs, mine, strict=True)] == [{}] * 9


@pytest.mark.parametrize(
    "pattern",
    [
        {"type": "daily", "interval": 2},
        {"type": "weekly", "interval": 2, "daysOfWeek": ["tuesday", "friday"]},
        {"type": "absoluteMonthly", "interval": 1, "dayOfMonth": 31},
        {
            "type": "relativeMonthly",
            "interval": 1,
            "daysOfWeek": ["monday", "tuesday", "wednesday", "thursday", "friday"],
            "index": "last",
        },
        {
            "type": "relativeMonthly",
            "interval": 1,
            "daysOfWeek": ["sunday"],
            "index": "second",
        },
        {"type": "absoluteYearly", "interval": 1, "dayOfMonth": 2, "month": 3},
        {
            "type": "relativeYearly",
            "interval": 1,
            "daysOfWeek": ["monday"],
            "index": "first",
            "month": 3,
        },
    ],
)
@pytest.mark.parametrize("kind", ["endDate", "noEnd", "numbered"])
def test_each_pattern_recurs_as_at_graph(exchange, login, graph, mapped, pattern, kind):
    extent = {"type": kind, "startDate": "2026-03-02"}
    extent |= {"endDate": "2028-05-01"} if kind == "endDate" else {}
    extent |= {"numberOfOccurrences": 3} if kind == "numbered" else {}
    made = add_series(exchange, login, recurrence={"pattern": pattern, "range": extent})
    path = f"events/{made.id}"
    assert mapped(path)["recurrence"] == graph(path)["recurrence"]


@pytest.mark.parametrize(
    "select",
    ["id", "id,type,start,end,isAllDay,originalStart,seriesMasterId,changeKey"],
)
def test_a_short_answer_is_the_same_as_at_graph(exchange, login, graph, mapped, select):
    query = {**MARCH.query(), "$top": 100, "$select": select}
    add_series(exchange, login)
    for _time in range(2):
        master = graph("events")["value"][0]["id"]
        for path in ("calendarView", f"events/{master}/instances"):
            theirs, mine = (get(path, **query)["value"] for get in (graph, mapped))
            assert len(theirs) == len(mine) >= 10
            for pair in zip(theirs, mine, strict=True):
                assert same(*pair) == {}
        changed = occurrences(graph)[1]["id"]
        exchange.change_event(login, changed, subject="Other")
        days = {"start": "2026-03-02", "end": "2026-03-03", "isAllDay": True}
        add_series(exchange, login, **days)


def test_the_client_sees_the_same_events_by_the_mapper(exchange, mailbox, login, graph):
    fill(exchange, login, graph)
    pages = list(mailbox.events.rounds(MARCH, fresh=True))
    found = {item["id"]: item for page in pages for item in page.items}
    query = {**MARCH.query(), "$top": 100}
    wanted = {row["id"]: row for row in graph("calendarView", **query)["value"]}
    assert set(found) == set(wanted)
    for event_id, item in found.items():
        assert item["start"] == wanted[event_id]["start"]
        assert (item.get("seriesMasterId") or None) == wanted[event_id][
            "seriesMasterId"
        ]
        if item["type"] != "occurrence":
            assert same(item, wanted[event_id]).keys() <= {"@odata.type"}
    viewed = {item["id"] for page in mailbox.events.view(MARCH) for item in page.items}
    assert viewed == set(wanted)


def test_a_round_tells_what_became_of_events(exchange, mailbox, login, graph):
    fill(exchange, login, graph)
    link = list(mailbox.events.rounds(MARCH, fresh=True))[-1].delta_link
    (idle,) = mailbox.events.rounds(MARCH, link)
    assert not idle.items and not idle.gone
    rows = graph("events", **{"$top": 50})["value"]
    ids = {row["subject"]: row["id"] for row in rows}
    exchange.delete_event(login, ids["Fair"])
    exchange.change_event(
        login,
        ids["Grüße <&>"],
        start="2026-07-01T09:00:00 Europe/Berlin",
        end="2026-07-01T10:00:00 Europe/Berlin",
    )
    exchange.delete_event(login, occurrences(graph)[0]["id"])
    exchange.add_event(
        login, subject="New", start="2026-03-20T09:00:00", end="2026-03-20T10:00:00"
    )
    exchange.add_event(
        login, subject="Later", start="2027-03-20T09:00:00", end="2027-03-20T10:00:00"
    )
    (page,) = mailbox.events.rounds(MARCH, idle.delta_link)
    assert page.gone == {ids["Fair"]}
    subjects = {item.get("subject") for item in page.items} - {None}
    assert {"New", "Moved", "Grüße <&>"} >= subjects >= {"New", "Moved"}
    assert "Later" not in subjects
    # the series that changed is there, whole, as it is now
    series = ids["Series"] if ids["Series"] in page.whole else ids["Days"]
    present = {r["id"] for r in occurrences(graph) if r["seriesMasterId"] == series}
    shown = {i["id"] for i in page.items if i.get("seriesMasterId") == series}
    assert shown == present


def test_a_link_is_good_for_its_calendar_alone(exchange, mailbox, login):
    link = list(mailbox.events.rounds(MARCH))[-1].delta_link
    for bad in (link[:-6], link.replace("deltatoken=", "deltatoken=A")):
        with pytest.raises(SyncStateExpired):
            list(mailbox.events.rounds(MARCH, bad))
    exchange.expire_delta_tokens(login)
    with pytest.raises(SyncStateExpired):
        list(mailbox.events.rounds(MARCH, link))


def test_a_window_is_read_however_much_is_in_it(exchange, login, mapped, mailbox):
    """More than an answer of Exchange holds, and longer than its longest window."""
    quirks = dataclasses.asdict(exchange.quirks)
    exchange.quirks.find_limit = 40
    day = date(2024, 1, 1)
    try:
        add_series(
            exchange,
            login,
            start="2024-01-01T09:00:00",
            end="2024-01-01T10:00:00",
            recurrence={
                "pattern": {"type": "daily", "interval": 4},
                "range": {"type": "noEnd", "startDate": "2024-01-01"},
            },
        )
        window = Window(datetime(2024, 1, 1), datetime(2028, 12, 1))
        pages = list(mailbox.events.view(window))
    finally:
        exchange.quirks.find_limit = quirks["find_limit"]
    starts = [item["start"]["dateTime"][:10] for page in pages for item in page.items]
    wanted = [(day + timedelta(days=4 * n)).isoformat() for n in range(449)]
    assert starts == [text for text in wanted if text < "2028-12-01"]


@pytest.mark.parametrize(
    "query, words",
    [
        ({}, "time window"),
        ({"startDateTime": "2026-03-01", "endDateTime": "soon"}, "time window"),
        ({"startDateTime": "2026-03-02", "endDateTime": "2026-03-01"}, "ends before"),
        ({"startDateTime": "2020-03-02", "endDateTime": "2026-03-01"}, "1825"),
    ],
)
def test_a_window_that_is_none(mapper, login, query, words):
    session = requests.Session()
    session.trust_env, session.auth = False, (login, "secret")
    for path in ("calendarView", "calendarView/delta"):
        answer = session.get(f"{mapper.url}/me/{path}", params=query, timeout=30)
        assert answer.status_code == 400
        assert words in answer.json()["error"]["message"]


def test_a_meeting_is_the_same_for_all_who_take_part(exchange, mapper, login):
    other = f"other-{login}"
    exchange.add_mailbox(other)
    invited = {"emailAddress": {"address": other}, "type": "required"}
    add_series(exchange, login, attendees=[invited])
    found = []
    for address in (login, other):
        with open_mailbox(mapper.short, address) as mailbox:
            pages = list(mailbox.events.rounds(MARCH, fresh=True))
        (master,) = pages[0].masters.values()
        found.append(master)
    mine, his = found
    assert mine["iCalUId"] == his["iCalUId"] and mine["iCalUId"][32:40] == "0" * 8
    assert (mine["isOrganizer"], his["isOrganizer"]) == (True, False)
    assert his["responseStatus"]["response"] == "notResponded"
    assert his["organizer"]["emailAddress"]["address"] == login
