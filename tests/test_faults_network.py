import os
from contextlib import contextmanager
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged
from odoo.tools import config

from ..models import exchange_sync_mail
from .fault_case import Fault, FaultCase
from .fault_checks import FaultChecks, Picture
from .fault_mails import CONTACTS, FIRST, SECOND, sixty_mails
from .relay import Relay

EXHAUSTIVE = bool(os.environ.get("EXCHANGE_FAULTS"))
EVIL = "http://127.0.0.2:9"
MEGABYTE = 2**20
FAULTS = {
    "503": Fault.status(503),
    "503 and a pause": Fault.status(503, headers={"Retry-After": "77"}),
    "503 although it worked": Fault.status(503, worked=True),
    "504": Fault.status(504),
    "504 although it worked": Fault.status(504, worked=True),
    "500": Fault.status(500),
    "429": Fault.status(429),
    "429 with seconds": Fault.status(429, headers={"Retry-After": "120"}),
    "429 with decimals": Fault.status(429, headers={"Retry-After": "0.021"}),
    "429 with a date": Fault.status(
        429, headers={"Retry-After": "Fri, 01 Jan 2100 00:00:00 GMT"}
    ),
    "400": Fault.status(400),
    "401": Fault.status(401),
    "403": Fault.status(403),
    "404": Fault.status(404),
    "410": Fault.gone(),
    "412": Fault.status(412, "ErrorIrresolvableConflict"),
    "dropped": Fault.drop(worked=False),
    "dropped although it worked": Fault.drop(),
    "cut": Fault.cut(200),
    "slow": Fault.slow(0.5),
    "in drops": Fault.drip(50, 0.1),
    "malformed": Fault.malformed(),
    "page of a proxy": Fault.page(502),
    "page of a portal": Fault.page(200),
    "redirected": Fault.redirect(f"{EVIL}/v1.0/me"),
    "links elsewhere": Fault.links_to(EVIL),
}
# These are no fault of the network where an attachment is asked for.
LARGE = {
    "too large": Fault.oversized(2 * MEGABYTE, announced=False),
    "too large when unpacked": Fault.oversized(2 * MEGABYTE, gzip=True),
}
TLS = {
    "unknown_ca": "not trusted",
    "expired": "expired",
    "wrong_host": "another name",
    "plain": "No secure connection",
    "reset": "The mail server could not be reached",
}
# The faults above as they are counted.
KINDS = {
    "50": "5xx",
    "429": "429",
    "401": "refused sign-in",
    "4": "refusals (400 to 412)",
    "dropped": "answers lost or cut",
    "cut": "answers lost or cut",
    "slow": "slow answers",
    "in drops": "slow answers",
    "malformed": "malformed answers",
    "page": "malformed answers",
    "redirected": "links and redirections elsewhere",
    "links": "links and redirections elsewhere",
    "too large": "oversized answers",
}
ITEMS = (
    (429, {"Retry-After": "0.02"}),
    (429, {"Retry-After": "333"}),
    (429, {}),
    (424, {}),
    (503, {}),
    (500, {}),
    (404, {}),
    (400, {}),
)
ONE_MAIL = r"GET .*/messages/(?!delta)[^/?]+\?"
SPELLINGS = ("SyncStateNotFound", "syncStateNotFound", "resyncRequired", "location")
# HTTP requests of the run that nobody disturbs (small pages, see PAGE_SIZE).
REQUESTS = 14


