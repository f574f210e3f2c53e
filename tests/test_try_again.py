from datetime import timedelta

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import ExchangeCase
from .simulator.faults import Fault


@tagged("post_install", "-at_install")
class TestTryAgain(ExchangeCase):
    """A server that refused everybody for a while: nobody has to sign in again."""

    def refused(self, number=2):
        """Accounts that the server did not let in for a moment."""
        accounts = self.env["exchange.account"]
        for _number in range(number):
            accounts += self.new_account()
        for account in accounts:
            account.sync()
        self.sim.faults.add(Fault.status(401), count=None)
        for account in accounts:
            account.sync()
        self.sim.faults.clear()
        self.assertEqual(set(accounts.mapped("state")), {"reconnect"})
        self.assertEqual(len(accounts.reconnect_activity_id), number)
        return accounts

    def later(self, minutes):
        """Time passes, and the schedule comes by."""
        for account in self.env["exchange.account"].search([]):
            for name in ("next_sync", "sign_in_retry"):
                if account[name]:
                    account[name] -= timedelta(minutes=minutes)
        with self.enter_registry_test_mode():
            self.env.ref("exchange_connector.ir_cron_sync").method_direct_trigger()
        self.env.invalidate_all()

    def test_a_refusal_in_passing_mends_itself(self):
        accounts = self.refused()
        sentence = accounts[0]._state_sentence()
        self.assertIn("press Connect. If your password is still the same", sentence)
        before = self.sim.requests.count
        self.later(20)
        self.assertEqual(self.sim.requests.count, before, "it might lock them out")
        self.later(25)
        self.assertEqual(set(accounts.mapped("state")), {"connected"})
        self.assertFalse(accounts.reconnect_activity_id)
        self.assertFalse(any(accounts.mapped("last_error")))

    def test_a_wrong_password_is_tried_twice_and_no_more(self):
        account = self.refused(1)
        told = account.reconnect_activity_id
        self.env["exchange.credential"]._set_secret(account, "password", "wrong")
        tries = []
        for _time in range(4):
            before = self.sim.requests.statuses[401]
            self.later(24 * 60)
            tries.append(self.sim.requests.statuses[401] - before)
        self.assertEqual(tries, [1, 0, 0, 0])
        self.assertEqual((account.state, account.sign_in_retry), ("reconnect", False))
        self.assertEqual(account.reconnect_activity_id, told, "told once")
        self.assertNotIn("once more", account._state_sentence())

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
