from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import Form, new_test_user, tagged

from ..models.run_log import RunLog, this_process
from .contact_case import ContactCase
from .event_case import EventCase
from .simulator import Fault

ONE_MAIL = r"GET .*/messages/(?!delta)[^/?]+\?"
MANAGER = "exchange_connector.exchange_connector_group_manager"


def told(run):
    """What a run says of its items, oldest first."""
    return [(item.name, item.outcome) for item in run.item_ids.sorted("id")]


@tagged("post_install", "-at_install")
class TestSyncLog(EventCase):
    """The log says of each item what became of it."""

    def test_mails(self):
        account, other = self.new_account(), self.new_account()
        ada = self.partner()
        self.drop(account, subject="Known", message_id="<same@customer.example>")
        self.drop(account, sender="who@unknown.example", subject="Unknown")
        run = account.sync()
        self.assertEqual(told(run), [("Known", "filed"), ("Unknown", "waiting")])
        filed = run.item_ids.filtered(lambda item: item.outcome == "filed")
        self.assertEqual(
            filed.with_user(account.user_id).action_open()["res_id"], filed.target_id
        )
        self.assertEqual(filed.target_model, "exchange.mail")
        self.drop(other, subject="Known", message_id="<same@customer.example>")
        self.assertEqual(told(other.sync()), [("Known", "duplicate")])
        self.assertEqual(len(self.messages_of(ada)), 1)

    def test_a_mail_that_failed_says_why(self):
        account = self.new_account()
        self.drop(account, subject="Broken")
        self.sim.faults.add(
            Fault.status(400, "ErrorBroken"), match=ONE_MAIL, count=None
        )
        self.addCleanup(self.sim.faults.clear)
        run = account.sync()
        self.assertEqual(told(run), [("Broken", "failed")])
        self.assertIn("refused the request", run.item_ids.reason)
        self.assertEqual(run.failed, 1)

    def test_events(self):
        account = self.new_account()
        items = [self.add(account, subject=f"Event {n}", days=n) for n in (1, 2)]
        run = self.sync(account)
        self.assertEqual(
            sorted(told(run)), [("Event 1", "created"), ("Event 2", "created")]
        )
        self.assertEqual(
            set(run.item_ids.mapped("target_id")), set(self.events(account).ids)
        )
        self.sim.change_event(account.login, items[0].immutable_id, subject="Moved")
        self.assertEqual(told(self.sync(account)), [("Moved", "updated")])
        self.sim.delete_event(account.login, items[0].immutable_id)
        run = self.sync(account)
        self.assertEqual(told(run), [("Moved", "removed")])
        self.assertEqual((run.removed, run.item_ids.action_open()), (1, False))

    def test_an_idle_run_has_no_items(self):
        account = self.new_account()
        account.sync()
        before = self.env["exchange.sync.item"].search_count([])
        account.sync()
        self.assertEqual(self.env["exchange.sync.item"].search_count([]), before)

    def test_a_page_that_is_done_again_is_listed_once(self):
        account = self.new_account()
        for number in range(30):
            self.drop(account, subject=f"Mail {number}")
        sync = type(self.env["exchange.sync.mail"])
        write, failed = sync._write_mails, []

        def refuse_once(model, folder, pairs):
            rows = write(model, folder, pairs)
            if not failed:
                failed.append(True)
                raise ValueError("once")
            return rows

        with patch.object(sync, "_write_mails", refuse_once):
            run = account.sync()
        self.assertEqual(len(run.item_ids), 30)
        self.assertEqual(run.waiting, 30)

    def test_progress(self):
        """More is known of than is done, until all is done."""
        account = self.new_account()
        for number in range(250):
            self.drop(account, subject=f"Mail {number}")
        seen, save = [], RunLog.save

        def watched(log):
            save(log)
            seen.append(tuple(log.progress.values()))

        with patch.object(RunLog, "save", watched):
            account.sync(["mail"])
        self.assertEqual(seen[0], (100, 20, 0, True))
        self.assertEqual(seen[-1], (250, 250, 0, False))
        for found, done, _failed, more in seen:
            self.assertTrue(more or found == 250)
            self.assertLessEqual(done, found)

    def test_where_it_ran(self):
        account = self.new_account()
        self.assertEqual(account.sync().host, this_process())
        self.drop(account)
        self.assertEqual(account.sync().host, this_process())

    def test_the_subject_is_its_owners_alone(self):
        """Administrators see what became of it and why it failed."""
        account = self.new_account()
        self.drop(account, subject="A secret")
        item = account.sync().item_ids
        boss = new_test_user(self.env, "boss", groups="base.group_system")
        chief = new_test_user(self.env, "chief", groups=MANAGER)
        self.assertEqual(item.with_user(account.user_id).name, "A secret")
        for user in (boss, chief):
            seen = item.with_user(user)
            self.assertFalse(seen.name)
            self.assertEqual((seen.outcome, seen.kind), ("waiting", "mail"))
            self.assertFalse(seen.search([("name", "ilike", "secret")]))
            with self.assertRaises(AccessError):
                seen.search([("subject", "ilike", "secret")])
            with self.assertRaises(AccessError):
                seen.action_open()
        mine = item.with_user(account.user_id)
        self.assertEqual(mine.search([("name", "ilike", "secret")]), item)
        other = self.new_account().user_id
        self.assertFalse(item.with_user(other).search([]))

    def test_runs_and_their_items_are_kept_for_a_set_time(self):
        account = self.new_account()
        runs = []
        for days in (12, 8):
            self.drop(account)
            run = account.sync()
            run.started = fields.Datetime.now() - timedelta(days=days)
            runs.append(run)
        with Form(self.env["res.config.settings"]) as settings:
            settings.exchange_keep_runs_days = 10
        settings.record.execute()
        items = [run.item_ids for run in runs]
        self.env["exchange.sync.run"]._gc_runs()
        self.assertEqual([bool(each.exists()) for each in runs], [False, True])
        self.assertEqual([bool(each.exists()) for each in items], [False, True])

    def test_scheduled_runs_that_found_nothing_are_kept_two_days(self):
        account = self.new_account()
        account.sync(trigger="schedule")
        idle, recent = (account.sync(trigger="schedule") for _time in range(2))
        by_hand = account.sync()
        self.drop(account)
        busy = account.sync(trigger="schedule")
        self.assertTrue(busy.found)
        old = fields.Datetime.now() - timedelta(days=3)
        (idle | by_hand | busy).started = old
        failed = idle.copy({"started": old, "state": "failed", "error": "Why."})
        self.env["exchange.sync.run"]._gc_runs()
        kept = recent | by_hand | busy | failed
        self.assertEqual((kept | idle).exists(), kept)


@tagged("post_install", "-at_install")
class TestSyncLogContacts(ContactCase):
    def test_contacts(self):
        ada = self.partner()
        self.subscribe(ada)
        self.assertEqual(told(self.sync()), [("Ada Lovelace", "created")])
        ada.phone = "+44 1"
        self.assertEqual(told(self.sync()), [("Ada Lovelace", "updated")])
        self.unsubscribe(ada)
        run = self.sync()
        self.assertEqual(told(run), [("Ada Lovelace", "removed")])
        self.assertEqual(run.item_ids.target_id, ada.id)
