import logging

from psycopg2.errors import SerializationFailure, UniqueViolation

from odoo import models

from ..client import ClientError, Conflict, NotFound, SyncStateExpired
from . import error_words
from .exchange_sync import Probe
from .mail_plan import JOIN, READ, plan_reading
from .mail_values import parse_mail
from .transactions import commit, rollback

_logger = logging.getLogger(__name__)

PAGE_SIZE = 100
PAGE_ATTEMPTS = 4


class ExchangeSyncMail(models.AbstractModel):
    """E-mails of the transfer folders into the chatter of the right contact.

    Page by page: list what is new, read what Odoo does not have, file it, commit it
    together with the place to go on from; only then clean up in the mailbox.
    """

    _name = "exchange.sync.mail"
    _inherit = ["exchange.sync", "exchange.mail.reader", "exchange.mail.filing"]
    _description = "Exchange Synchronisation of E-mails"

    _sync_kind = "mail"
    _sync_sequence = 10

    def _probe_links(self, account):
        folders = account.folder_ids
        links = [folder.delta_link for folder in folders if folder.delta_link]
        pending = self.env["exchange.mail.source"]._has_pending(account)
        return Probe(links, pending or len(links) < len(folders))

    def _run(self, account, mailbox, pages, log):
        self._retry_failed(account, mailbox, log)
        for folder in account.folder_ids:
            try:
                self._run_folder(folder, mailbox, pages.get(folder.delta_link), log)
                folder.last_error = False
            except NotFound:
                sentence = self.env._(
                    "The transfer folder %(folder)s no longer exists in Outlook. "
                    "Choose another one in your preferences.",
                    folder=folder.name,
                )
                folder.last_error = sentence
                log.error(sentence)
        self._clean_up(account, mailbox, log)

    def _run_folder(self, folder, mailbox, page, log):
        """All pages of a folder's round, beginning with a probed one if there is."""
        try:
            self._run_round(folder, mailbox, page, log)
        except SyncStateExpired:
            # The server has forgotten where we were. A full round finds everything
            # again; what was dealt with is recognised by its id and skipped.
            _logger.info("%s: sync state expired, reading it completely", folder)
            folder.delta_link = False
            self._run_round(folder, mailbox, None, log)

    def _run_round(self, folder, mailbox, page, log):
        if isinstance(page, ClientError):
            raise page
        while True:
            if page is None:
                page = mailbox.messages.delta(
                    folder.remote_id, folder.delta_link or None, page_size=PAGE_SIZE
                )
            self._commit_page(folder, mailbox, page, log)
            if page.delta_link:
                return
            page = None

    def _commit_page(self, folder, mailbox, page, log):
        """Apply a page and make it durable together with the place to go on from.

        Two workers that file the same mail of two mailboxes at one moment meet at the
        database's unique fingerprint. The later one starts its page again and finds
        the mail there.
        """
        for attempts_left in reversed(range(PAGE_ATTEMPTS)):
            try:
                self._apply_page(folder, mailbox, page.items, log)
                folder.delta_link = page.delta_link or page.next_link
                log.save()
                commit(self.env)
                return
            except (SerializationFailure, UniqueViolation):
                rollback(self.env)
                log.restore()
                if not attempts_left:
                    raise

    def _apply_page(self, folder, mailbox, items, log):
        """Deal with the messages of one page: read, decide, file."""
        listed = {}
        for item in items:
            mail = parse_mail(item, folder.direction)
            listed[mail.remote_id] = mail  # the last mention of an id counts
        wanted = self._plan_reading(folder, list(listed.values()), log)
        self._read_and_file(folder, mailbox, wanted, log)

    def _plan_reading(self, folder, mails, log):
        """:return: the mails that have to be read; joins what others have filed"""
        account = folder.account_id
        known_ids = self.env["exchange.mail.source"]._known_ids(account, mails)
        known_mails = self._mails_by_fingerprint(mails)
        wanted = []
        joined = []
        for mail in mails:
            step = plan_reading(mail, known_ids, known_mails)
            if step == READ:
                wanted.append(mail)
            elif step == JOIN:
                joined.append((mail, known_mails[mail.fingerprint]))
        log.count("found", len(wanted) + len(joined))
        self._join(folder, joined, log)
        return wanted

    def _read_and_file(self, folder, mailbox, wanted, log):
        read, failed = self._read_mails(folder, mailbox, wanted)
        self._file_mails(folder, read, log)
        for mail, sentence in failed:
            self._note_failed(folder, mail, sentence, log)

    def _retry_failed(self, account, mailbox, log):
        """Read again the failed mails that somebody asked to try again."""
        sources = self.env["exchange.mail.source"]._to_retry(account)
        for folder, its in sources.grouped("folder_id").items():
            if not folder:
                continue
            mails = [source._as_listed() for source in its]
            its.mail_id.filtered(lambda mail: mail.state == "failed").unlink()
            log.count("found", len(mails))
            self._read_and_file(folder, mailbox, mails, log)
            log.save()
            commit(self.env)

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
            done = sources.browse()
            for source, error in zip(sources, outcomes, strict=True):
                if isinstance(error, Conflict):
                    error = self._clean_up_changed(source, mailbox)
                if error is None or isinstance(error, NotFound):
                    done += source
                else:
                    log.error(error_words.sentence(self.env, error, account))
            done.cleanup = "done"
            log.count("deleted", len(done))
            log.save()
            commit(self.env)
            if len(done) < len(sources):
                return  # the rest is tried again at the next run

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
