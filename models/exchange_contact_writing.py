from collections import namedtuple
from functools import partial

from psycopg2.extensions import TransactionRollbackError

from odoo import fields, models
from odoo.tools import split_every

from ..client import (
    ClientError,
    Conflict,
    MailboxFull,
    NotFound,
    PermissionDenied,
    ServerError,
)
from . import error_words
from .contact_plan import CREATE, LEAVE, LOOK_UP, UPDATE, plan_photo, plan_write
from .contact_values import body_hash, make_mark, with_mark
from .exchange_mail_reader import MAILBOX_ERRORS
from .run_log import Item
from .transactions import commit, rollback

READ_PAGE = 500
WRITE_PAGE = 100
SAVE_ATTEMPTS = 4
# Errors that say nothing about the one contact.
STOPPING = (*MAILBOX_ERRORS, MailboxFull, PermissionDenied)

# A subscription that is written: its ``Row``, the stamp of what was read, the body and
# its digest, the mark, and the digest of the picture ("" where there is none).
Job = namedtuple("Job", "row stamp body digest mark photo")


class ExchangeContactWriting(models.AbstractModel):
    """Sends what changed in Odoo."""

    _name = "exchange.contact.writing"
    _inherit = ["exchange.contact.photos"]
    _description = "Writing of Contacts to Outlook"

    def _write_all(self, account, mailbox, folder_id, log):
        """Create and update contacts. What turns out to be gone is made in a second
        pass. :return: whether anything was sent"""
        wrote = False
        for _pass in range(2):
            gone, after = 0, 0
            subscriptions = self.env["exchange.subscription"]
            while found := subscriptions._to_write(account, after, READ_PAGE):
                after = found[-1][0].id
                jobs = self._jobs(account, found, log)
                log.expect(len(jobs), len(found) == READ_PAGE)
                for page in split_every(WRITE_PAGE, jobs, list):
                    sent, lost = self._write_page(
                        account, mailbox, folder_id, page, log
                    )
                    wrote, gone = wrote or bool(sent), gone + lost
                    if log.is_over():
                        return wrote
                if len(found) < READ_PAGE:
                    break
            if not gone:
                break
        return wrote

    def _jobs(self, account, found, log):
        """:return: list of :class:`Job`, of what the user may read"""
        ids = [row.partner_id for row, _stamp in found]
        bodies = self._read_bodies(account, ids)
        photos = self._photo_hashes(ids)
        uuid = self._database_uuid()
        jobs, odd = [], []
        for row, stamp in found:
            body = bodies.get(row.partner_id)
            if isinstance(body, Exception):
                odd.append((row, stamp, body))
            elif body:
                mark = make_mark(uuid, row.partner_id)
                digest = body_hash([body, mark])
                photo = photos.get(row.partner_id, "")
                jobs.append(Job(row, stamp, body, digest, mark, photo))
        if odd:
            self._save(partial(self._note_odd, account, odd, log), log)
        return jobs

    def _note_odd(self, account, odd, log):
        """Contacts of which nothing can be made; not tried again until they change.

        :param odd: list of (``Row``, stamp, exception)
        """
        notes = []
        env = self.with_context(lang=account.user_id.lang).env
        for row, stamp, error in odd:
            sentence = env._(
                "This contact holds something that cannot be written to Outlook: "
                "%(error)s",
                error=error,
            )
            notes.append((row.id, stamp, "failed", sentence))
            name = env["res.partner"].browse(row.partner_id).display_name or ""
            where = ("res.partner", row.partner_id)
            log.error(f"{name}: {sentence}")
            log.note([Item("contact", "failed", name, sentence, *where)])
        self.env["exchange.subscription"]._note(
            ("source_stamp", "state", "error"), notes, unless_ending=("state",)
        )

    def _write_page(self, account, mailbox, folder_id, jobs, log):
        """:return: (number of requests that changed something, of contacts gone)"""
        steps = {name: [] for name in (CREATE, LOOK_UP, UPDATE, LEAVE)}
        for job in jobs:
            steps[plan_write(job.row, job.digest)].append(job)
        unheard = steps[LOOK_UP]
        found, missing = self._look_up(account, mailbox, folder_id, unheard)
        self._save(partial(self._note_found, found), log)
        updates, creates = steps[UPDATE] + found, steps[CREATE] + missing
        self._save(partial(self._note_same, steps[LEAVE]), log)
        gone = self._send_changes(account, mailbox, updates, log)
        created = self._send_new(account, mailbox, folder_id, creates, log)
        there = [*steps[LEAVE], *updates, *created]
        self._send_photos(account, mailbox, there, log)
        return len(updates) + len(creates), gone

    # What may have been created already

    def _look_up(self, account, mailbox, folder_id, jobs):
        """Contacts whose creation was begun and not heard of. Their user may have moved
        them since; where all of them are about to be replaced, others do not count.

        :return: (jobs whose contact is there, jobs whose is not)
        """
        if not jobs:
            return [], []
        rows = [job.row for job in jobs]
        places = [folder_id] if self._is_moving(account) else None
        items = self._find_anywhere(account, mailbox, rows, places)
        found, missing = [], []
        for job in jobs:
            item = items.get(job.row.id)
            if item:
                row = job.row._replace(
                    remote_id=item["id"], change_key=item.get("changeKey") or ""
                )
                found.append(job._replace(row=row))
            else:
                missing.append(job)
        return found, missing

    def _note_found(self, jobs):
        self.env["exchange.subscription"]._note(
            ("remote_id", "change_key", "creating"),
            [
                (job.row.id, job.row.remote_id, job.row.change_key, False)
                for job in jobs
            ],
        )

    # New ones

    def _send_new(self, account, mailbox, folder_id, jobs, log):
        """:return: the jobs whose contact is there now, with its id"""
        if not jobs:
            return []
        # The mark that the contact gets, whatever becomes of its address meanwhile.
        rows = [(job.row.id, True, job.row.partner_id) for job in jobs]
        subscriptions = self.env["exchange.subscription"]
        names = ("creating", "record_id")
        self._save(partial(subscriptions._note, names, rows), log)
        bodies = [with_mark(job.body, job.mark, new=True) for job in jobs]
        answers = mailbox.contacts.create(bodies, folder_id)
        pairs = list(zip(jobs, answers, strict=True))
        self._save(partial(self._note_created, account, pairs, log), log)
        self._stop_at(answers, NotFound)
        return [
            job._replace(row=job.row._replace(remote_id=answer["id"], photo_hash=None))
            for job, answer in pairs
            if not isinstance(answer, ClientError)
        ]

    def _note_created(self, account, pairs, log):
        done = [(job, item) for job, item in pairs if not isinstance(item, ClientError)]
        self._note_written(done)
        log.note([_item(job, "created") for job, _there in done])
        if done and not account.contact_folder_id:
            account.contact_folder_id = done[0][1].get("parentFolderId")
        self._note_failed(account, pairs, log)

    # Known ones

    def _send_changes(self, account, mailbox, jobs, log):
        """:return: number of contacts that are no longer in Outlook"""
        if not jobs:
            return 0
        answers = self._patch(
            mailbox, [(job, etag_of(job.row.change_key)) for job in jobs]
        )
        answers = self._patch_changed(mailbox, jobs, answers)
        gone = self._gone(account, mailbox, jobs, answers)
        pairs = [
            (job, answer)
            for job, answer in zip(jobs, answers, strict=True)
            if job.row.id not in {row.id for row in gone}
        ]
        self._save(partial(self._note_updated, account, pairs, gone, log), log)
        self._stop_at(answers)
        return len(gone)

    def _patch(self, mailbox, pairs):
        return mailbox.contacts.update(
            [
                (job.row.remote_id, with_mark(job.body, job.mark), etag)
                for job, etag in pairs
            ]
        )

    def _patch_changed(self, mailbox, jobs, answers):
        """Contacts that were changed in Outlook at this very moment: read, and written
        over the newer version. So are those not found: a service that says so in
        passing must not make us create a second one."""
        asked = (Conflict, NotFound)
        numbers = [n for n, each in enumerate(answers) if isinstance(each, asked)]
        if not numbers:
            return answers
        items = mailbox.contacts.get_many([jobs[n].row.remote_id for n in numbers])
        again = []
        for number, item in zip(numbers, items, strict=True):
            if isinstance(item, ClientError):
                answers[number] = item
            else:
                again.append((number, item.get("@odata.etag")))
        results = self._patch(mailbox, [(jobs[n], etag) for n, etag in again])
        for (number, _etag), result in zip(again, results, strict=True):
            answers[number] = result
        return answers

    def _gone(self, account, mailbox, jobs, answers):
        """:return: list of ``Row`` whose contact is deleted; with ids that survive a
        move, one among the deleted items still takes changes"""
        home = account.contact_folder_id
        alive = {home: True} if home else {}
        gone = []
        for job, answer in zip(jobs, answers, strict=True):
            if isinstance(answer, NotFound):
                gone.append(job.row)
            elif isinstance(answer, ClientError):
                continue
            elif not self._is_alive(mailbox, answer, alive):
                gone.append(job.row)
        return gone

    def _note_updated(self, account, pairs, gone, log):
        done = [(job, item) for job, item in pairs if not isinstance(item, ClientError)]
        self._note_written(done)
        log.note([_item(job, "updated") for job, _there in done])
        log.count("found", len(gone))
        self._note_gone(gone)
        self._note_failed(account, pairs, log)

    # Results

    def _note_same(self, jobs):
        """What Outlook has already."""
        self.env["exchange.subscription"]._note(
            ("source_stamp", "record_id", "state", "error"),
            [
                (job.row.id, self._stamp_after(job), job.row.partner_id, "synced", None)
                for job in jobs
            ],
            unless_ending=("state",),
        )

    def _note_written(self, pairs):
        """:param pairs: list of (``Job``, the contact as Outlook has it now)"""
        now = fields.Datetime.now()
        self.env["exchange.subscription"]._note(
            (
                *("remote_id", "change_key", "payload_hash", "source_stamp"),
                *("record_id", "creating", "state", "error", "synced_on"),
                "remote_difference",
            ),
            [
                (
                    job.row.id,
                    item["id"],
                    item.get("changeKey") or "",
                    job.digest,
                    self._stamp_after(job),
                    job.row.partner_id,
                    False,
                    "synced",
                    None,
                    now,
                    None,
                )
                for job, item in pairs
            ],
            unless_ending=("state",),
        )

    def _stamp_after(self, job):
        """A picture that is still to be sent leaves the row as work to do."""
        return None if plan_photo(job.row, job.photo) else job.stamp

    def _note_failed(self, account, pairs, log):
        """The contacts that were refused say why. Not tried again until they change,
        unless the failure was the service's own."""
        notes = []
        for job, error in pairs:
            if not isinstance(error, ClientError) or isinstance(error, STOPPING):
                continue
            if isinstance(error, NotFound) and not job.row.remote_id:
                continue  # the folder is gone, not the contact
            unsure = isinstance(error, ServerError)
            sentence = error_words.sentence(self.env, error, account)
            stamp = None if unsure or isinstance(error, Conflict) else job.stamp
            creating = unsure and not job.row.remote_id
            notes.append((job.row.id, stamp, creating, "failed", sentence))
            log.error(f"{job.body['displayName']}: {sentence}")
            log.note([_item(job, "failed", sentence)])
        self.env["exchange.subscription"]._note(
            ("source_stamp", "creating", "state", "error"),
            notes,
            unless_ending=("state",),
        )

    def _save(self, work, log):
        """Do ``work`` and commit it; again when somebody subscribed or unsubscribed at
        that moment."""
        for attempts_left in reversed(range(SAVE_ATTEMPTS)):
            try:
                work()
                log.save()
                commit(self.env)
                return
            except TransactionRollbackError:
                rollback(self.env)
                log.restore()
                if not attempts_left:
                    raise

    def _stop_at(self, answers, *more):
        self._raise_first(answers, (*STOPPING, *more))

    def _raise_first(self, answers, kinds):
        """Raise what concerns the mailbox and not one contact."""
        for answer in answers:
            if isinstance(answer, kinds):
                raise answer


def _item(job, outcome, reason=""):
    """What the run's log says of a contact."""
    partner_id = job.row.partner_id or 0
    name = job.body["displayName"]
    return Item("contact", outcome, name, reason, "res.partner", partner_id)


def etag_of(change_key):
    """The version of a contact as a condition; None where it is not known."""
    return f'W/"{change_key}"' if change_key else None
