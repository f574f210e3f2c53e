from unittest.mock import patch
from urllib.parse import urlsplit

from odoo.exceptions import ConcurrencyError
from odoo.http import root
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ..controllers.exchange_connector import FLOWS_KEY
from .browser import Browser, query_of, with_query
from .common import PASSWORD
from .sign_in_case import CALLBACK, SignInPageCase


@tagged("post_install", "-at_install", "exchange_sign_in")
class TestSignInAttacks(SignInPageCase):
    """The way back from Microsoft is of use to nobody but who began it, and once."""

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
