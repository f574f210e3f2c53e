from odoo.tests import tagged

from .german import German
from .test_tours import TestTours
from .test_tours_assign import TestAssignTours
from .test_tours_contacts import TestContactTours
from .test_tours_events import TestEventTours

# One tour of each area: of a class, Odoo runs the tests that it names itself.


@tagged("post_install", "-at_install", "exchange_screens")
class TestToursInGerman(German, TestTours):
    """From nothing to a mail in the chatter."""

    test_office365 = TestTours.test_office365


@tagged("post_install", "-at_install", "exchange_screens")
class TestAssignToursInGerman(German, TestAssignTours):
    """Decisions about waiting mails."""

    test_candidates = TestAssignTours.test_candidates_remember_ignore_undo


@tagged("post_install", "-at_install", "exchange_screens")
class TestContactToursInGerman(German, TestContactTours):
    """Contacts into Outlook."""

    test_one_contact = TestContactTours.test_one_contact_and_a_company


@tagged("post_install", "-at_install", "exchange_screens")
class TestEventToursInGerman(German, TestEventTours):
    """The calendar."""

    test_fetched_and_read = TestEventTours.test_fetched_and_read
