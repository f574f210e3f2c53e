from odoo import fields, models

GOING = ("connected", "error")


class ExchangeServerArchive(models.AbstractModel):
    """A service that is archived rests: its mailboxes are neither read nor written.
    Each account knows how far it has read, and goes on there when the service is
    restored."""

    _name = "exchange.server.archive"
    _description = "Exchange Server: Archiving"

    def write(self, vals):
        """Stop and go on with the service."""
        changed = self.filtered(
            lambda server: "active" in vals and server.active != bool(vals["active"])
        )
        result = super().write(vals)
        if changed and vals["active"]:
            changed._go_on(GOING)._wake_lanes()
        elif changed:
            changed._rest()
        return result

    def _going_accounts(self, states):
        """The accounts that the schedule knows, in one of these states."""
        return self.sudo().account_ids.filtered(
            lambda account: account.state in states and account._has_begun()
        )

    def _go_on(self, states):
        """Accounts that stood still because of this service are due at once."""
        accounts = self._going_accounts(states)
        accounts.write(
            {"next_sync": fields.Datetime.now(), "failures": 0, "backoff_until": False}
        )
        return accounts

    def _rest(self):
        """Say in each account's log why nothing comes any more, and let nobody wait for
        what was asked for."""
        accounts = self._going_accounts(GOING)
        kinds, now = ",".join(accounts._sync_kinds()), fields.Datetime.now()
        self.env["exchange.sync.run"].sudo().create(
            [
                {
                    "account_id": account.id,
                    "user_id": account.user_id.id,
                    "trigger": "schedule",
                    "kinds": kinds,
                    "started": now,
                    "finished": now,
                    "state": "paused",
                    "error": account.server_id._rest_sentence(account.user_id.lang),
                }
                for account in accounts
            ]
        )
        accounts.filtered("requested_kinds").requested_kinds = False

    def _rest_sentence(self, lang=None):
        """Why nothing is synchronised, and what to do; "" for a service in use."""
        if not self or self.active:
            return ""
        server = self.with_context(lang=lang) if lang else self
        return server.env._(
            "%(server)s has been archived: nothing is synchronised. Ask your "
            "administrator to restore it: then everything goes on where it was. Or "
            "choose another service in your preferences.",
            server=self.name,
        )
