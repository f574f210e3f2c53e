"""calendarView and its delta: windows, pages, minimal occurrences, removals."""

import time

import pytest
from personal import BERLIN, at, body, create, error, instances, weekly

MARCH = "startDateTime=2026-03-01&endDateTime=2026-04-01"
DELTA = f"me/calendarView/delta?{MARCH}"
MINIMAL = {
    "@odata.type",
    "@odata.etag",
    "id",
    "seriesMasterId",
    "type",
    "start",
    "end",
}


# -- windows ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "query, code",
    [
        ("", "ErrorInvalidParameter"),
        ("startDateTime=2026-03-01", "ErrorInvalidParameter"),
        ("startDateTime=2026-03-01&endDateTime=soon", "ErrorInvalidParameter"),
        ("startDateTime=2026-03-02&endDateTime=2026-03-01", "ErrorInvalidParameter"),
        ("startDateTime=2021-01-01&endDateTime=2026-01-01", "ErrorInvalidRequest"),
    ],
)
@pytest.mark.parametrize("path", ["me/calendarView", "me/calendarView/delta"])
def test_windows_that_are_refused(person, path, query, code):
    found, message = error(person().get(f"{path}?{query}"))
    assert found == code
    if code == "ErrorInvalidRequest":
        assert message.endswith("Maximum number of days: 1825")


def test_five_years_less_a_day_are_a_window(person):
    window = "startDateTime=2021-01-02&endDateTime=2026-01-01"
    assert person().get(f"me/calendarView?{window}").status_code == 200


@pytest.mark.parametrize(
    "start, end, found",
    [
        ("2026-03-02T12:00:00Z", "2026-03-02T13:00:00Z", True),
        ("2026-03-02T12:30:00", "2026-03-02T12:31:00", True),
        ("2026-03-02T13:00:00", "2026-03-02T14:00:00", False),  # ends as it begins
        ("2026-03-02T11:00:00", "2026-03-02T12:00:00", False),
        ("2026-03-02T14:30:00%2B02:00", "2026-03-02T14:31:00%2B02:00", True),
        ("2026-03-02T12:30:00%2B02:00", "2026-03-02T12:31:00%2B02:00", False),
    ],
)
@pytest.mark.parametrize("prefer", ["", 'outlook.timezone="Asia/Tokyo"'])
def test_a_window_is_utc_unless_it_says_otherwise(person, start, end, found, prefer):
    graph = person()
    create(graph)  # 12:00 to 13:00 UTC
    window = f"startDateTime={start}&endDateTime={end}"
    rows = graph.get(f"me/calendarView?{window}", prefer).json()["value"]
    assert bool(rows) is found


def test_an_event_without_length_is_in_the_window_that_it_starts_in(person):
    graph = person()
    create(graph, start="2026-03-02T12:00:00", end="2026-03-02T12:00:00")
    window = "me/calendarView?startDateTime=2026-03-02T{}&endDateTime=2026-03-02T{}"
    assert graph.get(window.format("12:00", "13:00")).json()["value"]
    assert not graph.get(window.format("11:00", "12:00")).json()["value"]


def test_a_view_comes_by_start_in_pages_of_ten(person):
    graph = person()
    weekly(graph, count=9)
    for day in range(10, 16):
        create(graph, start=f"2026-03-{day}T07:00:00", end=f"2026-03-{day}T08:00:00")
    path = "me/calendarView?startDateTime=2026-03-01&endDateTime=2026-06-01"
    first = graph.get(path).json()
    assert len(first["value"]) == 10
    rest = graph.get(first["@odata.nextLink"]).json()
    starts = [r["start"]["dateTime"] for r in first["value"] + rest["value"]]
    assert len(starts) == 15 and starts == sorted(starts)
    assert len(graph.get(path, "odata.maxpagesize=4").json()["value"]) == 4
    newest = graph.get(f"{path}&$orderby=start/dateTime desc&$top=1").json()["value"]
    assert newest[0]["start"]["dateTime"] == starts[-1]


# -- delta -----------------------------------------------------------------------------


def kinds(items):
    """How many there are of each type."""
    found = {}
    for item in items:
        kind = "@removed" if "@removed" in item else item["type"]
        found[kind] = found.get(kind, 0) + 1
    return found


def test_masters_and_exceptions_come_whole_and_occurrences_with_the_minimum(person):
    graph = person()
    single = create(graph)
    master = weekly(graph)
    rows = instances(graph, master)
    graph.call("PATCH", f"me/events/{rows[1]['id']}", json={"subject": "Special"})
    items, link, _pages = graph.rounds(DELTA)
    assert kinds(items) == {
        "singleInstance": 1,
        "seriesMaster": 1,
        "exception": 1,
        "occurrence": 4,
    }
    for item in items:
        assert item["@odata.type"] == "#microsoft.graph.event"
        if item["type"] == "occurrence":
            assert set(item) == MINIMAL
        else:
            full = graph.get(f"me/events/{item['id']}").json()
            full.pop("@odata.context")
            assert item == {"@odata.type": "#microsoft.graph.event", **full}
    assert items[0]["id"] == single["id"]
    exception = next(item for item in items if item["type"] == "exception")
    assert exception["originalStart"] == "2026-03-09T08:00:00Z"
    assert "$deltatoken=" in link and "startDateTime" not in link


