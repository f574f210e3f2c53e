"""Exchange without a service between: the same tests, with Odoo speaking to it."""

from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .common import PASSWORD
from .test_contact_sync import TestContactSync
from .test_event_sync import TestEventSync
from .test_mail_sync import TestMailSync


class EmbeddedExchange:
    """For classes of tests: their Exchange server is spoken to by Odoo itself."""

    allow_inherited_tests_method = True

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.exchange.write(
            {
                "folders_url": "embedded:",
                "events_url": False,
                "contacts_url": False,
                "ews_url": cls.sim.ews_url,
            }
        )


@tagged("post_install", "-at_install")
class TestEmbeddedMail(EmbeddedExchange, TestMailSync):
    """All tests of mails."""

    def test_no_request_leaves_but_to_exchange(self):
        account = self.new_account()
        self.partner()
        self.drop(account)
        self.sim.requests.clear()
        run = account.sync()
        self.assertEqual((run.state, run.filed, run.error), ("done", 1, False))
        others = [
            entry.path
            for entry in self.sim.requests
            if not entry.path.lower().startswith("/ews/exchange.asmx")
        ]
        self.assertEqual(others, [])

    def test_the_name_of_the_server_is_enough(self):
        server = self.env["exchange.server"].create(
            {"name": "Ours", "service": "exchange", "ews_url": "mail.example.com"}
        )
        self.assertTrue(server.is_embedded)
        self.assertEqual(server._secret_addresses("password"), ["mail.example.com"])
        with self.assertRaisesRegex(ValidationError, "https"):
            server.ews_url = "http://mail.example.com/EWS/Exchange.asmx"
        with self.assertRaisesRegex(ValidationError, "missing"):
            server.ews_url = False

    def test_another_server_gets_no_password_of_the_former_one(self):
        account = self.new_account()
        self.assertEqual(account._password(), PASSWORD)
        self.exchange.ews_url = "https://other.example/EWS/Exchange.asmx"
        run = account.sync()
        self.assertEqual((run.state, account.state), ("failed", "reconnect"))

    def test_a_wrong_password_is_said(self):
        account = self.new_account()
        account.password = "another one"
        run = account.sync()
        self.assertEqual((run.state, account.state), ("failed", "reconnect"))

    def test_the_connection_is_tested_step_by_step(self):
        account = self.new_account()
        for record in (self.exchange, account):
            action = record.action_test_connection()
            test = self.env["exchange.connection.test"].browse(action["res_id"])
            self.assertEqual(set(test.line_ids.mapped("state")), {"ok"})
        said = {line.step: line.message for line in test.line_ids}
        self.assertEqual(said["Version"], "Exchange Server 2019 / SE (15.2.1544)")


@tagged("post_install", "-at_install")
class TestEmbeddedEvents(EmbeddedExchange, TestEventSync):
    """All tests of events."""


@tagged("post_install", "-at_install")
class TestEmbeddedContacts(EmbeddedExchange, TestContactSync):
    """The tests of contacts, but for those of Graph's own addresses and ids."""

    # It looks at ids that a move does not change, which Exchange Server has not.
    test_written_changed_and_left_alone = None
    # They spoil or count requests by their addresses.
    test_a_picture_is_sent_when_it_changes = None
    test_a_refused_contact_says_why_and_the_others_arrive = None
    test_try_again = None
