"""Items by Exchange Web Services: reading, lists, changes, moves, deletion."""

import base64

import pytest
from conftest import ANNA, eml
from lxml import etree
from simulator.ews.ids import to_ews
from soap import ALL, INBOX, ONLY_ID, set_field, update

TAG = (
    '<t:ExtendedFieldURI PropertySetId="66f5a359-4659-4830-9070-00040ec6ac6e" '
    'PropertyName="OdooRecord" PropertyType="String"/>'
)


def drop(sim, subject="Hello", **headers):
    """A mail in the inbox: the item and its id."""
    item = sim.drop(ANNA, "inbox", eml(subject, **headers))
    return item, to_ews(item.id)


READ = set_field("message:IsRead", "<t:IsRead>true</t:IsRead>")


def find(box, folder=INBOX, shape=ALL, more="", view=""):
    """FindItem."""
    return box.call(
        f'<m:FindItem Traversal="Shallow"><m:ItemShape>{shape}</m:ItemShape>{view}'
        f"{more}<m:ParentFolderIds>{folder}</m:ParentFolderIds></m:FindItem>"
    )


def page(most, offset=0):
    """A view of a page."""
    return (
        f'<m:IndexedPageItemView MaxEntriesReturned="{most}" Offset="{offset}" '
        'BasePoint="Beginning"/>'
    )


# -- reading ---------------------------------------------------------------------------


def test_a_mail_whole(sim, box):
    item, key = drop(sim, "Größe", Cc="Ben <ben@contoso.example>")
    shape = ALL + "<t:IncludeMimeContent>true</t:IncludeMimeContent>"
    reply = box.get(key, shape=shape)
    assert base64.b64decode(reply.text("t:MimeContent")) == item.mime
    assert reply.text("t:Subject") == "Größe" and reply.text("t:IsRead") == "false"
    assert reply.text("t:From//t:EmailAddress") == "bob@example.org"
    assert reply.text("t:CcRecipients//t:Name") == "Ben"
    headers = {
        e.get("HeaderName"): e.text for e in reply.all("t:InternetMessageHeader")
    }
    assert headers["Cc"] == "Ben <ben@contoso.example>"


@pytest.mark.parametrize(
    "kind, expected",
    [("Text", "Hello you"), ("HTML", "<b>you</b>"), ("Best", "<b>you</b>")],
)
def test_the_body_in_the_wanted_format(sim, box, kind, expected):
    raw = eml("x").replace(b"Text of x", b"<p>Hello <b>you</b></p>")
    raw = b"Content-Type: text/html\r\n" + raw
    key = to_ews(sim.drop(ANNA, "inbox", raw).id)
    reply = box.get(key, shape=f"{ALL}<t:BodyType>{kind}</t:BodyType>")
    assert expected in reply.text("t:Body")


def test_a_character_that_xml_forbids_comes_as_a_reference(sim, box):
    _item, key = drop(sim, "Tab\x0band bell\x07")
    with pytest.raises(etree.XMLSyntaxError) as refused:
        box.get(key)
    assert "xmlChar" in str(refused.value)
    parser = etree.XMLParser(recover=True)
    root = etree.fromstring(box.last.content, parser)
    assert root.findtext(".//{*}Subject").replace("\x0b", "").startswith("Taband bell")


def test_errors_of_ids(sim, box):
    _item, key = drop(sim)
    inbox = to_ews(sim.mailbox(ANNA).well_known["inbox"].id)
    gone = key[:-8] + "AAAAAAA="
    reply = box.get(key, gone, "", "ab", inbox)
    assert reply.codes == [
        "NoError",
        "ErrorItemNotFound",
        "ErrorInvalidIdEmpty",
        "ErrorInvalidIdMalformed",
        "ErrorCannotUseFolderIdForItemId",
    ]
    classes = [e.get("ResponseClass") for e in reply.all("m:GetItemResponseMessage")]
    assert classes == ["Success"] + ["Error"] * 4


def test_ids_differ_by_case_alone(sim, box):
    _item, key = drop(sim)
    assert box.get(key.swapcase()).codes == ["ErrorItemNotFound"]


# -- lists -----------------------------------------------------------------------------