def test_delta_follows_the_preferred_zone(person):
    graph = person()
    weekly(graph)
    prefer = f'outlook.timezone="{BERLIN}"'
    answer = graph.get(DELTA, prefer)
    assert answer.headers["Preference-Applied"] == f"odata.track-changes, {prefer}"
    starts = {row["start"]["dateTime"][11:16] for row in answer.json()["value"]}
    assert starts == {"09:00"}


def test_only_what_is_in_the_window_comes_in_the_first_round(person):
    graph = person()
    create(graph, start="2026-04-02T12:00:00", end="2026-04-02T13:00:00")
    weekly(graph, start=at("2026-04-06T09:00:00"), end=at("2026-04-06T10:00:00"),
           recurrence={
               "pattern": {"type": "daily", "interval": 1},
               "range": {"type": "noEnd", "startDate": "2026-04-06"},
           })  # fmt: skip
    assert graph.rounds(DELTA)[0] == []


def test_a_later_round_tells_what_is_new_changed_or_deleted(person):
    graph = person()
    old = [create(graph, subject=f"old {n}") for n in range(3)]
    _items, link, _pages = graph.rounds(DELTA)
    assert graph.rounds(link)[0] == []
    new = create(graph, subject="new")
    graph.call("PATCH", f"me/events/{old[0]['id']}", json={"subject": "changed"})
    graph.call("DELETE", f"me/events/{old[1]['id']}")
    items, link, _pages = graph.rounds(link)
    found = {item["id"]: item for item in items}
    assert set(found) == {new["id"], old[0]["id"], old[1]["id"]}
    assert found[old[0]["id"]]["subject"] == "changed"
    assert found[old[1]["id"]]["@removed"] == {"reason": "deleted"}
    assert graph.rounds(link)[0] == []


@pytest.mark.parametrize("prefer", ["", 'IdType="ImmutableId"'])
def test_an_event_that_leaves_the_window_is_removed(person, prefer):
    graph = person()
    event = create(graph)
    key = graph.get(f"me/events/{event['id']}", prefer).json()["id"]
    never_seen = create(graph, start="2026-05-02T12:00:00", end="2026-05-02T13:00:00")
    _items, link, _pages = graph.rounds(DELTA, prefer)
    times = {"start": at("2026-05-01T12:00:00"), "end": at("2026-05-01T13:00:00")}
    graph.call("PATCH", f"me/events/{event['id']}", json=times)
    graph.call("PATCH", f"me/events/{never_seen['id']}", json={"subject": "x"})
    items, link, _pages = graph.rounds(link, prefer)
    assert [("@removed" in item) for item in items] == [True, True]  # both: as it is
    assert items[0]["id"] == key
    back = {"start": at("2026-03-03T12:00:00"), "end": at("2026-03-03T13:00:00")}
    graph.call("PATCH", f"me/events/{event['id']}", json=back)
    items, _link, _pages = graph.rounds(link, prefer)
    assert [item["type"] for item in items] == ["singleInstance"]


def test_a_series_out_of_the_window_is_removed(person):
    graph = person()
    master = weekly(graph, count=2)
    _items, link, _pages = graph.rounds(DELTA)
    times = {"start": at("2026-05-04T09:00:00"), "end": at("2026-05-04T10:00:00")}
    graph.call("PATCH", f"me/events/{master['id']}", json=times)
    items, _link, _pages = graph.rounds(link)
    assert [(item["id"], "@removed" in item) for item in items] == [
        (master["id"], True)
    ]


@pytest.mark.parametrize("told", [False, True])
def test_a_cancelled_occurrence_may_or_may_not_be_told(service, person, told):
    service.quirks.occurrences_removed = told
    graph = person()
    master = weekly(graph)
    one = instances(graph, master)[1]
    _items, link, _pages = graph.rounds(DELTA)
    graph.call("DELETE", f"me/events/{one['id']}")
    items, link, _pages = graph.rounds(link)
    expected = {"seriesMaster": 1, "occurrence": 4}
    assert kinds(items) == ({**expected, "@removed": 1} if told else expected)
    if told:
        gone = next(item["id"] for item in items if "@removed" in item)
        assert gone == one["id"]
    graph.call("PATCH", f"me/events/{master['id']}", json={"subject": "later"})
    assert kinds(graph.rounds(link)[0]) == expected


