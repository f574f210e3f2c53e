from functools import partial
from unittest.mock import patch

from ..client import Pace, session
from .calendar_case import CalendarCase

OUTSIDE = "ada@customer.example"
WRITES = "^(POST|PATCH|PUT|DELETE) "


class ComplaintCase(CalendarCase):
    """Patience with shorter pauses."""

    def setUp(self):
        super().setUp()
        # The same patience, with shorter pauses in between.
        self.startPatcher(patch.object(session, "Pace", partial(Pace, first=0.01)))
        self.addCleanup(self.sim.faults.clear)

    def check_only_read(self):
        """Outlook was not written to."""
        writes = self.sim.requests.matching(WRITES)
        writes = [entry for entry in writes if "$batch" not in entry.path]
        self.assertEqual([f"{each.method} {each.path}" for each in writes], [])
