from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common import PASSWORD
from .sign_in_case import SignInCase


@tagged("post_install", "-at_install", "exchange_sign_in")
class TestSignInApplication(SignInCase):
    """Application permissions: one app registration opens the mailboxes of all."""

    def setUp(self):
        super().setUp()
        self.office.allow_application = True
        self.admin = new_test_user(self.env, "boss", groups="base.group_system")

    def account(self):
        account = self.new_account(server=self.office, auth_method="application")
        self.assertEqual(account.state, "connected")
        return account

    def test_it_opens_the_mailbox_of_the_login_and_no_other(self):
        account = self.account()
        self.drop(account, subject="For the application")
        self.partner()
        self.assertEqual(account.sync().filed, 1)
        paths = {each.path for each in self.sim.requests if "/v1.0/" in each.path}
        self.assertTrue(paths)
        for path in paths:
            self.assertNotIn("/me/", path)
            if "$batch" not in path:
                self.assertIn("/users/", path)

    def test_without_any_role_in_the_directory(self):
        """Exchange itself may give the rights (RBAC for applications)."""
        account = self.account()
        self.app.roles = set()
        self.app.mailbox_roles = {self.remote(account).id: {"Mail.ReadWrite"}}
        account.action_disconnect()
        account.with_user(account.user_id).action_connect()
        self.assertEqual(account.state, "connected")
        self.assertEqual(account.mailbox_address, account.login)
        self.assertEqual(account.sync(["mail"]).state, "done")

    def test_a_mailbox_that_is_not_open_to_the_application(self):
        account = self.account()
        self.app.only_mailboxes = set()
        self.assertRefused(account, "Access was refused.*Mail.ReadWrite")

    def test_a_token_is_renewed(self):
        account = self.account()
        self.sim.clock.advance(7200)
        self.assertEqual(account.sync().state, "done")

    def test_an_expired_client_secret_is_for_the_administrator(self):
        """Nobody has to sign in again once the new one has been entered."""
        account = self.account()
        self.app.secrets = {"new secret": 0.0}
        self.sim.clock.advance(7200)
        run = account.sync()
        self.assertEqual((run.state, account.state), ("failed", "error"))
        self.assertIn("administrator has to enter a new one", account.last_error)
        self.assertFalse(account.reconnect_activity_id)
        self.assertTrue(self.is_due(account))
        account.next_sync = "2200-01-01 00:00:00"
        self.office.client_secret = "new secret"
        self.assertIn(account, account.search(account._due_domain()))
        run = account.sync()
        self.assertEqual((run.state, account.state), ("done", "connected"))

    def test_the_same_for_a_user_who_signed_in_himself(self):
        account = self.new_account(server=self.office)
        self.app.secrets = {"new secret": 0.0}
        self.sim.clock.advance(7200)
        account.sync()
        self.assertEqual(account.state, "error")
        self.assertFalse(account.reconnect_activity_id)
        self.office.client_secret = "new secret"
        self.assertEqual(account.sync().state, "done")
        self.assertEqual(account.state, "connected")

    def test_the_user_of_a_login_is_one_segment_of_the_path(self):
        account = self.account()
        for login in ("me", "../me", "", " ", ".."):
            account.login = login
            with self.assertRaises(UserError):
                account._connect()
        account.login = "a/../../me@contoso.example"
        self.sim.requests.clear()
        with self.assertRaises(UserError):
            account._connect()
        for each in self.sim.requests.matching("/users/"):
            self.assertIn("/users/a%2F..%2F..%2Fme", each.path)

    # Who may set it up

    def test_a_user_cannot_choose_it(self):
        """Or he would read any mailbox whose name he types."""
        victim = self.new_account(server=self.office)
        account = self.new_account(server=self.office)
        user = account.user_id.with_user(account.user_id)
        for values in (
            {"exchange_auth_method": "application"},
            {"exchange_auth_method": "application", "exchange_login": victim.login},
        ):
            with self.assertRaises(AccessError):
                user.write(values)
            with self.assertRaises(AccessError):
                account.with_user(account.user_id).write(
                    {name.removeprefix("exchange_"): v for name, v in values.items()}
                )
        self.assertEqual(account.auth_method, "password")

    def test_a_user_cannot_change_what_it_opens(self):
        victim = self.new_account(server=self.office)
        account = self.account()
        login = account.login
        user = account.user_id.with_user(account.user_id)
        other = self.env["exchange.server"].create(
            {**self._office_values(), "name": "Other", "allow_application": True}
        )
        for values in (
            {"exchange_login": victim.login},
            {"exchange_login": victim.login, "exchange_interval": 30},
            {"exchange_server_id": other.id},
            {"exchange_auth_method": "oauth"},
        ):
            with self.assertRaises(AccessError):
                user.write(values)
        user.write({"exchange_interval": 30})
        self.assertEqual((account.login, account.interval), (login, 30))
        self.assertEqual(account.server_id, self.office)

    def test_a_name_that_a_user_typed_is_no_key(self):
        """The administrator switches many accounts; one had typed the boss's name."""
        victim = self.new_account(server=self.office)
        account = self.new_account(server=self.office)
        honest = self.new_account(server=self.office)
        account.user_id.with_user(account.user_id).exchange_login = victim.login
        (account + honest).with_user(self.admin).write({"auth_method": "application"})
        self.assertNotEqual(account.login, victim.login)
        self.assertEqual(honest.login, honest.mailbox_address)
        account.with_user(self.admin).login = "given@contoso.example"
        self.assertEqual(account.login, "given@contoso.example")

    def test_the_administrator_sets_it_up_for_a_user(self):
        self.sim.add_mailbox("new.user@contoso.example", PASSWORD)
        user = new_test_user(self.env, "new.user", groups="base.group_user")
        user.with_user(self.admin).write(
            {
                "exchange_server_id": self.office.id,
                "exchange_auth_method": "application",
                "exchange_login": "new.user@contoso.example",
            }
        )
        user.with_user(self.admin).action_exchange_connect()
        account = self.env["exchange.account"].search([("user_id", "=", user.id)])
        self.assertEqual(account.state, "connected")

    def test_only_where_the_service_is_set_up_for_it(self):
        account = self.account()
        self.office.allow_application = False
        account.sync()
        self.assertIn("not set up for application", account.last_error)
        self.assertEqual(account.state, "error")

    def test_without_a_client_secret(self):
        self.env["exchange.credential"]._set_secret(self.office, "client_secret", "")
        with self.assertRaisesRegex(UserError, "client secret"):
            self.new_account(server=self.office, auth_method="application")
