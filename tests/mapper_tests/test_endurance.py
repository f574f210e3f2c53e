"""What a mapper leaves behind after a day: no memory, no connections.

A day of a small company is about 10,000 requests; that many with EXCHANGE_FAULTS=1.
"""

import logging
import os
import random
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests
from served import Served
from test_mail import FOLDER, mail
from test_process import Process

from mapper import connection

_logger = logging.getLogger(__name__)

REQUESTS = 10_000 if os.environ.get("EXCHANGE_FAULTS") else 400
WINDOW = "startDateTime=2026-03-01&endDateTime=2026-05-01"
USERS = 6


def resident(pid):
    """Megabytes of a process in memory."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def sockets(pid):
    """How many sockets a process holds."""
    found = 0
    for name in Path(f"/proc/{pid}/fd").iterdir():
        try:
            found += os.readlink(name).startswith("socket:")
        except FileNotFoundError:
            continue
    return found


class User:
    """Somebody whose Odoo synchronises, with what goes wrong on a day."""

    def __init__(self, exchange, url, number):
        self.exchange, self.url = exchange, url
        self.login = f"endurance{number}@contoso.example"
        exchange.add_mailbox(self.login)
        exchange.user(self.login).failed_sign_ins = -(10**6)
        exchange.drop(self.login, f"Inbox/{FOLDER}", mail("One", number))
        exchange.add_contact(self.login, givenName="Ada", surname="Lovelace")
        exchange.add_event(
            self.login,
            subject="Talk",
            start="2026-03-02T09:00:00",
            end="2026-03-02T10:00:00",
        )
        self.chance = random.Random(number)
        self.session = requests.Session()
        self.session.trust_env = False
        self.links = {}

    def ask(self, path, password="secret", method="GET", **options):
        url = path if "://" in path else f"{self.url}/{path}"
        return self.session.request(
            method, url, auth=(self.login, password), timeout=60, **options
        )

    def round(self, path):
        """A page of a round; the next one goes on behind its link."""
        answer = self.ask(self.links.get(path, path))
        found = answer.json() if answer.status_code == 200 else {}
        link = found.get("@odata.deltaLink") or found.get("@odata.nextLink")
        self.links[path] = link or path
        return answer.status_code

    def one(self):
        """A request of any kind. :return: its status"""
        kind = self.chance.random()
        if kind < 0.6:
            return self.round(
                self.chance.choice(
                    [
                        "me/mailFolders/inbox/messages/delta",
                        "me/contacts/delta",
                        f"me/calendarView/delta?{WINDOW}",
                    ]
                )
            )
        if kind < 0.7:
            return self.ask("me", password=f"wrong {kind}").status_code
        if kind < 0.8:
            return self.ask(f"me/messages/AAMk{kind:.17f}"[:30]).status_code
        rows = [
            {"id": str(number), "method": "GET", "url": f"/me/{path}"}
            for number, path in enumerate(["mailFolders", "contacts", "events"])
        ]
        return self.ask("$batch", method="POST", json={"requests": rows}).status_code


def test_memory_is_flat_and_connections_are_few(exchange):
    process = Process("--ews-url", exchange.ews_url, "--log-level", "error").wait()
    try:
        users = [User(exchange, process.url, number) for number in range(USERS)]
        sizes, statuses = [], {}

        def some(user, count):
            return [user.one() for _time in range(count)]

        share = REQUESTS // USERS // 10
        with ThreadPoolExecutor(USERS) as pool:
            for _tenth in range(10):
                for found in pool.map(some, users, [share] * USERS):
                    for status in found:
                        statuses[status] = statuses.get(status, 0) + 1
                exchange.requests.clear()
                sizes.append(resident(process.running.pid))
        held = sockets(process.running.pid)
        for user in users:
            user.session.close()
        figures = (sum(statuses.values()), statuses, sizes, held)
        _logger.info("%s requests %s, MB %s, %s sockets", *figures)
        assert not {500, 502, 503} & set(statuses), statuses
        assert statuses[200] > statuses[401] > 0
        # what is learnt comes at the beginning
        assert sizes[-1] - sizes[2] < 8, sizes
        # of each user one from Odoo and one to Exchange, and its own
        assert held <= 2 * USERS + 12
    finally:
        code, said = process.stop()
    assert code == 0 and "Traceback" not in said, said


def test_connections_end_though_nobody_asks_any_more(exchange, login, monkeypatch):
    monkeypatch.setattr(connection, "IDLE", 0.3)
    with Served(exchange.ews_url, auth="basic") as mapper:
        pool = mapper.application.pool
        for _time in range(2):
            answer = requests.get(
                f"{mapper.url}/me", auth=(login, "secret"), timeout=30
            )
            assert answer.status_code == 200
            until = time.monotonic() + 30
            while (pool._kept or pool._watcher) and time.monotonic() < until:
                time.sleep(0.05)
            assert not pool._kept and pool._watcher is None


def test_a_wrong_password_leaves_no_connection(exchange, login):
    exchange.user(login).failed_sign_ins = -100
    with Served(exchange.ews_url) as mapper:
        for number in range(20):
            answer = requests.get(
                f"{mapper.url}/me", auth=(login, f"wrong{number}"), timeout=30
            )
            assert answer.status_code == 401
        assert not mapper.application.pool._kept
