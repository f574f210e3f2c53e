"""The server process of process.py: loads Odoo once, then forks a process a job.

Orders come as lines of JSON on the standard input, answers go to the standard output. A
job runs in a process of its own with connections of its own and commits for real. What
it gives (see process_jobs.py) is written to a file: {"value", "error", "commits",
"rollbacks"}.
"""

import errno
import importlib
import itertools
import json
import os
import signal
import sys
import time
import traceback
from pathlib import Path

# It lies beside this script, which is no part of a package.
import process_jobs

from odoo import SUPERUSER_ID, api, sql_db
from odoo.modules.registry import Registry
from odoo.tools import config

ADDON = "odoo.addons.exchange_connector"


def main():
    """Load Odoo, then obey."""
    name, addons, upgrades, *options = sys.argv[1:]
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever is printed belongs into the log
    config.parse_config(["-d", name, "--no-http", *options], setup_logging=True)
    if addons or upgrades:
        Registry.new(
            name,
            update_module=True,
            install_modules=addons.split(",") if addons else (),
            upgrade_modules=upgrades.split(",") if upgrades else (),
        )
    registry = Registry(name)
    sql_db.close_all()

    def say(answer):
        answers.write(json.dumps(answer) + "\n")
        answers.flush()

    say({"ready": True})
    for line in sys.stdin:
        order = json.loads(line)
        if "wait" in order:
            say({"status": status_of(order["wait"])})
        elif pid := os.fork():
            say({"pid": pid})
        else:
            work(registry, order)


def status_of(pid):
    """The exit code of a job's process (negative: a signal); None while it runs."""
    found, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if found else None


def work(registry, order):
    """Do one job and end this process."""
    result = {"value": None, "error": None}
    file = Path(order["result"])
    watch = Watch(file, order["kill"], order["hold"])
    try:
        for path, value in order["patches"].items():
            module, _, name = f"{ADDON}.{path}".rpartition(".")
            setattr(importlib.import_module(module), name, value)
        if order["room"] is not None:
            fill_disk(order["room"])
        with registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            job = getattr(process_jobs, order["job"])
            result["value"] = job(env, **order["arguments"])
    except BaseException:
        result["error"] = traceback.format_exc()
    result |= {"commits": watch.commits, "rollbacks": watch.rollbacks}
    scratch = file.with_suffix(".new")
    scratch.write_text(json.dumps(result))
    scratch.rename(file)
    os._exit(0)


def fill_disk(room):
    """From now on the disk of the attachments has room for so many bytes."""
    module = importlib.import_module("odoo.addons.base.models.ir_attachment")
    left = [room]

    def open_limited(path, mode="r", **options):
        file = open(path, mode, **options)  # noqa: SIM115
        return SmallFile(file, left) if "w" in mode else file

    module.open = open_limited


class SmallFile:
    """A file that is being written on a disk with little room."""

    def __init__(self, file, left):
        self._file, self._left = file, left

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self._file.close()

    def write(self, data):
        """As much of it as there is room for."""
        # pylint: disable=method-required-super
        fits = data[: self._left[0]]
        self._left[0] -= self._file.write(fits)
        if len(fits) < len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class Watch:
    """Counts the commits of this process, and kills or holds it at one.

    :param kill: ("before" or "after", number of the commit) or None
    :param hold: file to wait for before the first commit of an e-mail, or None
    """

    def __init__(self, file, kill, hold):
        self.commits = self.rollbacks = 0
        self._kill = tuple(kill or ())
        self._hold = Path(hold) if hold else None
        self._held = file.with_suffix(".held")
        self._mails = None
        numbers = itertools.count(1)
        commit, rollback = sql_db.Cursor.commit, sql_db.Cursor.rollback

        def watched_commit(cursor):
            self.commits = number = next(numbers)
            self._strike("before", number)
            if self._hold:
                self._wait(cursor)
            commit(cursor)
            self._strike("after", number)

        def watched_rollback(cursor):
            self.rollbacks += 1
            rollback(cursor)

        sql_db.Cursor.commit = watched_commit
        sql_db.Cursor.rollback = watched_rollback

    def _strike(self, *here):
        if here == self._kill:
            os.kill(os.getpid(), signal.SIGKILL)

    def _wait(self, cursor):
        cursor.flush()
        cursor.execute("SELECT count(*) FROM exchange_mail")
        (mails,) = cursor.fetchone()
        if self._mails is None or mails == self._mails:
            self._mails = mails
            return
        self._held.touch()
        while not self._hold.exists():
            time.sleep(0.01)
        self._hold = None


if __name__ == "__main__":
    main()
