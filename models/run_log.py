"""The log of one run while it is going on.

Counts and items are gathered here and written with each commit of the run, so that a
page costs one update of the log, one insert of its items, and an idle run one insert.
"""

import os
import platform
import time
from collections import Counter
from typing import NamedTuple

from odoo import fields

from ..client import ServerError, Throttled, TransportError
from .bulk_rows import insert_rows

# The counts a run has, each a field of exchange.sync.run.
COUNTS = (
    "found",
    "filed",
    "duplicate",
    "waiting",
    "created",
    "updated",
    "removed",
    "deleted",
    "failed",
)


# What can have become of an item, each a count too.
OUTCOMES = ("filed", "duplicate", "waiting", "created", "updated", "removed", "failed")
# Seconds between two messages to a screen that shows the progress, and after which a
# run that nobody asked for is long enough to be shown.
PROGRESS_PAUSE, LONG = 0.5, 2.0


class Item(NamedTuple):
    """What became of one e-mail, event or contact.

    :ivar kind: of synchronisation, ``outcome``: one of :data:`OUTCOMES`
    :ivar name: what its owner knows it by
    :ivar model: of the record it has become, with its ``record_id``
    """

    kind: str
    outcome: str
    name: str = ""
    reason: str = ""
    model: str = ""
    record_id: int = 0


def this_process():
    """The machine and the process that a run is on."""
    return f"{platform.node()} ({os.getpid()})"


