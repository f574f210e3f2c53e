import os
from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged

from .common import PASSWORD
from .fault_case import Fault
from .fault_mails import FIRST
from .test_faults_network import NetworkCase

EXHAUSTIVE = bool(os.environ.get("EXCHANGE_FAULTS"))
DAY = 24 * 3600
# How far the clock of the service is from Odoo's, in seconds.
CLOCKS = (600, -600, 3 * DAY, -3 * DAY, 400 * DAY)
STORMS = {
    "429 storm": Fault.status(429, headers={"Retry-After": "1"}),
    "429 storm without a word": Fault.status(429),
    "429 storm for hours": Fault.status(429, headers={"Retry-After": "7200"}),
    "503 burst": Fault.status(503),
    "500 burst": Fault.status(500),
    "504 burst although it worked": Fault.status(504, worked=True),
    "502 burst of a proxy": Fault.page(502),
}
LENGTHS = (2, 5, 9, 17, 40) if EXHAUSTIVE else (9,)
BEGINS = (0, 1, 3, 6, 10) if EXHAUSTIVE else (3,)
# Pages of the first run after which something happens.
PAGES = (1, 2, 3) if EXHAUSTIVE else (1,)


class CircumstancesCase(NetworkCase):
    """What lasts for a while around the mailbox: runs go on or wait, none harms."""

    def between_pages(self, number, act):
        """``act`` once, after so many pages have been committed."""
        sync = type(self.env["exchange.sync.mail"])
        commit_page, pages = sync._commit_page, []

        def commit_and_act(*args):
            commit_page(*args)
            pages.append(1)
            if len(pages) == number:
                act()

        return patch.object(sync, "_commit_page", commit_and_act)

    def runs(self, number):
        """Runs while it lasts, each when its time has come."""
        for _each in range(number):
            self.sync()
            self.accounts[FIRST].backoff_until = False
            self.check_nothing_lost()


@tagged("post_install", "-at_install", "exchange_faults")
class TestFaultsStorms(CircumstancesCase):
    """429 and 5xx for many requests at a stretch; clocks that are wrong."""

    def test_storms(self):
        for name, fault in STORMS.items():
            for length in LENGTHS:
                for begin in BEGINS:
                    with self.episode(f"{name}: {length} from request {begin} on"):
                        self.fault(fault, after=begin, count=length)
                        self.inject("429 storms" if "429" in name else "5xx bursts")
                        self.runs(3)
                        self.finish()

    def test_the_clock_of_the_service_is_wrong(self):
        for seconds in CLOCKS:
            with self.episode(f"{seconds} s"), self.sim_clock(seconds):
                self.inject("wrong clock")
                self.runs(1)
                self.finish()

    def test_the_clock_is_set_during_a_run(self):
        for seconds in CLOCKS:
            for number in PAGES:
                with self.episode(f"{seconds} s after page {number}"):
                    self.inject("wrong clock")
                    with self.between_pages(
                        number, lambda s=seconds: self.sim.clock.advance(s)
                    ):
                        self.runs(1)
                    self.sim.clock.advance(-seconds)
                    self.finish()

    def test_the_clock_of_odoo_is_wrong(self):
        for seconds in CLOCKS:
            with self.episode(f"{seconds} s"):
                self.inject("wrong clock")
                now = fields.Datetime.now() + timedelta(seconds=seconds)
                with (
                    patch.object(fields.Datetime, "now", lambda *_a, now=now: now),
                    patch.object(fields.Date, "today", lambda *_a, now=now: now.date()),
                ):
                    self.runs(2)
                self.finish()

    @contextmanager
    def sim_clock(self, seconds):
        """The service's clock is wrong by so much."""
        self.sim.clock.advance(seconds)
        try:
            yield
        finally:
            self.sim.clock.advance(-seconds)


@tagged("post_install", "-at_install", "exchange_faults")
class TestFaultsMoved(CircumstancesCase):
    """A mailbox moves from Exchange to Office 365, and back."""

    def test_moved_from_exchange_to_office_365(self):
        for number in PAGES:
            with self.episode(f"after page {number}"):
                self.inject("mailbox moved from Exchange to Office 365")
                with self.between_pages(number, self._close):
                    self.runs(2)
                self.sim.faults.clear()
                self._move(self.office)
                self.finish()

    def test_and_back(self):
        with self.episode("there"):
            self._move(self.office)
            self.inject("mailbox moved from Office 365 to Exchange")
            with self.between_pages(1, self._close):
                self.runs(2)
            self.sim.faults.clear()
            self._move(self.exchange)
            self.finish()

    def _close(self):
        """The former service does not know the mailbox any more."""
        self.fault(Fault.status(404, "MailboxNotEnabledForRESTAPI"))

    def _move(self, server):
        account = self.accounts[FIRST]
        account.server_id = server
        account.password = PASSWORD
        account._connect()
