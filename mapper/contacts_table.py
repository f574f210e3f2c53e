"""The properties of a contact, and where Exchange keeps them.

Source: https://learn.microsoft.com/exchange/client-developer/web-service-reference/contact
"""

from __future__ import annotations

from collections.abc import Callable

from . import values
from .messages_table import folder_id
from .operations import Extended, Indexed, Path
from .reading import Fields, Property, change_key
from .soap import Element, children, local, members, text
from .values import words

#: The title (Dr.): Exchange lets it be written as a MAPI property alone.
TITLE = Extended("String", tag="0x3a45")
EMAILS = ("EmailAddress1", "EmailAddress2", "EmailAddress3")
IMS = ("ImAddress1", "ImAddress2", "ImAddress3")
#: Graph's phones: property → keys at Exchange.
PHONES = {
    "businessPhones": ("BusinessPhone", "BusinessPhone2"),
    "homePhones": ("HomePhone", "HomePhone2"),
    "mobilePhone": ("MobilePhone",),
}
ADDRESSES = {
    "businessAddress": "Business",
    "homeAddress": "Home",
    "otherAddress": "Other",
}
#: Parts of an address: Graph's name → Exchange's.
PARTS = {
    "street": "Street",
    "city": "City",
    "state": "State",
    "countryOrRegion": "CountryOrRegion",
    "postalCode": "PostalCode",
}
#: Properties that are one text: Graph's name → Exchange's.
TEXTS = {
    "displayName": "DisplayName",
    "fileAs": "FileAs",
    "givenName": "GivenName",
    "initials": "Initials",
    "middleName": "MiddleName",
    "nickName": "Nickname",
    "surname": "Surname",
    "generation": "Generation",
    "companyName": "CompanyName",
    "department": "Department",
    "jobTitle": "JobTitle",
    "officeLocation": "OfficeLocation",
    "profession": "Profession",
    "manager": "Manager",
    "assistantName": "AssistantName",
    "spouseName": "SpouseName",
    "businessHomePage": "BusinessHomePage",
}


def entries(element: Element | None) -> dict[str, str]:
    """The entries of a dictionary (``PhoneNumbers``) that hold something, by key."""
    if element is None:
        return {}
    return {
        str(one.get("Key")): value
        for one in element
        if local(one) == "Entry" and (value := (one.text or "").strip())
    }


def _text(name: str) -> Callable[[Fields], str | None]:
    def read(fields: Fields) -> str | None:
        found = fields.get(name)
        return found.text or None if found is not None else None

    return read


def _emails(fields: Fields) -> list[dict[str, str]]:
    found = {
        str(one.get("Key")): one
        for one in children(fields.get("EmailAddresses"))
        if local(one) == "Entry"
    }
    shown = []
    for key in EMAILS:
        one = found.get(key)
        address = (one.text or "").strip() if one is not None else ""
        if one is not None and address:
            shown.append({"name": one.get("Name") or address, "address": address})
    return shown


def _phones(keys: tuple[str, ...]) -> Callable[[Fields], list[str]]:
    def read(fields: Fields) -> list[str]:
        found = entries(fields.get("PhoneNumbers"))
        return [found[key] for key in keys if key in found]

    return read


def _mobile(fields: Fields) -> str | None:
    return entries(fields.get("PhoneNumbers")).get("MobilePhone")


def _ims(fields: Fields) -> list[str]:
    found = entries(fields.get("ImAddresses"))
    return [found[key] for key in IMS if key in found]


def _address(key: str) -> Callable[[Fields], dict[str, str]]:
    def read(fields: Fields) -> dict[str, str]:
        for one in children(fields.get("PhysicalAddresses")):
            if local(one) == "Entry" and one.get("Key") == key:
                found = members(one)
                return {
                    name: value
                    for name, ews in PARTS.items()
                    if (value := words(found.get(ews)))
                }
        return {}

    return read


def _title(fields: Fields) -> str | None:
    found = text(fields.get("CompleteName"), "Title")
    return found or None


def _notes(fields: Fields) -> str:
    return values.words(fields.get("Body")).replace("\r\n", "\n")


def _paths(name: str) -> tuple[Path, ...]:
    return (f"contacts:{name}",)


#: Where e-mail addresses can be looked for.
ADDRESS_PATHS: list[Path] = [Indexed("contacts:EmailAddress", key) for key in EMAILS]

TABLE = {
    "createdDateTime": Property(
        ("item:DateTimeCreated",),
        lambda fields: values.time_of(fields.get("DateTimeCreated")),
    ),
    "lastModifiedDateTime": Property(
        ("item:LastModifiedTime",),
        lambda fields: values.time_of(fields.get("LastModifiedTime")),
    ),
    "changeKey": Property((), change_key),
    "categories": Property(
        ("item:Categories",), lambda fields: values.strings(fields.get("Categories"))
    ),
    "parentFolderId": Property(("item:ParentFolderId",), folder_id),
    "birthday": Property(
        ("contacts:Birthday",), lambda fields: values.time_of(fields.get("Birthday"))
    ),
    **{name: Property(_paths(ews), _text(ews)) for name, ews in TEXTS.items()},
    "title": Property(("contacts:CompleteName",), _title),
    "emailAddresses": Property(("contacts:EmailAddresses",), _emails),
    "imAddresses": Property(("contacts:ImAddresses",), _ims),
    "businessPhones": Property(
        ("contacts:PhoneNumbers",), _phones(PHONES["businessPhones"])
    ),
    "homePhones": Property(("contacts:PhoneNumbers",), _phones(PHONES["homePhones"])),
    "mobilePhone": Property(("contacts:PhoneNumbers",), _mobile),
    **{
        name: Property(("contacts:PhysicalAddresses",), _address(key))
        for name, key in ADDRESSES.items()
    },
    "children": Property(
        ("contacts:Children",), lambda fields: values.strings(fields.get("Children"))
    ),
    "personalNotes": Property(("item:Body",), _notes),
}
#: Japanese readings; they are accepted and not kept.
YOMI = ("yomiGivenName", "yomiSurname", "yomiCompanyName")
PROPERTIES = frozenset({"id", *TABLE, *YOMI})