class NetworkCase(FaultChecks, FaultCase):
    """The sixty mails, each test in one transaction that is rolled back."""

    def setUp(self):
        super().setUp()
        self.patch(exchange_sync_mail, "PAGE_SIZE", 20)
        cls = type(self)
        self.accounts = {
            login: self.new_account(
                server=self._server(),
                name=login.partition("@")[0],
                mail_delete_after_transfer=self.deletes,
            )
            for login in (FIRST, SECOND)
        }
        cls.folders = {
            login: {row.direction: row.remote_id for row in account.folder_ids}
            for login, account in self.accounts.items()
        }
        contacts = {
            key: self.env["res.partner"].create(values).id
            for key, values in CONTACTS.items()
        }
        cls.mails = sixty_mails(contacts, self._talk(contacts["bob"]))
        self.drop_mails()
        cls.database = self
        cls.first = Picture(self)
        self.keep_mailboxes()

    def _server(self):
        return self.exchange

    def _talk(self, partner_id):
        now = fields.Datetime.now()
        event = self.env["calendar.event"].create(
            {"name": "Meeting", "start": now, "stop": now}
        )
        question = event.message_post(
            body="Shall we?", message_type="comment", subtype_xmlid="mail.mt_comment"
        )
        partner = self.env["res.partner"].browse(partner_id)
        sent = partner.message_post(body="From Odoo")
        return {
            "event": event.id,
            "question": question.message_id,
            "sent": sent.message_id,
        }

    @contextmanager
    def connect(self):
        """As ``process.Database``: what this transaction sees."""
        self.env.flush_all()

        def query(sql):
            self.env.cr.execute(sql)
            return self.env.cr.fetchall()

        yield query

    @contextmanager
    def episode(self, name):
        """A subtest that begins with everything as it was after set-up."""
        with self.subTest(name):
            self.env.flush_all()
            savepoint = self.env.cr.savepoint()
            try:
                yield
            finally:
                self.sim.faults.clear()
                savepoint.close(rollback=True)
                self.env.invalidate_all(flush=False)
                self.restore_mailboxes()

    def inject_named(self, name, number=1):
        """One of :data:`FAULTS` is about to happen."""
        kind = next(kind for begin, kind in KINDS.items() if name.startswith(begin))
        self.inject(kind, number)

    def sync(self, login=FIRST):
        """:return: the run"""
        return self.run_sync(self.accounts[login])

    def finish(self):
        """The fault is gone: in the end each mail is in Odoo exactly once."""
        self.mend()
        for login, account in self.accounts.items():
            if account.state == "reconnect":
                account._connect()
            for _again in range(3):
                run = self.sync(login)
                failed = self.mails_of(account).filtered("error")
                if run.state == "done" and not failed:
                    break
                failed.action_retry()
            self.assertEqual((run.state, run.error), ("done", False))
        for login in self.accounts:
            self.assertEqual(self.sync(login).found, 0)
        self.check_end()


