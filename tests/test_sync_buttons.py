import json

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
