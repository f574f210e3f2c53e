import logging

from psycopg2 import OperationalError

from odoo import models

from ..client import (
    AuthenticationError,
    BadRequest,
    ClientError,
    MailboxNotFound,
    NotFound,
    ResponseTooLarge,
    Throttled,
    TransportError,
)
from . import error_words
from .loaded_addresses import harmless, own_hosts
from .mail_values import Attachment, needs_mime, parse_mail
from .signed_mail import read_signed

_logger = logging.getLogger(__name__)

MEGABYTE = 2**20
# So many mails that none of them can be read at once are no coincidence.
OUTAGE = 5
# Errors that say something about the mailbox, not about the one mail.
MAILBOX_ERRORS = (AuthenticationError, MailboxNotFound, Throttled, TransportError)


class ExchangeMailReader(models.AbstractModel):
    """Reads mails in full: as JSON with attachments, twenty in a request, because that
    is many times cheaper than MIME; as MIME only what JSON cannot carry."""

    _name = "exchange.mail.reader"
    _description = "Reading of E-mails"

    def _complete_mails(self, folder, mailbox, listed, answers):
        """Listed mails with all that belongs to them.

        :param listed: list of ``Mail``
        :param answers: {remote id: message or error} as far as they have been read
        :return: (list of ``Mail`` read in full, list of (``Mail``, sentence) that
            could not be read); the sentence is "" for a mail that was not found
        :raises ClientError: the mailbox as a whole does not answer
        """
        if not listed:
            return [], []
        missing = [mail.remote_id for mail in listed if mail.remote_id not in answers]
        if missing:
            refs = [(folder.remote_id, remote_id) for remote_id in missing]
            found = mailbox.messages.get_many(refs)
            answers = {**answers, **dict(zip(missing, found, strict=True))}
        self._check_outage([answers[mail.remote_id] for mail in listed])
        read, failed = [], []
        hosts = own_hosts(self.env)
        for mail in listed:
            try:
                answer = answers[mail.remote_id]
                complete = self._read_one(folder, mailbox, mail, answer)
                complete.body = harmless(complete.body, hosts)
            except NotFound:
                failed.append((mail, ""))
            except ResponseTooLarge as error:
                failed.append((mail, self._reading_sentence(folder, error)))
            except (OperationalError, *MAILBOX_ERRORS) as error:
                if not _takes_too_long(error):
                    raise
                failed.append((mail, self._reading_sentence(folder, error)))
            except ClientError as error:
                failed.append((mail, self._reading_sentence(folder, error)))
            except Exception:
                # A mail may be broken in ways nobody thought of: it becomes a row with
                # the reason, and the others go on.
                _logger.exception("Exchange: a mail could not be read")
                failed.append((mail, self.env._("This e-mail could not be read.")))
            else:
                read.append(complete)
        return read, failed

    def _reading_sentence(self, folder, error):
        return error_words.sentence(self.env, error, folder.account_id)

    def _check_outage(self, answers):
        """Where none of several mails can be read, it is not for the mails.

        :raises ClientError: the first of their errors
        """
        of_mails = (NotFound, ResponseTooLarge)
        if len(answers) >= OUTAGE and all(
            isinstance(answer, ClientError) and not isinstance(answer, of_mails)
            for answer in answers
        ):
            raise answers[0]

    def _read_one(self, folder, mailbox, listed, answer):
        if isinstance(answer, ResponseTooLarge):
            answer = mailbox.messages.without_contents(
                folder.remote_id, listed.remote_id
            )
        elif isinstance(answer, Exception):
            raise answer
        mail = parse_mail(answer, folder.direction)
        mail.is_vague = listed.is_vague
        if not listed.is_vague:
            # The listed version decides: the next listing has to find the same one.
            mail.fingerprint = listed.fingerprint or mail.fingerprint
        if needs_mime(mail):
            self._complete_from_mime(folder, mailbox, mail)
        else:
            self._complete_attachments(folder, mailbox, mail)
        return mail

    def _complete_attachments(self, folder, mailbox, mail):
        """Read what came without content, and leave out what is too large."""
        limit = folder.account_id.server_id.attachment_limit * MEGABYTE
        kept = []
        for part in mail.attachments:
            if part.kind == "reference":
                mail.left_out.append(part.name)
                continue
            if part.content is None and part.size <= limit:
                self._read_attachment(folder, mailbox, mail, part)
            if part.content is None or len(part.content) > limit:
                mail.left_out.append(part.name)
            else:
                kept.append(part)
        mail.attachments = kept

    def _read_attachment(self, folder, mailbox, mail, part):
        try:
            part.content = mailbox.messages.attachment_content(
                folder.remote_id, mail.remote_id, part.remote_id
            )
        except (ResponseTooLarge, NotFound, BadRequest):
            # too large, gone, or of a kind that has no content (it says so by 405)
            return
        if part.kind == "item":
            part.mimetype = "message/rfc822"
            if not part.name.lower().endswith(".eml"):
                part.name += ".eml"

    def _complete_from_mime(self, folder, mailbox, mail):
        """Body and attachments of a signed mail; an encrypted one stays as it is, as an
        attachment that Outlook can open."""
        raw = mailbox.messages.mime(folder.remote_id, mail.remote_id)
        name = f"{mail.subject or 'message'}.eml"
        whole = Attachment("", name, "message/rfc822", content=raw)
        try:
            body, parts = read_signed(raw, whole)
        except Exception:
            _logger.warning("Exchange: a signed mail is kept whole", exc_info=True)
            body, parts = "", [whole]
        # What JSON says of it stays where there is nothing better.
        mail.body = body or mail.body
        limit = folder.account_id.server_id.attachment_limit * MEGABYTE
        mail.attachments = [part for part in parts if len(part.content) <= limit]
        mail.left_out += [part.name for part in parts if len(part.content) > limit]


def _takes_too_long(error):
    """Whether the server gave up on one request, that for a part of one mail, which was
    tried again: the others have been read."""
    return (
        isinstance(error, Throttled) and error.status == 504 and not error.retry_after
    )
