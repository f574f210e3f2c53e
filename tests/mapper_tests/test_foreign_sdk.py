"""Microsoft's own SDK on an Exchange mailbox, through the mapper's Graph paths."""

import asyncio
import base64
import datetime

import pytest
from kiota_abstractions.authentication import AuthenticationProvider
from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph import GraphRequestAdapter, GraphServiceClient
from msgraph.generated.models.contact import Contact
from msgraph.generated.models.contact_folder import ContactFolder
from msgraph.generated.models.email_address import EmailAddress
from msgraph.generated.models.event_type import EventType
from msgraph.generated.models.free_busy_status import FreeBusyStatus
from msgraph.generated.models.mail_folder import MailFolder
from msgraph.generated.models.message import Message
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.physical_address import PhysicalAddress
from msgraph.generated.models.single_value_legacy_extended_property import (
    SingleValueLegacyExtendedProperty,
)
from msgraph.generated.users.item.calendar_view.calendar_view_request_builder import (
    CalendarViewRequestBuilder as View,
)
from msgraph.generated.users.item.calendar_view.delta.delta_request_builder import (
    DeltaRequestBuilder as ViewDelta,
)
from msgraph.generated.users.item.contacts.contacts_request_builder import (
    ContactsRequestBuilder as Contacts,
)
from msgraph.generated.users.item.mail_folders.item.messages.item.move import (
    move_post_request_body as move_body,
)

from client.contacts import MARK_PROPERTY

WINDOW = {"start_date_time": "2026-03-01", "end_date_time": "2026-05-01"}
RAW = (
    b"From: Bob <bob@example.org>\r\nTo: me@contoso.example\r\n"
    b"Subject: Gr\xc3\xbc\xc3\x9fe\r\nMessage-ID: <1@example.org>\r\n"
    b"Date: Mon, 2 Mar 2026 10:00:00 +0100\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\n\r\nHello\r\n"
)


class Basic(AuthenticationProvider):
    """User name and password."""

    def __init__(self, login, password):
        pair = base64.b64encode(f"{login}:{password}".encode()).decode()
        self.header = f"Basic {pair}"

    async def authenticate_request(
        self, request, additional_authentication_context=None
    ):
        """Sign a request."""
        request.headers.try_add("Authorization", self.header)


@pytest.fixture
def sdk(mapper, login):
    """Run something with the official client."""

    def run(work, password="secret"):
        async def whole():
            adapter = GraphRequestAdapter(Basic(login, password))
            adapter.base_url = mapper.url
            return await work(GraphServiceClient(request_adapter=adapter))

        return asyncio.run(whole())

    return run


def options(builder, kind, **values):
    """Query parameters of a builder."""
    query = getattr(builder, f"{builder.__name__}{kind}QueryParameters")(**values)
    return RequestConfiguration(query_parameters=query)


def test_who_and_what_folders(exchange, login, sdk):
    exchange.drop(login, "Inbox/Transfer Eingang", RAW)

    async def work(client):
        me = await client.me.get()
        assert me.mail == login
        folders = await client.me.mail_folders.get()
        assert "Inbox" in {folder.display_name for folder in folders.value}
        inbox = client.me.mail_folders.by_mail_folder_id("inbox")
        children = (await inbox.child_folders.get()).value
        assert [each.display_name for each in children] == ["Transfer Eingang"]
        made = await inbox.child_folders.post(MailFolder(display_name="Ausgang"))
        assert made.id and made.display_name == "Ausgang"

    sdk(work)


