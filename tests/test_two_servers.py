import logging
import os
import time

from .common import make_eml
from .process_case import OwnDatabaseCase
from .process_server import Server

_logger = logging.getLogger(__name__)

EXHAUSTIVE = bool(os.environ.get("EXCHANGE_FAULTS"))
ACCOUNTS = 500 if EXHAUSTIVE else 40
LANES = 8
# Accounts that are made in one go.
AT_ONCE = 40
# Both servers have to be seen at work; one may be quicker once on a busy machine.
MOST_INTERVALS = 6
LONGEST = 600


class TestTwoServers(OwnDatabaseCase):
    """Two Odoo servers on one database share the lanes, and know nothing of each
    other."""

    @classmethod
    def _build(cls):
        cls.names = [f"lane{number}" for number in range(ACCOUNTS)]
        for name in cls.names:
            cls.sim.add_mailbox(f"{name}@contoso.example")
        cls.folders = {}
        for at in range(0, ACCOUNTS, AT_ONCE):
            people = {name: {} for name in cls.names[at : at + AT_ONCE]}
            scene = cls.odoo.run(
                "build", server=cls._server_values(), people=people, contacts={}
            )
            cls.folders |= scene["folders"]
        cls.odoo.run("set_lanes", number=LANES)
        cls.database.execute("UPDATE exchange_account SET next_sync = 'infinity'")
        cls.database.execute("DELETE FROM ir_cron_trigger")

    def setUp(self):
        super().setUp()
        self.sim.latency = 20
        self.addCleanup(setattr, self.sim, "latency", 0)

    def new_interval(self, number):
        """A mail for everybody, and everybody's time has come."""
        for login, folders in self.folders.items():
            eml = make_eml(
                sender="who@unknown.example",
                subject=f"{login} {number}",
                message_id=f"<{number}.{login}>",
            )
            self.sim.drop(login, folders["incoming"], eml)
        self.database.execute(
            "UPDATE exchange_account SET next_sync = now() AT TIME ZONE 'UTC'"
        )
        # What a button does, too.
        self.odoo.run("wake")

    def query(self, sql, *parameters):
        with self.database.connect() as query:
            return query(sql, *parameters)

    def test_each_account_runs_once_an_interval(self):
        with (
            Server(self.database.name, LANES // 2, "warn") as one,
            Server(self.database.name, LANES // 2, "warn") as other,
        ):
            for number in range(1, MOST_INTERVALS + 1):
                began = time.monotonic()
                self.new_interval(number)
                self.database.wait_for(
                    "SELECT count(*) = 0 FROM exchange_account "
                    "WHERE next_sync <= (now() AT TIME ZONE 'UTC') + interval '4 min'",
                    LONGEST,
                )
                _logger.info(
                    "%s accounts with work: %.1f s",
                    ACCOUNTS,
                    time.monotonic() - began,
                )
                self.check_interval(number)
                shares = {
                    host: count
                    for host, count in self.query(
                        "SELECT host, count(*) FROM exchange_sync_run GROUP BY host"
                    )
                }
                _logger.info("runs by process: %s", shares)
                pids = {int(host.split("(")[1].strip(")")) for host in shares}
                self.assertLessEqual(pids, {one.pid, other.pid})
                if len(pids) == 2 and number > 1:
                    break
            self.assertEqual(pids, {one.pid, other.pid})
        for server_log in (one.text, other.text):
            errors = [line for line in server_log.splitlines() if " ERROR " in line]
            self.assertFalse(errors)

    def check_interval(self, number):
        """Nobody ran twice, nobody was left out, and no mail is there twice.

        A run that the end of its lane's turn interrupts is "paused"; the next turn goes
        on with it, and nobody is interrupted more than once an interval.
        """
        runs = self.query(
            "SELECT a.login, count(*) FILTER (WHERE r.state <> 'paused'),"
            "       bool_and(r.state IN ('done', 'paused')),"
            "       count(*) FILTER (WHERE r.state = 'paused') <= %s"
            "  FROM exchange_account a LEFT JOIN exchange_sync_run r"
            "    ON r.account_id = a.id GROUP BY a.login",
            number,
        )
        self.assertEqual(
            sorted(runs), sorted((login, number, True, True) for login in self.folders)
        )
        mails = self.query(
            "SELECT count(*), count(DISTINCT subject) FROM exchange_mail"
        )
        self.assertEqual(mails, [(number * ACCOUNTS, number * ACCOUNTS)])
        items = self.query(
            "SELECT outcome, count(*) FROM exchange_sync_item GROUP BY outcome"
        )
        self.assertEqual(items, [("waiting", number * ACCOUNTS)])
