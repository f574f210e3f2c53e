from odoo.tests import tagged

from .common import ExchangeCase
from .real_mails import cpython_mails, odoo_mails


@tagged("post_install", "-at_install")
class TestRealMails(ExchangeCase):
    """Mails of the wild: each is filed, waiting or failed with a reason."""

    def _sync_all(self, mails):
        self.assertGreater(len(mails), 15)
        account = self.new_account()
        for name, raw in mails.items():
            with self.subTest(name):
                self.drop(account, raw)
        run = account.sync()
        rows = account.env["exchange.mail.source"].search(
            [("account_id", "=", account.id)]
        )
        self.assertEqual(len(rows), len(mails), "a mail was lost")
        self.assertIn(run.state, ("done", "partial"), run.error)
        failed = rows.mail_id.filtered(lambda mail: mail.state == "failed")
        self.assertFalse(failed.filtered(lambda mail: not mail.error))
        before = self._everything()
        again = account.sync()
        self.assertEqual((again.found, again.filed, again.waiting), (0, 0, 0))
        self.assertEqual(self._everything(), before, "the second run changed something")
        return failed

    def _everything(self):
        return [
            self.env[model].search_count([])
            for model in ("mail.message", "exchange.mail", "ir.attachment")
        ]

    def test_mails_of_cpython(self):
        failed = self._sync_all(cpython_mails())
        self.assertFalse(failed.mapped("error"))

    def test_mails_of_odoo(self):
        failed = self._sync_all(odoo_mails())
        self.assertFalse(failed.mapped("error"))
