import json
from contextlib import ExitStack

from odoo.tests import tagged

from ..models.transactions import try_lock
from .calendar_case import CalendarCase, ahead
from .common import make_eml
from .common_http import ExchangeHttpCase
from .german import German
from .keyboard import keyboard

STRANGER = "Nina Neu <new@customer.example>"
ADA = "ada@customer.example"
CARD = ".o_kanban_record"
PANE = ".o_form_view .o_notebook_content .tab-pane.active"
STATE = 'odoo.__WOWL_DEBUG__.root.env.services["exchange_connector.progress"].state'
# What is wider than the window, or cannot be scrolled to.
TOO_WIDE = """[...document.querySelectorAll(
        "html, .o_content, .o_form_renderer, .modal-body, .o_control_panel")]
    .filter((one) => one.checkVisibility() && one.scrollWidth > one.clientWidth + 1)
    .map((one) => `${one.tagName} ${one.className} ${one.scrollWidth}`)"""
LOWEST = """Math.max(...[...document.querySelectorAll(
        ".tab-pane.active :is(button, input, textarea, article)")]
    .filter((one) => one.checkVisibility())
    .map((one) => one.getBoundingClientRect().bottom))"""
# From now on the rows of a list come from far away.
SLOW_LISTS = """(() => {
    const { open, send } = XMLHttpRequest.prototype;
    XMLHttpRequest.prototype.open = function (method, url) {
        this.pause = url.includes("web_search_read") ? 2000 : 0;
        return open.apply(this, arguments);
    };
    XMLHttpRequest.prototype.send = function () {
        setTimeout(() => send.apply(this, arguments), this.pause);
    };
})()"""
# All that can be reached in the preferences, in the order of the page; of a group of
# radio buttons the chosen one.
REACHABLE = """[...document.querySelectorAll(
        ".tab-pane.active :is(button, input, textarea, .o_kanban_record)")]
    .filter((one) => one.checkVisibility() && !one.disabled && one.tabIndex >= 0)"""


class ScreenCase(ExchangeHttpCase, CalendarCase):
    """A user with something of each kind, who has no mouse."""

    def setUp(self):
        super().setUp()
        self.account = self.new_account()
        user = self.account.user_id
        self.work = self.partner(name="Ada at work", city="Köln")
        self.partner(name="Ada at home")
        for number, sender in enumerate((ADA, STRANGER, ADA)):
            self.drop(self.account, make_eml(sender=sender, subject=f"Mail {number}"))
        self.add_series(
            self.account,
            "Standup",
            count=3,
            days=0,
            start=ahead(0, 11),
            end=ahead(0, 12),
        )
        self.work.with_user(user).action_exchange_subscribe()
        self.env["exchange.address.rule"].create(
            {"address": "@own.example", "action": "skip", "user_id": user.id}
        )
        self.account.sync()
        # Read before: while a browser is served, the cursor is the server's.
        self.login, self.user_id = user.login, user.id
        self.work_id = self.work.id
        self.run_id = self.account.run_ids[:1].id
        self.event_id = self.events_of(self.account)[:1].id

    def play(self, script, path="/odoo/discuss", login=None):
        """Let a function drive the browser of a user."""
        with keyboard(script):
            ready = "Boolean(odoo.isReady)"
            self.browser_js(path, "", ready, login=login or self.login)
        self.env.invalidate_all()

    def open_preferences(self, browser):
        browser.open(f"my-outlook/{self.user_id}", ".o_exchange_state_panel")

    def state_of(self, subject):
        mails = self.mails_of(self.account)
        return mails.filtered(lambda mail: mail.subject == subject).state


