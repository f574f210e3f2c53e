from odoo import api, fields, models

# The models that an item may lead to.
TARGETS = ("exchange.mail", "calendar.event", "res.partner")


class ExchangeSyncItem(models.Model):
    """What a run did with one item. Rows are inserted in bulk, many a page, and leave
    with their run.

    Administrators see what happened and why something failed. What an item is called
    is its owner's alone: it is the subject of an e-mail, or of an appointment.
    """

    _name = "exchange.sync.item"
    _description = "Item of an Exchange Synchronisation"
    _order = "id desc"
    _rec_name = "name"
    # Millions of rows, written once: they are as old as their run, and by nobody.
    _log_access = False

    run_id = fields.Many2one(
        "exchange.sync.run", required=True, ondelete="cascade", index=True
    )
    user_id = fields.Many2one(
        "res.users", required=True, ondelete="cascade", index=True
    )
    date = fields.Datetime(required=True)
    kind = fields.Selection(
        [("mail", "E-mail"), ("event", "Event"), ("contact", "Contact")], required=True
    )
    outcome = fields.Selection(
        [
            ("filed", "Filed"),
            ("duplicate", "Already in Odoo"),
            ("waiting", "To Assign"),
            ("created", "New"),
            ("updated", "Changed"),
            ("removed", "Removed"),
            ("failed", "Failed"),
        ],
        required=True,
    )
    reason = fields.Text()
    subject = fields.Char(groups=fields.NO_ACCESS)
    name = fields.Char(
        "Item", compute="_compute_name", search="_search_name", compute_sudo=False
    )
    target_model = fields.Char(readonly=True)
    target_id = fields.Many2oneReference(model_field="target_model", readonly=True)

    @api.depends("subject", "user_id")
    @api.depends_context("uid", "su")
    def _compute_name(self):
        for item in self:
            mine = self.env.su or item.user_id == self.env.user
            item.name = mine and item.sudo().subject

    def _search_name(self, operator, value):
        if operator not in ("ilike", "=ilike", "like", "=like", "=", "in"):
            return NotImplemented
        own = [("subject", operator, value)]
        if not self.env.su:
            own.append(("user_id", "=", self.env.uid))
        return [("id", "in", self.sudo()._search(own))]

    def action_open(self):
        """Open what the item has become; the right to see it is checked there."""
        self.ensure_one()
        self.check_access("read")
        if self.target_model not in TARGETS or not self.target_id:
            return False
        target = self.env[self.target_model].browse(self.target_id).exists()
        if not target:
            return False
        target.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "res_model": target._name,
            "res_id": target.id,
            "views": [(False, "form")],
        }
