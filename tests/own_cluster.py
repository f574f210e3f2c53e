"""A PostgreSQL of the test's own, to be restarted while Odoo is at work."""

import os
import shutil
import subprocess
import tempfile
from contextlib import closing
from pathlib import Path

import psycopg2

from odoo import sql_db

SETTINGS = """
listen_addresses = ''
unix_socket_directories = '{folder}'
max_connections = 40
shared_buffers = 32MB
jit = off
"""


class Cluster:
    """A database server in a folder of its own: a context manager.

    :ivar host: folder of its socket
    :raises OSError: its programs are not there, or may not be used
    """

    def __init__(self):
        self._programs = _programs()
        # Its paths have to be short enough for a socket.
        self.host = tempfile.mkdtemp(prefix="exch-pg-")
        self._data = Path(self.host) / "data"
        self._owner = {"user": "postgres"} if os.geteuid() == 0 else {}

    def __enter__(self):
        if self._owner:
            shutil.chown(self.host, "postgres")
        user = sql_db.connection_info_for("postgres")[1].get("user")
        user = user or os.environ.get("PGUSER") or os.environ.get("USER")
        self._run("initdb", "-U", user, "-A", "trust", "-E", "UTF8", "--no-sync")
        with (self._data / "postgresql.conf").open("a") as file:
            file.write(SETTINGS.format(folder=self.host))
        self._control("start")
        return self

    def __exit__(self, *_error):
        self._control("stop", "-m", "immediate")
        shutil.rmtree(self.host, ignore_errors=True)

    def restart(self, mode):
        """End it and start it again.

        :param mode: "fast" or "immediate", as after a crash
        """
        self._control("restart", "-m", mode)

    def _control(self, *what):
        self._run("pg_ctl", "-w", "-l", f"{self.host}/log", *what)

    def _run(self, program, *arguments):
        subprocess.run(
            [f"{self._programs}/{program}", "-D", self._data, *arguments],
            check=True,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **self._owner,
        )


def _programs():
    """The folder with the programs of the server that the tests use."""
    info = sql_db.connection_info_for("postgres")[1]
    with closing(psycopg2.connect(**info)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT setting FROM pg_config WHERE name = 'BINDIR'")
        (folder,) = cursor.fetchone()
    if not Path(folder, "initdb").is_file():
        raise OSError(f"There is no initdb in {folder}.")
    return folder
