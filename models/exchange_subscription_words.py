from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain


class ExchangeSubscriptionWords(models.AbstractModel):
    """A subscription in words, for the one whose address book it is about."""

    _name = "exchange.subscription.words"
    _description = "Address in Outlook: Words"

    difference_text = fields.Text("Difference", compute="_compute_difference_text")
    is_changed = fields.Boolean(
        "Changed in Outlook",
        compute="_compute_difference_text",
        search="_search_is_changed",
    )

    @api.depends("remote_difference")
    @api.depends_context("uid", "lang")
    def _compute_difference_text(self):
        """Says nothing of contacts that one may not read."""
        readable = self.partner_id._filtered_access("read")
        for row in self:
            told = row.sudo()
            if row.partner_id not in readable:
                told = told.browse()
            row.difference_text = told._difference_text() or False
            row.is_changed = bool(told.remote_difference)

    @api.model
    def _search_is_changed(self, operator, value):
        if operator != "in":
            return NotImplemented
        changed = self.sudo()._search([("remote_difference", "!=", False)])
        wanted = Domain("id", "in" if True in value else "not in", changed)
        return Domain.TRUE if {True, False} <= set(value) else wanted

    def _difference_text(self):
        """What somebody changed in Outlook, a line for each field."""
        names = self._difference_names()
        lines = []
        for name, values in (self.remote_difference or {}).items():
            lines.append(
                self.env._(
                    "%(field)s: %(outlook)s in Outlook, %(odoo)s in Odoo",
                    field=names.get(name, name),
                    outlook=self._difference_value(values.get("outlook")),
                    odoo=self._difference_value(values.get("odoo")),
                )
            )
        return "\n".join(lines)

    def _difference_value(self, value):
        """A value of Graph in words."""
        if isinstance(value, dict):
            value = [value[key] for key in value if key != "name" or len(value) == 1]
        if isinstance(value, list):
            parts = [self._difference_value(each) for each in value if each]
            return ", ".join(parts) or self.env._("nothing")
        return str(value) if value else self.env._("nothing")

    def _difference_names(self):
        """Graph's names of the fields in words."""
        return {
            "displayName": self.env._("Name"),
            "fileAs": self.env._("Sorted as"),
            "givenName": self.env._("Given name"),
            "surname": self.env._("Surname"),
            "title": self.env._("Title"),
            "generation": self.env._("Addition to the name"),
            "companyName": self.env._("Company"),
            "department": self.env._("Department"),
            "jobTitle": self.env._("Job Position"),
            "emailAddresses": self.env._("E-mail"),
            "businessPhones": self.env._("Phone"),
            "homePhones": self.env._("Private phone"),
            "mobilePhone": self.env._("Mobile"),
            "businessAddress": self.env._("Address"),
            "otherAddress": self.env._("Delivery address"),
            "homeAddress": self.env._("Private address"),
            "businessHomePage": self.env._("Website"),
            "personalNotes": self.env._("Notes"),
            "categories": self.env._("Categories"),
            "birthday": self.env._("Birthday"),
        }

    def action_open_partner(self):
        """Open the address itself.

        :raises UserError: it has been deleted
        """
        self.ensure_one()
        if not self.partner_id:
            raise UserError(
                self.env._(
                    "This contact has been deleted in Odoo. What is in Outlook of it "
                    "is dealt with at the next synchronisation."
                )
            )
        return {
            "type": "ir.actions.act_window",
            "res_model": "res.partner",
            "res_id": self.partner_id.id,
            "views": [(False, "form")],
        }
