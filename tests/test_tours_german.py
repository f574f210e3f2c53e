"""One tour of each area with a user who reads German."""

from .german import in_german
from .test_tours import TestTours
from .test_tours_assign import TestAssignTours
from .test_tours_contacts import TestContactTours
from .test_tours_events import TestEventTours

Tours = in_german(__name__, TestTours, "test_office365")
AssignTours = in_german(
    __name__, TestAssignTours, "test_candidates_remember_ignore_undo"
)
ContactTours = in_german(__name__, TestContactTours, "test_one_contact_and_a_company")
EventTours = in_german(__name__, TestEventTours, "test_fetched_and_read")