@pytest.mark.parametrize("told", [False, True])
def test_a_new_pattern_makes_new_occurrences(service, person, told):
    service.quirks.occurrences_removed = told
    graph = person()
    master = weekly(graph)
    old = {row["id"] for row in instances(graph, master)[:5]}
    _items, link, _pages = graph.rounds(DELTA)
    times = {
        "start": at("2026-03-03T09:00:00", BERLIN),
        "end": at("2026-03-03T10:00:00", BERLIN),
    }
    pattern = {**master["recurrence"]["pattern"], "daysOfWeek": ["tuesday"]}
    span = {**master["recurrence"]["range"], "startDate": "2026-03-03"}
    values = {**times, "recurrence": {"pattern": pattern, "range": span}}
    answer = graph.call("PATCH", f"me/events/{master['id']}", json=values)
    assert answer.status_code == 200, answer.text
    items, _link, _pages = graph.rounds(link)
    fresh = [item for item in items if item.get("type") == "occurrence"]
    assert [i["start"]["dateTime"][:10] for i in fresh][:2] == [
        "2026-03-03",
        "2026-03-10",
    ]
    gone = {item["id"] for item in items if "@removed" in item}
    assert gone == (old if told else set())


def test_a_series_is_never_split_over_pages(person):
    graph = person()
    for number in range(3):
        create(graph, subject=f"single {number}")
    weekly(graph)
    create(graph, subject="after")
    sizes, link = [], DELTA
    while link:
        page = graph.get(link, "odata.maxpagesize=2").json()
        sizes.append(len(page["value"]))
        link = page.get("@odata.nextLink")
    assert sizes == [2, 0, 7, 1]  # the second page of a round may be empty


@pytest.mark.parametrize(
    "option",
    [
        "$select=subject",
        "$expand=attachments",
        "$filter=isAllDay eq true",
        "$orderby=subject",
        "$search=x",
    ],
)
def test_options_that_delta_refuses(person, option):
    graph = person()
    assert error(graph.get(f"{DELTA}&{option}"))[0]
    # The same options are fine without delta.
    if "search" not in option:
        assert graph.get(f"me/calendarView?{MARCH}&{option}").status_code == 200


def test_the_window_is_bound_into_the_token(person):
    graph = person()
    create(graph)
    _items, link, _pages = graph.rounds(DELTA)
    create(
        graph, subject="april", start="2026-04-02T12:00:00", end="2026-04-02T13:00:00"
    )
    moved = f"{link}&startDateTime=2026-04-01&endDateTime=2026-05-01"
    items, _link, _pages = graph.rounds(moved)
    assert [("@removed" in item) for item in items] == [True]


def test_a_change_during_a_first_round_is_not_lost(person):
    graph = person()
    events = [create(graph, subject=f"event {n}") for n in range(15)]
    page = graph.get(DELTA).json()
    times = {"start": at("2026-05-01T12:00:00"), "end": at("2026-05-01T13:00:00")}
    graph.call("PATCH", f"me/events/{events[0]['id']}", json=times)
    graph.call("DELETE", f"me/events/{events[1]['id']}")
    graph.call("PATCH", f"me/events/{events[2]['id']}", json={"subject": "changed"})
    items, _link, _pages = graph.rounds(page["@odata.nextLink"])
    told = {item["id"]: item for item in items}
    assert "@removed" in told[events[0]["id"]]
    assert "@removed" in told[events[1]["id"]]
    assert told[events[2]["id"]]["subject"] == "changed"


def test_dead_tokens_are_gone(service, person):
    graph = person()
    create(graph)
    _items, link, _pages = graph.rounds(DELTA)
    service.expire_delta_tokens(graph.address)
    assert error(graph.get(link), 410)[0] == "SyncStateNotFound"


def test_thousands_of_events_are_read_in_a_moment(service, person):
    """A page of 200 costs a few milliseconds; the bound leaves room for slow days."""
    graph = person()
    for number in range(5000):
        day, hour = 1 + number % 30, number % 22
        service.add_event(
            graph.address,
            subject=f"event {number}",
            start=f"2026-03-{day:02}T{hour:02}:00:00",
            end=f"2026-03-{day:02}T{hour + 1:02}:00:00",
        )
    contract, service.service.contract = service.service.contract, None
    try:
        begin = time.process_time()
        items, _link, pages = graph.rounds(DELTA, "odata.maxpagesize=200")
        spent = time.process_time() - begin
    finally:
        service.service.contract = contract
    assert len(items) == 5000 and pages == 26
    assert spent / pages < 0.05  # with this client's own parsing


def test_a_shared_body_of_a_batch_is_not_changed(person):
    """The same calendar twice in one batch: rows are not shared between answers."""
    graph = person()
    graph.post("me/events", body())
    url = f"/me/calendarView?{MARCH}"
    requests = [{"id": str(n), "method": "GET", "url": url} for n in range(2)]
    rows = graph.post("$batch", {"requests": requests}).json()["responses"]
    assert rows[0]["body"]["value"] == rows[1]["body"]["value"]
