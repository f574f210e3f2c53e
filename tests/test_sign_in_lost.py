import os

from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import config, mute_logger

from ..models import secret_box
from .common import PASSWORD
from .sign_in_case import SignInCase
from .simulator import Fault

CLAIMS = {"access_token": {"nbf": {"essential": True, "value": "1700000000"}}}


@tagged("post_install", "-at_install", "exchange_sign_in")
class TestSignInLost(SignInCase):
    """Sign-ins that end, for whatever reason, and how the user gets back."""

    def account(self):
        """A user who has signed in at Microsoft's page."""
        account = self.new_account(server=self.office)
        sign_in = account._oauth_app().token_by_password(account.login, PASSWORD)
        account.auth_method = "oauth"
        self.sign_in(account, sign_in)
        account.with_user(account.user_id).action_create_folders()
        self.sim.requests.clear()
        return account

    def sign_in(self, account, sign_in=None):
        if not sign_in:
            sign_in = account._oauth_app().token_by_password(account.login, PASSWORD)
        account._store("token_cache", sign_in.cache)
        with account._open_mailbox() as mailbox:
            account._note_connected(mailbox.me())

    def activities(self, account):
        return self.env["mail.activity"].search([("user_id", "=", account.user_id.id)])

    def assertLost(self, account, words="sign in again"):
        """Once, in words, out of the schedule, and back after the next sign-in."""
        mails = self.env["mail.mail"].search_count([])
        for _again in range(2):
            run = account.sync()
            self.assertEqual((run.state, account.state), ("failed", "reconnect"))
            self.assertIn(words, account.last_error)
            self.assertEqual(run.error, account.last_error)
            self.assertEqual(len(self.activities(account)), 1)
            self.assertFalse(account.sign_in_retry, "Microsoft knows for sure")
        self.assertEqual(self.env["mail.mail"].search_count([]), mails)
        self.assertFalse(self.is_due(account))
        with self.assertRaises(UserError):
            account.with_user(account.user_id).action_sync()

    def assertBack(self, account):
        self.assertEqual(account.state, "connected")
        self.assertFalse(self.activities(account))
        self.assertFalse(account.last_error)
        self.assertTrue(self.is_due(account))
        self.assertEqual(account.sync().state, "done")

    # Tokens that are renewed

    def test_refresh_tokens_that_work_once(self):
        account = self.account()
        self.sim.identity.tokens.refresh_once = True
        self.addCleanup(setattr, self.sim.identity.tokens, "refresh_once", False)
        kept = set()
        for _time in range(3):
            self.sim.clock.advance(7200)
            self.assertEqual(account.sync().state, "done")
            kept.add(account._stored("token_cache"))
        self.assertEqual(len(kept), 3)

    def test_a_valid_token_costs_no_request(self):
        account = self.account()
        account.sync()
        self.assertFalse(self.token_requests())

    def test_claims_challenge(self):
        for method in ("oauth", "password"):
            account = self.account()
            if method == "password":
                account = self.new_account(server=self.office)
            user = self.remote(account)
            self.sim.identity.challenges[user.id] = (self.sim.clock.now(), CLAIMS)
            self.sim.requests.clear()
            run = account.sync()
            self.assertEqual((run.state, account.state), ("done", "connected"))
            self.assertEqual(len(self.token_requests()), 1)
            self.assertEqual(account.sync().state, "done")
            self.assertEqual(len(self.token_requests()), 1)

    def test_a_challenge_that_cannot_be_met(self):
        account = self.account()
        user = self.remote(account)
        later = self.sim.clock.now() + 10**6
        self.sim.identity.challenges[user.id] = (later, CLAIMS)
        self.addCleanup(self.sim.identity.challenges.clear)
        self.assertLost(account)

    def test_a_token_that_became_worthless(self):
        """Microsoft takes the batch and refuses each request in it."""
        for method in ("oauth", "password"):
            account = self.account()
            if method == "password":
                account = self.new_account(server=self.office)
            account.sync()
            before = account._stored("token_cache")
            fault = Fault.status(401, "InvalidAuthenticationToken")
            self.sim.faults.add(fault, match="GET .*/delta", count=2)
            self.addCleanup(self.sim.faults.clear)
            run = account.sync()
            self.assertEqual((run.state, account.state), ("done", "connected"))
            self.assertNotEqual(account._stored("token_cache"), before)

    def test_trouble_of_the_sign_in_service(self):
        """It passes: nobody has to sign in again."""
        account = self.account()
        self.sim.clock.advance(7200)
        self.remote(account).sign_in_error = 90033
        run = account.sync()
        self.assertEqual((run.state, account.state), ("failed", "connected"))
        self.assertFalse(self.activities(account))
        self.remote(account).sign_in_error = 0
        self.assertEqual(account.sync().state, "done")
        self.assertBack(account)

    # Lost

    def test_a_second_factor_is_asked_for(self):
        account = self.account()
        self.sim.clock.advance(7200)
        self.remote(account).sign_in_error = 50076
        self.assertLost(account, "confirm that it is you")

    def test_a_rule_of_the_organisation(self):
        account = self.account()
        self.sim.clock.advance(7200)
        self.remote(account).sign_in_error = 53003
        self.assertLost(account, "administrator has to allow it")

    def test_revoked(self):
        account = self.account()
        self.remote(account).revoked = self.sim.clock.now()
        self.assertLost(account)
        self.sign_in(account)
        self.assertBack(account)

    def test_expired(self):
        account = self.account()
        self.sim.clock.advance(91 * 24 * 3600)
        self.assertLost(account)
        self.sign_in(account)
        self.assertBack(account)

    def test_password_changed_at_microsoft(self):
        account = self.account()
        self.sim.clock.advance(7200)
        self.remote(account).password_changed = self.sim.clock.now()
        self.assertLost(account)

    def test_password_changed_of_a_stored_password(self):
        """The old password is tried once, and never again."""
        for server in (self.office, self.exchange):
            account = self.new_account(server=server)
            user = self.remote(account)
            user.password = "changed"
            self.sim.clock.advance(7200)
            user.password_changed = user.revoked = self.sim.clock.now()
            self.sim.requests.clear()
            account.sync()
            self.assertEqual(account.state, "reconnect")
            self.assertIn("User name or password is wrong", account.last_error)
            self.assertFalse(self.is_due(account))
            if server == self.office:
                self.assertEqual(len(self.token_requests()), 2)
            else:
                self.assertEqual(len(list(self.sim.requests)), 1)
            account.user_id.with_user(account.user_id).exchange_password = "changed"
            account.with_user(account.user_id).action_connect()
            self.assertBack(account)

    def test_disabled_and_enabled_again(self):
        account = self.account()
        self.remote(account).enabled = False
        self.sim.clock.advance(7200)
        self.assertLost(account, "The account is disabled")
        self.remote(account).enabled = True
        self.sign_in(account)
        self.assertBack(account)

    def test_a_deleted_user(self):
        account = self.account()
        self.sim.store.remove_user(account.login)
        self.assertLost(account, "does not know this user")

    def test_consent_withdrawn(self):
        account = self.account()
        self.app.admin_consent = set()
        self.sim.clock.advance(7200)
        self.assertLost(account, "lacks consent")

    def test_a_mailbox_that_moves_on_premises_and_back(self):
        account = self.account()
        for kind in ("on_premises", "none"):
            self.remote(account).mailbox = kind
            run = account.sync()
            self.assertEqual((run.state, account.state), ("failed", "error"))
            self.assertIn("Choose the Exchange server as service", account.last_error)
            self.assertFalse(self.activities(account))
            self.assertTrue(self.is_due(account))
            self.remote(account).mailbox = "online"
            run = account.sync()
            self.assertEqual((run.state, account.state), ("done", "connected"))
            self.assertFalse(account.last_error)

    def test_on_premises_by_the_other_service(self):
        """As the sentence says: choose the Exchange server, and go on."""
        account = self.account()
        self.remote(account).mailbox = "on_premises"
        account.sync()
        self.remote(account).mailbox = "online"
        account.user_id.with_user(account.user_id).write(
            {
                "exchange_server_id": self.exchange.id,
                "exchange_auth_method": "password",
                "exchange_password": PASSWORD,
            }
        )
        account.with_user(account.user_id).action_connect()
        self.assertEqual(account.state, "connected")

    # The activity

    def test_the_activity_is_the_users_own(self):
        account = self.account()
        self.remote(account).revoked = self.sim.clock.now()
        account.user_id.lang = "en_US"
        account.sync()
        activity = self.activities(account)
        self.assertEqual(activity.summary, "Connect your Outlook mailbox again")
        self.assertFalse(activity.res_model)
        self.assertTrue(activity.with_user(account.user_id).has_access("read"))
        for groups in ("base.group_user", "base.group_portal"):
            other = new_test_user(self.env, f"other_{groups}", groups=groups)
            self.assertFalse(activity.with_user(other).has_access("read"))

    def test_disconnecting_withdraws_it(self):
        account = self.account()
        self.remote(account).revoked = self.sim.clock.now()
        account.sync()
        account.with_user(account.user_id).action_disconnect()
        self.assertFalse(self.activities(account))
        self.assertEqual(account.state, "draft")
        self.assertFalse(self.is_due(account))

    def test_done_by_the_user_it_does_not_come_back(self):
        account = self.account()
        self.remote(account).revoked = self.sim.clock.now()
        account.sync()
        activity = self.activities(account).with_user(account.user_id)
        activity.action_done()
        account.sync()
        self.assertFalse(self.activities(account))
        self.sign_in(account)
        self.remote(account).revoked = self.sim.clock.now()
        account.sync()
        self.assertEqual(len(self.activities(account)), 1)

    # Our own side

    def test_the_key_is_gone(self):
        account = self.account()
        path = secret_box.key_path(self.env)
        if config.get(secret_box.KEY_OPTION):
            self.skipTest("the key of this Odoo is in odoo.conf")
        away = f"{path}.away"
        os.rename(path, away)
        self.addCleanup(lambda: os.path.exists(away) and os.replace(away, path))
        run = account.sync()
        self.assertEqual((run.state, account.state), ("failed", "error"))
        self.assertIn("enter it again", account.last_error)
        self.office.client_secret = self._office_values()["client_secret"]
        run = account.sync()
        self.assertEqual((run.state, account.state), ("failed", "reconnect"))
        self.assertIn("this server's key", account.last_error)
        self.assertEqual(len(self.activities(account)), 1)
        self.sign_in(account)
        self.assertBack(account)

    def test_a_sign_in_moved_to_another_account_opens_nothing(self):
        victim, thief = self.account(), self.account()
        thief._store("token_cache", "")
        row = self.env["exchange.credential"].search(
            [("kind", "=", "token_cache"), ("account_id", "=", victim.id)]
        )
        row.account_id = thief
        self.sim.requests.clear()
        with mute_logger("odoo.addons.exchange_connector.models.exchange_credential"):
            thief.sync()
        self.assertEqual(thief.state, "reconnect")
        self.assertFalse(list(self.sim.requests))

    def test_an_account_stays_with_its_user(self):
        victim = self.account()
        admin = new_test_user(self.env, "boss", groups="base.group_system")
        with self.assertRaises(UserError):
            victim.with_user(admin).user_id = admin
        self.assertNotEqual(victim.user_id, admin)

    def test_a_user_who_is_no_longer_internal(self):
        account = self.account()
        account.user_id.group_ids = self.env.ref("base.group_portal")
        self.assertFalse(self.is_due(account))
        with self.assertRaises(UserError):
            account.with_user(account.user_id).action_sync()
