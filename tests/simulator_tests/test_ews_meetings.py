"""Meetings by Exchange Web Services: invitations, answers, cancellations."""

from conftest import ANNA, BEN
from simulator.ews.ids import to_ews
from soap import Soap
from test_ews_calendar import CALENDAR, create, key_of

LUNCH = (
    "<t:Subject>Lunch</t:Subject><t:Start>2026-03-02T12:00:00Z</t:Start>"
    "<t:End>2026-03-02T13:00:00Z</t:End><t:RequiredAttendees><t:Attendee><t:Mailbox>"
    f"<t:EmailAddress>{BEN}</t:EmailAddress></t:Mailbox></t:Attendee>"
    "</t:RequiredAttendees>"
)


def test_invitations_only_when_they_are_asked_for(sim, box):
    ben = Soap(sim.ews_url, BEN)
    quiet = key_of(create(box, LUNCH))
    assert box.get(quiet).text("t:RequiredAttendees//t:EmailAddress") == BEN
    assert not ben.sync(CALENDAR).all("t:CalendarItem")
    create(box, LUNCH, "SendToAllAndSaveCopy")
    got = ben.get(key_of(ben.sync(CALENDAR)))
    assert got.text("t:MyResponseType") == "NoResponseReceived"
    assert got.text("t:Organizer//t:EmailAddress") == ANNA
    assert got.text("t:AppointmentState") == "3"
    inbox = '<t:DistinguishedFolderId Id="inbox"/>'
    mail = ben.sync(inbox).one("t:MeetingRequest/t:ItemId").get("Id")
    assert ben.get(mail).text("t:ItemClass") == "IPM.Schedule.Meeting.Request"


def test_a_request_names_its_event_and_can_be_answered(sim, box):
    key = key_of(create(box, LUNCH, "SendToAllAndSaveCopy"))
    ben = Soap(sim.ews_url, BEN)
    mail = ben.sync('<t:DistinguishedFolderId Id="inbox"/>').one("t:ItemId").get("Id")
    event = key_of(ben.sync(CALENDAR))
    shown = ben.get(mail)
    assert shown.one("t:AssociatedCalendarItemId").get("Id") == event
    assert shown.text("t:UID") == box.get(key).text("t:UID")
    ben.good(
        '<m:CreateItem MessageDisposition="SendAndSaveCopy"><m:Items><t:DeclineItem>'
        f'<t:ReferenceItemId Id="{mail}"/></t:DeclineItem></m:Items></m:CreateItem>'
    )
    assert box.get(key).text("t:RequiredAttendees//t:ResponseType") == "Decline"
    inbox = box.sync('<t:DistinguishedFolderId Id="inbox"/>')
    answer = box.get(inbox.one("t:MeetingResponse/t:ItemId").get("Id"))
    assert answer.text("t:ItemClass") == "IPM.Schedule.Meeting.Resp.Neg"
    assert answer.text("t:MeetingResponse/t:ResponseType") == "Decline"


def test_required_attributes_of_calendar_items(sim, box):
    assert create(box, LUNCH, "").codes == ["ErrorSendMeetingInvitationsRequired"]
    key = key_of(create(box, LUNCH))
    gone = (
        f'<m:DeleteItem DeleteType="HardDelete"><m:ItemIds><t:ItemId Id="{key}"/>'
        "</m:ItemIds></m:DeleteItem>"
    )
    assert box.call(gone).codes == ["ErrorSendMeetingCancellationsRequired"]


def test_a_cancelled_meeting(sim, box):
    key = key_of(create(box, LUNCH, "SendToAllAndSaveCopy"))
    box.good(
        '<m:DeleteItem DeleteType="MoveToDeletedItems" '
        'SendMeetingCancellations="SendToAllAndSaveCopy"><m:ItemIds>'
        f'<t:ItemId Id="{key}"/></m:ItemIds></m:DeleteItem>'
    )
    ben = Soap(sim.ews_url, BEN)
    got = ben.get(key_of(ben.sync(CALENDAR)))
    assert got.text("t:IsCancelled") == "true" and got.text("t:AppointmentState") == "7"
    assert box.sync(CALENDAR).all("t:CalendarItem") == []


def test_old_versions_do_not_know_working_elsewhere(sim, box):
    item = sim.add_event(
        ANNA,
        start="2026-03-02T09:00:00",
        end="2026-03-02T10:00:00",
        showAs="workingElsewhere",
    )
    key = to_ews(item.id)
    assert box.get(key).text("t:LegacyFreeBusyStatus") == "WorkingElsewhere"
    old = box.get(key, version="Exchange2010_SP2")
    assert old.text("t:LegacyFreeBusyStatus") == "NoData"
