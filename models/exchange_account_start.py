from odoo import api, fields, models

from ..client import ClientError, Pace
from . import error_words

# Seconds that a user is to wait for the numbers at most, and what they take usually.
LITTLE_PATIENCE = {"timeout": (5.0, 10.0), "total": 20.0}


class ExchangeAccountStart(models.AbstractModel):
    """The first synchronisation: the user sees what it will do, and says when.

    A mailbox that has just been connected is in no schedule. It waits, without a next
    synchronisation, until somebody starts it.
    """

    _name = "exchange.account.start"
    _description = "Exchange Account: First Synchronisation"

    awaits_start = fields.Boolean(
        "Waits for the First Synchronisation", compute="_compute_awaits_start"
    )

    @api.depends("state", "next_sync", "last_sync")
    def _compute_awaits_start(self):
        for account in self:
            opens = account.state in ("connected", "error")
            account.awaits_start = opens and not account._has_begun()

    def _has_begun(self):
        """Whether this mailbox has been synchronised, or is about to be."""
        return bool(self.last_sync or self.next_sync)

    def _open_preview(self):
        """The action that shows what the first synchronisation would do."""
        return {
            "type": "ir.actions.client",
            "tag": "exchange_connector_preview",
            "params": {"account_id": self.id},
        }

    def _preview(self):
        """What the first synchronisation would do. Asks the mailbox, writes nothing.

        What cannot be counted says so in its row; that is no reason not to start.

        :return: list of {"kind", "count", "more", "text", "problem"}, see
            ``exchange.sync``'s ``_preview``
        """
        self.ensure_one()
        rows = []
        patience = {**LITTLE_PATIENCE, "pace": Pace(attempts=1)}
        with self._open_mailbox(**patience) as mailbox:
            for kind, sync in self._sync_models().items():
                row = sync._preview(self, mailbox)
                if row:
                    rows.append({"kind": kind, **row})
        return rows

    def _counted(self, count, *args):
        """What a function of the client counted.

        :param count: the function, which gets ``args``
        :return: (its result or None, why there is none or "")
        """
        try:
            return count(*args), ""
        except ClientError as error:
            return None, error_words.sentence(self.env, error, self)

    def action_start(self):
        """Start the first synchronisation; of many accounts at once for
        administrators. Those that cannot start are left out."""
        for account in self:
            account._check_own()
        accounts = self.sudo()
        waiting = accounts.filtered("awaits_start")
        if waiting:
            waiting._request()
        return self._refresh(
            self._started_sentence(len(waiting), len(accounts)),
            "success" if waiting else "warning",
        )

    def _started_sentence(self, started, chosen):
        if started == chosen == 1:
            return self.env._("The first synchronisation has been started.")
        sentence = self.env._(
            "%(started)s of %(chosen)s accounts have been started.",
            started=started,
            chosen=chosen,
        )
        if started == chosen:
            return sentence
        others = self.env._("The others are not connected, or started before.")
        return f"{sentence} {others}"
