"""What a link of a delta round carries: everything, so that any process can go on.

The seal finds out what was changed or cut on the way; what is inside opens nothing
without the user's own password.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import zlib
from typing import Any

from .errors import sync_state_lost
from .settings import Settings

_VERSION = 1
_LONGEST = 2**20


def write(settings: Settings, mode: str, *values: Any) -> str:
    """A token of a mode (``mail``, ``contact``, ``event``) with its values."""
    text = json.dumps([_VERSION, mode, *values], separators=(",", ":"))
    # Exchange's state is compressed already: there is nothing to search for.
    raw = zlib.compress(text.encode(), 1)
    sealed = _seal(settings, raw) + raw
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def read(settings: Settings, mode: str, text: str, length: int) -> list[Any]:
    """The values of a token.

    :param length: how many values there are
    :raises GraphError: 410, it is none of these
    """
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        seal, raw = data[:16], data[16:]
        if not hmac.compare_digest(seal, _seal(settings, raw)):
            raise ValueError
        content = zlib.decompressobj().decompress(raw, _LONGEST)
        version, kind, *values = json.loads(content)
    except (binascii.Error, zlib.error, ValueError, TypeError, RecursionError):
        raise sync_state_lost() from None
    if version != _VERSION or kind != mode or len(values) != length:
        raise sync_state_lost()
    return list(values)


def _seal(settings: Settings, raw: bytes) -> bytes:
    key = f"{settings.secret}|{settings.ews_url.casefold()}".encode()
    return hmac.new(key, raw, hashlib.sha256).digest()[:16]
