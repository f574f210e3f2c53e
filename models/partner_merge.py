from odoo import api, models
from odoo.tools import SQL

# Our own references to a contact by model name and id.
REFERENCES = ("exchange_address_rule", "exchange_folder")


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    # Core's own wizard, a hook of which is extended; no wizard of ours.
    # pylint: disable=no-wizard-in-models
    _inherit = "base.partner.merge.automatic.wizard"

    @api.model
    def _update_foreign_keys(self, src_partners, dst_partner):
        """Of several subscriptions of one user one stays, with its contact in Outlook;
        the others end. Where two rows would clash, one would be dropped otherwise, and
        its contact in Outlook forgotten."""
        rows = self.env["exchange.subscription"].sudo()
        rows._join_partners(src_partners.ids, dst_partner.id)
        return super()._update_foreign_keys(src_partners, dst_partner)

    @api.model
    def _update_reference_fields(self, src_partners, dst_partner):
        """Rules and folders follow a merged contact, and an e-mail that lay on both
        contacts lies on the remaining one once."""
        result = super()._update_reference_fields(src_partners, dst_partner)
        for table in REFERENCES:
            self.env.execute_query(
                SQL(
                    """UPDATE %s SET res_id = %s
                        WHERE res_model = 'res.partner' AND res_id IN %s
                    RETURNING id""",
                    SQL.identifier(table),
                    dst_partner.id,
                    src_partners._ids,
                )
            )
        self.env["exchange.address.rule"].invalidate_model(["res_id"])
        self.env["exchange.folder"].invalidate_model(["res_id"])
        doubled = self._doubled_messages(dst_partner)
        mails = self.env["exchange.mail"].sudo()
        mails._take_out(mails.env["mail.message"].browse(doubled))
        return result

    @api.model
    def _doubled_messages(self, partner):
        """:return: ids of later copies of a mail that we filed on a contact"""
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """SELECT later.id
                     FROM mail_message later
                     JOIN exchange_mail_message_rel r ON r.message_id = later.id
                     JOIN exchange_mail_message_rel s
                       ON s.exchange_mail_id = r.exchange_mail_id
                     JOIN mail_message earlier ON earlier.id = s.message_id
                    WHERE later.model = 'res.partner' AND later.res_id = %(id)s
                      AND earlier.model = 'res.partner' AND earlier.res_id = %(id)s
                      AND earlier.id < later.id""",
                id=partner.id,
            )
        )
        return list({message_id for (message_id,) in rows})
