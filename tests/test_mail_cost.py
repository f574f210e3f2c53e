from odoo.tests import tagged

from ..models import exchange_sync_mail
from .common import ExchangeCase, make_eml


@tagged("post_install", "-at_install")
class TestMailCost(ExchangeCase):
    """What a synchronisation asks of the mailbox and of the database."""

    def _requests(self):
        return len([entry for entry in self.sim.requests if not entry.in_batch])

    def test_idle(self):
        account = self.new_account()
        account.sync()
        account.sync()
        requests = self._requests()
        queries = self.queries(account.sync)
        self.assertEqual(self._requests() - requests, 1)
        self.assertLessEqual(queries, 6)

    def test_queries_a_mail(self):
        account = self.new_account()
        for number in range(300):
            email = f"p{number}@customer.example"
            self.partner(email, name=f"Partner {number}")
            self.drop(account, make_eml(sender=email, subject=f"Mail {number}"))
        account.sync()
        for number in range(300):
            email = f"p{number}@customer.example"
            self.drop(account, make_eml(sender=email, subject=f"Mail {number}"))
        queries = self.queries(account.sync)
        self.assertLessEqual(queries / 300, 0.5)

    def test_the_database_knows_how_many_there_are(self):
        """Lists of thousands of e-mails must not wait for the autovacuum."""
        self.patch(exchange_sync_mail, "ANALYZE_AFTER", 30)
        self.env.cr.execute("ANALYZE exchange_mail_source")
        before = self._known_size()
        account = self.new_account()
        for number in range(40):
            self.drop(account, subject=f"Mail {number}")
        account.sync()
        self.assertGreaterEqual(self._known_size(), before + 40)

    def _known_size(self):
        sql = "SELECT reltuples FROM pg_class WHERE relname = 'exchange_mail_source'"
        self.env.cr.execute(sql)
        return self.env.cr.fetchone()[0]
