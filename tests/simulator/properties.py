"""Properties of Graph v1.0 for mail: what a body and ``$select`` may hold.

Kinds: ``str``, ``bool``, ``int``, ``time``, ``body``, ``who``, ``whos``, ``strs``,
``flag``, ``props`` (extended properties), ``list``; a tuple is an enumeration; a
leading ``!`` marks what a client cannot write.
Source: https://learn.microsoft.com/graph/api/resources/message
"""

from __future__ import annotations

import re

from .errors import bad_request, unknown_property

IMPORTANCE = ("low", "normal", "high")

ITEM = {
    "id": "!str",
    "createdDateTime": "!time",
    "lastModifiedDateTime": "!time",
    "changeKey": "!str",
    "categories": "strs",
}

MESSAGE = {
    **ITEM,
    "receivedDateTime": "!time",
    "sentDateTime": "!time",
    "hasAttachments": "!bool",
    "internetMessageId": "str",
    "subject": "str",
    "bodyPreview": "!str",
    "importance": IMPORTANCE,
    "parentFolderId": "!str",
    "conversationId": "!str",
    "conversationIndex": "!str",
    "isDeliveryReceiptRequested": "bool",
    "isReadReceiptRequested": "bool",
    "isRead": "bool",
    "isDraft": "!bool",
    "webLink": "!str",
    "inferenceClassification": ("focused", "other"),
    "body": "body",
    "uniqueBody": "!body",
    "internetMessageHeaders": "headers",
    "sender": "who",
    "from": "who",
    "toRecipients": "whos",
    "ccRecipients": "whos",
    "bccRecipients": "whos",
    "replyTo": "whos",
    "flag": "flag",
    "attachments": "list",
    "extensions": "list",
    "singleValueExtendedProperties": "props",
    "multiValueExtendedProperties": "list",
}
EVENT_MESSAGE = {
    "meetingMessageType": "!str",
    "startDateTime": "!list",
    "endDateTime": "!list",
    "location": "!list",
    "type": "!str",
    "recurrence": "!list",
    "isOutOfDate": "!bool",
    "isAllDay": "!bool",
    "isDelegated": "!bool",
    "responseType": "!str",
    "meetingRequestType": "!str",
    "allowNewTimeProposals": "!bool",
}
FOLDER = {
    "id": "!str",
    "displayName": "str",
    "parentFolderId": "!str",
    "childFolderCount": "!int",
    "unreadItemCount": "!int",
    "totalItemCount": "!int",
    "isHidden": "bool",
    "childFolders": "list",
    "messages": "list",
    "messageRules": "list",
    "singleValueExtendedProperties": "props",
    "multiValueExtendedProperties": "list",
}
ATTACHMENT = {
    "id": "!str",
    "lastModifiedDateTime": "!time",
    "name": "str",
    "contentType": "str",
    "size": "!int",
    "isInline": "bool",
}
FILE_ATTACHMENT = {
    **ATTACHMENT,
    "contentId": "str",
    "contentLocation": "str",
    "contentBytes": "str",
}
ITEM_ATTACHMENT = {**ATTACHMENT, "item": "list"}
USER = dict.fromkeys(
    (
        "id",
        "businessPhones",
        "displayName",
        "givenName",
        "jobTitle",
        "mail",
        "mobilePhone",
        "officeLocation",
        "preferredLanguage",
        "surname",
        "userPrincipalName",
        "accountEnabled",
        "mailNickname",
        "otherMails",
        "proxyAddresses",
        "userType",
    ),
    "str",
)

_TYPES: dict[str, type | tuple[type, ...]] = {
    "str": str,
    "time": str,
    "bool": bool,
    "int": int,
    "body": dict,
    "who": dict,
    "flag": dict,
    "whos": list,
    "strs": list,
    "props": list,
    "headers": list,
    "list": (list, dict),
}
_TYPE_NAMES = {"string": "String", "integer": "Integer", "systemtime": "SystemTime"}
_PROPERTY_ID = re.compile(
    r"^\w+ (0x[0-9a-fA-F]{1,4}|\{[0-9a-fA-F-]{36}\} (Name .+|Id 0x[0-9a-fA-F]+))$"
)


def check_body(values: dict, known: dict, typ: str) -> None:
    """Refuse unknown properties and wrong types in a request body.

    :raises GraphError: 400 RequestBodyRead
    """
    for name, value in values.items():
        if name.startswith("@") or "@odata." in name:
            continue
        if name not in known:
            raise unknown_property(name, typ)
        _check_value(name, value, known[name])


def _check_value(name: str, value: object, kind: str | tuple) -> None:
    if value is None:
        return
    if isinstance(kind, tuple):
        if not isinstance(value, str) or value.lower() not in map(str.lower, kind):
            raise bad_request(
                f"Requested value '{value}' was not found.", "RequestBodyRead"
            )
        return
    wanted = _TYPES[kind.lstrip("!")]
    if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
        raise bad_request(
            f"Cannot convert the value of property '{name}' to the expected type.",
            "RequestBodyRead",
        )
    if kind in ("who", "whos"):
        for who in [value] if isinstance(value, dict) else value:
            _check_recipient(who)


def _check_recipient(who: object) -> None:
    inner = who.get("emailAddress") if isinstance(who, dict) else None
    if not isinstance(inner, dict) or set(inner) - {"name", "address"}:
        raise bad_request(
            "A recipient needs an 'emailAddress' with 'name' and 'address'.",
            "RequestBodyRead",
        )


def writable(values: dict, known: dict) -> dict:
    """What of a checked body is written; enumerations get the service's spelling."""
    result = {}
    for name, value in values.items():
        kind = known.get(name)
        if kind is None or (isinstance(kind, str) and kind[0] == "!"):
            continue
        if isinstance(kind, tuple) and isinstance(value, str):
            value = next(k for k in kind if k.lower() == value.lower())
        result[name] = value
    return result


def property_key(name: str) -> str:
    """An extended property's id in one spelling (type and GUID in lower case).

    :raises GraphError: 400 when it is no such id
    """
    if not _PROPERTY_ID.match(name):
        raise bad_request(
            "PropertyId values may only be in one of the following formats: "
            "'MapiPropertyType namespaceGuid Name propertyName', 'MapiPropertyType "
            "namespaceGuid Id propertyId' or 'MapiPropertyType propertyTag'. "
            f"Found '{name}'.",
            "ErrorInvalidProperty",
        )
    typ, _, rest = name.partition(" ")
    if rest.startswith("{"):
        typ = _TYPE_NAMES.get(typ.lower(), typ)
        return f"{typ} {rest[:38].lower()}{rest[38:]}"
    return f"{_TYPE_NAMES.get(typ.lower(), typ)} {hex(int(rest, 16))}"


def read_properties(values: list) -> dict[str, str]:
    """``singleValueExtendedProperties`` of a body as id → value.

    :raises GraphError: 400
    """
    found = {}
    for entry in values:
        if not isinstance(entry, dict) or set(entry) - {"id", "value", "@odata.type"}:
            raise unknown_property(
                next(iter(set(entry) - {"id", "value"}), "")
                if isinstance(entry, dict)
                else "",
                "singleValueLegacyExtendedProperty",
            )
        found[property_key(str(entry.get("id")))] = entry.get("value")
    return found
