import json
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged

from .common import ExchangeCase


@tagged("post_install", "-at_install")
class TestSyncButtons(ExchangeCase):
    """Whoever presses a button to synchronise learns what came of it."""

    def setUp(self):
        super().setUp()
        self.account = self.new_account()
        self.user = self.account.user_id

    def told(self):
        """What has been sent to browsers since the last call: [(type, payload)]"""
        self.env.cr.precommit.run()
        rows = self.env["bus.bus"].sudo().search([])
        messages = [json.loads(row.message) for row in rows]
        rows.unlink()
        return [(each["type"], each["payload"]) for each in messages]

    def press(self, name):
        """Press an entry of the Discuss menu, and let the scheduler have its turn."""
        action = self.env.ref(f"exchange_connector.{name}").with_user(self.user)
        action.run()
        self.told()
        with self.enter_registry_test_mode():
            self.env.ref("exchange_connector.ir_cron_sync").method_direct_trigger()
        return dict(self.told())

    def test_result_is_shown(self):
        self.drop(self.account)
        told = self.press("action_sync_mail")
        message = told["simple_notification"]["message"]
        self.assertEqual(message, "Synchronised: 1 to assign.")
        self.assertEqual(told["exchange_connector/finished"]["kinds"], "mail")

    def test_nothing_new_is_said_as_well(self):
        self.press("action_sync_mail")
        message = self.press("action_sync_mail")["simple_notification"]["message"]
        self.assertEqual(message, "Synchronised: nothing new.")

    def test_the_schedule_is_quiet(self):
        """It only lets the numbers on the screen be right, when they have changed."""
        self.account.sync()
        self.drop(self.account)
        for number, said in (1, ["exchange_connector/finished"]), (1, []):
            with self.subTest(said=said):
                self.assertEqual(self.run_by_schedule(), said)
                self.assertEqual(len(self.mails_of(self.account)), number)

    def run_by_schedule(self):
        self.account.next_sync = self.account.create_date
        self.told()
        with self.enter_registry_test_mode():
            self.env.ref("exchange_connector.ir_cron_sync").method_direct_trigger()
        return [kind for kind, _payload in self.told()]

    # Who presses twice, or while something is going on

    def click(self, *kinds):
        """:return: what the user is told"""
        mine = self.env["exchange.account"].with_user(self.user)
        return mine.action_sync_mine(list(kinds))["params"]["message"]

    def tick(self):
        with self.enter_registry_test_mode():
            self.env.ref("exchange_connector.ir_cron_sync").method_direct_trigger()
        self.account.invalidate_recordset()

    def progress(self):
        return self.env["exchange.account"].with_user(self.user).get_progress()

    def test_two_clicks_are_one_run(self):
        self.assertEqual(
            [self.click("mail"), self.click("mail")],
            [
                "The synchronisation has been started.",
                "The synchronisation is about to start already.",
            ],
        )
        self.tick()
        self.tick()
        self.assertEqual(self.account.run_ids.mapped("trigger"), ["manual"])

    def test_a_click_while_the_run_it_asks_for_is_going_on(self):
        """Another lane does not even try."""
        self.click("mail")
        self.account._claim()
        self.click("mail")
        self.assertGreater(self.account.next_sync, fields.Datetime.now())

    def test_other_kinds_while_a_run_is_going_on(self):
        """They follow at once, also when another lane claimed the account in vain."""
        self.click("mail")
        sync = type(self.env["exchange.sync.mail"])
        run = sync._run

        def clicked(model, account, *args):
            self.click("event")
            account.next_sync = fields.Datetime.now() + timedelta(minutes=3)
            return run(model, account, *args)

        with patch.object(sync, "_run", clicked):
            self.account.sync(["mail"])
        self.assertLess(self.account.next_sync, fields.Datetime.now())
        self.tick()
        kinds = self.account.run_ids.sorted("id").mapped("kinds")
        self.assertEqual(kinds, ["mail", "mail,event"])
        self.assertFalse(self.account.requested_kinds)

    def test_progress_is_the_users_own(self):
        self.assertEqual(self.progress(), {})
        self.click()
        progress = self.progress()
        self.assertEqual((progress["phase"], progress["asleep"]), ("waiting", False))
        other = self.new_account().user_id
        accounts = self.env["exchange.account"].with_user(other)
        self.assertEqual(accounts.get_progress(), {})
        self.tick()
        self.assertEqual(self.progress(), {})

    def test_progress_goes_over_the_bus(self):
        for number in range(30):
            self.drop(self.account, subject=f"Mail {number}")
        self.click("mail")
        self.told()
        with patch("odoo.addons.exchange_connector.models.run_log.PROGRESS_PAUSE", 0):
            self.tick()
        seen = [
            (payload["found"], payload["done"], payload["failed"])
            for kind, payload in self.told()
            if kind == "exchange_connector/progress"
        ]
        self.assertEqual(seen[0], (0, 0, 0))
        self.assertIn((30, 20, 0), seen)
        self.assertEqual(seen[-1], (30, 30, 0))

    def test_nobody_takes_it_up(self):
        triggers = self.env["ir.cron.trigger"]
        triggers.search([]).unlink()
        self.click()
        self.assertFalse(self.progress()["asleep"])
        triggers.search([]).call_at = fields.Datetime.now() - timedelta(seconds=8)
        self.assertTrue(self.progress()["asleep"])
        # One that waits because its mailbox is busy is not forsaken.
        self.account.backoff_until = fields.Datetime.now() + timedelta(minutes=1)
        self.assertFalse(self.progress()["asleep"])
