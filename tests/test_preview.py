from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from ..client import counts
from .calendar_case import CalendarCase, every_day
from .common import PASSWORD
from .simulator.faults import Fault


@tagged("post_install", "-at_install")
class TestPreview(CalendarCase):
    """Before the first synchronisation the user sees what it will do, and says go."""

    def connected(self, server=None, **values):
        """An account as it is when its user has just connected and chosen folders."""
        account = self.new_account(server, **values)
        account.next_sync = False
        return account

    def row(self, account, kind="mail"):
        rows = {row["kind"]: row for row in account._preview()}
        return rows[kind]

    def run_schedule(self):
        with self.enter_registry_test_mode():
            self.env.ref("exchange_connector.ir_cron_sync").method_direct_trigger()
        self.env.invalidate_all()

    def test_connecting_starts_nothing(self):
        """Neither with a password, nor with what Microsoft's page gives."""
        for server in (self.exchange, self.office):
            account = self.connected(server)
            account._connect()
            self.assertTrue(account.awaits_start)
            self.drop(account)
            self.run_schedule()
            self.assertFalse(account.run_ids)
            self.assertFalse(account.last_sync)

    def test_go(self):
        account = self.connected()
        mine = account.with_user(account.user_id)
        ada = self.partner()
        self.drop(account)
        answer = mine.action_sync(["mail"])
        self.assertEqual(answer["tag"], "exchange_connector_preview")
        self.assertFalse(account.requested_kinds)
        said = mine.action_start()["params"]
        self.assertEqual(said["message"], "The first synchronisation has been started.")
        self.assertFalse(account.awaits_start)
        self.run_schedule()
        self.assertEqual(len(self.messages_of(ada)), 1)
        self.assertEqual(account.run_ids.trigger, "manual")
        self.assertEqual(mine.action_sync()["tag"], "display_notification")

    def test_in_code_it_is_the_go_itself(self):
        account = self.connected()
        account.sync()
        self.assertTrue(account.last_sync and account.next_sync)
        self.assertFalse(account.awaits_start)

    def test_connecting_again_goes_on(self):
        account = self.connected()
        account.sync()
        account.with_user(account.user_id).action_disconnect()
        self.assertFalse(account.awaits_start)
        account.password = PASSWORD
        account._connect()
        self.assertFalse(account.awaits_start)
        self.assertLessEqual(account.next_sync, fields.Datetime.now())

    def test_another_mailbox_is_another_first_time(self):
        account = self.connected()
        account.sync()
        self.sim.add_mailbox("other@contoso.example", PASSWORD)
        account.login = "other@contoso.example"
        account.password = PASSWORD
        account._connect()
        self.assertTrue(account.awaits_start)

    def test_mails_are_counted_and_left_alone(self):
        for server in (self.exchange, self.office):
            account = self.connected(server)
            self.drop(account)
            self.drop(account)
            self.drop(account, direction="outgoing")
            row = self.row(account)
            self.assertEqual((row["count"], row["more"]), (3, False))
            self.assertFalse(row["problem"])
            self.assertIn("Transfer Incoming, Transfer Outgoing", row["text"])
            self.assertNotIn("deleted", row["text"])
            self.assertFalse(self.mails_of(account))
            account.mail_delete_after_transfer = True
            self.assertIn("are deleted in these folders", self.row(account)["text"])

    def test_no_folders_yet(self):
        account = self.connected()
        account.folder_ids.unlink()
        row = self.row(account)
        self.assertEqual(row["count"], 0)
        self.assertIn("no transfer folders have been chosen yet", row["text"])

    def test_events_of_the_window_are_counted(self):
        for server in (self.exchange, self.office):
            account = self.connected(server, event_days_past=10, event_days_ahead=20)
            self.add(account, recurrence=every_day(5))
            for days in (-11, -9, 19, 22):
                self.add(account, days=days)
            row = self.row(account, "event")
            self.assertEqual((row["count"], row["more"]), (7, False))
            self.assertNotIn("only those", row["text"])
            self.assertFalse(self.env["exchange.event.link"].search([]))
            account.event_private = "skip"
            self.assertIn("only those", self.row(account, "event")["text"])

    def test_very_many_events_are_not_counted_to_the_end(self):
        account = self.connected()
        self.add(account, recurrence=every_day(30))
        with patch.object(counts, "MOST_EVENTS", 20):
            row = self.row(account, "event")
        self.assertEqual((row["count"], row["more"]), (20, True))

    def test_calendar_that_may_not_be_read(self):
        account = self.connected()
        self.sim.faults.add(
            Fault.status(403, "ErrorAccessDenied"), match="GET .*(calendarView|events)"
        )
        self.addCleanup(self.sim.faults.clear)
        self.drop(account)
        self.assertIn("refused access", self.row(account, "event")["problem"])
        self.assertEqual(self.row(account)["count"], 1)

    def test_mailbox_that_does_not_answer(self):
        account = self.connected()
        self.sim.faults.add(Fault.status(503, "ServiceUnavailable"), match=".*batch")
        self.addCleanup(self.sim.faults.clear)
        row = self.row(account)
        self.assertIsNone(row["count"])
        self.assertIn("The mail server is busy", row["problem"])

    def test_administrators_start_many(self):
        accounts = self.connected() + self.connected() + self.new_account()
        admin = self.env.ref("base.user_admin")
        said = accounts.with_user(admin).action_start()["params"]
        self.assertIn("2 of 3 accounts have been started.", said["message"])
        self.assertIn("The others are not connected", said["message"])
        self.assertFalse(any(accounts.mapped("awaits_start")))

    def test_nobody_starts_for_another(self):
        account = self.connected()
        other = new_test_user(self.env, "otto")
        with self.assertRaises(AccessError):
            account.with_user(other).action_start()
        self.assertTrue(account.awaits_start)
