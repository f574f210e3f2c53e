"""Contacts and contact folders inside a mailbox: properties, names, finding, making.

Source: https://learn.microsoft.com/graph/api/resources/contact
"""

from __future__ import annotations

from datetime import timezone
from typing import Any

from .clock import parse_iso
from .event_properties import ADDRESS, EXTENDED
from .mailbox import Container, Item, Mailbox

EMAIL = {"name": "str", "address": "str"}
_TEXTS = (
    "fileAs",
    "displayName",
    "givenName",
    "initials",
    "middleName",
    "nickName",
    "surname",
    "title",
    "yomiGivenName",
    "yomiSurname",
    "yomiCompanyName",
    "generation",
    "jobTitle",
    "companyName",
    "department",
    "officeLocation",
    "profession",
    "businessHomePage",
    "assistantName",
    "manager",
    "mobilePhone",
    "spouseName",
    "personalNotes",
)
_LISTS = ("imAddresses", "homePhones", "businessPhones", "children")
_PLACES = ("homeAddress", "businessAddress", "otherAddress")
_SHORTCUTS = ("primaryEmailAddress", "secondaryEmailAddress", "tertiaryEmailAddress")
MOST_ADDRESSES = 3  # that Exchange keeps of a contact; phones: two of each list
MOST_PHONES = 2

CONTACT = {
    "id": "str",
    "createdDateTime": "time",
    "lastModifiedDateTime": "time",
    "changeKey": "str",
    "categories": ["str"],
    "parentFolderId": "str",
    "birthday": "time",
    **dict.fromkeys(_TEXTS, "str"),
    "emailAddresses": [EMAIL],
    **dict.fromkeys(_LISTS, ["str"]),
    **dict.fromkeys(_PLACES, ADDRESS),
    **dict.fromkeys(_SHORTCUTS, EMAIL),
    "photo": "any",
    **EXTENDED,
}
CONTACT_FIXED = {
    "id",
    "createdDateTime",
    "lastModifiedDateTime",
    "changeKey",
    "parentFolderId",
    "photo",
    "multiValueExtendedProperties",
    "extensions",
}
CONTACT_FOLDER = {
    "id": "str",
    "parentFolderId": "str",
    "displayName": "str",
    "childFolders": "any",
    "contacts": "any",
    **EXTENDED,
}
del CONTACT_FOLDER["extensions"]  # a folder has none
CONTACT_FOLDER_FIXED = set(CONTACT_FOLDER) - {
    "displayName",
    "parentFolderId",
    "singleValueExtendedProperties",
}


def contacts_of(mailbox: Mailbox) -> Container:
    """The default contact folder, made when it is first needed."""
    found = mailbox.well_known.get("contacts")
    if found is None:
        found = mailbox.add_container(
            "contactFolder", "Contacts", None, well_known="contacts"
        )
    return found


def contact_defaults(now: str) -> dict:
    """All properties of a contact, in the service's order, of an empty one."""
    data: dict = {
        "createdDateTime": now,
        "lastModifiedDateTime": now,
        "changeKey": "",
        "categories": [],
        "parentFolderId": "",
        "birthday": None,
        **dict.fromkeys(_TEXTS),
        "emailAddresses": [],
    }
    data |= {name: [] for name in _LISTS}
    data |= {name: {} for name in _PLACES}
    data |= dict.fromkeys(_SHORTCUTS)
    return data


def read_contact(values: dict, data: dict) -> dict:
    """From a checked body to properties; the display name and the rest of what follows.

    A body without displayName has one made of the other names, also where there was
    another before: the reference page of the update warns of it.

    :param data: the present properties
    """
    changes = {
        name: _kept(name, value)
        for name, value in values.items()
        if name not in ("singleValueExtendedProperties", *_SHORTCUTS)
    }
    changes |= _addresses(values, changes, data)
    after = {**data, **changes}
    if not changes.get("displayName"):
        changes["displayName"] = full_name(after) or data.get("displayName")
    if "fileAs" not in changes and data.get("fileAs") in (None, file_as(data)):
        changes["fileAs"] = file_as({**after, **changes})
    return changes


def _kept(name: str, value: Any) -> Any:
    """One property as Exchange keeps it."""
    if name in ("homePhones", "businessPhones"):
        return (value or [])[:MOST_PHONES]
    if name in ("categories", "emailAddresses", *_LISTS):
        return value or []
    if name in _PLACES:
        return {k: v for k, v in (value or {}).items() if v}
    return birthday(value) if name == "birthday" and value else value


def birthday(text: str) -> str:
    """A birthday as Outlook keeps it: the UTC date, a minute before noon."""
    moment = parse_iso(text).astimezone(timezone.utc)
    return f"{moment.date().isoformat()}T11:59:00Z"


def full_name(data: dict) -> str:
    """The display name that Exchange makes."""
    names = ("givenName", "middleName", "surname", "generation")
    made = " ".join(data[name] for name in names if data.get(name))
    if made or data.get("companyName"):
        return made or data["companyName"]
    first = next(iter(data.get("emailAddresses") or []), {})
    return first.get("name") or first.get("address") or ""


def file_as(data: dict) -> str | None:
    """How a contact is filed: ``Fort, Garth``."""
    given = " ".join(
        data[name] for name in ("givenName", "middleName") if data.get(name)
    )
    parts = [part for part in (data.get("surname"), given) if part]
    return ", ".join(parts) or data.get("companyName") or data.get("displayName")


def _addresses(values: dict, changes: dict, data: dict) -> dict:
    """The list of addresses and the three properties that show its members."""
    rows = list(changes.get("emailAddresses", data["emailAddresses"]))
    for at, name in enumerate(_SHORTCUTS):
        if values.get(name):
            rows[at : at + 1] = [values[name]]
    rows = [
        {"name": row.get("name") or row.get("address"), "address": row.get("address")}
        for row in rows
        if row and (row.get("address") or row.get("name"))
    ][:MOST_ADDRESSES]
    shown: dict = {"emailAddresses": rows}
    for at, name in enumerate(_SHORTCUTS):
        shown[name] = rows[at] if at < len(rows) else None
    return shown


def new_contact(now: str, values: dict) -> Item:
    """A contact from a checked body, not yet in a folder."""
    data = contact_defaults(now)
    data.update(read_contact(values, data))
    return Item("contact", data)
