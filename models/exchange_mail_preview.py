from odoo import models

from ..client import ClientError, count_messages


class ExchangeMailPreview(models.AbstractModel):
    """How many e-mails the first synchronisation would transfer."""

    _name = "exchange.mail.preview"
    _description = "Preview of the First Synchronisation: E-mails"

    def _preview(self, account, mailbox):
        folders = account.folder_ids
        if not folders:
            text = self.env._(
                "e-mails are read, as no transfer folders have been chosen yet."
            )
            return {"count": 0, "more": False, "text": text, "problem": ""}
        ids = folders.mapped("remote_id")
        counts, problem = account._counted(count_messages, mailbox, ids)
        total = None
        if counts:
            known = [each for each in counts if not isinstance(each, ClientError)]
            total = sum(known)
        return {
            "count": total,
            "more": bool(counts) and len(known) < len(folders),
            "text": self._preview_text(account, folders),
            "problem": problem,
        }

    def _preview_text(self, account, folders):
        sentences = [
            self.env._(
                "e-mails are read from %(folders)s and filed on the contacts they "
                "belong to. Those that fit none wait for you.",
                folders=", ".join(folders.mapped("name")),
            )
        ]
        if account.mail_delete_after_transfer:
            sentences.append(
                self.env._("Once they are in Odoo, they are deleted in these folders.")
            )
        elif account.mail_mark_transferred:
            sentences.append(
                self.env._("Once they are in Odoo, they get the category Odoo.")
            )
        return " ".join(sentences)
