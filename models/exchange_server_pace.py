from datetime import timedelta

from odoo import fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .transactions import in_own_transaction

# So many mailboxes of one service that are told to wait at the same time, and such a
# share of those that came through lately, are the service's trouble and not their own.
TOGETHER, SHARE = 3, 0.2
LATELY = timedelta(minutes=5)
# The mailboxes' own pauses may be longer; the service is asked again after this.
LONGEST = timedelta(minutes=10)


class ExchangeServerPace(models.AbstractModel):
    """A service that is overloaded gets time to recover, and others are not delayed.

    While it pauses, its accounts are not due. Those that have become due meanwhile come
    back spread over as long a time again.
    """

    _name = "exchange.server.pace"
    _description = "Exchange Server: Pace"

    backoff_until = fields.Datetime(
        "Paused Until",
        readonly=True,
        copy=False,
        help="Several mailboxes were told to wait: all of this service do.",
    )

    def _at_rest(self):
        """The services that pause now, or are archived."""
        servers = self.sudo().with_context(active_test=False)
        paused = Domain("backoff_until", ">", fields.Datetime.now())
        return servers.search(paused | Domain("active", "=", False))

    def _is_paused(self):
        """Whether this service pauses now."""
        return bool(self.backoff_until and self.backoff_until > fields.Datetime.now())

    def _note_throttled(self, account, until):
        """One of the mailboxes has been told to wait.

        :param account: its ``exchange.account``
        :param until: as long as that
        """
        if not self or not self._is_overloaded(account):
            return
        until = min(until, fields.Datetime.now() + LONGEST)
        # Others may be at these rows: nothing of that may end a run.
        in_own_transaction(self.env, lambda env: self.with_env(env)._pause(until))
        self.invalidate_recordset(["backoff_until"])

    def _is_overloaded(self, account):
        now = fields.Datetime.now()
        accounts = self.env["exchange.account"].sudo()
        mine = [("server_id", "=", self.id), ("id", "!=", account.id)]
        waiting = 1 + accounts.search_count([*mine, ("backoff_until", ">", now)])
        if waiting < TOGETHER:
            return False
        through = accounts.search_count([*mine, ("last_sync", ">", now - LATELY)])
        return waiting >= SHARE * through

    def _pause(self, until):
        """Pause, unless it does already, and spread the accounts that are due."""
        now = fields.Datetime.now()
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """UPDATE exchange_server SET backoff_until = %(until)s
                    WHERE id = %(id)s
                      AND (backoff_until IS NULL OR backoff_until < %(now)s)
                RETURNING id""",
                until=until,
                id=self.id,
                now=now,
            )
        )
        if rows:
            self._spread(until, (until - now).total_seconds())

    def _spread(self, until, seconds):
        """Plan the accounts that are due, and that nobody is at, for the time after."""
        self.env.cr.execute(
            SQL(
                """UPDATE exchange_account a
                      SET next_sync = %(until)s::timestamp
                          + random() * %(seconds)s * interval '1 second'
                     FROM (SELECT id FROM exchange_account
                            WHERE server_id = %(id)s AND next_sync <= %(now)s
                              AND requested_kinds IS NULL
                              FOR NO KEY UPDATE SKIP LOCKED) due
                    WHERE a.id = due.id""",
                until=until,
                seconds=seconds,
                id=self.id,
                now=fields.Datetime.now(),
            )
        )
        self.env["exchange.account"].invalidate_model(["next_sync"])
