from odoo.tests import tagged

from .event_case import EventCase


@tagged("post_install", "-at_install")
class TestEventCost(EventCase):
    """What a synchronisation of events asks of the mailbox and of the database."""

    def fill(self, account, count):
        """Events with three attendees each; some of them are contacts."""
        for number in range(10):
            self.partner(f"p{number}@customer.example", name=f"Partner {number}")
        people = [
            self.attendee(f"{kind}{number}@customer.example")
            for number in range(10)
            for kind in ("p", "x")
        ]
        return [
            self.add(
                account,
                subject=f"Event {number}",
                days=number % 300,
                attendees=[people[(number + k) % 20] for k in range(3)],
                body={"contentType": "html", "content": f"<p>Text {number}</p>"},
            )
            for number in range(count)
        ]

    def test_idle(self):
        account = self.new_account()
        self.fill(account, 3)
        self.sync(account)
        self.sync(account)
        before = len(self.sim.requests)
        queries = self.queries(lambda: account.sync(("event",)))
        outer = [each for each in list(self.sim.requests)[before:] if not each.in_batch]
        self.assertEqual(len(outer), 1)
        self.assertLessEqual(queries, 6)

    def test_first_reading(self):
        account = self.new_account()
        self.fill(account, 800)
        queries = self.queries(lambda: self.sync(account))
        self.assertEqual(len(self.events(account)), 800)
        self.assertLessEqual(queries / 800, 0.25)

    def test_some_changes(self):
        account = self.new_account()
        items = self.fill(account, 300)
        self.sync(account)
        for item in items[::10]:
            self.sim.change_event(account.login, item.immutable_id, subject="New")
        queries = self.queries(lambda: self.sync(account))
        self.assertEqual(len(self.events(account, "New")), 30)
        self.assertLessEqual(queries, 40)

    def test_a_change_that_changes_nothing(self):
        account = self.new_account()
        item = self.add(account)
        self.sync(account)
        event = self.events(account)
        before = event.write_date
        self.env.cr.execute(
            "UPDATE calendar_event SET write_date = '2020-01-01' WHERE id = %s",
            [event.id],
        )
        event.invalidate_recordset()
        self.sim.change_event(account.login, item.immutable_id, importance="high")
        run = self.sync(account)
        self.assertEqual((run.found, run.updated), (1, 0))
        self.assertLess(event.write_date, before)
