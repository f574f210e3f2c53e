import time
from datetime import timedelta
from functools import partial
from unittest.mock import patch

from odoo import fields
from odoo.tests import new_test_user, tagged

from ..client import Pace, session
from ..models import exchange_account_engine as engine
from ..models import exchange_account_schedule as schedule
from ..models import lane_turn, mailbox_glance
from ..models.mailbox_glance import Glances
from .common import PASSWORD, ExchangeCase
from .simulator import Fault

# Nobody listens there.
DOWN = "http://localhost:9/exchangeRestApi/api/ChildFolders"


@tagged("post_install", "-at_install")
class TestSchedule(ExchangeCase):
    """One cron synchronises what is due, oldest first."""

    def requests(self):
        return len([entry for entry in self.sim.requests if not entry.in_batch])

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
        requests = self.requests()
        mine = self.env["exchange.account"].with_user(account.user_id)
        mine.action_sync_mine(["mail"])
        self.assertEqual(self.requests(), requests, "no network yet")
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
        self.assertEqual(run.state, "paused")
        self.assertLess(run.filed, 150)
        self.assertLessEqual(account.next_sync, fields.Datetime.now())
        rest = account.sync()
        self.assertEqual((rest.state, rest.filed), ("done", 150 - run.filed))
        self.assertEqual(len(self.messages_of(ada)), 150)

    def test_old_runs_are_forgotten(self):
        account = self.new_account()
        run = account.sync()
        run.started = fields.Datetime.now() - timedelta(days=40)
        kept = account.sync()
        self.env["exchange.sync.run"]._gc_runs()
        self.assertFalse(run.exists())
        self.assertTrue(kept.exists())

    def idle_accounts(self, number):
        """Accounts that were synchronised and are due again."""
        accounts = self.env["exchange.account"]
        for account in [self.new_account() for _each in range(number)]:
            account.sync()
            account.sync()  # what has settled by itself meanwhile
            account.next_sync = fields.Datetime.now() - timedelta(minutes=1)
            accounts += account
        return accounts

    def test_idle_accounts_cost_one_request_each_and_few_queries_together(self):
        accounts = self.idle_accounts(8)
        queries = []
        for due in (self.env["exchange.account"], accounts):
            accounts.next_sync = fields.Datetime.now() + timedelta(hours=1)
            due.next_sync = fields.Datetime.now() - timedelta(minutes=1)
            self.env.flush_all()
            self.env.invalidate_all()
            requests = self.requests()
            before = self.env.cr.sql_log_count
            self.tick()
            queries.append(self.env.cr.sql_log_count - before)
        self.assertLess(queries[1] - queries[0], 6 * len(accounts))
        self.assertEqual(self.requests() - requests, len(accounts))
        for account in accounts:
            run = account.run_ids.sorted("id")[-1:]
            self.assertEqual((run.state, run.trigger), ("done", "schedule"))
            self.assertEqual(run.kinds, "mail,event,contact")
            self.assertGreater(account.next_sync, fields.Datetime.now())

    def test_what_is_new_is_found_among_idle_accounts(self):
        accounts = self.idle_accounts(3)
        ada = self.partner()
        self.drop(accounts[1])
        self.tick()
        self.assertEqual(len(self.messages_of(ada)), 1)
        self.assertEqual([len(each.run_ids) for each in accounts], [3, 3, 3])

    def test_a_wrong_password_is_tried_once(self):
        account, sound = self.idle_accounts(2)
        self.env["exchange.credential"]._set_secret(account, "password", "wrong")
        requests = self.requests()
        self.tick()
        self.assertEqual(self.requests() - requests, 2)
        self.assertEqual((account.state, sound.state), ("reconnect", "connected"))

    def test_an_error_that_is_over_is_cleared_away(self):
        account = self.idle_accounts(1)
        account.write({"last_error": "Once upon a time", "failures": 2})
        self.tick()
        self.assertEqual((account.last_error, account.failures), (False, 0))

    def test_a_server_that_is_down_does_not_hold_up_the_others(self):
        # The same patience, with shorter pauses in between.
        self.startPatcher(patch.object(session, "Pace", partial(Pace, first=0.01)))
        accounts = self.idle_accounts(2)
        down = self.env["exchange.server"].create(
            {"name": "Down", "service": "exchange", "folders_url": DOWN}
        )
        lost = self.idle_accounts(6)
        lost.server_id = down
        for account in lost:
            account.write({"password": PASSWORD, "state": "connected"})
            account.next_sync = fields.Datetime.now() - timedelta(minutes=1)
        self.tick()
        self.assertEqual(accounts.mapped("run_ids.state"), ["done"] * 6)
        self.tick()  # those that there was no time for
        for account in lost:
            self.assertEqual(account.failures, 1)
            self.assertGreater(account.next_sync, fields.Datetime.now())

    def test_a_button_pressed_while_the_mailbox_is_looked_at(self):
        account = self.idle_accounts(1)
        look = Glances.look

        def pressed(glances, targets):
            account.requested_kinds = "mail"
            account.flush_recordset()
            return look(glances, targets)

        with patch.object(Glances, "look", pressed):
            self.tick()
        self.assertEqual(account.run_ids.sorted("id")[-1:].trigger, "manual")
        self.assertFalse(account.requested_kinds)

    def test_a_server_that_hangs(self):
        """It does not hold the lane: what is asked of it ends with the tick, and its
        mailboxes are left alone for a while."""
        hanging, asked = self.idle_accounts(2)
        self.sim.faults.add(Fault.slow(20), match=".*", count=None)
        self.addCleanup(self.sim.faults.clear)
        with (
            patch.object(lane_turn, "_turns", lane_turn._Turns()),
            patch.object(lane_turn, "TICK_SECONDS", 4),
            patch.object(schedule, "LAST_ANSWER", 0.5),
            patch.object(engine, "LAST_ANSWER", 0.5),
            patch.object(mailbox_glance, "SHORTEST", 0.5),
            patch.object(session, "SHORTEST", 0.5),
        ):
            for account in (hanging, asked):
                (hanging + asked).next_sync = fields.Datetime.now() + timedelta(hours=1)
                account.next_sync = fields.Datetime.now() - timedelta(minutes=1)
                # A button was pressed: the mailbox is opened, and not only looked at.
                asked.requested_kinds = account == asked and "mail"
                self.tick()
                self.assertEqual(account.failures, 1)