def test_a_list_tells_less(sim, box):
    drop(sim, "S" * 300)
    reply = find(box)
    assert len(reply.text("t:Subject")) == 255
    assert reply.text("t:From/t:Mailbox/t:Name") == "Bob Brown"
    for path in ("t:Body", "t:EmailAddress", "t:ToRecipients", "t:MimeContent"):
        assert not reply.all(path)


def test_pages(sim, box):
    for number in range(5):
        drop(sim, f"M{number}")
    first = find(box, view=page(2))
    root = first.one("m:RootFolder")
    assert [e.text for e in first.all("t:Subject")] == ["M4", "M3"]
    assert dict(root.attrib) == {
        "IndexedPagingOffset": "2",
        "TotalItemsInView": "5",
        "IncludesLastItemInRange": "false",
    }
    last = find(box, view=page(10, 4))
    assert [e.text for e in last.all("t:Subject")] == ["M0"]
    assert last.one("m:RootFolder").get("IncludesLastItemInRange") == "true"
    sim.quirks.find_limit = 3
    cut = find(box, view=page(100))
    assert len(cut.all("t:Subject")) == 3
    assert cut.one("m:RootFolder").get("IncludesLastItemInRange") == "false"


@pytest.mark.parametrize(
    "condition, found",
    [
        (
            "<t:IsEqualTo><t:FieldURI FieldURI='item:Subject'/><t:FieldURIOrConstant>"
            "<t:Constant Value='a'/></t:FieldURIOrConstant></t:IsEqualTo>",
            ["A"],
        ),
        (
            "<t:Contains ContainmentMode='Substring' "
            "ContainmentComparison='IgnoreCase'><t:FieldURI FieldURI='item:Subject'/>"
            "<t:Constant Value='b'/></t:Contains>",
            ["AB"],
        ),
        (
            "<t:Not><t:Exists><t:FieldURI FieldURI='item:Categories'/></t:Exists>"
            "</t:Not>",
            ["AB", "A"],
        ),
        (
            "<t:And><t:IsGreaterThan><t:FieldURI FieldURI='item:DateTimeReceived'/>"
            "<t:FieldURIOrConstant><t:Constant Value='2020-01-01T00:00:00Z'/>"
            "</t:FieldURIOrConstant></t:IsGreaterThan><t:IsEqualTo>"
            "<t:FieldURI FieldURI='message:IsRead'/><t:FieldURIOrConstant>"
            "<t:Constant Value='true'/></t:FieldURIOrConstant></t:IsEqualTo></t:And>",
            [],
        ),
    ],
)
def test_conditions(sim, box, condition, found):
    drop(sim, "A")
    drop(sim, "AB")
    reply = find(box, more=f"<m:Restriction>{condition}</m:Restriction>")
    assert [e.text for e in reply.all("t:Subject")] == found


def test_order(sim, box):
    for subject in "BCA":
        drop(sim, subject)
    order = (
        '<m:SortOrder><t:FieldOrder Order="Ascending"><t:FieldURI '
        'FieldURI="item:Subject"/></t:FieldOrder></m:SortOrder>'
    )
    assert [e.text for e in find(box, more=order).all("t:Subject")] == ["A", "B", "C"]


# -- changing --------------------------------------------------------------------------


def test_categories_and_the_read_flag(sim, box, graph):
    item, key = drop(sim)
    change = set_field(
        "item:Categories",
        "<t:Categories><t:String>Odoo</t:String></t:Categories>",
    )
    reply = update(box, key, item.data["changeKey"], READ + change)
    assert reply.codes == ["NoError"]
    assert reply.one("t:ItemId").get("ChangeKey") == item.data["changeKey"]
    shown = graph.get(f"me/messages/{item.id}").json()
    assert (shown["isRead"], shown["categories"]) == (True, ["Odoo"])
    path = '<t:FieldURI FieldURI="item:Categories"/>'
    clear = f"<t:DeleteItemField>{path}</t:DeleteItemField>"
    update(box, key, item.data["changeKey"], clear)
    assert graph.get(f"me/messages/{item.id}").json()["categories"] == []


