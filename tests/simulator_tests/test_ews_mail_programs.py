"""What mail programs ask for, as DavMail does: MAPI properties, ids, odd folders."""

import base64

import pytest
from conftest import ANNA, BEN, eml
from simulator.ews.ids import to_ews
from soap import INBOX, ONLY_ID

ASKED = (
    ("0xe07", "Integer"),
    ("0xe08", "Integer"),
    ("0xe23", "Integer"),
    ("0x37", "String"),
    ("0x1035", "String"),
    ("0xff9", "Binary"),
    ("0x3008", "SystemTime"),
)
ROOT = '<t:DistinguishedFolderId Id="msgfolderroot"/>'


def more(*tags):
    """``AdditionalProperties`` with MAPI properties."""
    rows = (
        f'<t:ExtendedFieldURI PropertyTag="{tag}" PropertyType="{kind}"/>'
        for tag, kind in tags
    )
    return f"<t:AdditionalProperties>{''.join(rows)}</t:AdditionalProperties>"


def values(reply):
    """{tag: value} of what came back."""
    return {
        row[0].get("PropertyTag"): row[1].text
        for row in reply.all("t:ExtendedProperty")
    }


def test_properties_that_every_mail_has(sim, box):
    item = sim.drop(ANNA, "inbox", eml("Hello", **{"Message-ID": "<1@x.example>"}))
    found = values(box.get(to_ews(item.id), shape=ONLY_ID + more(*ASKED)))
    assert set(found) == {tag for tag, _kind in ASKED}
    assert (found["0x37"], found["0x1035"]) == ("Hello", "<1@x.example>")
    assert found["0xe07"] == "0" and int(found["0xe08"]) > 100


def test_graph_tells_them_too(sim, graph):
    sim.drop(ANNA, "inbox", eml("Hello", **{"Message-ID": "<1@x.example>"}))
    wanted = "id eq 'String 0x1035' or id eq 'integer 0x0E07'"
    path = f"me/messages?$expand=singleValueExtendedProperties($filter={wanted})"
    [row] = graph.get(path).json()["value"]
    assert row["singleValueExtendedProperties"] == [
        {"id": "String 0x1035", "value": "<1@x.example>"},
        {"id": "Integer 0xe07", "value": "0"},
    ]
    fits = "singleValueExtendedProperties/Any(ep: ep/id eq 'String 0x1035' and ep/value"
    for value, count in (("<1@x.example>", 1), ("<2@x.example>", 0)):
        rows = graph.get(f"me/messages?$filter={fits} eq '{value}')").json()["value"]
        assert len(rows) == count


def test_a_mail_made_as_read(sim, box):
    raw = base64.b64encode(eml("Kept")).decode()
    box.call(
        '<m:CreateItem MessageDisposition="SaveOnly"><m:SavedItemFolderId>'
        f"{INBOX}</m:SavedItemFolderId><m:Items><t:Message><t:MimeContent>{raw}"
        "</t:MimeContent><t:ExtendedProperty>"
        '<t:ExtendedFieldURI PropertyTag="0xe07" PropertyType="Integer"/>'
        "<t:Value>1</t:Value></t:ExtendedProperty></t:Message></m:Items></m:CreateItem>"
    )
    [item] = sim.mailbox(ANNA).find_path("Inbox").items.values()
    assert (item.data["isRead"], item.data["isDraft"]) == (True, False)


@pytest.mark.parametrize("folder_class", ["IPF.Appointment", "IPF.Contact.Own"])
def test_a_plain_folder_becomes_what_its_class_says(box, folder_class):
    reply = box.call(
        f"<m:CreateFolder><m:ParentFolderId>{ROOT}</m:ParentFolderId>"
        "<m:Folders><t:Folder>"
        f"<t:FolderClass>{folder_class}</t:FolderClass>"
        "<t:DisplayName>Own</t:DisplayName></t:Folder></m:Folders></m:CreateFolder>"
    )
    kind = "Calendar" if folder_class == "IPF.Appointment" else "Contacts"
    assert len(reply.all(f"t:{kind}Folder/t:FolderId")) == 1


def test_folders_that_hold_no_mails(box):
    reply = box.call(
        '<m:FindFolder Traversal="Shallow"><m:FolderShape><t:BaseShape>AllProperties'
        "</t:BaseShape></m:FolderShape><m:ParentFolderIds>"
        f"{ROOT}</m:ParentFolderIds></m:FindFolder>"
    )
    found = {row.text for row in reply.all("t:FolderClass")}
    assert {"IPF.Task", "IPF.StickyNote", "IPF.Journal"} <= found
    assert reply.text("t:TasksFolder/t:DisplayName") == "Tasks"


