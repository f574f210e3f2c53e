from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import format_datetime

from .run_log import COUNTS

KEEP_PARAMETER = "exchange_connector.keep_runs_days"
KEEP_DAYS = 30
# Of ten thousand mailboxes these are a million rows a day, and nobody looks for them.
KEEP_IDLE_DAYS = 2
# What the schedule found nothing for; who pressed a button may look for his run.
IDLE = [
    ("trigger", "=", "schedule"),
    ("state", "=", "done"),
    ("error", "=", False),
    *((name, "=", 0) for name in COUNTS),
]
CHUNK = 10000


class ExchangeSyncRun(models.Model):
    """One run of the synchronisation of one account: what the user can look up."""

    _name = "exchange.sync.run"
    _description = "Exchange Synchronisation"
    _order = "started desc, id desc"
    _rec_name = "started"

    account_id = fields.Many2one(
        "exchange.account", required=True, ondelete="cascade", index=True
    )
    # An account never changes its user, so this needs no computing.
    user_id = fields.Many2one(
        "res.users", required=True, ondelete="cascade", index=True
    )
    trigger = fields.Selection(
        [("manual", "By Hand"), ("schedule", "Schedule")], required=True
    )
    kinds = fields.Char()
    kind_names = fields.Char("What", compute="_compute_kind_names")
    started = fields.Datetime(required=True, default=fields.Datetime.now)
    finished = fields.Datetime()
    duration = fields.Float("Duration (seconds)", digits=(10, 2), aggregator="avg")
    state = fields.Selection(
        [
            ("running", "Running"),
            ("done", "Done"),
            ("partial", "Done with Errors"),
            ("paused", "Paused"),
            ("failed", "Failed"),
            ("interrupted", "Interrupted"),
        ],
        required=True,
        default="running",
    )
    found = fields.Integer()
    expected = fields.Integer(help="Seen so far, for those who watch the progress.")
    filed = fields.Integer()
    duplicate = fields.Integer("Already in Odoo")
    waiting = fields.Integer("To Assign")
    created = fields.Integer()
    updated = fields.Integer()
    removed = fields.Integer()
    deleted = fields.Integer("Deleted in Outlook")
    failed = fields.Integer()
    error = fields.Text()
    host = fields.Char(
        "Machine (Process)", help="The machine that Odoo ran on, and its process."
    )
    item_ids = fields.One2many("exchange.sync.item", "run_id", "Items")

    # The list begins with the newest ones; the oldest ones are deleted.
    _started_idx = models.Index("(started, id)")

    @api.depends("kinds")
    def _compute_kind_names(self):
        names = self._names_of_kinds()
        for run in self:
            kinds = (run.kinds or "").split(",")
            run.kind_names = ", ".join(names.get(kind, kind) for kind in kinds)

    @api.model
    def _names_of_kinds(self):
        return {
            "mail": self.env._("E-mails"),
            "event": self.env._("Events"),
            "contact": self.env._("Contacts"),
        }

    @api.depends("started")
    @api.depends_context("tz", "lang")
    def _compute_display_name(self):
        for run in self:
            run.display_name = format_datetime(self.env, run.started)

    def action_open_items(self):
        """The items of this run, in all views."""
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id(
            "exchange_connector.exchange_sync_item_action"
        )
        return {**action, "domain": [("run_id", "=", self.id)]}

    def _tell_finished(self, asked):
        """Let the open screens of the user know what changed.

        :param asked: he pressed a button: show him the result, wherever he is
        """
        result = {"run_id": self.id, **self._show_result()} if asked else {}
        if asked or any(self[name] for name in COUNTS):
            self.user_id._bus_send(
                "exchange_connector/finished", {"kinds": self.kinds, **result}
            )

    def _show_result(self):
        """Show a user the result, wherever he is. :return: {"type", "message"}"""
        run = self.with_context(lang=self.user_id.lang)
        result = {
            "type": "success" if self.state == "done" else "warning",
            "message": " ".join(filter(None, [run._result(), self.error])),
        }
        title = run.env._("Outlook")
        self.user_id._bus_send("simple_notification", {"title": title, **result})
        return result

    def _result(self):
        """What the run did, in one line."""
        names = {
            "filed": self.env._("filed"),
            "waiting": self.env._("to assign"),
            "created": self.env._("new"),
            "updated": self.env._("changed"),
            "removed": self.env._("removed"),
            "failed": self.env._("failed"),
        }
        parts = [f"{self[name]} {word}" for name, word in names.items() if self[name]]
        if parts:
            return self.env._("Synchronised: %(counts)s.", counts=", ".join(parts))
        return "" if self.error else self.env._("Synchronised: nothing new.")

    @api.model
    def _running(self, account):
        """The run another worker is at, or a note that it is at one."""
        run = self.search(
            [("account_id", "=", account.id), ("state", "=", "running")], limit=1
        )
        return run or self.create(
            {
                "account_id": account.id,
                "user_id": account.user_id.id,
                "trigger": "manual",
                "finished": fields.Datetime.now(),
                "state": "paused",
                "error": self.env._(
                    "Another synchronisation of this account is running."
                ),
            }
        )

    @api.model
    def _note_interrupted(self, account):
        """Close the runs whose process died; only for the holder of the lock."""
        self.search([("account_id", "=", account.id), ("state", "=", "running")]).write(
            {
                "state": "interrupted",
                "error": self.env._("Odoo was stopped during this run."),
            }
        )

    @api.model
    def _note_forgotten(self):
        """Close the runs that died in their last moment: the next run of the account
        closes them only when it has something to do."""
        yesterday = fields.Datetime.now() - timedelta(days=1)
        domain = [("state", "=", "running"), ("started", "<", yesterday)]
        for account in self.search(domain).account_id:
            self._note_interrupted(account)

    @api.autovacuum
    def _gc_runs(self):
        """Forget old runs, idle ones of the schedule sooner, some at a time.

        :return: (done, remaining)
        """
        self._note_forgotten()
        keep = self.env["ir.config_parameter"].sudo().get_param(KEEP_PARAMETER)
        days = int(keep) if (keep or "").isdigit() else KEEP_DAYS
        old = self._started_before(days)
        old |= self._started_before(min(days, KEEP_IDLE_DAYS), IDLE)
        old.unlink()
        return len(old), len(old) >= CHUNK

    @api.model
    def _started_before(self, days, domain=()):
        """The runs of more than so many days ago, :data:`CHUNK` at most."""
        limit = fields.Datetime.now() - timedelta(days=days)
        wanted = [("started", "<", limit), *domain]
        return self.search(wanted, order="started, id", limit=CHUNK)
