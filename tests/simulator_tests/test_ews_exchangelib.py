"""An independent client, exchangelib: what it writes is there, and the reverse."""

import io

import pytest
from conftest import ANNA, BEN, Graph, eml
from ews_account import BERLIN, BUILDS, account, at
from exchangelib import (
    NTLM,
    CalendarItem,
    Contact,
    EWSDate,
    FileAttachment,
    HTMLBody,
    ItemAttachment,
    Mailbox,
    Message,
)
from exchangelib.folders import Messages
from exchangelib.indexed_properties import EmailAddress, PhoneNumber, PhysicalAddress
from exchangelib.protocol import CachingProtocol
from PIL import Image


@pytest.fixture(params=list(BUILDS))
def anna(sim, request):
    """Anna's account at each version."""
    yield account(sim, version=request.param)
    CachingProtocol.clear_cache()


def test_mails_of_a_folder(sim, anna):
    raw = eml("Grüße", To="anna@contoso.example, Ben <ben@contoso.example>")
    sim.drop(ANNA, "Inbox/Transfer Eingang", raw)
    folder = anna.inbox / "Transfer Eingang"
    mail = folder.all().get()
    assert mail.subject == "Grüße" and mail.sender.email_address == "bob@example.org"
    assert [who.email_address for who in mail.to_recipients] == [ANNA, BEN]
    assert mail.mime_content == raw and not mail.is_read
    mail.is_read, mail.categories = True, ["Odoo"]
    mail.save(update_fields=["is_read", "categories"])
    item = sim.mailbox(ANNA).find_path("Inbox/Transfer Eingang").items
    assert [i.data["categories"] for i in item.values()] == [["Odoo"]]
    mail.move(anna.trash)
    assert not folder.all().exists() and anna.trash.all().get().subject == "Grüße"


def test_a_draft_with_attachments_is_read_by_graph(sim, graph, anna):
    inner = Message(subject="Inner", body="In it")
    mail = Message(
        account=anna,
        folder=anna.drafts,
        subject="Offer",
        body=HTMLBody("<p>See <b>there</b></p>"),
        to_recipients=[Mailbox(email_address="bob@example.org", name="Bob")],
    )
    mail.attach(FileAttachment(name="a.txt", content=b"Text of it"))
    mail.attach(ItemAttachment(name="Inner", item=inner))
    mail.save()
    told = [a.attachment_id and a.attachment_id.id for a in mail.attachments]
    shown = graph.get("me/mailFolders/drafts/messages?$expand=attachments").json()
    row = shown["value"][0]
    assert row["subject"] == "Offer" and row["body"]["contentType"] == "html"
    assert row["toRecipients"][0]["emailAddress"]["address"] == "bob@example.org"
    assert sorted(a["name"] for a in row["attachments"]) == ["Inner", "a.txt"]
    again = anna.drafts.all().get()
    assert sorted(told) == sorted(a.attachment_id.id for a in again.attachments)
    by_name = {a.name: a for a in again.attachments}
    assert by_name["a.txt"].content == b"Text of it"
    assert by_name["Inner"].item.subject == "Inner"


def test_folders_are_made_and_found(sim, anna):
    Messages(parent=anna.inbox, name="Transfer Ausgang").save()
    assert sim.mailbox(ANNA).find_path("Inbox/Transfer Ausgang") is not None
    assert [f.name for f in anna.inbox.children] == ["Transfer Ausgang"]


def garth(owner, picture):
    """A contact with all it may have, not saved yet."""
    contact = Contact(
        account=owner,
        folder=owner.contacts,
        given_name="Garth",
        surname="Fort",
        display_name="Garth Fort",
        company_name="Fort & Co",
        job_title="Chief",
        email_addresses=[
            EmailAddress(label="EmailAddress1", email="garth@example.org"),
            EmailAddress(label="EmailAddress3", email="g3@example.org"),
        ],
        phone_numbers=[
            PhoneNumber(label="BusinessPhone", phone_number="+49 1"),
            PhoneNumber(label="BusinessFax", phone_number="+49 2"),
            PhoneNumber(label="MobilePhone", phone_number="+49 3"),
        ],
        physical_addresses=[
            PhysicalAddress(
                label="Business",
                street="Way 1",
                city="Ulm",
                country="DE",
                zipcode="89073",
            )
        ],
        birthday=EWSDate(1970, 5, 1),
        body="A note",
        categories=["Odoo"],
        odoo_record="db,7",
    )
    contact.attach(FileAttachment(name="p.jpg", content=picture, is_contact_photo=True))
    return contact


