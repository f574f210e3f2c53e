"""Events: what changed in a window of a calendar, complete enough to be understood.

A delta page tells of an occurrence little more than its times, and of what is no more
at times nothing at all.  An :class:`EventPage` adds what is needed to know the truth:
the masters of all occurrences, the present instances of each series that changed, and
what became of each event that was reported as removed.

Source: https://learn.microsoft.com/graph/api/event-delta
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from .batch import BatchRequest
from .delta import DeltaPage, page
from .errors import FATAL, ClientError, NotFound, ServerError
from .event_page import (
    EventPage,
    Item,
    Window,
    around,
    is_bare,
    is_master,
    master_id_of,
    moment,
    overlaps,
)
from .links import Trail
from .resource import Resource, items_of, next_link_of

#: Events of a page which we ask for.
EVENT_PAGE_SIZE = 200
#: Instances of a series in one answer.
_INSTANCES = 500
_UTC = 'outlook.timezone="UTC"'
_INSTANCE_FIELDS = "id,type,start,end,isAllDay,originalStart,seriesMasterId,changeKey"


class Events(Resource):
    """The calendar part of a mailbox: its default calendar."""

    def rounds(
        self,
        window: Window,
        link: str | None = None,
        first: DeltaPage | None = None,
        fresh: bool = False,
    ) -> Iterator[EventPage]:
        """The pages of a delta round, each completed when it is asked for.

        https://learn.microsoft.com/graph/api/event-delta

        :param window: the one that the round was begun with
        :param link: where to go on; without it a round begins
        :param first: the page behind ``link``, if it has been read already
        :param fresh: a round of everything there is: series need not be read again to
            learn what of them is no more

        :raises SyncStateExpired: the link is too old, at whatever page
        """
        known: dict[str, Item] = {}
        trail = Trail()
        while True:
            if first is None:
                first = self._delta_page(window, link)
            yield self._complete(first, window, fresh, known)
            link = first.next_link
            if not link:
                return
            trail.follow(link)
            first = None

    def view(self, window: Window) -> Iterator[EventPage]:
        """What is in the calendar in a window, page by page, without the changes.

        https://learn.microsoft.com/graph/api/calendar-list-calendarview
        """
        link: str = self.paths.calendar_view()
        query: Mapping[str, object] | None = window.query()
        prefer = (_UTC, f"odata.maxpagesize={EVENT_PAGE_SIZE}")
        known: dict[str, Item] = {}
        trail = Trail()
        while link:
            trail.follow(link)
            body = self.session.request("GET", link, query=query, prefer=prefer).json
            found = EventPage()
            self._take_in(found, items_of(body))
            self._add_masters(found, known)
            yield found
            following, query = next_link_of(body), None
            link = self.session.check_link(following) if following else ""

    def get_many(self, ids: Sequence[str]) -> list[Item | ClientError]:
        """Events by their ids, twenty a request; for each its properties or its error.

        https://learn.microsoft.com/graph/api/event-get
        """
        return self._each(ids, self.paths.event)

    def look_up(self, ids: Iterable[str], window: Window) -> EventPage:
        """What became of events that a round did not tell of, or told as removed.

        One that exists and lies outside the window has only left our sight.  One that
        exists inside it, but is not shown there, lies among the deleted items or in
        another calendar, and counts as gone.
        """
        found = EventPage()
        inside: list[Item] = []
        wanted = list(dict.fromkeys(ids))
        for event_id, answer in zip(wanted, self.get_many(wanted), strict=True):
            if isinstance(answer, ClientError):
                found.note(event_id, answer)
            elif is_master(answer):
                found.masters[event_id] = answer
                inside.append(answer)
            elif moment(answer.get("start")) and overlaps(answer, window):
                inside.append(answer)
            else:
                found.items.append(answer)
        self._look_into_view(found, inside, window)
        self._add_masters(found, dict(found.masters))
        return found

    # Completing a page

    def _delta_page(self, window: Window, link: str | None) -> DeltaPage:
        start = link or self.paths.calendar_view_delta()
        query = None if link else window.query()
        return page(self.session, start, EVENT_PAGE_SIZE, query=query, prefer=(_UTC,))

    def _complete(
        self, delta: DeltaPage, window: Window, fresh: bool, known: dict[str, Item]
    ) -> EventPage:
        found = EventPage(next_link=delta.next_link, delta_link=delta.delta_link)
        unsure = self._take_in(found, delta.items)
        known.update(found.masters)
        self._add_masters(found, known)
        self._add_instances(found, window, unsure if fresh else found.masters)
        if delta.removed:
            found.merge(self.look_up(delta.removed, window))
        _forget_all_but(known, found.masters)
        return found

    def _take_in(self, found: EventPage, items: Sequence[Item]) -> set[str]:
        """Sort what a list tells; what it tells next to nothing of is read.

        :return: ids of masters that the list said no more of
        """
        unread = [item["id"] for item in items if is_bare(item)]
        found.items = [item for item in items if not is_bare(item)]
        self._read_into(found, unread)
        found.masters = {item["id"]: item for item in found.items if is_master(item)}
        found.items = [item for item in found.items if not is_master(item)]
        return found.masters.keys() & set(unread)

    def _add_masters(self, found: EventPage, known: dict[str, Item]) -> None:
        """The masters of all occurrences; one that is gone takes its series along."""
        wanted = {master_id_of(item) for item in found.items} - {""}
        missing = sorted(wanted - known.keys())
        answers = dict(zip(missing, self.get_many(missing), strict=True))
        absent = [key for key in missing if isinstance(answers[key], NotFound)]
        answers.update(zip(absent, self.get_many(absent), strict=True))
        for master_id, answer in answers.items():
            if isinstance(answer, ClientError):
                found.note(master_id, answer)
            else:
                known[master_id] = answer
        self._keep_orphans(found, found.gone.intersection(absent))
        found.masters.update({key: known[key] for key in wanted if key in known})
        lost = found.gone | found.failed.keys()
        found.items = [item for item in found.items if master_id_of(item) not in lost]

    def _keep_orphans(self, found: EventPage, absent: set[str]) -> None:
        """Occurrences that are there although their series is not (any more), as one
        finds them where a calendar was moved or mended: each is an event by itself.

        :param absent: ids of the masters that were not found
        """
        ids = [item["id"] for item in found.items if master_id_of(item) in absent]
        for event_id, answer in zip(ids, self.get_many(ids), strict=True):
            if isinstance(answer, ClientError):
                found.note(event_id, answer)
            elif not is_master(answer):
                found.items.append({**answer, "seriesMasterId": None})

    def _add_instances(
        self, found: EventPage, window: Window, changed: Iterable[str]
    ) -> None:
        """Read what there is now of each series that changed."""
        masters = sorted(changed)
        answers = self._instances(masters, window)
        have = {item["id"]: item for item in found.items}
        unread: list[str] = []
        for master_id, rows in zip(masters, answers, strict=True):
            if isinstance(rows, ClientError):
                found.note(master_id, rows)
                continue
            found.whole.add(master_id)
            present = {row["id"] for row in rows}
            for event_id, item in list(have.items()):
                if master_id_of(item) == master_id and event_id not in present:
                    del have[event_id]
            for row in rows:
                if row["id"] in have or row["id"] in found.failed:
                    continue
                if is_bare(row):
                    unread.append(row["id"])
                else:
                    have[row["id"]] = row
        found.items = list(have.values())
        self._read_into(found, unread)

    def _instances(
        self, masters: Sequence[str], window: Window
    ) -> list[list[Item] | ClientError]:
        """https://learn.microsoft.com/graph/api/event-list-instances"""
        query = {**window.query(), "$select": _INSTANCE_FIELDS}
        size = f"odata.maxpagesize={_INSTANCES}"
        requests = [
            BatchRequest(
                "GET", self.paths.event_instances(each), query, prefer=(_UTC, size)
            )
            for each in masters
        ]
        found: list[list[Item] | ClientError] = []
        for answer in self.batch(requests):
            body = answer.json()
            if isinstance(body, FATAL):
                raise body
            if isinstance(body, ClientError):
                found.append(body)
                continue
            if not isinstance(body.get("value"), list):
                found.append(ServerError("The server's answer is not a list."))
                continue
            found.append(self.all_of(body, (_UTC, size)))
        return found

    def _look_into_view(
        self, found: EventPage, inside: Sequence[Item], window: Window
    ) -> None:
        """Sort events that lie in the window by whether the calendar shows them."""
        series = [item["id"] for item in inside if is_master(item)]
        shown = [[item] for item in inside if not is_master(item)]
        wanted = {item["id"] for item in inside}
        unread: list[str] = []
        answers = self._instances(series, window)
        for master_id, rows in zip(series, answers, strict=True):
            if isinstance(rows, ClientError):
                found.note(master_id, rows)
                continue
            found.whole.add(master_id)
            if any("start" in row for row in rows):
                shown.append(sorted(rows, key=lambda row: "start" not in row))
            else:
                unread += [row["id"] for row in rows]
        self._check_shown(found, shown, wanted)
        self._read_into(found, unread)

    def _check_shown(
        self, found: EventPage, shown: Sequence[list[Item]], wanted: set[str]
    ) -> None:
        """Take in what the calendar shows of events and of the first of series."""
        prefer = (_UTC, f"odata.maxpagesize={_INSTANCES}")
        requests = [
            BatchRequest(
                "GET",
                self.paths.calendar_view(),
                {**around(rows[0]).query(), "$select": "id"},
                prefer=prefer,
            )
            for rows in shown
        ]
        unread: list[str] = []
        for rows, answer in zip(shown, self.batch(requests), strict=True):
            body, first = answer.json(), rows[0]
            if isinstance(body, FATAL):
                raise body
            if isinstance(body, ClientError):
                found.failed[first["id"]] = body
            elif first["id"] in {row["id"] for row in self.all_of(body, prefer)}:
                found.items += [row for row in rows if not is_bare(row)]
                unread += [row["id"] for row in rows if is_bare(row)]
            elif first["id"] in wanted:
                found.gone.add(first["id"])
        self._read_into(found, unread)

    def _read_into(self, found: EventPage, ids: Sequence[str]) -> None:
        """Read events of which a list tells next to nothing."""
        for event_id, answer in zip(ids, self.get_many(ids), strict=True):
            if isinstance(answer, ClientError):
                found.note(event_id, answer)
            else:
                found.items.append(answer)

    def _each(
        self, ids: Sequence[str], path: Callable[[str], str]
    ) -> list[Item | ClientError]:
        outcomes: list[Item | ClientError] = []
        requests: list[BatchRequest] = []
        for event_id in ids:
            try:
                requests.append(BatchRequest("GET", path(event_id), prefer=(_UTC,)))
                outcomes.append({})
            except ClientError as error:
                outcomes.append(error)
        answers = iter(self.batch(requests))
        found = [
            outcome
            if isinstance(outcome, ClientError)
            else _event(next(answers).json())
            for outcome in outcomes
        ]
        for outcome in found:
            if isinstance(outcome, FATAL):
                raise outcome
        return found


def _forget_all_but(known: dict[str, Item], wanted: Mapping[str, Item]) -> None:
    """Masters matter on their own page and perhaps on the next one."""
    for key in [key for key in known if key not in wanted]:
        del known[key]


def _event(body: Item | ClientError) -> Item | ClientError:
    if isinstance(body, ClientError) or isinstance(body.get("id"), str):
        return body
    return ServerError("The server's answer is not an event.")
