import resource
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

from odoo.tests import tagged

from .common import make_eml
from .process_case import OwnDatabaseCase
from .process_server import Server

TOOLS = Path(__file__).resolve().parents[1] / "tools"
PAULA = "paula@contoso.example"
MAILS = 500
PAGE = "/odoo/exchange-mails"
BAR = ".o_exchange_state_panel .o_exchange_progress"
RESULT = ".o_exchange_state_panel .o_exchange_result"
# The numbers beside the bar, as {"Found": 100, "Done": 20}.
NUMBERS = f"""
Object.fromEntries([...document.querySelectorAll("{BAR} small span")].map(
    (each) => each.textContent.split(":").map((part) => part.trim())
))"""
SHARE = f"""document.querySelector("{BAR} .progress")?.getAttribute("aria-valuenow")"""


@contextmanager
def new_browser():
    """A headless Chromium."""
    if str(TOOLS) not in sys.path:
        sys.path.append(str(TOOLS))
    from browser import Browser

    # Odoo limits its own memory; what it starts has that limit too.
    limits = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (limits[1], limits[1]))
    try:
        browser = Browser()
    finally:
        resource.setrlimit(resource.RLIMIT_AS, limits)
    with browser:
        yield browser


@tagged("-exchange_faults", "exchange_screens")
class TestToursProgress(OwnDatabaseCase):
    """A user in a real browser, at a real Odoo whose own workers synchronise."""

    @classmethod
    def _build(cls):
        cls.sim.add_mailbox(PAULA)
        scene = cls.odoo.run(
            "build", server=cls._server_values(), people={"paula": {}}, contacts={}
        )
        cls.folder = scene["folders"][PAULA]["incoming"]
        cls.odoo.run(
            "write",
            model="res.users",
            domain=[("login", "=", PAULA)],
            values={"password": "paula"},
        )
        cls.odoo.run("set_lanes", number=3)
        cls.odoo.run("sync", login=PAULA)

    def setUp(self):
        super().setUp()
        self.addCleanup(setattr, self.sim, "latency", 0)
        # Nothing happens by itself.
        self.database.execute(
            "UPDATE exchange_account SET next_sync = now() + interval '1 day'"
        )
        self.database.execute("DELETE FROM exchange_sync_run")

    def drop(self, number):
        for each in range(number):
            eml = make_eml(sender="who@unknown.example", subject=f"Mail {each}")
            self.sim.drop(PAULA, self.folder, eml)

    def open(self, server, browser):
        """Log in, and look at the e-mails below the state of the mailbox."""
        browser.resize(1400, 900)
        browser.open(f"{server.url}/web/login", "input[name=login]")
        browser.type("input[name=login]", PAULA)
        browser.type("input[name=password]", "paula")
        browser.click("button[type=submit]")
        browser.wait(".o_main_navbar")
        browser.open(f"{server.url}{PAGE}", ".o_exchange_state_panel")
        browser.wait(".o_exchange_state_panel button", "Synchronise")

    def watch(self, browser):
        """What the bar shows until the result is there, each once: [(found, done,
        per cent)]"""
        seen, end = [], time.monotonic() + 300
        while not browser.run(f"!!document.querySelector('{RESULT}')"):
            numbers, share = browser.run(f"[{NUMBERS}, {SHARE}]")
            if "Done" in numbers:
                now = int(numbers["Found"]), int(numbers["Done"]), int(share)
                seen += [now] if now not in seen else []
            self.assertLess(time.monotonic(), end, f"{seen}\n{self.runs()}")
            time.sleep(0.05)
        return seen

    def runs(self):
        with self.database.connect() as query:
            return query(
                "SELECT trigger, state, waiting FROM exchange_sync_run ORDER BY id"
            )

    def test_progress_and_already_running(self):
        with (
            Server(self.database.name, 3, "warn") as server,
            new_browser() as one,
            new_browser() as other,
        ):
            self.open(server, one)
            self.open(server, other)
            self.sim.latency = 50
            self.check_progress_of_five_hundred_mails(one)
            self.sim.latency = 0
            self.check_already_running(one, other)
            self.assertEqual(one.problems + other.problems, [])

    def check_progress_of_five_hundred_mails(self, browser):
        """The bar only grows, and the way from the result leads to the log."""
        self.drop(MAILS)
        browser.click(".o_exchange_state_panel button", "Synchronise")
        browser.wait(BAR)
        seen = self.watch(browser)
        self.assertGreater(len(seen), 1, "the bar did not move")
        for column in zip(*seen, strict=True):
            self.assertEqual(list(column), sorted(column), seen)
        for found, done, _share in seen:
            self.assertLessEqual(done, found)
            self.assertLessEqual(found, MAILS)
        browser.wait(RESULT, f"Synchronised: {MAILS} to assign.")
        browser.click(f"{RESULT} button", "Show Log")
        browser.wait(".o_form_view [name=waiting]", str(MAILS))
        browser.wait(".o_form_view .o_data_row", "To Assign")
        self.assertEqual(self.runs(), [("manual", "done", MAILS)])

    def check_already_running(self, one, other):
        """Two windows, and the schedule at the same moment: one run."""
        self.drop(200)
        go_on = threading.Event()
        self.addCleanup(go_on.set)
        # In the middle of it, until both have seen what they are to see.
        self.tap.reset("after", 3, go_on.wait)
        one.click(".breadcrumb-item a, .o_back_button")
        one.click(".o_exchange_state_panel button", "Synchronise")
        one.wait(f"{BAR}[data-phase=running]")
        self.database.execute(
            "UPDATE exchange_account SET next_sync = now() AT TIME ZONE 'UTC'"
        )
        self.odoo.run("wake")
        other.wait(f"{BAR}[data-phase=running]")
        other.click(".o_exchange_state_panel button", "Synchronise")
        other.wait(".o_notification", "A synchronisation is running already.")
        go_on.set()
        for browser in (one, other):
            browser.wait(RESULT, "Synchronised: 200 to assign.")
        self.assertEqual(self.runs()[1:], [("manual", "done", 200)])

    def test_no_worker_is_there(self):
        """The page says so, and shows the result when one comes after all."""
        self.drop(1)
        with Server(self.database.name, 0, "warn") as server, new_browser() as browser:
            self.open(server, browser)
            browser.click(".o_exchange_state_panel button", "Synchronise")
            browser.wait(BAR, "Waiting for Odoo's scheduler")
            browser.wait(f"{BAR} .o_exchange_asleep", "scheduler is not running")
            self.odoo.run("tick")
            browser.wait(RESULT, "Synchronised: 1 to assign.")
        self.assertEqual(self.runs(), [("manual", "done", 1)])
