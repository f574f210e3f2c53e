from odoo import models
from odoo.exceptions import UserError

ADDON = "exchange_connector"


class IrModuleModule(models.Model):
    """Uninstalling loses nothing: what waits for its user, and is in Odoo alone, is
    decided about before."""

    _inherit = "ir.module.module"

    def button_uninstall(self):
        if self.env.user.has_group("base.group_system"):
            leaving = self + self.downstream_dependencies()
            if ADDON in leaving.mapped("name"):
                self._check_exchange_mails_decided()
        return super().button_uninstall()

    def _check_exchange_mails_decided(self):
        """Refuse when an e-mail waits that was deleted in Outlook after its transfer.

        :raises UserError: with the users who have to decide
        """
        mails = self.env["exchange.mail"].sudo()
        waiting = mails.search(
            [
                ("state", "=", "to_assign"),
                ("source_ids.cleanup", "=", "done"),
                ("source_ids", "not any", [("cleanup", "!=", "done")]),
            ]
        )
        if waiting:
            users = waiting.source_ids.account_id.user_id
            raise UserError(
                self.env._(
                    "E-mails still wait in “E-mails to assign” (%(count)s) that have "
                    "already been deleted in Outlook: uninstalling would lose them. "
                    "Please let these users assign or ignore them first: %(users)s",
                    count=len(waiting),
                    users=", ".join(users.mapped("name")),
                )
            )
