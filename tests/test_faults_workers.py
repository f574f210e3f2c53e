import os
from contextlib import contextmanager
from threading import Event

from .fault_mails import FIRST, SECOND
from .process_case import ProcessCase

EXHAUSTIVE = bool(os.environ.get("EXCHANGE_FAULTS"))
ROUNDS = 20 if EXHAUSTIVE else 1
# PostgreSQL takes its time with each row of a mail, so that two workers meet.
SLOW_ROWS = (
    "CREATE FUNCTION slowly() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN PERFORM pg_sleep(0.01); RETURN NEW; END $$",
    "CREATE TRIGGER slowly BEFORE INSERT ON exchange_mail "
    "FOR EACH ROW EXECUTE FUNCTION slowly()",
)
WAITS = (
    "SELECT count(*) > 0 FROM pg_stat_activity "
    "WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


class TestFaultsWorkers(ProcessCase):
    """Several real processes at the same moment; both users have all the mails."""

    @classmethod
    def _arrange(cls, mails):
        for mail in mails:
            _login, direction = mail.boxes[0]
            mail.boxes = [box for box in mail.boxes if box[0] == FIRST]
            mail.boxes.append((SECOND, direction))

    @classmethod
    def order(cls, login):
        return cls.mails[::-1] if login == SECOND else cls.mails

    def setUp(self):
        super().setUp()
        self.restore()
        self.log_size = self.odoo.log.stat().st_size

    def _end_well(self, *workers):
        """Wait for workers. :return: what their runs counted"""
        runs = [worker.result() for worker in workers]
        for run in runs:
            self.assertEqual((run["state"], run["failed"]), ("done", 0), run["error"])
        return runs

    @contextmanager
    def _request_waits(self, number=1):
        """The answer to a request comes after the block. :return: an event that is set
        when the mailbox was asked"""
        reached, go_on = Event(), Event()

        def wait():
            reached.set()
            go_on.wait(60)

        self.tap.reset("after", number, wait)
        try:
            yield reached
        finally:
            go_on.set()

    def _finish(self):
        for login in (FIRST, SECOND):
            self._end_well(self.odoo.start("sync", login=login))
        self.check_end()
        # What happens every day is no error, and mails do not belong into the log.
        log = self.odoo.log.read_text(errors="replace")[self.log_size :]
        errors = [line[:200] for line in log.splitlines() if " ERROR " in line]
        self.assertFalse(errors)

    def test_one_account_while_it_is_being_synchronised(self):
        first = self.odoo.start("sync", login=FIRST, hold=True)
        first.wait_held()
        requests = self.tap.count
        run = self.odoo.run("sync", login=FIRST)
        self.assertEqual(run["state"], "running")
        self.assertEqual(self.tap.count, requests, "the mailbox was disturbed")
        first.release()
        self._end_well(first)
        self._finish()

    def test_one_account_while_it_is_asked_what_is_new(self):
        self._end_well(self.odoo.start("sync", login=FIRST))
        with self._request_waits() as reached:
            first = self.odoo.start("sync", login=FIRST)
            reached.wait(60)
            run = self.odoo.run("sync", login=FIRST)
            self.assertEqual(run["state"], "paused")
            self.assertEqual(
                run["error"], "Another synchronisation of this account is running."
            )
        self._end_well(first)
        self._finish()

    def test_one_account_by_two_workers_at_once(self):
        for number in range(ROUNDS):
            with self.subTest(round=number):
                self.restore()
                workers = [self.odoo.start("sync", login=FIRST) for _each in range(3)]
                for worker in workers:
                    worker.result()
                self._finish()
                peak = self.sim.service.throttle.peak(self.sim.mailbox(FIRST).id)
                self.assertLessEqual(peak, 4)

    def test_two_users_meet_at_the_same_mail(self):
        first = self.odoo.start("sync", login=FIRST, hold=True)
        first.wait_held()
        second = self.odoo.start("sync", login=SECOND)
        self.database.wait_for(WAITS)
        first.release()
        self._end_well(first)
        given = second.wait()
        self.assertEqual(given["error"], None)
        self.assertGreater(given["rollbacks"], 0, "they did not meet")
        self.assertEqual(given["value"]["failed"], 0)
        self._finish()

    def test_two_users_at_once(self):
        for number in range(ROUNDS):
            with self.subTest(round=number):
                self.restore()
                workers = [
                    self.odoo.start("sync", login=login) for login in (FIRST, SECOND)
                ]
                self._end_well(*workers)
                self._finish()

    def test_two_users_with_the_mails_in_opposite_order(self):
        for statement in SLOW_ROWS:
            self.database.execute(statement)
        workers = [self.odoo.start("sync", login=login) for login in (FIRST, SECOND)]
        self._end_well(*workers)
        self._finish()

    def test_two_schedulers(self):
        workers = [self.odoo.start("tick") for _each in range(2)]
        for worker in workers:
            worker.result()
        with self.database.connect() as query:
            runs = query(
                "SELECT a.login, r.state FROM exchange_sync_run r "
                "JOIN exchange_account a ON a.id = r.account_id ORDER BY 1"
            )
        self.assertEqual(runs, [(FIRST, "done"), (SECOND, "done")])
        self.check_end()

    def test_preferences_saved_during_a_run(self):
        """The account's row changes while the mailbox is asked what is new."""
        self._end_well(self.odoo.start("sync", login=FIRST, times=2))
        with self._request_waits() as reached:
            worker = self.odoo.start("sync", login=FIRST)
            reached.wait(60)
            self.odoo.run(
                "write",
                model="exchange.account",
                domain=[("login", "=", FIRST)],
                values={"interval": 77},
            )
        self._end_well(worker)
        with self.database.connect() as query:
            rows = query(
                "SELECT interval, failures FROM exchange_account WHERE login = %s",
                FIRST,
            )
        self.assertEqual(rows, [(77, 0)])
        self._finish()

    def test_folder_given_up_while_it_is_read(self):
        """Each request of the run is once the moment."""
        self._end_well(self.odoo.start("sync", login=FIRST))
        requests = self.tap.count
        numbers = range(1, requests + 1) if EXHAUSTIVE else (2, requests)
        for number in numbers:
            with self.subTest(request=number):
                self.restore()
                with self._request_waits(number) as reached:
                    worker = self.odoo.start("sync", login=FIRST)
                    reached.wait(60)
                    self._give_up("incoming")
                run = worker.result()
                self.assertIn(run["state"], ("done", "paused"), run["error"])
                self.assertEqual(run["failed"], 0, run["error"])
                if run["state"] == "paused":
                    self.assertIn("settings were changed", run["error"])
                self.check_nothing_lost()
                again = self._end_well(self.odoo.start("sync", login=FIRST, times=2))
                self.assertEqual(again[0]["found"], 0)

    def _give_up(self, direction):
        folder = self.folders[FIRST][direction]
        domain = [("remote_id", "=", folder)]
        self.odoo.run("unlink", model="exchange.folder", domain=domain)
