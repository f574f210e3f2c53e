from odoo import fields, models


class ExchangeFolder(models.Model):
    """One transfer folder: what lies in it in Outlook is filed in Odoo."""

    _name = "exchange.folder"
    _description = "Exchange Transfer Folder"
    _order = "direction, name, id"

    account_id = fields.Many2one(
        "exchange.account", required=True, ondelete="cascade", index=True
    )
    user_id = fields.Many2one(related="account_id.user_id")
    direction = fields.Selection(
        [("incoming", "Incoming"), ("outgoing", "Outgoing")],
        required=True,
        default="incoming",
    )
    name = fields.Char(required=True)
    look_again = fields.Json(
        readonly=True,
        help="Remote IDs of e-mails that were listed but not found a moment later.",
    )
    remote_id = fields.Char("Remote ID", required=True)
    # A folder that stands for a record: what lies in it goes there without a question.
    res_model = fields.Char("Record Model", readonly=True)
    res_id = fields.Many2oneReference("Record", model_field="res_model", readonly=True)
    delta_link = fields.Char(readonly=True)
    last_error = fields.Char(readonly=True)

    _remote_uniq = models.Constraint(
        "UNIQUE (account_id, remote_id)",
        "This folder has been chosen already.",
    )

    def write(self, vals):
        """Another remote folder, or another direction, is read from its beginning."""
        if vals.keys() & {"remote_id", "direction"}:
            vals = {"delta_link": False, **vals}
        return super().write(vals)
