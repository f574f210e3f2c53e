import logging
import os

from .fault_mails import FIRST, SECOND
from .process_case import ProcessCase
from .services import office_values

_logger = logging.getLogger(__name__)

# All points of a run, or (in `make test`) as many as there is time for.
EXHAUSTIVE = bool(os.environ.get("EXCHANGE_FAULTS"))
SHARE = 6
# Small pages, so that there are many of them.
PAGES = {"models.exchange_sync_mail.PAGE_SIZE": 20}


class TestFaultsKill(ProcessCase):
    """SIGKILL at the boundaries of a run's steps: each request, each commit."""

    def chosen(self, points):
        """Hook: the points that there is time for in `make test`."""
        return points[::SHARE]

    def test_killed_anywhere_and_run_again(self):
        points = self._undisturbed()
        chosen = points if EXHAUSTIVE else self.chosen(points)
        for point in chosen:
            with self.subTest(point=point):
                self.restore()
                self.inject(f"SIGKILL at a {point[0]}: e-mails")
                self.kill_run(FIRST, point, PAGES)
                self.database.wait_alone()
                self.check_nothing_lost()
                self._finish()
        _logger.info("killed at %s of %s points of a run", len(chosen), len(points))

    def _undisturbed(self):
        """A run that nobody disturbs.

        :return: its points, see :meth:`points_of`
        """
        self.restore()
        self.fault_kind = ""
        given = self.odoo.start("sync", login=FIRST, patches=PAGES).wait()
        self.assertEqual(given["error"], None)
        value = given["value"]
        self.assertEqual((value["state"], value["failed"]), ("done", 0), value["error"])
        points = self.points_of(given)
        self._finish()
        return points

    def _finish(self):
        """Both users synchronise, and then there is nothing more to do."""
        for login in (SECOND, FIRST):
            run = self.odoo.run("sync", login=login, patches=PAGES)
            self.assertEqual(run["state"], "done", run["error"])
        again = self.odoo.run("sync", login=FIRST)
        self.assertEqual((again["state"], again["found"]), ("done", 0))
        self.check_end()


class TestFaultsKillOffice(TestFaultsKill):
    """The same with Microsoft's sign-in, where a run begins with a new token."""

    allow_inherited_tests_method = True

    @classmethod
    def _server_values(cls):
        return office_values(cls.sim)

    @classmethod
    def keep_mailboxes(cls):
        # pylint: disable=missing-return
        super().keep_mailboxes()
        cls.sim.clock.advance(2 * 3600)  # the first token is no longer valid

    def chosen(self, points):
        """The others are those of any service."""
        return [point for point in points if point[2] <= 1]
