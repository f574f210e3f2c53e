"""Contacts as they are written: from Graph's JSON to Exchange's elements.

A new contact is one element whose children stand in the order of the schema.  A change
is one update per property, and per entry where a property holds several.
Source: https://learn.microsoft.com/exchange/client-developer/web-service-reference/updateitem-operation-contact
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .contacts_table import (
    ADDRESSES,
    EMAILS,
    IMS,
    PARTS,
    PHONES,
    PROPERTIES,
    TEXTS,
    TITLE,
    YOMI,
)
from .errors import bad_request, unknown_property
from .markup import Markup, node
from .messages_changes import (
    categories_change,
    extended_changes,
    extended_element,
    unfit,
)
from .operations import Change, Indexed
from .values import iso, moment

#: Sent back by clients, and ignored.
_FIXED = frozenset(
    {
        "id",
        "changeKey",
        "createdDateTime",
        "lastModifiedDateTime",
        "parentFolderId",
        *YOMI,
    }
)
#: The elements of a contact in the order of the schema.
_ORDER = {
    name: number
    for number, name in enumerate(
        (
            "Body",
            "Categories",
            "ExtendedProperty",
            "FileAs",
            "DisplayName",
            "GivenName",
            "Initials",
            "MiddleName",
            "Nickname",
            "CompanyName",
            "EmailAddresses",
            "PhysicalAddresses",
            "PhoneNumbers",
            "AssistantName",
            "Birthday",
            "BusinessHomePage",
            "Children",
            "Department",
            "Generation",
            "ImAddresses",
            "JobTitle",
            "Manager",
            "OfficeLocation",
            "Profession",
            "SpouseName",
            "Surname",
        )
    )
}
_LONGEST = 30_000


def read(body: Mapping[str, Any]) -> dict[str, Any]:
    """What a body says of a contact, checked.

    :raises GraphError: 400 RequestBodyRead
    """
    found: dict[str, Any] = {}
    for name, value in body.items():
        if name.startswith("@") or "@odata." in name or name in _FIXED:
            continue
        if name == "singleValueExtendedProperties":
            found[name] = value
            continue
        if name not in PROPERTIES:
            raise unknown_property(name, "contact")
        found[name] = _checked(name, value)
    return found


def _checked(name: str, value: Any) -> Any:
    if name in TEXTS or name in ("title", "mobilePhone", "personalNotes"):
        if value is not None and not isinstance(value, str):
            raise unfit(name)
        return (value or "")[:_LONGEST]
    if name == "emailAddresses":
        return _checked_emails(value)
    if name in ADDRESSES:
        return _checked_address(name, value)
    if name == "birthday":
        return _checked_birthday(value)
    if name == "categories":
        return value
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(row, str) for row in value):
        raise unfit(name)
    most = {"businessPhones": 2, "homePhones": 2, "imAddresses": 3}.get(name, 100)
    if len(value) > most:
        raise bad_request(
            f"A contact has at most {most} {name}.", "ErrorInvalidProperty"
        )
    return value


def _checked_emails(value: Any) -> list[tuple[str, str]]:
    rows = value if value is not None else []
    if not isinstance(rows, list):
        raise unfit("emailAddresses")
    if len(rows) > len(EMAILS):
        raise bad_request(
            "Exchange keeps three e-mail addresses of a contact.",
            "ErrorInvalidProperty",
        )
    found = []
    for row in rows:
        if not isinstance(row, dict) or set(row) - {"name", "address", "@odata.type"}:
            raise unfit("emailAddresses")
        name, address = row.get("name") or "", row.get("address") or ""
        if not isinstance(name, str) or not isinstance(address, str):
            raise unfit("emailAddresses")
        if address.strip():
            found.append((name.strip(), address.strip()))
    return found


def _checked_address(name: str, value: Any) -> dict[str, str]:
    rows = value if value is not None else {}
    if not isinstance(rows, dict):
        raise unfit(name)
    found = {}
    for part, content in rows.items():
        if part.startswith("@"):
            continue
        if part not in PARTS:
            raise unknown_property(part, "physicalAddress")
        if content is not None and not isinstance(content, str):
            raise unfit(name)
        found[part] = content or ""
    return found


def _checked_birthday(value: Any) -> str:
    if value is None or value == "":
        return ""
    found = moment(value) if isinstance(value, str) else None
    if found is None:
        raise unfit("birthday")
    return iso(found)


# -- a new contact ---------------------------------------------------------------------


def new_contact(values: Mapping[str, Any]) -> Markup:
    """The element of a contact with these (checked) values."""
    elements = [
        element
        for change in changes_of(values, merged=True)
        if (element := change.element) is not None
    ]
    elements.sort(key=lambda one: _ORDER[one.name])
    return node("t:Contact", elements)


# -- changes ---------------------------------------------------------------------------


def changes_of(values: Mapping[str, Any], *, merged: bool = False) -> list[Change]:
    """The changes that lead to these values.

    :param merged: dictionaries whole in one element, as a new contact wants them
    """
    changes: list[Change] = []
    phones: dict[str, str] = {}
    addresses: dict[str, dict[str, str]] = {}
    for name, value in values.items():
        if name in PHONES:
            phones.update(_by_key(PHONES[name], _list(value)))
        elif name in ADDRESSES:
            addresses[ADDRESSES[name]] = value
        else:
            changes += _plain(name, value, merged)
    if merged:
        return changes + _merged(phones, addresses)
    for key, phone in phones.items():
        changes.append(_entry("PhoneNumber", "PhoneNumbers", key, phone))
    for key, parts in addresses.items():
        changes += _address_changes(key, parts)
    return changes


def _plain(name: str, value: Any, merged: bool) -> list[Change]:
    if name in TEXTS:
        ews = TEXTS[name]
        element = node(f"t:{ews}", value) if value else None
        return [Change(f"contacts:{ews}", element)]
    if name == "title":
        return [Change(TITLE, extended_element(TITLE, value) if value else None)]
    if name == "personalNotes":
        body = node("t:Body", value, BodyType="Text") if value else None
        return [Change("item:Body", body)]
    if name == "birthday":
        element = node("t:Birthday", value) if value else None
        return [Change("contacts:Birthday", element)]
    if name == "categories":
        return [categories_change(value)]
    if name == "children":
        strings = [node("t:String", row) for row in value]
        element = node("t:Children", strings) if strings else None
        return [Change("contacts:Children", element)]
    if name == "singleValueExtendedProperties":
        return extended_changes(value)
    return _dictionary(name, value, merged)


def _dictionary(name: str, value: Any, merged: bool) -> list[Change]:
    """E-mail and chat addresses: entries with a key each."""
    if name == "emailAddresses":
        pairs = zip(EMAILS, value, strict=False)
        entries = {key: _email(key, *pair) for key, pair in pairs}
        plural, single, keys = "EmailAddresses", "EmailAddress", EMAILS
    else:
        entries = {
            key: node("t:Entry", row, Key=key)
            for key, row in zip(IMS, value, strict=False)
            if row
        }
        plural, single, keys = "ImAddresses", "ImAddress", IMS
    if merged:
        every = node(f"t:{plural}", entries.values())
        return [Change("", every)] if entries else []
    changes = []
    for key in keys:
        entry = entries.get(key)
        element = None if entry is None else node(f"t:{plural}", entry)
        changes.append(Change(Indexed(f"contacts:{single}", key), element))
    return changes


def _email(key: str, name: str, address: str) -> Markup:
    # somebody of the own company is kept under his name in the directory
    inner = address.lower().startswith("/o=")
    attributes = {"Key": key, "RoutingType": "EX" if inner else "SMTP"}
    if name:
        attributes["Name"] = name
    return node("t:Entry", address, **attributes)


def _by_key(keys: Sequence[str], rows: Sequence[str]) -> dict[str, str]:
    filled = [*rows, *[""] * len(keys)]
    return dict(zip(keys, filled, strict=False))


def _list(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value or ""]


def _merged(
    phones: Mapping[str, str], addresses: Mapping[str, Mapping[str, str]]
) -> list[Change]:
    changes = []
    numbers = [
        node("t:Entry", value, Key=key) for key, value in phones.items() if value
    ]
    if numbers:
        changes.append(Change("", node("t:PhoneNumbers", numbers)))
    rows = []
    for key, parts in addresses.items():
        inner = [node(f"t:{PARTS[p]}", parts[p]) for p in PARTS if parts.get(p)]
        if inner:
            rows.append(node("t:Entry", inner, Key=key))
    if rows:
        changes.append(Change("", node("t:PhysicalAddresses", rows)))
    return changes


def _entry(single: str, plural: str, key: str, value: str) -> Change:
    path = Indexed(f"contacts:{single}", key)
    if not value:
        return Change(path)
    return Change(path, node(f"t:{plural}", node("t:Entry", value, Key=key)))


def _address_changes(key: str, parts: Mapping[str, str]) -> list[Change]:
    """All parts of an address: a part that is not given is cleared, as Graph does."""
    changes = []
    for part, ews in PARTS.items():
        path = Indexed(f"contacts:PhysicalAddress:{ews}", key)
        value = parts.get(part, "")
        element = None
        if value:
            entry = node("t:Entry", node(f"t:{ews}", value), Key=key)
            element = node("t:PhysicalAddresses", entry)
        changes.append(Change(path, element))
    return changes