def test_contacts_come_and_go_with_all_they_have(sim, graph, anna):
    picture = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(picture, "JPEG")
    garth(anna, picture.getvalue()).save()
    shown = graph.get("me/contacts").json()["value"][0]
    assert shown["displayName"] == "Garth Fort" and shown["companyName"] == "Fort & Co"
    assert [a["address"] for a in shown["emailAddresses"]] == [
        "garth@example.org",
        "g3@example.org",
    ]
    assert (shown["businessPhones"], shown["mobilePhone"]) == (["+49 1"], "+49 3")
    assert shown["businessAddress"]["street"] == "Way 1"
    assert shown["personalNotes"] == "A note" and shown["birthday"][:10] == "1970-05-01"
    photo = graph.get(f"me/contacts/{shown['id']}/photo/$value")
    assert photo.content == picture.getvalue()

    again = anna.contacts.filter(odoo_record="db,7").get()
    assert {e.label: e.email for e in again.email_addresses} == {
        "EmailAddress1": "garth@example.org",
        "EmailAddress3": "g3@example.org",
    }
    assert {p.label: p.phone_number for p in again.phone_numbers if p.phone_number} == {
        "BusinessPhone": "+49 1",
        "BusinessFax": "+49 2",
        "MobilePhone": "+49 3",
    }
    assert again.odoo_record == "db,7" and again.birthday == EWSDate(1970, 5, 1)
    assert not anna.contacts.filter(odoo_record="db,8").exists()
    again.job_title = None
    again.phone_numbers = [PhoneNumber(label="BusinessFax", phone_number="+49 9")]
    again.save(update_fields=["job_title", "phone_numbers"])
    shown = graph.get("me/contacts").json()["value"][0]
    assert shown["jobTitle"] is None and shown["businessPhones"] == []
    again.move_to_trash()
    assert graph.get("me/contacts").json()["value"] == []


def test_what_graph_wrote_of_a_contact_is_read(sim, graph, anna):
    graph.post(
        "me/contacts",
        {
            "givenName": "Garth",
            "surname": "Fort",
            "title": "Dr.",
            "emailAddresses": [{"address": "g@example.org", "name": "G"}],
            "homePhones": ["1", "2"],
            "homeAddress": {"city": "Ulm"},
            "personalNotes": "A note",
        },
    )
    found = anna.contacts.all().get()
    assert found.display_name == "Garth Fort" and found.file_as == "Fort, Garth"
    assert found.complete_name.title == "Dr." and found.body == "A note"
    phones = {p.label: p.phone_number for p in found.phone_numbers if p.phone_number}
    assert phones == {"HomePhone": "1", "HomePhone2": "2"}


def test_an_event_and_its_zone(sim, graph, anna):
    CalendarItem(
        account=anna,
        folder=anna.calendar,
        subject="Lunch",
        start=at(2, 12),
        end=at(2, 13),
        location="Canteen",
        required_attendees=[BEN],
        legacy_free_busy_status="OOF",
        sensitivity="Private",
        reminder_minutes_before_start=30,
    ).save(send_meeting_invitations="SendToAllAndSaveCopy")
    shown = graph.get("me/events").json()["value"][0]
    assert shown["start"]["dateTime"][:16] == "2026-03-02T11:00"
    assert shown["originalStartTimeZone"] == "W. Europe Standard Time"
    assert (shown["showAs"], shown["sensitivity"]) == ("oof", "private")
    assert shown["location"]["displayName"] == "Canteen"
    ben = Graph(sim.url).as_user(sim.token_for(BEN))
    assert ben.get("me/events").json()["value"][0]["subject"] == "Lunch"
    version = {build: label for label, build in BUILDS.items()}[anna.version.build]
    invited = account(sim, BEN, version).calendar.all().get()
    assert invited.my_response_type == "NoResponseReceived"
    assert invited.organizer.email_address == ANNA
    invited.accept(body="Yes")
    assert anna.calendar.all().get().required_attendees[0].response_type == "Accept"


def test_an_all_day_event_lies_on_its_days(sim, graph, anna):
    CalendarItem(
        account=anna,
        folder=anna.calendar,
        subject="Fair",
        start=EWSDate(2026, 3, 2),
        end=EWSDate(2026, 3, 3),
        is_all_day=True,
        _start_timezone=BERLIN,
        _end_timezone=BERLIN,
    ).save()
    shown = graph.get("me/events").json()["value"][0]
    assert shown["isAllDay"] and shown["start"]["dateTime"][:10] == "2026-03-02"
    assert shown["end"]["dateTime"][:10] == "2026-03-04"
    found = anna.calendar.all().get()
    assert (found.start, found.end) == (EWSDate(2026, 3, 2), EWSDate(2026, 3, 3))


def test_ntlm(sim):
    anna = account(sim, auth=NTLM)
    sim.drop(ANNA, "inbox", eml("By NTLM"))
    assert anna.inbox.all().get().subject == "By NTLM"
    CachingProtocol.clear_cache()


def test_synchronising(sim, anna):
    keys = [sim.drop(ANNA, "inbox", eml(f"M{n}")) for n in range(3)]
    told = list(anna.inbox.sync_items(only_fields=["id"]))
    assert [kind for kind, _item in told] == ["create"] * 3
    sim.mailbox(ANNA).touch(keys[0], isRead=True)
    sim.mailbox(ANNA).remove(keys[1])
    state = anna.inbox.item_sync_state
    told = list(anna.inbox.sync_items(sync_state=state, only_fields=["id"]))
    assert sorted(kind for kind, _item in told) == ["delete", "read_flag_change"]
