"""What desktop programs lean on, as Evolution does: zones, iCalendar, shapes."""

import base64

import pytest
from conftest import ANNA
from simulator.ews.ids import to_ews
from soap import ONLY_ID, set_field
from test_ews_calendar import BERLIN, create, key_of, weekly

MIME = f"{ONLY_ID}<t:IncludeMimeContent>true</t:IncludeMimeContent>"
DEFAULT = "<t:BaseShape>Default</t:BaseShape>"


def zones(box, ids="", full="true", **options):
    """GetServerTimeZones: the reply."""
    ids = f"<m:Ids>{ids}</m:Ids>" if ids else ""
    return box.call(
        f'<m:GetServerTimeZones ReturnFullTimeZoneData="{full}">{ids}'
        "</m:GetServerTimeZones>",
        **options,
    )


def ical(box, key):
    """The lines of the iCalendar text of an event."""
    raw = base64.b64decode(box.get(key, shape=MIME).text("t:MimeContent"))
    assert raw.count(b"\n") == raw.count(b"\r\n")
    assert max(len(line) for line in raw.split(b"\r\n")) <= 75
    return raw.decode().replace("\r\n ", "").split("\r\n")


# -- zones -----------------------------------------------------------------------------


def test_the_rules_of_a_zone(box):
    reply = zones(box, f"<t:Id>{BERLIN}</t:Id><t:Id>No Such Time</t:Id>")
    assert reply.one("t:TimeZoneDefinition").get("Id") == BERLIN
    biases = {p.get("Name"): p.get("Bias") for p in reply.all("t:Period")}
    assert biases == {"Standard": "-PT1H", "Daylight": "-PT2H"}
    assert [e.text for e in reply.all("t:RecurringDayTransition/t:Month")] == [
        "3",
        "10",
    ]


def test_all_zones_by_their_names(box):
    reply = zones(box, full="false")
    names = [row.get("Id") for row in reply.all("t:TimeZoneDefinition")]
    assert {BERLIN, "UTC", "Tokyo Standard Time"} <= set(names)
    assert len(names) > 130 and not reply.all("t:Periods")


# -- events as iCalendar ---------------------------------------------------------------


def test_an_event_as_icalendar(sim, box):
    text = "Größe; a, b\\c\nnext " + "ü" * 60
    item = sim.add_event(
        ANNA,
        subject=text,
        start=f"2026-03-02T09:00:00 {BERLIN}",
        end=f"2026-03-02T10:00:00 {BERLIN}",
        attendees=[{"emailAddress": {"address": "ben@contoso.example"}}],
    )
    lines = ical(box, to_ews(item.id))
    assert lines.count("BEGIN:VEVENT") == 1
    assert f"DTSTART;TZID={BERLIN}:20260302T090000" in lines
    assert f"SUMMARY:Größe\\; a\\, b\\\\c\\nnext {'ü' * 60}" in lines
    assert f"UID:{item.data['iCalUId']}" in lines
    assert [line for line in lines if line.startswith("ATTENDEE")][0].endswith(
        "mailto:ben@contoso.example"
    )
    assert {"TZOFFSETFROM:+0100", "TZOFFSETTO:+0200"} <= set(lines)


def test_a_whole_day_is_a_date(box):
    key = key_of(
        create(
            box,
            "<t:Subject>Off</t:Subject><t:Start>2026-03-05T00:00:00Z</t:Start>"
            "<t:End>2026-03-07T00:00:00Z</t:End><t:IsAllDayEvent>true"
            "</t:IsAllDayEvent>",
        )
    )
    lines = ical(box, key)
    assert "DTSTART;VALUE=DATE:20260305" in lines
    assert "DTEND;VALUE=DATE:20260307" in lines
    assert "BEGIN:VTIMEZONE" not in lines


def test_a_series_as_icalendar(sim, box):
    item = weekly(sim)
    key = to_ews(item.id)
    second = (
        f'<t:OccurrenceItemId RecurringMasterId="{key}" InstanceIndex="2" '
        f'ChangeKey="{item.data["changeKey"]}"/>'
    )
    box.good(
        '<m:UpdateItem ConflictResolution="AlwaysOverwrite" '
        'SendMeetingInvitationsOrCancellations="SendToNone"><m:ItemChanges>'
        f"<t:ItemChange>{second}<t:Updates>"
        f"{set_field('item:Subject', '<t:Subject>Other</t:Subject>', 'CalendarItem')}"
        "</t:Updates></t:ItemChange></m:ItemChanges></m:UpdateItem>"
    )
    box.good(
        '<m:DeleteItem DeleteType="HardDelete" SendMeetingCancellations="SendToNone">'
        f'<m:ItemIds><t:OccurrenceItemId RecurringMasterId="{key}" InstanceIndex="3"/>'
        "</m:ItemIds></m:DeleteItem>"
    )
    lines = ical(box, key)
    assert "RRULE:FREQ=WEEKLY;COUNT=6;INTERVAL=1;BYDAY=MO;WKST=SU" in lines
    assert f"EXDATE;TZID={BERLIN}:20260316T090000" in lines
    assert f"RECURRENCE-ID;TZID={BERLIN}:20260309T090000" in lines
    assert [line for line in lines if line.startswith("SUMMARY")] == [
        "SUMMARY:Weekly",
        "SUMMARY:Other",
    ]