def test_an_id_in_other_spellings(sim, box):
    key = to_ews(sim.drop(ANNA, "inbox", eml("Hello")).id)

    def converted(text, source, target):
        return box.call(
            f'<m:ConvertId DestinationFormat="{target}"><m:SourceIds><t:AlternateId '
            f'Format="{source}" Id="{text}" Mailbox="{ANNA}"/></m:SourceIds>'
            "</m:ConvertId>"
        )

    spelled = converted(key, "EwsId", "HexEntryId").all("m:AlternateId")[0]
    assert spelled.get("Mailbox") == ANNA
    back = converted(spelled.get("Id"), "HexEntryId", "EwsId").all("m:AlternateId")[0]
    assert back.get("Id") == key
    wrong = converted("no hex", "HexEntryId", "EwsId")
    assert wrong.text("m:ResponseCode") == "ErrorInvalidIdMalformed"


def test_nobody_kept_a_configuration(box):
    reply = box.call(
        '<m:GetUserConfiguration><m:UserConfigurationName Name="OWA.UserOptions">'
        '<t:DistinguishedFolderId Id="root"/></m:UserConfigurationName>'
        "<m:UserConfigurationProperties>All</m:UserConfigurationProperties>"
        "</m:GetUserConfiguration>"
    )
    assert reply.text("m:ResponseCode") == "ErrorItemNotFound"


# -- sending ---------------------------------------------------------------------------

TO_ALL = (
    "<t:ToRecipients><t:Mailbox><t:EmailAddress>ben@contoso.example</t:EmailAddress>"
    "</t:Mailbox><t:Mailbox><t:EmailAddress>bob@example.org</t:EmailAddress>"
    "</t:Mailbox></t:ToRecipients>"
)


def arrived(sim):
    """The mails in Ben's inbox."""
    return list(sim.mailbox(BEN).find_path("Inbox").items.values())


@pytest.mark.parametrize("disposition", ["SendOnly", "SendAndSaveCopy"])
def test_a_sent_mail_arrives_at_those_who_have_a_mailbox_here(sim, box, disposition):
    box.good(
        f'<m:CreateItem MessageDisposition="{disposition}"><m:Items><t:Message>'
        "<t:Subject>Grüße</t:Subject><t:Attachments><t:FileAttachment><t:Name>a.txt"
        "</t:Name><t:Content>YWJj</t:Content></t:FileAttachment></t:Attachments>"
        f"{TO_ALL}</t:Message></m:Items></m:CreateItem>"
    )
    [mail] = arrived(sim)
    assert mail.data["subject"] == "Grüße" and mail.data["hasAttachments"]
    assert (mail.data["isRead"], mail.data["isDraft"]) == (False, False)
    assert mail.data["from"]["emailAddress"]["address"] == ANNA
    assert [(m.recipient, m.kind) for m in sim.sent_mails] == [
        ("bob@example.org", "mail")
    ]
    sent = sim.mailbox(ANNA).find_path("Sent Items").items
    assert len(sent) == (disposition == "SendAndSaveCopy")


def test_a_mail_sent_as_text_keeps_the_unseen_recipients_unseen(sim, box):
    raw = eml("Hello", To="bob@example.org", Bcc="ben@contoso.example,\r\n x@y.example")
    text = base64.b64encode(raw).decode()
    reply = box.good(
        '<m:CreateItem MessageDisposition="SaveOnly"><m:Items><t:Message>'
        f"<t:MimeContent>{text}</t:MimeContent></t:Message></m:Items></m:CreateItem>"
    )
    draft = reply.one("t:ItemId")
    assert not arrived(sim)
    box.good(
        '<m:SendItem SaveItemToFolder="true"><m:ItemIds><t:ItemId '
        f'Id="{draft.get("Id")}" ChangeKey="{draft.get("ChangeKey")}"/></m:ItemIds>'
        "</m:SendItem>"
    )
    [mail] = arrived(sim)
    assert not mail.data["bccRecipients"] and b"ben@" not in mail.mime
    assert {m.recipient for m in sim.sent_mails} == {"bob@example.org", "x@y.example"}


# -- calendars -------------------------------------------------------------------------

