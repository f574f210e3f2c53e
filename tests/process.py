"""Odoo for real: worker processes that commit and can be killed, on a database of their
own, next to the simulator in the process of the test.

``copy_database`` makes the database from the one the tests run on. ``Odoo`` is a server
process that forks a worker for each job (see process_worker.py), as Odoo's own does; a
``Worker`` dies by its own hand before or after a commit, or by ours at a request.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg2

from odoo import sql_db
from odoo.tools import config
from odoo.tools.misc import exec_pg_environ, find_pg_tool

ADDON = "exchange_connector"
WORKER = Path(__file__).with_name("process_worker.py")
# Seconds. Not what these take, but what a busy machine may make of it.
LONGEST_JOB = 400
LONGEST_START = 300
LONGEST_WAIT = 120
# With something to install or to upgrade.
LONGEST_INSTALLATION = 600


class Database:
    """A database that belongs to the test alone.

    :param host: folder of the socket of its server; "" for the one of the tests
    """

    def __init__(self, name, host=""):
        self.name = name
        self.host = host

    def drop(self):
        """Remove it with its files, whoever is connected."""
        self.administer(f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)')
        shutil.rmtree(config.filestore(self.name), ignore_errors=True)

    def become(self, other):
        """Replace it by a copy of ``other``, which nobody may use meanwhile."""
        self.drop()
        self.administer(
            f'CREATE DATABASE "{self.name}" TEMPLATE "{other.name}" STRATEGY file_copy'
        )
        files = config.filestore(other.name)
        if Path(files).is_dir():
            shutil.copytree(files, config.filestore(self.name))

    @contextmanager
    def connect(self):
        """:return: function (sql, *parameters) that gives rows as tuples, in one
        transaction for all that it is asked"""
        with closing(self._connect()) as connection, connection.cursor() as cursor:

            def query(sql, *parameters):
                cursor.execute(sql, parameters)
                return cursor.fetchall()

            connection.set_session(isolation_level="REPEATABLE READ")
            yield query

    def execute(self, sql):
        """Carry out a statement and commit it."""
        with closing(self._connect()) as connection, connection.cursor() as cursor:
            connection.autocommit = True
            cursor.execute(sql)

    def wait_alone(self, seconds=LONGEST_WAIT):
        """Wait until the sessions of killed processes have ended in PostgreSQL."""
        self.wait_for(
            "SELECT count(*) = 0 FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()",
            seconds,
        )

    def wait_for(self, sql, seconds=LONGEST_WAIT):
        """Wait until a query answers true."""
        end = time.monotonic() + seconds
        with closing(self._connect()) as connection, connection.cursor() as cursor:
            connection.autocommit = True
            while time.monotonic() < end:
                cursor.execute(sql)
                if cursor.fetchone()[0]:
                    return
                time.sleep(0.02)
        raise AssertionError(f"In vain waited for: {sql}")

    def administer(self, sql):
        """Carry out a statement on the server, outside of this database."""
        with closing(self._connect("postgres")) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(sql)

    def _connect(self, name=None):
        info = sql_db.connection_info_for(name or self.name)[1]
        return psycopg2.connect(**info | ({"host": self.host} if self.host else {}))


def copy_database(source, name, host=""):
    """A copy of what is committed in a database, also while others use it."""
    copy = Database(name, host)
    copy.drop()
    copy.administer(f"CREATE DATABASE \"{name}\" TEMPLATE template0 ENCODING 'UTF8'")
    there = {"PGHOST": host} if host else {}
    with tempfile.NamedTemporaryFile() as file:
        for command, more in (
            ([find_pg_tool("pg_dump"), "-Fc", "-Z0", "-f", file.name, source], {}),
            ([find_pg_tool("pg_restore"), "--no-owner", "-d", name, file.name], there),
        ):
            subprocess.run(
                command,
                env={**exec_pg_environ(), **more},
                check=True,
                stdout=subprocess.DEVNULL,
            )
    # Their files lie with the other database: browsers get new ones.
    copy.execute("DELETE FROM ir_attachment WHERE url LIKE '/web/assets/%'")
    return copy


class Odoo:
    """A server process on a database.

    :param database: the :class:`Database`
    :param addons: technical names of what is installed first
    :param upgrades: technical names of what is upgraded first
    :param instead: folder of an older version of this addon, which is run instead
    :ivar log: file that the log of all its workers goes to
    """

    def __init__(self, database, addons=(), upgrades=(), instead=None):
        self.database = database
        self._scratch = Path(tempfile.mkdtemp(prefix="exchange-process-"))
        self.log = self._scratch / "log"
        self._number = 0
        self._turn = threading.Lock()
        self._process = subprocess.Popen(
            [
                *(sys.executable, WORKER, database.name),
                *(",".join(addons), ",".join(upgrades)),
                *_options(database.host, instead),
            ],
            env=_without_this_addon(os.environ) if instead else None,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log.open("ab"),
            text=True,
        )
        longest = LONGEST_INSTALLATION if addons or upgrades else LONGEST_START
        ready = threading.Timer(longest, self._process.kill)
        ready.start()
        try:
            self._ask()
        finally:
            ready.cancel()

    def stop(self):
        """End it and forget its files."""
        self._process.stdin.close()
        try:
            self._process.wait(60)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
        shutil.rmtree(self._scratch, ignore_errors=True)

    def start(self, job, kill=None, hold=False, patches=None, room=None, **arguments):
        """Begin a job of process_jobs.py in a process of its own.

        :param kill: ("before" or "after", number): it kills itself at this commit
        :param hold: it waits before its first commit of an e-mail until :meth:`release`
        :param patches: {"module.name": value} that hold in this process
        :param room: bytes that there is room for on the disk of the attachments
        :return: the :class:`Worker`
        """
        self._number += 1
        result = self._scratch / str(self._number)
        order = {
            "job": job,
            "arguments": arguments,
            "result": str(result),
            "kill": kill,
            "hold": hold and str(result.with_suffix(".release")),
            "patches": patches or {},
            "room": room,
        }
        return Worker(self, self._ask(order)["pid"], result)

    def run(self, job, **arguments):
        """:return: what a job gives that nobody disturbs"""
        return self.start(job, **arguments).result()

    def tail(self, lines=60):
        """The end of the log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def _ask(self, order=None):
        with self._turn:
            if order:
                self._process.stdin.write(json.dumps(order) + "\n")
                self._process.stdin.flush()
            answer = self._process.stdout.readline()
        if not answer:
            raise AssertionError(f"The server process ended:\n{self.tail()}")
        return json.loads(answer)


