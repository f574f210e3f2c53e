"""The requests to Exchange are what its schema says, in every version."""

import re

import pytest
import schemas
from lxml import etree

from mapper import (
    contacts_changes,
    filters,
    folders_delta,
    messages,
    operations,
    reading,
    soap,
)
from mapper.contacts_table import ADDRESS_PATHS
from mapper.contacts_table import TABLE as CONTACT
from mapper.ews import VERSIONS
from mapper.messages_changes import changes_of
from mapper.messages_table import TABLE as MESSAGE
from mapper.operations import Change, Extended, Folder, ItemId, MasterOf, Shape

MARK = "String {7f3f3a4e-6f0b-4a5e-9d3e-0f6d5b0c1a2b} Name OdooRecord"
CONTACT_BODY = {
    "displayName": "Zoë Ångström",
    "givenName": "Zoë",
    "surname": "Ångström",
    "middleName": "M.",
    "nickName": "Z",
    "initials": "ZÅ",
    "generation": "Jr.",
    "title": "Dr.",
    "fileAs": "Ångström, Zoë",
    "companyName": "Contoso",
    "department": "Sales",
    "jobTitle": "Head",
    "officeLocation": "B 12",
    "profession": "Lawyer",
    "manager": "Ada",
    "assistantName": "Bo",
    "spouseName": "Cy",
    "children": ["Di", "Ed"],
    "birthday": "1990-02-03T11:59:00Z",
    "businessHomePage": "https://contoso.example/a b?c=1&d",
    "personalNotes": "Two\nlines & <more>",
    "categories": ["Odoo", "Red"],
    "emailAddresses": [
        {"name": "Z", "address": "z@contoso.example"},
        {"address": "zz@contoso.example"},
        {"name": "Third", "address": "zzz@contoso.example"},
    ],
    "imAddresses": ["a", "b", "c"],
    "businessPhones": ["+1 23", "+1 24"],
    "homePhones": ["+1 25"],
    "mobilePhone": "+1 26",
    "businessAddress": {
        "street": "Main Street 1",
        "city": "Town",
        "state": "TX",
        "countryOrRegion": "US",
        "postalCode": "12345",
    },
    "homeAddress": {"city": "Village"},
    "otherAddress": {"street": "Far away"},
    "singleValueExtendedProperties": [{"id": MARK, "value": "uuid,7"}],
}


def _changes(body):
    return contacts_changes.changes_of(contacts_changes.read(body))


def every_request(version):
    """All that the mapper can ask, as (name, body)."""
    item, other = ItemId("AAMkAD+/=", "CQAA"), ItemId("AAMkAE=")
    folder, inbox = Folder(id="AAMkAF="), Folder(name="inbox")
    mark = reading.extended_of(MARK)
    mail = reading.shape_for(MESSAGE, list(MESSAGE), version, "Best")
    contact = reading.shape_for(CONTACT, list(CONTACT), version, "Text")
    shape = Shape((*mail.paths, mark, "item:Attachments"), mail.body_type)
    folder_shape = Shape(("folder:DisplayName", Extended("Boolean", tag="0x10f4")))
    patch = {
        "categories": ["A", "B"],
        "isRead": True,
        "importance": "high",
        "subject": "New",
        "singleValueExtendedProperties": [{"id": MARK, "value": "x"}],
    }
    if version >= 3:
        patch["flag"] = {"flagStatus": "flagged"}
    values = contacts_changes.read(CONTACT_BODY)
    empty = {
        name: [] if isinstance(value, list) else None
        for name, value in CONTACT_BODY.items()
    }
    window = ("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z")
    yield operations.find_folder(inbox, folder_shape, 10, 100)
    yield operations.find_folders_of_class(
        [folder, inbox], folder_shape, 10, 100, "IPF.Contact"
    )
    yield operations.get_folder([folder, inbox], folder_shape)
    yield operations.create_folder(inbox, "Transfer Eingang & Co")
    yield operations.create_folder(folder, "Odoo", "ContactsFolder")
    yield folders_delta.sync_tree("")
    yield folders_delta.sync_tree("H4sI=")
    yield operations.sync_items(folder, "", 9999, Shape())
    yield operations.sync_items(inbox, "H4sI=", 100, Shape())
    yield operations.find_items(
        folder, Shape(), 0, 50, order=[("item:DateTimeReceived", True)]
    )
    for text in (
        "isRead eq false and receivedDateTime ge 2026-01-01T00:00:00+01:00",
        "subject eq 'It''s' or internetMessageId eq '<a@b>'",
    ):
        where = filters.restriction(text, messages.FILTERS)
        yield operations.find_items(folder, Shape(), 0, 50, where=where)
    for text in (
        f"singleValueExtendedProperties/Any(ep: ep/id eq '{MARK}' and ep/value eq '1')",
        "emailAddresses/any(a:a/address eq 'z@contoso.example')",
    ):
        where = filters.restriction(text, {}, ADDRESS_PATHS)
        yield operations.find_items(folder, contact, 0, 50, where=where)
    yield operations.calendar_view(folder, Shape(), *window, 1000)
    yield operations.get_items([item, other], shape)
    yield operations.get_items([MasterOf("AAMkAG=")], Shape(mime=True))
    yield operations.move_item(item, folder)
    yield operations.delete_item(item)
    yield operations.create_contact(folder, contacts_changes.new_contact(values))
    yield operations.update_item(
        item, "Message", changes_of(patch, version), overwrite=0
    )
    yield operations.update_item(
        item, "Contact", _changes(CONTACT_BODY), overwrite=True
    )
    yield operations.update_item(item, "Contact", _changes(empty), overwrite=False)
    yield operations.update_item(item, "Message", [Change(mark)], overwrite=True)
    yield operations.get_attachments(["AAMkAH=", "AAMkAI="])
    yield operations.get_attachments(["AAMkAH="], mime=True)
    yield operations.create_photo(item, "/9j/")
    yield operations.delete_attachment("AAMkAH=")
    yield operations.resolve_names("anna@contoso.example")


