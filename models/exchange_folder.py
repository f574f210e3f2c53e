from odoo import api, fields, models


class ExchangeFolder(models.Model):
    """One transfer folder: what lies in it in Outlook is filed in Odoo."""

    _name = "exchange.folder"
    _inherit = "exchange.record.named"
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
    record_problem = fields.Char(
        compute="_compute_record_problem",
        help="Why nothing is filed on the record, and what to do about it.",
    )
    delta_link = fields.Char(readonly=True)
    last_error = fields.Char(readonly=True)

    _remote_uniq = models.Constraint(
        "UNIQUE (account_id, remote_id)",
        "This folder has been chosen already.",
    )

    @api.depends("res_model", "res_id", "account_id.user_id")
    def _compute_record_problem(self):
        for folder in self:
            folder.record_problem = bool(folder.res_model) and folder._problem()

    def _problem(self):
        """Why the mailbox's user cannot have e-mails filed on the record, or False."""
        record = self._record()
        if not record:
            return self.env._(
                "This record has been deleted: e-mails in this folder are filed like "
                "all others. Choose another record, or remove this one."
            )
        if "active" in record._fields and not record.sudo().active:
            return self.env._(
                "This record is archived: e-mails in this folder are filed like all "
                "others. Restore it, choose another record, or remove this one."
            )
        account, mails = self.sudo().account_id, self.env["exchange.mail"]
        if not mails._usable_record(account, self.res_model, self.res_id):
            return self.env._(
                "The rights for this record are missing: e-mails in this folder are "
                "filed like all others. Ask your administrator for them, choose "
                "another record, or remove this one."
            )
        return False

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
