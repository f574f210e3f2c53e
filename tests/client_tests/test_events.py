"""A calendar of the simulator: rounds complete enough to be understood.

Everything that goes over the wire here is checked against Graph's own contract.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import quote

import pytest
from simulator import Fault, Quirks, Simulator
from simulator.event_store import add_calendar

from client import (
    BasicAuth,
    Events,
    Mailbox,
    Pace,
    Session,
    SyncStateExpired,
    Throttled,
    TokenAuth,
    Window,
    moment,
    paths_from_urls,
    probe,
)
from client.event_page import is_master

ANNA, PASSWORD = "anna@contoso.example", "secret"
MARCH = Window(datetime(2026, 3, 1), datetime(2026, 4, 1))
DAILY = {
    "pattern": {"type": "daily", "interval": 1},
    "range": {"type": "numbered", "startDate": "2026-03-02", "numberOfOccurrences": 5},
}


@pytest.fixture(params=["told", "silent"])
def sim(request):
    """The service tells of occurrences that are no more, or mostly does not."""
    quirks = Quirks(occurrences_removed=request.param == "told")
    with Simulator(contract=True, tls_port=None, quirks=quirks) as simulator:
        simulator.add_mailbox(ANNA, password=PASSWORD)
        yield simulator
        assert simulator.contract_problems == []


@pytest.fixture(params=["graph", "short"])
def events(request, sim):
    """The calendar by Graph's paths and by the short ones."""
    if request.param == "graph":
        auth = TokenAuth(lambda _claims: sim.token_for(ANNA))
        base_url, paths = paths_from_urls(folders_url=f"{sim.url}/me/mailFolders")
    else:
        auth = BasicAuth(ANNA, PASSWORD)
        base_url, paths = paths_from_urls(folders_url=f"{sim.short_url}/ChildFolders")
    session = Session(base_url, auth, pace=Pace(sleep=lambda _seconds: None))
    with Mailbox(session, paths) as mailbox:
        yield mailbox.events


def add(sim, subject="Talk", day=2, **values):
    values.setdefault("start", f"2026-03-{day:02}T09:00:00 UTC")
    values.setdefault("end", f"2026-03-{day:02}T10:00:00 UTC")
    return sim.add_event(ANNA, subject=subject, **values)


def occurrence(sim, day):
    start = datetime(2026, 3, day)
    rows = sim.expand(ANNA, start.isoformat(), (start + timedelta(days=1)).isoformat())
    return rows[0].immutable_id


def read(events, link=None, fresh=False):
    """One round. :return: (all pages as one, the next delta link)"""
    pages = list(events.rounds(MARCH, link, fresh=fresh))
    first = pages[0]
    for page in pages[1:]:
        first.merge(page)
    return first, pages[-1].delta_link


def test_a_round_of_single_events(sim, events):
    made = {add(sim, f"Event {n}", n % 28 + 1).immutable_id for n in range(450)}
    pages = list(events.rounds(MARCH, fresh=True))
    assert len(pages) > 2
    assert {item["id"] for page in pages for item in page.items} == made
    assert [bool(page.delta_link) for page in pages] == [False] * (len(pages) - 1) + [
        True
    ]


def test_occurrences_come_with_their_master(sim, events):
    item = add(sim, recurrence=DAILY)
    found, _link = read(events, fresh=True)
    assert [row["start"]["dateTime"][8:10] for row in found.items] == [
        "02",
        "03",
        "04",
        "05",
        "06",
    ]
    assert set(found.masters) == {item.immutable_id}
    assert found.masters[item.immutable_id]["subject"] == "Talk"
    assert not found.whole


def test_a_changed_series_is_read_as_a_whole(sim, events):
    item = add(sim, recurrence=DAILY)
    _found, link = read(events, fresh=True)
    sim.delete_event(ANNA, occurrence(sim, 4))
    sim.change_event(ANNA, occurrence(sim, 5), subject="Other")
    found, _link = read(events, link)
    assert found.whole == {item.immutable_id}
    days = {row["start"]["dateTime"][8:10]: row for row in found.items}
    assert sorted(days) == ["02", "03", "05", "06"]
    assert days["05"]["subject"] == "Other"


