from odoo.tests import tagged

from .common import ExchangeCase
from .simulator import Fault


@tagged("post_install", "-at_install")
class TestFolders(ExchangeCase):
    """Transfer folders that cannot be broken."""

    def incoming(self, account):
        return account.folder_ids.filtered(lambda row: row.direction == "incoming")

    def container(self, account):
        mailbox = self.sim.mailbox(account.login)
        return mailbox, mailbox.find_container(self.incoming(account).remote_id)

    def pressed(self, account):
        """A run as after the user's button."""
        account.requested_kinds = "mail"
        return account.sync(["mail"])

    def test_created_below_the_inbox_in_the_users_language(self):
        account = self.new_account()
        names = {row.direction: row.name for row in account.folder_ids}
        expected = {"incoming": "Transfer Incoming", "outgoing": "Transfer Outgoing"}
        self.assertEqual(names, expected)
        _mailbox, container = self.container(account)
        self.assertEqual(container.path(), "Inbox/Transfer Incoming")
        account.with_user(account.user_id).action_create_folders()
        self.assertEqual(len(account.folder_ids), 2)

    def test_renamed(self):
        account = self.new_account(self.office)
        account.sync()
        _mailbox, container = self.container(account)
        container.name = "To Odoo"
        self.partner()
        self.drop(account)
        run = self.pressed(account)
        self.assertEqual((run.filed, run.error), (1, False))
        self.assertEqual(self.incoming(account).name, "To Odoo")

    def test_moved_elsewhere(self):
        account = self.new_account(self.office)
        account.sync()
        mailbox, container = self.container(account)
        mailbox.move_container(container, mailbox.make_path("Projects"))
        self.partner()
        self.drop(account)
        self.assertEqual(self.pressed(account).filed, 1)

    def test_deleted_is_created_again_and_said(self):
        for server in (self.office, self.exchange):
            account = self.new_account(server)
            account.sync()
            mailbox, container = self.container(account)
            mailbox.remove_container(container)
            run = self.pressed(account)
            self.assertIn("created again", run.error)
            self.assertIn("created again", account.last_error)
            _mailbox, container = self.container(account)
            self.assertEqual(container.path(), "Inbox/Transfer Incoming")
            self.partner()
            self.drop(account)
            self.assertEqual(account.sync().filed, 1)
            self.env["res.partner"].search([("name", "=", "Ada Lovelace")]).unlink()

    def test_a_folder_that_was_not_found_in_error_keeps_its_mails(self):
        for server in (self.office, self.exchange):
            account = self.new_account(server)
            account.sync()
            row = self.incoming(account)
            mailbox, container = self.container(account)
            mailbox.move_container(container, mailbox.find_container("archive"))
            partner = self.partner(f"ada{server.id}@customer.example")
            self.drop(account, sender=partner.email)
            remote_id = row.remote_id
            # It asks several folders at once, and then the one.
            self.sim.faults.add(Fault.status(404), match="GET .*delta", count=2)
            run = account.sync()
            self.assertFalse(run.error)
            self.assertEqual((row.remote_id, run.filed), (remote_id, 1))

    def test_moved_to_the_deleted_items(self):
        account = self.new_account(self.office)
        account.sync()
        mailbox, container = self.container(account)
        mailbox.move_container(container, mailbox.find_container("deleteditems"))
        run = self.pressed(account)
        self.assertIn("created again", run.error)
        _mailbox, container = self.container(account)
        self.assertEqual(container.path(), "Inbox/Transfer Incoming")

    def test_several_folders_of_one_direction(self):
        account = self.new_account()
        mailbox = self.sim.mailbox(account.login)
        with mailbox.lock:
            other = mailbox.make_path("Inbox/Offers")
        rows = [
            {"id": row.remote_id, "name": row.name, "direction": row.direction}
            for row in account.folder_ids
        ]
        rows.append({"id": other.id, "name": "Offers", "direction": "incoming"})
        account.with_user(account.user_id).action_set_folders(rows)
        ada = self.partner()
        self.drop(account, subject="in the first")
        self.sim.drop(account.login, "Inbox/Offers", self.eml(subject="in the other"))
        self.assertEqual(account.sync().filed, 2)
        self.assertEqual(len(self.messages_of(ada)), 2)
        account.with_user(account.user_id).action_set_folders(rows[:2])
        self.assertEqual(len(account.folder_ids), 2)

    def test_marked_in_outlook_on_wish(self):
        for server in (self.office, self.exchange):
            account = self.new_account(server, mail_mark_transferred=True)
            self.partner(name="Ada of the mark")
            item = self.drop(account)
            item.data["categories"] = ["Red"]
            account.sync()
            self.assertEqual(item.data["categories"], ["Red", "Odoo"])
            account.sync()
            self.assertEqual(account.sync().found, 0)
            self.env["res.partner"].search([("name", "like", "of the mark")]).unlink()
