from odoo.exceptions import UserError
from odoo.tests import new_test_user

from .browser import Browser
from .common import PASSWORD, ExchangeCase
from .patience import PatientHttpCase
from .simulator import APP_ID

CALLBACK = "/exchange_connector/oauth"


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


class SignInPageCase(SignInCase, PatientHttpCase):
    """A user in front of Odoo's and Microsoft's pages, over real HTTP."""

    def setUp(self):
        super().setUp()
        self.sim.store.tokens.codes.clear()
        self.app.redirect_uris = [self.base_url() + CALLBACK]
        # The only service there is, so that it is preselected.
        self.exchange.active = False
        self.anna = self.new_user("anna")
        self.browser = Browser(self, "anna")

    def new_user(self, name, **values):
        address = f"{name}@contoso.example"
        self.sim.store.remove_user(address)
        self.sim.add_mailbox(address, PASSWORD)
        return new_test_user(
            self.env, name, groups="base.group_user", email=address, **values
        )

    def account(self, user=None):
        user = user or self.anna
        self.env.invalidate_all()
        accounts = self.env["exchange.account"].with_context(active_test=False)
        return accounts.search([("user_id", "=", user.id)])

    def redeemed_codes(self):
        return [each for each in self.sim.store.tokens.codes.values() if each.used]

    def assertNotConnected(self, answer, words, user=None):
        self.assertEqual(answer.status_code, 200)
        self.assertIn("The mailbox is not connected", answer.text)
        self.assertIn(words, " ".join(answer.text.split()))
        self.assertNotEqual(self.account(user).state, "connected")
