from functools import partial
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import mute_logger

from ..client import Pace, session
from .contact_case import ContactCase
from .fault_tally import Tallied
from .simulator import Fault

ENGINE = "odoo.addons.exchange_connector.models.exchange_account_engine"
NUMBER = 30
LOST = {
    "answer lost": (Fault.drop(), "POST .*batch"),
    "request lost": (Fault.drop(worked=False), "POST .*batch"),
    "answer cut": (Fault.cut(), "POST .*batch"),
    "proxy": (Fault.page(), "POST .*batch"),
    "unreadable": (Fault.malformed(), "POST .*batch"),
    "done, answer 503": (Fault.status(503, worked=True), "POST .*contacts$"),
    "done, answer 504": (Fault.status(504, worked=True), "POST .*contacts$"),
    "done, answer 500": (Fault.status(500, worked=True), "POST .*contacts$"),
    "throttled": (Fault.status(429, headers={"Retry-After": "900"}), "contacts$"),
}


@tagged("post_install", "-at_install", "exchange_faults")
class TestContactFaults(Tallied, ContactCase):
    """Answers that do not come."""

    def setUp(self):
        super().setUp()
        quick = partial(Pace, first=0.001)
        self.startPatcher(patch.object(session, "Pace", quick))

    def test_lost_answers_double_nothing(self):
        for name, (fault, match) in LOST.items():
            for after in (0, 1, 2):
                with self.subTest(fault=name, after=after):
                    self._check(fault, match, after)

    def test_lost_answer_before_the_folder_is_changed(self):
        people = self.many(3)
        self.subscribe(people)
        self.sim.faults.add(Fault.drop(), match="POST .*batch")
        with mute_logger(ENGINE):
            self.account.sync(("contact",))
        self.assertEqual(len(self.ours()), 3)
        self.account.contact_target = "own"
        self.sync()
        places = [item.container.name for item in self.ours()]
        self.assertEqual(places, ["Odoo"] * 3)

    def _check(self, fault, match, after):
        self.account = self.new_account()
        self.user = self.account.user_id
        people = self.many(NUMBER)
        self.subscribe(people)
        rule = self.sim.faults.add(fault, match=match, after=after, count=1)
        self.inject("answers lost or spoilt: contacts")
        with mute_logger(ENGINE):
            run = self.account.sync(("contact",))
        self.sim.faults.clear()
        if rule.used:
            self.assertNotEqual(run.state, "done")
        self.assertLessEqual(len(self.ours()), NUMBER)
        self.sync()
        names = sorted(f"Person {number}" for number in range(NUMBER))
        there = set(self.names())
        self.found(lost=len(set(names) - there), doubled=len(self.names()) - len(there))
        self.assertEqual(self.names(), names)
        self.assertEqual(self.counts(self.sync()), (0, 0, 0, 0, 0))
