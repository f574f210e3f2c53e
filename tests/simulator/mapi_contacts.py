"""Properties of contacts that MAPI has under numbers of its own.

Source: https://learn.microsoft.com/openspecs/exchange_server_protocols/ms-oxocntc
"""

from __future__ import annotations

from collections.abc import Callable

from .mailbox import Item

_ADDRESS = "{00062004-0000-0000-c000-000000000046}"
NAMES = {
    "String 0x3001": "displayName",
    "String 0x3a05": "generation",
    "String 0x3a06": "givenName",
    "String 0x3a0a": "initials",
    "String 0x3a11": "surname",
    "String 0x3a16": "companyName",
    "String 0x3a17": "jobTitle",
    "String 0x3a18": "department",
    "String 0x3a19": "officeLocation",
    "String 0x3a30": "assistantName",
    "SystemTime 0x3a42": "birthday",
    "String 0x3a44": "middleName",
    "String 0x3a45": "title",
    "String 0x3a46": "profession",
    "String 0x3a48": "spouseName",
    "String 0x3a4e": "manager",
    "String 0x3a4f": "nickName",
    "String 0x3a51": "businessHomePage",
}
PHONES = {
    "String 0x3a08": ("BusinessPhone", "businessPhones"),
    "String 0x3a09": ("HomePhone", "homePhones"),
    "String 0x3a1c": ("MobilePhone", "mobilePhone"),
}
_PARTS = ("street", "city", "state", "postalCode", "countryOrRegion")
_HOME = ("0x3a5d", "0x3a59", "0x3a5c", "0x3a5b", "0x3a5a")
_OTHER = ("0x3a63", "0x3a5f", "0x3a62", "0x3a61", "0x3a60")
PLACES = {
    **{
        f"String {_ADDRESS} Id {0x8045 + at:#x}": ("Business", "businessAddress", part)
        for at, part in enumerate(_PARTS)
    },
    **{
        f"String {n}": ("Home", "homeAddress", p)
        for n, p in zip(_HOME, _PARTS, strict=True)
    },
    **{
        f"String {n}": ("Other", "otherAddress", p)
        for n, p in zip(_OTHER, _PARTS, strict=True)
    },
}


def written(key: str, value: str | None) -> dict | None:
    """What a value changes, as the fields of a contact read it; None for other keys."""
    if key in NAMES:
        bare = NAMES[key] in ("title", "birthday")
        return {NAMES[key]: value if bare else value or ""}
    if key in PHONES:
        return {"slots:phones": {PHONES[key][0]: value}}
    if key in PLACES:
        slot, _name, part = PLACES[key]
        return {f"slots:place {slot}": {part: value}}
    return None


def _read(key: str) -> Callable[[Item, dict], str | None]:
    def read(item: Item, data: dict) -> str | None:
        if item.kind != "contact":
            return None
        if key in PLACES:
            _slot, name, part = PLACES[key]
            return (data.get(name) or {}).get(part) or None
        found = data.get(NAMES[key] if key in NAMES else PHONES[key][1])
        return (found[0] if isinstance(found, list) and found else found) or None

    return read


READERS = {key: _read(key) for key in (*NAMES, *PHONES, *PLACES)}
