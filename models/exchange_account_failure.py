from datetime import timedelta

from odoo import SUPERUSER_ID, api, fields, models
from odoo.tools import plaintext2html

from .exchange_account_access import MANAGER
from .transactions import commit

TELL_PARAMETER = "exchange_connector.tell_failing_after_days"
TELL_DAYS = 2
# Accounts that are told about at a time, and named in the note to administrators.
MANY, NAMED = 500, 10


class ExchangeAccountFailure(models.AbstractModel):
    """An account that fails for days: its user and the administrators are told once,
    and once more when it is back. By activities, so never by mail.

    Administrators get one activity a service, whatever the number of its accounts.
    """

    _name = "exchange.account.failure"
    _description = "Exchange Account: Lasting Failures"

    failing_since = fields.Datetime(readonly=True, index="btree_not_null")
    failure_told = fields.Boolean("Lasting Failure Told", readonly=True)
    failure_activity_id = fields.Many2one(
        "mail.activity", readonly=True, ondelete="set null", index="btree_not_null"
    )

    def _note_lasting(self, failed):
        """Note since when the account fails.

        :param failed: whether the run that ends could not work
        """
        # Who has to sign in again has been told so at once.
        failing = failed and self.state != "reconnect"
        if failing and not self.failing_since:
            self.failing_since = fields.Datetime.now()
        elif not failing and self.failing_since:
            self.failing_since = False

    @api.model
    def _tell_lasting_failures(self):
        """Tell of the accounts that fail for days, and of those that are back."""
        accounts = self.sudo()
        opens = ("state", "in", ["connected", "error"])
        since = fields.Datetime.now() - timedelta(days=self._days_until_told())
        failing = [("failing_since", "<", since), ("failure_told", "=", False), opens]
        lost = accounts.search(failing, limit=MANY)
        back = accounts.search(
            [("failure_told", "=", True), ("failing_since", "=", False), opens],
            limit=MANY,
        )
        changed = (lost + back).try_lock_for_update(allow_referencing=True)
        if not changed:
            return
        for account in changed & lost:
            account._tell_failing()
        for account in changed & back:
            account._tell_back()
        changed.flush_recordset()
        for server in changed.server_id.try_lock_for_update(allow_referencing=True):
            accounts._tell_administrators(server)
        commit(self.env)

    @api.model
    def _days_until_told(self):
        days = self.env["ir.config_parameter"].sudo().get_param(TELL_PARAMETER)
        return int(days) if (days or "").isdigit() else TELL_DAYS

    def _tell_failing(self):
        """Tell the user, who cannot know it from anything else."""
        translated = self.with_context(lang=self.user_id.lang)
        self.failure_told = True
        self.failure_activity_id = self._activity(
            self.user_id,
            translated.env._(
                "Your Outlook mailbox has not been synchronised since %(date)s",
                date=fields.Date.to_string(self.failing_since),
            ),
            self.last_error,
        )

    def _tell_back(self):
        translated = self.with_context(lang=self.user_id.lang)
        self.failure_told = False
        self.failure_activity_id.unlink()
        summary = translated.env._("Your Outlook mailbox is synchronised again")
        self._activity(self.user_id, summary, False)

    @api.model
    def _tell_administrators(self, server):
        """One activity a service: how many of its accounts fail, and which."""
        failing = self.search(
            [("server_id", "=", server.id), ("failure_told", "=", True)], order="id"
        )
        known = server.failure_activity_ids.grouped("user_id")
        administrators = self._administrators(server)
        if not failing:
            server.failure_activity_ids.unlink()
        for user in administrators:
            translated = self.with_context(lang=user.lang)
            if not failing:
                summary = translated.env._(
                    "%(server)s: all mailboxes are synchronised again",
                    server=server.name,
                )
                self._activity(user, summary, False)
                continue
            summary = translated.env._(
                "%(server)s: mailboxes without a synchronisation for days (%(count)s)",
                server=server.name,
                count=len(failing),
            )
            vals = {"summary": summary, "note": failing._failing_note()}
            if user in known:
                known[user].write(vals)
            else:
                activity = self._activity(user, vals["summary"], vals["note"])
                server.failure_activity_ids += activity

    @api.model
    def _administrators(self, server):
        users = self.env.ref(MANAGER).all_user_ids.filtered(
            lambda user: user.active and not user.share and user.id != SUPERUSER_ID
        )
        company = server.company_id
        return users.filtered(lambda u: not company or company in u.company_ids)

    def _failing_note(self):
        lines = [
            f"{account.user_id.name}: {account.last_error or ''}"
            for account in self[:NAMED]
        ]
        more = ["…"] if len(self) > NAMED else []
        return plaintext2html("\n".join([*lines, *more]))

    @api.model
    def _activity(self, user, summary, note):
        """An activity that ``user`` alone sees, without an e-mail about it."""
        kind = self.env.ref("mail.mail_activity_data_todo", raise_if_not_found=False)
        activities = self.env["mail.activity"].with_context(
            mail_activity_quick_update=True
        )
        return activities.create(
            {
                "activity_type_id": kind.id if kind else False,
                "summary": summary,
                "note": note,
                "user_id": user.id,
            }
        )