class RunLog:
    """What a run of ``account`` over ``kinds`` did so far."""

    def __init__(self, account, kinds, trigger, deadline=None):
        self.account = account
        self.kinds = kinds
        self.trigger = trigger
        self.deadline = deadline
        self.unfinished = False
        self.requested = account.requested_kinds
        self.started = fields.Datetime.now()
        self._clock = time.monotonic()
        self._counts = Counter()
        self._items = []
        self._errors = []
        self._state = "done"
        # How many items are known of, for the screen that shows the progress.
        self._expected = 0
        self._more = True
        self._watched = True if self.requested else None
        self._told = self._clock
        self._saved = (Counter(), [], "done")
        self.stopped_kinds = []
        # Kinds that ask nothing of the mailbox, so that they cannot fail either.
        self.resting_kinds = []
        # Whether a kind stopped because the mailbox could not be reached.
        self.not_reached = False
        # Whether the database has been told how large its tables have become.
        self.analyzed = False
        self._run = account.env["exchange.sync.run"]

    def open(self):
        """Write the run's row, so that it can be watched."""
        self._more = True
        if not self._run:
            self._run._note_interrupted(self.account)
            self._run = self._run.create(self._vals({"state": "running"}))
            self._tell_progress(first=True)

    def is_over(self):
        """Whether the run's time is up; whoever hears yes stops where he is."""
        if self.deadline and time.monotonic() > self.deadline:
            self.unfinished = True
            self._state = "paused"
        return self.unfinished

    def count(self, name, number=1):
        """Add to one of :data:`COUNTS`."""
        self._counts[name] += number

    def counted(self, name):
        """How many there are of a count so far."""
        return self._counts[name]

    def expect(self, number, more):
        """So many items have been seen that are to be dealt with.

        :param more: whether others may come after these
        """
        self._expected += number
        self._more = bool(more)

    def note(self, items):
        """Count what became of items, and list them.

        :param items: list of :class:`Item`
        """
        self._counts.update(item.outcome for item in items)
        self._items += items

    def error(self, sentence):
        """Something went wrong that did not stop the run."""
        if sentence not in self._errors:
            self._errors.append(sentence)
        if self._state == "done":
            self._state = "partial"

    def save(self):
        """Write the counts; belongs before each commit of the run."""
        self._run.write(self._vals())
        self._save_items()
        self._tell_progress()
        self._saved = (self._counts.copy(), list(self._errors), self._state)

    def restore(self):
        """Go back to what was last saved: its page has been rolled back."""
        counts, errors, self._state = self._saved
        self._counts, self._errors = counts.copy(), list(errors)
        self._items = []

    def _save_items(self):
        """Insert the rows of the items; they are durable with what they tell of."""
        items = self.account.env["exchange.sync.item"]
        if not self._run or not self._items:
            return
        now = fields.Datetime.now()
        common = {
            "run_id": self._run.id,
            "user_id": self.account.user_id.id,
            "date": now,
        }
        insert_rows(items, [{**common, **_row(item)} for item in self._items])
        self._run.invalidate_recordset(["item_ids"], flush=False)
        self._items = []

    @property
    def progress(self):
        """How far it is: {"found", "done", "failed", "more"}; ``more`` says that
        others may be found yet"""
        failed = self._counts["failed"]
        dealt = sum(self._counts[name] for name in OUTCOMES)
        dealt = max(self._counts["found"], dealt)
        found = max(self._expected, dealt)
        return {
            "found": found,
            "done": dealt - failed,
            "failed": failed,
            "more": self._more,
        }

    def _tell_progress(self, first=False):
        """Let the user's open screens know how far it is, now and then."""
        now = time.monotonic()
        if not self._run or not (first or now - self._told >= PROGRESS_PAUSE):
            return
        if self._is_watched(now):
            user = self.account.user_id
            user._bus_send("exchange_connector/progress", self.progress)
            self._told = now

    def _is_watched(self, now):
        """Whether the progress is shown: of a run that the user asked for, and of one
        that turns out to be long, if he is there."""
        if self._watched is None and now - self._clock >= LONG:
            self._watched = _is_online(self.account.user_id)
        return self._watched

    @property
    def is_stopped(self):
        """Whether no kind came to its end."""
        ended = {*self.stopped_kinds, *self.resting_kinds}
        return bool(self.stopped_kinds) and ended.issuperset(self.kinds)

    def kind_stopped(self, kind, error, sentence):
        """One kind ended early; with the last one the run has failed."""
        name = self._run._names_of_kinds().get(kind, kind)
        self.error(f"{name}: {sentence}" if len(self.kinds) > 1 else sentence)
        self.stopped_kinds.append(kind)
        self.not_reached |= isinstance(error, TransportError | ServerError)
        if self.is_stopped:
            self._state = "failed"
        self.save()

    def kind_paused(self, kind, sentence):
        """One kind must not run at present; the others do."""
        self.error(sentence)
        self.stopped_kinds.append(kind)
        if self.is_stopped:
            self._state = "paused"
        self.save()

    def stopped(self, error, sentence):
        """The run ended early because of the mailbox."""
        self._errors = [*self._saved[1], sentence]
        self._state = "paused" if isinstance(error, Throttled) else "failed"

    def disturbed(self, sentence):
        """The run ended early because of somebody in Odoo."""
        self._errors = [*self._saved[1], sentence]
        self._state = "paused"

    def failed(self, sentence):
        """The run could not work."""
        self._errors = [*self._saved[1], sentence]
        self._state = "failed"

    @property
    def is_idle(self):
        """Whether nothing happened, and nobody waits to hear so."""
        return self._state == "done" and not (
            self._run or self._counts or self._errors or self.requested
        )

    @property
    def seconds(self):
        """How long the run has taken so far."""
        return time.monotonic() - self._clock

    def first_error(self):
        return self._errors[0] if self._errors else ""

    def close(self):
        """:return: the finished ``exchange.sync.run``"""
        vals = self._vals(
            {
                "state": self._state,
                "finished": fields.Datetime.now(),
                "duration": self.seconds,
            }
        )
        # A rolled back page takes the row along that was opened with it.
        if self._run and self._run.exists():
            self._run.write(vals)
        else:
            self._run = self._run.create(vals)
        self._save_items()
        return self._run

    def _vals(self, more=None):
        return {
            "account_id": self.account.id,
            "user_id": self.account.user_id.id,
            "trigger": self.trigger,
            "kinds": ",".join(self.kinds),
            "started": self.started,
            "host": this_process(),
            "error": "\n".join(self._errors) or False,
            **{name: self._counts[name] for name in COUNTS if self._counts[name]},
            **({"expected": self._expected} if self._expected else {}),
            **(more or {}),
        }


def _row(item):
    """The values of an item's row."""
    return {
        "kind": item.kind,
        "outcome": item.outcome,
        "subject": (item.name or "")[:250] or False,
        "reason": item.reason or False,
        "target_model": item.model or False,
        "target_id": item.record_id or False,
    }


def _is_online(user):
    online = [("user_id", "=", user.id), ("status", "!=", "offline")]
    return bool(user.env["mail.presence"].sudo().search_count(online, limit=1))
