from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from ..client import (
    AuthenticationError,
    BadRequest,
    MailboxNotFound,
    PermissionDenied,
    Throttled,
    TransportError,
)
from .common import ExchangeCase

NO_LONGER = "The sign-in is no longer valid. Please sign in again."
PRESS = "Open your preferences, tab Office 365, and press Connect."
SECRET = (
    "The client secret of the app registration is wrong or has expired. Your "
    "administrator has to enter a new one."
)
ELSEWHERE = (
    "This mailbox is not in Microsoft 365: it is on premises or has no licence. "
    "Choose the Exchange server as service."
)
GRANT = (
    "Access was refused (ErrorAccessDenied). Your administrator has to grant the "
    "permissions Mail.ReadWrite, Calendars.ReadWrite and Contacts.ReadWrite for this "
    "mailbox."
)


@tagged("post_install", "-at_install")
class TestPanel(ExchangeCase):
    """The panel says in plain words how the account is and what to do."""

    def panel(self, account):
        return self.env["exchange.account"].with_user(account.user_id).get_panel()

    def test_connected(self):
        account = self.new_account()
        self.drop(account)
        account.sync()
        panel = self.panel(account)
        self.assertEqual((panel["waiting"], panel["failed"]), (1, 0))
        self.assertEqual(panel["sentence"], f"Connected as {account.login}.")
        self.assertEqual((panel["detail"], panel["action"]), ("", "sync"))
        self.assertTrue(panel["last_sync"] and panel["next_sync"])

    def test_not_connected(self):
        account = self.new_account()
        account.with_user(account.user_id).action_disconnect()
        panel = self.panel(account)
        self.assertIn("You are not connected yet.", panel["sentence"])
        self.assertEqual((panel["action"], panel["next_sync"]), ("connect", ""))

    def test_words_of_each_error(self):
        """Sentence, detail and helping button after each error a run can end with."""
        account = self.new_account(self.office)
        failed = (
            f"Connected as {account.login}, but the last attempt failed. The next one "
            "comes by itself."
        )
        busy = (
            f"Connected as {account.login}. The mail server is busy; the "
            "synchronisation goes on by itself."
        )
        busy_detail = "The mail server is busy. The synchronisation goes on later."
        away = "The mail server could not be reached: it is away"
        refused = "The mail server refused the request: no"
        table = [
            (AuthenticationError(reason="expired"), f"{NO_LONGER} {PRESS}", "connect"),
            (AuthenticationError(reason="client_secret"), SECRET, "sync"),
            (MailboxNotFound(), ELSEWHERE, "sync"),
            (PermissionDenied(code="ErrorAccessDenied"), failed, "sync", GRANT),
            (Throttled(retry_after=60), busy, "sync", busy_detail),
            (TransportError("it is away"), failed, "sync", away),
            (BadRequest("no"), failed, "sync", refused),
        ]
        for error, sentence, action, *detail in table:
            with self.subTest(type(error).__name__):
                account.write(
                    {"state": "connected", "failures": 0, "backoff_until": False}
                )
                account._note_client_error(error)
                panel = self.panel(account)
                self.assertEqual(panel["sentence"], sentence)
                self.assertEqual(panel["action"], action)
                self.assertEqual(panel["detail"], detail[0] if detail else "")

    def test_a_pause_that_is_over_is_not_mentioned(self):
        account = self.new_account()
        account.backoff_until = fields.Datetime.now() - timedelta(minutes=1)
        sentence = self.panel(account)["sentence"]
        self.assertEqual(sentence, f"Connected as {account.login}.")
