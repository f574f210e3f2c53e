from datetime import timedelta

from odoo.tests import freeze_time, tagged

from .common import PASSWORD
from .event_case import EventCase


@tagged("post_install", "-at_install")
class TestEventWindow(EventCase):
    """How far a calendar is read, how that moves on, and what becomes of the rest."""

    def asked(self, since):
        """Requests since then, a batch counting as one."""
        found = list(self.sim.requests)[since:]
        return len([entry for entry in found if not entry.in_batch])

    def window(self, account, past=10, ahead=20):
        account.write({"event_days_past": past, "event_days_ahead": ahead})

    def test_only_what_lies_in_the_window(self):
        account = self.new_account(event_days_past=10, event_days_ahead=20)
        for days in (-30, -9, 19, 25):
            self.add(account, subject=str(days), days=days)
        self.series(account, subject="Series", count=60)
        self.sync(account)
        names = [
            name for name in self.events(account).mapped("name") if name != "Series"
        ]
        self.assertEqual(names, ["-9", "19"])
        self.assertEqual(len(self.events(account, "Series")), 20)

    def test_a_new_day_uncovers_a_strip(self):
        account = self.new_account(event_days_past=10, event_days_ahead=20)
        self.add(account, subject="Later", days=21)
        self.series(account, subject="Series", count=60)
        self.sync(account)
        self.assertFalse(self.events(account, "Later"))
        first = self.events(account, "Series")
        with freeze_time(self.today + timedelta(days=1, hours=3)):
            before = len(self.sim.requests)
            run = self.sync(account)
            self.assertEqual(run.created, 2)
            self.assertEqual(run.updated, 0)
            # the changes, the strip, the master of its occurrence
            self.assertEqual(self.asked(before), 3)
            before = len(self.sim.requests)
            self.sync(account)
            self.assertEqual(self.asked(before), 1)
        self.assertTrue(self.events(account, "Later"))
        self.assertEqual(len(self.events(account, "Series") - first), 1)

    def test_after_some_weeks_a_new_round(self):
        account = self.new_account(event_days_past=10, event_days_ahead=20)
        for days in range(0, 120, 10):
            self.add(account, subject=str(days), days=days)
        self.sync(account)
        self.assertEqual(len(self.events(account)), 3)
        with freeze_time(self.today + timedelta(days=90)):
            run = self.sync(account)
            self.assertEqual((run.updated, run.removed), (0, 0))
        names = self.events(account).mapped("name")
        # What was in Odoo stays as history, what had never been in the window is
        # taken in as far as it is in the window now.
        self.assertEqual(names, ["0", "10", "20", "80", "90", "100", "110"])

    def test_other_days(self):
        account = self.new_account(event_days_past=10, event_days_ahead=20)
        for days in (-20, 5, 40):
            self.add(account, subject=str(days), days=days)
        self.sync(account)
        self.assertEqual(self.events(account).mapped("name"), ["5"])
        self.window(account, past=30, ahead=50)
        self.sync(account)
        self.assertEqual(self.events(account).mapped("name"), ["-20", "5", "40"])
        self.window(account, past=1, ahead=1)
        run = self.sync(account)
        self.assertEqual((run.updated, run.removed), (0, 0))
        self.assertEqual(len(self.events(account)), 3)

    def test_the_longest_window(self):
        account = self.new_account(event_days_past=825, event_days_ahead=1000)
        self.add(account, subject="Far", days=999)
        self.add(account, subject="Too far", days=1002)
        self.sync(account)
        self.assertEqual(self.events(account).mapped("name"), ["Far"])
        for days in (1, 2):
            with freeze_time(self.today + timedelta(days=days, hours=3)):
                before = len(self.sim.requests)
                self.sync(account)
                self.assertLessEqual(self.asked(before), 2)
        self.assertEqual(self.events(account).mapped("name"), ["Far", "Too far"])

    def test_moved_out_of_the_window_is_not_deleted(self):
        account = self.new_account(event_days_past=10, event_days_ahead=20)
        item = self.add(account)
        self.series(account, subject="Series", count=4)
        self.sync(account)
        event = self.events(account, "Talk")
        self.sim.change_event(
            account.login,
            item.immutable_id,
            start=self.day(300),
            end=self.day(300, "11:00"),
        )
        last = self.occurrence(account, 4)
        self.sim.change_event(
            account.login, last, start=self.day(200), end=self.day(200, "11:00")
        )
        run = self.sync(account)
        self.assertEqual(run.removed, 0)
        self.assertEqual(event.start, self.moment(300))
        self.assertEqual(self.events(account, "Series")[-1].start, self.moment(200))

    # The server forgets where we were

    def test_lost_position(self):
        for gone in (
            "SyncStateNotFound",
            "syncStateNotFound",
            "resyncRequired",
            "location",
        ):
            with self.subTest(gone):
                self.sim.quirks.gone = gone
                account = self.new_account(event_days_past=10, event_days_ahead=20)
                items = [self.add(account, subject=str(n), days=n) for n in range(5)]
                series = self.series(account, subject="Series")
                self.sync(account)
                events = self.events(account)
                self.sim.delete_event(account.login, items[2].immutable_id)
                self.sim.change_event(
                    account.login, items[3].immutable_id, subject="New"
                )
                self.sim.delete_event(account.login, self.occurrence(account, 4))
                self.add(account, subject="Fresh", days=6)
                self.sim.expire_delta_tokens(account.login)
                run = self.sync(account)
                self.assertEqual((run.created, run.updated, run.removed), (1, 1, 2))
                self.assertEqual(len(self.events(account)), 9)
                self.assertEqual(len(events.exists()), 8)
                self.assertTrue(series)

    def test_what_disappears_in_bulk_is_archived(self):
        account = self.new_account()
        items = [self.add(account, subject=str(n), days=n) for n in range(30)]
        self.sync(account)
        events = self.events(account)
        for item in items[1:]:
            self.sim.delete_event(account.login, item.immutable_id)
        self.sim.expire_delta_tokens(account.login)
        run = account.sync(("event",))
        self.env.invalidate_all()
        self.assertEqual((run.state, run.removed), ("partial", 29))
        self.assertIn("archived in Odoo", run.error)
        self.assertEqual(events.exists(), events)
        self.assertEqual(events.filtered("active").mapped("name"), ["0"])
        self.assertEqual(self.sync(account).found, 0)

    def test_what_is_deleted_in_bulk_is_archived(self):
        """C26: also where each deletion is reported; but not for one long series."""
        account = self.new_account()
        series = self.series(account, count=60, subject="Series")
        items = [self.add(account, subject=str(n), days=n) for n in range(30)]
        self.sync(account)
        events = self.events(account)
        self.sim.delete_event(account.login, series.immutable_id)
        self.assertEqual(self.sync(account).removed, 60)
        self.assertEqual(len(events.exists()), 30)
        for item in items[1:]:
            self.sim.delete_event(account.login, item.immutable_id)
        run = account.sync(("event",))
        self.env.invalidate_all()
        self.assertEqual((run.state, run.removed), ("partial", 29))
        self.assertEqual(run.error.count("archived in Odoo"), 1)
        self.assertEqual(len(events.exists()), 30)
        self.assertEqual(events.exists().filtered("active").mapped("name"), ["0"])
        self.assertEqual(self.sync(account).found, 0)

    def test_a_restored_calendar_finds_its_events_again(self):
        account = self.new_account()
        items = [self.add(account, subject=str(n), days=n) for n in range(30)]
        self.sync(account)
        events = self.events(account)
        for item in items:
            self.sim.delete_event(account.login, item.immutable_id)
            self.add(account, subject="New", iCalUId=item.data["iCalUId"])
        self.sim.expire_delta_tokens(account.login)
        run = self.sync(account)
        self.assertEqual((run.created, run.updated, run.removed), (0, 30, 0))
        self.assertEqual(set(events.mapped("name")), {"New"})

    def test_another_mailbox(self):
        account = self.new_account()
        self.add(account, subject="Former")
        self.sync(account)
        other = self.new_account()
        self.add(other, subject="Other")
        account.write({"login": other.login, "password": PASSWORD})
        account._connect()
        run = self.sync(account)
        self.assertEqual((run.created, run.removed), (1, 1))
        self.assertEqual(self.events(account).mapped("name"), ["Other"])

    def test_history_stays_when_the_position_is_lost(self):
        account = self.new_account(event_days_past=10, event_days_ahead=20)
        self.add(account, subject="Old", days=-9)
        self.sync(account)
        with freeze_time(self.today + timedelta(days=30)):
            self.sim.expire_delta_tokens(account.login)
            run = self.sync(account)
            self.assertEqual(run.removed, 0)
        self.assertEqual(self.events(account).mapped("name"), ["Old"])
