import logging
import os
from datetime import date, timedelta

from .calendar_case import ahead, every_day, people
from .fault_checks import FaultChecks
from .fault_mails import FIRST, SECOND
from .process_case import OwnDatabaseCase

_logger = logging.getLogger(__name__)

# All points of a run, or (in `make test`) as many as there is time for.
EXHAUSTIVE = bool(os.environ.get("EXCHANGE_FAULTS"))
SHARE = 11
# Small pages, so that there are many of them.
PATCHES = {
    "client.events.EVENT_PAGE_SIZE": 5,
    "models.exchange_sync_event.CHUNK": 4,
}
ROWS = """
    SELECT e.name, e.start, e.stop, e.exchange_original_start,
           (SELECT array_agg(p.email || ' ' || a.state ORDER BY p.email)
              FROM calendar_attendee a JOIN res_partner p ON p.id = a.partner_id
             WHERE a.event_id = e.id),
           (SELECT array_agg(account_id ORDER BY account_id)
              FROM exchange_event_link l WHERE l.event_id = e.id)
      FROM calendar_event e WHERE e.active ORDER BY 1, 2, 4"""
NOISE = """
    SELECT (SELECT count(*) FROM mail_mail), (SELECT count(*) FROM mail_message),
           (SELECT count(*) FROM mail_notification),
           (SELECT count(*) FROM calendar_event WHERE NOT active)"""


class TestEventKill(FaultChecks, OwnDatabaseCase):
    """SIGKILL at the boundaries of a run's steps, each request and each commit: run
    again, Odoo's calendar is the same as if nothing had happened."""

    @classmethod
    def _build(cls):
        """Two users who meet in twelve events and two series."""
        for login in (FIRST, SECOND):
            cls.sim.add_mailbox(login)
        names = [each.partition("@")[0] for each in (FIRST, SECOND)]
        wishes = {"event_days_past": 5, "event_days_ahead": 30}
        cls.odoo.run(
            "build",
            server=cls._server_values(),
            people=dict.fromkeys(names, wishes),
            contacts={},
        )
        cls.items = [cls._add(f"Plan {n}", n + 1) for n in range(12)]
        cls.series = [
            cls._add(f"Series {n}", 2, 14 + n, recurrence=every_day(9, 2))
            for n in range(2)
        ]
        cls._become_the_beginning()

    @classmethod
    def _add(cls, subject, day, hour=9, **values):
        ends = {"start": ahead(day, hour), "end": ahead(day, hour + 1)}
        invited = people(SECOND)
        return cls.sim.add_event(
            FIRST, subject=subject, attendees=invited, **ends, **values
        )

    @classmethod
    def _become_the_beginning(cls):
        """Remember all there is, to begin from there each time."""
        cls.database.wait_alone()
        cls.kept.become(cls.database)
        cls.keep_mailboxes()

    def restore(self):
        """Everything as it was before the run."""
        self.tap.reset()
        self.database.become(self.kept)
        self.restore_mailboxes()

    def picture(self):
        """What Odoo's calendar shows; nobody was told of it."""
        with self.database.connect() as query:
            self.assertEqual(query(NOISE), [(0, self.messages, 0, 0)])
            return query(ROWS)

    def finish(self):
        """Both synchronise, and then there is nothing more to do.

        :return: what Odoo shows
        """
        for login in (FIRST, SECOND, FIRST):
            run = self.odoo.run("sync", login=login, patches=PATCHES)
            self.assertEqual((run["state"], run["error"]), ("done", False))
        self.assertEqual(run["found"], 0)
        return self.picture()

    def kill_everywhere(self, share):
        """:param share: every so many-th point, where there is no time for all"""
        self.database.wait_alone()
        with self.database.connect() as query:
            ((self.messages,),) = query("SELECT count(*) FROM mail_message")
        self.restore()
        given = self.odoo.start("sync", login=FIRST, patches=PATCHES).wait()
        self.assertEqual(given["value"]["state"], "done", given)
        points = self.points_of(given)
        wanted = self.finish()
        chosen = points if EXHAUSTIVE else points[1::share]
        for point in chosen:
            with self.subTest(point=point):
                self.restore()
                self.kill_run(FIRST, point, PATCHES)
                self.database.wait_alone()
                self.assertEqual(self.finish(), wanted)
        _logger.info("killed at %s of %s points of a run", len(chosen), len(points))
        return wanted

    def happen(self):
        """What people do between two synchronisations, to every kind of event."""
        change, delete = self.sim.change_event, self.sim.delete_event
        ids = [item.immutable_id for item in self.items]
        change(FIRST, ids[0], subject="Renamed")
        change(FIRST, ids[1], start=ahead(20, 7), end=ahead(20, 8))
        change(FIRST, ids[2], attendees=[])
        delete(FIRST, ids[3])
        delete(FIRST, ids[4])
        self._add("New", 4, 18)
        first, second = (item.immutable_id for item in self.series)
        day = date.today() + timedelta(days=4)
        rows = self.sim.expand(FIRST, str(day), str(day + timedelta(days=2)))
        third, fourth = (row for row in rows if row.subject == "Series 0")
        change(FIRST, third.immutable_id, start=ahead(4, 21), end=ahead(4, 22))
        delete(FIRST, fourth.immutable_id)
        change(FIRST, second, recurrence=every_day(4, 2), subject="Shorter")
        self.assertTrue(first)

    def check_changes(self, rows):
        """They have arrived."""
        names = [row[0] for row in rows]
        self.assertEqual(names.count("Series 0"), 8)
        self.assertEqual(names.count("Shorter"), 4)
        plans = [f"Plan {number}" for number in (1, 2, *range(5, 12))]
        singles = sorted(name for name in names if name[:2] in ("Pl", "Re", "Ne"))
        self.assertEqual(singles, sorted([*plans, "Renamed", "New"]))

    def test_a_first_synchronisation(self):
        rows = self.kill_everywhere(SHARE)
        self.assertEqual(len(rows), 12 + 2 * 9)
        self.assertTrue(all(len(row[4]) == len(row[5]) == 2 for row in rows))


class TestEventKillChanges(TestEventKill):
    """The same with changes, and with a position that the server has forgotten."""

    @classmethod
    def _build(cls):
        # pylint: disable=missing-return
        super()._build()
        for login in (FIRST, SECOND, FIRST):
            cls.odoo.run("sync", login=login, patches=PATCHES)
        cls.happen(cls())
        cls._become_the_beginning()

    def test_changes(self):
        self.check_changes(self.kill_everywhere(SHARE))

    def test_the_position_is_lost(self):
        self.restore()
        self.sim.expire_delta_tokens(FIRST)
        self._become_the_beginning()
        self.check_changes(self.kill_everywhere(2 * SHARE))