AT = {"start": "2026-03-02T09:00:00 UTC", "end": "2026-03-02T10:00:00 UTC"}
PLACE = '<t:DistinguishedFolderId Id="calendar"/>'
BERLIN = "W. Europe Standard Time"
SERIES = f"""BEGIN:VCALENDAR
BEGIN:VEVENT
UID:1@x.example
SUMMARY:Weekly\\, long
 er
DTSTART;TZID="{BERLIN}":20260303T090000
DTEND;TZID="{BERLIN}":20260303T100000
RRULE:FREQ=WEEKLY;COUNT=5;BYDAY=TU
EXDATE;TZID={BERLIN}:20260317T090000
LOCATION:Room
CLASS:PRIVATE
ATTENDEE;CN=Ben;ROLE=OPT-PARTICIPANT:mailto:ben@contoso.example
BEGIN:VALARM
SUMMARY:No
END:VALARM
END:VEVENT
BEGIN:VEVENT
UID:1@x.example
RECURRENCE-ID;TZID={BERLIN}:20260310T090000
SUMMARY:Other
DTSTART;TZID={BERLIN}:20260310T120000
DTEND;TZID={BERLIN}:20260310T130000
END:VEVENT
END:VCALENDAR
"""


def put(box, text):
    """CreateItem of an event as iCalendar: the reply."""
    raw = base64.b64encode(text.encode()).decode()
    return box.call(
        '<m:CreateItem SendMeetingInvitations="SendToNone"><m:Items><t:CalendarItem>'
        f"<t:MimeContent>{raw}</t:MimeContent></t:CalendarItem></m:Items></m:CreateItem>"
    )


def test_a_series_written_as_icalendar(sim, box):
    assert put(box, SERIES).codes == ["NoError"]
    found = sim.expand(ANNA, "2026-03-01T00:00:00Z", "2026-05-01T00:00:00Z")
    assert [(row.start.isoformat()[:16], row.subject) for row in found] == [
        ("2026-03-03T08:00", "Weekly, longer"),
        ("2026-03-10T11:00", "Other"),
        ("2026-03-24T08:00", "Weekly, longer"),
        ("2026-03-31T07:00", "Weekly, longer"),
    ]
    item = next(i for i in sim.mailbox(ANNA).items.values() if i.kind == "event")
    data = item.data
    assert (data["location"]["displayName"], data["sensitivity"]) == ("Room", "private")
    assert [(a["type"], a["emailAddress"]["name"]) for a in data["attendees"]] == [
        ("optional", "Ben")
    ]


@pytest.mark.parametrize(
    "rule, days",
    [
        ("FREQ=DAILY;INTERVAL=2;COUNT=3", ["03", "05", "07"]),
        ("FREQ=DAILY;BYDAY=MO,TU;UNTIL=20260310T080000Z", ["03", "09", "10"]),
        ("FREQ=MONTHLY;BYMONTHDAY=3;COUNT=2", ["03"]),
        ("FREQ=MONTHLY;BYDAY=-1TU;COUNT=1", ["31"]),
        ("FREQ=YEARLY;BYDAY=TU;BYSETPOS=2;BYMONTH=3;COUNT=1", ["10"]),
    ],
)
def test_rules_written_as_icalendar(sim, box, rule, days):
    head, _gap, _rest = SERIES.partition("RRULE")
    text = f"{head}RRULE:{rule}\nEND:VEVENT\nEND:VCALENDAR\n"
    assert put(box, text).codes == ["NoError"]
    found = sim.expand(ANNA, "2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z")
    assert [f"{row.start:%d}" for row in found] == days


@pytest.mark.parametrize(
    "lines",
    [
        "DTSTART;VALUE=DATE:20260305\nDTEND;VALUE=DATE:20260307\n",
        f"DTSTART;TZID={BERLIN}:20260305T000000\nDTEND;TZID={BERLIN}:20260307T000000\n"
        "X-MICROSOFT-CDO-ALLDAYEVENT:TRUE\n",
    ],
)
def test_whole_days_written_as_icalendar(graph, box, lines):
    head = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:2@x.example\nSUMMARY:Off\n"
    text = f"{head}{lines}END:VEVENT\nEND:VCALENDAR\n"
    assert put(box, text).codes == ["NoError"]
    [row] = graph.get("me/events").json()["value"]
    assert row["isAllDay"] and row["start"]["dateTime"][:10] == "2026-03-05"
    assert row["end"]["dateTime"][:10] == "2026-03-07"


