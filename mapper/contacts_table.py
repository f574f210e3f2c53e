"""The properties of a contact, and where Exchange keeps them.

Source: https://learn.microsoft.com/exchange/client-developer/web-service-reference/contact
"""

from __future__ import annotations

from collections.abc import Callable

from . import values
from .messages_table import folder_id
from .operations import Extended, Indexed, Path
from .soap import Element, children, local, text
from .table import CHANGE_KEY, Table, part, plain, single

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


def _emails(element: Element | None) -> list[dict[str, str]]:
    found = {str(one.get("Key")): one for one in children(element)}
    shown = []
    for key in EMAILS:
        one = found.get(key)
        address = (one.text or "").strip() if one is not None else ""
        if one is not None and address:
            shown.append({"name": one.get("Name") or address, "address": address})
    return shown


def _phones(keys: tuple[str, ...]) -> Callable[[dict[str, str]], list[str]]:
    return lambda found: [found[key] for key in keys if key in found]


def _mobile(found: dict[str, str]) -> str | None:
    return found.get("MobilePhone")


def _ims(element: Element | None) -> list[str]:
    found = entries(element)
    return [found[key] for key in IMS if key in found]


def _addresses(element: Element | None) -> dict[str, dict[str, str]]:
    """The addresses by Exchange's key."""
    return {
        str(one.get("Key")): _parts(one)
        for one in children(element)
        if local(one) == "Entry"
    }


def _parts(entry: Element) -> dict[str, str]:
    """What an address holds, in Graph's order."""
    found = {local(one): one.text for one in entry}
    return {name: value for name, ews in PARTS.items() if (value := found.get(ews))}


def _address(key: str) -> Callable[[dict[str, dict[str, str]]], dict[str, str]]:
    return lambda addresses: addresses.get(key) or {}


def _title(element: Element | None) -> str | None:
    return text(element, "Title") or None


def _notes(value: str | None) -> str:
    return (value or "").replace("\r\n", "\n")


#: Where e-mail addresses can be looked for.
ADDRESS_PATHS: list[Path] = [Indexed("contacts:EmailAddress", key) for key in EMAILS]

TABLE = Table(
    {
        "createdDateTime": plain("item:DateTimeCreated", values.as_time),
        "lastModifiedDateTime": plain("item:LastModifiedTime", values.as_time),
        "changeKey": CHANGE_KEY,
        "categories": single("item:Categories", values.strings),
        "parentFolderId": single("item:ParentFolderId", folder_id),
        "birthday": plain("contacts:Birthday", values.as_time),
        **{
            name: plain(f"contacts:{ews}", values.as_words_or_none)
            for name, ews in TEXTS.items()
        },
        "title": single("contacts:CompleteName", _title),
        "emailAddresses": single("contacts:EmailAddresses", _emails),
        "imAddresses": single("contacts:ImAddresses", _ims),
        **{
            name: part("contacts:PhoneNumbers", entries, _phones(keys))
            for name, keys in PHONES.items()
            if name != "mobilePhone"
        },
        "mobilePhone": part("contacts:PhoneNumbers", entries, _mobile),
        **{
            name: part("contacts:PhysicalAddresses", _addresses, _address(key))
            for name, key in ADDRESSES.items()
        },
        "children": single("contacts:Children", values.strings),
        "personalNotes": plain("item:Body", _notes),
    }
)
#: Japanese readings; they are accepted and not kept.
YOMI = ("yomiGivenName", "yomiSurname", "yomiCompanyName")
PROPERTIES = frozenset({"id", *TABLE, *YOMI})
