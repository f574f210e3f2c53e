from unittest.mock import patch
from urllib.parse import urlsplit

from odoo.exceptions import ConcurrencyError
from odoo.http import root
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from ..controllers.exchange_connector import FLOWS_KEY
from .browser import Browser, query_of, with_query
from .common import PASSWORD, ExchangeCase
from .simulator import APP_ID

CALLBACK = "/exchange_connector/oauth"


@tagged("post_install", "-at_install", "exchange_sign_in")
class TestSignIn(ExchangeCase, HttpCase):
    """The Microsoft sign-in, over real HTTP and through the pages a browser sees."""

    def setUp(self):
        super().setUp()
        self.sim.requests.clear()
        self.sim.store.tokens.codes.clear()
        self.app = self.sim.store.directory.apps[APP_ID]
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

    def token_requests(self):
        return self.sim.requests.matching("/token$")

    def redeemed_codes(self):
        return [each for each in self.sim.store.tokens.codes.values() if each.used]

    def assertNotConnected(self, answer, words, user=None):
        self.assertEqual(answer.status_code, 200)
        self.assertIn("The mailbox is not connected", answer.text)
        self.assertIn(words, " ".join(answer.text.split()))
        self.assertNotEqual(self.account(user).state, "connected")

    # It works

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

    # Attacks

    def test_a_call_back_works_once(self):
        back = self.browser.at_microsoft(
            self.browser.press_connect(), "anna@contoso.example", PASSWORD
        )
        self.assertEqual(self.browser.get(back).status_code, 303)
        redeemed = len(self.token_requests())
        for _again in range(2):
            answer = self.browser.get(back)
            self.assertEqual(
                urlsplit(answer.headers["Location"]).path,
                f"/odoo/my-outlook/{self.anna.id}",
            )
        self.assertEqual(len(self.token_requests()), redeemed)
        self.assertEqual(self.account().state, "connected")

    def test_a_failed_call_back_is_not_tried_again(self):
        back = self.browser.at_microsoft(
            self.browser.press_connect(), "anna@contoso.example", PASSWORD
        )
        self.sim.store.tokens.codes[query_of(back)["code"]].used = True
        self.browser.get(back)
        redeemed = len(self.token_requests())
        self.assertEqual(self.browser.get(back).status_code, 303)
        self.assertEqual(len(self.token_requests()), redeemed)
        self.assertEqual(self.account().state, "draft")

    def test_a_forged_state(self):
        back = self.browser.at_microsoft(
            self.browser.press_connect(), "anna@contoso.example", PASSWORD
        )
        for state in ("forged", "", None, query_of(back)["state"][:-1] + "\xe9"):
            answer = self.browser.get(with_query(back, state=state))
            self.assertNotConnected(answer, "not begun in this browser")
        self.assertFalse(self.redeemed_codes())

    def test_the_call_back_of_another_user(self):
        """Login CSRF: the attacker's mailbox would end up in the victim's Odoo."""
        mallory = self.new_user("mallory")
        other = Browser(self, "mallory")
        back = other.at_microsoft(
            other.press_connect(), "mallory@contoso.example", PASSWORD
        )
        answer = self.browser.get(back)
        self.assertNotConnected(answer, "not begun in this browser")
        self.assertFalse(self.redeemed_codes())
        self.assertEqual(other.get(back).status_code, 303)
        self.assertEqual(self.account(mallory).state, "connected")

    def test_a_session_that_changed_its_user(self):
        """What one user began is nothing to the next one at the same machine."""
        back = self.browser.at_microsoft(
            self.browser.press_connect(), "anna@contoso.example", PASSWORD
        )
        mallory = self.new_user("mallory")
        flows = root.session_store.get(self.browser.session.sid)[FLOWS_KEY]
        other = Browser(self, "mallory")
        other.session[FLOWS_KEY] = flows
        root.session_store.save(other.session)
        self.assertNotConnected(other.get(back), "not begun in this browser", mallory)
        self.assertFalse(self.redeemed_codes())

    def test_logging_out_forgets_what_was_begun(self):
        back = self.browser.at_microsoft(
            self.browser.press_connect(), "anna@contoso.example", PASSWORD
        )
        session = root.session_store.get(self.browser.session.sid)
        session.logout(keep_db=True)
        self.assertNotIn(FLOWS_KEY, session)
        answer = Browser(self, "").get(back)
        self.assertEqual(answer.status_code, 303)
        self.assertTrue(answer.headers["Location"].startswith("/web/login?"))
        self.assertFalse(self.redeemed_codes())

    def test_a_session_known_before_the_log_in_is_worthless(self):
        """Session fixation: Odoo gives another session to whoever logs in."""
        self.new_user("erna", password="erna-erna")
        self.authenticate(None, None)
        page = self.url_open("/web/login").text
        token = page.split('name="csrf_token" value="')[1].split('"')[0]
        planted = self.opener.cookies["session_id"]
        self.url_open(
            "/web/login",
            data={"login": "erna", "password": "erna-erna", "csrf_token": token},
            allow_redirects=False,
        )
        sids = {each.value for each in self.opener.cookies if each.name == "session_id"}
        self.assertTrue(sids - {planted})
        self.opener.cookies.clear()
        self.opener.cookies.set("session_id", planted)
        answer = self.url_open("/exchange_connector/connect", allow_redirects=False)
        self.assertTrue(answer.headers["Location"].startswith("/web/login?"))

    def test_a_sign_in_that_took_too_long(self):
        back = self.browser.at_microsoft(
            self.browser.press_connect(), "anna@contoso.example", PASSWORD
        )
        session = root.session_store.get(self.browser.session.sid)
        for each in session[FLOWS_KEY].values():
            each["begun"] -= 3601
        session.is_dirty = True
        root.session_store.save(session)
        self.assertNotConnected(self.browser.get(back), "not begun in this browser")

    def test_another_page_cannot_begin_a_sign_in(self):
        """CSRF: a link to the beginning is not enough."""
        for ticket in ("", "?ticket=", "?ticket=forged", "?ticket=abco9999999999"):
            answer = self.browser.get(f"/exchange_connector/connect{ticket}")
            self.assertNotConnected(answer, "press Connect")
        other = self.new_user("mallory") and Browser(self, "mallory")
        action = other.rpc("res.users", "action_exchange_connect", [other.session.uid])
        self.assertNotConnected(self.browser.get(action["url"]), "press Connect")
        self.assertNotIn(FLOWS_KEY, root.session_store.get(self.browser.session.sid))

    def test_posted_forms_are_refused(self):
        for path in ("/exchange_connector/connect", CALLBACK):
            with mute_logger("odoo.http"):
                answer = self.browser._use().url_open(path, data={"state": "x"})
            self.assertIn(answer.status_code, (400, 405))

    def test_no_open_redirect(self):
        """Neither the host of the request nor a parameter decides where it goes on."""
        back = self.browser.at_microsoft(
            self.browser.press_connect(), "anna@contoso.example", PASSWORD
        )
        evil = "https://evil.example/"
        names = ("redirect", "redirect_uri", "url", "next", "return_url", "back")
        answer = self.browser.get(with_query(back, **dict.fromkeys(names, evil)))
        self.assertEqual(answer.status_code, 303)
        self.assertNotIn("evil", answer.headers["Location"])
        action = self.browser.rpc(
            "res.users", "action_exchange_connect", [self.anna.id]
        )
        answer = self.browser.get(with_query(action["url"], redirect_uri=evil))
        asked = query_of(answer.headers["Location"])
        self.assertEqual(asked["redirect_uri"], self.base_url() + CALLBACK)
        self.assertEqual(
            urlsplit(answer.headers["Location"]).netloc,
            urlsplit(self.sim.authority).netloc,
        )

    def test_a_request_that_odoo_repeats_redeems_once(self):
        back = self.browser.at_microsoft(
            self.browser.press_connect(), "anna@contoso.example", PASSWORD
        )
        model = type(self.env["exchange.account"])
        calls = []

        def then_conflict(account, *args):
            calls.append(finish(account, *args))
            raise ConcurrencyError("another worker was faster")

        finish = model._finish_sign_in
        with (
            patch.object(model, "_finish_sign_in", then_conflict),
            patch("odoo.service.model.time.sleep"),
            mute_logger("odoo.service.model"),
        ):
            answer = self.browser.get(back)
        self.assertEqual(answer.status_code, 303)
        # What it stored is in a transaction of its own, which the test has not.
        self.assertEqual(len(calls), 1)
        self.assertEqual(len(self.token_requests()), 1)

    def test_pages_with_a_code_in_their_address_tell_nobody(self):
        back = self.browser.at_microsoft(
            self.browser.press_connect(), "anna@contoso.example", PASSWORD
        )
        answer = self.browser.get(with_query(back, state="forged"))
        self.assertEqual(answer.headers["Referrer-Policy"], "no-referrer")
        self.assertEqual(answer.headers["Cache-Control"], "no-store")
        self.assertNotIn(query_of(back)["code"], answer.text)

    def test_only_internal_users(self):
        new_test_user(self.env, "peter", groups="base.group_portal")
        portal = Browser(self, "peter")
        for path in ("/exchange_connector/connect", CALLBACK + "?code=x&state=y"):
            self.assertIn(portal.get(path).status_code, (404, 200))
        with mute_logger("odoo.http"), self.assertRaises(AssertionError):
            portal.rpc("res.users", "action_exchange_connect", [portal.session.uid])
        peter = self.env["res.users"].browse(portal.session.uid)
        self.assertFalse(self.account(peter))
        visitor = Browser(self, "")
        for path in ("/exchange_connector/connect", CALLBACK + "?code=x&state=y"):
            answer = visitor.get(path)
            self.assertTrue(answer.headers["Location"].startswith("/web/login?"))
        self.assertIn("error", visitor.call("/exchange_connector/folders"))

    def test_an_administrator_cannot_sign_in_for_a_user(self):
        new_test_user(self.env, "root_user", groups="base.group_system")
        admin = Browser(self, "root_user")
        with (
            mute_logger("odoo.http"),
            self.assertRaisesRegex(AssertionError, "can sign in here"),
        ):
            admin.rpc("res.users", "action_exchange_connect", [self.anna.id])
