from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import ExchangeCase, make_eml


@tagged("post_install", "-at_install")
class TestServerArchive(ExchangeCase):
    """A service that is archived rests, says so, and goes on where it was."""

    def setUp(self):
        super().setUp()
        self.account = self.new_account()
        self.user = self.account.user_id
        self.ada = self.partner()
        self.drop(self.account, subject="Before")
        self.account.sync()
        self.account.next_sync = fields.Datetime.now()

    def tick(self):
        with self.enter_registry_test_mode():
            self.env.ref("exchange_connector.ir_cron_sync").method_direct_trigger()

    def subjects(self):
        return self.messages_of(self.ada).mapped("subject")

    def archive(self):
        self.exchange.action_archive()
        self.drop(self.account, subject="Meanwhile")

    def panel(self):
        return self.env["exchange.account"].with_user(self.user).get_panel()

    def test_it_rests_and_goes_on(self):
        self.archive()
        requests = len(self.sim.requests)
        self.tick()
        self.assertEqual(len(self.sim.requests), requests)
        self.assertEqual(self.subjects(), ["Before"])
        self.assertEqual(self.account.state, "connected")
        self.account.next_sync = fields.Datetime.now() + timedelta(hours=2)
        self.exchange.action_unarchive()
        self.tick()
        self.assertEqual(self.subjects(), ["Before", "Meanwhile"])
        self.assertEqual(
            self.panel()["sentence"], f"Connected as {self.account.login}."
        )

    def test_others_go_on(self):
        other = self.new_account(self.office)
        self.drop(other, make_eml(message_id="<o@x>", subject="Of another"))
        self.archive()
        self.tick()
        self.assertEqual(self.subjects(), ["Before", "Of another"])

    def test_the_user_is_told_why(self):
        self.user.lang = "en_US"
        self.archive()
        panel = self.panel()
        self.assertIn("Exchange has been archived: nothing", panel["sentence"])
        self.assertEqual((panel["action"], panel["next_sync"]), ("", ""))
        run = self.account.run_ids.sorted("id")[-1]
        self.assertEqual((run.state, run.error), ("paused", panel["sentence"]))
        with self.assertRaisesRegex(UserError, "has been archived"):
            self.env["exchange.account"].with_user(self.user).action_sync_mine()
        run = self.account.sync()
        self.assertEqual((run.state, run.error), ("failed", panel["sentence"]))
        self.exchange.action_unarchive()
        self.assertEqual(self.account.failures, 0)
        self.assertEqual(self.account.sync().filed, 1)
        self.assertFalse(self.account.last_error)

    def test_nobody_waits_for_what_was_asked_for(self):
        mine = self.env["exchange.account"].with_user(self.user)
        mine.action_sync_mine(["mail"])
        self.archive()
        self.assertEqual(mine.get_progress(), {})
        self.account._request(["mail"])
        self.assertEqual(mine.get_progress(), {})

    def test_whoever_never_began_is_not_begun(self):
        fresh = self.new_account()
        fresh.next_sync = False
        self.exchange.action_archive()
        self.assertFalse(fresh.run_ids)
        self.exchange.action_unarchive()
        self.assertFalse(fresh.next_sync)
        self.assertTrue(self.account.next_sync)
