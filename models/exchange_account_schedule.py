import logging
import time
from contextlib import ExitStack
from datetime import timedelta

from psycopg2.errors import SerializationFailure

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..client import ClientError
from . import lane_turn
from .bulk_rows import inserting
from .exchange_account_engine import LAST_ANSWER
from .mailbox_glance import Glance, Glances
from .run_log import this_process
from .transactions import commit, is_of_test, own_environment, rollback

_logger = logging.getLogger(__name__)

# Accounts that are claimed and looked at together.
GROUP = 32
SMALLEST = 4
# For so long a claimed account is out of the sight of the other lanes; one whose worker
# died comes back after it.
LEASE = timedelta(minutes=3)


class ExchangeAccountSchedule(models.AbstractModel):
    """Which account is synchronised when: the due ones, oldest first, a group at a
    time.

    The mailboxes of a group are looked at side by side, in threads that share no
    records. Most of them have nothing new: these cost one request, and a few queries
    for all of them together. The others are synchronised one after the other.
    """

    _name = "exchange.account.schedule"
    _description = "Exchange Account: Schedule"

    @api.model
    def _cron_sync(self):
        """What a lane does: synchronise what is due, oldest first, until the time is
        up."""
        cron = self.env["ir.cron"]
        number = self._lane_number()
        if number > self._lanes_wanted():
            cron._commit_progress(remaining=0, deactivate=True)
            return
        if number == 1:
            self._tell_lasting_failures()
            self._retry_sign_ins()
        job = self.env.context.get("cron_id"), self.env.context.get("cron_end_time")
        deadline = lane_turn.begin(*job)
        try:
            done = self._sync_due(deadline)
            late = time.monotonic() >= deadline
        finally:
            lane_turn.end()
        left = self._count_due() if done or late else 0
        if left:
            # Odoo would come back to it in a minute.
            self._wake_lane()
        cron._commit_progress(remaining=left if done else 0)

    @api.model
    def _sync_due(self, deadline):
        """:return: how many accounts have been dealt with"""
        cron = self.env["ir.cron"]
        done = 0
        due = self._count_due()
        # A few accounts are for all lanes, and not for the first to come.
        share = max(SMALLEST, min(GROUP, -(-due // self._lanes_wanted())))
        left = cron._commit_progress(remaining=due)
        with Glances() as glances:
            while left and time.monotonic() < deadline:
                claimed = self._claim(share)
                if not claimed:
                    break
                late = self._sync_group(claimed, glances, deadline)
                done += len(claimed)
                left = cron._commit_progress(len(claimed))
                if late:
                    break
        return done

    @api.model
    def _due_domain(self):
        now = fields.Datetime.now()
        return [
            ("active", "=", True),
            ("user_id.share", "=", False),
            ("state", "in", ["connected", "error"]),
            ("next_sync", "<=", now),
            "|",
            ("backoff_until", "=", False),
            ("backoff_until", "<=", now),
            *self._pace_domain(),
        ]

    @api.model
    def _pace_domain(self):
        """Without the accounts of services that pause, or are archived."""
        resting = self.env["exchange.server"]._at_rest()
        return [("server_id", "not in", resting.ids)] if resting else []

    @api.model
    def _count_due(self):
        return self.sudo().search_count(self._due_domain(), limit=1000)

    @api.model
    def _claim(self, number=GROUP):
        """The accounts that have waited longest, moved out of the others' sight.

        In a transaction of its own that sees what the other lanes do at this moment:
        so none of them waits for another one, and none takes what another one took.

        :param number: of accounts at most
        :return: {account: since when it is due}
        """
        with own_environment(self.env, latest=True) as env:
            rows = env.execute_query(self.with_env(env)._claiming(number))
        accounts = self.sudo().browse(account_id for account_id, _since in rows)
        accounts.invalidate_recordset(["next_sync"], flush=False)
        return dict(zip(accounts, [since for _id, since in rows], strict=True))

    @api.model
    def _claiming(self, number):
        """:return: the SQL that claims accounts and gives their ids, oldest first, and
        since when they are due"""
        self.flush_model()
        due = self.sudo()._search(
            self._due_domain(), order="next_sync, id", limit=number
        )
        return SQL(
            """WITH due AS (%s FOR NO KEY UPDATE OF exchange_account SKIP LOCKED),
                    claimed AS (UPDATE exchange_account a SET next_sync = %s
                                  FROM due WHERE a.id = due.id)
               SELECT id, since FROM due ORDER BY since, id""",
            due.select(
                SQL("exchange_account.id"), SQL("exchange_account.next_sync AS since")
            ),
            fields.Datetime.now() + LEASE,
        )

    def _sync_group(self, claimed, glances, deadline):
        """Synchronise claimed accounts, as far as the time allows. Those with much to
        do share it; the rest of their work comes after all that waits by then.

        :param claimed: {account: since when it is due}
        :return: whether some could not be dealt with
        """
        accounts = self.union(*claimed)
        try:
            looked, idle = self._look(accounts, glances, deadline)
            idle = self._note_idle(idle, looked)
        except Exception:
            # Whichever it is: the others go on, and it is found when its turn comes.
            rollback(self.env)
            _logger.exception("Exchange: looking at accounts %s failed", accounts.ids)
            looked, idle = {}, accounts.browse()
        until, late = deadline - LAST_ANSWER, False
        busy = accounts - idle
        for number, account in enumerate(busy):
            glance = looked.get(account.id)
            pages = glance and glance.pages
            # What a look has ended with is noted in any case: the mailbox is not asked
            # again, and a server that hangs would never be done with.
            if time.monotonic() >= until and not isinstance(pages, Exception):
                late = True
                self._put_back(account, claimed[account])
            else:
                turn = lane_turn.turn(until, len(busy) - number)
                self._sync_claimed(account, until, pages, turn)
        return late

    def _put_back(self, account, since):
        """The time is up: an account keeps its place among those that wait."""
        if account.next_sync:
            account.next_sync = min(account.next_sync, since)
        commit(self.env)

    def _look(self, accounts, glances, deadline):
        """What is new in the mailboxes of a group. Those that have work whatever their
        mailbox says are left out: they are opened anyway.

        :return: ({account id: ``Glance``}, the accounts that have nothing to do)
        """
        syncs = self._sync_models()
        probes = self._probes(accounts, syncs)
        targets, looked = {}, {}
        accounts = accounts.filtered(lambda account: account.id in probes)
        secrets = self.env["exchange.credential"]._read_tokens(accounts)
        with ExitStack() as opened:
            for account in accounts:
                stored = secrets[account.id]
                try:
                    patience = glances.patience(
                        account.server_id.ca_certificate or None, deadline
                    )
                    auth = account._auth(stored)
                    if is_of_test(self.env):
                        auth.headers()
                    mailbox = opened.enter_context(
                        account._open_mailbox(auth, **patience)
                    )
                except ClientError as error:
                    looked[account.id] = Glance(error)
                except UserError:
                    continue
                else:
                    found = probes[account.id].values()
                    links = [link for each in found for link in each.links]
                    targets[account.id] = (account.server_id.id, mailbox, links)
            commit(self.env)
            looked |= glances.look(targets)
        idle = accounts.filtered(
            lambda one: (
                one.id in looked
                and one._is_idle(syncs, probes[one.id], looked[one.id].pages)
            )
        )
        return looked, idle

    def _probes(self, accounts, syncs):
        """What to look at in the mailboxes of a group.

        :return: {account id: {kind: ``Probe``}}, without those where more than the
            mailbox matters: somebody waits for the run, a kind is hindered, which he is
            told, or there is work whatever the mailbox says
        """
        calm = accounts.filtered(
            lambda account: (
                not account.requested_kinds
                and not any(sync._hindrance(account) for sync in syncs.values())
            )
        )
        if not calm:
            return {}
        found = {kind: sync._glance_links(calm) for kind, sync in syncs.items()}
        by_account = {
            account_id: {kind: probes[account_id] for kind, probes in found.items()}
            for account_id in calm.ids
        }
        return {
            account_id: probes
            for account_id, probes in by_account.items()
            if not any(each.must_run for each in probes.values())
        }

    def _is_idle(self, syncs, probes, pages):
        """Whether a look at the mailbox has shown nothing to do, and there is nothing
        from earlier runs to be cleared away."""
        # Somebody may have pressed the button while the mailbox was looked at.
        if isinstance(pages, Exception) or not self._is_calm():
            return False
        return not any(
            syncs[kind]._has_work(pages[link])
            for kind, each in probes.items()
            for link in each.links
        )

    def _note_idle(self, accounts, looked):
        """Write down that there was nothing to do, for all of them together.

        :return: the accounts that this was done for; none when somebody changed one of
            them at this moment
        """
        if not accounts:
            return accounts
        try:
            self._write_idle(
                {account: looked[account.id].seconds for account in accounts},
                "schedule",
                self._sync_kinds(),
            )
            commit(self.env)
        except SerializationFailure:
            rollback(self.env)
            return accounts.browse()
        return accounts

    def _write_idle(self, seconds, trigger, kinds):
        """Write a run that had nothing to do for each account, and when the account is
        due again, all in one query: this is what most runs come to.

        :param seconds: {account: duration of its run}
        :return: the ``exchange.sync.run``, in this order
        """
        runs = self.env["exchange.sync.run"].sudo()
        now = fields.Datetime.now()
        vals_list = [
            account._idle_run(now, duration, trigger, kinds)
            for account, duration in seconds.items()
        ]
        due = [
            (account.id, now + timedelta(minutes=account.effective_interval))
            for account in seconds
        ]
        rows = self.env.execute_query(
            SQL(
                """WITH run AS (%s),
                        due (id, next_sync) AS (VALUES %s),
                        done AS (UPDATE exchange_account a
                                    SET last_sync = %s, next_sync = due.next_sync
                                   FROM due
                                  WHERE a.id = due.id)
                   SELECT id FROM run ORDER BY id""",
                inserting(runs, vals_list),
                SQL(", ").join(due),
                now,
            )
        )
        accounts = self.browse(account.id for account in seconds)
        accounts.invalidate_recordset(["last_sync", "next_sync", "run_ids"])
        return runs.browse(row_id for (row_id,) in rows)

    def _idle_run(self, finished, seconds, trigger, kinds):
        """The values of the run of an account that had nothing to do."""
        return {
            "account_id": self.id,
            "user_id": self.user_id.id,
            "trigger": trigger,
            "kinds": ",".join(kinds),
            "started": finished - timedelta(seconds=seconds),
            "finished": finished,
            "duration": seconds,
            "state": "done",
            "host": this_process(),
        }

    @api.model
    def _sync_claimed(self, account, deadline=None, looked=None, turn=None):
        """Synchronise a claimed account; its crash is its own affair.

        :param turn: ``time.monotonic()`` after which it makes room for others
        """
        wanted = (account.requested_kinds or "").split(",")
        manual = wanted != [""]
        kinds = wanted if manual else self._sync_kinds()
        try:
            trigger = "manual" if manual else "schedule"
            account._try_sync(kinds, trigger, deadline, looked, turn)
        except Exception:
            rollback(self.env)
            _logger.exception("Exchange: synchronising account %s failed", account.id)
            account.write(
                {
                    "failures": account.failures + 1,
                    "last_error": self.env._(
                        "An unexpected error; your administrator finds it in the log."
                    ),
                    "requested_kinds": False,
                }
            )
            account._note_lasting(failed=True)
            account._set_next()
            commit(self.env)
