"""An independent client of Exchange, exchangelib: what it writes the mapper reads, at
each version, and the reverse."""

import base64
import io
from datetime import datetime

import pytest
from conftest import open_mailbox
from ews_account import BERLIN, BUILDS, account, at
from exchangelib import (
    CalendarItem,
    Contact,
    EWSDate,
    FileAttachment,
    HTMLBody,
    Mailbox,
    Message,
)
from exchangelib.indexed_properties import EmailAddress, PhoneNumber, PhysicalAddress
from exchangelib.protocol import CachingProtocol
from exchangelib.recurrence import Recurrence, WeeklyPattern
from PIL import Image

from client import Window

WINDOW = Window(datetime(2026, 3, 1), datetime(2026, 5, 1))


@pytest.fixture(params=list(BUILDS))
def person(exchange, login, request):
    """A user's account at each version."""
    yield account(exchange, login, request.param)
    exchange.quirks.exchange_version = "15.2"
    CachingProtocol.clear_cache()


@pytest.fixture
def mailbox(mapper, login):
    """The addon's client of the same mailbox."""
    with open_mailbox(mapper.short, login) as opened:
        yield opened


def events(mailbox):
    """What is in the calendar, by start."""
    rows = [row for page in mailbox.events.view(WINDOW) for row in page.items]
    return sorted(rows, key=lambda row: row["start"]["dateTime"])


def test_a_mail_with_attachments(person, mailbox):
    mail = Message(
        account=person,
        folder=person.inbox,
        subject="Angebot für Köln",
        body=HTMLBody("<p>Schöne <b>Grüße</b></p>"),
        to_recipients=[Mailbox(email_address="bob@example.org", name="Bob Müller")],
    )
    mail.attach(FileAttachment(name="Plan für Köln.txt", content=b"Text of it"))
    mail.save()
    (shown,) = mails(mailbox, "inbox")
    assert shown["subject"] == "Angebot für Köln"
    (whole,) = mailbox.messages.get_many([("inbox", shown["id"])])
    assert "Schöne <b>Grüße</b>" in whole["body"]["content"]
    assert whole["toRecipients"][0]["emailAddress"] == {
        "name": "Bob Müller",
        "address": "bob@example.org",
    }
    (file,) = whole["attachments"]
    assert file["name"] == "Plan für Köln.txt"
    assert base64.b64decode(file["contentBytes"]) == b"Text of it"
    raw = mailbox.messages.mime("inbox", shown["id"])
    assert b"multipart/mixed" in raw and b"bob@example.org" in raw


def mails(mailbox, folder):
    """The mails of a folder."""
    return [each for page in mailbox.messages.rounds(folder) for each in page.items]


def test_a_contact_with_all_it_has(person, mailbox):
    picture = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(picture, "JPEG")
    contact = Contact(
        account=person,
        folder=person.contacts,
        given_name="Jürgen",
        surname="Müller",
        display_name="Jürgen Müller",
        company_name="Müller & Söhne",
        email_addresses=[EmailAddress(label="EmailAddress1", email="j@example.org")],
        phone_numbers=[
            PhoneNumber(label="BusinessPhone", phone_number="+49 1"),
            PhoneNumber(label="MobilePhone", phone_number="+49 3"),
        ],
        physical_addresses=[
            PhysicalAddress(label="Business", street="Weg 1\nHof", city="Ulm")
        ],
        birthday=EWSDate(1970, 5, 1),
        body="A note",
        categories=["Odoo"],
        odoo_record="db,7",
    )
    contact.attach(
        FileAttachment(name="p.jpg", content=picture.getvalue(), is_contact_photo=True)
    )
    contact.save()
    ((found,),) = mailbox.contacts.find(["db,7"])
    (shown,) = mailbox.contacts.get_many([found["id"]])
    assert shown["displayName"] == "Jürgen Müller"
    assert shown["companyName"] == "Müller & Söhne"
    assert [row["address"] for row in shown["emailAddresses"]] == ["j@example.org"]
    assert (shown["businessPhones"], shown["mobilePhone"]) == (["+49 1"], "+49 3")
    assert shown["businessAddress"]["street"] == "Weg 1\nHof"
    assert shown["personalNotes"] == "A note" and shown["categories"] == ["Odoo"]
    assert shown["birthday"][:10] == "1970-05-01"


