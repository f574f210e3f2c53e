"""Contacts by Exchange Web Services: keys, folders, photos."""

import base64
import io

from conftest import ANNA
from PIL import Image
from simulator.ews.ids import to_ews
from soap import INBOX, set_field, update


def test_contacts_by_keys(sim, box, graph):
    item = sim.add_contact(
        ANNA, emailAddresses=[{"address": "a@x.org"}, {"address": "b@x.org"}]
    )
    key = to_ews(item.id)
    path = (
        '<t:IndexedFieldURI FieldURI="contacts:EmailAddress" '
        'FieldIndex="EmailAddress{}"/>'
    )
    change = set_field(
        path.format(3),
        "<t:EmailAddresses><t:Entry Key='EmailAddress3'>c@x.org</t:Entry>"
        "</t:EmailAddresses>",
        "Contact",
    )
    clear = f"<t:DeleteItemField>{path.format(1)}</t:DeleteItemField>"
    update(box, key, item.data["changeKey"], change + clear)
    rows = graph.get("me/contacts").json()["value"][0]["emailAddresses"]
    assert [row["address"] for row in rows] == ["b@x.org", "c@x.org"]
    entries = {
        e.get("Key"): e.text for e in box.get(key).all("t:EmailAddresses/t:Entry")
    }
    assert entries == {"EmailAddress2": "b@x.org", "EmailAddress3": "c@x.org"}


def test_a_contact_is_put_among_contacts_alone(sim, box):
    reply = box.call(
        f"<m:CreateItem><m:SavedItemFolderId>{INBOX}</m:SavedItemFolderId><m:Items>"
        "<t:Contact><t:GivenName>G</t:GivenName></t:Contact></m:Items></m:CreateItem>"
    )
    assert reply.codes == ["ErrorCannotCreateContactInNonContactFolder"]


def test_folders_of_contacts(sim, box, graph):
    contacts = '<t:DistinguishedFolderId Id="contacts"/>'
    made = box.good(
        f"<m:CreateFolder><m:ParentFolderId>{contacts}</m:ParentFolderId><m:Folders>"
        "<t:ContactsFolder><t:DisplayName>Odoo</t:DisplayName></t:ContactsFolder>"
        "</m:Folders></m:CreateFolder>"
    )
    key = made.one("t:ContactsFolder/t:FolderId").get("Id")
    folder = f'<t:FolderId Id="{key}"/>'
    box.good(
        f"<m:CreateItem><m:SavedItemFolderId>{folder}</m:SavedItemFolderId><m:Items>"
        "<t:Contact><t:GivenName>Garth</t:GivenName></t:Contact></m:Items>"
        "</m:CreateItem>"
    )
    assert graph.get("me/contacts").json()["value"] == []
    folders = graph.get("me/contactFolders/contacts/childFolders").json()["value"]
    assert [row["displayName"] for row in folders] == ["Odoo"]
    path = f"me/contactFolders/{folders[0]['id']}/contacts"
    assert graph.get(path).json()["value"][0]["givenName"] == "Garth"
    assert len(box.sync(folder).all("t:Contact")) == 1
    reply = box.call(
        "<m:FindFolder Traversal='Shallow'><m:FolderShape><t:BaseShape>AllProperties"
        f"</t:BaseShape></m:FolderShape><m:ParentFolderIds>{contacts}"
        "</m:ParentFolderIds></m:FindFolder>"
    )
    assert reply.text("t:FolderClass") == "IPF.Contact"


def test_a_photo_is_an_attachment(sim, box, graph):
    picture = io.BytesIO()
    Image.new("RGB", (4, 4), "blue").save(picture, "PNG")
    item = sim.add_contact(ANNA, givenName="Garth")
    key = to_ews(item.id)
    assert box.get(key).text("t:HasPicture") == "false"
    content = base64.b64encode(picture.getvalue()).decode()
    made = box.good(
        f'<m:CreateAttachment><m:ParentItemId Id="{key}"/><m:Attachments>'
        "<t:FileAttachment><t:Name>ContactPicture.jpg</t:Name><t:IsContactPhoto>true"
        f"</t:IsContactPhoto><t:Content>{content}</t:Content></t:FileAttachment>"
        "</m:Attachments></m:CreateAttachment>"
    )
    assert made.one("t:AttachmentId").get("RootItemChangeKey") == item.data["changeKey"]
    shown = box.get(key)
    assert shown.text("t:HasPicture") == "true"
    assert shown.text("t:FileAttachment/t:IsContactPhoto") == "true"
    photo = f"me/contacts/{item.id}/photo/$value"
    assert graph.get(photo).content == picture.getvalue()
    attachment = shown.one("t:FileAttachment/t:AttachmentId").get("Id")
    box.good(
        "<m:DeleteAttachment><m:AttachmentIds>"
        f'<t:AttachmentId Id="{attachment}"/></m:AttachmentIds></m:DeleteAttachment>'
    )
    assert graph.get(photo).status_code == 404
