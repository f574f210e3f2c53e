import re
import threading
from contextlib import closing
from pathlib import Path

import psycopg2

from odoo import sql_db
from odoo.tests import BaseCase, tagged
from odoo.tests.common import get_db_name
from odoo.tools import config

from .browser import at_microsoft, microsoft_session
from .common import PASSWORD
from .process import Odoo, copy_database
from .process_server import Server
from .services import office_values
from .sign_in_case import CALLBACK
from .simulator import APP_ID, Simulator

ANNA, BEN = "anna@contoso.example", "ben@contoso.example"
UUID = "0ddba11-5160-4fab-8000-exchangesignin"


@tagged("post_install", "-at_install", "exchange_sign_in")
class TestSignInProcesses(BaseCase):
    """Sign-ins in real processes, with real transactions, that may be killed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sim = Simulator()
        cls.sim.start()
        cls.addClassCleanup(cls.sim.stop)
        for login in (ANNA, BEN):
            cls.sim.add_mailbox(login, PASSWORD)
        cls.database = copy_database(get_db_name(), f"{get_db_name()}_sign_in")
        cls.addClassCleanup(cls.database.drop)
        # A key of its own.
        cls.key_file = Path(config["data_dir"]) / f"exchange_connector-{UUID}.key"
        cls.key_file.unlink(missing_ok=True)
        cls.addClassCleanup(cls.key_file.unlink, missing_ok=True)
        cls.database.execute(
            "UPDATE ir_config_parameter "
            f"SET value = '{UUID}' WHERE key = 'database.uuid'"
        )
        cls.odoo = Odoo(cls.database)
        cls.addClassCleanup(cls.odoo.stop)
        cls.odoo.run(
            "build",
            server=office_values(cls.sim),
            people={"anna": {}, "ben": {}},
            contacts={},
        )
        # From now on only refresh tokens open the mailboxes, no stored password.
        for login in (ANNA, BEN):
            cls.sim.store.directory.user(login).password = "another"
        cls.sim.identity.tokens.refresh_once = True

    def query(self, sql, *parameters):
        with self.database.connect() as query:
            return query(sql, *parameters)

    def state(self, login=ANNA):
        return self.query("SELECT state FROM exchange_account WHERE login = %s", login)[
            0
        ][0]

    # Refresh tokens

    def test_workers_never_lose_a_refresh_token(self):
        """Each refresh token works once: who does not find the newest is locked out."""
        self.addCleanup(setattr, self.sim, "latency", 0)
        refreshed = []
        # On a busy machine it takes a few rounds, each a longer one, until two meet.
        while len(refreshed) < 3 or (max(refreshed) < 2 and len(refreshed) < 10):
            self.sim.latency = 400 * (1 + len(refreshed))
            self.sim.clock.advance(7200)
            before = len(self.sim.requests.matching("/token$"))
            workers = [
                self.odoo.start("call", login=ANNA, method="_folder_tree")
                for _number in range(3)
            ]
            workers.append(self.odoo.start("sync", login=ANNA))
            for worker in workers:
                worker.result()
            self.assertEqual(self.state(), "connected")
            after = len(self.sim.requests.matching("/token$"))
            refreshed.append(after - before)
        self.assertGreater(max(refreshed), 1, "no two were at it at a time")
        self.sim.clock.advance(7200)
        self.assertEqual(self.odoo.run("sync", login=ANNA)["state"], "done")

    def test_the_schedule_refreshes_side_by_side(self):
        """Idle mailboxes whose tokens have expired: each is looked at all the same."""
        for login in (ANNA, BEN):
            self.odoo.run("sync", login=login, times=3)
        self.sim.clock.advance(7200)
        # Whoever another test has connected is not due.
        self.database.execute(
            "UPDATE exchange_account SET next_sync = CASE"
            f" WHEN login IN ('{ANNA}', '{BEN}') THEN now() at time zone 'utc' END"
        )
        last = self.query("SELECT max(id) FROM exchange_sync_run")[0][0]
        before = len(self.sim.requests.matching("/token$"))
        self.odoo.run("tick")
        runs = self.query(
            "SELECT a.login, r.state, r.error FROM exchange_sync_run r"
            "  JOIN exchange_account a ON a.id = r.account_id"
            " WHERE r.id > %s ORDER BY 1",
            last,
        )
        self.assertEqual(runs, [(ANNA, "done", None), (BEN, "done", None)])
        after = len(self.sim.requests.matching("/token$"))
        self.assertEqual(after - before, 2)
        self.assertEqual([self.state(ANNA), self.state(BEN)], ["connected"] * 2)

    def test_a_refresh_survives_what_its_worker_dies_of(self):
        """Killed after the refresh, before anything of its own work was durable."""
        before = self.stored_tokens(ANNA)
        runs = self.runs()
        self.sim.clock.advance(7200)
        for number in range(1, 5):
            worker = self.odoo.start("sync", login=ANNA, kill=("after", number))
            self.assertIsNone(worker.wait())
            if self.stored_tokens(ANNA) != before:
                break
        self.assertTrue(self.stored_tokens(ANNA) != before)
        self.assertEqual(self.runs("done"), runs)
        self.sim.clock.advance(7200)
        self.assertEqual(self.odoo.run("sync", login=ANNA)["state"], "done")

    def runs(self, state="done"):
        return self.query(
            "SELECT count(*) FROM exchange_sync_run WHERE state = %s", state
        )[0][0]

    def stored_tokens(self, login):
        return self.query(
            "SELECT c.value FROM exchange_credential c JOIN exchange_account a "
            "ON a.id = c.account_id WHERE a.login = %s AND c.kind = 'token_cache'",
            login,
        )

    # The key

    def keys(self):
        """The keys in the key file, which is its owner's alone."""
        self.assertEqual(self.key_file.stat().st_mode & 0o777, 0o600)
        return self.key_file.read_text().split()

    def secrets(self):
        rows = self.query("SELECT id, value FROM exchange_credential")
        return dict(rows)

    def test_the_key_is_changed(self):
        keys, secrets = self.keys(), self.secrets()
        self.assertEqual(len(keys), 1)
        self.assertEqual(self.odoo.run("rotate_key"), len(secrets))
        self.assertEqual(len(self.keys()), 1)
        self.assertNotEqual(self.keys(), keys)
        self.assertEqual(self.secrets().keys(), secrets.keys())
        self.assertFalse(set(self.secrets().values()) & set(secrets.values()))
        self.assertEqual(self.odoo.run("sync", login=ANNA)["state"], "done")

    def test_killed_while_the_key_is_changed(self):
        for when in ("before", "after"):
            keys, secrets = self.keys(), self.secrets()
            worker = self.odoo.start("rotate_key", kill=(when, 1))
            self.assertIsNone(worker.wait())
            self.database.wait_alone()
            both = self.keys()
            self.assertEqual((len(both), both[1:]), (2, keys))
            self.assertEqual(self.secrets() == secrets, when == "before")
            # Whatever it came to, everything is readable, and new things as well.
            self.sim.clock.advance(7200)
            self.assertEqual(self.odoo.run("sync", login=ANNA)["state"], "done")
            self.assertEqual(self.odoo.run("rotate_key"), len(secrets))
            self.assertEqual(self.keys(), both[:1])
            self.sim.clock.advance(7200)
            self.assertEqual(self.odoo.run("sync", login=BEN)["state"], "done")

    def test_the_key_is_changed_while_all_are_at_work(self):
        for _round in range(3):
            self.sim.clock.advance(7200)
            workers = [
                self.odoo.start("call", login=login, method="_folder_tree", times=3)
                for login in (ANNA, BEN, ANNA, BEN)
            ]
            for _time in range(3):
                self.odoo.run("rotate_key")
            for worker in workers:
                worker.result()
        for login in (ANNA, BEN):
            self.assertEqual(self.odoo.run("sync", login=login)["state"], "done")

    # The pages, served by a real Odoo

    def test_a_call_back_beside_another_writer(self):
        """What the sign-in changes is in no transaction that Odoo would repeat, and it
        is written even when another worker is at the same account."""
        with Server(self.database.name) as server:
            app = self.sim.store.directory.apps[APP_ID]
            app.redirect_uris = [server.url + CALLBACK]
            self.sim.add_mailbox("carla@contoso.example", PASSWORD)
            server.add_user("carla")
            browser = server.log_in("carla", "carla")
            back = self.begin(server, browser)
            answer = self.come_back(browser, back)
            self.assertEqual(answer.status_code, 303, answer.text)
            self.assertEqual(self.state("carla@contoso.example"), "connected")
            tokens = self.stored_tokens("carla@contoso.example")
            self.assertEqual(len(tokens), 1)
            # Once more, while somebody else writes the account.
            back = self.begin(server, browser)
            redeemed = len(self.sim.requests.matching("/token$"))
            info = sql_db.connection_info_for(self.database.name)[1]
            with closing(psycopg2.connect(**info)) as other, other.cursor() as cursor:
                cursor.execute("UPDATE exchange_account SET failures = 1")
                timer = threading.Timer(3, other.commit)
                timer.start()
                answer = self.come_back(browser, back)
                timer.join()
            self.assertEqual(answer.status_code, 303, answer.text)
            self.assertEqual(len(self.sim.requests.matching("/token$")) - redeemed, 1)
            self.assertTrue(self.stored_tokens("carla@contoso.example") != tokens)
            failures = self.query(
                "SELECT failures FROM exchange_account WHERE login = %s",
                "carla@contoso.example",
            )
            self.assertEqual(failures, [(0,)])
            code = re.search(r"code=([^&]+)", back)[1]
            log = server.log.read_text()
            self.assertIn(CALLBACK, log)
            self.assertTrue(code not in log)

    def begin(self, server, browser):
        """Press the button and go through Microsoft's pages. :return: the call-back"""
        action = server.rpc(
            browser, "res.users", "action_exchange_connect", [browser.uid]
        )
        answer = browser.get(server.url + action["url"], allow_redirects=False)
        self.assertEqual(answer.status_code, 303, answer.text)
        return at_microsoft(
            microsoft_session(self.sim),
            answer.headers["Location"],
            "carla@contoso.example",
            PASSWORD,
        )

    def come_back(self, browser, url):
        return browser.get(url, allow_redirects=False, timeout=60)
