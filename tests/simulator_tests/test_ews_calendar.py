"""The calendar by Exchange Web Services: views, series, zones, meetings."""

import base64

import pytest
from conftest import ANNA
from simulator.ews.ids import to_ews
from soap import ALL, ONLY_ID

CALENDAR = '<t:DistinguishedFolderId Id="calendar"/>'
CLASS_ID = "040000008200E00074C5B7101A82E008"
BERLIN = "W. Europe Standard Time"


def weekly(sim, count=6, zone=BERLIN, **more):
    """A series on Mondays from 2 March 2026 on: the item."""
    span = {"type": "numbered", "numberOfOccurrences": count, "startDate": "2026-03-02"}
    pattern = {"type": "weekly", "interval": 1, "daysOfWeek": ["monday"]}
    values = {
        "subject": "Weekly",
        "start": f"2026-03-02T09:00:00 {zone}",
        "end": f"2026-03-02T10:00:00 {zone}",
        "recurrence": {"pattern": pattern, "range": span},
    }
    return sim.add_event(ANNA, **{**values, **more})


def view(box, start, end, most="", folder=CALENDAR, shape=ALL):
    """FindItem with a CalendarView."""
    most = f' MaxEntriesReturned="{most}"' if most else ""
    return box.call(
        f'<m:FindItem Traversal="Shallow"><m:ItemShape>{shape}</m:ItemShape>'
        f'<m:CalendarView StartDate="{start}" EndDate="{end}"{most}/>'
        f"<m:ParentFolderIds>{folder}</m:ParentFolderIds></m:FindItem>"
    )


def occurrence(box, key, index):
    """GetItem of an instance by its number."""
    return box.call(
        f"<m:GetItem><m:ItemShape>{ALL}</m:ItemShape><m:ItemIds><t:OccurrenceItemId "
        f'RecurringMasterId="{key}" InstanceIndex="{index}"/></m:ItemIds></m:GetItem>'
    )


def create(box, inside, send="SendToNone"):
    """CreateItem of an event: the reply."""
    send = f' SendMeetingInvitations="{send}"' if send else ""
    return box.call(
        f"<m:CreateItem{send}><m:Items><t:CalendarItem>{inside}</t:CalendarItem>"
        "</m:Items></m:CreateItem>"
    )


def key_of(reply):
    """The id in a reply."""
    return reply.one("t:ItemId").get("Id")


# -- views -----------------------------------------------------------------------------


def test_a_view_expands_series_and_hides_masters(sim, box):
    weekly(sim)
    sim.add_event(
        ANNA, subject="Once", start="2026-03-03T09:00:00", end="2026-03-03T10:00:00"
    )
    reply = view(box, "2026-03-02T00:00:00Z", "2026-03-17T00:00:00Z")
    kinds = [e.text for e in reply.all("t:CalendarItemType")]
    assert kinds == ["Occurrence", "Single", "Occurrence", "Occurrence"]
    plain = box.call(
        f'<m:FindItem Traversal="Shallow"><m:ItemShape>{ALL}</m:ItemShape>'
        f"<m:ParentFolderIds>{CALENDAR}</m:ParentFolderIds></m:FindItem>"
    )
    kinds = {e.text for e in plain.all("t:CalendarItemType")}
    assert kinds == {"Single", "RecurringMaster"}


def test_a_lenient_server_does_not_expand(sim, box):
    weekly(sim)
    sim.quirks.calendar_views_expand = False
    reply = view(box, "2026-03-02T00:00:00Z", "2026-03-17T00:00:00Z")
    assert not reply.all("t:CalendarItem")


def test_limits_of_a_view(sim, box):
    weekly(sim, 500)
    assert view(box, "2026-01-01T00:00:00Z", "2028-01-02T00:00:00Z").codes == [
        "NoError"
    ]
    big = view(box, "2026-01-01T00:00:00Z", "2028-01-03T00:00:00Z")
    assert big.codes == ["ErrorCalendarViewRangeTooBig"]
    cut = view(box, "2026-03-01T00:00:00Z", "2027-03-01T00:00:00Z", most=10)
    assert len(cut.all("t:CalendarItem")) == 10
    assert cut.one("m:RootFolder").get("IncludesLastItemInRange") == "false"
    sim.quirks.find_limit = 20
    cut = view(box, "2026-03-01T00:00:00Z", "2027-03-01T00:00:00Z")
    assert len(cut.all("t:CalendarItem")) == 20
    inbox = '<t:DistinguishedFolderId Id="inbox"/>'
    reply = view(box, "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", folder=inbox)
    assert reply.codes == ["ErrorCalendarFolderIsInvalidForCalendarView"]


# -- series ----------------------------------------------------------------------------


