"""Events and contacts with O365, a client that nobody made for the simulator."""

import datetime

import pytest
from O365 import Account, MSGraphProtocol
from test_contact_photos import picture


@pytest.fixture
def account(service, person):
    """O365's account of a new mailbox."""
    graph = person("Anna Abel")
    host = "/".join(graph.root.split("/")[:3])

    class Protocol(MSGraphProtocol):
        _protocol_url = f"{host}/"

    protocol = Protocol(
        api_version="v1.0", default_resource="me", timezone="Europe/Berlin"
    )
    protocol.service_url = f"{host}/v1.0/"
    found = Account(("id", "secret"), protocol=protocol)
    session = found.con.get_naive_session()
    session.trust_env = False
    session.headers["Authorization"] = graph.session.headers["Authorization"]
    found.con.session = session
    found.con.oauth_request = lambda url, method, **more: found.con._internal_request(
        session, url, method, **more
    )
    found.graph = graph
    yield found
    # O365 writes this one as a text; the service takes it, the metadata does not.
    problems = service.contract_problems
    problems[:] = [text for text in problems if "isOnlineMeeting" not in text]


def test_o365_writes_and_reads_events(account):
    calendar = account.schedule().get_default_calendar()
    event = calendar.new_event("Lunch")
    event.start = datetime.datetime(2026, 7, 2, 12, 0)
    event.end = datetime.datetime(2026, 7, 2, 13, 0)
    event.location = "Harry's Bar"
    event.body = "Noon?"
    event.attendees.add("guest@elsewhere.example")
    assert event.save()
    shown = account.graph.get("me/events").json()["value"][0]
    assert shown["start"]["dateTime"] == "2026-07-02T10:00:00.0000000"
    assert shown["originalStartTimeZone"] == "W. Europe Standard Time"
    event.subject = "Dinner"
    assert event.save()
    (found,) = list(calendar.get_events(include_recurring=False))
    assert found.subject == "Dinner"
    assert found.start.isoformat() == "2026-07-02T12:00:00+02:00"
    assert [a.address for a in found.attendees] == ["guest@elsewhere.example"]
    assert found.delete()
    assert list(calendar.get_events(include_recurring=False)) == []


def test_o365_writes_and_reads_series(account):
    calendar = account.schedule().get_default_calendar()
    event = calendar.new_event("Weekly")
    event.start = datetime.datetime(2026, 3, 16, 9, 0)
    event.end = datetime.datetime(2026, 3, 16, 10, 0)
    event.recurrence.set_weekly(
        1,
        days_of_week=["monday"],
        first_day_of_week="monday",
        start=datetime.date(2026, 3, 16),
        occurrences=4,
    )
    assert event.save()
    rows = list(
        calendar.get_events(
            start_recurring="2026-03-01T00:00:00", end_recurring="2026-05-01T00:00:00"
        )
    )
    assert [row.start.isoformat() for row in rows] == [
        "2026-03-16T09:00:00+01:00",
        "2026-03-23T09:00:00+01:00",
        "2026-03-30T09:00:00+02:00",
        "2026-04-06T09:00:00+02:00",
    ]
    rows[1].subject = "Special"
    assert rows[1].save()
    master = calendar.get_event(rows[0].object_id)
    assert master.subject == "Weekly"
    whole = calendar.get_event(event.object_id)
    window = (datetime.datetime(2026, 3, 1), datetime.datetime(2026, 5, 1))
    found = list(whole.get_occurrences(*window))
    assert [row.subject for row in found][:2] == ["Weekly", "Special"]


def test_o365_writes_and_reads_all_day_events(account):
    calendar = account.schedule().get_default_calendar()
    event = calendar.new_event("Holiday")
    event.start = datetime.date(2026, 7, 2)
    event.end = datetime.date(2026, 7, 4)
    event.is_all_day = True
    assert event.save()
    shown = account.graph.get("me/events").json()["value"][0]
    assert shown["isAllDay"] is True
    assert shown["start"]["dateTime"] == "2026-07-02T00:00:00.0000000"


def test_o365_writes_and_reads_contacts(account):
    book = account.address_book()
    contact = book.new_contact()
    contact.name, contact.surname = "Pavel", "Bansky"
    contact.job_title = "Clerk"
    contact.emails.add("p@example.org")
    contact.business_phones = ["+1 2"]
    contact.categories = ["Red"]
    assert contact.save()
    contact.job_title = "Chief"
    assert contact.save()
    (found,) = list(book.get_contacts())
    assert found.display_name == "Pavel Bansky"
    assert (found.job_title, found.main_email) == ("Chief", "p@example.org")
    text = "emailAddresses/any(a:a/address eq 'p@example.org')"
    (again,) = list(book.get_contacts(query=text))
    assert again.object_id == contact.object_id
    assert book.create_child_folder("Team")
    rows = account.graph.get("me/contactFolders").json()["value"]
    assert [row["displayName"] for row in rows] == ["Team"]
    assert found.get_profile_photo() is None
    assert found.update_profile_photo(picture())
    assert found.get_profile_photo() == picture()
    assert found.delete()
    assert list(book.get_contacts()) == []
