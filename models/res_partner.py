from odoo import api, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    @api.model_create_multi
    def create(self, vals_list):
        """A contact made from waiting e-mails gets them at once."""
        mail_ids = self.env.context.get("exchange_mail_ids")
        if not mail_ids:
            return super().create(vals_list)
        # The key is for this contact, not for what is created along with it.
        partners = super(ResPartner, self.with_context(exchange_mail_ids=False)).create(
            vals_list
        )
        mails = self.env["exchange.mail"].browse(mail_ids)
        waiting = mails.filtered(lambda mail: mail.state == "to_assign")
        if waiting:
            waiting.action_file_on("res.partner", partners[:1].id)
        return partners.with_env(self.env)
