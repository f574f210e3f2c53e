from odoo.tests import tagged

from .common import ExchangeCase, make_eml


@tagged("post_install", "-at_install")
class TestMailCost(ExchangeCase):
    """What a synchronisation asks of the mailbox and of the database."""

    def _requests(self):
        return len([entry for entry in self.sim.requests if not entry.in_batch])

    def _queries(self, work):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        work()
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def test_idle(self):
        account = self.new_account()
        account.sync()
        account.sync()
        requests = self._requests()
        queries = self._queries(account.sync)
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
        queries = self._queries(account.sync)
        self.assertLessEqual(queries / 300, 0.5)
