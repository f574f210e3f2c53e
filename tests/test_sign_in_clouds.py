from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from .common import PASSWORD
from .sign_in_case import SignInCase
from .simulator import Simulator


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
