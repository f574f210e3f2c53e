import logging

from psycopg2 import OperationalError
from psycopg2.errors import UniqueViolation

from odoo import models
from odoo.exceptions import UserError

from .mail_plan import DUPLICATE, FILE, WAIT, Target
from .mail_values import inline_ids, link_inline

_logger = logging.getLogger(__name__)


class ExchangeMailFiling(models.AbstractModel):
    """Writes mails into chatters, a page at a time: one query for each thing to know,
    one create for each table. Nothing here sends anything: messages are created, never
    posted, so that no follower, no out-of-office reply and no notification is woken.
    """

    _name = "exchange.mail.filing"
    _inherit = ["exchange.mail.knowledge"]
    _description = "Filing of E-mails"

    def _file_mails(self, folder, mails, log):
        """File mails that were read in full.

        One bad mail does not stop the others: when the page as a whole is refused,
        each mail is tried by itself.

        :raises UniqueViolation: another worker filed one of them at this very moment;
            the page has to be planned anew in a transaction that sees it
        """
        account = folder.account_id
        first = {}
        for mail in mails:
            first.setdefault(mail.fingerprint, mail)
        copies = [mail for mail in mails if first[mail.fingerprint] is not mail]
        mails = list(first.values())
        if not mails:
            return
        decisions = self._decide(account, folder.direction, mails)
        pairs = list(zip(mails, decisions, strict=True))
        try:
            with self.env.cr.savepoint():
                self._write_mails(folder, pairs)
        except (OperationalError, UniqueViolation):
            raise
        except Exception:
            _logger.info("Exchange: filing one by one", exc_info=True)
            pairs = self._write_one_by_one(folder, pairs, log)
        for _mail, decision in pairs:
            log.count(_COUNT[decision.action])
        if copies:
            known = self._mails_by_fingerprint(copies)
            self._join(folder, [(m, known[m.fingerprint]) for m in copies], log)

    def _write_one_by_one(self, folder, pairs, log):
        """:return: the pairs that could be written"""
        written = []
        for mail, decision in pairs:
            try:
                with self.env.cr.savepoint():
                    self._write_mails(folder, [(mail, decision)])
            except (OperationalError, UniqueViolation):
                raise
            except Exception as error:
                _logger.warning("Exchange: a mail could not be filed", exc_info=True)
                reason = str(error) if isinstance(error, UserError) else repr(error)
                self._note_failed(folder, mail, reason, log)
            else:
                written.append((mail, decision))
        return written

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
            if decision.action == WAIT
        ]
        attachments, bodies = me._create_attachments(places)
        me_id = account.user_id.partner_id.id if folder.direction == "outgoing" else 0
        authors = {m.fingerprint: me_id or decision.author for m, decision in pairs}
        messages = me._create_messages(places, authors, attachments, bodies)
        rows = me._create_rows(folder, pairs, places, messages, attachments, bodies)
        mails = [mail for mail, _decision in pairs]
        me._create_sources(folder, list(zip(mails, rows.ids, strict=True)))
        return rows

    def _create_attachments(self, places):
        """One set of attachments for each place, as each has its own readers; the file
        itself is stored once.

        :return: ({place number: attachments}, {place number: body})
        """
        vals_list, owners = [], []
        token = self.env["ir.attachment"]._generate_access_token
        for number, (mail, target) in enumerate(places):
            shown = inline_ids(mail.body)
            for part in mail.attachments:
                vals_list.append(
                    {
                        "name": part.name,
                        "raw": part.content,
                        "mimetype": part.mimetype,
                        "res_model": target.model,
                        "res_id": target.res_id,
                        "access_token": part.content_id in shown and token(),
                    }
                )
                owners.append((number, part))
        created = self.env["ir.attachment"].create(vals_list)
        by_place, urls = {}, {}
        for (number, part), attachment, vals in zip(
            owners, created, vals_list, strict=True
        ):
            by_place.setdefault(number, []).append(attachment.id)
            if vals["access_token"]:
                urls.setdefault(number, {})[part.content_id] = (
                    f"/web/image/{attachment.id}?access_token={vals['access_token']}"
                )
        bodies = {
            number: self._body_with_note(mail, urls.get(number, {}))
            for number, (mail, _target) in enumerate(places)
        }
        return by_place, bodies

    def _body_with_note(self, mail, urls):
        body = link_inline(mail.body, urls)
        if mail.left_out:
            note = self.env._(
                "Not transferred from Outlook: %(names)s",
                names=", ".join(mail.left_out),
            )
            body += f"<p><em>{_escaped(note)}</em></p>"
        return body

    def _create_messages(self, places, authors, attachments, bodies):
        """:return: {place number: message id}"""
        numbers, vals_list = [], []
        facts = self._target_facts([target for _mail, target in places])
        for number, (mail, target) in enumerate(places):
            if target.model == "exchange.mail":
                continue
            numbers.append(number)
            vals_list.append(
                {
                    **self._message_values(mail, target, facts),
                    "author_id": authors.get(mail.fingerprint) or False,
                    "body": bodies[number],
                    "attachment_ids": [
                        (4, each) for each in attachments.get(number, ())
                    ],
                }
            )
        created = self.env["mail.message"].create(vals_list)
        return dict(zip(numbers, created.ids, strict=True))

    def _message_values(self, mail, target, facts):
        company_id, is_public = facts.get((target.model, target.res_id), (False, True))
        subtype = "mail.mt_comment" if is_public else "mail.mt_note"
        return {
            "model": target.model,
            "res_id": target.res_id,
            "parent_id": target.parent_id,
            "message_type": "email",
            "subtype_id": self.env["ir.model.data"]._xmlid_to_res_id(subtype),
            "subject": mail.subject,
            "email_from": mail.sender.text,
            # Given, so that it is not computed record by record; nothing is sent.
            "reply_to": mail.sender.text,
            "date": mail.date or False,
            "message_id": mail.message_id or False,
            "incoming_email_to": ", ".join(person.text for person in mail.to),
            "incoming_email_cc": ", ".join(person.text for person in mail.cc),
            "record_company_id": company_id,
            "record_alias_domain_id": False,
        }

    def _target_facts(self, targets):
        """:return: {(model, id): (company id, whether outsiders with access to the
        record may see the message)}. A contact has no readers outside; of other
        records only answers to what was public are public."""
        facts = {}
        ids_by_model = {}
        for target in targets:
            ids_by_model.setdefault(target.model, set()).add(target.res_id)
        for model_name, ids in ids_by_model.items():
            model = self.env[model_name]
            if "company_id" not in model._fields or model_name == "exchange.mail":
                continue
            for record in model.browse(ids):
                facts[model_name, record.id] = (record.company_id.id, True)
        parents = self.env["mail.message"].browse(
            {target.parent_id for target in targets if target.parent_id}
        )
        internal = {
            parent.id
            for parent in parents
            if parent.is_internal or parent.subtype_id.internal
        }
        for target in targets:
            key = (target.model, target.res_id)
            if target.model != "res.partner" and (
                not target.parent_id or target.parent_id in internal
            ):
                facts[key] = (facts.get(key, (False,))[0], False)
        return facts

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
            vals = self._row_values(folder, mail, decision)
            ids = filed.get(mail.fingerprint, []) + decision.message_ids
            if ids:
                vals["message_ids"] = [(6, 0, ids)]
            number = waiting.get(mail.fingerprint)
            if number is not None:
                vals["body"] = bodies[number]
                vals["attachment_ids"] = [(6, 0, attachments.get(number, []))]
                vals["candidate_ids"] = [(6, 0, decision.candidates)]
            vals_list.append(vals)
        rows = self.env["exchange.mail"].create(vals_list)
        if any(number in attachments for number in waiting.values()):
            rows._own_attachments()
        return rows

    def _row_values(self, folder, mail, decision):
        return {
            "fingerprint": mail.fingerprint,
            "subject": mail.subject,
            "email_from": mail.sender.text,
            "email_to": ", ".join(person.text for person in mail.to),
            "email_cc": ", ".join(person.text for person in mail.cc),
            "date": mail.date or False,
            "direction": folder.direction,
            "state": "to_assign" if decision.action == WAIT else "filed",
            "found_in_odoo": decision.action == DUPLICATE,
            "message_id": mail.message_id or False,
            "references": " ".join(mail.references) or False,
            "conversation_id": mail.conversation_id or False,
            "waiting_addresses": decision.waiting or False,
        }

    def _create_sources(self, folder, mails):
        """:param mails: list of (``Mail``, id of its exchange.mail)"""
        account = folder.account_id
        delete = account.mail_delete_after_transfer and "pending"
        self.env["exchange.mail.source"].create(
            [
                {
                    "mail_id": mail_id,
                    "account_id": account.id,
                    "folder_id": folder.id,
                    "remote_id": mail.remote_id,
                    "etag": mail.etag,
                    "cleanup": delete,
                }
                for mail, mail_id in mails
            ]
        )

    def _join(self, folder, joined, log):
        """Mails that another user has filed: note that this user has them too."""
        if not joined:
            return
        self._create_sources(folder, joined)
        log.count("duplicate", len(joined))

    def _note_failed(self, folder, mail, reason, log):
        """A mail that could not be handled: a row with the reason, nothing deleted."""
        log.count("failed")
        log.error(f"{mail.subject or mail.remote_id}: {reason}")
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


_COUNT = {DUPLICATE: "duplicate", WAIT: "waiting", FILE: "filed"}


def _escaped(text):
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
