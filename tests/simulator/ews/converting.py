"""ConvertId: one id in the spellings that Exchange has for it.

Source: https://learn.microsoft.com/exchange/client-developer/web-service-reference/convertid-operation
Doubt: the service makes other bytes for its stores' own formats; here all of them spell
the same bytes.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable

from . import ids
from .errors import EwsError
from .request import Request, answer_each
from .xml import Element, add, child, children, local

_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"


def convert_id(request: Request, body: Element) -> Element:
    """ConvertId. Whose mailbox an id belongs to stands in the id itself."""
    wanted = body.get("DestinationFormat", "")

    def work(part: Element, message: Element) -> None:
        if local(part) != "AlternateId":
            raise EwsError("ErrorInvalidRequest", "There are no public folders.")
        raw = _bytes(part.get("Format", ""), part.get("Id", ""))
        out = add(message, "m:AlternateId")
        out.set(_TYPE, "t:AlternateIdType")
        out.set("Format", wanted)
        out.set("Id", _WRITE[wanted](raw))
        out.set("Mailbox", request.user.mail)

    parts = list(children(child(body, "m:SourceIds")))
    return answer_each(request, "ConvertId", parts, work)


def _bytes(spelling: str, text: str) -> bytes:
    """What an id says, whatever its spelling.

    :raises EwsError: ErrorInvalidIdMalformed
    """
    try:
        if spelling == "HexEntryId":
            return bytes.fromhex(text)
        if spelling == "OwaId":
            return base64.b64decode(ids.to_ews(text), validate=True)
        return base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        raise EwsError("ErrorInvalidIdMalformed") from None


def _plain(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


_WRITE: dict[str, Callable[[bytes], str]] = {
    **dict.fromkeys(("EwsLegacyId", "EwsId", "EntryId", "StoreId"), _plain),
    "HexEntryId": lambda raw: raw.hex().upper(),
    "OwaId": lambda raw: base64.urlsafe_b64encode(raw).decode(),
}

OPERATIONS = {"ConvertId": convert_id}
