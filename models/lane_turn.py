"""How long a lane of the schedule may work.

A worker process runs all lanes that are ready one after another, and has one time limit
for all of them together. So they share the time of one tick.
"""

import math
import threading
import time

# A tick of the schedule ends within this many seconds: all ready jobs of a database
# share one time limit of the worker process.
TICK_SECONDS = 40
# A mailbox with much to do has so many seconds of a tick at least while others wait.
TURN_SECONDS = 8
# After such a pause (seconds) the worker has slept, and its time limit begins anew.
REST = 5


class _Turns(threading.local):
    """What this thread does: the lanes of its turn, and when that has to end."""

    def __init__(self):
        self.jobs = {}
        self.deadline = 0.0
        self.paused = -math.inf


_turns = _Turns()


def begin(lane, job):
    """A lane begins to work.

    :param lane: the id of its ``ir.cron``, None outside of the scheduler
    :param job: what is the same as long as Odoo repeats one job of it
    :return: ``time.monotonic()`` at which it has to end
    """
    now = time.monotonic()
    repeated = _turns.jobs.get(lane, job) != job
    if lane is None or repeated or now - _turns.paused > REST:
        _turns.jobs = {}
        _turns.deadline = now + TICK_SECONDS
    _turns.jobs[lane] = job
    return _turns.deadline


def turn(until, waiting):
    """When a mailbox has to let the next one have its turn.

    :param until: ``time.monotonic()`` at which all have to end
    :param waiting: how many are to be dealt with, this one among them
    :return: ``time.monotonic()`` after which it ends at the next page
    """
    now = time.monotonic()
    return min(until, now + max(TURN_SECONDS, (until - now) / waiting))


def end():
    """The lane has done its work."""
    _turns.paused = time.monotonic()
