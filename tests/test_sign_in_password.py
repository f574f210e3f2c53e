from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged

from .common import PASSWORD, ExchangeCase
from .simulator import APP_ID, Simulator


class SignInCase(ExchangeCase):
    """What the tests of the ways to sign in share."""

    def setUp(self):
        super().setUp()
        self.sim.requests.clear()
        self.app = self.sim.store.directory.apps[APP_ID]
        kept = dict(vars(self.app))
        self.addCleanup(vars(self.app).update, kept)
        self.app.secrets = dict(self.app.secrets)

    def remote(self, account):
        """The user of an account in Microsoft's directory."""
        return self.sim.store.directory.user(account.login)

    def token_requests(self):
        return self.sim.requests.matching("POST .*/token$")

    def assertRefused(self, account, words):
        with self.assertRaisesRegex(UserError, words):
            account._connect()

    def is_due(self, account):
        """Whether the schedule takes the account up, once its time has come."""
        account.next_sync = "2000-01-01 00:00:00"
        return account in account.search(account._due_domain())


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
            ({"sign_in_error": 53003}, "no longer valid"),
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


@tagged("post_install", "-at_install", "exchange_sign_in")
class TestSignInClouds(SignInCase):
    """Global, US Government and China: other addresses, other tokens."""

    ADDRESSES = {
        "global": ("login.microsoftonline.com", "graph.microsoft.com"),
        "usgov_high": ("login.microsoftonline.us", "graph.microsoft.us"),
        "usgov_dod": ("login.microsoftonline.us", "dod-graph.microsoft.us"),
        "china": ("login.chinacloudapi.cn", "microsoftgraph.chinacloudapi.cn"),
    }

    def test_addresses(self):
        for cloud, (login_host, graph_host) in self.ADDRESSES.items():
            server = self.env["exchange.server"].create(
                {"name": cloud, "cloud": cloud, "client_id": "x", "tenant_id": "t"}
            )
            user = new_test_user(self.env, f"user_{cloud}")
            account = self.env["exchange.account"].create(
                {"user_id": user.id, "server_id": server.id}
            )
            self.assertEqual(account._oauth_app().authority, f"https://{login_host}/t")
            self.assertEqual(server._graph_url(), f"https://{graph_host}/v1.0")

    def test_each_cloud_takes_its_own_tokens(self):
        for cloud in self.ADDRESSES:
            with self.subTest(cloud), Simulator(cloud=cloud) as sim:
                self.patch(type(self), "sim", sim)
                server = self.env["exchange.server"].create(
                    {**self._office_values(), "cloud": cloud, "allow_application": True}
                )
                for method in ("password", "application"):
                    account = self.new_account(server=server, auth_method=method)
                    self.drop(account)
                    self.assertEqual(account.sync().waiting, 1)

    def test_tokens_of_another_cloud_are_refused(self):
        account = self.new_account(server=self.office)
        with Simulator(cloud="china") as sim:
            sim.add_mailbox(account.login, PASSWORD)
            self.office.write(
                {
                    "authority_url": sim.authority,
                    "ca_certificate": sim.ca_pem,
                    "client_secret": self._office_values()["client_secret"],
                }
            )
            account.password = PASSWORD
            with self.assertRaises(UserError):
                account._connect()

    def test_one_tenant_or_all(self):
        for tenant, multi, words in (
            ("organizations", True, None),
            ("contoso.example", False, None),
            ("organizations", False, "tenant ID"),
            ("nowhere.example", True, "tenant ID"),
        ):
            with self.subTest(f"{tenant} {multi}"):
                self.app.multi_tenant = multi
                server = self.env["exchange.server"].create(
                    {
                        **self._office_values(),
                        "authority_url": self.sim.authority_for(tenant),
                    }
                )
                if words:
                    with self.assertRaisesRegex(UserError, words):
                        self.new_account(server=server)
                else:
                    account = self.new_account(server=server)
                    self.sim.clock.advance(7200)
                    self.assertEqual(account.sync().state, "done")
