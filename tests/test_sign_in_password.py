from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .common import PASSWORD
from .sign_in_case import SignInCase
from .simulator import Simulator


@tagged("post_install", "-at_install", "exchange_sign_in")
class TestSignInPassword(SignInCase):
    """User name and password at Office 365, where the administrator allows it."""

    def account(self, **values):
        account = self.new_account(server=self.office)
        account.action_disconnect()
        account.write({"password": PASSWORD, **values})
        self.sim.requests.clear()
        return account

    def test_it_works(self):
        account = self.account()
        account.with_user(account.user_id).action_connect()
        self.assertEqual(account.state, "connected")
        account.with_user(account.user_id).action_create_folders()
        self.assertEqual(account.sync().state, "done")

    def test_a_wrong_password_is_tried_once(self):
        account = self.account(password="mistyped")
        self.assertRefused(account, "User name or password is wrong")
        self.assertEqual(len(self.token_requests()), 1)
        self.assertEqual(account.state, "draft")
        self.assertFalse(self.is_due(account))

    def test_a_new_wrong_password_is_noticed_though_the_old_sign_in_holds(self):
        account = self.new_account(server=self.office)
        account.password = "mistyped"
        self.assertRefused(account, "User name or password is wrong")

    def test_plain_reasons(self):
        for values, words in (
            ({"mfa": True}, "second factor.*Choose the Microsoft sign-in"),
            ({"locked": True}, "locked after too many attempts"),
            ({"enabled": False}, "administrator has to enable it"),
            ({"sign_in_error": 50055}, "no longer valid"),
            ({"sign_in_error": 53003}, "Conditional Access.*has to allow it"),
        ):
            with self.subTest(values):
                account = self.account()
                for name, value in values.items():
                    setattr(self.remote(account), name, value)
                self.sim.requests.clear()
                self.assertRefused(account, words)
                self.assertEqual(len(self.token_requests()), 1)

    def test_without_consent(self):
        account = self.account()
        self.app.admin_consent = set()
        self.assertRefused(account, "lacks consent.*Choose the Microsoft sign-in")

    def test_a_federated_password_goes_nowhere(self):
        account = self.account()
        tenant = self.sim.store.directory.tenants[self.remote(account).tenant_id]
        tenant.federated.add("contoso.example")
        self.addCleanup(tenant.federated.clear)
        self.assertRefused(account, "its own identity service")
        self.assertFalse(self.token_requests())

    def test_an_unknown_user_and_odd_names(self):
        for login in ("nobody@contoso.example", "a/b@contoso.example", "?x"):
            account = self.account(login=login, password=PASSWORD)
            self.assertRefused(account, "User name or password is wrong")

    def test_only_where_the_administrator_allows_it(self):
        account = self.account()
        account.auth_method = "oauth"
        self.office.allow_password = False
        with self.assertRaisesRegex(ValidationError, "does not allow"):
            account.auth_method = "password"

    def test_what_is_no_longer_allowed_ends(self):
        account = self.new_account(server=self.office)
        self.office.allow_password = False
        self.sim.requests.clear()
        run = account.sync()
        self.assertEqual((run.state, account.state), ("failed", "reconnect"))
        self.assertIn("does not allow user name and password", account.last_error)
        self.assertFalse(list(self.sim.requests))

    def test_without_a_password(self):
        account = self.account()
        account.action_disconnect()
        self.assertRefused(account, "Enter your password first")

    def test_a_password_is_for_the_login_it_was_typed_with(self):
        account = self.account()
        account.login = "other@contoso.example"
        self.assertFalse(account.has_password)
        account.write({"login": "third@contoso.example", "password": "p"})
        self.assertTrue(account.has_password)
        account.auth_method = "oauth"
        self.assertFalse(account.has_password)

    def test_a_password_goes_only_where_it_was_typed_for(self):
        """Whoever points the service elsewhere gets no password by it."""
        for server in (self.office, self.exchange):
            account = self.new_account(server=server)
            elsewhere = Simulator()
            elsewhere.start()
            self.addCleanup(elsewhere.stop)
            if server == self.office:
                url = elsewhere.authority.replace("localhost", "127.0.0.1")
                server.authority_url = url
            else:
                url = elsewhere.short_url.replace("127.0.0.1", "localhost")
                server.write(
                    {
                        "folders_url": f"{url}/ChildFolders",
                        "events_url": False,
                        "contacts_url": False,
                    }
                )
            account.sync()
            self.assertEqual(account.state, self.LOST[server.service])
            self.assertFalse(list(elsewhere.requests))
            self.assertRefused(account, "has changed")

    LOST = {"office365": "error", "exchange": "reconnect"}

    def test_the_same_host_may_become_safer(self):
        account = self.account()
        row = self.env["exchange.credential"]
        self.patch(
            type(self.office),
            "_secret_addresses",
            lambda server, kind: ["http://mapper.example:8080/api"],
        )
        row._set_secret(account, "password", PASSWORD)
        for address, fits in (
            ("https://mapper.example/api", True),
            ("http://mapper.example/other", True),
            ("https://evil.example/api", False),
            ("ftp://mapper.example/api", False),
        ):
            self.patch(
                type(self.office),
                "_secret_addresses",
                lambda server, kind, address=address: [address],
            )
            try:
                self.assertEqual(row._get_secret(account, "password"), PASSWORD)
                found = True
            except UserError:
                found = False
            self.assertEqual(found, fits, address)