def test_mails(exchange, login, sdk):
    exchange.drop(login, "Inbox/Transfer Eingang", RAW)

    async def work(client):
        inbox = client.me.mail_folders.by_mail_folder_id("inbox")
        (child,) = (await inbox.child_folders.get()).value
        folder = client.me.mail_folders.by_mail_folder_id(child.id)
        (mail,) = (await folder.messages.get()).value
        assert mail.subject == "Grüße"
        assert mail.internet_message_id == "<1@example.org>"
        assert mail.from_.email_address.address == "bob@example.org"
        one = client.me.messages.by_message_id(mail.id)
        assert b"Hello" in await one.content.get()
        marked = await one.patch(Message(categories=["Odoo"]))
        assert marked.categories == ["Odoo"]
        delta = await folder.messages.delta.get()
        assert [each.id for each in delta.value] == [mail.id]
        body = move_body.MovePostRequestBody(destination_id="deleteditems")
        await folder.messages.by_message_id(mail.id).move.post(body)
        after = await folder.messages.delta.with_url(delta.odata_delta_link).get()
        (gone,) = after.value
        assert "@removed" in gone.additional_data

    sdk(work)


def test_contacts(exchange, login, sdk):
    contact = Contact(
        display_name="Jürgen Müller",
        given_name="Jürgen",
        surname="Müller",
        company_name="Müller & Söhne",
        email_addresses=[EmailAddress(address="j@example.org", name="Jürgen")],
        business_phones=["+49 1"],
        business_address=PhysicalAddress(street="Weg 1", city="Ulm"),
        single_value_extended_properties=[
            SingleValueLegacyExtendedProperty(id=MARK_PROPERTY, value="db,7")
        ],
    )

    async def work(client):
        made = await client.me.contacts.post(contact)
        assert made.id and made.change_key
        text = f"singleValueExtendedProperties/any(p: p/id eq '{MARK_PROPERTY}'"
        found = await client.me.contacts.get(
            options(Contacts, "Get", filter=f"{text} and p/value eq 'db,7')")
        )
        (again,) = found.value
        assert (again.display_name, again.surname) == ("Jürgen Müller", "Müller")
        assert again.business_address.city == "Ulm"
        one = client.me.contacts.by_contact_id(again.id)
        changed = await one.patch(Contact(display_name="J. Müller", job_title="Boss"))
        assert (changed.display_name, changed.job_title) == ("J. Müller", "Boss")
        made = await client.me.contact_folders.post(ContactFolder(display_name="Odoo"))
        assert (await client.me.contact_folders.get()).value[0].id == made.id
        await one.delete()
        with pytest.raises(ODataError) as refused:
            await one.get()
        assert refused.value.response_status_code == 404

    sdk(work)


def test_events(exchange, login, sdk):
    zone = "W. Europe Standard Time"
    exchange.add_event(
        login,
        subject="Weekly",
        start={"dateTime": "2026-03-16T09:00:00", "timeZone": zone},
        end={"dateTime": "2026-03-16T10:00:00", "timeZone": zone},
        showAs="oof",
        recurrence={
            "pattern": {"type": "weekly", "interval": 1, "daysOfWeek": ["monday"]},
            "range": {
                "type": "numbered",
                "startDate": "2026-03-16",
                "numberOfOccurrences": 4,
            },
        },
    )

    async def work(client):
        rows = (await client.me.calendar_view.get(options(View, "Get", **WINDOW))).value
        assert [row.type for row in rows] == [EventType.Occurrence] * 4
        assert rows[0].show_as == FreeBusyStatus.Oof
        assert rows[0].start.date_time[:16] == "2026-03-16T08:00"
        master = client.me.events.by_event_id(rows[0].series_master_id)
        event = await master.get()
        assert event.recurrence.range.start_date == datetime.date(2026, 3, 16)
        config = options(ViewDelta, "Get", **WINDOW)
        delta = await client.me.calendar_view.delta.get(config)
        # Master and occurrences, as Graph has them.
        assert len(delta.value) == 5 and delta.odata_delta_link

    sdk(work)


def test_a_wrong_password_is_refused_in_words(sdk):
    async def work(client):
        with pytest.raises(ODataError) as refused:
            await client.me.get()
        assert refused.value.response_status_code == 401
        assert refused.value.error.message

    sdk(work, password="wrong")
