"""Delta queries over any collection.

How to add one: give the collection a :class:`~.changes.ChangeLog`, note every change in
it (``Mailbox.add/touch/move/remove`` do so for items of containers), write a small
:class:`Source` and answer with ``delta.answer(call, source)`` from the handler of
``…/delta``. Moves, immutable ids, pages, links, token age and all oddities are done
here.

A token is self-contained: where the round began, what was delivered, the query options.
Source: https://learn.microsoft.com/graph/delta-query-overview
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass, field
from itertools import chain
from typing import Protocol
from urllib.parse import quote

import orjson

from .call import Answer, Call
from .changes import Change, ChangeLog
from .errors import GraphError, bad_request
from .odata import DEFAULT_PAGE, Options, parse_query

DELTA_OPTIONS = {"skiptoken", "deltatoken"}


class Source(Protocol):
    """What the delta machinery needs to know of a collection.

    :ivar key: names the collection inside its mailbox; a token is good for one only
    :ivar log: its change log
    :ivar type_name: ``message``; for ``@odata.type`` of removed items
    :ivar allowed: OData options that the service takes here (``{"select", "top"}``)
    :ivar moves: whether items can leave and come back (A→B→A with immutable ids)
    """

    key: str
    log: ChangeLog
    type_name: str
    allowed: set[str]

    def check(self, call: Call, options: Options) -> None:
        """Refuse what the service refuses in a first request (raise GraphError)."""

    def render(self, call: Call, options: Options, item: object) -> list[dict]:
        """Entities for one changed key: none, one, or a whole series (never split)."""

    def removed_id(self, call: Call, change: Change) -> str:
        """The id under which a removed item was known."""


@dataclass(slots=True)
class Token:
    """State of a round, carried by its links."""

    source: str
    since: int = 0  # sequence at which the round began
    first: bool = True  # a first round: everything, removals only if newer
    after: int = 0  # last sequence delivered
    page: int = 0
    delivered: int = 0
    born: float = 0.0
    generation: int = 0
    query: str = ""

    def write(self, secret: bytes) -> str:
        """The token as opaque text."""
        raw = orjson.dumps([getattr(self, name) for name in self.__slots__])
        seal = hmac.new(secret, raw, hashlib.sha256).digest()[:9]
        return base64.urlsafe_b64encode(seal + raw).decode().rstrip("=")

    @classmethod
    def read(cls, text: str, secret: bytes) -> Token:
        """Read a token back.

        :raises GraphError: 400 when it is none of ours
        """
        try:
            data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
            seal, raw = data[:9], data[9:]
            good = hmac.new(secret, raw, hashlib.sha256).digest()[:9]
            if not hmac.compare_digest(seal, good):
                raise ValueError
            return cls(*orjson.loads(raw))
        except (ValueError, TypeError):
            raise bad_request(
                "Badly formed token.", "ErrorInvalidSyncStateData"
            ) from None


@dataclass(slots=True)
class _Page:
    rows: list[dict] = field(default_factory=list)
    more: bool = False


def answer(call: Call, source: Source) -> Answer:
    """One page of a delta round: the whole handler of a ``…/delta`` path."""
    asked = call.options
    given = asked.skiptoken or asked.deltatoken
    latest = (asked.deltatoken or "").lower() == "latest"
    if given and not latest:
        token = _resume(call, source, given, bool(asked.deltatoken))
    else:
        token = _start(call, source, asked)
        if latest:
            token.after = token.since
            return _finish(call, source, token, _Page())
    options = parse_query(token.query)
    page = _Page()
    quirks = call.service.quirks
    if not (quirks.empty_delta_pages and token.page == 1):
        page = _collect(call, source, token, options)
    else:
        page.more = True  # a page may be empty and still have a nextLink
    return _finish(call, source, token, page)


def _start(call: Call, source: Source, options: Options) -> Token:
    refused = options.given() - source.allowed - DELTA_OPTIONS
    if refused:
        names = ", ".join(sorted(f"'${name}'" for name in refused))
        raise bad_request(
            f"The following parameters are not supported with change tracking over "
            f"the '{source.type_name}' resource: {names}.",
            "ErrorInvalidUrlQuery",
        )
    source.check(call, options)
    mailbox = call.mailbox
    return Token(
        source=f"{mailbox.id}/{source.key}",
        since=mailbox.sequence,
        born=call.service.clock.now(),
        generation=mailbox.delta_generation,
        query=call.query,
    )


def _resume(call: Call, source: Source, text: str, new_round: bool) -> Token:
    token = Token.read(text, call.service.secret)
    mailbox = call.mailbox
    if token.source != f"{mailbox.id}/{source.key}":
        raise bad_request("Badly formed token.", "ErrorInvalidSyncStateData")
    age = call.service.clock.now() - token.born
    too_old = age > call.service.quirks.delta_token_life
    if token.generation < mailbox.delta_generation or too_old:
        raise gone(call, token.generation, mailbox.delta_generation)
    if new_round:
        token.since, token.first = token.after, False
        token.page = token.delivered = 0
        token.born = call.service.clock.now()
    return token


def gone(call: Call, generation: int = 0, highest: int = 1) -> GraphError:
    """410 in one of the spellings the service is known to use."""
    style = call.service.quirks.gone
    message = (
        f"The sync state generation is not found; generation={generation};"
        f"[highest={highest}][{highest}]."
    )
    if style == "resyncRequired":
        return GraphError(410, style, "Resync required. Replace the local state.")
    if style == "location":
        link = f"{call.link()}?$deltatoken="
        return GraphError(410, "syncStateNotFound", message, {"Location": link})
    return GraphError(410, style, message)


def _collect(call: Call, source: Source, token: Token, options: Options) -> _Page:
    size = call.page_size or DEFAULT_PAGE
    # $top caps the whole round, not the page.
    room = size if options.top is None else min(size, options.top - token.delivered)
    page = _Page()
    changes = source.log.since(token.after)
    for change in changes:
        rows = _rows(call, source, token, options, change)
        token.after = change.sequence
        page.rows += rows
        if len(page.rows) >= room:
            break
    token.delivered += len(page.rows)
    if options.top is not None and token.delivered >= options.top:
        token.after = call.mailbox.sequence
        return page
    rest = source.log.since(token.after)
    page.more = any(True for c in chain(rest) if _visible(call, source, token, c))
    return page


def _visible(call: Call, source: Source, token: Token, change: Change) -> bool:
    if change.removed:
        return not token.first or change.sequence > token.since
    return not _came_back(call, source, token, change)


def _came_back(call: Call, source: Source, token: Token, change: Change) -> bool:
    """A→B→A within one round: with immutable ids the return is never reported."""
    if not call.immutable:
        return False
    left = getattr(change.item, "left", None)
    return bool(left) and left.get(source.key, 0) > token.since


def _rows(
    call: Call, source: Source, token: Token, options: Options, change: Change
) -> list[dict]:
    if not _visible(call, source, token, change):
        return []
    kinds = options.other.get("changetype", "")
    if change.removed:
        if kinds and "deleted" not in kinds:
            return []
        return [
            {
                "@odata.type": f"#microsoft.graph.{source.type_name}",
                "id": source.removed_id(call, change),
                "@removed": {"reason": change.removed},
            }
        ]
    if kinds and not _kind_wanted(kinds, token, change):
        return []
    return source.render(call, options, change.item)


def _kind_wanted(kinds: str, token: Token, change: Change) -> bool:
    born = getattr(change.item, "born", 0)
    return ("created" if born > token.since or token.first else "updated") in kinds


def _finish(call: Call, source: Source, token: Token, page: _Page) -> Answer:
    quirks = call.service.quirks
    if quirks.repeat_in_delta and page.rows and page.more:
        page.rows.append(page.rows[0])  # the same id may come several times
    token.page += 1
    if not page.more:
        token.after = max(token.after, call.mailbox.sequence)
    text = quote(token.write(call.service.secret))
    kind = "@odata.nextLink" if page.more else "@odata.deltaLink"
    option = "$skiptoken" if page.more else "$deltatoken"
    body = {
        "@odata.context": f"{call.root}/$metadata#Collection({source.type_name})",
        kind: f"{call.link()}?{option}={text}",
        "value": page.rows,
    }
    return Answer(200, body, {"Preference-Applied": "odata.track-changes"})
