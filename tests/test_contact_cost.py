from odoo.tests import tagged

from .contact_case import ContactCase

MANY = 5000


@tagged("post_install", "-at_install")
class TestContactCost(ContactCase):
    """What contacts ask of the mailbox and of the database."""

    def _requests(self):
        """(HTTP requests, $batch among them)"""
        entries = [entry for entry in self.sim.requests if not entry.in_batch]
        return len(entries), sum(entry.method == "POST" for entry in entries)

    def _cost(self, work):
        """:return: (HTTP requests, $batch among them, queries, statements)"""
        self.env.flush_all()
        self.env.invalidate_all()
        before = self._requests()
        queries = self.env.cr.sql_log_count
        statements = []
        execute = type(self.env.cr).execute

        def watched(cursor, query, *args, **options):
            statements.append(str(query))
            return execute(cursor, query, *args, **options)

        self.patch(type(self.env.cr), "execute", watched)
        work()
        self.env.flush_all()
        after = self._requests()
        return (
            after[0] - before[0],
            after[1] - before[1],
            self.env.cr.sql_log_count - queries,
            statements,
        )

    def test_nothing_changed(self):
        self.subscribe(self.many(60))
        self.sync()
        requests, _batches, queries, statements = self._cost(self.sync)
        self.assertEqual(requests, 1)
        self.assertLessEqual(queries, 7)
        read = [text for text in statements if '"res_partner"."name"' in text]
        self.assertFalse(read, "a partner was read")

    def test_no_subscription(self):
        self.sync()
        requests, _batches, queries, _statements = self._cost(self.sync)
        self.assertEqual(requests, 0)
        self.assertLessEqual(queries, 5)

    def test_fifty_changed(self):
        people = self.many(120)
        self.subscribe(people)
        self.sync()
        people[:50].write({"phone": "+44 1"})
        requests, batches, _queries, _statements = self._cost(self.sync)
        # the probe, three pages of twenty, and what came of it
        self.assertEqual((requests, batches), (5, 4))

    def test_subscribing_thousands(self):
        self.env.cr.execute(
            """INSERT INTO res_partner (name, complete_name, active, type)
               SELECT 'X', 'X', true, 'contact' FROM generate_series(1, %s)
            RETURNING id""",
            [MANY],
        )
        people = self.env["res.partner"].browse(r[0] for r in self.env.cr.fetchall())
        *_requests, queries, _statements = self._cost(lambda: self.subscribe(people))
        self.assertEqual(len(self.account.subscription_ids), MANY)
        self.assertLessEqual(queries, 30)
        *_requests, queries, _statements = self._cost(lambda: self.unsubscribe(people))
        self.assertLessEqual(queries, 30)

    def test_reading_a_page(self):
        company = self.partner("c@x.example", name="Contoso", is_company=True)
        people = self.many(1000, parent_id=company.id, comment="<p>Note</p>")
        sync = self.env["exchange.sync.contact"]
        bodies = {}

        def read():
            bodies.update(sync._read_bodies(self.account, people.ids))

        read()  # what the process keeps in memory is there
        self.assertLessEqual(self._cost(read)[2], 10)
        self.assertEqual(len(bodies), 1000)
