"""Faults over real HTTP, with transactions that really roll back."""

from functools import partial
from unittest.mock import patch

from odoo import fields
from odoo.tools import mute_logger

from ..client import Pace, session
from .common import ExchangeCase
from .simulator import Fault

__all__ = ["Fault", "FaultCase"]


class FaultCase(ExchangeCase):
    """Runs commit and roll back within the transaction of the test."""

    def setUp(self):
        super().setUp()
        # The same patience, with shorter pauses in between.
        self.startPatcher(patch.object(session, "Pace", partial(Pace, first=0.01)))
        self.addCleanup(self.sim.faults.clear)

    def run_sync(self, account, times=1, **options):
        """``account.sync()`` in a transaction of its own. :return: the last run"""
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            for _number in range(times):
                run = account.with_env(account.env(cr=cr)).sync(**options)
                cr.commit()  # pylint: disable=invalid-commit
        return self.env["exchange.sync.run"].browse(run.id)

    def fault(self, fault, match="", **options):
        """Add a fault that lasts until :meth:`mend` unless ``count`` is given."""
        return self.sim.faults.add(fault, match=match, **{"count": None, **options})

    def mend(self):
        """The fault is gone, and so is the pause it asked for."""
        self.sim.faults.clear()

    def minutes_until(self, moment):
        """:return: minutes from now"""
        return (moment - fields.Datetime.now()).total_seconds() / 60

    def is_due(self, account):
        """Whether the schedule would take the account up once its time has come."""
        account.next_sync = fields.Datetime.now()
        accounts = self.env["exchange.account"]
        return account in accounts.search(accounts._due_domain())

    def quiet(self):
        """Without the log's lines about what is broken on purpose."""
        return mute_logger(
            "odoo.sql_db",
            "odoo.addons.exchange_connector.models.exchange_mail_reader",
            "odoo.addons.exchange_connector.models.exchange_mail_filing",
        )
