import os
from collections import Counter
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models import exchange_sync_event
from .event_case import EventCase
from .fault_case import Fault, FaultCase
from .fault_mails import FIRST, SECOND
from .fault_tally import Tallied
from .process_case import ProcessCase

# All points, or (in `make test`) as many as there is time for.
EXHAUSTIVE = bool(os.environ.get("EXCHANGE_FAULTS"))
# PostgreSQL takes its time with each row, so that two workers meet.
SLOW_ROWS = (
    "CREATE FUNCTION slowly() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN PERFORM pg_sleep(0.01); RETURN NEW; END $$",
    "CREATE TRIGGER slowly BEFORE INSERT ON calendar_event "
    "FOR EACH ROW EXECUTE FUNCTION slowly()",
)


@tagged("post_install", "-at_install", "exchange_faults")
class TestEventFaults(Tallied, FaultCase, EventCase):
    """What goes wrong with a calendar is made good at the next run, and one bad event
    keeps nobody else out."""

    def subjects(self, account):
        self.env.invalidate_all()
        return sorted(self.events(account).mapped("name"))

    def tally(self, account, wanted):
        """Count what is missing or too much in Odoo's calendar."""
        wanted, there = Counter(wanted), Counter(self.subjects(account))
        self.found(
            lost=(wanted - there).total(),
            doubled=(there - wanted).total(),
        )

    def refuse(self, name):
        """The database does not take an event of this name."""
        self.env.cr.execute(
            "ALTER TABLE calendar_event ADD CONSTRAINT refused CHECK (name <> %s)",
            [name],
        )

    def test_one_bad_event_keeps_nobody_out(self):
        account = self.new_account()
        for name in ("One", "Bad", "Three"):
            self.add(account, subject=name)
        self.refuse("Bad")
        with mute_logger(exchange_sync_event.__name__):
            run = self.run_sync(account, kinds=("event",))
        self.assertEqual((run.state, run.created, run.failed), ("partial", 2, 1))
        self.assertIn("Bad: ", run.error)
        self.assertEqual(self.subjects(account), ["One", "Three"])
        self.assertEqual(self.run_sync(account, kinds=("event",)).failed, 0)
        # What was in the way is gone, and the user presses the button.
        self.env.cr.execute("ALTER TABLE calendar_event DROP CONSTRAINT refused")
        account.with_user(account.user_id).action_sync(["event"])
        run = self.run_sync(account, kinds=("event",))
        self.assertEqual((run.state, run.created), ("done", 1))
        self.assertEqual(self.subjects(account), ["Bad", "One", "Three"])
        self.assertEqual(self.run_sync(account, kinds=("event",)).found, 0)

    def test_an_event_without_time(self):
        account = self.new_account()
        self.add(account, subject="One")
        item = self.add(account, subject="Never")
        item.data["start"] = None
        with patch.object(
            type(item.extra["span"]), "show", lambda *_zone: (None, None)
        ):
            run = self.run_sync(account, kinds=("event",))
        self.assertEqual((run.created, run.failed), (1, 1))
        self.assertIn("Never: It does not say when it is.", run.error)

    def test_the_connection_breaks_at_any_page(self):
        with patch.multiple(
            "odoo.addons.exchange_connector.client.events", EVENT_PAGE_SIZE=3
        ):
            for number in range(6):
                with self.subTest(request=number):
                    account = self.new_account()
                    names = [f"Event {n}" for n in range(10)]
                    for name in names:
                        self.add(account, subject=name)
                    self.series(account, subject="Series", count=3)
                    self.fault(Fault.status(500), "alendarView", after=number)
                    self.inject("5xx: events")
                    run = self.run_sync(account, kinds=("event",))
                    self.mend()
                    account.invalidate_recordset()
                    run = self.run_sync(account, kinds=("event",))
                    self.assertEqual(run.state, "done", run.error)
                    self.tally(account, names + ["Series"] * 3)
                    self.assertEqual(
                        self.subjects(account), sorted(names + ["Series"] * 3)
                    )

    def test_the_position_is_lost_at_any_page(self):
        with patch.multiple(
            "odoo.addons.exchange_connector.client.events", EVENT_PAGE_SIZE=3
        ):
            for number in range(4):
                with self.subTest(request=number):
                    account = self.new_account()
                    items = [self.add(account, subject=f"E{n}") for n in range(9)]
                    self.run_sync(account, kinds=("event",))
                    for item in items[::2]:
                        self.sim.change_event(
                            account.login, item.immutable_id, subject="New"
                        )
                    self.sim.delete_event(account.login, items[1].immutable_id)
                    self.fault(Fault.gone(), "alendarView", after=number, count=1)
                    self.inject("forgotten positions (410): events")
                    run = self.run_sync(account, kinds=("event",))
                    self.mend()
                    self.assertEqual(run.state, "done", run.error)
                    self.tally(account, ["E3", "E5", "E7", *["New"] * 5])
                    self.assertEqual(
                        self.subjects(account), ["E3", "E5", "E7", *["New"] * 5]
                    )

    def test_interrupted_by_the_end_of_the_time(self):
        account = self.new_account()
        for number in range(9):
            self.add(account, subject=f"E{number}")
        with patch.multiple(
            "odoo.addons.exchange_connector.client.events", EVENT_PAGE_SIZE=3
        ):
            for _number in range(9):
                run = self.run_sync(account, kinds=("event",), deadline=1.0)
                account.invalidate_recordset()
        self.assertEqual(run.state, "paused")
        self.assertEqual(self.run_sync(account, kinds=("event",)).state, "done")
        self.assertEqual(len(self.subjects(account)), 9)

    def test_parts_of_a_long_series(self):
        account = self.new_account()
        self.series(account, subject="Series", count=30)
        with patch.object(exchange_sync_event, "CHUNK", 7):
            run = self.run_sync(account, kinds=("event",))
        self.assertEqual((run.found, run.created), (30, 30))
        self.sim.change_event(
            account.login,
            self.master(account),
            start=self.day(2, "09:00"),
            end=self.day(2, "10:00"),
        )
        events = self.events(account)
        with patch.object(exchange_sync_event, "CHUNK", 7):
            run = self.run_sync(account, kinds=("event",))
        self.assertEqual((run.state, run.failed), ("done", 0))
        self.env.invalidate_all()
        shown = self.sim.expand(account.login, self.day(0)[:10], self.day(90)[:10])
        self.assertEqual(
            self.events(account).mapped("start"),
            [one.start.replace(tzinfo=None) for one in shown],
        )
        self.assertGreater(len(events.exists()), 28)

    def master(self, account):
        return self.events(account).exchange_link_ids[0].series_master_id


