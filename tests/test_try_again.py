from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import ExchangeCase
from .simulator.faults import Fault


@tagged("post_install", "-at_install")
class TestTryAgain(ExchangeCase):
    """A server that refused everybody for a while: nobody has to sign in again."""

    def refused(self):
        """Two accounts that the server did not let in for a moment."""
        accounts = self.new_account() + self.new_account()
        for account in accounts:
            account.sync()
        self.sim.faults.add(Fault.status(401), count=None)
        for account in accounts:
            account.sync()
        self.sim.faults.clear()
        self.assertEqual(set(accounts.mapped("state")), {"reconnect"})
        self.assertEqual(len(accounts.reconnect_activity_id), 2)
        return accounts

    def test_administrators_have_all_tried_again(self):
        accounts = self.refused()
        sound = self.new_account()
        sound.sync()
        admin = self.env.ref("base.user_admin")
        said = (accounts + sound).with_user(admin).action_try_again()["params"]
        self.assertIn("2 of 3 accounts are tried again. The others", said["message"])
        self.assertFalse(accounts.filtered_domain([("state", "=", "reconnect")]))
        due = self.env["exchange.account"].search(accounts._due_domain())
        self.assertEqual(due & accounts, accounts)
        for account in accounts:
            self.assertEqual(account.sync(trigger="schedule").state, "done")
        self.assertEqual(set(accounts.mapped("state")), {"connected"})
        self.assertFalse(accounts.reconnect_activity_id)

    def test_who_is_refused_again_is_not_told_twice(self):
        account = self.refused()[0]
        told = account.reconnect_activity_id
        said = account.action_try_again()["params"]
        self.assertEqual(said["message"], "1 of 1 accounts are tried again.")
        self.sim.faults.add(Fault.status(401), count=None)
        self.addCleanup(self.sim.faults.clear)
        account.sync(trigger="schedule")
        self.assertEqual(account.state, "reconnect")
        self.assertEqual(account.reconnect_activity_id, told)
        activities = self.env["mail.activity"]
        mine = activities.search_count([("user_id", "=", account.user_id.id)])
        self.assertEqual(mine, 1)

    def test_nobody_tries_for_another(self):
        account = self.refused()[0]
        other = new_test_user(self.env, "otto")
        with self.assertRaises(AccessError):
            account.with_user(other).action_try_again()
        self.assertEqual(account.state, "reconnect")
