import time
from datetime import timedelta

from odoo import fields
from odoo.tests import new_test_user, tagged

from .common import ExchangeCase


@tagged("post_install", "-at_install")
class TestSchedule(ExchangeCase):
    """One cron synchronises what is due, oldest first."""

    def tick(self):
        with self.enter_registry_test_mode():
            self.env.ref("exchange_connector.ir_cron_sync").method_direct_trigger()

    def test_an_exchange_server_knows_one_way_to_sign_in(self):
        user = new_test_user(self.env, "plain", groups="base.group_user")
        account = self.env["exchange.account"].create(
            {"user_id": user.id, "server_id": self.exchange.id}
        )
        self.assertEqual(account.auth_method, "password")

    def test_due_accounts_are_served_and_planned_again(self):
        accounts = [self.new_account(), self.new_account()]
        ada = self.partner()
        for account in accounts:
            self.drop(account, subject=account.login)
        accounts[1].next_sync = fields.Datetime.now() + timedelta(hours=1)
        self.tick()
        self.assertEqual(self.messages_of(ada).mapped("subject"), [accounts[0].login])
        soon = fields.Datetime.now() + timedelta(minutes=14)
        self.assertGreater(accounts[0].next_sync, soon)
        self.assertEqual(accounts[0].run_ids.trigger, "schedule")

    def test_button_marks_and_the_tick_works(self):
        account = self.new_account()
        account.sync()
        ada = self.partner()
        self.drop(account)
        requests = len(list(self.sim.requests))
        mine = self.env["exchange.account"].with_user(account.user_id)
        mine.action_sync_mine(["mail"])
        self.assertEqual(len(list(self.sim.requests)), requests, "no network yet")
        self.tick()
        self.assertEqual(len(self.messages_of(ada)), 1)
        self.assertEqual(account.run_ids[:1].trigger, "manual")
        self.assertFalse(account.requested_kinds)

    def test_a_broken_account_does_not_stop_the_others(self):
        broken, sound = self.new_account(), self.new_account()
        broken.next_sync = fields.Datetime.now() - timedelta(hours=1)
        self.sim.mailbox(broken.login)
        self.env["exchange.credential"]._set_secret(broken, "password", "wrong")
        ada = self.partner()
        self.drop(sound)
        self.tick()
        self.assertEqual(broken.state, "reconnect")
        self.assertEqual(len(self.messages_of(ada)), 1)

    def test_a_shorter_interval_is_raised_to_the_minimum(self):
        account = self.new_account()
        self.exchange.write({"interval_min": 10, "interval_default": 30})
        self.assertEqual(account.effective_interval, 30)
        account.interval = 3
        self.assertEqual(account.effective_interval, 10)
        account.interval = 45
        self.assertEqual(account.effective_interval, 45)

    def test_when_the_time_is_up_the_rest_follows_at_the_next_tick(self):
        account = self.new_account()
        ada = self.partner()
        for number in range(150):
            self.drop(account, subject=f"Mail {number}")
        run = account.sync(deadline=time.monotonic())
        self.assertEqual((run.state, run.filed), ("paused", 100))
        self.assertLessEqual(account.next_sync, fields.Datetime.now())
        run = account.sync()
        self.assertEqual((run.state, run.filed), ("done", 50))
        self.assertEqual(len(self.messages_of(ada)), 150)

    def test_old_runs_are_forgotten(self):
        account = self.new_account()
        run = account.sync()
        run.started = fields.Datetime.now() - timedelta(days=40)
        kept = account.sync()
        self.env["exchange.sync.run"]._gc_runs()
        self.assertFalse(run.exists())
        self.assertTrue(kept.exists())
