from odoo import api, models


class ExchangeRecordNamed(models.AbstractModel):
    """What names a record on which e-mails are filed, by ``res_model`` and ``res_id``,
    and shows its name in ``record_name``."""

    _name = "exchange.record.named"
    _description = "Names a Record for E-mails"

    @api.depends("res_model", "res_id")
    @api.depends_context("uid")
    def _compute_record_name(self):
        for named in self:
            record = named._record()
            if not named.res_model:
                named.record_name = False
            elif not record:
                named.record_name = self.env._("a deleted record")
            elif record.has_access("read"):
                named.record_name = record.display_name
            else:
                named.record_name = self.env._("a record you cannot see")

    def _record(self):
        """The record that is named; None or empty when it is gone."""
        model = self.env.get(self.res_model) if self.res_model else None
        return None if model is None else model.sudo(False).browse(self.res_id).exists()