@tagged("post_install", "-at_install", "exchange_screens")
class TestScreenReader(ScreenCase):
    """All that can be pressed, filled in or looked at has a name."""

    def listen(self, browser, *selectors):
        for selector in selectors:
            with self.subTest(selector):
                browser.see(selector)
                self.assertEqual(browser.unnamed(selector), [])

    def dialog(self, browser, selector):
        """A dialog of ours bears its title as name."""
        self.listen(browser, selector)
        title = browser.run(f"document.querySelector('{selector} h4').textContent")
        [dialog] = [
            part for part in browser.heard(".modal") if part["role"] == "dialog"
        ]
        self.assertEqual((dialog["name"], dialog["modal"]), (title.strip(), True))

    def test_user(self):
        def play(browser):
            browser.open("discuss", ".o_exchange_counter")
            self.listen(browser, ".o_exchange_counter")
            browser.open("exchange-mails", f"{CARD} .o_exchange_decision")
            self.listen(browser, ".o_exchange_state_panel", ".o_exchange_decision")
            browser.run(f"document.querySelector('{CARD}').click()")
            self.listen(browser, ".o_form_view .o_exchange_decision")
            browser.go(".o_exchange_decision button", "File On…")
            self.dialog(browser, ".o_exchange_record_dialog")
            for path in ("exchange-rules", "exchange-log", "exchange-items"):
                browser.open(path, ".o_data_row")
                self.listen(browser, ".o_list_renderer")
            browser.open("exchange-contacts", ".o_data_row")
            self.listen(browser, ".o_list_renderer")
            browser.open(f"exchange-log/{self.run_id}", ".o_form_sheet")
            self.listen(browser, ".o_form_sheet")
            browser.open("contacts", ".o_switch_view.o_kanban")
            browser.run("document.querySelector('.o_switch_view.o_kanban').click()")
            self.listen(browser, ".o_exchange_subscribed")
            browser.open(f"contacts/{self.work_id}", ".o-form-buttonbox")
            self.listen(browser, ".o-form-buttonbox")
            browser.open("calendar", ".o_exchange_sync_events")
            self.listen(browser, ".o_exchange_sync_events")
            browser.open(f"calendar/{self.event_id}", ".o_exchange_from_outlook")
            self.listen(browser, ".o_exchange_from_outlook")
            self.open_preferences(browser)
            self.listen(browser, PANE)
            browser.go(".o_widget_exchange_folder_picker button")
            browser.see(".o_exchange_folder")
            self.dialog(browser, ".o_exchange_folder_picker")

        self.play(play)

    def test_administrator(self):
        servers = (self.office + self.exchange).ids

        def play(browser):
            for server in servers:
                browser.open(f"exchange-servers/{server}", ".o_form_sheet")
                self.listen(browser, ".o_form_sheet")
            browser.open("settings", ".tab[data-key='exchange_connector']")
            browser.run("document.querySelector('[data-key^=exchange_]').click()")
            self.listen(browser, ".app_settings_block[data-key^=exchange_]")
            tab = ".nav-link[name=exchange_connector]"
            browser.open(f"users/{self.user_id}", tab)
            browser.run(f"document.querySelector('{tab}').click()")
            browser.see(f"{tab}.active")
            self.listen(browser, PANE)

        self.play(play, login="admin")

    def test_an_archived_service(self):
        """It cannot be chosen; who has it sees which one it is."""
        server = self.account.server_id
        server.active = False
        field = "document.querySelector('[name=exchange_server_id] input')"

        def play(browser):
            self.open_preferences(browser)
            browser.see(".o_exchange_state_panel", "has been archived")
            browser.wait(f"{field}?.value === {json.dumps(server.name)}")

        self.play(play)

    def test_first_synchronisation(self):
        self.account.write({"last_sync": False, "next_sync": False})

        def play(browser):
            self.open_preferences(browser)
            browser.go("button[name=action_exchange_sync]")
            browser.see(".o_exchange_number")
            self.dialog(browser, ".o_exchange_preview")

        self.play(play)

    def test_progress_and_result(self):
        """The bar of a run that somebody holds, then what it came to."""
        live = ".o_exchange_state_panel > [role=status]:last-child"
        bar = "[role=progressbar]"
        going_on = ExitStack()
        self.account.run_ids[:1].write(
            {"state": "running", "found": 50, "expected": 100}
        )

        def play(browser):
            self.open_preferences(browser)
            browser.see(bar)
            [heard] = browser.heard(bar)
            self.assertTrue(heard["name"])
            self.assertEqual((heard["valuemin"], heard["valuemax"]), (0, 100))
            now = browser.run(f"document.querySelector('{bar}').ariaValueNow")
            self.assertEqual(now, "25")
            self.assertEqual(
                browser.run(f"document.querySelector('{live}').textContent"), ""
            )
            going_on.close()
            browser.wait(f"!document.querySelector('{bar}')")
            result = "{message: '12 filed', type: 'success', run_id: 1}"
            browser.run(f"Object.assign({STATE}, {{result: {result}}})")
            browser.see(live, "12 filed")
            told = next(part for part in browser.heard(live))
            self.assertEqual((told["role"], told["live"]), ("status", "polite"))
            self.listen(browser, live)

        with going_on:
            going_on.enter_context(try_lock(self.env, self.account.id))
            self.play(play)


