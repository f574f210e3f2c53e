from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import ValidationError
from odoo.tests import Form, TransactionCase, tagged

from ..models import exchange_sync_mail, lane_turn
from ..models.exchange_account_engine import LAST_ANSWER
from ..models.exchange_account_lanes import LANES_PARAMETER
from .common import ExchangeCase


@tagged("post_install", "-at_install")
class TestLanes(ExchangeCase):
    """So many mailboxes at the same time as the administrator sets."""

    def crons(self):
        crons = self.env["ir.cron"].with_context(active_test=False)
        return crons.search([("code", "=", "model._cron_sync()")])

    def set_lanes(self, number):
        with Form(self.env["res.config.settings"]) as settings:
            settings.exchange_lanes = number
        settings.record.execute()

    def run_cron(self, cron):
        with self.enter_registry_test_mode():
            cron.method_direct_trigger()
        cron.invalidate_recordset()

    def test_lanes_come_and_go(self):
        for number in (4, 16, 2, 1):
            with self.subTest(lanes=number):
                self.set_lanes(number)
                self.assertEqual(len(self.crons()), number)
                settings = self.env["res.config.settings"].create({})
                self.assertEqual(settings.exchange_lanes, number)

    def test_what_a_lane_is_leaves_with_the_addon(self):
        """Nothing is left of it: the job and its action have XML ids, which an upgrade
        of the addon does not remove."""
        self.set_lanes(3)
        lanes = self.crons()
        for record in (*lanes, *lanes.ir_actions_server_id):
            row = self.env["ir.model.data"].search(
                [("model", "=", record._name), ("res_id", "=", record.id)]
            )
            self.assertEqual((row.module, row.noupdate), ("exchange_connector", True))
        actions = lanes.ir_actions_server_id
        self.set_lanes(1)
        self.assertEqual(len(actions.exists()), 1)

    def test_a_number_that_is_none(self):
        for number in (0, 17, -1):
            with self.assertRaisesRegex(ValidationError, "between 1 and 16"):
                self.env["exchange.account"]._set_lanes(number)
        self.assertEqual(len(self.crons()), 1)

    def test_a_lane_works(self):
        self.set_lanes(2)
        account = self.new_account()
        self.run_cron(self.env.ref("exchange_connector.ir_cron_sync_2"))
        self.assertEqual(account.run_ids.mapped("state"), ["done"])

    def test_a_lane_that_was_at_work_when_it_was_given_up(self):
        """It cannot be removed at that moment: it stops, and goes at night."""
        self.set_lanes(2)
        lane = self.env.ref("exchange_connector.ir_cron_sync_2")
        self.env["ir.config_parameter"].set_param(LANES_PARAMETER, "1")
        account = self.new_account()
        self.run_cron(lane)
        self.assertFalse(account.run_ids)
        self.assertFalse(lane.active)
        self.set_lanes(2)
        self.env["exchange.account"]._set_lanes(2)
        self.assertTrue(lane.active)
        self.env["ir.config_parameter"].set_param(LANES_PARAMETER, "1")
        self.env["exchange.account"]._gc_lanes()
        self.assertFalse(lane.exists())

    def test_lanes_of_a_schedule_that_is_switched_off(self):
        self.env.ref("exchange_connector.ir_cron_sync").active = False
        self.set_lanes(3)
        self.assertFalse(any(self.crons().mapped("active")))

    def test_what_is_left_when_the_time_is_up_follows_at_once(self):
        """Odoo itself would come back to it a minute later."""
        accounts = [self.new_account() for _each in range(2)]
        triggers = self.env["ir.cron.trigger"]
        triggers.search([]).unlink()
        cron = self.env.ref("exchange_connector.ir_cron_sync")
        with (
            patch.object(lane_turn, "_turns", lane_turn._Turns()),
            patch.object(lane_turn, "TICK_SECONDS", -1),
        ):
            self.run_cron(cron)
        self.assertFalse([each for each in accounts if each.run_ids])
        self.assertTrue(triggers.search([("cron_id", "=", cron.id)]))
        self.run_cron(cron)
        self.assertEqual([len(each.run_ids) for each in accounts], [1, 1])

    def test_who_waits_comes_first(self):
        account, late = self.new_account(), self.new_account()
        late.next_sync = fields.Datetime.now() - timedelta(minutes=30)
        account.with_user(account.user_id).action_sync()
        self.assertEqual(list(account._claim(1)), [account])
        self.assertEqual(list(account._claim(1)), [late])

    def test_whom_the_time_does_not_reach_keeps_his_place(self):
        """Or who has much to do would be the first of them each time."""
        accounts = [self.new_account() for _each in range(3)]
        due = [fields.Datetime.now() - timedelta(minutes=n) for n in (30, 20, 10)]
        for account, since in zip(accounts, due, strict=True):
            account.next_sync = since
        cron = self.env.ref("exchange_connector.ir_cron_sync")
        with (
            patch.object(lane_turn, "_turns", lane_turn._Turns()),
            patch.object(lane_turn, "TICK_SECONDS", LAST_ANSWER),
        ):
            self.run_cron(cron)
        self.assertEqual([account.next_sync for account in accounts], due)
        self.run_cron(cron)
        self.assertEqual([len(each.run_ids) for each in accounts], [1, 1, 1])

    def test_a_mailbox_with_much_to_do_makes_room_for_the_others(self):
        """It stops at a page, and goes on when all others have had their turn."""
        ada = self.partner()
        large, small = self.new_account(), self.new_account()
        large.next_sync -= timedelta(minutes=5)
        for number in range(7):
            self.drop(large, subject=f"Mail {number}")
        self.drop(small, subject="The only one")
        cron = self.env.ref("exchange_connector.ir_cron_sync")
        with (
            patch.object(exchange_sync_mail, "PAGE_SIZE", 2),
            patch.object(lane_turn, "turn", lambda until, n: 1 if n > 1 else until),
        ):
            self.run_cron(cron)
        runs = (large + small).run_ids.sorted("id")
        self.assertEqual(
            [(run.account_id, run.state) for run in runs],
            [(large, "paused"), (small, "done"), (large, "done")],
        )
        self.assertEqual(len(self.messages_of(ada)), 8)