def test_what_the_mapper_writes_of_a_contact(person, mailbox):
    (made,) = mailbox.contacts.create(
        [
            {
                "givenName": "Garth",
                "surname": "Fort",
                "displayName": "Garth Fort",
                "jobTitle": "Chief",
                "companyName": "Fort & Co",
                "emailAddresses": [{"address": "g@example.org", "name": "G"}],
                "businessPhones": ["+49 1"],
                "mobilePhone": "+49 2",
                "businessAddress": {"street": "Way 1", "city": "Ulm"},
                "businessHomePage": "https://fort.example",
                "personalNotes": "A note",
                "categories": ["Odoo"],
                "birthday": "1970-05-01T11:59:00Z",
            }
        ]
    )
    found = person.contacts.all().get()
    assert (found.display_name, found.job_title) == ("Garth Fort", "Chief")
    assert [each.email for each in found.email_addresses] == ["g@example.org"]
    phones = {p.label: p.phone_number for p in found.phone_numbers if p.phone_number}
    assert phones == {"BusinessPhone": "+49 1", "MobilePhone": "+49 2"}
    (place,) = [each for each in found.physical_addresses if each.city]
    assert (place.label, place.street, place.city) == ("Business", "Way 1", "Ulm")
    assert found.birthday == EWSDate(1970, 5, 1) and found.body == "A note"
    assert found.categories == ["Odoo"]
    assert found.business_homepage == "https://fort.example"
    found.job_title = "President"
    found.save(update_fields=["job_title"])
    (shown,) = mailbox.contacts.get_many([made["id"]])
    assert shown["jobTitle"] == "President"
    mailbox.contacts.delete([(made["id"], None)])
    assert not person.contacts.all().exists()


def test_folders_and_what_becomes_of_a_mail(exchange, person, mailbox, login):
    made = mailbox.messages.create_folder("Transfer Eingang").id
    raw = (
        b"From: Bob <bob@example.org>\r\nTo: me@contoso.example\r\n"
        b"Subject: Hello\r\nMessage-ID: <1@example.org>\r\n\r\nHello\r\n"
    )
    exchange.drop(login, "Inbox/Transfer Eingang", raw)
    folder = person.inbox / "Transfer Eingang"
    assert folder.all().get().subject == "Hello"
    (mail,) = mails(mailbox, made)
    mailbox.messages.set_categories(made, mail["id"], ["Odoo"])
    assert folder.all().get().categories == ["Odoo"]
    mailbox.messages.delete([(made, mail["id"])])
    assert not folder.all().exists() and person.trash.all().get().subject == "Hello"


def test_a_single_event(person, mailbox):
    CalendarItem(
        account=person,
        folder=person.calendar,
        subject="Lunch",
        start=at(2, 12),
        end=at(2, 13),
        location="Canteen",
        legacy_free_busy_status="OOF",
        sensitivity="Private",
        reminder_minutes_before_start=30,
        categories=["Work"],
    ).save()
    (shown,) = events(mailbox)
    assert (shown["subject"], shown["type"]) == ("Lunch", "singleInstance")
    assert shown["start"]["dateTime"][:16] == "2026-03-02T11:00"
    assert (shown["showAs"], shown["sensitivity"]) == ("oof", "private")
    assert shown["location"]["displayName"] == "Canteen"
    assert shown["reminderMinutesBeforeStart"] == 30
    assert shown["categories"] == ["Work"]


def test_an_all_day_event_lies_on_its_days(person, mailbox):
    CalendarItem(
        account=person,
        folder=person.calendar,
        subject="Fair",
        start=EWSDate(2026, 3, 2),
        end=EWSDate(2026, 3, 3),
        is_all_day=True,
        _start_timezone=BERLIN,
        _end_timezone=BERLIN,
    ).save()
    (shown,) = events(mailbox)
    assert shown["isAllDay"]
    assert shown["start"]["dateTime"][:10] == "2026-03-02"
    assert shown["end"]["dateTime"][:10] == "2026-03-04"


def test_a_series_with_exceptions(person, mailbox):
    CalendarItem(
        account=person,
        folder=person.calendar,
        subject="Weekly",
        start=at(2, 9),
        end=at(2, 10),
        recurrence=Recurrence(
            pattern=WeeklyPattern(interval=1, weekdays=["Monday"]),
            start=EWSDate(2026, 3, 2),
            number=6,
        ),
    ).save()
    master = person.calendar.all().get()
    second = master.occurrence(index=2).refresh()
    second.subject, second.start, second.end = "Moved", at(10, 14), at(10, 15)
    second.save(update_fields=["subject", "start", "end"])
    master.occurrence(index=3).delete()
    rows = events(mailbox)
    assert [(row["subject"], row["type"]) for row in rows] == [
        ("Weekly", "occurrence"),
        ("Moved", "exception"),
        ("Weekly", "occurrence"),
        ("Weekly", "occurrence"),
        ("Weekly", "occurrence"),
    ]
    starts = [row["start"]["dateTime"][5:16] for row in rows]
    # Nine by the clock in Berlin, also after the change to summer time.
    assert starts == [
        "03-02T08:00",
        "03-10T13:00",
        "03-23T08:00",
        "03-30T07:00",
        "04-06T07:00",
    ]
    assert len({row["seriesMasterId"] for row in rows}) == 1
