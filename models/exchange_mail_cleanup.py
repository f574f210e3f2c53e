from odoo import models

from ..client import BadRequest, ClientError, Conflict, NotFound
from . import error_words
from .exchange_mail_reader import MAILBOX_ERRORS
from .transactions import commit

# The mark of transferred mails in Outlook.
CATEGORY = "Odoo"


class ExchangeMailCleanup(models.AbstractModel):
    """The transfer folders once what was in them is committed in Odoo."""

    _name = "exchange.mail.cleanup"
    _description = "Clean-up of Transfer Folders"

    def _clean_up(self, account, mailbox, log):
        """Delete from the transfer folders what has been committed.

        Guarded by the version of the mail: one that the user has touched since is
        looked at again, and left alone when it has been moved elsewhere.
        """
        while sources := self.env["exchange.mail.source"]._to_delete(account):
            outcomes = mailbox.messages.delete(
                [
                    (source.folder_id.remote_id, source.remote_id, source.etag)
                    for source in sources
                ]
            )
            done, problems = sources.browse(), []
            for source, error in zip(sources, outcomes, strict=True):
                if isinstance(error, Conflict):
                    error = self._clean_up_changed(source, mailbox)
                if error is None or isinstance(error, NotFound):
                    done += source
                else:
                    problems.append(error)
            done.cleanup = "done"
            log.count("deleted", len(done))
            for error in problems:
                if not isinstance(error, MAILBOX_ERRORS):
                    log.error(error_words.sentence(self.env, error, account))
            log.save()
            commit(self.env)
            for error in problems:
                if isinstance(error, MAILBOX_ERRORS):
                    raise error
            if len(done) < len(sources):
                return  # the rest is tried again at the next run

    def _mark(self, account, mailbox, log):
        """Give the mails that are in Odoo the category, so that Outlook shows it."""
        while sources := self.env["exchange.mail.source"]._to_mark(account):
            refs = [(each.folder_id.remote_id, each.remote_id) for each in sources]
            outcomes = mailbox.messages.add_category(refs, CATEGORY)
            done = sources.browse()
            for source, error in zip(sources, outcomes, strict=True):
                if error is None or isinstance(error, NotFound | BadRequest):
                    done += source
            done.cleanup = "marked"
            commit(self.env)
            if len(done) < len(sources):
                return  # changed at this moment, or refused: at the next run

    def _clean_up_changed(self, source, mailbox):
        """Delete a mail that was changed after it was read, if it is still there.

        :return: None or the error
        """
        ref = (source.folder_id.remote_id, source.remote_id)
        try:
            item = mailbox.messages.place(*ref)
        except ClientError as error:
            return error
        if item.get("parentFolderId") != source.folder_id.remote_id:
            return None
        return mailbox.messages.delete([(*ref, item.get("@odata.etag"))])[0]
