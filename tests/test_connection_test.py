from unittest.mock import patch

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import PASSWORD
from .ports import free_port
from .sign_in_case import SignInCase
from .simulator import Simulator


@tagged("post_install", "-at_install", "exchange_sign_in")
class TestConnectionTest(SignInCase):
    """The button "Test Connection": what works, what fails, and whose job it is."""

    def outcome(self, record, method="action_test_connection", user=None):
        """:return: {step: (state, message, job)}"""
        user = user or self.env.ref("base.user_admin")
        action = getattr(record.with_user(user), method)()
        self.assertEqual(action["res_model"], "exchange.connection.test")
        test = self.env[action["res_model"]].with_user(user).browse(action["res_id"])
        lines = test.line_ids
        self.assertEqual(test.success, all(line.state == "ok" for line in lines))
        self.assertTrue(all(line.message for line in lines if line.state != "skipped"))
        failed = lines.filtered(lambda line: line.state == "failed")
        self.assertLessEqual(len(failed), 1)
        if failed:
            later = lines.filtered(lambda line: line.id > failed.id)
            self.assertEqual(set(later.mapped("state")) - {"skipped"}, set())
        return {line.step: (line.state, line.message, line.job) for line in lines}

    def assertFailed(self, lines, step, words, job):
        state, message, whose = lines[step]
        self.assertEqual((state, whose), ("failed", job), lines)
        self.assertRegex(message, words)

    STEPS = [
        "Settings",
        "Name of the server",
        "Secure connection",
        "Sign-in",
        "Mailbox",
        "Transfer folders",
    ]

    def test_all_is_well(self):
        for server in (self.office, self.exchange):
            account = self.new_account(server=server)
            lines = self.outcome(account, user=account.user_id)
            steps = list(self.STEPS)
            if server == self.exchange:
                steps.insert(4, "Version")
            self.assertEqual(list(lines), steps)
            self.assertEqual({state for state, *_rest in lines.values()}, {"ok"}, lines)
            self.assertIn("127.0.0.1", lines["Name of the server"][1])
            self.assertIn(account.login, lines["Sign-in"][1])
            self.assertEqual(lines["Mailbox"][1], account.login)
            self.assertIn("Transfer Incoming", lines["Transfer folders"][1])
            user_button = self.outcome(
                account.user_id, "action_exchange_test", account.user_id
            )
            self.assertEqual(user_button, lines)

    def test_it_changes_nothing(self):
        account = self.new_account(server=self.office)
        account.state = "reconnect"
        before = account.read()
        self.outcome(account)
        self.assertEqual(account.read(), before)

    def test_settings(self):
        account = self.new_account(server=self.office)
        account.password = False
        account.action_disconnect()
        lines = self.outcome(account)
        self.assertFailed(lines, "Settings", "Enter your password", "user")
        self.office.client_id = False
        lines = self.outcome(account)
        self.assertFailed(lines, "Settings", "no application ID", "administrator")
        account.server_id = False
        lines = self.outcome(account)
        self.assertFailed(lines, "Settings", "Choose the service", "administrator")

    def test_a_name_that_is_not_known(self):
        account = self.new_account()
        account.server_id.write(
            {
                "folders_url": "https://no-such-host.invalid/api/ChildFolders",
                "events_url": False,
                "contacts_url": False,
            }
        )
        account.password = PASSWORD
        lines = self.outcome(account)
        self.assertFailed(
            lines,
            "Name of the server",
            "name of the server is not known",
            "administrator",
        )

    def test_nobody_listens(self):
        self.office.authority_url = f"https://127.0.0.1:{free_port()}/tenant"
        lines = self.outcome(self.office)
        self.assertFailed(
            lines, "Secure connection", "does not accept connections", "administrator"
        )

    def test_certificates(self):
        with Simulator() as other:
            self.office.ca_certificate = other.ca_pem
            lines = self.outcome(self.office)
        self.assertFailed(lines, "Secure connection", "not trusted", "administrator")
        self.office.ca_certificate = False
        lines = self.outcome(self.office)
        self.assertFailed(lines, "Secure connection", "not trusted", "administrator")
        plain = self.outcome(self.exchange)
        self.assertIn("not encrypted", plain["Secure connection"][1])

    def test_a_proxy_knows_the_names(self):
        account = self.new_account()
        proxies = {"http": "http://127.0.0.1:1", "https": "http://127.0.0.1:1"}
        with patch.object(type(account), "_proxies", lambda _self: proxies):
            lines = self.outcome(account)
        self.assertEqual(lines["Name of the server"][1], "Left to the proxy.")
        self.assertFailed(lines, "Sign-in", "proxy cannot be used", "administrator")

    def test_sign_in(self):
        account = self.new_account(server=self.office)
        remote = self.remote(account)
        for values, words, job in (
            ({"password": "other"}, "User name or password is wrong", "user"),
            ({"mfa": True}, "second factor", "user"),
            ({"enabled": False}, "disabled", "provider"),
        ):
            before = {name: getattr(remote, name) for name in values}
            vars(remote).update(values)
            self.sim.requests.clear()
            self.assertFailed(self.outcome(account), "Sign-in", words, job)
            self.assertEqual(len(self.token_requests()), 1)
            vars(remote).update(before)
        self.app.secrets = {"another": 0.0}
        self.assertFailed(
            self.outcome(account), "Sign-in", "client secret", "administrator"
        )
        account = self.new_account()
        self.remote(account).password = "other"
        self.assertFailed(
            self.outcome(account), "Sign-in", "User name or password is wrong", "user"
        )

    def test_not_signed_in_yet(self):
        account = self.new_account(server=self.office)
        account.auth_method = "oauth"
        self.assertFailed(self.outcome(account), "Sign-in", "press Connect", "user")

    def test_mailbox(self):
        account = self.new_account(server=self.office)
        self.remote(account).mailbox = "on_premises"
        self.assertFailed(
            self.outcome(account), "Mailbox", "Choose the Exchange server", "provider"
        )

    def test_transfer_folders(self):
        account = self.new_account()
        account.folder_ids[0].remote_id = "gone"
        lines = self.outcome(account)
        self.assertFailed(lines, "Transfer folders", "No longer there", "user")
        self.assertIn(account.folder_ids[0].name, lines["Transfer folders"][1])
        account.folder_ids.unlink()
        self.assertEqual(
            self.outcome(account)["Transfer folders"][:2], ("ok", "None chosen yet.")
        )

    def test_a_service_without_a_user(self):
        self.office.tenant_id = "contoso.example"
        lines = self.outcome(self.office)
        self.assertIn("its secret", lines["App registration"][1])
        self.office.tenant_id = "organizations"
        lines = self.outcome(self.office)
        self.assertIn("when a user signs in", lines["App registration"][1])
        self.office.write({"tenant_id": "contoso.example", "client_secret": "mistyped"})
        lines = self.outcome(self.office)
        self.assertFailed(lines, "App registration", "client secret", "administrator")
        self.office.client_id = "mistyped"
        lines = self.outcome(self.office)
        self.assertFailed(lines, "App registration", "application ID", "administrator")
        self.office.authority_url = self.sim.authority_for("nowhere.example")
        self.office.client_secret = "x"
        lines = self.outcome(self.office)
        self.assertFailed(lines, "App registration", "tenant ID", "administrator")
        lines = self.outcome(self.exchange)
        self.assertIn("asks for a password", lines["Interface"][1])
        self.exchange.write(
            {
                "folders_url": f"http://{self.sim.host}:{self.sim.port}/x/ChildFolders",
                "events_url": False,
                "contacts_url": False,
            }
        )
        lines = self.outcome(self.exchange)
        self.assertFailed(lines, "Interface", "answered 404", "administrator")

    def test_whose_button_it_is(self):
        account = self.new_account()
        other = new_test_user(self.env, "mallory", groups="base.group_user")
        for call in (
            account.with_user(other).action_test_connection,
            account.user_id.with_user(other).action_exchange_test,
            self.office.with_user(other).action_test_connection,
        ):
            with self.assertRaises(AccessError):
                call()
        action = account.with_user(account.user_id).action_test_connection()
        test = self.env[action["res_model"]].browse(action["res_id"])
        with self.assertRaises(AccessError):
            test.with_user(other).read(["name"])
        with self.assertRaises(AccessError):
            test.line_ids.with_user(other).read(["message"])