def test_deleted_is_gone(sim, events):
    single, series = add(sim), add(sim, recurrence=DAILY)
    _found, link = read(events, fresh=True)
    sim.delete_event(ANNA, single.immutable_id)
    sim.delete_event(ANNA, series.immutable_id)
    found, _link = read(events, link)
    assert {single.immutable_id, series.immutable_id} <= found.gone
    assert found.items == []


def test_out_of_sight_is_not_gone(sim, events):
    single = add(sim)
    _found, link = read(events, fresh=True)
    later = {"start": "2026-06-02T09:00:00 UTC", "end": "2026-06-02T10:00:00 UTC"}
    sim.change_event(ANNA, single.immutable_id, **later)
    found, _link = read(events, link)
    assert found.gone == set()
    assert [item["start"]["dateTime"][:10] for item in found.items] == ["2026-06-02"]


def test_in_another_calendar_is_gone(sim, events):
    single = add(sim)
    _found, link = read(events, fresh=True)
    mailbox = sim.mailbox(ANNA)
    with mailbox.lock:
        mailbox.move(single, add_calendar(mailbox, "Other"))
    found, _link = read(events, link)
    assert found.gone == {single.immutable_id}


def test_look_up(sim, events):
    here, there, gone = add(sim), add(sim, day=3), add(sim, day=4)
    later = {"start": "2026-06-02T09:00:00 UTC", "end": "2026-06-02T10:00:00 UTC"}
    sim.change_event(ANNA, there.immutable_id, **later)
    sim.delete_event(ANNA, gone.immutable_id)
    ids = [each.immutable_id for each in (here, there, gone)]
    found = events.look_up([*ids, "..", "no-such-id"], MARCH)
    assert {item["id"] for item in found.items} == set(ids[:2])
    assert ids[2] in found.gone
    assert set(found.failed) | found.gone == {ids[2], "..", "no-such-id"}


def test_a_view(sim, events):
    for day in range(1, 29):
        add(sim, day=day)
    series = add(sim, recurrence=DAILY)
    window = Window(datetime(2026, 3, 4), datetime(2026, 3, 6))
    pages = list(events.view(window))
    assert len([item for page in pages for item in page.items]) == 4
    assert pages[0].masters.keys() == {series.immutable_id}


def test_an_idle_calendar_is_one_request(sim, events):
    add(sim)
    _found, link = read(events, fresh=True)
    before = len(sim.requests)
    (page,) = probe(Mailbox(events.session, events.paths), [link])
    assert (page.items, page.removed) == ([], {})
    assert len([e for e in list(sim.requests)[before:] if not e.in_batch]) == 1


def test_a_lost_position_is_told(sim, events):
    for n in range(450):
        add(sim, f"Event {n}")
    pages = events.rounds(MARCH, fresh=True)
    next(pages)
    sim.expire_delta_tokens(ANNA)
    with pytest.raises(SyncStateExpired):
        list(pages)


def test_a_master_that_cannot_be_read_keeps_its_series_out(sim, events):
    add(sim)
    series = add(sim, recurrence=DAILY)
    window = Window(datetime(2026, 3, 2), datetime(2026, 3, 4))
    sim.faults.add(Fault.status(500), match="GET .*/events/[^/]+$", count=100)
    (page,) = events.view(window)
    assert [item["type"] for item in page.items] == ["singleInstance"]
    assert set(page.failed) == {series.immutable_id}


def test_instances_that_are_no_list_are_for_their_series(sim, events):
    both = {add(sim, recurrence=DAILY).immutable_id for _number in range(2)}
    _page, link = read(events)
    for series_id in both:
        sim.change_event(ANNA, series_id, subject="New")
    sim.faults.add(Fault.page(200, b"{}"), match="GET .*/instances")
    found, link = read(events, link)
    assert (len(found.failed), len(found.whole)) == (1, 1)
    assert found.failed.keys() | found.whole == both
    assert link


