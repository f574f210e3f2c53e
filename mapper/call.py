"""One request to a resource and its answer, alone or as an item of a $batch."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import quote, urlsplit

from . import odata
from .errors import bad_request, stale
from .ews import Exchange
from .settings import Settings


@dataclass
class Answer:
    """Status, body (an object = JSON, bytes = as they are) and headers."""

    status: int = 200
    body: dict[str, Any] | bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = ""


@dataclass
class Call:
    """A request as a handler sees it.

    :ivar path: as it was asked, below the root, without leading slash
    :ivar headers: names in lower case
    :ivar body: bytes; in a batch the JSON value itself
    :ivar root: absolute address which links begin with
    :ivar keys: what stands in the path in place of ids
    :ivar shared: what the requests of one batch may have in common
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: Any
    root: str
    exchange: Exchange
    settings: Settings
    keys: dict[str, str] = field(default_factory=dict)
    shared: dict[Any, Any] = field(default_factory=dict)

    @cached_property
    def options(self) -> odata.Options:
        """The query options; the requests of a batch mostly have the same."""
        key = ("options", self.query)
        found: odata.Options | None = self.shared.get(key)
        if found is None:
            found = self.shared[key] = odata.parse(self.query)
        return found

    @cached_property
    def prefer(self) -> dict[str, str]:
        """The preferences, names in lower case."""
        return odata.parse_prefer(self.headers.get("prefer", ""))

    @property
    def page_size(self) -> int:
        """Items of a page: ``$top``, else the preference, else Graph's 10."""
        if self.options.top is not None:
            return self.options.top
        return self.preferred_size(odata.DEFAULT_PAGE)

    def preferred_size(self, default: int) -> int:
        """``Prefer: odata.maxpagesize``."""
        value = self.prefer.get("odata.maxpagesize", "")
        if value.isascii() and value.isdigit() and len(value) < 6:
            return max(1, min(int(value), odata.MOST))
        return default

    @property
    def body_type(self) -> str:
        """``Text`` or ``HTML`` or ``Best``, as bodies are to be shown."""
        wanted = self.prefer.get("outlook.body-content-type", "").lower()
        return {"text": "Text", "html": "HTML"}.get(wanted, "Best")

    def applied(self, *first: str) -> dict[str, str]:
        """The header that says which preferences were followed."""
        parts = list(first)
        if self.body_type != "Best":
            parts.append(f'outlook.body-content-type="{self.body_type.lower()}"')
        return {"Preference-Applied": ", ".join(parts)} if parts else {}

    def prefetched(self, kind: str, key: str) -> Any:
        """What a batch has read already for this request, ``None`` if nothing."""
        prefer = self.headers.get("prefer", "")
        return self.shared.get((kind, key, self.query, prefer))

    def keep(self, kind: str, key: str, row: Any) -> None:
        """Keep what was read for a request like this one with another key."""
        prefer = self.headers.get("prefer", "")
        self.shared[kind, key, self.query, prefer] = row

    def json(self) -> dict[str, Any]:
        """The body as a JSON object.

        :raises GraphError: 400
        """
        value = self.body
        if isinstance(value, (bytes, bytearray)):
            try:
                value = json.loads(value)
            except (ValueError, RecursionError):
                value = None
        if not isinstance(value, dict):
            raise bad_request("Unable to read JSON request payload.")
        return value

    def link(self, query: str) -> str:
        """An absolute link to this resource with another query."""
        path = quote(self.path, safe="/$(),'~=-_.@!*+:")
        return f"{self.root}/{path}?{query}"

    def context(self, suffix: str) -> str:
        """``@odata.context``."""
        return f"{self.root}/$metadata#{suffix}"

    @property
    def etag(self) -> str:
        """The change key of ``If-Match``, "" without one."""
        wanted = self.headers.get("if-match", "").strip()
        wanted = wanted.removeprefix("W/").strip('"')
        return "" if wanted == "*" else wanted

    def absolute(self, row: dict[str, Any]) -> dict[str, Any]:
        """A row whose link to Outlook on the web holds the server's name."""
        link = row.get("webLink")
        if isinstance(link, str) and not link.startswith("https://"):
            row["webLink"] = f"https://{self._host}/owa/?{link.lstrip('?/')}"
        return row

    @cached_property
    def _host(self) -> str:
        return urlsplit(self.settings.ews_url).netloc

    def check_etag(self, change_key: str) -> None:
        """Compare ``If-Match`` with the present version.

        :raises GraphError: 412
        """
        if self.etag and self.etag != change_key:
            raise stale()