def test_what_is_no_icalendar(box):
    assert put(box, "BEGIN:VCALENDAR\nEND:VCALENDAR\n").codes == [
        "ErrorMimeContentInvalid"
    ]
    wrong = SERIES.replace("FREQ=WEEKLY", "FREQ=HOURLY")
    assert put(box, wrong).codes == ["ErrorMimeContentInvalid"]


def test_events_are_found_by_what_they_are(sim, box):
    put(box, SERIES)
    sim.add_event(ANNA, subject="One", **AT)
    tag = '<t:ExtendedFieldURI DistinguishedPropertySetId="Appointment" PropertyId='
    tag += '"33315" PropertyType="Boolean"/>'
    for value, subject in (("true", "Weekly, longer"), ("false", "One")):
        reply = box.good(
            '<m:FindItem Traversal="Shallow"><m:ItemShape><t:BaseShape>Default'
            f"</t:BaseShape></m:ItemShape><m:Restriction><t:IsEqualTo>{tag}"
            f'<t:FieldURIOrConstant><t:Constant Value="{value}"/>'
            "</t:FieldURIOrConstant></t:IsEqualTo></m:Restriction>"
            f"<m:ParentFolderIds>{PLACE}</m:ParentFolderIds></m:FindItem>"
        )
        assert reply.text("t:Subject") == subject


def test_the_subject_by_its_number(sim, box):
    """DavMail writes it like this, of mails and of events."""
    mail = sim.drop(ANNA, "inbox", eml("Old"))
    event = sim.add_event(ANNA, subject="Old", **AT)
    tag = '<t:ExtendedFieldURI PropertyTag="0x37" PropertyType="String"/>'
    for item in (mail, event):
        key, change_key = to_ews(item.id), item.data["changeKey"]
        reply = box.good(
            '<m:UpdateItem ConflictResolution="AutoResolve" MessageDisposition='
            '"SaveOnly" SendMeetingInvitationsOrCancellations="SendToNone">'
            f'<m:ItemChanges><t:ItemChange><t:ItemId Id="{key}" ChangeKey='
            f'"{change_key}"/><t:Updates><t:SetItemField>{tag}<t:Item>'
            f"<t:ExtendedProperty>{tag}<t:Value>New</t:Value></t:ExtendedProperty>"
            "</t:Item></t:SetItemField></t:Updates></t:ItemChange></m:ItemChanges>"
            "</m:UpdateItem>"
        )
        assert reply.codes == ["NoError"]
        assert box.get(key).text("t:Subject") == "New"
        assert item.data["subject"] == "New"


# -- contacts --------------------------------------------------------------------------


def numbered(tag, value, kind="String"):
    """An extended property with a value; ``tag``: its number, or set and number."""
    place, _blank, number = tag.rpartition(" ")
    name = f'PropertyTag="{number}"'
    if place:
        name = f'DistinguishedPropertySetId="{place}" PropertyId="{number}"'
    return (
        f'<t:ExtendedProperty><t:ExtendedFieldURI {name} PropertyType="{kind}"/>'
        f"<t:Value>{value}</t:Value></t:ExtendedProperty>"
    )


def test_a_contact_written_by_the_numbers_of_mapi(graph, box):
    """As DavMail writes all of it."""
    given = numbered("0x3a06", "Jo") + numbered("0x3a11", "Miller")
    given += numbered("0x3a18", "Sales") + numbered("0x3a1c", "+49 1")
    given += numbered("0x3a08", "+49 2") + numbered("Address 32838", "Bonn")
    given += numbered("Address 32841", "Germany")
    given += numbered("0x3a42", "1980-02-03T00:00:00Z", "SystemTime")
    made = box.good(
        f"<m:CreateItem><m:Items><t:Contact>{given}</t:Contact></m:Items>"
        "</m:CreateItem>"
    )
    [row] = graph.get("me/contacts").json()["value"]
    assert (row["givenName"], row["surname"], row["department"]) == (
        "Jo",
        "Miller",
        "Sales",
    )
    assert (row["mobilePhone"], row["businessPhones"]) == ("+49 1", ["+49 2"])
    assert row["birthday"] == "1980-02-03T11:59:00Z"
    assert row["businessAddress"] == {"city": "Bonn", "countryOrRegion": "Germany"}
    asked = more(("0x3a06", "String"), ("0x3a1c", "String"), ("0x3a17", "String"))
    key = made.one("t:ItemId").get("Id")
    found = values(box.get(key, shape=ONLY_ID + asked))
    assert found == {"0x3a06": "Jo", "0x3a1c": "+49 1"}
