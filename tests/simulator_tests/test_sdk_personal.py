"""Events and contacts with clients that nobody made for the simulator."""

import asyncio
import datetime

import pytest
from kiota_abstractions.base_request_configuration import RequestConfiguration
from kiota_authentication_azure.azure_identity_authentication_provider import (
    AzureIdentityAuthenticationProvider,
)
from msgraph import GraphRequestAdapter, GraphServiceClient
from msgraph.generated.models.attendee import Attendee
from msgraph.generated.models.calendar import Calendar
from msgraph.generated.models.contact import Contact
from msgraph.generated.models.contact_folder import ContactFolder
from msgraph.generated.models.date_time_time_zone import DateTimeTimeZone
from msgraph.generated.models.day_of_week import DayOfWeek
from msgraph.generated.models.email_address import EmailAddress
from msgraph.generated.models.event import Event
from msgraph.generated.models.event_type import EventType
from msgraph.generated.models.free_busy_status import FreeBusyStatus
from msgraph.generated.models.item_body import ItemBody
from msgraph.generated.models.location import Location
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.patterned_recurrence import PatternedRecurrence
from msgraph.generated.models.physical_address import PhysicalAddress
from msgraph.generated.models.recurrence_pattern import RecurrencePattern
from msgraph.generated.models.recurrence_pattern_type import RecurrencePatternType
from msgraph.generated.models.recurrence_range import RecurrenceRange
from msgraph.generated.models.recurrence_range_type import RecurrenceRangeType
from msgraph.generated.models.response_type import ResponseType
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
from msgraph.generated.users.item.events.item.accept import accept_post_request_body
from msgraph.generated.users.item.events.item.cancel import cancel_post_request_body
from msgraph.generated.users.item.events.item.instances import (
    instances_request_builder,
)
from personal import TAG
from test_contact_photos import picture
from test_sdk import Credential

Instances = instances_request_builder.InstancesRequestBuilder
UTC = datetime.timezone.utc


def run(graph, work):
    """Run something with the official client of a mailbox."""
    token = graph.session.headers["Authorization"].partition(" ")[2]
    host = graph.root.split("/")[2]

    async def whole():
        provider = AzureIdentityAuthenticationProvider(
            Credential(token), allowed_hosts=["127.0.0.1", host]
        )
        adapter = GraphRequestAdapter(provider)
        adapter.base_url = graph.root
        return await work(GraphServiceClient(request_adapter=adapter))

    return asyncio.run(whole())


def at(text, zone="Europe/Berlin"):
    """A time of the SDK."""
    return DateTimeTimeZone(date_time=text, time_zone=zone)


def options(builder, kind, **values):
    """Query parameters of a builder."""
    query = getattr(builder, f"{builder.__name__}{kind}QueryParameters")(**values)
    return RequestConfiguration(query_parameters=query)


def series():
    """A weekly series of four, on Mondays at 09:00 in Berlin."""
    return Event(
        subject="Weekly",
        start=at("2026-03-16T09:00:00"),
        end=at("2026-03-16T10:00:00"),
        recurrence=PatternedRecurrence(
            pattern=RecurrencePattern(
                type=RecurrencePatternType.Weekly,
                interval=1,
                days_of_week=[DayOfWeek.Monday],
            ),
            range=RecurrenceRange(
                type=RecurrenceRangeType.Numbered,
                start_date=datetime.date(2026, 3, 16),
                number_of_occurrences=4,
            ),
        ),
    )


WINDOW = {"start_date_time": "2026-03-01", "end_date_time": "2026-05-01"}


def test_the_sdk_writes_and_reads_an_event(person):
    graph = person("Anna Abel")

    async def work(client):
        event = await client.me.events.post(
            Event(
                subject="Lunch",
                body=ItemBody(content="Noon?"),
                start=at("2026-03-02T12:00:00"),
                end=at("2026-03-02T13:00:00"),
                location=Location(display_name="Harry's Bar"),
                show_as=FreeBusyStatus.Oof,
                transaction_id="t-1",
                single_value_extended_properties=[
                    SingleValueLegacyExtendedProperty(id=TAG, value="db/7")
                ],
            )
        )
        assert event.type == EventType.SingleInstance
        assert event.start.date_time == "2026-03-02T11:00:00.0000000"
        assert event.response_status.response == ResponseType.Organizer
        assert event.response_status.time.year == 1
        one = client.me.events.by_event_id(event.id)
        changed = await one.patch(Event(subject="Dinner"))
        assert changed.subject == "Dinner"
        assert changed.location.display_name == "Harry's Bar"
        assert changed.show_as == FreeBusyStatus.Oof
        listed = await client.me.events.get()
        assert [row.id for row in listed.value] == [event.id]
        await one.delete()
        with pytest.raises(ODataError) as refused:
            await one.get()
        assert refused.value.error.code == "ErrorItemNotFound"

    run(graph, work)


