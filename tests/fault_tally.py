"""What faults were injected, and what came of them: counts that end as one table.

A test case says :meth:`Tallied.inject` at each fault, and :meth:`Tallied.found` when
it has looked at what is there. At the end of a class the counts go to the log, one line
for each kind of fault; `make faults` gathers them into a table.
"""

import json
import logging
from collections import Counter, defaultdict

_logger = logging.getLogger(__name__)

# Of what there must be none, whatever happens.
HARMS = ("lost", "doubled", "deleted", "outsiders")
LINE = "fault tally: %s"


class Tallied:
    """A test case that counts its faults.

    :ivar fault_kind: the kind of the fault that was injected last
    """

    fault_kind = ""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._tally = defaultdict(Counter)
        cls.addClassCleanup(cls._report)

    def inject(self, kind, number=1):
        """A fault is about to happen. :param number: how often"""
        self.fault_kind = kind
        self._tally[kind]["injected"] += number

    def found(self, **harms):
        """What became of it: numbers of :data:`HARMS`.

        :param harms: ``lost`` and ``doubled`` items, wrongly ``deleted`` ones, mails
            and notifications to ``outsiders``
        """
        if self.fault_kind:
            self._tally[self.fault_kind].update(harms)
        self.assertFalse(any(harms.values()), (self.fault_kind, harms))

    @classmethod
    def _report(cls):
        for kind, counts in cls._tally.items():
            row = {name: counts[name] for name in ("injected", *HARMS)}
            _logger.info(LINE, json.dumps({"kind": kind, **row}))
