from odoo.tests import tagged

from .common import ExchangeCase, make_eml


@tagged("post_install", "-at_install")
class TestMailSync(ExchangeCase):
    """Mails of the transfer folders in the chatter of the right contact."""

    def test_incoming_mail_is_filed_on_its_sender(self):
        account = self.new_account()
        ada = self.partner()
        self.drop(account, subject="Grüße aus Köln", html="<p>Hello <b>you</b></p>")
        run = account.sync()
        self.assertEqual((run.state, run.filed, run.error), ("done", 1, False))
        message = self.messages_of(ada)
        self.assertEqual(len(message), 1)
        self.assertEqual(message.subject, "Grüße aus Köln")
        self.assertEqual(message.author_id, ada)
        self.assertIn("<b>you</b>", message.body)
        self.assertEqual(str(message.date), "2026-11-10 08:30:00")

    def test_second_run_changes_nothing(self):
        account = self.new_account()
        ada = self.partner()
        self.drop(account)
        account.sync()
        run = account.sync()
        self.assertEqual((run.state, run.found), ("done", 0))
        self.assertEqual(len(self.messages_of(ada)), 1)

    def test_over_graph_with_password(self):
        account = self.new_account(server=self.office)
        ada = self.partner()
        self.drop(account)
        run = account.sync()
        self.assertEqual((run.state, run.filed, run.error), ("done", 1, False))
        self.assertEqual(len(self.messages_of(ada)), 1)

    def test_outgoing_mail_is_filed_on_every_recipient(self):
        account = self.new_account()
        ada, bob = self.partner(), self.partner("bob@customer.example", name="Bob")
        self.drop(
            account,
            make_eml(
                sender=account.login,
                to="ada@customer.example, Nobody <nobody@nowhere.example>",
                cc="Bob <BOB@customer.example>",
            ),
            "outgoing",
        )
        account.sync()
        for partner in (ada, bob):
            self.assertEqual(len(self.messages_of(partner)), 1)
            self.assertEqual(
                self.messages_of(partner).author_id, account.user_id.partner_id
            )
