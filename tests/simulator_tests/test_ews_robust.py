"""Whatever comes in, Exchange answers: never a failure of the simulator itself."""

import copy
import random

import pytest
from conftest import ANNA, eml
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from simulator import Simulator
from simulator.ews.ids import to_ews
from simulator.ews.schemas import Schemas, folder
from simulator.ews.service import EwsService
from simulator.ews.xml import NAMESPACES

SHAPE = "<m:ItemShape><t:BaseShape>AllProperties</t:BaseShape></m:ItemShape>"
INBOX = '<t:DistinguishedFolderId Id="inbox"/>'
EVENT = (
    "<t:Subject>S</t:Subject><t:Start>2026-03-02T09:00:00Z</t:Start>"
    "<t:End>2026-03-02T10:00:00Z</t:End><t:Recurrence><t:WeeklyRecurrence>"
    "<t:Interval>1</t:Interval><t:DaysOfWeek>Monday</t:DaysOfWeek>"
    "</t:WeeklyRecurrence><t:NumberedRecurrence><t:StartDate>2026-03-02</t:StartDate>"
    "<t:NumberOfOccurrences>5</t:NumberOfOccurrences></t:NumberedRecurrence>"
    '</t:Recurrence><t:StartTimeZone Id="W. Europe Standard Time"/>'
)
TAG = '<t:ExtendedFieldURI PropertyTag="0x3A45" PropertyType="String"/>'
BODIES = [
    f"<m:GetItem>{SHAPE}<m:ItemIds><t:ItemId Id='ID'/><t:OccurrenceItemId "
    "RecurringMasterId='EVENT' InstanceIndex='2'/></m:ItemIds></m:GetItem>",
    "<m:GetItem><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape><t:AdditionalProperties>"
    f"<t:FieldURI FieldURI='item:Body'/>{TAG}<t:IndexedFieldURI "
    "FieldURI='contacts:EmailAddress' FieldIndex='EmailAddress1'/>"
    "</t:AdditionalProperties></m:ItemShape><m:ItemIds><t:ItemId Id='CONTACT'/>"
    "</m:ItemIds></m:GetItem>",
    f"<m:FindItem Traversal='Shallow'>{SHAPE}<m:IndexedPageItemView Offset='0' "
    "MaxEntriesReturned='5' BasePoint='Beginning'/><m:Restriction><t:IsEqualTo>"
    "<t:FieldURI FieldURI='item:Subject'/><t:FieldURIOrConstant><t:Constant Value='x'/>"
    "</t:FieldURIOrConstant></t:IsEqualTo></m:Restriction><m:SortOrder><t:FieldOrder "
    "Order='Ascending'><t:FieldURI FieldURI='item:Subject'/></t:FieldOrder>"
    f"</m:SortOrder><m:ParentFolderIds>{INBOX}</m:ParentFolderIds></m:FindItem>",
    f"<m:FindItem Traversal='Shallow'>{SHAPE}<m:CalendarView "
    "StartDate='2026-03-01T00:00:00Z' EndDate='2026-04-01T00:00:00Z' "
    "MaxEntriesReturned='5'/><m:ParentFolderIds><t:DistinguishedFolderId "
    "Id='calendar'/></m:ParentFolderIds></m:FindItem>",
    f"<m:SyncFolderItems>{SHAPE}<m:SyncFolderId>{INBOX}</m:SyncFolderId>"
    "<m:MaxChangesReturned>5</m:MaxChangesReturned></m:SyncFolderItems>",
    f"<m:CreateFolder><m:ParentFolderId>{INBOX}</m:ParentFolderId><m:Folders><t:Folder>"
    "<t:DisplayName>F</t:DisplayName></t:Folder></m:Folders></m:CreateFolder>",
    "<m:CreateItem SendMeetingInvitations='SendToNone'><m:Items><t:CalendarItem>"
    f"{EVENT}</t:CalendarItem></m:Items></m:CreateItem>",
    "<m:CreateItem MessageDisposition='SaveOnly'><m:Items><t:Message><t:Subject>S"
    "</t:Subject><t:Attachments><t:FileAttachment><t:Name>N</t:Name><t:Content>AA=="
    "</t:Content></t:FileAttachment></t:Attachments></t:Message></m:Items>"
    "</m:CreateItem>",
    "<m:CreateItem><m:Items><t:Contact><t:GivenName>G</t:GivenName><t:EmailAddresses>"
    "<t:Entry Key='EmailAddress1'>a@x.org</t:Entry></t:EmailAddresses>"
    "<t:Birthday>1970-01-01T00:00:00Z</t:Birthday></t:Contact></m:Items></m:CreateItem>",
    "<m:UpdateItem ConflictResolution='AlwaysOverwrite' MessageDisposition='SaveOnly' "
    "SendMeetingInvitationsOrCancellations='SendToNone'><m:ItemChanges><t:ItemChange>"
    "<t:ItemId Id='ID' ChangeKey='x'/><t:Updates><t:SetItemField><t:FieldURI "
    "FieldURI='item:Subject'/><t:Message><t:Subject>T</t:Subject></t:Message>"
    "</t:SetItemField></t:Updates></t:ItemChange></m:ItemChanges></m:UpdateItem>",
    f"<m:MoveItem><m:ToFolderId>{INBOX}</m:ToFolderId><m:ItemIds><t:ItemId Id='ID'/>"
    "</m:ItemIds></m:MoveItem>",
    "<m:DeleteItem DeleteType='MoveToDeletedItems' SendMeetingCancellations="
    "'SendToNone'><m:ItemIds><t:ItemId Id='EVENT'/></m:ItemIds></m:DeleteItem>",
    "<m:GetAttachment><m:AttachmentIds><t:AttachmentId Id='ID'/></m:AttachmentIds>"
    "</m:GetAttachment>",
    "<m:CreateAttachment><m:ParentItemId Id='ID'/><m:Attachments><t:FileAttachment>"
    "<t:Name>N</t:Name><t:Content>AA==</t:Content></t:FileAttachment></m:Attachments>"
    "</m:CreateAttachment>",
    "<m:SyncFolderHierarchy><m:FolderShape><t:BaseShape>Default</t:BaseShape>"
    "</m:FolderShape></m:SyncFolderHierarchy>",
]
WORDS = ["", "x", "-1", "0", "99999999999", "true", "2026-13-45", "ID", "CONTACT"]
WORDS += ["item:Body", "calendar:Start", "Monday", "\x85", "AAAA" * 30, "9" * 400]


