from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .exchange_account_failure import TELL_DAYS, TELL_PARAMETER
from .exchange_sync_run import KEEP_DAYS, KEEP_PARAMETER


class ResConfigSettings(models.TransientModel):
    """What administrators set for all mailboxes."""

    _inherit = "res.config.settings"

    exchange_lanes = fields.Integer(
        "Parallel Lanes",
        help="So many mailboxes are synchronised at the same time, by as many of "
        "Odoo's cron workers, on all machines together.",
    )
    exchange_keep_runs_days = fields.Integer(
        "Keep the Log (days)", config_parameter=KEEP_PARAMETER, default=KEEP_DAYS
    )
    exchange_tell_after_days = fields.Integer(
        "Tell of Failures After (days)",
        config_parameter=TELL_PARAMETER,
        default=TELL_DAYS,
    )

    @api.constrains("exchange_keep_runs_days", "exchange_tell_after_days")
    def _check_exchange_days(self):
        for settings in self:
            keep = settings.exchange_keep_runs_days
            if min(keep, settings.exchange_tell_after_days) < 1:
                raise ValidationError(self.env._("At least one day has to be given."))

    @api.model
    def get_values(self):
        """Show how many lanes there are to be."""
        lanes = self.env["exchange.account"]._lanes_wanted()
        return {**super().get_values(), "exchange_lanes": lanes}

    def set_values(self):
        """Make or remove lanes when their number has changed."""
        result = super().set_values()
        accounts = self.env["exchange.account"]
        if self.exchange_lanes != accounts._lanes_wanted():
            accounts._set_lanes(self.exchange_lanes)
        return result