def test_the_sdk_reads_a_series_its_instances_and_views(person):
    graph = person()

    async def work(client):
        master = await client.me.events.post(series())
        assert master.type == EventType.SeriesMaster
        assert master.recurrence.pattern.days_of_week == [DayOfWeek.Monday]
        one = client.me.events.by_event_id(master.id)
        rows = (await one.instances.get(options(Instances, "Get", **WINDOW))).value
        starts = [row.start.date_time[:16] for row in rows]
        assert starts == [
            "2026-03-16T08:00",
            "2026-03-23T08:00",
            "2026-03-30T07:00",
            "2026-04-06T07:00",
        ]
        assert rows[2].original_start == datetime.datetime(2026, 3, 30, 7, tzinfo=UTC)
        special = client.me.events.by_event_id(rows[1].id)
        changed = await special.patch(Event(subject="Special"))
        assert changed.type == EventType.Exception
        await client.me.events.by_event_id(rows[2].id).delete()
        view = await client.me.calendar_view.get(options(View, "Get", **WINDOW))
        assert [(row.type, row.subject) for row in view.value] == [
            (EventType.Occurrence, "Weekly"),
            (EventType.Exception, "Special"),
            (EventType.Occurrence, "Weekly"),
        ]

    run(graph, work)


def test_the_sdk_follows_a_calendar_by_delta(person):
    graph = person()

    async def work(client):
        await client.me.events.post(series())
        delta = client.me.calendar_view.delta
        page = await delta.get(options(ViewDelta, "Get", **WINDOW))
        kinds = [row.type for row in page.value]
        assert kinds == [EventType.SeriesMaster] + [EventType.Occurrence] * 4
        assert {row.subject for row in page.value[1:]} == {None}
        link = page.odata_delta_link
        single = await client.me.events.post(
            Event(
                subject="Single",
                start=at("2026-03-02T12:00:00"),
                end=at("2026-03-02T13:00:00"),
            )
        )
        page = await delta.with_url(link).get()
        assert [row.id for row in page.value] == [single.id]
        await client.me.events.by_event_id(single.id).delete()
        page = await delta.with_url(page.odata_delta_link).get()
        (gone,) = page.value
        assert gone.id == single.id
        assert gone.additional_data["@removed"] == {"reason": "deleted"}

    run(graph, work)


def test_the_sdk_answers_and_cancels_a_meeting(person):
    olga, anna = person("Olga"), person("Anna")

    async def invite(client):
        event = await client.me.events.post(
            Event(
                subject="Meeting",
                start=at("2026-03-02T12:00:00"),
                end=at("2026-03-02T13:00:00"),
                attendees=[Attendee(email_address=EmailAddress(address=anna.address))],
            )
        )
        return event.id

    async def accept(client):
        (event,) = (await client.me.events.get()).value
        assert event.response_status.response == ResponseType.NotResponded
        body = accept_post_request_body.AcceptPostRequestBody(
            comment="Fine", send_response=True
        )
        await client.me.events.by_event_id(event.id).accept.post(body)

    async def cancel(client):
        one = client.me.events.by_event_id(key)
        event = await one.get()
        assert event.attendees[0].status.response == ResponseType.Accepted
        body = cancel_post_request_body.CancelPostRequestBody(comment="Ill")
        await one.cancel.post(body)

    async def look(client):
        (event,) = (await client.me.events.get()).value
        assert event.is_cancelled

    key = run(olga, invite)
    run(anna, accept)
    run(olga, cancel)
    run(anna, look)


def test_the_sdk_knows_calendars(person):
    graph = person()

    async def work(client):
        made = await client.me.calendars.post(Calendar(name="Team"))
        await client.me.calendars.by_calendar_id(made.id).events.post(
            Event(
                subject="There",
                start=at("2026-03-02T12:00:00"),
                end=at("2026-03-02T13:00:00"),
            )
        )
        default = await client.me.calendar.get()
        assert default.is_default_calendar
        names = [row.name for row in (await client.me.calendars.get()).value]
        assert names == ["Calendar", "Team"]

    run(graph, work)


def pavel():
    """A contact."""
    return Contact(
        given_name="Pavel",
        surname="Bansky",
        email_addresses=[EmailAddress(address="p@example.org")],
        business_phones=["+1 2"],
        mobile_phone="+1 3",
        business_address=PhysicalAddress(city="Redmond"),
        birthday=datetime.datetime(1974, 7, 22, 11, 59, tzinfo=UTC),
        categories=["Red"],
    )


def test_the_sdk_writes_and_reads_contacts(person):
    graph = person()

    async def work(client):
        contact = await client.me.contacts.post(pavel())
        assert contact.display_name == "Pavel Bansky"
        assert contact.birthday == datetime.datetime(1974, 7, 22, 11, 59, tzinfo=UTC)
        one = client.me.contacts.by_contact_id(contact.id)
        changed = await one.patch(Contact(given_name="Paul", display_name="PB"))
        assert (changed.display_name, changed.mobile_phone) == ("PB", "+1 3")
        found = await client.me.contacts.get(
            options(
                Contacts,
                "Get",
                filter="emailAddresses/any(a:a/address eq 'p@example.org')",
            )
        )
        assert [row.id for row in found.value] == [contact.id]
        content = picture()
        await one.photo.content.put(content)
        assert await one.photo.content.get() == content
        assert (await one.photo.get()).width == 48
        page = await client.me.contacts.delta.get()
        assert [row.id for row in page.value] == [contact.id]
        await one.delete()
        page = await client.me.contacts.delta.with_url(page.odata_delta_link).get()
        assert "@removed" in page.value[0].additional_data
        folder = await client.me.contact_folders.post(
            ContactFolder(display_name="Team")
        )
        there = client.me.contact_folders.by_contact_folder_id(folder.id)
        await there.contacts.post(Contact(given_name="Deep"))
        rows = (await there.contacts.get()).value
        assert [row.display_name for row in rows] == ["Deep"]

    run(graph, work)