def test_instances_by_number(sim, box):
    key = to_ews(weekly(sim).id)
    second = occurrence(box, key, 2)
    assert second.text("t:Start") == "2026-03-09T08:00:00Z"
    box.good(
        '<m:DeleteItem DeleteType="HardDelete" SendMeetingCancellations="SendToNone">'
        f'<m:ItemIds><t:ItemId Id="{key_of(second)}"/></m:ItemIds></m:DeleteItem>'
    )
    assert occurrence(box, key, 2).codes == [
        "ErrorCalendarOccurrenceIsDeletedFromRecurrence"
    ]
    # The numbers are those of the pattern: the third one stays the third.
    assert occurrence(box, key, 3).text("t:Start") == "2026-03-16T08:00:00Z"
    assert occurrence(box, key, 7).codes == [
        "ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange"
    ]
    assert box.get(key_of(second)).codes == ["ErrorItemNotFound"]
    master = box.get(key)
    assert master.text("t:DeletedOccurrence/t:Start") == "2026-03-09T08:00:00Z"


def test_the_master_of_an_occurrence(sim, box):
    key = to_ews(weekly(sim).id)
    second = key_of(occurrence(box, key, 2))
    ask = (
        f"<m:GetItem><m:ItemShape>{ONLY_ID}</m:ItemShape><m:ItemIds>"
        '<t:RecurringMasterItemId OccurrenceId="{}"/></m:ItemIds></m:GetItem>'
    )
    assert key_of(box.good(ask.format(second))) == key
    assert box.call(ask.format(key)).codes == [
        "ErrorCalendarCannotUseIdForRecurringMasterId"
    ]
    assert occurrence(box, second, 1).codes == [
        "ErrorCalendarCannotUseIdForOccurrenceId"
    ]


def test_a_changed_occurrence_is_a_change_of_the_master(sim, box):
    key = to_ews(weekly(sim).id)
    state = box.sync(CALENDAR).text("m:SyncState")
    second = occurrence(box, key, 2).one("t:ItemId")
    box.good(
        '<m:UpdateItem ConflictResolution="NeverOverwrite" '
        'SendMeetingInvitationsOrCancellations="SendToNone"><m:ItemChanges>'
        f'<t:ItemChange><t:ItemId Id="{second.get("Id")}" '
        f'ChangeKey="{second.get("ChangeKey")}"/><t:Updates><t:SetItemField>'
        '<t:FieldURI FieldURI="calendar:Location"/><t:CalendarItem>'
        "<t:Location>Roof</t:Location></t:CalendarItem></t:SetItemField></t:Updates>"
        "</t:ItemChange></m:ItemChanges></m:UpdateItem>"
    )
    reply = box.sync(CALENDAR, state)
    assert reply.one("t:Update/t:CalendarItem/t:ItemId").get("Id") == key
    master = box.get(key)
    changed = master.one("t:ModifiedOccurrences/t:Occurrence/t:ItemId").get("Id")
    shown = box.get(changed)
    assert shown.text("t:CalendarItemType") == "Exception"
    assert shown.text("t:Location") == "Roof"
    assert shown.text("t:RecurrenceId") == "2026-03-09T08:00:00Z"


def test_identity_of_a_series(sim, box):
    key = to_ews(weekly(sim).id)
    uid = box.get(key).text("t:UID")
    assert uid.startswith(CLASS_ID)
    assert occurrence(box, key, 2).text("t:UID") == uid
    sim.quirks.occurrence_uids_dated = True
    dated = occurrence(box, key, 2).text("t:UID")
    assert dated != uid and dated[:32] + "0" * 8 + dated[40:] == uid


def global_ids(box, key):
    """GlobalObjectId and CleanGlobalObjectId of an event, in hexadecimal."""
    tags = "".join(
        '<t:ExtendedFieldURI DistinguishedPropertySetId="Meeting" '
        f'PropertyId="{number}" PropertyType="Binary"/>'
        for number in (3, 35)
    )
    shape = f"{ONLY_ID}<t:AdditionalProperties>{tags}</t:AdditionalProperties>"
    values = box.get(key, shape=shape).all("t:Value")
    return [base64.b64decode(value.text).hex().upper() for value in values]


def test_the_clean_id_of_an_instance_is_that_of_its_series(sim, box):
    key = to_ews(weekly(sim).id)
    uid = box.get(key).text("t:UID")
    assert global_ids(box, key) == [uid, uid]
    whole, clean = global_ids(box, key_of(occurrence(box, key, 2)))
    assert clean == uid and whole[32:40] == "07EA0309"  # 9 March 2026


def test_someone_invited_to_one_instance_alone(sim, box):
    uid = f"{CLASS_ID}07EA0309{'0' * 32}01000000AB"
    item = sim.add_event(
        ANNA, start="2026-03-09T09:00:00", end="2026-03-09T10:00:00", iCalUId=uid
    )
    key = to_ews(item.id)
    assert box.get(key).text("t:UID") == uid
    assert global_ids(box, key) == [uid, uid.replace("07EA0309", "0" * 8)]


def test_dates_of_a_recurrence_carry_an_offset(sim, box):
    key = to_ews(weekly(sim).id)
    assert box.get(key).text("t:StartDate") == "2026-03-02+01:00"
    sim.quirks.recurrence_offsets = False
    assert box.get(key).text("t:StartDate") == "2026-03-02"


