"""Fields of contacts.

Exchange keeps addresses and phones under keys, Graph in lists: a key that a list cannot
tell (the second address without the first, a fax number) is kept beside the list.
Source: https://learn.microsoft.com/exchange/client-developer/web-service-reference/contact
"""

from __future__ import annotations

from ..mailbox import Item
from .errors import violation
from .fields import Field, Read, Show, Thing, constant, filled, strings, takes, text
from .request import Request
from .versions import V2010
from .xml import Element, add, children, flag, local

EMAILS = ("EmailAddress1", "EmailAddress2", "EmailAddress3")
IMS = ("ImAddress1", "ImAddress2", "ImAddress3")
PHONES = (
    "AssistantPhone",
    "BusinessFax",
    "BusinessPhone",
    "BusinessPhone2",
    "Callback",
    "CarPhone",
    "CompanyMainPhone",
    "HomeFax",
    "HomePhone",
    "HomePhone2",
    "Isdn",
    "MobilePhone",
    "OtherFax",
    "OtherTelephone",
    "Pager",
    "PrimaryPhone",
    "RadioPhone",
    "Telex",
    "TtyTddPhone",
)
PLACES = {
    "Business": "businessAddress",
    "Home": "homeAddress",
    "Other": "otherAddress",
}
_PARTS = ("Street", "City", "State", "CountryOrRegion", "PostalCode")
_LISTED = {
    "BusinessPhone": ("businessPhones", 0),
    "BusinessPhone2": ("businessPhones", 1),
    "HomePhone": ("homePhones", 0),
    "HomePhone2": ("homePhones", 1),
}


# -- keys ------------------------------------------------------------------------------


def slots_of(item: Item, name: str, keys: tuple[str, ...]) -> dict:
    """Key → value of a list of Graph (``emailAddresses``, ``imAddresses``)."""
    rows = list(item.data.get(name) or [])
    kept = item.extra.get("slots", {}).get(name, {})
    if [kept[key] for key in keys if key in kept] == rows:
        return dict(kept)
    return dict(zip(keys, rows, strict=False))


def phones_of(item: Item) -> dict[str, str]:
    """Key → number of all phones."""
    kept = item.extra.get("slots", {}).get("phones", {})
    found = {key: kept[key] for key in PHONES if kept.get(key) and key not in _LISTED}
    for name in ("businessPhones", "homePhones"):
        keys = tuple(key for key, (listed, _at) in _LISTED.items() if listed == name)
        found |= slots_of(item, name, keys)
    if item.data.get("mobilePhone"):
        found["MobilePhone"] = item.data["mobilePhone"]
    return {key: value for key, value in found.items() if value}


def spread(item: Item, values: dict) -> dict:
    """The Graph properties of what came under keys; what they cannot tell is kept.

    :param values: properties, among them ``slots:<list>`` with key → value or None
    """
    plain = {k: v for k, v in values.items() if not k.startswith("slots:")}
    slots = dict(item.extra.get("slots", {}))
    for name, keys in (("emailAddresses", EMAILS), ("imAddresses", IMS)):
        given = values.get(f"slots:{name}")
        if given is not None:
            merged = _merged(slots_of(item, name, keys), given)
            slots[name] = merged
            plain[name] = [merged[key] for key in keys if key in merged]
    given = values.get("slots:phones")
    if given is not None:
        plain |= _spread_phones(_merged(phones_of(item), given), slots)
    for key, name in PLACES.items():
        given = values.get(f"slots:place {key}")
        if given is not None:
            plain[name] = _merged(item.data.get(name) or {}, given)
    if slots:
        item.extra["slots"] = slots
    return plain


def _merged(old: dict, new: dict) -> dict:
    return {key: value for key, value in {**old, **new}.items() if value}


def _spread_phones(phones: dict[str, str], slots: dict) -> dict:
    slots["phones"] = phones
    plain: dict = {"mobilePhone": phones.get("MobilePhone")}
    for name in ("businessPhones", "homePhones"):
        keys = [key for key, (listed, _at) in _LISTED.items() if listed == name]
        slots[name] = {key: phones[key] for key in keys if key in phones}
        plain[name] = list(slots[name].values())
    return plain


# -- showing ---------------------------------------------------------------------------


def _emails(out: Element, tag: str, thing: Thing) -> None:
    rows = slots_of(thing.item, "emailAddresses", EMAILS)
    holder = add(out, f"t:{tag}") if rows else None
    for key in EMAILS:
        if key not in rows:
            continue
        entry = add(holder, "t:Entry", rows[key].get("address") or "", Key=key)
        if thing.version >= V2010:
            entry.set("Name", rows[key].get("name") or "")
            entry.set("RoutingType", "SMTP")
            entry.set("MailboxType", "Contact")


def _entries(rows: dict[str, str], keys: tuple[str, ...], out: Element, tag: str):
    shown = [key for key in keys if rows.get(key)]
    holder = add(out, f"t:{tag}") if shown else None
    for key in shown:
        add(holder, "t:Entry", rows[key], Key=key)


def _phones(out: Element, tag: str, thing: Thing) -> None:
    _entries(phones_of(thing.item), PHONES, out, tag)


def _ims(out: Element, tag: str, thing: Thing) -> None:
    _entries(slots_of(thing.item, "imAddresses", IMS), IMS, out, tag)


def _part(name: str) -> str:
    return name[0].lower() + name[1:]


def _places(out: Element, tag: str, thing: Thing) -> None:
    rows = {key: thing.data.get(name) or {} for key, name in PLACES.items()}
    if not any(rows.values()):
        return
    holder = add(out, f"t:{tag}")
    for key, place in rows.items():
        if not place:
            continue
        entry = add(holder, "t:Entry", Key=key)
        for part in _PARTS:
            if place.get(_part(part)):
                add(entry, f"t:{part}", place[_part(part)])