class TestEventWorkers(ProcessCase):
    """Two real processes that come upon the same meetings at the same moment."""

    meetings = 40

    @classmethod
    def _build(cls):
        cls._build_people()
        cls._add_meetings(cls.meetings)
        cls.database.wait_alone()
        cls.kept.become(cls.database)
        cls.keep_mailboxes()

    def check_end(self):
        """One event for each meeting, with both users, and nobody told of it."""
        with self.database.connect() as query:
            rows = query(
                "SELECT e.id, count(DISTINCT l.account_id), count(DISTINCT a.id)"
                "  FROM calendar_event e"
                "  JOIN exchange_event_link l ON l.event_id = e.id"
                "  JOIN calendar_attendee a ON a.event_id = e.id"
                " WHERE e.active GROUP BY e.id"
            )
            noise = query("SELECT count(*) FROM mail_mail")
        self.found(
            lost=max(self.meetings - len(rows), 0),
            doubled=max(len(rows) - self.meetings, 0),
            deleted=self.meetings
            - len(self.sim.mailbox(FIRST).well_known["calendar"].items),
            outsiders=noise[0][0],
        )
        self.assertEqual([row[1:] for row in rows], [(2, 2)] * self.meetings)
        self.assertEqual(noise, [(0,)])

    def test_two_users_meet_at_the_same_meetings(self):
        self.restore()
        for statement in SLOW_ROWS:
            self.database.execute(statement)
        workers = [self.odoo.start("sync", login=each) for each in (FIRST, SECOND)]
        given = [worker.wait() for worker in workers]
        for each in given:
            self.assertEqual(each["error"], None)
            self.assertEqual(each["value"]["state"], "done", each["value"]["error"])
        self.assertGreater(sum(each["rollbacks"] for each in given), 0)
        self.check_end()

    def test_killed_at_each_commit(self):
        self.restore()
        given = self.odoo.start("sync", login=FIRST).wait()
        points = [
            (when, number)
            for number in range(1, given["commits"] + 1)
            for when in ("before", "after")
        ]
        for point in points if EXHAUSTIVE else points[1::5]:
            with self.subTest(point):
                self.restore()
                self.inject("SIGKILL at a commit: events")
                worker = self.odoo.start("sync", login=FIRST, kill=point)
                self.assertIsNone(worker.wait())
                self.database.wait_alone()
                for login in (FIRST, SECOND, FIRST):
                    run = self.odoo.run("sync", login=login)
                    self.assertEqual(run["state"], "done", run["error"])
                self.assertEqual(run["found"], 0)
                self.check_end()
