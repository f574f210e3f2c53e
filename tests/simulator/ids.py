"""Identifiers as Exchange makes them: base64 of a structure that names the mailbox.

A REST id is case-sensitive: among any 64 items in sequence some ids differ in nothing
but the case of one letter, as they do at the service.
"""

import base64
import hashlib
import uuid

_ITEM = b"\x00\x03\x24\x00"  # "AAMk…": the id that changes when the item moves
_FOLDER = b"\x01\x03\x24\x00"  # "AQMk…": folders and calendars keep theirs
_IMMUTABLE = b"\x00\x09\x00\x2e"  # "AAkALg…": Prefer: IdType="ImmutableId"


def guid(*seed: object) -> str:
    """A GUID: random, or the same one for the same seed."""
    if not seed:
        return str(uuid.uuid4())
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "/".join(map(str, seed))))


def _encode(prefix: bytes, mailbox: str, number: int) -> str:
    head = prefix + mailbox.encode() + b"\x00\x46\x00"
    head += b"\x00" * (-len(head) % 3)
    return base64.urlsafe_b64encode(head + number.to_bytes(6, "big")).decode() + "AAA="


def folder_id(mailbox: str, number: int) -> str:
    """The constant id of a folder, calendar or contact folder."""
    return _encode(_FOLDER, mailbox, number)


def item_id(mailbox: str, number: int) -> str:
    """The id of an item in its present folder; a move makes a new one."""
    return _encode(_ITEM, mailbox, number)


def immutable_id(mailbox: str, number: int) -> str:
    """The id of an item for as long as it stays in this mailbox."""
    return _encode(_IMMUTABLE, mailbox, number)


def change_key(mailbox: str, number: int) -> str:
    """The version of an item, Graph's ``changeKey`` (plain base64: ``/`` and ``+``)."""
    head = b"\x09\x00\x00\x00\x16\x00\x00\x00" + uuid.UUID(mailbox).bytes
    return base64.b64encode(head + number.to_bytes(9, "big")).decode()


def conversation_id(mailbox: str, topic: str) -> str:
    """The id of the conversation of ``topic`` in this mailbox ("AAQk…")."""
    digest = hashlib.sha256(topic.encode("utf-8", "replace")).digest()[:16]
    raw = b"\x00\x04\x24\x00" + mailbox.encode() + b"\x00\x10\x00" + digest
    return base64.urlsafe_b64encode(raw).decode()
