"""Calendars and address books as a whole: kept, commanded, complete, faithful."""

import json
from pathlib import Path

import pytest
from conftest import ANNA, BEN, Graph
from personal import IMMUTABLE, VIEW, create, instances, weekly
from simulator import Simulator
from simulator.contact_store import CONTACT, CONTACT_FOLDER
from simulator.event_properties import CALENDAR, EVENT
from simulator.zones import find_zone, windows_name
from test_admin import admin, run  # noqa: F401  (a fixture)
from tzlocal.windows_tz import tz_win, win_tz

SAMPLES = Path(__file__).resolve().parents[3] / "shared" / "samples"
LUNCH = {"start": "2026-03-02T12:00:00 Europe/Berlin", "end": "2026-03-02T13:00:00"}


def test_a_restart_keeps_calendars_contacts_and_what_hangs_on_them(tmp_path):
    with Simulator(tls_port=None, store=tmp_path) as sim:
        sim.add_mailbox(ANNA, name="Anna Abel")
        sim.add_mailbox(BEN, name="Ben Bauer")
        sim.add_group("team@contoso.example", [BEN])
        graph = Graph(sim.url).as_user(sim.token_for(ANNA))
        who = [{"emailAddress": {"address": "team@contoso.example"}}]
        master = weekly(graph, attendees=who)
        rows = instances(graph, master)
        graph.call("PATCH", f"me/events/{rows[1]['id']}", json={"subject": "Special"})
        graph.call("DELETE", f"me/events/{rows[2]['id']}")
        item = sim.add_contact(ANNA, "Team", givenName="Deep")
        before = graph.get(VIEW).json()["value"]
        _items, link, _pages = graph.rounds(
            "me/calendarView/delta?startDateTime=2026-03-01&endDateTime=2026-06-01"
        )
    with Simulator(tls_port=None, store=tmp_path) as sim:
        graph = Graph(sim.url).as_user(sim.token_for(ANNA))
        assert graph.get(VIEW).json()["value"] == before
        token = link.partition("/v1.0/")[2]
        assert graph.rounds(f"{sim.url}/{token}")[0] == []
        contact = graph.get(f"me/contacts/{item.immutable_id}").json()
        assert contact["displayName"] == "Deep"
        # A restarted organiser's update still finds the copy behind the list.
        path = f"me/events/{master['id']}"
        assert graph.call("PATCH", path, json={"subject": "New"}).status_code == 200
        ben = Graph(sim.url).as_user(sim.token_for(BEN))
        (copy,) = ben.get("me/events").json()["value"]
        assert copy["subject"] == "New"
        assert [row["subject"] for row in instances(ben, copy)] == [
            "New",
            "Special",
            "New",
            "New",
            "New",
        ]


def test_a_mailbox_from_before_there_were_calendars_gets_one(service, person):
    graph = person()
    box = service.mailbox(graph.address)
    _items, link, _pages = graph.rounds("me/mailFolders/delta")
    assert "calendar" not in box.well_known
    create(graph)
    assert "calendar" in box.well_known
    assert graph.rounds(link)[0] == []  # no mail folder changed


@pytest.mark.parametrize(
    "shape, module, name",
    [
        (EVENT, "event", "Event"),
        (CALENDAR, "calendar", "Calendar"),
        (CONTACT, "contact", "Contact"),
        (CONTACT_FOLDER, "contact_folder", "ContactFolder"),
    ],
)
def test_the_properties_are_those_of_the_metadata(shape, module, name):
    module = __import__(f"msgraph.generated.models.{module}", fromlist=[name])
    known = set(getattr(module, name)().get_field_deserializers()) - {"@odata.type"}
    assert set(shape) == known


def test_every_zone_name_of_windows_and_iana_is_understood():
    for name in filter(None, [*win_tz, *tz_win]):
        zone = find_zone(name)
        kept = windows_name(name)
        assert kept in win_tz and find_zone(kept) is not None and zone is not None
    for name, known in (
        ("w. europe standard time", "W. Europe Standard Time"),
        ("Europe/Kyiv", "FLE Standard Time"),
        ("Etc/UTC", "UTC"),
        ("Kamchatka Standard Time", "Kamchatka Standard Time"),
    ):
        assert windows_name(name) == known


