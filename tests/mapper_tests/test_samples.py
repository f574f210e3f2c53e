"""Answers as they are documented, and odd ones: read without an exception."""

import os
from pathlib import Path

import pytest

from mapper import calendar_view, events_table, folders, reading, soap, values
from mapper.connection import Reply
from mapper.contacts_table import TABLE as CONTACT
from mapper.errors import GraphError
from mapper.events_table import TABLE as EVENT
from mapper.ews import _envelope, _results, version_of
from mapper.messages_table import TABLE as MESSAGE
from mapper.series import recurrence, series_uid, uid_at

_BESIDE = Path(__file__).resolve().parents[3] / "shared" / "ews-samples"
FOLDER = Path(os.environ.get("EWS_SAMPLES", _BESIDE))
ANSWERS = sorted(FOLDER.glob("*Response.xml")) + sorted(FOLDER.glob("*Fault.xml"))
UID = (
    "040000008200E00074C5B7101A82E008{}00000000C0FFEE0000000000000000001000000012345678"
)


def messages_of(content):
    """The response messages of an answer, or what it was refused with."""
    try:
        return _results(soap.body_of(soap.parse(content)))
    except Exception as error:
        refused = getattr(error, "error", error)
        assert isinstance(refused, GraphError), error
        return []


def one_by_one(table, fields):
    """Each property read from all elements: a walk over them all must give the same."""
    return {
        name: prop.of(fields.get(prop.element)) if prop.element else prop.read(fields)
        for name, prop in table.items()
    }


def read_all(root):
    """Whatever looks like an item or a folder, read as each kind."""
    for element in root.iter():
        if not isinstance(element.tag, str):
            continue
        if soap.child(element, "ItemId") is not None:
            fields = reading.fields_of(element)
            for table in (MESSAGE, EVENT, CONTACT):
                shown = reading.render(table, list(table), element)
                assert shown["id"]
                assert shown == {**shown, **one_by_one(table, fields)}
            reading.extended_values(element)
            calendar_view._entry(element)
        if soap.child(element, "FolderId") is not None:
            assert folders.render(element)["id"]


@pytest.mark.skipif(not ANSWERS, reason="The documented examples are not here.")
def test_the_documented_answers_are_read():
    results = 0
    for path in ANSWERS:
        content = path.read_bytes()
        results += len(messages_of(content))
        read_all(soap.parse(content))
    assert results > 20


def envelope(body):
    return (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" '
        'xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types" '
        'xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages">'
        f"<s:Body>{body}</s:Body></s:Envelope>"
    ).encode()


@pytest.mark.parametrize("table", [MESSAGE, EVENT, CONTACT])
def test_one_walk_over_an_item_gives_what_each_property_reads(table):
    """No property takes an element away that another one needs, too."""
    paths = [path for prop in table.values() for path in prop.paths]
    names = {path.partition(":")[2] for path in paths if isinstance(path, str)}
    parts = [
        f"<t:{name}>{'true' if name[:2] == 'Is' else '2026-03-01T23:00:00Z'}</t:{name}>"
        for name in sorted(names)
    ]
    whole = f'<t:Item>{"".join(parts)}<t:ItemId Id="i" ChangeKey="c"/></t:Item>'
    item = soap.body_of(soap.parse(envelope(whole)))
    shown = reading.render(table, list(table), item)
    assert list(shown) == ["@odata.etag", "id", *table]
    assert shown == {**shown, **one_by_one(table, reading.fields_of(item))}
    assert list(reading.render(table, ["changeKey"], item)) == [
        *("@odata.etag", "id", "changeKey")
    ]


@pytest.mark.parametrize(
    "html, words",
    [
        ("<html><head><style>p {}</style></head><body><p>A</p>B", "A B"),
        ("<html><HEAD><title>T</title></HEAD><p>A&nbsp;&lt;B", "A <B"),
        ("<!-- x > y --><p>A</p><script>b</script>C", "A C"),
        ("<header>A</header><p>B <head", "A B"),
        (
            "<head><style>" + "p {} " * 900 + "</style></head>" + "<b>A</b> " * 9,
            "A " * 9,
        ),
        ("A <b>" + "word </b>" * 300, "A " + "word " * 50 + "wor"),
    ],
)
def test_a_preview_is_the_words_of_a_body(html, words):
    body = {"contentType": "html", "content": html}
    assert values.preview(body) == words.strip()


def test_an_item_with_nothing_right_in_it_is_read():
    """In another order than the schema's, with values that are none."""
    item = (
        "<t:CalendarItem><t:End>never</t:End><t:Start>2026-13-45T99:00:00Z</t:Start>"
        "<t:ModifiedOccurrences/><t:IsAllDayEvent>maybe</t:IsAllDayEvent>"
        "<t:LegacyFreeBusyStatus>Asleep</t:LegacyFreeBusyStatus><t:UID>x</t:UID>"
        "<t:ReminderMinutesBeforeStart>soon</t:ReminderMinutesBeforeStart>"
        "<t:CalendarItemType>Strange</t:CalendarItemType>"
        "<t:DateTimeCreated>2026-03-01T10:00:00.345761800Z</t:DateTimeCreated>"
        "<t:Organizer><t:Mailbox><t:Name>A</t:Name><t:EmailAddress>/O=X/CN=A"
        "</t:EmailAddress><t:RoutingType>EX</t:RoutingType></t:Mailbox></t:Organizer>"
        "<t:RequiredAttendees><t:Attendee/><t:Odd/></t:RequiredAttendees>"
        '<t:Recurrence><t:Odd/></t:Recurrence><t:ItemId ChangeKey="c" Id="i d"/>'
        "</t:CalendarItem>"
    )
    root = soap.parse(envelope(item))
    read_all(root)
    shown = reading.render(EVENT, list(EVENT), soap.body_of(root))
    assert (shown["start"], shown["end"]) == (None, None)
    assert (shown["showAs"], shown["type"]) == ("unknown", "singleInstance")
    assert shown["createdDateTime"] == "2026-03-01T10:00:00Z"
    # the inner name of somebody who left is no address; his own name stays
    assert shown["organizer"]["emailAddress"] == {"name": "A", "address": ""}


