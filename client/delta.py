"""Delta rounds: what changed in a collection since the last time.

A round is one page or several, linked by ``@odata.nextLink``; the last page holds the
``@odata.deltaLink`` that starts the next round.  A page may be empty and not be the
last one; an item may come several times (the last one counts) or be one that is known.

Source: https://learn.microsoft.com/graph/delta-query-overview
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .batch import BatchRequest, run
from .errors import (
    BadRequest,
    ClientError,
    LinkRefused,
    NotFound,
    SyncStateExpired,
    TransportError,
)
from .links import Trail, is_absolute
from .session import Session

#: Items of a page which we ask for; the service's own default is 10.
PAGE_SIZE = 100


@dataclass(frozen=True)
class DeltaPage:
    """One page of a round.

    :ivar items: what is new or changed, each id once
    :ivar removed: id → reason ("deleted" or "changed") of what is no longer there
    :ivar failed: id → why it could not be read, of what was read once more
    :ivar next_link: where the round goes on, ``None`` on its last page
    :ivar delta_link: where the next round starts, only on the last page
    """

    items: list[dict[str, Any]] = field(default_factory=list)
    removed: dict[str, str] = field(default_factory=dict)
    failed: dict[str, ClientError] = field(default_factory=dict)
    next_link: str | None = None
    delta_link: str | None = None

    @property
    def link(self) -> str:
        """The cursor to store once this page was dealt with."""
        return self.next_link or self.delta_link or ""

    @property
    def is_last(self) -> bool:
        """Whether the round ends here."""
        return self.next_link is None


def prefer_page_size(size: int | None) -> tuple[str, ...]:
    """The preference for pages of ``size`` items (the ``$top`` of a delta query would
    end the round instead of the page)."""
    return (f"odata.maxpagesize={size}",) if size else ()


def page(
    session: Session,
    link_or_start: str,
    page_size: int | None = PAGE_SIZE,
    *,
    query: Mapping[str, object] | None = None,
    prefer: Sequence[str] = (),
) -> DeltaPage:
    """One page of a round.

    :param link_or_start: a link of an earlier page, or the path of the delta function
    :param query: query options of the first page; links carry them already
    :raises SyncStateExpired: the link is too old, or of a server we no longer speak to
    :raises LinkRefused: the page links to another server
    """
    is_link = is_absolute(link_or_start)
    if is_link:
        _check_stored(session, link_or_start)
        query = None
    try:
        answer = session.request(
            "GET",
            link_or_start,
            query=query,
            prefer=(*prefer_page_size(page_size), *prefer),
        )
    except (BadRequest, NotFound) as error:
        raise (_of_link(error) if is_link else error) from None
    return parse(session, answer.json)


def rounds(
    session: Session,
    link_or_start: str,
    page_size: int | None = PAGE_SIZE,
    *,
    query: Mapping[str, object] | None = None,
    prefer: Sequence[str] = (),
) -> Iterator[DeltaPage]:
    """The pages of one round, each fetched when it is asked for.

    :raises TransportError: the links go round in a circle
    """
    link: str | None = link_or_start
    trail = Trail()
    while link:
        trail.follow(link)
        found = page(session, link, page_size, query=query, prefer=prefer)
        yield found
        link = found.next_link


def parse(session: Session, body: Mapping[str, Any]) -> DeltaPage:
    """The page in the body of an answer, also of one that came inside a batch.

    :raises TransportError: it is not a page of a delta round
    :raises LinkRefused: it links to another server
    """
    value = body.get("value")
    next_link, delta_link = body.get("@odata.nextLink"), body.get("@odata.deltaLink")
    if not isinstance(value, list) or not (next_link or delta_link):
        raise TransportError("The server's answer is not a list of changes.")
    items: dict[str, dict[str, Any]] = {}
    removed: dict[str, str] = {}
    for item in value:
        if not isinstance(item, dict) or not isinstance(item.get("id"), str):
            continue
        items.pop(item["id"], None)
        removed.pop(item["id"], None)
        if item.get("@removed") is not None:
            removed[item["id"]] = _reason(item["@removed"])
        else:
            items[item["id"]] = item
    if next_link:
        link = session.check_link(next_link)
        return DeltaPage(list(items.values()), removed, next_link=link)
    link = session.check_link(str(delta_link))
    return DeltaPage(list(items.values()), removed, delta_link=link)


def probe(
    session: Session,
    links: Sequence[str],
    page_size: int | None = PAGE_SIZE,
    *,
    prefer: Sequence[str] = (),
    batch_path: str = "$batch",
) -> list[DeltaPage | ClientError]:
    """The first page behind each link, by one request for up to 20 of them.

    This is what an idle mailbox costs.  What goes wrong with one link is a value in its
    place.

    :raises ClientError: the request as a whole failed
    """
    found: list[DeltaPage | ClientError | None] = [None] * len(links)
    wanted: list[tuple[int, BatchRequest]] = []
    preferences = (*prefer_page_size(page_size), *prefer)
    for number, link in enumerate(links):
        try:
            path = _relative(session, link)
            if path is None:
                # not below the base address, so a batch cannot hold it
                found[number] = page(session, link, page_size, prefer=prefer)
            else:
                request = BatchRequest("GET", path, prefer=preferences)
                wanted.append((number, request))
        except ClientError as error:
            found[number] = error
    answers = run(session, [request for _number, request in wanted], batch_path)
    for (number, _request), answer in zip(wanted, answers, strict=True):
        found[number] = _parsed(session, answer.json())
    return [
        result or TransportError("The server did not answer this.") for result in found
    ]


def _parsed(
    session: Session, body: dict[str, Any] | ClientError
) -> DeltaPage | ClientError:
    if isinstance(body, ClientError):
        return _of_link(body)
    try:
        return parse(session, body)
    except ClientError as error:
        return error


def _of_link(error: ClientError) -> ClientError:
    """What a refused link means: there is nothing in it but a position, so whatever
    the code says, the server does not know this one (any more).

    A folder may be gone itself: that is asked for otherwise."""
    refused = isinstance(error, BadRequest) and error.status in (400, 414, 422)
    gone = isinstance(error, NotFound) and error.status == 410
    if not refused and not gone:
        return error
    return SyncStateExpired(
        error.message,
        status=error.status,
        code=error.code,
        request_id=error.request_id,
        path=error.path,
    )


def _relative(session: Session, link: str) -> str | None:
    _check_stored(session, link)
    return session.origin.relative(link)


def _check_stored(session: Session, link: str) -> None:
    """Links are checked when they arrive: one that fails now is of a former address."""
    try:
        session.check_link(link)
    except LinkRefused:
        raise SyncStateExpired(
            "The stored position is of another server address."
        ) from None


def _reason(removed: object) -> str:
    reason = removed.get("reason") if isinstance(removed, Mapping) else None
    return reason if isinstance(reason, str) else "deleted"