def test_commands_for_calendars(sim, graph, admin):  # noqa: F811
    key = admin("create-event", mailbox=ANNA, subject="Lunch", **LUNCH | {
        "end": "2026-03-02T13:00:00 Europe/Berlin"
    })  # fmt: skip
    assert graph.get(f"me/events/{key}").json()["subject"] == "Lunch"
    admin("change-event", mailbox=ANNA, event=key, subject="Dinner")
    window = {"start": "2026-03-01", "end": "2026-04-01"}
    (row,) = admin("events", mailbox=ANNA, **window)
    assert (row["subject"], row["start"]) == ("Dinner", "2026-03-02T11:00:00+00:00")
    admin("delete-event", mailbox=ANNA, event=key)
    assert admin("events", mailbox=ANNA, **window) == []
    admin("create-group", address="team@contoso.example", members=f"{BEN}, x@y.example")
    who = [{"emailAddress": {"address": "team@contoso.example"}}]
    admin("create-event", mailbox=ANNA, subject="All", **LUNCH, attendees=who)
    (row,) = admin("events", mailbox=BEN, **window)
    admin("respond", mailbox=BEN, event=row["id"], answer="accepted")
    (row,) = admin("events", mailbox=ANNA, **window)
    assert [BEN, "accepted"] in row["attendees"]
    assert [mail["to"] for mail in admin("meeting-mails")] == ["x@y.example"]


def test_commands_for_address_books(sim, graph, admin):  # noqa: F811
    made = admin("create-contact", mailbox=ANNA, folder="Team", givenName="Ann")
    assert made["name"] == "Ann" and made["folder"] == "Team"
    assert admin("contacts", mailbox=ANNA) == [made]
    admin("delete-contact", mailbox=ANNA, contact=made["id"])
    assert graph.get(f"me/contacts/{made['id']}", IMMUTABLE).status_code == 200
    assert admin("contacts", mailbox=ANNA)[0]["folder"] == "Deleted Items"


def test_events_from_the_command_line(sim):
    arguments = [ANNA, "subject=Lunch", *(f"{k}={v}" for k, v in LUNCH.items())]
    status, output, errors = run(sim.port, "create-event", *arguments)
    assert (status, errors) == (0, "") and output.startswith("AAk")
    _status, output, _errors = run(sim.port, "events", ANNA, "2026-03-01", "2026-04-01")
    assert "subject=Lunch" in output
    status, _output, errors = run(sim.port, "create-event", ANNA, "start=soon", "end=x")
    assert status == 1 and "dateTime" in errors and len(errors.splitlines()) == 1


# -- documented answers ----------------------------------------------------------------


def sample(name):
    """One documented answer or request."""
    path = SAMPLES / f"{name}.json"
    if not path.exists():
        pytest.skip("the documented samples are not beside this checkout")
    return json.loads(path.read_text())


def names(value, at=""):
    """All property names in a JSON value, with their path."""
    if isinstance(value, dict):
        found = {f"{at}.{key}" for key in value}
        return found.union(*(names(v, f"{at}.{k}") for k, v in value.items()))
    if isinstance(value, list):
        return set().union(*(names(inner, at) for inner in value))
    return set()


@pytest.mark.parametrize(
    "request_name, answer_name",
    [
        ("event-create-request-transactionid", "event-create-response-transactionid"),
        ("event-create-recurring-request", "event-seriesmaster-response"),
        ("event-create-extendedproperty-request", None),
    ],
)
def test_documented_events_are_answered_as_documented(
    person, request_name, answer_name
):
    graph = person()
    wanted = sample(answer_name) if answer_name else {}
    answer = graph.post("me/events", sample(request_name))
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert names(wanted) - names(made) == set()
    for name in ("originalStartTimeZone", "type", "allowNewTimeProposals", "location"):
        assert made[name] == wanted.get(name, made[name])
    if wanted.get("recurrence"):
        assert made["recurrence"] == wanted["recurrence"]


def test_documented_instances_and_minimal_occurrences(person):
    graph = person()
    rows = sample("event-instances-exception-and-occurrences")["value"]
    minimal = sample("delta-calendarview-occurrence-minimal")["value"][0]
    master = weekly(graph)
    one = instances(graph, master)[0]
    graph.call("PATCH", f"me/events/{one['id']}", json={"subject": "x"})
    select = ",".join(k for k in rows[0] if k[0] != "@" and k != "id")
    shown = instances(graph, master, f"&$select={select}")
    assert [set(row) for row in shown[:2]] == [set(row) for row in rows[:2]]
    items, _link, _pages = graph.rounds(
        "me/calendarView/delta?startDateTime=2026-03-01&endDateTime=2026-06-01"
    )
    occurrence = next(item for item in items if item["type"] == "occurrence")
    assert list(occurrence) == list(minimal)
    assert occurrence["start"].keys() == minimal["start"].keys()


def test_documented_contacts(person):
    graph = person()
    made = graph.post("me/contacts", sample("contact-create-request"))
    assert made.status_code == 201
    wanted = sample("contact-get")
    wanted.pop("birthday")  # the documentation shows a bare date
    body = {k: v for k, v in wanted.items() if k in CONTACT and v not in (None, [], {})}
    made = graph.post("me/contacts", body).json()
    assert names(wanted) - names(made) == set()
    for name in set(wanted) - {
        "id",
        "changeKey",
        "createdDateTime",
        "lastModifiedDateTime",
        "parentFolderId",
    }:
        assert made[name] == wanted[name], name