@pytest.mark.parametrize(
    "pattern, rule",
    [
        ({"type": "daily", "interval": 2}, "FREQ=DAILY;COUNT=6;INTERVAL=2"),
        (
            {"type": "absoluteMonthly", "interval": 1, "dayOfMonth": 31},
            "FREQ=MONTHLY;COUNT=6;INTERVAL=1;BYMONTHDAY=28,29,30,31;BYSETPOS=-1",
        ),
        (
            {
                "type": "relativeYearly",
                "interval": 1,
                "month": 3,
                "daysOfWeek": ["monday"],
                "index": "last",
            },
            "FREQ=YEARLY;COUNT=6;INTERVAL=1;BYDAY=MO;BYSETPOS=-1;BYMONTH=3",
        ),
    ],
)
def test_rules_of_series(sim, box, pattern, rule):
    span = {"type": "numbered", "numberOfOccurrences": 6, "startDate": "2026-03-02"}
    item = weekly(sim, recurrence={"pattern": pattern, "range": span})
    assert f"RRULE:{rule}" in ical(box, to_ews(item.id))


# -- contacts, mails -------------------------------------------------------------------


@pytest.fixture
def contact(box):
    """The id of a contact."""
    return key_of(
        box.good(
            "<m:CreateItem><m:Items><t:Contact><t:GivenName>Jo</t:GivenName>"
            "<t:CompanyName>ACME</t:CompanyName><t:JobTitle>Boss</t:JobTitle>"
            "</t:Contact></m:Items></m:CreateItem>"
        )
    )


def test_the_default_shape_of_a_contact(box, contact):
    reply = box.get(contact, shape=DEFAULT)
    assert (reply.text("t:CompanyName"), reply.text("t:JobTitle")) == ("ACME", "Boss")


def test_a_contact_has_no_mime_text(box, contact):
    assert box.get(contact, shape=MIME).codes == ["ErrorUnsupportedMimeConversion"]


def test_the_mime_text_of_a_mail_made_of_properties_has_lines_of_mails(box):
    key = key_of(
        box.good(
            '<m:CreateItem MessageDisposition="SaveOnly"><m:Items><t:Message>'
            '<t:Subject>Hello</t:Subject><t:Body BodyType="Text">One\nTwo</t:Body>'
            "</t:Message></m:Items></m:CreateItem>"
        )
    )
    raw = base64.b64decode(box.get(key, shape=MIME).text("t:MimeContent"))
    assert b"One\r\nTwo" in raw and raw.count(b"\n") == raw.count(b"\r\n")


# -- what is missing -------------------------------------------------------------------


def test_an_operation_that_the_simulator_has_not_is_no_fault_of_the_request(box):
    reply = box.call("<m:GetInboxRules/>")
    assert (reply.status, reply.codes) == (500, ["ErrorInvalidOperation"])
    assert "The simulator has no GetInboxRules." in reply.http.text
    assert box.call("<m:GetNonsense/>").codes == ["ErrorSchemaValidation"]


@pytest.mark.parametrize("above", ["calendar", "inbox", "msgfolderroot"])
def test_a_calendar_hangs_where_it_was_made(sim, box, graph, above):
    place = f'<t:DistinguishedFolderId Id="{above}"/>'
    made = box.good(
        f"<m:CreateFolder><m:ParentFolderId>{place}</m:ParentFolderId><m:Folders>"
        "<t:CalendarFolder><t:DisplayName>Own</t:DisplayName></t:CalendarFolder>"
        "</m:Folders></m:CreateFolder>"
    )
    key = made.one("t:FolderId").get("Id")
    shape = f"<m:FolderShape>{DEFAULT}</m:FolderShape>"
    below = box.good(
        f'<m:FindFolder Traversal="Shallow">{shape}<m:ParentFolderIds>{place}'
        "</m:ParentFolderIds></m:FindFolder>"
    )
    assert key in [row.get("Id") for row in below.all("t:FolderId")]
    names = [row["name"] for row in graph.get("me/calendars").json()["value"]]
    assert names == ["Calendar", "Own"]
    gone = f'<m:FolderIds><t:FolderId Id="{key}"/></m:FolderIds>'
    box.good(f'<m:DeleteFolder DeleteType="HardDelete">{gone}</m:DeleteFolder>')
    assert len(graph.get("me/calendars").json()["value"]) == 1