@tagged("post_install", "-at_install")
class TestLaneTurn(TransactionCase):
    """A worker runs all lanes that are ready, and is killed when that takes too long:
    they share the time of one tick."""

    def setUp(self):
        super().setUp()
        self.now = 1000.0
        self.startPatcher(patch.object(lane_turn, "_turns", lane_turn._Turns()))
        self.startPatcher(patch.object(lane_turn.time, "monotonic", lambda: self.now))

    def work(self, lane, job, seconds):
        """:return: the seconds that the lane had"""
        had = lane_turn.begin(lane, job) - self.now
        self.now += seconds
        lane_turn.end()
        return had

    def test_lanes_of_one_worker_share_the_time(self):
        had = [self.work(lane, f"job {lane}", 15) for lane in (1, 2, 3, 4)]
        self.assertEqual(had, [40, 25, 10, -5])

    def test_a_job_that_odoo_repeats(self):
        had = [self.work(1, "same", 15) for _each in range(3)]
        self.assertEqual(had, [40, 25, 10])

    def test_the_next_turn_begins_anew(self):
        self.work(1, "first", 30)
        self.work(2, "first", 5)
        self.assertEqual(self.work(1, "second", 5), 40)

    def test_mailboxes_share_the_time_of_a_tick(self):
        turns = [lane_turn.turn(self.now + 30, number) for number in (1, 2, 3, 30)]
        self.assertEqual([turn - self.now for turn in turns], [30, 15, 10, 8])
        self.assertEqual(lane_turn.turn(self.now + 3, 5) - self.now, 3)

    def test_a_worker_that_has_slept(self):
        self.work(1, "first", 30)
        self.now += 60
        self.assertEqual(self.work(2, "first", 5), 40)
