import errno
import logging

from psycopg2.errors import UniqueViolation

from odoo import models
from odoo.exceptions import UserError
from odoo.tools import mute_logger

from .bulk_rows import insert_relations, insert_rows
from .mail_plan import DUPLICATE, FILE, IGNORE, WAIT, Target
from .run_log import Item
from .transactions import ends_page

_logger = logging.getLogger(__name__)

# What keeps Odoo from writing any file.
NO_ROOM = {
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EFBIG,
    errno.EROFS,
    errno.EIO,
    errno.EACCES,
    errno.EMFILE,
    errno.ENFILE,
}


class ExchangeMailFiling(models.AbstractModel):
    """Files mails, a page at a time: one query for each thing to know, one create for
    each table."""

    _name = "exchange.mail.filing"
    _inherit = ["exchange.mail.knowledge", "exchange.mail.chatter"]
    _description = "Filing of E-mails"

    def _file_mails(self, folder, mails, log):
        """File mails that were read in full.

        One bad mail does not stop the others: when the page as a whole is refused,
        each mail is tried by itself.

        :raises UniqueViolation: another worker filed one of them at this very moment;
            the page has to be planned anew in a transaction that sees it
        """
        first = {}
        for mail in mails:
            first.setdefault(mail.fingerprint, mail)
        copies = [mail for mail in mails if first[mail.fingerprint] is not mail]
        mails = list(first.values())
        if not mails:
            return
        decisions = self._decide(folder, mails)
        pairs = list(zip(mails, decisions, strict=True))
        try:
            # Odoo would log a refused query, and with it the text of the mail.
            with mute_logger("odoo.sql_db"), self.env.cr.savepoint():
                rows = self._write_mails(folder, pairs)
            written = list(zip(pairs, rows.ids, strict=True))
        except UniqueViolation:
            raise
        except Exception as error:
            if ends_page(error):
                raise
            self._check_room(error)
            _logger.info("Exchange: filing one by one", exc_info=True)
            written = self._write_one_by_one(folder, pairs, log)
        log.note(
            [
                _item(mail, _COUNT[decision.action], row_id)
                for (mail, decision), row_id in written
            ]
        )
        if copies:
            known = self._mails_by_fingerprint(copies)
            self._join(folder, [(m, known[m.fingerprint]) for m in copies], log)

    def _write_one_by_one(self, folder, pairs, log):
        """:return: list of (pair that could be written, id of its exchange.mail)"""
        written = []
        for mail, decision in pairs:
            try:
                with mute_logger("odoo.sql_db"), self.env.cr.savepoint():
                    row = self._write_mails(folder, [(mail, decision)])
            except UniqueViolation:
                raise
            except Exception as error:
                if ends_page(error):
                    raise
                self._check_room(error)
                _logger.warning("Exchange: a mail could not be filed", exc_info=True)
                reason = str(error) if isinstance(error, UserError) else repr(error)
                self._note_failed(folder, mail, reason, log)
            else:
                written.append(((mail, decision), row.id))
        return written

    def _check_room(self, error):
        """That files cannot be stored is no mail's fault: all of them wait until it is
        mended.

        :raises UserError: it is so
        """
        if isinstance(error, OSError) and error.errno in NO_ROOM:
            raise UserError(
                self.env._(
                    "Odoo cannot store files at present: %(reason)s. Ask your "
                    "administrator to make room on the server.",
                    reason=error.strerror,
                )
            ) from error

    # Writing

    def _write_mails(self, folder, pairs):
        """Create messages, attachments and the rows about them."""
        account = folder.account_id
        # Rows belong to the user, the rights were checked when targets were chosen.
        me = (
            self.with_user(account.user_id)
            .sudo()
            .with_context(attachments_mime_plainxml=True, mail_create_nolog=True)
        )
        places = [
            (mail, target) for mail, decision in pairs for target in decision.targets
        ]
        places += [
            (mail, Target("exchange.mail", 0))
            for mail, decision in pairs
            if decision.action in _KEPT
        ]
        attachments, bodies = me._create_attachments(places)
        me_id = account.user_id.partner_id.id if folder.direction == "outgoing" else 0
        authors = {m.fingerprint: me_id or decision.author for m, decision in pairs}
        messages = me._create_messages(places, authors, attachments, bodies)
        rows = me._create_rows(folder, pairs, places, messages, attachments, bodies)
        states = [_STATE[decision.action] for _mail, decision in pairs]
        mails = [mail for mail, _decision in pairs]
        me._create_sources(folder, list(zip(mails, rows.ids, states, strict=True)))
        return rows

    def _create_rows(self, folder, pairs, places, messages, attachments, bodies):
        """The ``exchange.mail`` of each mail."""
        filed, waiting = {}, {}
        for number, (mail, target) in enumerate(places):
            if target.model == "exchange.mail":
                waiting[mail.fingerprint] = number
            else:
                filed.setdefault(mail.fingerprint, []).append(messages[number])
        vals_list = []
        for mail, decision in pairs:
            number = waiting.get(mail.fingerprint)
            vals = self._row_values(folder, mail, decision)
            vals["body"] = number is not None and bodies[number]
            vals_list.append(vals)
        rows = self._create_in_order(vals_list)
        relations = {
            (row_id, message_id): True
            for row_id, (mail, decision) in zip(rows.ids, pairs, strict=True)
            for message_id in filed.get(mail.fingerprint, []) + decision.message_ids
        }
        insert_relations(rows, "message_ids", list(relations))
        for row, (mail, _decision) in zip(rows, pairs, strict=True):
            if ids := attachments.get(waiting.get(mail.fingerprint)):
                row.attachment_ids = [(6, 0, ids)]
        if any(number in attachments for number in waiting.values()):
            rows._own_attachments()
        return rows

    def _create_in_order(self, vals_list):
        """Create rows in the order of their fingerprints, which is the same for all
        workers: so two of them with the same mails never wait for each other."""
        order = sorted(
            range(len(vals_list)), key=lambda number: vals_list[number]["fingerprint"]
        )
        rows = self.env["exchange.mail"]
        created = insert_rows(rows, [vals_list[each] for each in order])
        ids = dict(zip(order, created, strict=True))
        return rows.browse(ids[number] for number in range(len(vals_list)))

    def _row_values(self, folder, mail, decision):
        return {
            "fingerprint": mail.fingerprint,
            "subject": mail.subject,
            "email_from": mail.sender.text,
            "email_to": ", ".join(person.text for person in mail.to),
            "email_cc": ", ".join(person.text for person in mail.cc),
            "date": mail.date or False,
            "direction": folder.direction,
            "state": _STATE[decision.action],
            "found_in_odoo": decision.action == DUPLICATE,
            "message_id": mail.message_id or False,
            "references": " ".join(mail.references) or False,
            "conversation_id": mail.conversation_id or False,
            "waiting_addresses": decision.waiting or False,
            "proposed_partner_id": decision.proposed,
        }

    def _create_sources(self, folder, mails):
        """:param mails: list of (``Mail``, id of its exchange.mail, state of that)"""
        account = folder.account_id
        wish = account._wish_after_transfer()
        vals_list = [
            {
                "mail_id": mail_id,
                "account_id": account.id,
                "folder_id": folder.id,
                "remote_id": mail.remote_id,
                "etag": mail.etag,
                "cleanup": state not in _NOT_IN_ODOO and wish,
                # What failed in one mailbox may be readable in another.
                "retry": state == "failed",
            }
            for mail, mail_id, state in mails
        ]
        insert_rows(self.env["exchange.mail.source"], vals_list)
        self.env["exchange.mail"].invalidate_model(["source_ids"])

    def _join(self, folder, joined, log):
        """Mails that another user has filed: note that this user has them too.

        :param joined: list of (``Mail``, id of its exchange.mail)
        """
        if not joined:
            return
        self._note_copies(folder, joined)
        log.note([_item(mail, "duplicate", mail_id) for mail, mail_id in joined])

    def _note_copies(self, folder, mails):
        """Copies of mails that have their row; parameters as of :meth:`_join`."""
        rows = self.env["exchange.mail"].browse(mail_id for _mail, mail_id in mails)
        rows.fetch(["state"])
        its = [
            (mail, row.id, row.state)
            for (mail, _id), row in zip(mails, rows, strict=True)
        ]
        self._create_sources(folder, its)

    def _note_failed(self, folder, mail, reason, log):
        """A mail that could not be handled: a row with the reason, nothing deleted.

        :return: the ``exchange.mail``
        """
        # Administrators read the run; what the mail is about is its owner's affair.
        log.error(reason)
        row = self.env["exchange.mail"].create(
            {
                "fingerprint": mail.fingerprint,
                "subject": mail.subject,
                "email_from": mail.sender.text,
                "date": mail.date or False,
                "direction": folder.direction,
                "state": "failed",
                "error": reason,
            }
        )
        self.env["exchange.mail.source"].create(
            {
                "mail_id": row.id,
                "account_id": folder.account_id.id,
                "folder_id": folder.id,
                "remote_id": mail.remote_id,
                "etag": mail.etag,
            }
        )
        log.note([_item(mail, "failed", row.id, reason)])
        return row


def _item(mail, outcome, mail_id, reason=""):
    """What the run's log says of a mail."""
    return Item("mail", outcome, mail.subject or "", reason, "exchange.mail", mail_id)


_COUNT = {
    DUPLICATE: "duplicate",
    WAIT: "waiting",
    FILE: "filed",
    IGNORE: "duplicate",
}
_STATE = {
    DUPLICATE: "filed",
    WAIT: "to_assign",
    FILE: "filed",
    IGNORE: "ignored",
}
# Mails that are kept complete, as a user may file them later.
_KEPT = (WAIT, IGNORE)
# Mails that are not, or not wholly, in Odoo: they stay in the mailbox.
_NOT_IN_ODOO = ("failed", "ignored")
