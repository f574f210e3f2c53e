from urllib.parse import urlsplit

from odoo.tests import tagged

from .browser import query_of, with_query
from .common import PASSWORD
from .sign_in_case import CALLBACK, SignInPageCase


@tagged("post_install", "-at_install", "exchange_sign_in")
class TestSignIn(SignInPageCase):
    """The Microsoft sign-in through the pages a browser sees: done, or why not."""

    def test_first_time_user_connects(self):
        answer = self.browser.sign_in("anna@contoso.example", PASSWORD)
        self.assertEqual(answer.status_code, 303)
        self.assertEqual(
            urlsplit(answer.headers["Location"]).path,
            f"/odoo/my-outlook/{self.anna.id}",
        )
        account = self.account()
        self.assertEqual(account.state, "connected")
        self.assertEqual(account.login, "anna@contoso.example")
        self.assertEqual(account.mailbox_address, "anna@contoso.example")
        self.assertEqual(account.addresses, ["anna@contoso.example"])
        account.with_user(self.anna).action_create_folders()
        self.assertEqual(account.sync().state, "done")

    def test_second_factor_and_consent(self):
        user = self.sim.store.directory.user("anna@contoso.example")
        user.mfa = True
        self.app.admin_consent, before = set(), self.app.admin_consent
        self.addCleanup(setattr, self.app, "admin_consent", before)
        answer = self.browser.sign_in("anna@contoso.example", PASSWORD, otc="000000")
        self.assertEqual(answer.status_code, 303)
        self.assertEqual(self.account().state, "connected")

    def test_the_address_asks_for_a_code_with_pkce_and_for_nothing_more(self):
        asked = query_of(self.browser.press_connect())
        self.assertEqual(asked["response_type"], "code")
        self.assertEqual(asked["code_challenge_method"], "S256")
        self.assertEqual(asked["redirect_uri"], self.base_url() + CALLBACK)
        self.assertEqual(asked["login_hint"], "anna@contoso.example")
        self.assertGreaterEqual(len(asked["state"]), 16)
        self.assertNotIn("client_secret", asked)
        self.assertEqual(
            set(asked["scope"].split()) - {"openid", "profile", "offline_access"},
            {"User.Read", "Mail.ReadWrite", "Calendars.ReadWrite"}
            | {"Contacts.ReadWrite"},
        )

    def test_begun_in_one_tab_and_finished_in_another(self):
        first, second = self.browser.press_connect(), self.browser.press_connect()
        self.assertNotEqual(query_of(first)["state"], query_of(second)["state"])
        back = self.browser.at_microsoft(first, "anna@contoso.example", PASSWORD)
        self.assertEqual(self.browser.get(back).status_code, 303)
        self.assertEqual(self.account().state, "connected")
        back = self.browser.at_microsoft(second, "anna@contoso.example", PASSWORD)
        self.assertEqual(self.browser.get(back).status_code, 303)

    def test_another_mailbox_than_expected_is_said(self):
        self.sim.add_mailbox("shared@contoso.example", PASSWORD)
        answer = self.browser.sign_in("shared@contoso.example", PASSWORD)
        self.assertEqual(answer.status_code, 200)
        self.assertIn("Another mailbox is connected", answer.text)
        self.assertIn("shared@contoso.example", answer.text)
        account = self.account()
        self.assertEqual(account.state, "connected")
        self.assertEqual(account.login, "shared@contoso.example")

    def test_an_alias_is_no_other_mailbox(self):
        user = self.sim.store.directory.user("anna@contoso.example")
        user.aliases.append("a.meyer@contoso.example")
        self.anna.exchange_login = "a.meyer@contoso.example"
        answer = self.browser.sign_in("anna@contoso.example", PASSWORD)
        self.assertEqual(answer.status_code, 303)
        self.assertEqual(self.account().login, "anna@contoso.example")

    def test_another_mailbox_has_other_folders(self):
        self.browser.sign_in("anna@contoso.example", PASSWORD)
        self.account().with_user(self.anna).action_create_folders()
        self.sim.add_mailbox("shared2@contoso.example", PASSWORD)
        self.browser.sign_in("shared2@contoso.example", PASSWORD)
        self.assertFalse(self.account().folder_ids)
        self.browser.sign_in("shared2@contoso.example", PASSWORD)
        self.account().with_user(self.anna).action_create_folders()
        self.browser.sign_in("shared2@contoso.example", PASSWORD)
        self.assertEqual(len(self.account().folder_ids), 2)

    # Microsoft refuses

    def test_cancel(self):
        back = self.browser.at_microsoft(
            self.browser.press_connect(), "anna@contoso.example", PASSWORD, cancel="1"
        )
        self.assertNotConnected(self.browser.get(back), "cancelled at Microsoft")
        self.assertFalse(self.redeemed_codes())

    def test_errors_of_the_page_are_sentences_and_show_no_foreign_words(self):
        for error, description, words in (
            ("server_error", "", "could not be reached"),
            ("invalid_client", "AADSTS7000222: expired", "client secret"),
            ("interaction_required", "AADSTS50076: mfa", "second factor"),
            ("weird_error", "<script>alert(1)</script>", "sign in again"),
        ):
            state = query_of(self.browser.press_connect())["state"]
            answer = self.browser.get(
                with_query(
                    self.base_url() + CALLBACK,
                    state=state,
                    error=error,
                    error_description=description,
                )
            )
            self.assertNotConnected(answer, words)
            self.assertNotIn("alert(1)", answer.text)
            self.assertNotIn("weird_error", answer.text)

    def test_a_code_that_was_redeemed_elsewhere(self):
        back = self.browser.at_microsoft(
            self.browser.press_connect(), "anna@contoso.example", PASSWORD
        )
        self.sim.store.tokens.codes[query_of(back)["code"]].used = True
        self.assertNotConnected(self.browser.get(back), "sign in again")

    def test_a_wrong_client_secret_is_for_the_administrator(self):
        self.office.client_secret = "mistyped"
        answer = self.browser.sign_in("anna@contoso.example", PASSWORD)
        self.assertNotConnected(answer, "administrator has to enter a new one")

    def test_an_unknown_tenant(self):
        self.office.authority_url = self.sim.authority_for("nowhere.example")
        action = self.browser.rpc(
            "res.users", "action_exchange_connect", [self.anna.id]
        )
        answer = self.browser.get(action["url"])
        self.assertNotConnected(answer, "does not know the tenant ID")

    def test_a_service_that_does_not_answer(self):
        self.office.authority_url = "https://localhost:1/tenant"
        action = self.browser.rpc(
            "res.users", "action_exchange_connect", [self.anna.id]
        )
        answer = self.browser.get(action["url"])
        self.assertNotConnected(answer, "could not be reached")

    def test_a_mailbox_on_premises_is_said_at_once(self):
        self.sim.store.directory.user("anna@contoso.example").mailbox = "on_premises"
        answer = self.browser.sign_in("anna@contoso.example", PASSWORD)
        self.assertNotConnected(answer, "Choose the Exchange server")
        self.assertEqual(self.account().state, "error")

    def test_single_tenant_app_at_the_common_address(self):
        self.app.multi_tenant = False
        self.addCleanup(setattr, self.app, "multi_tenant", True)
        self.office.authority_url = self.sim.authority_for("organizations")
        url = self.browser.press_connect()
        answer = self.browser.elsewhere.get(url, allow_redirects=False)
        self.assertIn("AADSTS50194", answer.text)

    def test_an_app_of_several_tenants(self):
        self.office.authority_url = self.sim.authority_for("organizations")
        answer = self.browser.sign_in("anna@contoso.example", PASSWORD)
        self.assertEqual(answer.status_code, 303)
        account = self.account()
        account.with_user(self.anna).action_create_folders()
        self.sim.clock.advance(7200)
        self.assertEqual(account.sync().state, "done")
