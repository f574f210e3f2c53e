import logging
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from psycopg2.errors import UniqueViolation
from psycopg2.extensions import TransactionRollbackError

from odoo import fields, models
from odoo.tools import SQL

from ..client import (
    BadRequest,
    ClientError,
    DeltaPage,
    NotFound,
    ServerError,
    SyncStateExpired,
    Trail,
)
from .exchange_sync import Probe
from .mail_plan import JOIN, READ, SKIP, plan_reading
from .mail_values import parse_mail
from .run_log import Item
from .transactions import analyze, commit, rollback

_logger = logging.getLogger(__name__)

PAGE_SIZE = 100
# Mails of the first page that are filed while the others are still being read.
FIRST_PART = 20
PAGE_ATTEMPTS = 4
PENDING = "pending"
# After so many e-mails the database looks at its tables again.
ANALYZE_AFTER = 1000
TABLES = ("exchange_mail", "exchange_mail_source")


class ExchangeSyncMail(models.AbstractModel):
    """E-mails of the transfer folders into the chatter of the right contact.

    Page by page: list what is new, read what Odoo does not have, file it, commit it
    together with the place to go on from; only then clean up in the mailbox.
    """

    _name = "exchange.sync.mail"
    _inherit = [
        "exchange.mail.preview",
        "exchange.sync",
        "exchange.mail.reader",
        "exchange.mail.filing",
        "exchange.mail.cleanup",
    ]
    _description = "Exchange Synchronisation of E-mails"

    _sync_kind = "mail"
    _sync_sequence = 10

    def _probe_links(self, account):
        return self._glance_links(account)[account.id]

    def _glance_links(self, accounts):
        """One query, as most accounts have nothing to do most of the time."""
        self.env["exchange.folder"].flush_model()
        self.env["exchange.mail.source"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """SELECT f.account_id, f.delta_link
                     FROM exchange_folder f
                    WHERE f.account_id = ANY(%(accounts)s)
                UNION ALL
                   SELECT a.id, %(pending)s
                     FROM unnest(%(accounts)s::int[]) a (id)
                    WHERE EXISTS (SELECT 1 FROM exchange_mail_source s
                                   WHERE s.account_id = a.id AND
                                     (s.cleanup IN ('pending', 'mark') OR s.retry))
                       OR EXISTS (SELECT 1 FROM exchange_folder f
                                   WHERE f.account_id = a.id
                                     AND f.look_again IS NOT NULL)""",
                accounts=accounts.ids,
                pending=PENDING,
            )
        )
        found = {account.id: [] for account in accounts}
        for account_id, link in rows:
            found[account_id].append(link)
        return {each.id: self._as_probe(each, found[each.id]) for each in accounts}

    def _as_probe(self, account, found):
        links = [link for link in found if link not in (None, PENDING)]
        work = len(links) < len(found) or bool(found and self._is_check_due(account))
        return Probe(links, work)

    def _is_check_due(self, account):
        """Whether to look after the folders themselves: once a day, and when the user
        presses the button."""
        last = account.last_sync
        return bool(account.requested_kinds) or (
            bool(last) and last.date() != fields.Date.today()
        )

    def _run(self, account, mailbox, pages, log):
        if self._is_check_due(account):
            account._check_folders(mailbox, log)
            self.env["exchange.mail.source"]._retry_recent(account)
            commit(self.env)
        self._retry_failed(account, mailbox, log)
        for folder in account.folder_ids:
            page = pages.get(folder.delta_link)
            try:
                self._run_folder(folder, mailbox, page, log)
            except NotFound:
                known = folder.remote_id
                account._replace_folder(folder, mailbox, log)
                commit(self.env)
                if folder.exists():
                    self._run_again(folder, mailbox, folder.remote_id == known, log)
            if log.unfinished:
                return
        self._clean_up(account, mailbox, log)
        self._mark(account, mailbox, log)

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

    def _run_again(self, folder, mailbox, is_there, log):
        """A folder that was not found.

        :param is_there: whether it is there after all: then it was said in passing, or
            it is the place to go on from that is not found any more
        """
        try:
            self._run_folder(folder, mailbox, None, log)
        except NotFound:
            if not is_there or not folder.delta_link:
                raise
            folder.delta_link = False
            self._run_folder(folder, mailbox, None, log)

    def _run_round(self, folder, mailbox, first, log):
        if isinstance(first, ClientError):
            raise first
        doubtful = folder.look_again
        for page, listed, answers in self._pages(folder, mailbox, first, log):
            self._commit_page(folder, mailbox, page, listed, answers, log)
            if log.counted("found") >= ANALYZE_AFTER and not log.analyzed:
                log.analyzed = True
                analyze(self.env, TABLES)
            if log.is_over():
                return
        if doubtful:
            self._look_again(folder, mailbox, doubtful, log)

    def _look_again(self, folder, mailbox, ids, log):
        """Mails that an earlier run saw listed and then did not find. Those that lie in
        the folder after all are filed now; the others have left it."""

        def work():
            later = set(folder.look_again or []) - set(ids)
            folder.look_again = sorted(later) or False
            self._apply_page(folder, mailbox, ids, [], {}, log)

        self._durably(work, log)

    def _pages(self, folder, mailbox, page, log):
        """The parts of a round with the mails to be read: while the caller files one,
        a thread that knows no ORM lists the page after the next and reads the next.

        :param page: the first page, if it has been listed already
        :return: iterator of (``DeltaPage``, its mails, {remote id: message or error})
        """
        remote_id = folder.remote_id
        messages, trail = mailbox.messages, Trail()

        def listing(link):
            trail.follow(link)
            return messages.delta(remote_id, link or None, page_size=PAGE_SIZE)

        def reading(mails):
            ids = self._unknown_ids(folder, mails)
            log.expect(len(ids), page.next_link)
            return ahead.submit(_read_many, messages, remote_id, ids)

        page = page or listing(folder.delta_link)
        listed = self._listed(folder, page.items)
        with ThreadPoolExecutor(1, "exchange-mail") as ahead:
            first = reading(listed[:FIRST_PART])
            following = page.next_link and ahead.submit(listing, page.next_link)
            if len(listed) > FIRST_PART:
                # Filing begins before the whole page is read.
                answers = reading(listed[FIRST_PART:])
                yield DeltaPage(), listed[:FIRST_PART], first.result()
                listed = listed[FIRST_PART:]
            else:
                answers = first
            while True:
                current = (page, listed, answers.result())
                coming = following
                if coming and not coming.exception():
                    page = coming.result()
                    following = page.next_link and ahead.submit(listing, page.next_link)
                    listed = self._listed(folder, page.items)
                    answers = reading(listed)
                yield current
                if not coming:
                    return
                coming.result()

    def _commit_page(self, folder, mailbox, page, listed, answers, log):
        """Apply a page and make it durable together with the place to go on from.

        Two workers that file the same mail of two mailboxes at one moment meet at the
        database's unique fingerprint. The later one starts its page again and finds
        the mail there.
        """

        def work():
            self._apply_page(folder, mailbox, page.removed, listed, answers, log)
            # The first part of a page has no link: the page is not done yet.
            if page.delta_link or page.next_link:
                folder.delta_link = page.delta_link or page.next_link

        self._durably(work, log)

    def _durably(self, work, log):
        """Do ``work`` and commit it; once more when another worker was quicker."""
        for attempts_left in reversed(range(PAGE_ATTEMPTS)):
            try:
                work()
                log.save()
                commit(self.env)
                return
            except (TransactionRollbackError, UniqueViolation):
                rollback(self.env)
                log.restore()
                if not attempts_left:
                    raise

    def _apply_page(self, folder, mailbox, removed, listed, answers, log):
        """Deal with the messages of one page: decide again, as the pages before it are
        in the database now, and file."""
        returned = self._returned(folder, mailbox, removed)
        answers = {**answers, **returned}
        mails = [*listed, *self._listed(folder, returned.values())]
        steps = self._plan_reading(folder, mails)
        wanted = [mail for mail, step, _mail_id in steps if step == READ]
        joined = [(mail, mail_id) for mail, step, mail_id in steps if step == JOIN]
        log.count("found", len(wanted) + len(joined))
        self._join(folder, joined, log)
        self.env["exchange.mail.source"]._retry_changed(
            folder.account_id, [mail for mail, step, _mail_id in steps if step == SKIP]
        )
        self._read_and_file(folder, mailbox, wanted, answers, log)

    def _returned(self, folder, mailbox, removed):
        """Mails reported as gone that lie in the folder.

        One that leaves a folder and comes back between two rounds is reported as
        removed, and with immutable ids never as added again.

        :return: {remote id: message}
        """
        sources = self.env["exchange.mail.source"]
        unknown = sorted(set(removed) - sources._known_ids(folder.account_id, removed))
        refs = [(folder.remote_id, remote_id) for remote_id in unknown]
        found, later = {}, set()
        for remote_id, answer in zip(
            unknown, mailbox.messages.get_many(refs) if refs else [], strict=True
        ):
            if isinstance(answer, dict):
                if answer.get("parentFolderId") == folder.remote_id:
                    found[remote_id] = answer
            elif isinstance(answer, BadRequest | ServerError):
                later.add(remote_id)
            elif not isinstance(answer, NotFound):
                raise answer
        if later:
            folder.look_again = sorted(later.union(folder.look_again or []))
        return found

    def _listed(self, folder, items):
        """The mails of a page; the last mention of an id counts."""
        latest = {item["id"]: item for item in items}.values()
        return [parse_mail(item, folder.direction) for item in latest]

    def _unknown_ids(self, folder, listed):
        """The remote ids of listed mails that have to be read."""
        steps = self._plan_reading(folder, listed)
        return [mail.remote_id for mail, step, _mail_id in steps if step == READ]

    def _plan_reading(self, folder, listed):
        """:return: list of (``Mail``, step, id of the exchange.mail or None)"""
        if not listed:
            return []
        ids = [mail.remote_id for mail in listed]
        sources = self.env["exchange.mail.source"]
        known_ids = sources._known_ids(folder.account_id, ids)
        fresh = [mail for mail in listed if mail.remote_id not in known_ids]
        known_mails = self._mails_of_use(folder.account_id, fresh)
        return [
            (
                mail,
                plan_reading(mail, known_ids, known_mails),
                known_mails.get(mail.fingerprint),
            )
            for mail in listed
        ]

    def _read_and_file(self, folder, mailbox, wanted, answers, log):
        read, failed = self._complete_mails(folder, mailbox, wanted, answers)
        self._file_mails(folder, self._told_late(folder, read, log), log)
        # Of two copies in one mailbox, one may fail and the other not.
        known = self._mails_by_fingerprint([mail for mail, _sentence in failed])
        for mail, sentence in failed:
            if sentence and mail.fingerprint in known:
                self._join(folder, [(mail, known[mail.fingerprint])], log)
            elif sentence:
                row = self._note_failed(folder, mail, sentence, log)
                known[mail.fingerprint] = row.id
        gone = [mail.remote_id for mail, sentence in failed if not sentence]
        if gone:
            folder.look_again = [*(folder.look_again or []), *gone]

    def _told_late(self, folder, read, log):
        """Mails of which the list told next to nothing are decided upon again, now that
        they have been read: one may be a draft, or a copy of one that is known.

        :return: those that are to be filed
        """
        late = [mail for mail in read if mail.is_vague]
        if not late:
            return read
        known = self._mails_of_use(folder.account_id, late)
        plans = [(mail, plan_reading(mail, (), known)) for mail in late]
        copies = [mail for mail, step in plans if step == JOIN]
        self._join(folder, [(mail, known[mail.fingerprint]) for mail in copies], log)
        over = {mail.remote_id for mail, step in plans if step != READ}
        return [mail for mail in read if mail.remote_id not in over]

    def _retry_failed(self, account, mailbox, log):
        """Read again the failed mails that somebody asked to try again.

        The row of a failure makes room only for a mail that could be read; one that
        has left the mailbox stays on record.
        """
        sources = self.env["exchange.mail.source"]._to_retry(account)
        for folder, its in sources.grouped("folder_id").items():
            self._durably(
                partial(self._retry_in_folder, folder, mailbox, its, log), log
            )

    def _retry_in_folder(self, folder, mailbox, sources, log):
        sources = sources.exists()
        sources.retry = False
        if not folder:
            return
        listed = [source._as_listed() for source in sources]
        read, failed = self._complete_mails(folder, mailbox, listed, {})
        log.count("found", len(read) + len(failed))
        reasons = {mail.fingerprint: reason for mail, reason in failed}
        readable = {mail.fingerprint for mail in read}
        gone = self.env._("This e-mail is no longer in the mailbox.")
        for row in sources.mail_id:
            if row.fingerprint not in readable:
                row.error = reasons.get(row.fingerprint) or gone
                log.error(row.error)
                log.note(
                    [Item("mail", "failed", row.subject, row.error, row._name, row.id)]
                )
        again = sources.mail_id.filtered(lambda row: row.fingerprint in readable)
        others = again.source_ids - sources
        copies = [(source.folder_id, source._as_listed()) for source in others]
        again.unlink()
        self._file_mails(folder, read, log)
        known = self._mails_by_fingerprint(read)
        for its_folder, mail in copies:
            if its_folder:
                self._note_copies(its_folder, [(mail, known[mail.fingerprint])])


def _read_many(messages, folder_id, ids):
    """:return: {remote id: message or error}"""
    answers = messages.get_many([(folder_id, each) for each in ids])
    return dict(zip(ids, answers, strict=True))
