from datetime import timedelta
from urllib.parse import quote

from odoo.tests import tagged

from .calendar_case import CalendarCase, ahead
from .contact_case import ContactCase
from .services import OverEmbeddedMapper
from .simulator import Fault

BROKEN = "ErrorItemCorrupt"
REASON = "It cannot be read in Outlook, and stays as it is."


class UnreadableCase(OverEmbeddedMapper):
    """Items of which Exchange tells no more than that they are there."""

    def setUp(self):
        super().setUp()
        self.addCleanup(self.mend)

    def spoil(self, *keys, lists=False):
        """Exchange cannot read these any more.

        :param keys: the ids of items, or of occurrences
        """
        self.sim.quirks.unreadable = dict.fromkeys(keys, BROKEN)
        self.sim.quirks.unreadable_spoil_lists = lists

    def mend(self):
        """Exchange can read everything again."""
        self.spoil()


@tagged("post_install", "-at_install")
class TestUnreadableEvents(UnreadableCase, CalendarCase):
    """Nothing is deleted in Odoo because Exchange failed on it; its user is told."""

    def sync_spoilt(self, account, *names):
        """A run that tells of events that could not be read."""
        self.env.invalidate_all()
        run = account.sync(kinds=("event",))
        self.assertEqual(run.state, "partial", run.error)
        for name in names:
            self.assertIn(f"{name}: {REASON}", run.error)
        self.assertEqual(run.failed, len(names), run.error)
        return run

    def ask_again(self, account):
        """The user presses the button, and all is well."""
        self.mend()
        account.with_user(account.user_id).action_sync(["event"])
        self.sync_events(account)
        self.check_calendars(account)
        self.assertFalse(self.env["exchange.calendar"]._of_account(account).failed_ids)

    def read_all(self, account):
        """The next run reads the whole calendar."""
        self.env["exchange.calendar"]._of_account(account).delta_link = False

    def test_a_new_event(self):
        for lists in (False, True):
            with self.subTest(lists_fail=lists):
                ann = self.new_account()
                self.add(ann, "Good")
                bad = self.add(ann, "Bad", hour=11)
                self.spoil(bad.immutable_id, lists=lists)
                self.sync_spoilt(ann, "An event")
                self.assertEqual(self.events_of(ann).mapped("name"), ["Good"])
                self.assertEqual(ann.sync(kinds=("event",)).state, "done", "once")
                self.ask_again(ann)

    def test_a_known_event_that_changes(self):
        for lists in (False, True):
            with self.subTest(lists_fail=lists):
                ann = self.new_account()
                item, other = self.add(ann, "Plan"), self.add(ann, "Other", hour=11)
                self.sync_events(ann)
                self.change(ann, item, subject="New plan")
                self.change(ann, other, subject="New other")
                self.spoil(item.immutable_id, lists=lists)
                self.sync_spoilt(ann, "Plan")
                names = sorted(self.events_of(ann).mapped("name"))
                self.assertEqual(names, ["New other", "Plan"])
                self.ask_again(ann)

    def test_a_complete_reading(self):
        for lists in (False, True):
            with self.subTest(lists_fail=lists):
                ann = self.new_account()
                item, series = self.add(ann, "Plan"), self.add_series(ann, hour=13)
                self.sync_events(ann)
                before = self.events_of(ann)
                self.read_all(ann)
                day = self.occurrences(ann, series)[1]
                self.spoil(item.immutable_id, series.immutable_id, day, lists=lists)
                run = ann.sync(kinds=("event",))
                self.assertEqual(run.state, "partial")
                self.assertIn(f"Plan: {REASON}", run.error)
                self.assertEqual(self.events_of(ann), before)
                self.ask_again(ann)

    def test_a_private_event_is_not_named(self):
        ann = self.new_account()
        item = self.add(ann, "Doctor", sensitivity="private")
        self.sync_events(ann)
        self.change(ann, item, subject="Surgeon")
        self.spoil(item.immutable_id)
        self.sync_spoilt(ann, "Private event")

    # Series

    def test_a_series(self):
        ann = self.new_account()
        series = self.add_series(ann, "Jour fixe")
        good = self.add_series(ann, "Lunch", hour=12)
        self.sync_events(ann)
        for item in (series, good):
            self.change(ann, item, location={"displayName": "Room 5"})
        self.spoil(series.immutable_id)
        self.sync_spoilt(ann, "Jour fixe")
        found = {(event.name, event.location) for event in self.events_of(ann)}
        self.assertEqual(found, {("Jour fixe", False), ("Lunch", "Room 5")})
        self.assertEqual(len(self.events_of(ann)), 6)
        self.ask_again(ann)

    def test_an_exception(self):
        for known in (True, False):
            with self.subTest(known=known):
                ann = self.new_account()
                series = self.add_series(ann, "Jour fixe", count=4)
                if known:
                    self.sync_events(ann)
                moved = self.occurrences(ann, series)[2]
                self.change(ann, moved, subject="Moved", end=ahead(3, 15))
                self.spoil(moved)
                self.sync_spoilt(ann, "Jour fixe" if known else "An event")
                self.assertEqual(len(self.events_of(ann)), 4 if known else 3)
                self.ask_again(ann)
                self.assertIn("Moved", self.events_of(ann).mapped("name"))

    def test_a_series_that_spoils_the_view_of_the_calendar(self):
        """Exchange does not say which one: those that came with it wait, too."""
        ann = self.new_account()
        series = self.add_series(ann, "Jour fixe")
        plan = self.add(ann, "Plan", hour=14)
        self.sync_events(ann)
        self.change(ann, series, location={"displayName": "Room 5"})
        self.change(ann, plan, subject="New plan")
        self.spoil(series.immutable_id, lists=True)
        self.sync_spoilt(ann, "Jour fixe")
        self.assertEqual(len(self.events_of(ann)), 4)
        self.assertIn("New plan", self.events_of(ann).mapped("name"))
        self.ask_again(ann)

    def test_what_comes_into_sight(self):
        ann = self.new_account(event_days_ahead=10)
        item = self.add(ann, "Later", days=11)
        self.add(ann, "Soon", days=1)
        self.sync_events(ann)
        self.env["exchange.calendar"]._of_account(ann).day -= timedelta(days=2)
        ann.event_days_ahead = 12
        self.spoil(item.immutable_id)
        self.sync_spoilt(ann, "An event")
        self.ask_again(ann)
        self.assertEqual(len(self.events_of(ann)), 2)


