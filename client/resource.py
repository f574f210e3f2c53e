"""What every part of a mailbox (folders, messages, events, contacts) is built on.

To add a resource: a class derived from :class:`Resource` in a file of its own, made an
attribute of :class:`mailbox.Mailbox`; its paths go into both families of ``paths.py``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .batch import BatchAnswer, BatchRequest, run
from .errors import TransportError
from .links import Trail
from .paths import Paths
from .session import Session


class Resource:
    """A session and the paths of one mailbox."""

    def __init__(self, session: Session, paths: Paths) -> None:
        self.session = session
        self.paths = paths

    def batch(self, requests: Sequence[BatchRequest]) -> list[BatchAnswer]:
        """The answers to any number of requests, in order; see :func:`batch.run`."""
        return run(self.session, requests, self.paths.batch())

    def listing(
        self,
        path: str,
        query: Mapping[str, object] | None = None,
        prefer: Sequence[str] = (),
    ) -> Iterator[dict[str, Any]]:
        """All items of a collection, page after page.

        :raises TransportError: it is not a collection, or its pages have no end
        """
        link, trail = path, Trail()
        while True:
            trail.follow(link)
            body = self.session.request("GET", link, query=query, prefer=prefer).json
            yield from items_of(body)
            link = next_link_of(body)
            if not link:
                return
            self.session.check_link(link)
            query = None

    def all_of(
        self, body: Mapping[str, Any], prefer: Sequence[str] = ()
    ) -> list[dict[str, Any]]:
        """The items of a collection whose first page has been read: a page may hold
        none and not be the last one.

        :raises TransportError: it is not a collection, or its pages have no end
        """
        rows, link = items_of(body), next_link_of(body)
        if link:
            rows += self.listing(self.session.check_link(link), prefer=prefer)
        return rows


def items_of(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The items of a page of a collection, those with an id.

    :raises TransportError: it is not a page of a collection
    """
    value = body.get("value")
    if not isinstance(value, list):
        raise TransportError("The server's answer is not a list.")
    return [
        item
        for item in value
        if isinstance(item, dict) and isinstance(item.get("id"), str)
    ]


def next_link_of(body: Mapping[str, Any]) -> str:
    """The link to the next page, "" on the last one."""
    link = body.get("@odata.nextLink")
    return link if isinstance(link, str) else ""
