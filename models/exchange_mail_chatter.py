from odoo import models

from .broken_files import mend_files
from .mail_values import content_key, inline_ids, link_inline


class ExchangeMailChatter(models.AbstractModel):
    """Writes mails into chatters. Nothing here sends anything: messages are created,
    never posted, so that no follower, no out-of-office reply and no notification is
    woken."""

    _name = "exchange.mail.chatter"
    _description = "E-mails in the Chatter"

    def _create_attachments(self, places):
        """One set of attachments for each place, as each has its own readers; the file
        itself is stored once.

        :return: ({place number: attachments}, {place number: body})
        """
        vals_list, owners = [], []
        token = self.env["ir.attachment"]._generate_access_token
        for number, (mail, target) in enumerate(places):
            shown = inline_ids(mail.body) if mail.attachments else ()
            for part in mail.attachments:
                vals_list.append(
                    {
                        "name": part.name,
                        "raw": part.content,
                        "mimetype": part.mimetype,
                        "res_model": target.model,
                        "res_id": target.res_id,
                        "access_token": content_key(part.content_id) in shown
                        and token(),
                    }
                )
                owners.append((number, part))
        mend_files(self.env, [vals["raw"] for vals in vals_list])
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
            vals = {
                **self._message_values(mail, target, facts),
                "author_id": authors.get(mail.fingerprint) or False,
                "body": bodies[number],
            }
            if number in attachments:
                vals["attachment_ids"] = [(4, each) for each in attachments[number]]
            vals_list.append(vals)
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
            # Portal users may read the contacts of their own company.
            "is_internal": target.model == "res.partner",
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

    def _take_out(self, messages):
        """Delete messages that we filed, with their attachments: these belong to the
        record, and would stay among its files."""
        messages = messages.exists()
        parts = messages.attachment_ids
        messages.unlink()
        used = self.env["mail.message"].search([("attachment_ids", "in", parts.ids)])
        (parts - used.attachment_ids).unlink()

    def _target_facts(self, targets):
        """:return: {(model, id): (company id, whether it is a message of the
        conversation, and no note)}. What is filed on a contact is for employees alone;
        of other records answers to what was public are public."""
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


def _escaped(text):
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
