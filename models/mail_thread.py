import email.parser
import email.policy

from odoo import api, models


class MailThread(models.AbstractModel):
    """Odoo's own mail server beside ours: what comes in there makes leads and tasks,
    also when a user was quicker to file his copy of it."""

    _inherit = "mail.thread"

    @api.model
    def message_process(self, model, message, *args, **kwargs):
        """Odoo ignores a mail whose Message-ID it has. What we filed does not count,
        and makes way where Odoo puts the same mail."""
        message_id = _message_id(message)
        filed = self._exchange_filed(message_id)
        if not filed:
            return super().message_process(model, message, *args, **kwargs)
        with self.env.cr.savepoint():
            filed.message_id = False
            result = super().message_process(model, message, *args, **kwargs)
            filed = filed.exists()
            filed.message_id = message_id
            self._exchange_make_way(filed)
        return result

    @api.model
    def _exchange_filed(self, message_id):
        """The messages with a Message-ID, as far as we filed them all."""
        knowledge = self.env["exchange.mail.knowledge"]
        found = knowledge._messages_by_message_id({message_id} - {""})
        known = found.get(message_id, ())
        ours = [each.id for each in known if each.by_connector]
        messages = self.env["mail.message"].sudo()
        return messages.browse(ours if len(ours) == len(known) else ())

    @api.model
    def _exchange_make_way(self, filed):
        """Where Odoo has put a mail into the chatter that we filed it in, once is
        enough.

        :param filed: our messages of the mail
        """
        same = [("message_id", "in", filed.mapped("message_id"))]
        new = filed.search([*same, ("id", "not in", filed.ids)])
        mails = self.env["exchange.mail"].sudo()
        for message in new:
            ours = filed.filtered(
                lambda one, its=message: (
                    (one.model, one.res_id) == (its.model, its.res_id)
                )
            )
            if ours:
                rows = mails.search([("message_ids", "in", ours.ids)])
                rows.message_ids = [(4, message.id)]
                mails._take_out(ours)


def _message_id(message):
    """The Message-ID of a mail as it comes in, "" without one."""
    # As it comes by XML-RPC, as text or as bytes.
    message = getattr(message, "data", message)
    if isinstance(message, str):
        message = message.encode()
    head = email.parser.BytesHeaderParser(policy=email.policy.SMTP).parsebytes(message)
    try:
        return (head.get("Message-Id") or "").strip()
    except ValueError:  # a header that cannot be read
        return ""
