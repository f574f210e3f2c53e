"""A real Odoo that answers over HTTP and runs scheduled jobs."""

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import requests

from .ports import free_port
from .process import LONGEST_START, _options


class Server:
    """An Odoo that serves a database, as a process of its own.

    :param name: of the database
    :param workers: threads that run scheduled jobs
    :ivar pid: of the process, ``log``: its file, ``url``: where it answers, ``text``:
        what was in the log at its end
    """

    def __init__(self, name, workers=0, level="debug"):
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self._folder = tempfile.mkdtemp(prefix="exchange-server-")
        self.log = Path(self._folder) / "log"
        command = [sys.executable, "-m", "odoo", "-d", name, "--http-port", str(port)]
        command += ["--http-interface", "127.0.0.1"]
        command += ["--max-cron-threads", str(workers)]
        # The last one of an option counts.
        command += [*_options(), "--log-level", level]
        with self.log.open("wb") as file:
            self._process = subprocess.Popen(
                command, stdout=file, stderr=subprocess.STDOUT
            )
        self.pid = self._process.pid

    def __enter__(self):
        end = time.monotonic() + LONGEST_START
        while time.monotonic() < end:
            try:
                requests.get(f"{self.url}/web/health", timeout=60)
                return self
            except requests.ConnectionError:
                time.sleep(0.2)
        self._process.kill()
        raise AssertionError(self.log.read_text()[-5000:])

    def __exit__(self, *_error):
        self._process.terminate()
        try:
            self._process.wait(60)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self.text = self.log.read_text(errors="replace")
        shutil.rmtree(self._folder, ignore_errors=True)

    def add_user(self, name):
        """An internal user whose password is his name."""
        admin = self.log_in("admin", "admin")
        group = self.rpc(
            admin, "ir.model.data", "check_object_reference", "base", "group_user"
        )[1]
        self.rpc(
            admin,
            "res.users",
            "create",
            {
                "name": name,
                "login": name,
                "password": name,
                "email": f"{name}@contoso.example",
                "group_ids": [(6, 0, [group])],
            },
        )

    def log_in(self, login, password):
        """:return: a session of ``requests`` that is logged in"""
        session = requests.Session()
        session.trust_env = False
        params = {"db": self._database(), "login": login, "password": password}
        answer = self._call(session, "/web/session/authenticate", params)
        session.uid = answer["uid"]
        return session

    def rpc(self, session, model, method, *args):
        params = {"model": model, "method": method, "args": list(args), "kwargs": {}}
        return self._call(session, "/web/dataset/call_kw", params)

    def _call(self, session, path, params):
        body = {"jsonrpc": "2.0", "method": "call", "params": params}
        answer = session.post(self.url + path, json=body, timeout=60).json()
        if "error" in answer:
            raise AssertionError(answer["error"])
        return answer["result"]

    def _database(self):
        command = self._process.args
        return command[command.index("-d") + 1]
