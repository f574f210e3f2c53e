"""One request to a Graph resource and its answer, alone or as an item of a $batch."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import quote

import orjson

from .errors import bad_request, stale_change_key
from .odata import Options, parse_query

if TYPE_CHECKING:
    from .mailbox import Mailbox
    from .routing import Route
    from .tokens import Principal

_PREFERENCE = re.compile(r'([\w.\-]+)\s*(?:=\s*("[^"]*"|[^,;\s]+))?')


@lru_cache(maxsize=512)
def parse_prefer(header: str) -> dict[str, str]:
    """``Prefer`` as a dict, names in lower case; shared, do not change it."""
    found = {}
    for name, value in _PREFERENCE.findall(header):
        found.setdefault(name.lower(), value.strip('"'))
    return found


@dataclass(slots=True)
class Answer:
    """Status, body (dict = JSON, bytes = as it is) and headers of an answer."""

    status: int = 200
    body: dict | bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = ""


@dataclass(slots=True)
class Call:
    """One request as a handler sees it.

    :ivar method: HTTP method
    :ivar path: raw path below the version root, without leading slash
    :ivar query: raw query string
    :ivar headers: names in lower case
    :ivar body: bytes, or the JSON value itself in a batch
    :ivar root: absolute version root for links, ``http://127.0.0.1:8710/v1.0``
    :ivar short: the short paths of the mapper instead of Graph's own
    :ivar keys: keys of the path; a handler may put the resolved id in their place
    :ivar after: what is to be done once the mailbox is free again, before the answer
    """

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: object
    root: str
    service: object
    principal: Principal
    short: bool = False
    segments: list[str] = field(default_factory=list)
    keys: dict[str, str] = field(default_factory=dict)
    route: Route | None = None
    after: list[Callable[[], None]] = field(default_factory=list)
    _mailbox: Mailbox | None = None

    @property
    def mailbox(self) -> Mailbox:
        """The mailbox that the path names (set by the dispatcher)."""
        assert self._mailbox is not None
        return self._mailbox

    @property
    def options(self) -> Options:
        """The query options."""
        return parse_query(self.query)

    @property
    def prefer(self) -> dict[str, str]:
        """The preferences, names in lower case."""
        return parse_prefer(self.headers.get("prefer", ""))

    @property
    def immutable(self) -> bool:
        """Whether ids are to be immutable ones."""
        return self.prefer.get("idtype", "").lower() == "immutableid"

    @property
    def page_size(self) -> int | None:
        """``odata.maxpagesize``, cut to what the service allows; None when absent."""
        value = self.prefer.get("odata.maxpagesize", "")
        return max(1, min(int(value), 1000)) if value.isdigit() else None

    def json(self) -> dict:
        """The body as a JSON object.

        :raises GraphError: 400 when it is none
        """
        value = self.body
        if isinstance(value, (bytes, bytearray)):
            if not value:
                raise bad_request("Empty Payload. JSON content expected.")
            try:
                value = orjson.loads(value)
            except orjson.JSONDecodeError:
                raise bad_request("Unable to read JSON request payload.") from None
        if not isinstance(value, dict):
            raise bad_request("Unable to read JSON request payload.")
        return value

    def link(self) -> str:
        """The absolute address of this collection, without query, for its links.

        Graph writes keys in brackets there; the short paths stay as they were asked.
        """
        if self.short or self.route is None:
            return f"{self.root}/{self.path}"
        head = self.segments[: len(self.segments) - self.route.pattern.count("/") - 1]
        parts = ["/".join(quote(segment) for segment in head)]
        for segment in self.route.pattern.split("/"):
            if segment.startswith("{"):
                key = self.keys[segment[1:-1]].replace("'", "''")
                parts[-1] += f"('{quote(key, safe='')}')"
            else:
                parts.append(segment)
        return self.root + "/" + "/".join(part for part in parts if part)

    def context(self, suffix: str) -> str:
        """``@odata.context`` for something of this mailbox."""
        user = self._mailbox.id if self._mailbox else ""
        return f"{self.root}/$metadata#users('{user}')/{suffix}"

    def check_etag(self, etag: str) -> None:
        """Compare ``If-Match`` with the present version.

        :raises GraphError: 412
        """
        wanted = self.headers.get("if-match", "").strip()
        if wanted and wanted != "*" and wanted not in (etag, etag.removeprefix("W/")):
            raise stale_change_key()