@tagged("post_install", "-at_install", "exchange_screens")
class TestKeyboard(ScreenCase):
    """Everything can be done without a mouse, and the focus is never lost."""

    def test_decisions_on_the_cards(self):
        def play(browser):
            browser.open("exchange-mails", f"{CARD} .o_exchange_decision")
            browser.press("ArrowDown")
            browser.has_focus(CARD)
            subject = browser.run(
                "document.activeElement.textContent.match(/Mail \\d/)[0]"
            )
            self.assertTrue(browser.shows_focus())
            for _stroke in range(10):
                browser.press("Tab")
                if "Ignore" in browser.run("document.activeElement.textContent"):
                    break
            browser.press(" ")
            browser.see(".o_notification", "Undo")
            browser.has_focus(CARD)
            self.assertNotIn(subject, browser.run("document.activeElement.textContent"))
            self.ignored = subject
            browser.press("Enter")
            browser.see(".o_form_view .o_exchange_decision")

        self.play(play)
        self.assertEqual(self.state_of(self.ignored), "ignored")

    def test_decisions_one_after_the_other(self):
        section = ".o_form_view section.o_exchange_decision"

        def play(browser):
            browser.open("exchange-mails", f"{CARD} .o_exchange_decision")
            browser.run(f"document.querySelector('{CARD}').click()")
            for _mail in range(2):
                browser.go(f"{section} button", "Ignore")
                browser.has_focus(section)
                browser.press("Tab")
                browser.has_focus(f"{section} button")
                self.assertTrue(browser.shows_focus())
            browser.go(f"{section} button", "Ignore")
            browser.see(".o_nocontent_help")
            browser.run(SLOW_LISTS)
            browser.go(".o_notification button", "Undo")
            browser.has_focus(CARD)

        self.play(play)

    def test_dialog_keeps_the_focus_and_gives_it_back(self):
        section = ".o_form_view section.o_exchange_decision"

        def play(browser):
            browser.open("exchange-mails", f"{CARD} .o_exchange_decision")
            browser.run(f"document.querySelector('{CARD}').click()")
            browser.go(f"{section} button", "File On…")
            browser.see(".o_exchange_record_dialog select")
            self.stays_in(browser, ".o_exchange_record_dialog")
            browser.press("Escape")
            browser.has_focus(f"{section} button", "File On…")

        self.play(play)

    def stays_in(self, browser, dialog):
        """The tabulator goes around in a dialog, forwards and backwards."""
        for shift in (False, True):
            for _stroke in range(6):
                browser.press("Tab", shift=shift)
                browser.has_focus(f"{dialog} *")
                self.assertTrue(browser.shows_focus())

    def test_folders(self):
        button = ".o_widget_exchange_folder_picker button"

        def play(browser):
            self.open_preferences(browser)
            browser.go(button)
            browser.has_focus(".o_exchange_folder_picker input[type=search]")
            self.stays_in(browser, ".o_exchange_folder_picker")
            browser.press("Escape")
            browser.has_focus(button)
            browser.press("Enter")
            browser.see(".o_exchange_folder")
            browser.focus("[data-folder='Projekt'] input")
            browser.press("ArrowRight")
            browser.see(".o_exchange_summary", "Projekt")
            browser.focus(".modal-footer button", "Save")
            browser.press(" ")
            browser.see(f"{PANE} {CARD}", "Projekt")
            browser.has_focus(button)

        self.sim.mailbox(self.account.login).make_path("Inbox/Projekt")
        self.play(play)
        self.assertIn("Projekt", self.account.folder_ids.mapped("name"))

    def test_record_of_a_folder(self):
        """A button on a card, where Odoo takes the keys for the card."""

        def play(browser):
            self.open_preferences(browser)
            browser.go(f"{PANE} {CARD} button")
            browser.see(".o_exchange_record_dialog select")

        self.play(play)

    def test_preferences_in_order(self):
        def play(browser):
            self.open_preferences(browser)
            browser.run(f"window.reachable = {REACHABLE}; true")
            count = browser.run("reachable.length")
            self.assertGreater(count, 20)
            browser.run("reachable[0].focus()")
            order = []
            for _stroke in range(count):
                order.append(browser.run("reachable.indexOf(document.activeElement)"))
                self.assertTrue(browser.shows_focus())
                browser.press("Tab")
            self.assertEqual(order, list(range(count)))

        self.play(play)


@tagged("post_install", "-at_install", "exchange_screens")
class TestOneScreen(ScreenCase):
    """The preferences fit a screen, and nothing is wider than a phone."""

    def test_preferences(self):
        self.fits("")
        self.account.contact_brake = 30
        self.fits("with a question")
        self.account.contact_brake = 0
        self.account.last_error = "The mail server is busy. It goes on by itself."
        self.fits("with an error")
        self.account.with_user(self.account.user_id).action_disconnect()
        self.fits("not connected")

    def fits(self, state):
        def play(browser):
            self.open_tab(browser)
            self.assertLess(browser.run(LOWEST), 900, state)
            browser.resize(390, 844)
            self.open_tab(browser)
            self.assertEqual(browser.run(TOO_WIDE), [], state)

        self.play(play)

    def open_tab(self, browser):
        browser.open(f"my-outlook/{self.user_id}", f"{PANE} [name=exchange_server_id]")
        browser.wait("document.fonts.ready.then(() => true)")

    def test_phone(self):
        def play(browser):
            browser.resize(390, 844)
            for path, selector in (
                ("exchange-mails", f"{CARD} .o_exchange_decision"),
                ("exchange-log", CARD),
                ("exchange-contacts", CARD),
                ("exchange-rules", ".o_view_controller"),
                ("calendar", ".o_exchange_sync_events"),
                (f"contacts/{self.work_id}", ".o_form_view"),
                (f"calendar/{self.event_id}", ".o_form_sheet"),
            ):
                browser.open(path, selector)
                with self.subTest(path):
                    self.assertEqual(browser.run(TOO_WIDE), [])

        self.play(play)


@tagged("post_install", "-at_install", "exchange_screens")
class TestOneScreenInGerman(German, TestOneScreen):
    """The same with the longer words."""

    test_preferences = TestOneScreen.test_preferences
    test_phone = TestOneScreen.test_phone
