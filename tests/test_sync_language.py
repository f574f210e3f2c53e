from odoo.tests import tagged

from .common import ExchangeCase
from .german import German


@tagged("post_install", "-at_install")
class TestSyncLanguage(German, ExchangeCase):
    """The scheduler knows no language; users do."""

    def test_what_is_noted_with_a_mail(self):
        """M7: what was left out, in the chatter."""
        account = self.new_account()
        account.server_id.attachment_limit = 1
        partner = self.partner()
        self.drop(account, attachments=[("a.zip", b"x" * 2**21, "application/zip")])
        account.with_context(lang=None).sync(("mail",))
        self.assertIn("Nicht aus Outlook übertragen", self.messages_of(partner).body)

    def test_what_the_log_says(self):
        """R3: of a folder that was deleted in Outlook."""
        account = self.new_account()
        mailbox = self.sim.mailbox(account.login)
        mailbox.remove_container(mailbox.find_container(self.folder(account)))
        account.requested_kinds = "mail"
        run = account.with_context(lang=None).sync(("mail",))
        self.assertIn("wurde in Outlook gelöscht", run.error)
        self.assertIn("wurde in Outlook gelöscht", account.last_error)
