from odoo import api, fields, models


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
    record_name = fields.Char("Stands For", compute="_compute_record_name")
    delta_link = fields.Char(readonly=True)
    last_error = fields.Char(readonly=True)

    _remote_uniq = models.Constraint(
        "UNIQUE (account_id, remote_id)",
        "This folder has been chosen already.",
    )

    @api.depends("res_model", "res_id")
    @api.depends_context("uid")
    def _compute_record_name(self):
        for folder in self:
            model = self.env.get(folder.res_model) if folder.res_model else None
            record = model.browse(folder.res_id).exists() if model is not None else None
            if record and record.sudo(False).has_access("read"):
                folder.record_name = record.sudo(False).display_name
            elif folder.res_model:
                folder.record_name = self.env._("a record you cannot see")
            else:
                folder.record_name = False

    def action_set_record(self, res_model, res_id):
        """Let this folder stand for a record: what is put in goes there without a
        question.

        :raises UserError: not a record to file on
        :raises AccessError: another user's folder, or a record he may not use
        """
        self.ensure_one()
        self.account_id._check_own()
        record = self.env["exchange.mail"]._record_to_file_on(res_model, res_id)
        self.sudo().write({"res_model": record._name, "res_id": record.id})

    def action_clear_record(self):
        """Let this folder be an ordinary transfer folder again."""
        self.ensure_one()
        self.account_id._check_own()
        self.sudo().write({"res_model": False, "res_id": False})

    def write(self, vals):
        """Another remote folder, or another direction, is read from its beginning."""
        if vals.keys() & {"remote_id", "direction"}:
            vals = {"delta_link": False, **vals}
        return super().write(vals)
