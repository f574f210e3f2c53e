"""How much there is in a mailbox, without reading it."""

from __future__ import annotations

from collections.abc import Sequence

from .batch import BatchRequest
from .errors import ClientError
from .event_page import Window
from .links import Trail
from .mailbox import Mailbox
from .resource import items_of, next_link_of

#: Events that are counted at most: the largest page of the service.
MOST_EVENTS = 1000
_MOST_PAGES = 10


def count_messages(
    mailbox: Mailbox, folder_ids: Sequence[str]
) -> list[int | ClientError]:
    """The number of mails in each folder, by one request for up to 20 of them.

    What goes wrong with one folder is a value in its place.
    https://learn.microsoft.com/graph/api/resources/mailfolder

    :raises ClientError: the request as a whole failed
    """
    query = {"$select": "id,totalItemCount"}
    paths = [mailbox.paths.folder(folder_id) for folder_id in folder_ids]
    answers = mailbox.batch([BatchRequest("GET", path, query) for path in paths])
    counts: list[int | ClientError] = []
    for answer in answers:
        body = answer.json()
        if isinstance(body, ClientError):
            counts.append(body)
        else:
            total = body.get("totalItemCount")
            counts.append(total if isinstance(total, int) and total > 0 else 0)
    return counts


def count_events(mailbox: Mailbox, window: Window) -> tuple[int, bool]:
    """The number of events in a window, occurrences of series one by one.

    Not by ``$count``, which not every server has for a calendar view, but by a page of
    ids, or some where the server makes them small.  https://learn.microsoft.com/graph/api/calendar-list-calendarview

    :return: (number up to :data:`MOST_EVENTS`, whether there are more)
    :raises ClientError: the calendar does not answer
    """
    query: dict[str, object] = {
        **window.query(),
        "$select": "id",
        "$top": MOST_EVENTS,
    }
    path = mailbox.paths.calendar_view()
    count, trail = 0, Trail()
    for _page in range(_MOST_PAGES):
        trail.follow(path)
        body = mailbox.session.request("GET", path, query=query).json
        count, path, query = count + len(items_of(body)), next_link_of(body), {}
        if not path or count >= MOST_EVENTS:
            break
        mailbox.session.check_link(path)
    return count, bool(path)
