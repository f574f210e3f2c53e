from odoo import api, fields, models
from odoo.tools import SQL
from odoo.tools.mail import email_split_tuples

from .addresses import canonical, normalise


class ExchangeMailCandidates(models.AbstractModel):
    """Whom a waiting mail may belong to.

    Computed when it is looked at and with the rights of the one who looks: a contact
    that was created a moment ago is offered at once, a merged or archived one is not.
    """

    _name = "exchange.mail.candidates"
    _description = "Candidates for Waiting E-mails"

    candidate_ids = fields.Many2many(
        "res.partner", compute="_compute_candidate_ids", string="Candidates"
    )
    candidate_info = fields.Json(
        compute="_compute_candidate_info",
        help="For the screen: contacts with company, city and last contact.",
    )
    waiting_people = fields.Json(
        compute="_compute_waiting_people",
        help="The waiting addresses with the names found in the e-mail.",
    )
    waiting_reason = fields.Selection(
        [("ambiguous", "Several contacts"), ("unknown", "Unknown address")],
        compute="_compute_candidate_ids",
    )

    @api.depends("waiting_addresses", "proposed_partner_id")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_candidate_ids(self):
        addresses = {each for mail in self for each in mail.waiting_addresses or []}
        by_address = self._contacts_by_address(addresses)
        for mail in self:
            ids = [
                partner_id
                for address in mail.waiting_addresses or []
                for partner_id in by_address.get(address, ())
            ]
            proposed = mail.sudo().proposed_partner_id.id
            if proposed in ids:
                ids.remove(proposed)
                ids.insert(0, proposed)
            mail.candidate_ids = self.env["res.partner"].browse(dict.fromkeys(ids))
            waits = mail.state == "to_assign"
            mail.waiting_reason = waits and ("ambiguous" if ids else "unknown")

    @api.model
    def _contacts_by_address(self, addresses):
        """:return: {address: [partner ids]} as far as the one who asks may read"""
        partners = self.env["res.partner"]
        owner = self.sudo().source_ids[:1].account_id.user_id
        if self.env.su and owner:
            partners = partners.with_user(owner).with_context(
                allowed_company_ids=owner.company_ids.ids
            )
        found = partners._exchange_by_address(addresses)
        return {address: its.ids for address, its in found.items()}

    @api.depends("candidate_ids")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_candidate_info(self):
        partners = self.candidate_ids
        last = self._last_contact(partners)
        info = {
            partner.id: {
                "id": partner.id,
                "name": partner.name or partner.display_name,
                "company": partner.commercial_company_name or "",
                "city": partner.city or "",
                "last_contact": fields.Datetime.to_string(last.get(partner.id)) or "",
            }
            for partner in partners
        }
        for mail in self:
            proposed = mail.sudo().proposed_partner_id
            mail.candidate_info = [
                {
                    **info[partner.id],
                    "waiting": mail._waiting_for(partner),
                    "proposed": partner == proposed,
                }
                for partner in mail.candidate_ids
            ]

    def _waiting_for(self, partner):
        """The waiting addresses of the mail that a contact has."""
        own = partner._exchange_addresses()
        return [each for each in self.waiting_addresses or [] if canonical(each) in own]

    @api.model
    def _last_contact(self, partners):
        """:return: {partner id: date of the newest message in its chatter}"""
        if not partners:
            return {}
        rows = self.env.execute_query(
            SQL(
                """SELECT res_id, max(date) FROM mail_message
                    WHERE model = 'res.partner' AND res_id IN %s
                      AND message_type IN ('email', 'comment')
                 GROUP BY res_id""",
                partners._ids,
            )
        )
        return dict(rows)

    @api.depends("waiting_addresses", "email_from", "email_to", "email_cc")
    def _compute_waiting_people(self):
        for mail in self:
            texts = [mail.email_from, mail.email_to, mail.email_cc]
            pairs = email_split_tuples(", ".join(text for text in texts if text))
            names = {normalise(address): name for name, address in pairs}
            mail.waiting_people = [
                {"address": address, "name": names.get(canonical(address)) or ""}
                for address in mail.waiting_addresses or []
            ]

    @api.model
    def count_waiting(self):
        """How many mails wait for the current user; for the counter of the menu.

        :return: their number; False for a user who has no mailbox to count for
        """
        mails = self._search([("state", "=", "to_assign")])
        self.env["exchange.account"].flush_model(["user_id", "state"])
        rows = self.env.execute_query(
            SQL(
                """SELECT %s, EXISTS (SELECT 1 FROM exchange_account
                                       WHERE user_id = %s AND state <> 'draft')""",
                mails.subselect("count(*)"),
                self.env.uid,
            )
        )
        number, has_mailbox = rows[0]
        return number if number or has_mailbox else False
