"""One contract: the tests of mails, events and contacts over each way to a mailbox.

(In the classes themselves they run over the REST interface of the simulator.)
"""

from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .common import PASSWORD
from .services import (
    OverBothServices,
    OverEmbeddedMapper,
    OverMapperProcess,
    OverOffice365,
)
from .test_contact_end import TestContactEnd
from .test_contact_odd import TestContactOdd
from .test_contact_odd_books import TestContactOddBooks
from .test_contact_outlook import TestContactOutlook
from .test_contact_sync import TestContactSync
from .test_event_meetings import TestEventMeetings
from .test_event_sync import TestEventSync
from .test_mail_sync import TestMailSync


class AllContacts(TestContactSync, TestContactOutlook, TestContactEnd):
    """All tests of contacts that hold anywhere."""


class NotOnExchange:
    """The tests of contacts that look at Graph's own addresses and ids."""

    # It looks at ids that a move does not change, which Exchange Server has not.
    test_written_changed_and_left_alone = None
    # They spoil or count requests by their addresses.
    test_a_picture_is_sent_when_it_changes = None
    test_a_refused_contact_says_why_and_the_others_arrive = None
    test_try_again = None


@tagged("post_install", "-at_install")
class TestMailOffice(OverOffice365, TestMailSync):
    """Mails over Microsoft Graph."""


@tagged("post_install", "-at_install")
class TestMailProcess(OverMapperProcess, TestMailSync):
    """Mails of Exchange, with the mapper as a process."""


@tagged("post_install", "-at_install")
class TestEventsOffice(OverOffice365, TestEventSync):
    """Events over Microsoft Graph."""


@tagged("post_install", "-at_install")
class TestEventsProcess(OverMapperProcess, TestEventSync):
    """Events of Exchange, with the mapper as a process."""


@tagged("post_install", "-at_install")
class TestMeetingsProcess(OverMapperProcess, TestEventMeetings):
    """Meetings of users of Exchange."""


@tagged("post_install", "-at_install")
class TestMeetingsBoth(OverBothServices, TestEventMeetings):
    """Meetings of users of both services: one meeting is one event."""


@tagged("post_install", "-at_install")
class TestContactsOffice(OverOffice365, AllContacts):
    """Contacts with Graph's own paths and Microsoft's sign-in."""


@tagged("post_install", "-at_install")
class TestContactsProcess(OverMapperProcess, NotOnExchange, AllContacts):
    """Contacts of Exchange, with the mapper as a process."""


@tagged("post_install", "-at_install")
class TestEmbeddedMail(OverEmbeddedMapper, TestMailSync):
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
class TestEmbeddedEvents(OverEmbeddedMapper, TestEventSync):
    """All tests of events."""


@tagged("post_install", "-at_install")
class TestEmbeddedContacts(OverEmbeddedMapper, NotOnExchange, AllContacts):
    """All tests of contacts that can hold."""

    # What XML and Exchange make of it.
    test_forbidden_characters = TestContactOdd.test_characters_that_json_and_xml_forbid
    test_moved_and_deleted_there = TestContactOddBooks.test_moved_and_deleted_there
    difference = TestContactOddBooks.difference
