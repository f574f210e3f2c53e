"""Ids of Exchange in addresses.

They are base64 with signs that mean something in an address.  An id in the usual
alphabet has two signs replaced; any other is wrapped whole, so that every id comes back
as it was.
Source: https://learn.microsoft.com/exchange/client-developer/exchange-web-services/ews-identifiers-in-exchange
"""

from __future__ import annotations

import base64
import binascii
import re

from .errors import malformed_id

_PLAIN = re.compile(r"[A-Za-z0-9+/]{4,4096}={0,2}")
_SAFE = re.compile(r"[A-Za-z0-9_-]{4,4096}={0,2}")
_WRAPPED = "~"


def to_rest(ews_id: str) -> str:
    """An id of Exchange as it stands in addresses and JSON."""
    if _PLAIN.fullmatch(ews_id):
        return ews_id.replace("/", "-").replace("+", "_")
    raw = base64.urlsafe_b64encode(ews_id.encode()).decode()
    return _WRAPPED + raw.rstrip("=")


def to_ews(rest_id: str) -> str:
    """The id of Exchange behind one of ours.

    :raises GraphError: 400, it cannot be one
    """
    if rest_id.startswith(_WRAPPED):
        text = rest_id[1:4097]
        try:
            raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
        except (binascii.Error, ValueError):
            raise malformed_id() from None
        if not raw or not raw.isprintable():
            raise malformed_id()
        return raw
    if not _SAFE.fullmatch(rest_id):
        raise malformed_id()
    return rest_id.replace("-", "/").replace("_", "+")
