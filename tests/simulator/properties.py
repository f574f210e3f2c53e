"""Properties of Graph v1.0 for mail: what a body and ``$select`` may hold.

The shapes are in the language of shapes.py; beside each stand the names that a client
cannot write.
Source: https://learn.microsoft.com/graph/api/resources/message
"""

from __future__ import annotations

import re

from .clock import parse_iso
from .errors import bad_request, unknown_property

IMPORTANCE = ("low", "normal", "high")
WHO = {"emailAddress": {"name": "str", "address": "str"}}
BODY = {"contentType": ("text", "html"), "content": "str"}
MOMENT = {"dateTime": "str", "timeZone": "str"}
FLAG = {
    "flagStatus": ("notFlagged", "complete", "flagged"),
    "startDateTime": MOMENT,
    "dueDateTime": MOMENT,
    "completedDateTime": MOMENT,
}
ITEM = {
    "id": "str",
    "createdDateTime": "time",
    "lastModifiedDateTime": "time",
    "changeKey": "str",
    "categories": ["str"],
}
MESSAGE = {
    **ITEM,
    "receivedDateTime": "time",
    "sentDateTime": "time",
    "hasAttachments": "bool",
    "internetMessageId": "str",
    "subject": "str",
    "bodyPreview": "str",
    "importance": IMPORTANCE,
    "parentFolderId": "str",
    "conversationId": "str",
    "conversationIndex": "str",
    "isDeliveryReceiptRequested": "bool",
    "isReadReceiptRequested": "bool",
    "isRead": "bool",
    "isDraft": "bool",
    "webLink": "str",
    "inferenceClassification": ("focused", "other"),
    "body": BODY,
    "uniqueBody": BODY,
    "internetMessageHeaders": [{"name": "str", "value": "str"}],
    "sender": WHO,
    "from": WHO,
    "toRecipients": [WHO],
    "ccRecipients": [WHO],
    "bccRecipients": [WHO],
    "replyTo": [WHO],
    "flag": FLAG,
    "attachments": ["any"],
    "extensions": ["any"],
    "singleValueExtendedProperties": ["any"],
    "multiValueExtendedProperties": ["any"],
}
# Members of a body that are no properties of the message itself.
MESSAGE_PARTS = (
    "attachments",
    "extensions",
    "singleValueExtendedProperties",
    "multiValueExtendedProperties",
)
MESSAGE_FIXED = frozenset(
    (
        "id",
        "createdDateTime",
        "lastModifiedDateTime",
        "changeKey",
        "receivedDateTime",
        "sentDateTime",
        "hasAttachments",
        "bodyPreview",
        "parentFolderId",
        "conversationId",
        "conversationIndex",
        "isDraft",
        "webLink",
        "uniqueBody",
        *MESSAGE_PARTS,
    )
)
EVENT_MESSAGE = dict.fromkeys(
    (
        "meetingMessageType",
        "startDateTime",
        "endDateTime",
        "location",
        "type",
        "recurrence",
        "isOutOfDate",
        "isAllDay",
        "isDelegated",
        "responseType",
        "meetingRequestType",
        "allowNewTimeProposals",
    ),
    "any",
)
FOLDER = {
    "id": "str",
    "displayName": "str",
    "parentFolderId": "str",
    "childFolderCount": "int",
    "unreadItemCount": "int",
    "totalItemCount": "int",
    "isHidden": "bool",
    "childFolders": ["any"],
    "messages": ["any"],
    "messageRules": ["any"],
    "singleValueExtendedProperties": ["any"],
    "multiValueExtendedProperties": ["any"],
}
SEARCH_FOLDER = {
    **FOLDER,
    "includeNestedFolders": "bool",
    "sourceFolderIds": ["str"],
    "filterQuery": "str",
}
ATTACHMENT = {
    "id": "str",
    "lastModifiedDateTime": "time",
    "name": "str",
    "contentType": "str",
    "size": "int",
    "isInline": "bool",
}
FILE_ATTACHMENT = {
    **ATTACHMENT,
    "contentId": "str",
    "contentLocation": "str",
    "contentBytes": "str",
}
ITEM_ATTACHMENT = {**ATTACHMENT, "item": "any"}
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

_TYPE_NAMES = {
    name.lower(): name
    for name in ("String", "Integer", "SystemTime", "Boolean", "Binary", "Long")
}
_PROPERTY_ID = re.compile(
    r"^\w+ (0x[0-9a-fA-F]{1,4}|\{[0-9a-fA-F-]{36}\} (Name .+|Id 0x[0-9a-fA-F]+))$"
)


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
        key = property_key(str(entry.get("id")))
        found[key] = _property_value(key, entry.get("value"))
    return found


def _property_value(key: str, value: object) -> str | None:
    """The value of an extended property, if its type can hold it."""
    good = value is None or isinstance(value, str)
    if isinstance(value, str):
        try:
            if key.startswith("Integer "):
                int(value)
            elif key.startswith("SystemTime "):
                parse_iso(value)
        except ValueError:
            good = False
    if not good:
        raise bad_request(
            f"The value of the property '{key}' is not valid.", "ErrorInvalidProperty"
        )
    return value  # type: ignore[return-value]