@pytest.mark.parametrize(
    "words, day",
    [
        ("2014-03-08-08:00", "2014-03-08"),
        ("2014-03-08Z", "2014-03-08"),
        ("2014-03-08T00:00:00.000000", "2014-03-08"),
        ("soon", "0001-01-01"),
    ],
)
def test_the_dates_of_a_recurrence_may_carry_an_offset(words, day):
    root = soap.parse(
        envelope(
            "<t:Recurrence><t:WeeklyRecurrence><t:Interval>2</t:Interval>"
            "<t:DaysOfWeek>Monday Weekend Friday</t:DaysOfWeek></t:WeeklyRecurrence>"
            f"<t:NoEndRecurrence><t:StartDate>{words}</t:StartDate></t:NoEndRecurrence>"
            "</t:Recurrence>"
        )
    )
    found = recurrence(soap.body_of(root), "W. Europe Standard Time")
    assert found["range"]["startDate"] == day
    assert found["pattern"]["daysOfWeek"] == ["monday", "friday"]
    assert found["range"]["recurrenceTimeZone"] == "W. Europe Standard Time"


def test_a_meeting_is_the_same_whether_one_was_invited_to_all_of_it_or_to_a_day():
    from datetime import date

    series, orphan = UID.format("00000000"), UID.format("07D80319")
    assert series_uid(orphan) == series_uid(series.lower()) == series
    assert uid_at(series, date(2008, 3, 25)) == orphan
    assert series_uid(" vCal-Uid@example.org ") == "vCal-Uid@example.org"


@pytest.mark.parametrize(
    "utc, zone, day",
    [
        ("2026-03-04T23:00:00Z", "W. Europe Standard Time", "2026-03-05"),
        ("2026-03-05T08:00:00Z", "Pacific Standard Time", "2026-03-05"),
        ("2026-03-05T12:00:00Z", "Dateline Standard Time", "2026-03-05"),
        ("2026-03-04T11:00:00Z", "New Zealand Standard Time", "2026-03-05"),
        ("2026-03-04T10:00:00Z", "Line Islands Standard Time", "2026-03-05"),
        ("2026-03-04T18:30:00Z", "India Standard Time", "2026-03-05"),
        ("2026-03-05T00:00:00Z", "UTC", "2026-03-05"),
        ("2026-03-05T00:00:00Z", "", "2026-03-05"),
    ],
)
def test_an_all_day_event_is_on_its_day_in_every_zone(utc, zone, day):
    item = (
        f'<t:CalendarItem><t:ItemId Id="i"/><t:Start>{utc}</t:Start>'
        f'<t:IsAllDayEvent>true</t:IsAllDayEvent><t:StartTimeZone Id="{zone}"/>'
        "</t:CalendarItem>"
    )
    fields = reading.fields_of(soap.body_of(soap.parse(envelope(item))))
    shown = events_table.TABLE["start"].read(fields)
    assert shown == {"dateTime": f"{day}T00:00:00.0000000", "timeZone": "UTC"}


def test_a_zone_without_a_known_name_is_known_by_its_bias():
    item = (
        '<t:CalendarItem><t:ItemId Id="i"/><t:Start>2026-03-04T11:00:00Z</t:Start>'
        "<t:IsAllDayEvent>true</t:IsAllDayEvent>"
        '<t:StartTimeZone Id="Customized Time Zone"><t:Periods>'
        '<t:Period Bias="-PT13H0M0.0S" Name="Standard" Id="Std"/></t:Periods>'
        "</t:StartTimeZone></t:CalendarItem>"
    )
    fields = reading.fields_of(soap.body_of(soap.parse(envelope(item))))
    shown = events_table.TABLE["start"].read(fields)
    assert shown["dateTime"].startswith("2026-03-05")


@pytest.mark.parametrize(
    "numbers, found",
    [
        (("14", "0", "639"), 0),
        (("14", "1", "218"), 1),
        (("14", "3", "513"), 2),
        (("15", "0", "516"), 2),
        (("15", "0", "847"), 3),
        (("15", "2", "1544"), 3),
        (("8", "3", "0"), 0),
        (("", "", ""), None),
    ],
)
def test_the_version_is_told_by_numbers(numbers, found):
    assert version_of(*numbers) == found


def test_back_off_is_the_value_of_that_name():
    fault = envelope(
        "<s:Fault><faultcode>a:ErrorServerBusy</faultcode><detail>"
        '<e:ResponseCode xmlns:e="urn:e">ErrorServerBusy</e:ResponseCode>'
        '<t:MessageXml><t:Value Name="Policy">7</t:Value>'
        '<t:Value Name="BackOffMilliseconds">297749</t:Value></t:MessageXml>'
        "</detail></s:Fault>"
    )
    root = _envelope(Reply(500, {}, fault))
    with pytest.raises(GraphError) as caught:
        _results(soap.body_of(root))
    assert caught.value.status == 429
    assert caught.value.headers["Retry-After"] == "298"