class Worker:
    """A process that does one job.

    :ivar pid: its number
    """

    def __init__(self, odoo, pid, file):
        self.odoo = odoo
        self.pid = pid
        self._file = file

    def kill(self):
        """SIGKILL."""
        os.kill(self.pid, signal.SIGKILL)

    def wait_held(self, seconds=LONGEST_WAIT):
        """Wait until it has come to where it was told to wait."""
        _wait(self._file.with_suffix(".held"), seconds)

    def release(self):
        """Let it go on."""
        self._file.with_suffix(".release").touch()

    def wait(self, seconds=LONGEST_JOB):
        """Wait for its end.

        :return: what it gave (see process_worker.py); None when it was killed
        """
        end = time.monotonic() + seconds
        while (status := self.odoo._ask({"wait": self.pid})["status"]) is None:
            if time.monotonic() > end:
                self.kill()
                raise AssertionError(f"A worker hangs:\n{self.odoo.tail()}")
            time.sleep(0.02)
        if status == -signal.SIGKILL:
            return None
        return json.loads(self._file.read_text())

    def result(self):
        """:meth:`wait`, for a worker that must come to a good end."""
        given = self.wait()
        if not given or given["error"]:
            raise AssertionError((given or {}).get("error") or "It was killed.")
        return given["value"]


def _options(host="", instead=None):
    """What makes another process find the same databases, files and addons.

    :param host: of another database server, or ""
    """
    options = ["-c", config["config"]] if config["config"] else []
    folders = config["addons_path"]
    if instead:
        others = [each for each in folders if not (Path(each) / ADDON).exists()]
        folders = [*others, str(instead.parent)]
    options += ["--addons-path", ",".join(folders)]
    options += ["--data-dir", config["data_dir"], "--log-level", "warn"]
    for name in ("host", "port", "user", "password"):
        value = name == "host" and host or config[f"db_{name}"]
        if value:
            options += [f"--db_{name}", str(value)]
    return options


def _without_this_addon(env):
    """Variables by which another process does not find the addon that runs here."""
    folders = env.get("PYTHONPATH", "").split(os.pathsep)
    others = [
        each for each in folders if not (Path(each) / "odoo/addons" / ADDON).exists()
    ]
    return {**env, "PYTHONPATH": os.pathsep.join(others)}


def _wait(path, seconds):
    end = time.monotonic() + seconds
    while not path.exists():
        if time.monotonic() > end:
            raise AssertionError(f"{path.name} did not come.")
        time.sleep(0.01)