def test_a_foreign_uid_is_wrapped(sim, box):
    times = "<t:Start>2026-03-02T09:00:00Z</t:Start><t:End>2026-03-02T10:00:00Z</t:End>"
    key = key_of(create(box, f"<t:UID>abc@example.org</t:UID>{times}"))
    uid = box.get(key).text("t:UID")
    assert bytes.fromhex(uid)[40:].startswith(b"vCal-Uid\1\0\0\0abc@example.org")


# -- times -----------------------------------------------------------------------------


def test_zones_have_their_rules(sim, box):
    key = to_ews(weekly(sim).id)
    zone = box.get(key).one("t:CalendarItem/t:StartTimeZone")
    assert zone.get("Id") == BERLIN
    biases = {
        e.get("Name"): e.get("Bias")
        for e in box.get(key).all("t:StartTimeZone//t:Period")
    }
    assert biases == {"Standard": "-PT1H", "Daylight": "-PT2H"}
    reply = box.get(key)
    changes = [
        (
            row.findtext("{*}Month"),
            row.findtext("{*}DayOfWeek"),
            row.findtext("{*}Occurrence"),
        )
        for row in reply.all("t:StartTimeZone//t:RecurringDayTransition")
    ]
    assert changes == [("3", "Sunday", "-1"), ("10", "Sunday", "-1")]


@pytest.mark.parametrize(
    "zone",
    ["UTC", "India Standard Time", "Pacific Standard Time", "Tonga Standard Time"],
)
def test_every_kind_of_zone_is_valid(sim, box, zone):
    key = to_ews(weekly(sim, zone=zone).id)
    assert box.get(key).one("t:CalendarItem/t:StartTimeZone").get("Id") == zone


def test_a_zone_without_name(sim, box):
    item = sim.add_event(
        ANNA,
        start=f"2026-03-02T09:00:00 {BERLIN}",
        end=f"2026-03-02T10:00:00 {BERLIN}",
        originalStartTimeZone="tzone://Microsoft/Custom",
    )
    reply = box.get(to_ews(item.id))
    assert (
        reply.one("t:CalendarItem/t:StartTimeZone").get("Id") == "Customized Time Zone"
    )
    assert len(reply.all("t:StartTimeZone//t:Period")) == 2


@pytest.mark.parametrize(
    "written, zone, context, expected",
    [
        ("2026-07-01T09:00:00", BERLIN, "", "07:00"),
        ("2026-07-01T09:00:00", "", BERLIN, "07:00"),
        ("2026-07-01T09:00:00", "", "", "09:00"),
        ("2026-07-01T09:00:00Z", BERLIN, "", "09:00"),
        ("2026-07-01T09:00:00+03:00", "", "", "06:00"),
    ],
)
def test_times_are_of_the_zone_that_is_said(sim, box, written, zone, context, expected):
    if context:
        definition = f'<t:TimeZoneDefinition Id="{context}"/>'
        box.header = f"<t:TimeZoneContext>{definition}</t:TimeZoneContext>"
    end = written.replace("T09", "T10")
    named = f'<t:StartTimeZone Id="{zone}"/>' if zone else ""
    reply = create(box, f"<t:Start>{written}</t:Start><t:End>{end}</t:End>{named}")
    box.header = ""
    assert box.get(key_of(reply)).text("t:Start") == f"2026-07-01T{expected}:00Z"


@pytest.mark.parametrize(
    "zone, start",
    [
        (BERLIN, "2026-03-01T23:00:00Z"),
        ("Pacific Standard Time", "2026-03-02T08:00:00Z"),
        ("UTC", "2026-03-02T00:00:00Z"),
        ("Tonga Standard Time", "2026-03-01T11:00:00Z"),
    ],
)
def test_an_all_day_event_is_midnight_of_its_zone(sim, box, zone, start):
    item = sim.add_event(
        ANNA, start=f"2026-03-02 {zone}", end=f"2026-03-03 {zone}", isAllDay=True
    )
    reply = box.get(to_ews(item.id))
    assert (reply.text("t:Start"), reply.text("t:IsAllDayEvent")) == (start, "true")
    assert reply.text("t:Duration") == "P1D"


@pytest.mark.parametrize(
    "end, days", [("2026-03-02T11:00:00Z", "P1D"), ("2026-03-04T09:00:00Z", "P3D")]
)
def test_an_all_day_event_takes_whole_days(sim, box, end, days):
    reply = create(
        box,
        f"<t:Start>2026-03-02T10:00:00Z</t:Start><t:End>{end}</t:End>"
        "<t:IsAllDayEvent>true</t:IsAllDayEvent>"
        f'<t:StartTimeZone Id="{BERLIN}"/>',
    )
    shown = box.get(key_of(reply))
    assert shown.text("t:Start") == "2026-03-01T23:00:00Z"
    assert shown.text("t:Duration") == days
