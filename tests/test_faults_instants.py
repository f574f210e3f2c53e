import logging
import os
import random
import time

from odoo.tools import config

from .all_kinds_case import AllKindsCase
from .fault_mails import FIRST
from .own_cluster import Cluster
from .relay import Relay
from .services import office_values

_logger = logging.getLogger(__name__)

EXHAUSTIVE = bool(os.environ.get("EXCHANGE_FAULTS"))
SMALL = {"models.exchange_sync_mail.PAGE_SIZE": 20}
# Bytes for attachments, from none to nearly enough (the mails bring somewhat more than
# 5,000 that differ).
ROOMS = range(0, 5000, 500) if EXHAUSTIVE else (3000,)
HOUR = 3600
# Some time later: nobody writes those files any more.
LATER = -3600


class InstantsCase(AllKindsCase):
    """Whatever happens at whatever moment of a run of all kinds: the next ones make it
    good, and nobody is told."""

    seconds = None

    def setUp(self):
        super().setUp()
        self.random = random.Random(f"{type(self).__name__} 1")
        if not self.seconds:
            type(self).seconds = self._undisturbed()

    def _undisturbed(self):
        """:return: seconds that a run takes which nobody disturbs"""
        self.restore()
        self.fault_kind = ""
        start = time.monotonic()
        self.odoo.run("sync", login=FIRST, patches=SMALL)
        seconds = time.monotonic() - start
        self.finish()
        return seconds

    def strike(self, kind, number, act):
        """Let something happen at random moments, a run each.

        :param act: function(worker)
        """
        for each in range(number):
            moment = self.random.uniform(0.02, 1.0) * self.seconds
            with self.subTest(kind, number=each, moment=round(moment, 2)):
                self.restore()
                self.inject(kind)
                worker = self.odoo.start("sync", login=FIRST, patches=SMALL)
                time.sleep(moment)
                act(worker)
                worker.wait()
                self.database.wait_alone()
                self.check_nothing_lost()
                self.finish()


class TestFaultsKilled(InstantsCase):
    """SIGKILL at any moment, and at each commit, of a run of all kinds."""

    def test_at_random_moments(self):
        self.strike(
            "SIGKILL at a random moment: all kinds",
            40 if EXHAUSTIVE else 2,
            lambda worker: worker.kill(),
        )

    def test_at_each_commit(self):
        self.restore()
        given = self.odoo.start("sync", login=FIRST, patches=SMALL).wait()
        points = [
            (when, number)
            for number in range(1, given["commits"] + 1)
            for when in ("before", "after")
        ]
        for point in points[::3] if EXHAUSTIVE else points[7::24]:
            with self.subTest(point):
                self.restore()
                self.inject("SIGKILL at a commit: all kinds")
                worker = self.odoo.start("sync", login=FIRST, kill=point, patches=SMALL)
                self.assertIsNone(worker.wait())
                self.database.wait_alone()
                self.check_nothing_lost()
                self.finish()

    def test_the_disk_of_the_attachments_is_full(self):
        """No mail is to blame for it, and what was written in part is written anew."""
        for room in ROOMS:
            with self.subTest(room=room):
                self.restore()
                self.inject("full disk of the filestore")
                run = self.odoo.start(
                    "sync", login=FIRST, patches=SMALL, room=room
                ).result()
                self.assertEqual((run["state"], run["failed"]), ("failed", 0))
                self.assertIn("No space left on device", run["error"])
                self.check_nothing_lost()
                self._let_time_pass()
                self.finish()

    def _let_time_pass(self):
        files = config.filestore(self.database.name)
        for folder, _folders, names in os.walk(files):
            for name in names:
                path = os.path.join(folder, name)
                before = os.stat(path).st_mtime + LATER
                os.utime(path, (before, before))


class TestFaultsCut(InstantsCase):
    """The network between Odoo and the mailbox breaks for a moment, or for long."""

    @classmethod
    def _server_values(cls):
        cls.relay = Relay(cls.sim.port)
        cls.relay.__enter__()
        cls.addClassCleanup(cls.relay.__exit__)
        root = f"http://127.0.0.1:{cls.relay.port}/exchangeRestApi/api"
        return {**super()._server_values(), "folders_url": f"{root}/ChildFolders"}

    def restore(self):
        # pylint: disable=missing-return
        self.relay.lead_to(self.sim.port)
        super().restore()

    def test_at_random_moments(self):
        self.strike(
            "network cut: all kinds",
            25 if EXHAUSTIVE else 2,
            lambda _worker: self._cut(),
        )

    def _cut(self):
        self.relay.lead_to(0)
        time.sleep(self.random.choice((0, 0.2, 2)))
        self.relay.lead_to(self.sim.port)


class TestFaultsSignIn(InstantsCase):
    """A sign-in with Microsoft that ends in the middle of a run, and is made anew."""

    @classmethod
    def _server_values(cls):
        return office_values(cls.sim)

    def test_it_ends_at_any_request(self):
        ways = {
            "tokens revoked": lambda: self.sim.revoke(FIRST),
            "tokens expired": lambda: self.sim.clock.advance(2 * HOUR),
            "password changed": lambda: self.sim.change_password(FIRST, "another"),
            "user blocked": lambda: self._enable(False),
        }
        self.restore()
        self.odoo.run("sync", login=FIRST, patches=SMALL)
        requests = self.tap.count
        for each, (name, act) in enumerate(ways.items()):
            many = range(1 + each, requests + 1, len(ways))
            for number in many if EXHAUSTIVE else (2 + 3 * each,):
                with self.subTest(name, request=number):
                    self._end(name, act, number)

    def _end(self, name, act, number):
        self.restore()
        self.inject(f"{name}: all kinds")
        self.tap.reset("after", number, act)
        self.odoo.run("sync", login=FIRST, patches=SMALL)
        self.odoo.run("sync", login=FIRST, patches=SMALL)
        self.tap.reset()
        self.check_nothing_lost()
        self._enable(True)
        self.odoo.run(
            "write",
            model="exchange.account",
            domain=[("login", "=", FIRST)],
            values={"password": self.sim.user(FIRST).password},
        )
        self.odoo.run("call", login=FIRST, method="_connect")
        self.finish()

    def restore(self):
        # pylint: disable=missing-return
        super().restore()
        user = self.sim.user(FIRST)
        user.password, user.password_changed, user.revoked = "secret", 0.0, 0.0
        self._enable(True)

    def _enable(self, enabled):
        self.sim.user(FIRST).enabled = enabled


class TestFaultsDatabase(InstantsCase):
    """PostgreSQL, one of this test's own, is restarted while Odoo is at work."""

    @classmethod
    def _database_host(cls):
        try:
            cls.cluster = Cluster()
        except OSError as error:
            cls.skipTest(cls, f"no PostgreSQL of its own: {error}")
        cls.cluster.__enter__()
        cls.addClassCleanup(cls.cluster.__exit__)
        return cls.cluster.host

    def test_restarted_at_random_moments(self):
        self.strike(
            "PostgreSQL restarted: all kinds",
            15 if EXHAUSTIVE else 1,
            lambda _worker: self.cluster.restart(
                self.random.choice(("fast", "immediate"))
            ),
        )

    def test_connections_ended_at_random_moments(self):
        self.strike(
            "connections to PostgreSQL ended: all kinds",
            15 if EXHAUSTIVE else 1,
            lambda _worker: self._end_connections(),
        )

    def _end_connections(self):
        self.database.administer(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            f" WHERE datname = '{self.database.name}'"
        )
