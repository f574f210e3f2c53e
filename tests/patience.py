"""Tests at any hour and on a busy machine, over HTTP and in a browser."""

import time
from unittest.mock import patch

from odoo.tests import HttpCase
from odoo.tests.common import ChromeBrowser

# Seconds. Not what these take, but what a busy machine may make of it.
LONGEST_WAIT = 120
LONGEST_TOUR = 600
# Seconds before midnight in which no test begins.
END_OF_DAY = 60
DAY = 24 * 60 * 60


def let_midnight_pass():
    """A test that counts days ends on the day (UTC) on which it begins."""
    left = DAY - time.time() % DAY
    if left < END_OF_DAY:
        time.sleep(left)


class PatientBrowser(ChromeBrowser):
    """A Chromium that may take its time."""

    def _spawn_chrome(self, cmd):
        process, port = super()._spawn_chrome(cmd)
        wait = process.wait
        # One that ends late is no reason for a warning.
        process.wait = lambda timeout=0: wait(max(timeout, LONGEST_WAIT))
        return process, port

    def _json_command(self, command, timeout=3):
        return super()._json_command(command, max(timeout, LONGEST_WAIT))

    def _websocket_request(self, method, *, params=None, timeout=10.0):
        timeout = max(timeout, LONGEST_WAIT)
        return super()._websocket_request(method, params=params, timeout=timeout)

    # What a page complains about when all it still waits for is cut off, at the end.

    # pylint: disable=missing-return
    def _handle_console(self, *args, **message):
        if not self._result.done():
            super()._handle_console(*args, **message)

    def _handle_exception(self, *args, **message):
        if not self._result.done():
            super()._handle_exception(*args, **message)

    def _wait_ready(self, ready_code=None, timeout=60):
        return super()._wait_ready(ready_code, max(timeout, LONGEST_WAIT))


# What Odoo gives up sooner.
PATIENCE = {
    "ChromeBrowser": PatientBrowser,
    "CHECK_BROWSER_ITERATIONS": 10 * LONGEST_WAIT,
}


class PatientHttpCase(HttpCase):
    """Requests, browsers and tours that may take their time."""

    test_cursor_lock_timeout = LONGEST_WAIT

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for name, value in PATIENCE.items():
            cls.startClassPatcher(patch(f"odoo.tests.common.{name}", value))

    def url_open(self, url, data=None, files=None, timeout=LONGEST_WAIT, **options):
        return super().url_open(url, data, files, timeout, **options)

    def start_tour(self, *args, timeout=LONGEST_TOUR, **options):
        # pylint: disable=missing-return
        return super().start_tour(*args, timeout=timeout, **options)