@pytest.fixture(scope="module")
def world():
    """A simulator without ports, its Exchange, and ids."""
    simulator = Simulator(tls_port=None)
    simulator.add_mailbox(ANNA)
    mail = simulator.drop(ANNA, "inbox", eml("Hello"))
    contact = simulator.add_contact(ANNA, givenName="G")
    event = simulator.add_event(
        ANNA, start="2026-03-02T09:00:00", end="2026-03-02T10:00:00"
    )
    keys = {"ID": mail, "CONTACT": contact, "EVENT": event}
    strict = EwsService(simulator.service)
    if folder() is not None:
        strict.schemas = Schemas(folder())
    return simulator, (EwsService(simulator.service), strict), keys


def envelope(body):
    """A request of 2013 with a body."""
    spaces = " ".join(f'xmlns:{k}="{v}"' for k, v in NAMESPACES.items())
    return etree.fromstring(
        f"<s:Envelope {spaces}><s:Header><t:RequestServerVersion "
        f'Version="Exchange2013_SP1"/></s:Header><s:Body>{body}</s:Body></s:Envelope>'
    )


def spoil(root, chance, words):
    """Change a document in some places: drop, double, move, reword."""
    nodes = [n for n in root.iter() if n.getparent() is not None][3:]
    for _turn in range(chance.randint(0, 3)):
        node = chance.choice(nodes) if nodes else None
        if node is None or node.getparent() is None:
            continue
        what = chance.choice(["drop", "double", "text", "attribute", "move"])
        if what == "drop":
            node.getparent().remove(node)
        elif what == "double":
            node.addnext(copy.deepcopy(node))
        elif what == "text":
            node.text = chance.choice(words)
        elif what == "attribute" and node.attrib:
            node.set(chance.choice(list(node.attrib)), chance.choice(words))
        elif what == "move":
            node.getparent().insert(0, node)


@examples(1500)
@given(st.sampled_from(BODIES), st.integers(0, 2**32), st.booleans())
def test_no_request_makes_it_fail(world, body, seed, strict):
    simulator, services, keys = world
    for name, item in keys.items():
        body = body.replace(f"'{name}'", f"'{to_ews(item.id)}'")
    root = envelope(body)
    words = [to_ews(keys[word].id) if word in keys else word for word in WORDS]
    spoil(root, random.Random(seed), words)
    services[strict].answer(simulator.user(ANNA), root)
    assert simulator.contract_problems == []