@tagged("post_install", "-at_install")
class TestUnreadableContacts(UnreadableCase, ContactCase):
    """A contact that cannot be read is there: none is made beside it."""

    def setUp(self):
        super().setUp()
        self.ada, self.bob = self.partner(), self.partner(name="Bob")
        self.subscribe(self.ada + self.bob)
        self.sync()

    def spoil_ada(self):
        self.spoil(self.item("Ada Lovelace").immutable_id)

    def check_whole(self):
        """All is well again, without a second contact."""
        self.mend()
        self.assertEqual(self.counts(self.sync()), (0, 0, 0, 0, 0))
        self.assertEqual(self.names(), ["Ada Lovelace", "Bob"])

    def test_changed_in_outlook(self):
        for name in ("Ada Lovelace", "Bob"):
            self.change_in_outlook(self.item(name), jobTitle="Countess")
        own = self.own_contact("Eve", "eve@home.example")
        self.spoil_ada()
        self.sim.quirks.unreadable[own.immutable_id] = BROKEN
        run = self.sync("partial")
        self.assertEqual(run.error, f"Ada Lovelace: {REASON} {self.words(run)}")
        self.assertEqual((run.found, run.failed), (1, 1))
        self.assertFalse(self.row(self.ada).remote_difference)
        self.assertTrue(self.row(self.bob).remote_difference)
        self.assertEqual(self.states(), {"synced"})

    def words(self, run):
        return run.error.partition(f"{REASON} ")[2]

    def test_a_complete_reading(self):
        self.account.contact_delta_link = False
        self.spoil_ada()
        run = self.sync("partial")
        self.assertEqual((run.created, run.failed), (0, 1), run.error)
        self.check_whole()

    def test_an_answer_lost_before(self):
        """Its mark is found though nothing else of it can be told."""
        rows = self.env["exchange.subscription"]
        values = (self.row(self.ada).id, None, None, None, None, True, "pending")
        rows._note(
            (
                "remote_id",
                "payload_hash",
                "source_stamp",
                "change_key",
                "creating",
                "state",
            ),
            [values],
        )
        self.spoil_ada()
        run = self.account.sync(("contact",))
        self.assertEqual((run.created, self.names()), (0, ["Ada Lovelace", "Bob"]))


@tagged("post_install", "-at_install")
class TestUnreadableAtOffice(ContactCase):
    """One contact that Microsoft fails on keeps no other from being looked after."""

    def test_moved_and_thrown_away(self):
        people = self.many(3)
        self.subscribe(people)
        self.sync()
        bad, gone, _there = (self.item(partner.name) for partner in people)
        for item in (bad, gone):
            self.delete_in_outlook(item)
        reading = f"GET .*contacts/{quote(bad.immutable_id, safe='')}"
        for status in (400, 500):
            error = Fault.status(status, BROKEN, "Broken.")
            self.sim.faults.add(error, match=reading, count=9)
        run = self.sync("partial")
        self.assertEqual((run.created, run.failed), (1, 1), run.error)
        self.assertIn(f"Person 0: {REASON}", run.error)
        self.assertEqual(self.names(), ["Person 1", "Person 2"])

    def test_none_can_be_read(self):
        """Then it is the server, and what was thrown away is made again later."""
        people = self.many(2)
        self.subscribe(people)
        self.sync()
        for partner in people:
            self.delete_in_outlook(self.item(partner.name))
        reading = "GET .*contacts/(?!delta)"
        self.sim.faults.add(Fault.status(500), match=reading, count=99)
        self.assertEqual(self.sync("failed").created, 0)
        self.sim.faults.clear()
        self.assertEqual(self.sync().created, 2)