def test_what_a_list_says_nothing_of_is_read(sim, events, monkeypatch):
    """A server shows the ids alone of events that it could not read: they are neither
    gone nor without time."""
    single, series = add(sim), add(sim, recurrence=DAILY)
    bad = add(sim, day=4)
    wanted = {single.immutable_id, series.immutable_id, bad.immutable_id}
    plain = Events._delta_page

    def bare(self, window, link):
        found = plain(self, window, link)
        rows = [{"id": r["id"]} if r["id"] in wanted else r for r in found.items]
        return replace(found, items=[r for r in rows if r["id"] in wanted])

    monkeypatch.setattr(Events, "_delta_page", bare)
    reading = f"GET .*/events/{quote(bad.immutable_id, safe='')}"
    sim.faults.add(Fault.status(422, "ErrorItemCorrupt"), match=reading, count=9)
    found, _link = read(events, fresh=True)
    assert found.masters.keys() == {series.immutable_id}
    assert len(found.items) == 6
    assert found.failed.keys() == {bad.immutable_id}
    assert not found.gone


def test_a_master_is_known_by_its_recurrence_too():
    series = {"id": "1", "recurrence": DAILY}
    assert is_master(series)
    assert is_master({"id": "1", "type": "seriesMaster"})
    for single in (
        {"id": "1", "recurrence": None},
        {**series, "type": "singleInstance"},
        {**series, "seriesMasterId": "0"},
        {"id": "1", "type": None},
    ):
        assert not is_master(single)


def test_a_busy_mailbox_stops_the_round(sim, events):
    add(sim, recurrence=DAILY)
    sim.faults.add(Fault.status(429), match="GET .*/events/[^/]+$", count=100)
    with pytest.raises(Throttled):
        list(events.view(MARCH))


def test_a_calendar_is_looked_through_to_its_end(sim, events, monkeypatch):
    """Whether it shows an event may stand on any page, however small they are."""
    items = [add(sim, f"Talk {number}") for number in range(4)]
    last = items[-1].immutable_id
    plain = Events.batch

    def small(self, requests):
        one = [*requests[0].prefer[:1], "odata.maxpagesize=1"] if requests else []
        return plain(self, [replace(each, prefer=one) for each in requests])

    monkeypatch.setattr(Events, "batch", small)
    found = events.look_up([each.immutable_id for each in items], MARCH)
    assert last in {item["id"] for item in found.items}
    assert not found.gone


def test_a_series_that_is_not_found_in_passing_stays(sim, events):
    series = add(sim, recurrence=DAILY)
    master = f"GET .*/events/{quote(series.immutable_id, safe='')}$"
    sim.faults.add(Fault.status(404), match=master, count=1)
    (page,) = events.view(MARCH)
    assert (len(page.items), page.gone) == (5, set())
    assert page.masters.keys() == {series.immutable_id}


def test_occurrences_without_their_series_are_events(sim, events):
    """One may lie in a calendar that the series is not in (any more)."""
    series = add(sim, recurrence=DAILY)
    lost = occurrence(sim, 3)
    master = f"GET .*/events/{quote(series.immutable_id, safe='')}$"
    sim.faults.add(Fault.status(404), match=master, count=100)
    reading = f"GET .*/events/{quote(lost, safe='')}"
    sim.faults.add(Fault.status(404), match=reading, count=100)
    (page,) = events.view(MARCH)
    assert len(page.items) == 4
    assert {item["seriesMasterId"] for item in page.items} == {None}
    assert all(item["iCalUId"] for item in page.items)
    assert page.gone == {series.immutable_id, lost}


@pytest.mark.parametrize(
    "value, found",
    [
        ({"dateTime": "2026-03-02T09:30:00.0000000"}, datetime(2026, 3, 2, 9, 30)),
        ({"dateTime": "2026-03-02T09:30:00Z"}, datetime(2026, 3, 2, 9, 30)),
        ({"dateTime": "2026-03-02"}, datetime(2026, 3, 2)),
        ({"dateTime": "soon"}, None),
        ({"dateTime": None}, None),
        ({}, None),
        (None, None),
        ("2026-03-02", None),
    ],
)
def test_moments(value, found):
    assert moment(value) == found
