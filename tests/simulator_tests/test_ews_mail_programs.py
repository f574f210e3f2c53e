"""What mail programs ask for, as DavMail does: MAPI properties, ids, odd folders."""

import base64

import pytest
from conftest import ANNA, eml
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
