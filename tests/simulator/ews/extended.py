"""Extended (MAPI) properties: their names in EWS and in Graph, their values.

Source: https://learn.microsoft.com/exchange/client-developer/web-service-reference/extendedfielduri
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from .. import mapi_contacts
from ..clock import iso, parse_iso
from ..mailbox import Item
from ..mapi import FLAG_STATUS, FLAGS, Known
from .errors import EwsError, violation
from .xml import Element, add, child, children, text_of

# Sets of named properties that have a name. Source: [MS-OXPROPS] 1.3.2
SETS = {
    "Meeting": "6ed8da90-450b-101b-98da-00aa003f1305",
    "Appointment": "00062002-0000-0000-c000-000000000046",
    "Common": "00062008-0000-0000-c000-000000000046",
    "PublicStrings": "00020329-0000-0000-c000-000000000046",
    "Address": "00062004-0000-0000-c000-000000000046",
    "InternetHeaders": "00020386-0000-0000-c000-000000000046",
    "CalendarAssistant": "11000e07-b51b-40d6-af21-caa85edab1d0",
    "UnifiedMessaging": "4442858e-a9e3-4e80-b900-317a210cc15b",
    "Task": "00062003-0000-0000-c000-000000000046",
    "Sharing": "00062040-0000-0000-c000-000000000046",
}
_TYPES = {
    "ApplicationTime",
    "Binary",
    "Boolean",
    "CLSID",
    "Currency",
    "Double",
    "Error",
    "Float",
    "Integer",
    "Long",
    "Null",
    "Object",
    "Short",
    "String",
    "SystemTime",
}
MOST_TEXT = 255  # characters of a text in a list


@dataclass(frozen=True)
class Tag:
    """The name of an extended property.

    :ivar key: as Graph spells it (see properties.py): ``String {…} Name OdooRecord``
    :ivar attributes: as the client wrote it, and gets it back
    :ivar many: whether it holds several values
    """

    key: str
    attributes: tuple[tuple[str, str], ...]
    many: bool = False

    def add_to(self, parent: Element) -> None:
        """``ExtendedFieldURI``."""
        add(parent, "t:ExtendedFieldURI", **dict(self.attributes))


def read_tag(path: Element) -> Tag:
    """The property that an ``ExtendedFieldURI`` names.

    :raises EwsError: ErrorInvalidExtendedProperty for a combination of attributes that
        makes no sense
    """
    given = dict(path.attrib)
    kind = given.get("PropertyType", "")
    bare = kind.removesuffix("Array")
    if bare not in _TYPES:
        raise violation(f"The 'PropertyType' attribute has the value '{kind}'.", path)
    named = given.get("PropertySetId") or SETS.get(
        given.get("DistinguishedPropertySetId", "")
    )
    try:
        if "PropertyTag" in given and not named:
            rest = hex(int(given["PropertyTag"], 0))
        elif named and "PropertyName" in given:
            rest = f"{{{named.lower()}}} Name {given['PropertyName']}"
        else:
            assert named
            rest = f"{{{named.lower()}}} Id {hex(int(given['PropertyId']))}"
    except (KeyError, ValueError, AssertionError):
        raise EwsError(
            "ErrorInvalidExtendedProperty",
            "The extended property attribute combination is invalid.",
        ) from None
    key = f"{bare} {rest}"
    return Tag(key, tuple(given.items()), bare != kind)


def value_of(item: Item, data: dict, extended: dict, key: str) -> str | None:
    """The value of an extended property of an item, as text; None without one."""
    return Known(item, data, extended).get(key)


def add_value(
    out: Element, tag: Tag, item: Item, data: dict, extended: dict, brief: bool = False
) -> None:
    """``ExtendedProperty`` with name and value, if there is a value.

    :param brief: it is for a list, which cuts long values
    """
    many = item.extra.get("many", {}).get(tag.key) if tag.many else None
    value = None if tag.many else value_of(item, data, extended, tag.key)
    if value is None and not many:
        return
    holder = add(out, "t:ExtendedProperty")
    tag.add_to(holder)
    if many:
        values = add(holder, "t:Values")
        for one in many:
            add(values, "t:Value", one)
    else:
        add(holder, "t:Value", value[:MOST_TEXT] if brief and value else value)


def read_value(element: Element) -> tuple[Tag, str | list[str]]:
    """Name and value of an ``ExtendedProperty``.

    :raises EwsError: ErrorInvalidExtendedPropertyValue
    """
    path = child(element, "t:ExtendedFieldURI")
    if path is None:
        raise violation(
            "The element 'ExtendedProperty' has incomplete content.", element
        )
    tag = read_tag(path)
    rows = child(element, "t:Values")
    if rows is not None:
        return tag, [row.text or "" for row in children(rows)]
    return tag, _checked(tag, text_of(element, "t:Value"))


def _checked(tag: Tag, text: str) -> str:
    kind = tag.key.partition(" ")[0]
    try:
        if kind in ("Integer", "Long", "Short"):
            return str(int(text))
        if kind == "SystemTime":
            return iso(parse_iso(text))
        if kind == "Binary":
            base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        raise EwsError(
            "ErrorInvalidExtendedPropertyValue",
            "The value of the extended property is not valid for its type.",
        ) from None
    return text


def own(item: Item, tag: Tag, value: str | None) -> dict | None:
    """What an extended property changes that is one of the item's own.

    None for one that is kept as it is.
    """
    if item.kind == "contact":
        return mapi_contacts.written(tag.key, value)
    return {"subject": value or ""} if tag.key == "String 0x37" else None


def fold(values: dict, new: dict) -> None:
    """Add values to others; of those that go into slots each adds to the rest."""
    for key, value in new.items():
        many = key.startswith("slots:")
        values[key] = {**values.get(key, {}), **value} if many else value


def store(item: Item, tag: Tag, value: str | list[str] | None) -> dict:
    """Keep a value; what comes back are Graph properties that it changes."""
    if isinstance(value, list):
        item.extra["many"] = {**item.extra.get("many", {}), tag.key: value}
        return {}
    changed = own(item, tag, value)
    if changed is not None:
        return changed
    if tag.key == FLAG_STATUS and item.kind == "message":
        names = {v: k for k, v in FLAGS.items()}
        return {"flag": {"flagStatus": names.get(value, "notFlagged")}}
    if value is None:
        item.extended.pop(tag.key, None)
        item.extra.get("many", {}).pop(tag.key, None)
    else:
        item.extended[tag.key] = value
    return {}
