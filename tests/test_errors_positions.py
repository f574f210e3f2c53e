import re

from odoo.tests import tagged

from .calendar_case import ahead
from .common import signed_eml
from .error_case import ErrorCase
from .fault_case import Fault

NOT_FOUND = Fault.status(404, "ErrorItemNotFound")


@tagged("post_install", "-at_install")
class TestErrorsPositions(ErrorCase):
    """Places to go on from that the server does not find any more, without saying that
    it has forgotten them; and single items that always take too long."""

    def add_event(self, account, subject, day):
        values = {"start": ahead(day, 9), "end": ahead(day, 10)}
        return self.sim.add_event(account.login, subject=subject, **values)

    def events_of(self, account):
        links = self.env["exchange.event.link"].search(
            [("account_id", "=", account.id)]
        )
        return sorted(links.event_id.mapped("name"))

    def lose(self, link):
        """The server does not find a place to go on from any more."""
        _path, _mark, token = link.partition("deltatoken=")
        self.fault(NOT_FOUND, f"GET .*{re.escape(token)}")

    def test_of_a_folder(self):
        account = self.new_account(mail_delete_after_transfer=False)
        self.drop(account)
        self.run_sync(account)
        folders = account.folder_ids.mapped("remote_id")
        for folder in account.folder_ids:
            self.lose(folder.delta_link)
        self.drop(account)
        run = self.run_sync(account)
        self.assertEqual((run.state, run.found), ("done", 1))
        self.assertEqual(account.folder_ids.mapped("remote_id"), folders)
        self.assertFiledInTheEnd(account, 2)

    def test_at_which_the_server_always_fails(self):
        account = self.new_account(mail_delete_after_transfer=False)
        self.drop(account)
        self.run_sync(account)
        link = account.folder_ids.sorted("id")[0].delta_link
        token = re.escape(link.partition("deltatoken=")[2])
        self.fault(Fault.status(500), f"GET .*{token}")
        self.drop(account)
        for _attempt in range(4):
            self.assertEqual(self.run_sync(account, kinds=("mail",)).state, "failed")
        run = self.run_sync(account, kinds=("mail",))
        self.assertEqual((run.state, run.found), ("done", 1))
        self.assertFiledInTheEnd(account, 2)

    def test_of_a_calendar(self):
        account = self.new_account()
        self.add_event(account, "Stays", 2)
        goes = self.add_event(account, "Goes", 3)
        self.run_sync(account, kinds=("event",))
        self.lose(self.env["exchange.calendar"]._of_account(account).delta_link)
        self.sim.delete_event(account.login, goes.immutable_id)
        self.add_event(account, "New", 4)
        run = self.run_sync(account, kinds=("event",))
        self.assertEqual((run.state, run.error), ("done", False))
        self.assertEqual(self.events_of(account), ["New", "Stays"])

    def test_of_the_contacts(self):
        account = self.new_account()
        self.ada.with_user(account.user_id).exchange_subscribed = True
        self.run_sync(account, kinds=("contact",))
        self.lose(account.contact_delta_link)
        bob = self.partner("bob@customer.example", name="Bob")
        bob.with_user(account.user_id).exchange_subscribed = True
        run = self.run_sync(account, kinds=("contact",))
        self.assertEqual((run.state, run.created), ("done", 1))
        rows = account.subscription_ids
        self.assertEqual(rows.mapped("state"), ["synced", "synced"])

    def test_of_a_calendar_that_is_not_there(self):
        account = self.new_account()
        self.fault(NOT_FOUND, "GET .*events/delta")
        run = self.run_sync(account, kinds=("event",))
        self.assertEqual(run.state, "failed")
        self.assertIn("press Test connection", run.error)

    def test_a_mail_that_always_takes_too_long(self):
        account = self.new_account()
        items = [self.drop(account, subject=f"Mail {number}") for number in range(4)]
        self.fault(Fault.status(504, "UnknownError"), self.reading(items[1]))
        run = self.run_sync(account)
        self.assertEqual((run.state, run.filed, run.failed), ("partial", 3, 1))
        self.assertFalse(account.backoff_until)

    def test_a_part_of_a_mail_that_always_takes_too_long(self):
        account = self.new_account()
        self.drop(account, signed_eml())
        self.drop(account, subject="Plain")
        self.fault(Fault.status(504, "UnknownError"), r"GET .*\$value")
        run = self.run_sync(account)
        self.assertEqual((run.state, run.filed, run.failed), ("partial", 1, 1))
        self.assertFalse(account.backoff_until)

    def test_a_user_name_that_microsoft_does_not_know(self):
        account = self.new_account(server=self.office)
        error = Fault.status(404, "Request_ResourceNotFound", "Resource does not exist")
        self.fault(error)
        run = self.run_sync(account, kinds=("mail",))
        self.assertEqual(account.state, "error")
        self.assertIn(f"does not know the user name {account.login}", run.error)
