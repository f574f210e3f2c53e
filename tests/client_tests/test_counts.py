"""How much there is, however small the pages are that tell it."""

from datetime import datetime

import pytest

from client import TransportError, Window, count_events

WINDOW = Window(datetime(2026, 3, 1), datetime(2026, 4, 1))


def pages(number, size):
    """An ``answer`` function: a view of so many events, the first page empty."""

    def answer(seen, reply):
        start = seen.path.partition("$skip=")[2]
        first = int(start or -size)
        here = range(max(first, 0), min(first + size, number))
        body = {"value": [{"id": str(each)} for each in here]}
        if first + size < number:
            link = f"{reply.server.owner.url}/me/calendarView?$skip={first + size}"
            body["@odata.nextLink"] = link
        reply.json(body)

    return answer


@pytest.mark.parametrize(
    ("number", "size", "found"),
    [(0, 5, (0, False)), (12, 5, (12, False)), (12, 1, (9, True))],
)
def test_events_on_many_pages(serve, mailbox, number, size, found):
    assert count_events(mailbox(serve(pages(number, size))), WINDOW) == found


def test_pages_in_a_circle_are_not_counted(serve, mailbox):
    def answer(_seen, reply):
        link = f"{reply.server.owner.url}/me/calendarView?$skip=1"
        reply.json({"value": [{"id": "1"}], "@odata.nextLink": link})

    with pytest.raises(TransportError):
        count_events(mailbox(serve(answer)), WINDOW)
