import logging
import random
from datetime import timedelta

from psycopg2 import IntegrityError, OperationalError
from psycopg2.errors import SerializationFailure
from psycopg2.extensions import TransactionRollbackError

from odoo import api, fields, models
from odoo.exceptions import MissingError, UserError
from odoo.tools import mute_logger

from ..client import (
    AuthenticationError,
    ClientError,
    MailboxNotFound,
    ServerError,
    SyncStateExpired,
    Throttled,
    probe,
)
from . import error_words
from .run_log import RunLog
from .transactions import commit, rollback, try_lock

_logger = logging.getLogger(__name__)

# Pause after a "too many requests" that does not say how long.
DEFAULT_PAUSE = timedelta(minutes=5)
FINISH_ATTEMPTS = 3
# A position at which a server fails in so many runs is lost.
LOST_AFTER = 4
LONGEST_PAUSE = timedelta(hours=6)
# Seconds that the last request of a run may take after the run's time is up.
LAST_ANSWER = 10
# Whoever waits for a run comes before those that are due by the schedule.
IN_FRONT = timedelta(hours=1)
# Somebody removed or changed what a run was working with.
DISTURBANCES = (IntegrityError, MissingError, TransactionRollbackError)


class ExchangeAccountEngine(models.AbstractModel):
    """Runs the synchronisation of accounts: one at a time each, whatever happens.

    Every kind of item is an ``exchange.sync`` of its own; this room knows none of
    them. It asks them what to look at, looks at all of it in one request, and lets
    those work that have something to do.
    """

    _name = "exchange.account.engine"
    _description = "Exchange Account: Engine"

    @api.model
    def _sync_models(self):
        """The kinds of items, in the order they run: {"mail": model, ...}"""
        names = self.env.registry.descendants(["exchange.sync"], "_inherit")
        kinds = [self.env[name] for name in names if name != "exchange.sync"]
        kinds.sort(key=lambda model: model._sync_sequence)
        return {model._sync_kind: model for model in kinds}

    @api.model
    def _sync_kinds(self):
        return list(self._sync_models())

    @api.private
    def sync(
        self,
        kinds=("mail", "event", "contact"),
        trigger="manual",
        deadline=None,
        looked=None,
    ):
        """Synchronise this account now, in this process, committing as it goes.

        Errors of the mailbox do not raise; they are in the run.

        :param kinds: the kinds of items to synchronise
        :param trigger: "manual" or "schedule", for the log
        :param deadline: ``time.monotonic()`` after which the run ends at the next page
            and goes on with the next tick, and the answer to its last request is waited
            for a few seconds more; None: it runs until all is done
        :param looked: what a look at the mailbox a moment ago has shown: {link: page or
            error}, or the error that it ended with
        :return: the ``exchange.sync.run``; when another worker is at it, that
            worker's run
        """
        self.ensure_one()
        account = self.sudo()
        run = account._try_sync(kinds, trigger, deadline, looked)
        return run or self.env["exchange.sync.run"].sudo()._running(account)

    def _try_sync(self, kinds, trigger, deadline, looked, turn=None):
        """:meth:`sync`, with nothing done or noted while another worker is at it.

        :param turn: ``time.monotonic()`` before the deadline after which it ends at the
            next page, because others wait; answers are waited for all the same
        :return: the run, empty when another worker is at it
        """
        with try_lock(self.env, self.id) as free:
            if not free:
                return self.env["exchange.sync.run"].sudo()
            # What the holder before has committed must be seen from here on.
            commit(self.env)
            return self._sync_locked(kinds, trigger, deadline, looked or {}, turn)

    def _sync_locked(self, kinds, trigger, deadline, looked, turn=None):
        """:meth:`sync` for the one who holds the lock."""
        models_by_kind = self._sync_models()
        kinds = [kind for kind in models_by_kind if kind in kinds]
        log = RunLog(self, kinds, trigger, turn or deadline)
        problem = None
        try:
            if isinstance(looked, Exception):
                # A second try might lock the user out, or wait a second time.
                raise looked
            until = deadline and deadline + LAST_ANSWER
            with self._open_mailbox(until=until) as mailbox:
                syncs = {kind: models_by_kind[kind] for kind in log.kinds}
                self._sync_kinds_of(mailbox, syncs, log, looked)
        except (ClientError, UserError, *DISTURBANCES) as error:
            rollback(self.env)
            log.restore()
            problem = error
        for _attempt in range(FINISH_ATTEMPTS - 1):
            try:
                with mute_logger("odoo.sql_db"):
                    return self._finish(log, problem)
            except SerializationFailure:
                # The user changed his settings at this very moment.
                rollback(self.env)
        return self._finish(log, problem)

    def _finish(self, log, problem):
        """Write down how the run ended. :return: the ``exchange.sync.run``"""
        if problem is None and log.is_idle and self._is_calm():
            run = self._write_idle({self: log.seconds}, log.trigger, log.kinds)
            commit(self.env)
            return run
        if problem is None:
            self._note_done(log)
        elif isinstance(problem, ClientError):
            self._note_client_error(problem)
            log.stopped(problem, error_words.of_kind(self.env, problem, self))
        elif isinstance(problem, DISTURBANCES):
            _logger.info("%s was disturbed", self, exc_info=problem)
            self.failures += 1
            log.disturbed(
                self.env._(
                    "The settings were changed during this synchronisation. It is "
                    "repeated later."
                )
            )
        else:
            self.write({"failures": self.failures + 1, "last_error": str(problem)})
            log.failed(str(problem))
        self._note_lasting(problem is not None or log.is_stopped or log.not_reached)
        self._plan_next(log)
        run = log.close()
        run._tell_finished(asked=bool(log.requested) and not log.unfinished)
        commit(self.env)
        return run

    def _sync_kinds_of(self, mailbox, syncs, log, looked):
        """Probe all kinds in one request, then run those that have work."""
        syncs = self._sync_free_kinds(syncs, log)
        probes = {kind: sync._probe_links(self) for kind, sync in syncs.items()}
        links = [link for found in probes.values() for link in found.links]
        pages = {link: looked[link] for link in links if link in looked}
        if missing := [link for link in links if link not in pages]:
            pages |= zip(missing, probe(mailbox, missing), strict=True)
        pages = self._without_lost(pages)
        log.resting_kinds = [
            kind
            for kind, found in probes.items()
            if not found.links and not found.must_run
        ]
        for kind, sync in syncs.items():
            mine = {link: pages[link] for link in probes[kind].links}
            if probes[kind].must_run or any(map(sync._has_work, mine.values())):
                self._sync_kind(mailbox, sync, mine, log)

    def _without_lost(self, pages):
        """Where the server has failed at a position run after run, and answers to the
        others, it cannot go on from there any more, though it does not say so.

        :param pages: {link: page or error}
        :return: the same, such positions as expired
        """
        errors = [page for page in pages.values() if isinstance(page, ClientError)]
        if self.failures < LOST_AFTER or len(errors) == len(pages):
            return pages
        return {
            link: SyncStateExpired(page.message, status=page.status, code=page.code)
            if isinstance(page, ServerError) and page.status == 500
            else page
            for link, page in pages.items()
        }

    def _sync_free_kinds(self, syncs, log):
        """Those that nothing hinders; the log says what hinders the others."""
        free = {}
        for kind, sync in syncs.items():
            if sentence := sync._hindrance(self):
                log.kind_paused(kind, sentence)
            else:
                free[kind] = sync
        return free

    def _sync_kind(self, mailbox, sync, pages, log):
        """Run one kind; its refusal does not keep the others from running."""
        log.open()
        commit(self.env)
        # What is noted and logged is for the one whose mailbox it is.
        lang = self.user_id.lang
        try:
            sync.with_context(lang=lang)._run(
                self.with_context(lang=lang), mailbox, pages, log
            )
        except (OperationalError, AuthenticationError, MailboxNotFound, Throttled):
            raise
        except ClientError as error:
            rollback(self.env)
            log.restore()
            _logger.info("%s: %s stopped: %s", self, sync._sync_kind, error)
            log.kind_stopped(
                sync._sync_kind, error, error_words.of_kind(self.env, error, self)
            )
        commit(self.env)

    # What an ending means for the account

    def _is_calm(self):
        """Whether nothing is left of earlier runs, and nobody asks for one."""
        return self.state == "connected" and not (
            self.requested_kinds
            or self.last_error
            or self.failures
            or self.backoff_until
        )

    def _note_done(self, log):
        vals = {}
        if not log.is_stopped:
            vals["last_sync"] = fields.Datetime.now()
        error = log.first_error()
        if error != (self.last_error or ""):
            vals["last_error"] = error or False
        failures = self.failures + 1 if log.not_reached else 0
        if self.failures != failures:
            vals["failures"] = failures
        if self.backoff_until:
            vals["backoff_until"] = False
        if self.state == "error":
            vals["state"] = "connected"
            self._withdraw_reconnect()
        self.write(vals)

    def _note_client_error(self, error):
        """Change the account's state as the error demands it."""
        vals = {"last_error": error_words.sentence(self.env, error, self)}
        if error_words.is_administrators(error, self):
            # It stays in the schedule: nobody has to sign in once it is mended.
            vals |= {"state": "error", "failures": self.failures + 1}
        elif isinstance(error, AuthenticationError):
            vals["state"] = "reconnect"
            vals["sign_in_retry"] = self._when_to_retry(error)
            if self.state in ("connected", "error"):
                self._tell_reconnect(vals["last_error"])
        elif isinstance(error, MailboxNotFound):
            vals["state"] = "error"
        elif isinstance(error, Throttled):
            seconds = error.retry_after
            pause = timedelta(seconds=seconds) if seconds else DEFAULT_PAUSE
            pause = min(pause, LONGEST_PAUSE)
            vals["backoff_until"] = fields.Datetime.now() + pause
            self.server_id._note_throttled(self, vals["backoff_until"])
        else:
            vals["failures"] = self.failures + 1
        self.write(vals)

    def _plan_next(self, log):
        """What comes after a run: the rest of it, what was asked for meanwhile, or the
        schedule."""
        if log.unfinished:
            self.next_sync = fields.Datetime.now()
        elif self.requested_kinds == log.requested:
            self.requested_kinds = False
            self._set_next()
        else:
            # Another lane may have claimed it in vain, and would come back late.
            self.next_sync = fields.Datetime.now() - IN_FRONT
            self._wake_lanes()

    def _set_next(self):
        """When the schedule takes this account up again."""
        minutes = self.effective_interval
        if self.failures:
            # Twice as far after each failure, with jitter so that accounts which
            # failed together do not come back together.
            minutes *= min(2 ** min(self.failures, 8), 96) * random.uniform(0.9, 1.1)
        due = fields.Datetime.now() + timedelta(minutes=minutes)
        if self.backoff_until:
            due = max(due, self.backoff_until)
        self.next_sync = due