def _complete_name(out: Element, tag: str, thing: Thing) -> None:
    pairs = (
        ("Title", "title"),
        ("FirstName", "givenName"),
        ("MiddleName", "middleName"),
        ("LastName", "surname"),
        ("Suffix", "generation"),
        ("Initials", "initials"),
        ("FullName", "displayName"),
        ("Nickname", "nickName"),
    )
    shown = [(part, thing.data[k]) for part, k in pairs if thing.data.get(k)]
    if shown:
        holder = add(out, f"t:{tag}")
        for part, value in shown:
            add(holder, f"t:{part}", value)


# -- reading ---------------------------------------------------------------------------


def _takes_entries(name: str, keys: tuple[str, ...]) -> Read:
    def read(element: Element, request: Request) -> dict:
        found: dict = {}
        for entry in children(element):
            key = entry.get("Key") or ""
            if key not in keys:
                raise violation(
                    f"The 'Key' attribute is invalid - The value '{key}' is invalid "
                    "according to its data type - The Enumeration constraint failed.",
                    entry,
                )
            value = (entry.text or "").strip()
            if name == "emailAddresses" and value:
                found[key] = {"name": entry.get("Name") or value, "address": value}
            else:
                found[key] = value or None
        return {f"slots:{name}": found}

    return read


def _read_places(element: Element, request: Request) -> dict:
    found = {}
    for entry in children(element):
        key = entry.get("Key") or ""
        if key not in PLACES:
            raise violation(f"The value '{key}' of the 'Key' attribute fails.", entry)
        parts = {_part(local(part)): part.text or "" for part in children(entry)}
        found[f"slots:place {key}"] = parts
    return found


def _text(tag: str, key: str, shapes: str = "A") -> Field:
    return Field(f"contacts:{tag}", filled(key), shapes, read=takes(key))


def _kept(tag: str) -> Field:
    """A property that Graph does not know."""
    show: Show = text(lambda thing: thing.item.extra.get(tag) or None)
    return Field(f"contacts:{tag}", show, "A", read=takes(f"extra:{tag}"))


def _strings(tag: str, key: str) -> Field:
    def read(element: Element, request: Request) -> dict:
        return {key: [row.text or "" for row in children(element)]}

    return Field(
        f"contacts:{tag}", strings(lambda thing: thing.data.get(key) or []), read=read
    )


def _mapping(thing: Thing) -> str:
    return thing.item.extra.get("FileAsMapping") or "LastCommaFirst"


CONTACT = [
    Field("contacts:FileAs", filled("fileAs"), "DA", read=takes("fileAs")),
    Field("contacts:FileAsMapping", text(_mapping), read=takes("extra:FileAsMapping")),
    Field(
        "contacts:DisplayName", filled("displayName"), "DA", read=takes("displayName")
    ),
    _text("GivenName", "givenName"),
    _text("Initials", "initials"),
    _text("MiddleName", "middleName"),
    _text("Nickname", "nickName"),
    Field("contacts:CompleteName", _complete_name, "DA"),
    _text("CompanyName", "companyName", "DA"),
    Field(
        "contacts:EmailAddresses",
        _emails,
        "DA",
        read=_takes_entries("emailAddresses", EMAILS),
    ),
    Field("contacts:PhysicalAddresses", _places, "DA", read=_read_places),
    Field(
        "contacts:PhoneNumbers", _phones, "DA", read=_takes_entries("phones", PHONES)
    ),
    _text("AssistantName", "assistantName"),
    _text("Birthday", "birthday"),
    _text("BusinessHomePage", "businessHomePage"),
    _strings("Children", "children"),
    Field("contacts:ContactSource", constant("Store")),
    _text("Department", "department"),
    _text("Generation", "generation"),
    Field("contacts:ImAddresses", _ims, "DA", read=_takes_entries("imAddresses", IMS)),
    _text("JobTitle", "jobTitle", "DA"),
    _text("Manager", "manager"),
    _kept("Mileage"),
    _text("OfficeLocation", "officeLocation"),
    _kept("PostalAddressIndex"),
    _text("Profession", "profession"),
    _text("SpouseName", "spouseName"),
    _text("Surname", "surname"),
    _kept("WeddingAnniversary"),
    Field("contacts:HasPicture", text(lambda t: flag("photo" in t.item.extra))),
]
# What an IndexedFieldURI names: the field that has it.
INDEXED = {
    "contacts:EmailAddress": "contacts:EmailAddresses",
    "contacts:ImAddress": "contacts:ImAddresses",
    "contacts:PhoneNumber": "contacts:PhoneNumbers",
}


def field_uri(uri: str) -> str:
    """The URI of the field that a URI with or without an index is part of."""
    bare = uri.partition(" ")[0]
    if bare.startswith("contacts:PhysicalAddress:"):
        return "contacts:PhysicalAddresses"
    return INDEXED.get(bare, bare)


def clear_indexed(uri: str, index: str) -> dict:
    """What empties a single key.

    :param uri: ``contacts:EmailAddress``, ``contacts:PhysicalAddress:Street``…
    """
    lists = {"EmailAddress": "emailAddresses", "ImAddress": "imAddresses"}
    lists["PhoneNumber"] = "phones"
    if uri.startswith("contacts:PhysicalAddress:"):
        return {f"slots:place {index}": {_part(uri.rpartition(":")[2]): None}}
    return {f"slots:{lists[uri.rpartition(':')[2]]}": {index: None}}
