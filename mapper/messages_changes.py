"""What may be changed of a message that is there.

Source: https://learn.microsoft.com/graph/api/message-update
"""

from __future__ import annotations

from typing import Any

from .errors import GraphError, bad_request, unknown_property
from .markup import Markup, node
from .messages_table import PROPERTIES
from .operations import Change, Extended
from .reading import extended_of

#: Properties of Graph that are ignored when a client sends them back.
_FIXED = frozenset(
    {
        "id",
        "changeKey",
        "createdDateTime",
        "lastModifiedDateTime",
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
        "inferenceClassification",
    }
)
_IMPORTANCE = {"low": "Low", "normal": "Normal", "high": "High"}
_FLAGS = {
    "notflagged": "NotFlagged",
    "flagged": "Flagged",
    "complete": "Complete",
}


def changes_of(body: dict[str, Any], version: int) -> list[Change]:
    """The changes that a PATCH asks for.

    :raises GraphError: 400 RequestBodyRead for what is unknown or unfit
    """
    changes: list[Change] = []
    for name, value in body.items():
        if name.startswith("@") or "@odata." in name or name in _FIXED:
            continue
        if name == "singleValueExtendedProperties":
            changes += extended_changes(value)
            continue
        if name not in PROPERTIES:
            raise unknown_property(name, "message")
        changes.append(_change(name, value, version))
    return changes


def _change(name: str, value: Any, version: int) -> Change:
    if name == "categories":
        return categories_change(value)
    if name == "isRead":
        if not isinstance(value, bool):
            raise unfit(name)
        return Change("message:IsRead", node("t:IsRead", "true" if value else "false"))
    if name == "importance":
        found = _IMPORTANCE.get(str(value).lower())
        if found is None:
            raise unfit(name)
        return Change("item:Importance", node("t:Importance", found))
    if name == "subject" and isinstance(value, str):
        return Change("item:Subject", node("t:Subject", value[:255]))
    if name == "flag" and isinstance(value, dict) and version >= 3:
        found = _FLAGS.get(str(value.get("flagStatus", "")).lower())
        if found is None:
            raise unfit(name)
        return Change("item:Flag", node("t:Flag", node("t:FlagStatus", found)))
    raise bad_request(
        f"The property '{name}' of a message cannot be changed on Exchange.",
        "ErrorInvalidPropertySet",
    )


def categories_change(value: Any) -> Change:
    """The categories of any item."""
    rows = value if value is not None else []
    if not isinstance(rows, list) or not all(isinstance(row, str) for row in rows):
        raise unfit("categories")
    if not rows:
        return Change("item:Categories")
    strings = [node("t:String", row[:255]) for row in rows]
    return Change("item:Categories", node("t:Categories", strings))


def extended_pairs(value: Any) -> list[tuple[Extended, str | None]]:
    """The extended properties of a body.

    :raises GraphError: 400
    """
    if not isinstance(value, list):
        raise unfit("singleValueExtendedProperties")
    found = []
    for row in value:
        if not isinstance(row, dict) or set(row) - {"id", "value", "@odata.type"}:
            raise unfit("singleValueExtendedProperties")
        prop, content = extended_of(str(row.get("id"))), row.get("value")
        if prop is None or not (content is None or isinstance(content, str)):
            raise bad_request(
                "The id or the value of an extended property is not valid.",
                "ErrorInvalidProperty",
            )
        found.append((prop, content))
    return found


def extended_element(prop: Extended, value: str) -> Markup:
    """``t:ExtendedProperty`` with a value."""
    return node("t:ExtendedProperty", prop.element(), node("t:Value", value))


def extended_changes(value: Any) -> list[Change]:
    """The changes of extended properties."""
    return [
        Change(prop, None if content is None else extended_element(prop, content))
        for prop, content in extended_pairs(value)
    ]


def unfit(name: str) -> GraphError:
    """400 for a value that a property cannot have."""
    return bad_request(
        f"Cannot read the value of property '{name}'.", "RequestBodyRead"
    )
