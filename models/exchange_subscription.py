from odoo import api, fields, models
from odoo.exceptions import UserError


class ExchangeSubscription(models.Model):
    """One address in one user's address book.

    A row that is not active remembers an end: that the user did not want the address,
    or where the contact lies that stayed in Outlook. A row without contact has one to
    be removed whose contact in Odoo is deleted or merged.
    """

    _name = "exchange.subscription"
    _inherit = [
        "exchange.subscription.marking",
        "exchange.subscription.work",
        "exchange.subscription.end",
        "exchange.subscription.words",
    ]
    _description = "Address in Outlook"
    _order = "id desc"
    _rec_name = "partner_id"

    partner_id = fields.Many2one(
        "res.partner", "Contact", ondelete="set null", readonly=True, index=True
    )
    account_id = fields.Many2one(
        "exchange.account", required=True, ondelete="cascade", readonly=True
    )
    user_id = fields.Many2one(related="account_id.user_id")
    active = fields.Boolean(default=True, readonly=True)
    source = fields.Selection(
        [("manual", "By Hand"), ("own", "Own Customer")],
        required=True,
        default="manual",
        readonly=True,
    )
    state = fields.Selection(
        [
            ("pending", "Waiting"),
            ("synced", "In Outlook"),
            ("ending", "Being Removed"),
            ("failed", "Failed"),
        ],
        required=True,
        default="pending",
        readonly=True,
    )
    error = fields.Text(readonly=True)
    synced_on = fields.Datetime("Last Written", readonly=True)
    remote_difference = fields.Json(
        "Changes in Outlook",
        readonly=True,
        groups=fields.NO_ACCESS,
        help="What was changed in Outlook since: {field: {odoo: value, outlook: "
        "value}}. The next change in Odoo overwrites it.",
    )
    ended_by_user = fields.Boolean(
        readonly=True, help="Not to be subscribed automatically again."
    )
    archived = fields.Boolean(
        readonly=True,
        help="Ended because the contact was archived: begins again with its return.",
    )
    # What the synchronisation knows of the contact in Outlook
    record_id = fields.Integer(
        readonly=True, help="The contact's id, also when it has been deleted."
    )
    remote_id = fields.Char(readonly=True)
    change_key = fields.Char(readonly=True)
    payload_hash = fields.Char(readonly=True)
    photo_hash = fields.Char(readonly=True)
    source_stamp = fields.Char(
        readonly=True, help="Versions of all records that the contact is made of."
    )
    creating = fields.Boolean(
        readonly=True, help="A contact may have been created without an answer."
    )
    replaced = fields.Boolean(
        readonly=True, help="The contact lies in another folder now."
    )

    _partner_uniq = models.Constraint(
        "UNIQUE (account_id, partner_id)", "This address is subscribed already."
    )
    _remote_idx = models.Index("(account_id, remote_id) WHERE remote_id IS NOT NULL")
    _archived_idx = models.Index("(account_id) WHERE archived")
    _ending_idx = models.Index("(account_id) WHERE state = 'ending'")

    @api.depends("partner_id")
    @api.depends_context("uid")
    def _compute_display_name(self):
        readable = self.partner_id._filtered_access("read")
        for row in self:
            if row.partner_id in readable:
                row.display_name = row.partner_id.display_name
            elif row.partner_id:
                row.display_name = self.env._("Contact that you may not read")
            else:
                row.display_name = self.env._("Deleted contact")

    def action_retry(self):
        """Send failed addresses once more at the next run, which is asked for at once.

        :raises UserError: an address that did not fail
        """
        if self.filtered(lambda row: row.state != "failed"):
            raise UserError(self.env._("Only failed addresses can be tried again."))
        self.check_access("read")
        rows = self.sudo().filtered(lambda row: row.user_id == self.env.user)
        rows.write({"state": "pending", "error": False, "source_stamp": False})
        rows.account_id._request(["contact"])
        message = self.env._("The addresses will be tried again now.")
        return self.env["exchange.account"]._refresh(message)

    def action_end(self):
        """End these subscriptions of the caller, and say what that means."""
        self.check_access("read")
        mine = self.sudo().filtered(lambda row: row.user_id == self.env.user)
        told = mine.partner_id.with_env(self.env).action_exchange_unsubscribe()
        # Closes the dialog that this was pressed in, and reloads what is below.
        close = {"type": "ir.actions.act_window_close"}
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {**told["params"], "next": close},
        }
