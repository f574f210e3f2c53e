"""An address of Odoo as a contact of Outlook. Pure functions.

Bodies are Graph's: https://learn.microsoft.com/graph/api/resources/contact
"""

import hashlib
import json
import re
from collections import namedtuple
from functools import lru_cache

from ..client import mark_property
from .addresses import INVISIBLE, canonical, split
from .contact_names import file_as, is_firm, split_name

# Another one has all contacts made anew, and sent where they differ.
VERSION = "2"
# Marks our contacts in Outlook, for people.
CATEGORY = "Odoo"
MOST_EMAILS = 3
# What Exchange keeps of the fields; longer texts are cut.
LONGEST = 255
LONGEST_NOTES = 30000

# A postal address, all texts.
Place = namedtuple("Place", "street street2 city state zip country")
NOWHERE = Place("", "", "", "", "", "")

# What is read of an address, texts ("" where there is none) unless said otherwise.
Person = namedtuple(
    "Person",
    (
        "name is_company company given surname department function emails phone mobile "
        "business delivery home home_phone website notes tags birthday whole"
    ),
    defaults=(
        *("", False, "", "", "", "", "", "", "", ""),
        *(NOWHERE, NOWHERE, NOWHERE, "", "", "", (), None, False),
    ),
)
Person.__doc__ = """An address as Odoo knows it.

``is_company``: bool; ``emails``: as typed, perhaps several; ``business``, ``delivery``,
``home``: :class:`Place`; ``tags``: names; ``birthday``: date or None; ``given`` and
``surname``: "" where Odoo keeps the name as one; ``whole``: bool, the name is not a
person's and is not divided.
"""

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def contact_body(person):
    """The body of a contact without its mark. Holds every field that we write, with
    nothing in it where Odoo has nothing."""
    name = _name(person.name)
    body = {
        "displayName": name,
        **_names(person, name),
        "department": _text(person.department) or None,
        "jobTitle": _text(person.function) or None,
        "emailAddresses": [
            {"name": name or address, "address": address}
            for address in addresses(person.emails)
        ],
        "businessPhones": _list(person.phone),
        "homePhones": _list(person.home_phone),
        "mobilePhone": _text(person.mobile) or None,
        "businessAddress": _place(person.business),
        "homeAddress": _place(person.home),
        "otherAddress": _place(person.delivery),
        "businessHomePage": _text(person.website) or None,
        "birthday": _birthday(person.birthday),
        "personalNotes": _text(person.notes, LONGEST_NOTES, lines=True) or None,
        "categories": _categories(person.tags),
    }
    if not name:
        body["displayName"] = body["fileAs"] = _any_name(body)
    return body


def with_mark(body, mark, new=False):
    """What is sent: the body with its mark; of a new contact nothing that is empty."""
    sent = {**body, "singleValueExtendedProperties": mark_property(mark)}
    if new:
        sent = {name: value for name, value in sent.items() if not _is_empty(value)}
    return sent


def body_hash(body):
    """A digest that changes when the body does."""
    text = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def make_mark(database_uuid, record_id):
    """What a contact of ours carries: which record of which database it shows."""
    return f"{database_uuid}:{record_id}"


def read_mark(mark, database_uuid):
    """:return: the record's id; None when the mark is none of this database"""
    uuid, _colon, number = (mark or "").rpartition(":")
    is_ours = uuid.casefold() == database_uuid.casefold() and number.isascii()
    is_id = is_ours and number.isdigit() and len(number) < 11
    return int(number) if is_id and int(number) < 2**31 else None


def addresses(text):
    """The e-mail addresses in a field, at most as many as a contact holds."""
    return split(text)[:MOST_EMAILS]


def difference(body, item):
    """What somebody changed in Outlook.

    :param body: what we have written
    :param item: the contact as it is
    :return: {field: {"odoo": value, "outlook": value}}
    """
    found = {}
    for name, ours in body.items():
        theirs = item.get(name)
        if _comparable(name, ours) != _comparable(name, theirs):
            found[name] = {"odoo": ours, "outlook": theirs}
    return found


def _names(person, name):
    """The parts of the name, and where the contact is filed."""
    if person.is_company:
        parts = split_name("")
        company = name
    elif person.whole or is_firm(name):
        parts = split_name("")
        company = _text(person.company) or name
    elif person.given or person.surname:
        parts = split_name("")._replace(
            given=_text(person.given), surname=_text(person.surname)
        )
        company = _text(person.company)
    else:
        parts = split_name(name)
        company = _text(person.company)
    return {
        "givenName": parts.given or None,
        "surname": parts.surname or None,
        "title": parts.title or None,
        "generation": parts.generation or None,
        "companyName": company or None,
        "fileAs": file_as(parts.given, parts.surname, name or company) or None,
    }


def _name(value):
    """A name that can be seen, "" where there is none."""
    text = _text(value)
    if text and not text.isprintable() and not INVISIBLE.sub("", text).strip():
        return ""
    return text


def _any_name(body):
    """What a contact without a name is called: an Outlook without any shows nothing
    that could be opened."""
    emails = [row["address"] for row in body["emailAddresses"]]
    phones = [*body["businessPhones"], body["mobilePhone"], *body["homePhones"]]
    place = body["businessAddress"]
    names = (
        *(*emails, body["companyName"], *phones, body["businessHomePage"]),
        *(place["city"], CATEGORY),
    )
    return next(name for name in names if name)


def _text(value, longest=LONGEST, lines=False):
    """A text that the service takes: without control characters, cut where too long."""
    if not value:
        return ""
    if len(value) <= longest // 2 and value.isprintable() and "  " not in value:
        return value.strip()
    text = _CONTROL.sub("", value)
    text = text.strip() if lines else " ".join(text.split())
    # counted as Exchange does, which takes a rare character for two
    units = text.encode("utf-16-le")
    if len(units) > 2 * longest:
        text = units[: 2 * longest].decode("utf-16-le", "ignore").rstrip()
    return text


def _list(value):
    text = _text(value)
    return [text] if text else []


@lru_cache(2000)
def _place(place):
    streets = (_text(place.street, 500), _text(place.street2, 500))
    return {
        "street": "\n".join(line for line in streets if line) or None,
        "city": _text(place.city) or None,
        "state": _text(place.state) or None,
        "countryOrRegion": _text(place.country) or None,
        "postalCode": _text(place.zip) or None,
    }


def _birthday(day):
    # Outlook keeps a birthday as this minute of the day in UTC.
    return f"{day.isoformat()}T11:59:00Z" if day and day.year > 1600 else None


def _categories(tags):
    """Names of tags as categories, which Outlook divides at commas and semicolons."""
    names = [_text(re.sub("[,;]", " ", tag)) for tag in tags]
    unique = {name.casefold(): name for name in [CATEGORY, *names] if name}
    return [CATEGORY, *sorted(n for key, n in unique.items() if key != "odoo")]


def _is_empty(value):
    if isinstance(value, dict):
        return not any(value.values())
    return value is None or value == []


def _comparable(name, value):
    """A value with all that Exchange may spell otherwise taken off."""
    if name.endswith("Address"):
        return {key: _plain(each) for key, each in (value or {}).items() if each}
    if name == "emailAddresses":
        rows = [row.get("address") for row in value or [] if isinstance(row, dict)]
        return [canonical(row or "").casefold() for row in rows]
    if name == "categories":
        return sorted(str(each).casefold() for each in value or [])
    if name.endswith("Phones"):
        return [_plain(each) for each in value or [] if each]
    return (value or "")[:10] if name == "birthday" else _plain(value)


def _plain(value):
    return " ".join(str(value or "").split())