def test_a_stale_change_key(sim, box):
    item, key = drop(sim)
    stale = item.data["changeKey"]
    sim.mailbox(ANNA).touch(item, importance="high")
    reply = update(box, key, stale, READ, "NeverOverwrite")
    assert (reply.status, reply.codes) == (200, ["ErrorIrresolvableConflict"])
    assert item.data["isRead"] is False
    assert update(box, key, stale, READ, "AlwaysOverwrite").codes == ["NoError"]
    sim.quirks.change_keys_checked = False
    assert update(box, key, stale, READ, "NeverOverwrite").codes == ["NoError"]
    refused = update(box, key, "", READ)
    assert refused.codes == ["ErrorChangeKeyRequiredForWriteOperations"]
    sim.quirks.change_keys_required = False
    assert update(box, key, "", READ).codes == ["NoError"]


@pytest.mark.parametrize(
    "inner, code",
    [
        (
            set_field("message:IsRead", "<t:Importance>High</t:Importance>"),
            "ErrorUpdatePropertyMismatch",
        ),
        (
            set_field(
                "message:IsRead",
                "<t:Importance>High</t:Importance><t:IsRead>true</t:IsRead>",
            ),
            "ErrorIncorrectUpdatePropertyCount",
        ),
        (
            set_field("item:Size", "<t:Size>1</t:Size>"),
            "ErrorInvalidPropertySet",
        ),
    ],
)
def test_bad_updates_change_nothing(sim, box, inner, code):
    item, key = drop(sim)
    before = dict(item.data)
    assert update(box, key, item.data["changeKey"], READ + inner).codes == [code]
    assert item.data == before


def test_an_extended_property_is_that_of_graph(sim, box, graph):
    item, key = drop(sim)
    value = f"<t:ExtendedProperty>{TAG}<t:Value>db,1</t:Value></t:ExtendedProperty>"
    update(box, key, item.data["changeKey"], set_field(TAG, value))
    name = "String {66f5a359-4659-4830-9070-00040ec6ac6e} Name OdooRecord"
    path = (
        f"me/messages/{item.id}?$expand=singleValueExtendedProperties"
        f"($filter=id eq '{name}')"
    )
    assert graph.get(path).json()["singleValueExtendedProperties"][0]["value"] == "db,1"
    shape = f"{ONLY_ID}<t:AdditionalProperties>{TAG}</t:AdditionalProperties>"
    assert box.get(key, shape=shape).text("t:Value") == "db,1"
    condition = (
        f"<m:Restriction><t:IsEqualTo>{TAG}<t:FieldURIOrConstant>"
        '<t:Constant Value="db,1"/></t:FieldURIOrConstant></t:IsEqualTo>'
        "</m:Restriction>"
    )
    drop(sim, "Another")
    assert len(find(box, shape=ONLY_ID, more=condition).all("t:ItemId")) == 1


def test_headers_as_extended_properties(sim, box):
    _item, key = drop(sim, References="<a@x> <b@x>")
    tags = "".join(
        f'<t:ExtendedFieldURI PropertyTag="{tag}" PropertyType="String"/>'
        for tag in ("0x007D", "4153")
    )
    shape = f"{ONLY_ID}<t:AdditionalProperties>{tags}</t:AdditionalProperties>"
    whole, references = (e.text for e in box.get(key, shape=shape).all("t:Value"))
    assert "References: <a@x> <b@x>" in whole and references == "<a@x> <b@x>"


def test_moving_gives_a_new_id(sim, box):
    _item, key = drop(sim)
    target = '<t:DistinguishedFolderId Id="drafts"/>'
    reply = box.good(
        f"<m:MoveItem><m:ToFolderId>{target}</m:ToFolderId><m:ItemIds>"
        f'<t:ItemId Id="{key}"/></m:ItemIds></m:MoveItem>'
    )
    fresh = reply.one("t:ItemId").get("Id")
    assert fresh != key
    assert box.get(key, fresh).codes == ["ErrorItemNotFound", "NoError"]


@pytest.mark.parametrize(
    "how, place",
    [
        ("MoveToDeletedItems", "deleteditems"),
        ("SoftDelete", "recoverableitemsdeletions"),
        ("HardDelete", None),
    ],
)
def test_deleting(sim, box, how, place):
    item, key = drop(sim)
    box.good(
        f'<m:DeleteItem DeleteType="{how}"><m:ItemIds><t:ItemId Id="{key}"/>'
        "</m:ItemIds></m:DeleteItem>"
    )
    assert box.get(key).codes == ["ErrorItemNotFound"]
    where = item.container.well_known if item.container else None
    assert where == place


