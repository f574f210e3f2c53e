"""A simulator, and a database and an Odoo in processes of their own."""

import threading
from concurrent.futures import Future
from datetime import date, timedelta

from odoo.tests import BaseCase, tagged
from odoo.tests.common import get_db_name

from .fault_checks import FaultChecks, Picture
from .fault_mails import CONTACTS, FIRST, SECOND, sixty_mails
from .patience import let_midnight_pass
from .process import Database, Odoo, copy_database
from .simulator import Simulator


class Tap:
    """Between network and simulator: counts requests and can strike at one of them.

    :ivar count: requests so far
    """

    def __init__(self, application):
        self._application = application
        self._strike = None
        self._lock = threading.Lock()
        self.count = 0

    def reset(self, when="", number=0, strike=None):
        """Count from 0, and call ``strike`` "before" or "after" the work of a request.

        A request that is struck before its work is not done at all.
        """
        self.count = 0
        self._strike = (when, number, strike)

    def __call__(self, environ, start_response):
        with self._lock:
            self.count += 1
            number = self.count
        when, wanted, strike = self._strike or ("", 0, None)
        if number != wanted:
            return self._application(environ, start_response)
        if when == "before":
            strike()
            start_response("503 Service Unavailable", [("Content-Length", "0")])
            return []
        answer = list(self._application(environ, start_response))
        strike()
        return answer


@tagged("post_install", "-at_install", "exchange_faults", "exchange_processes")
class OwnDatabaseCase(BaseCase):
    """A simulator, and an Odoo in a process of its own on a database of its own.

    :cvar database: the :class:`~.process.Database`; ``kept``: one to restore it from
    :cvar addons: what is installed there besides
    """

    addons = ()

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        let_midnight_pass()
        cls.sim = Simulator()
        # A mailbox of the tests is read more often in a minute than others in a day.
        cls.sim.limits.requests = None
        cls.tap = cls.sim.application = Tap(cls.sim.application)
        cls.sim.start()
        cls.addClassCleanup(cls.sim.stop)
        name = f"{get_db_name()}_{cls.__name__.lower()}"
        host = cls._database_host()
        cls.database = copy_database(get_db_name(), name, host)
        cls.addClassCleanup(cls.database.drop)
        cls.kept = Database(f"{name}_kept", host)
        cls.addClassCleanup(cls.kept.drop)
        cls.odoo = Odoo(cls.database, cls.addons)
        cls.addClassCleanup(cls.odoo.stop)
        cls._build()

    @classmethod
    def _database_host(cls):
        """Hook: folder of the socket of another database server than the tests'."""
        return ""

    @classmethod
    def _build(cls):
        """Hook: make what all tests begin with."""

    @classmethod
    def _server_values(cls):
        return {
            "name": "Exchange",
            "service": "exchange",
            "folders_url": f"{cls.sim.short_url}/ChildFolders",
        }

    def points_of(self, given):
        """All points of the run that has just ended, where the next one may be killed.

        :param given: what its worker gave
        :return: [("request" or "commit", "before" or "after", number)]
        """
        counts = {"request": self.tap.count, "commit": given["commits"]}
        return [
            (kind, when, number)
            for kind, count in counts.items()
            for number in range(1, count + 1)
            for when in ("before", "after")
        ]

    def kill_run(self, login, point, patches):
        """Let a user's synchronisation begin, and end it at a point."""
        kind, when, number = point
        if kind == "commit":
            worker = self.odoo.start(
                "sync", login=login, kill=(when, number), patches=patches
            )
        else:
            started = Future()
            self.tap.reset(when, number, lambda: started.result().kill())
            worker = self.odoo.start("sync", login=login, patches=patches)
            started.set_result(worker)
        self.assertIsNone(worker.wait(), "the run ended before it could be killed")
        self.tap.reset()


class ProcessCase(FaultChecks, OwnDatabaseCase):
    """Sixty mails in the mailbox of one user, ten of them in that of another too."""

    @classmethod
    def _build(cls):
        """Make users, mailboxes, contacts and mails, and remember the state."""
        scene = cls._build_people(mail_delete_after_transfer=cls.deletes)
        cls.folders = scene["folders"]
        cls.contacts = scene["contacts"]
        talk = cls.odoo.run("talk", partner=scene["contacts"]["bob"], event="Meeting")
        cls.mails = sixty_mails(scene["contacts"], talk)
        cls._arrange(cls.mails)
        cls.drop_mails()
        cls._add_more()
        cls.database.wait_alone()
        cls.kept.become(cls.database)
        cls.first = Picture(cls.database)
        cls.keep_mailboxes()

    @classmethod
    def _build_people(cls, **wishes):
        """Both users with their mailboxes, and the contacts.

        :param wishes: values of their accounts
        :return: what the job ``build`` gives
        """
        for login in (FIRST, SECOND):
            cls.sim.add_mailbox(login)
        people = {each.partition("@")[0]: wishes for each in (FIRST, SECOND)}
        return cls.odoo.run(
            "build", server=cls._server_values(), people=people, contacts=CONTACTS
        )

    @classmethod
    def _add_meetings(cls, number):
        """So many meetings of both users, one a day; after four weeks, from the first
        day on again."""
        person = {"emailAddress": {"address": SECOND, "name": "Second"}}
        for each in range(number):
            day = date.today() + timedelta(days=each % 28 + 1)
            cls.sim.add_event(
                FIRST,
                subject=f"Meeting {each}",
                start=f"{day}T09:00:00 UTC",
                end=f"{day}T10:00:00 UTC",
                attendees=[person],
            )

    @classmethod
    def _arrange(cls, mails):
        """Hook: change where the mails lie; the first mailbox comes first."""

    @classmethod
    def _add_more(cls):
        """Hook: what is in the mailboxes beside the mails."""

    def restore(self):
        """Everything as it was before the first synchronisation."""
        self.tap.reset()
        self.sim.faults.clear()
        self.database.become(self.kept)
        self.restore_mailboxes()