@tagged("post_install", "-at_install", "exchange_faults")
class TestFaultsNetwork(NetworkCase):
    """Each fault of the network, once and until it is mended."""

    def test_lasting(self):
        """Two runs with the fault, and one without it."""
        for name, fault, place in self._faults(REQUESTS)[:: 1 if EXHAUSTIVE else 2]:
            with self.episode(f"{name}, from request {place} on"), self.impatient():
                rule = self.fault(fault, self._requests(name), after=place)
                self.inject_named(name)
                for _again in range(2):
                    run = self.sync()
                    self.check_nothing_lost()
                    self.assertNotEqual(run.state, "running")
                    self.accounts[FIRST].backoff_until = False
                self.assertTrue(rule.used or name in LARGE)
                self.finish()

    def test_passing(self):
        """One request is spoilt."""
        for name, fault, place in self._faults(REQUESTS)[:: 1 if EXHAUSTIVE else 3]:
            with self.episode(f"{name}, at request {place}"), self.impatient():
                self.fault(fault, self._requests(name), after=place, count=1)
                self.inject_named(name)
                self.sync()
                self.check_nothing_lost()
                self.finish()

    def _faults(self, places):
        """:return: list of (name, fault, number of the request it begins with)"""
        return [
            (name, fault, place)
            for number, (name, fault) in enumerate({**FAULTS, **LARGE}.items())
            for place in (range(places) if EXHAUSTIVE else [number * 3 % places])
        ]

    def _requests(self, name):
        return r"delta|batch" if name in LARGE else ""

    @contextmanager
    def impatient(self):
        """The setting for time-outs, as short as a test needs it, and a smaller limit
        for answers."""
        accounts = type(self.env["exchange.account"])
        patience = accounts._patience
        setting = {"exchange_connector_timeout": "0.3"}

        def impatience(account):
            return {**patience(account), "max_bytes": MEGABYTE}

        with (
            patch.dict(config._runtime_options, setting),
            patch.object(accounts, "_patience", impatience),
        ):
            yield

    def test_there_and_back(self):
        """Mails that leave the folder and come back are listed as gone, and with
        immutable ids never again as added."""
        with self.episode("before they were seen"):
            self._move_all("archive")
            self.assertEqual(self.sync().found, 0)
            for place in ("", "archive", "", "archive", ""):
                self._move_all(place)
            self.sync()
            self.finish()
        self.patch(type(self), "deletes", False)
        self.accounts[FIRST].mail_delete_after_transfer = False
        self.accounts[SECOND].mail_delete_after_transfer = False
        with self.episode("after they were seen"):
            self.sync()
            self._move_all("archive")
            self._move_all("")
            self.assertEqual(self.sync().found, 0)
            self.finish()
        with self.episode("while they are being read"):
            self._between_pages(lambda: (self._move_all("archive"), self._move_all("")))
            self.sync()
            self.finish()

    def _move_all(self, place):
        """Move the first user's mails to a well-known folder; "": where they belong."""
        box = self.sim.mailbox(FIRST)
        for mail in self.mails:
            for (login, direction), (_login, item_id) in zip(
                mail.boxes, mail.items, strict=True
            ):
                if login == FIRST:
                    folder = self.folders[FIRST][direction]
                    target = box.well_known.get(place) or box.containers[folder]
                    box.move(box.items[item_id], target)

    def _between_pages(self, act):
        """``act`` once, after the first page that is committed."""
        sync = type(self.env["exchange.sync.mail"])
        commit_page = sync._commit_page
        acts = [act]

        def commit_and_act(*args):
            commit_page(*args)
            while acts:
                acts.pop()()

        self.patch(sync, "_commit_page", commit_and_act)

    def test_versions_change_all_the_time(self):
        """412 at each deletion: the user reads his mails in Outlook meanwhile."""
        rule = self.fault(
            Fault.status(412, "ErrorIrresolvableConflict"), "DELETE", count=30
        )
        self.inject("conflicts (412)", 30)
        self.sync()
        self.check_nothing_lost()
        self.assertEqual(rule.used, 30)
        self.finish()

    def test_items_of_a_batch(self):
        """Single items fail, the others of the batch do not."""
        for status, headers in ITEMS:
            with self.episode(f"{status} {headers}"):
                for after in range(0, 60, 7):
                    fault = Fault.status(status, headers=headers)
                    self.fault(fault, ONE_MAIL, after=after, count=2)
                    self.inject("single items of a batch refused", 2)
                self.sync()
                self.check_nothing_lost()
                self.finish()

    def test_forgotten_in_the_middle_of_a_round(self):
        """410 at a page that is not the first one, in all spellings."""
        for spelling in SPELLINGS:
            with self.episode(spelling):
                self.patch(self.sim.quirks, "gone", spelling)
                self.fault(Fault.gone(), "skiptoken", count=2)
                self.inject("forgotten positions (410)", 2)
                self.sync()
                self.check_nothing_lost()
                self.finish()


@tagged("post_install", "-at_install", "exchange_faults")
class TestFaultsTls(NetworkCase):
    """Something is wrong with TLS for a while."""

    def _server(self):
        if not hasattr(self, "relay"):
            self.relay = Relay(self.sim.tls_port)
            self.relay.__enter__()
            self.addCleanup(self.relay.__exit__)
            root = f"https://localhost:{self.relay.port}/exchangeRestApi/api"
            self.server = self.exchange.copy(
                {
                    "folders_url": f"{root}/ChildFolders",
                    "events_url": f"{root}/events",
                    "contacts_url": f"{root}/contacts",
                    "ca_certificate": self.sim.ca_pem,
                }
            )
        return self.server

    def test_tls(self):
        for kind, words in TLS.items():
            with self.episode(kind), self.sim.broken_tls(kind) as broken:
                self.relay.lead_to(broken.port)
                self.inject("TLS errors")
                run = self.sync()
                self.assertEqual(run.state, "failed")
                self.assertIn(words, run.error)
                self.check_nothing_lost()
                self.relay.lead_to(self.sim.tls_port)
                self.finish()
