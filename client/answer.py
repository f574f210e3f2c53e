"""An answer of the service, and its JSON made fit for storing."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .errors import TransportError

_SUSPECT = re.compile(rb"\\u(?:0000|[dD][89abAB])")


@dataclass(frozen=True)
class Answer:
    """One HTTP answer with a status below 300.

    :ivar headers: in any case of letters (``headers["ETag"]``)
    :ivar content: the body, decompressed, where it was not asked for as JSON
    :ivar json: the body as an object; ``{}`` when empty or not asked for as JSON
    """

    status: int
    headers: Mapping[str, str]
    content: bytes = field(default=b"", repr=False)
    json: dict[str, Any] = field(default_factory=dict, repr=False)


def decode_json(content: bytes, content_type: str = "") -> dict[str, Any]:
    """The JSON object in ``content``; texts in it hold no NUL and no half surrogates.

    Such characters cannot be stored in a UTF-8 database and make one odd mail stop
    everything, so they are taken out here, at the door.

    :raises TransportError: it is not a JSON object
    """
    try:
        value = json.loads(content)
        if _SUSPECT.search(content):
            value = _clean(value)
    except (ValueError, RecursionError):
        value = None
    if isinstance(value, dict):
        return value
    kind = content_type.partition(";")[0].strip() or "no content type"
    raise TransportError(f"The server's answer is not what was expected ({kind}).")


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        if "\x00" in value:
            value = value.replace("\x00", "")
        try:
            value.encode()
        except UnicodeEncodeError:
            # an escaped pair is one character already; what is left is a lone half
            value = value.encode("utf-8", "replace").decode()
        return value
    if isinstance(value, list):
        return [_clean(item) for item in value]
    if isinstance(value, dict):
        return {_clean(key): _clean(item) for key, item in value.items()}
    return value