def test_a_folder_of_a_name_is_there_once(sim, box):
    body = (
        f"<m:CreateFolder><m:ParentFolderId>{INBOX}</m:ParentFolderId><m:Folders>"
        "<t:Folder><t:DisplayName>Transfer</t:DisplayName></t:Folder>"
        "<t:Folder><t:DisplayName>TRANSFER</t:DisplayName></t:Folder>"
        "</m:Folders></m:CreateFolder>"
    )
    reply = box.call(body)
    assert reply.codes == ["NoError", "ErrorFolderExists"]
    key = reply.one("t:FolderId").get("Id")
    folder = sim.mailbox(ANNA).find_path("Inbox/Transfer")
    assert to_ews(folder.id) == key
    gone = (
        f'<m:DeleteFolder DeleteType="HardDelete"><m:FolderIds><t:FolderId Id="{key}"/>'
        "</m:FolderIds></m:DeleteFolder>"
    )
    assert box.call(gone).codes == ["NoError"]
    assert box.call(gone).codes == ["ErrorItemNotFound"]


def test_attached_mails_and_their_attachments(sim, box):
    inner = eml("Inner").replace(
        b"\r\n\r\n", b"\r\nContent-Type: text/plain\r\n\r\n", 1
    )
    raw = (
        b"From: bob@example.org\r\nSubject: Outer\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/mixed; boundary="B"\r\n\r\n--B\r\n'
        b"Content-Type: text/plain\r\n\r\nSee there\r\n--B\r\n"
        b"Content-Type: message/rfc822\r\n\r\n" + inner + b"\r\n--B\r\n"
        b'Content-Type: text/csv\r\nContent-Disposition: attachment; filename="a.csv"'
        b"\r\n\r\n1;2\r\n--B--\r\n"
    )
    key = to_ews(sim.drop(ANNA, "inbox", raw).id)
    reply = box.get(key)
    names = [e.text for e in reply.all("t:Attachments/*/t:Name")]
    assert names == ["Inner", "a.csv"]
    ids = [e.get("Id") for e in reply.all("t:AttachmentId")]
    inside = "".join(f'<t:AttachmentId Id="{one}"/>' for one in [*ids, ids[0] + "x"])
    got = box.call(
        "<m:GetAttachment><m:AttachmentShape><t:IncludeMimeContent>true"
        "</t:IncludeMimeContent></m:AttachmentShape><m:AttachmentIds>"
        f"{inside}</m:AttachmentIds></m:GetAttachment>"
    )
    assert got.codes[:2] == ["NoError", "NoError"] and got.codes[2].startswith("Error")
    mime = base64.b64decode(got.text("t:ItemAttachment//t:MimeContent"))
    assert b"Subject: Inner" in mime
    content = base64.b64decode(got.text("t:FileAttachment/t:Content"))
    assert content.strip() == b"1;2"


def test_a_draft_from_mime(sim, box):
    data = base64.b64encode(eml("From MIME")).decode()
    reply = box.good(
        '<m:CreateItem MessageDisposition="SaveOnly"><m:Items><t:Message>'
        f"<t:MimeContent>{data}</t:MimeContent></t:Message></m:Items></m:CreateItem>"
    )
    shown = box.get(reply.one("t:ItemId").get("Id"))
    assert shown.text("t:Subject") == "From MIME" and shown.text("t:IsDraft") == "true"


@pytest.mark.parametrize(
    "inside",
    [
        "<t:Message><t:Body BodyType='Text'>x</t:Body><t:Subject>y</t:Subject>"
        "</t:Message>",
        "<t:Contact><t:EmailAddresses><t:Entry Key='EmailAddress4'>x</t:Entry>"
        "</t:EmailAddresses></t:Contact>",
        "<t:Message><t:Importance>Immense</t:Importance></t:Message>",
    ],
)
def test_the_schema_decides_order_and_words(box, inside):
    reply = box.call(
        f'<m:CreateItem MessageDisposition="SaveOnly"><m:Items>{inside}</m:Items>'
        "</m:CreateItem>"
    )
    assert (reply.status, reply.codes) == (500, ["ErrorSchemaValidation"])
