"""The same pages with exchangelib, the usual client of Exchange for Python: it makes
the same calls and makes objects of the answers, as the mapper makes JSON.
"""

from __future__ import annotations

import gc
import time

import _ground
from exchangelib import (
    BASIC,
    DELEGATE,
    Account,
    Build,
    Configuration,
    Credentials,
    EWSDateTime,
    EWSTimeZone,
    Version,
)

UTC = EWSTimeZone("UTC")


def _mails(account):
    return list(account.inbox.all().order_by("-datetime_received")[:50])


def _contacts(account):
    return list(account.contacts.all()[:50])


def _events(account):
    start, end = (EWSDateTime(2026, month, 1, tzinfo=UTC) for month in (1, 4))
    return list(account.calendar.view(start=start, end=end))[:50]


#: What is read, by the names of the mapper's pages.
PAGES = {
    "mails in full": _mails,
    "contacts": _contacts,
    "events of a window": _events,
}


def measure(ews_url, login, name, rounds):
    """CPU time of a page with its calls, the median, in ms of thread time."""
    account = Account(
        login,
        config=Configuration(
            service_endpoint=ews_url,
            credentials=Credentials(login, "secret"),
            auth_type=BASIC,
            version=Version(Build(15, 2, 1544, 11)),
        ),
        autodiscover=False,
        access_type=DELEGATE,
        default_timezone=UTC,
    )
    taken = []
    for _time in range(rounds):
        gc.collect()
        before = time.thread_time()
        found = PAGES[name](account)
        taken.append((time.thread_time() - before) * 1000)
        assert len(found) == 50, len(found)
    return _ground.median(taken[1:])