@pytest.mark.parametrize("version", ["2010_SP1", "2010_SP2", "2013_SP1"])
def test_every_request_is_valid_in_the_version_that_it_claims(version):
    if schemas.folder() is None:
        pytest.skip("The schemas of Exchange are not here (EWS_SCHEMA names them).")
    number = VERSIONS.index(f"Exchange{version}")
    for body in every_request(number):
        sent = soap.envelope(VERSIONS[number], body, "ben@contoso.example")
        assert schemas.problems(sent, version) == [], sent.decode()


def test_every_request_names_its_version_first_and_nothing_twice():
    for number, version in enumerate(VERSIONS):
        for body in every_request(number):
            root = etree.fromstring(soap.envelope(version, body))
            (header,), (content,) = root[0], root[1]
            assert header.get("Version") == version
            assert content.tag.startswith(f"{{{schemas.MESSAGES}}}")
            for shape in root.iter(f"{{{schemas.TYPES}}}AdditionalProperties"):
                paths = [etree.tostring(path) for path in shape]
                assert len(paths) == len(set(paths)) > 0


#: The order in which the schema wants what the mapper sends, where that matters.
ORDER = {
    "Envelope": "Header Body",
    "Header": "RequestServerVersion ExchangeImpersonation",
    "FindFolder": "FolderShape IndexedPageFolderView Restriction ParentFolderIds",
    "FindItem": "ItemShape IndexedPageItemView CalendarView Restriction SortOrder "
    "ParentFolderIds",
    "GetFolder": "FolderShape FolderIds",
    "CreateFolder": "ParentFolderId Folders",
    "SyncFolderItems": "ItemShape SyncFolderId SyncState MaxChangesReturned",
    "GetItem": "ItemShape ItemIds",
    "MoveItem": "ToFolderId ItemIds",
    "CreateItem": "SavedItemFolderId Items",
    "GetAttachment": "AttachmentShape AttachmentIds",
    "CreateAttachment": "ParentItemId Attachments",
    "ItemShape": "BaseShape IncludeMimeContent BodyType AdditionalProperties",
    "FolderShape": "BaseShape AdditionalProperties",
    "ItemChange": "ItemId Updates",
    "FileAttachment": "Name ContentType IsContactPhoto Content",
    "ExtendedProperty": "ExtendedFieldURI Value",
    "IsEqualTo": "FieldURI IndexedFieldURI ExtendedFieldURI FieldURIOrConstant",
    "Contact": "Subject Body Categories Importance ExtendedProperty FileAs "
    "FileAsMapping DisplayName GivenName Initials MiddleName Nickname CompanyName "
    "EmailAddresses PhysicalAddresses PhoneNumbers AssistantName Birthday "
    "BusinessHomePage Children Department Generation ImAddresses JobTitle Manager "
    "OfficeLocation Profession SpouseName Surname",
}
#: Attributes without which Exchange refuses.
ATTRIBUTES = {
    "FindFolder": {"Traversal"},
    "FindItem": {"Traversal"},
    "DeleteItem": {"DeleteType"},
    "UpdateItem": {"ConflictResolution"},
    "ResolveNames": {"ReturnFullContactData"},
    "CalendarView": {"StartDate", "EndDate"},
}


def test_every_request_keeps_the_order_that_exchange_insists_on():
    """Also where the schemas are not at hand."""
    met = set()
    for number, version in enumerate(VERSIONS):
        for body in every_request(number):
            root = etree.fromstring(soap.envelope(version, body, "ben@contoso.example"))
            for element in root.iter():
                name = soap.local(element)
                met.add(name)
                assert ATTRIBUTES.get(name, set()) <= set(element.keys()), name
                if name in ORDER:
                    wanted = ORDER[name].split()
                    places = [wanted.index(soap.local(one)) for one in element]
                    assert places == sorted(places), name
    assert met > {*ORDER, *ATTRIBUTES}


def test_an_old_server_is_asked_for_nothing_that_came_later():
    for number in (0, 1, 2):
        sent = b"".join(
            soap.envelope(VERSIONS[number], body) for body in every_request(number)
        )
        assert not re.search(rb"item:(Preview|Flag|TextBody|InstanceKey)", sent)


def test_what_xml_forbids_is_not_sent():
    body = operations.create_folder(Folder(name="inbox"), "a\x00b\x0bc\ud800d\ufffee")
    sent = soap.envelope(VERSIONS[2], body)
    assert b"<t:DisplayName>abcde</t:DisplayName>" in sent
