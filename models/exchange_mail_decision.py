import contextlib

from odoo import api, fields, models
from odoo.exceptions import AccessError, LockError, UserError

from .addresses import canonical, normalise
from .mail_plan import Target
from .mail_values import Attachment, Mail, parse_address

DECIDABLE = ("to_assign", "ignored")


class ExchangeMailDecision(models.AbstractModel):
    """What a user decides about his waiting mails, and how it is taken back."""

    _name = "exchange.mail.decision"
    _inherit = ["exchange.mail.knowledge", "exchange.mail.chatter"]
    _description = "Decisions about E-mails"

    def action_file_on(self, res_model, res_id, remember=False, for_all=False):
        """File waiting mails on a record: a contact, an order, a lead, a task...

        :param remember: always do this for the addresses concerned
        :param for_all: with ``remember``: for everybody (administrators)
        :return: a notification to show
        :raises UserError: not a record to file on, or the mails no longer wait
        """
        record = self._record_to_file_on(res_model, res_id)
        decided = set()
        for mail in self._take():
            addresses = mail._addresses_decided_by(record)
            mail._file_on([record], addresses)
            decided.update(addresses)
        if remember:
            self._remember(decided, for_all, "file", record)
        return self._decided(
            self.env._("Filed on %(record)s.", record=record.display_name)
        )

    def action_ignore(self, remember=False, for_all=False):
        """Put waiting mails aside. They are kept, and can be taken back.

        :param remember: never ask for these addresses again
        """
        decided = set()
        for mail in self._take():
            addresses = mail.waiting_addresses or []
            mail._note_decision("ignored", addresses, [])
            decided.update(addresses)
        if remember:
            self._remember(decided, for_all, "skip")
        return self._decided(self.env._("Ignored."))

    def action_create_contact(self, address=None):
        """A form for a new contact, prefilled; saving it files the mails.

        :param address: which of the waiting addresses; the first one when empty
        """
        self._take()
        people = self[:1].waiting_people or []
        asked = [each for each in people if each["address"] == address]
        person = next(iter(asked or people), {})
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("New Contact"),
            "res_model": "res.partner",
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
            "context": {
                "default_name": person.get("name") or person.get("address"),
                "default_email": person.get("address"),
                "exchange_mail_ids": self.ids,
            },
        }

    def action_undo(self):
        """Take the last decision about these mails back: the one who decided, or an
        administrator."""
        mails = self._take(states=("filed", "ignored"))
        if mails.filtered(lambda mail: not mail.decision):
            raise UserError(
                self.env._("Nobody decided about this e-mail, so nothing is undone.")
            )
        if others := self.filtered(lambda mail: not mail.can_undo).sudo().decided_by:
            raise UserError(
                self.env._(
                    "%(name)s decided about this e-mail. Ask him or her, or an "
                    "administrator, to take it back.",
                    name=others[0].name,
                )
            )
        for mail in mails | mails._filed_with()._locked():
            decision = mail.decision
            messages = self.env["mail.message"].sudo()
            mail._take_out(messages.browse(decision["message_ids"]))
            mail.write(
                {
                    "state": "to_assign",
                    "waiting_addresses": decision["waiting"],
                    "decision": False,
                }
            )
        return self._decided(self.env._("Taken back."), can_undo=False)

    # Rights

    def _take(self, states=DECIDABLE):
        """These mails, locked against a second decision, with superuser rights.

        :raises UserError: somebody else has decided meanwhile
        """
        self.check_access("read")
        mails = self.sudo()._locked()
        if mails.filtered(lambda mail: mail.state not in states):
            raise UserError(
                self.env._(
                    "One of these e-mails no longer waits. Reload the page to see "
                    "what became of it."
                )
            )
        return mails

    def _locked(self):
        try:
            self.lock_for_update()
        except LockError:
            raise UserError(
                self.env._("Somebody else is at one of these e-mails right now.")
            ) from None
        return self

    def _record_to_file_on(self, res_model, res_id):
        """The record with the user's own rights: contacts he may read, anything else
        he may write to.

        :raises UserError: there is no such record with a chatter
        """
        model = self.env.get(res_model)
        if model is None or not self._has_chatter(model):
            raise UserError(self.env._("E-mails cannot be filed there: no chatter."))
        record = model.browse(int(res_id)).exists()
        if not record:
            raise UserError(self.env._("This record no longer exists."))
        record.check_access("read")
        if res_model != "res.partner":
            record.check_access("write")
        return record

    @api.model
    def _has_chatter(self, model):
        is_business = not model._abstract and not model._transient
        ours = model._name.startswith(("mail.", "discuss.", "exchange."))
        return is_business and not ours and hasattr(model, "message_post")

    # Doing

    def _addresses_decided_by(self, record):
        """The waiting addresses that a choice settles: a contact's own, else all."""
        waiting = self.waiting_addresses or []
        own = record._name == "res.partner" and self._waiting_for(record)
        return own or waiting

    def _file_on(self, records, addresses):
        """Create the messages and note the decision."""
        self.ensure_one()
        present = {(msg.model, msg.res_id) for msg in self.message_ids}
        targets = [Target(record._name, record.id) for record in records]
        targets = [each for each in targets if (each.model, each.res_id) not in present]
        # Created for the one who decides; his rights were checked before.
        me = self.with_user(self.env.user).sudo()
        me = me.with_context(attachments_mime_plainxml=True)
        places = [(me._as_mail(), target) for target in targets]
        attachments, bodies = me._create_attachments(places)
        author = me._author_on(records)
        authors = {self.fingerprint: author}
        messages = me._create_messages(places, authors, attachments, bodies)
        self._note_decision("filed", addresses, list(messages.values()))

    def _file_along(self, partner):
        """File what else waits in the same mailboxes because of the addresses of a
        contact that was made from these mails, where they are nobody else's. It is
        taken back together with the first of these mails, or by itself.
        """
        everywhere = {"allowed_company_ids": self.env.user._get_company_ids()}
        own = partner._exchange_addresses()
        owners = partner.with_context(**everywhere)._exchange_by_address(own)
        own = {address for address in own if owners.get(address) == partner}
        waiting = self.search_fetch(
            [
                ("state", "=", "to_assign"),
                ("source_ids.account_id", "in", self.sudo().source_ids.account_id.ids),
                ("id", "not in", self.ids),
            ],
            ["waiting_addresses"],
        )
        settled = {
            mail: [
                each for each in mail._waiting_for(partner) if canonical(each) in own
            ]
            for mail in waiting
        }
        first = self[:1].sudo()
        along = waiting.filtered(settled.get).sudo().try_lock_for_update()
        for mail in along:
            mail._file_on([partner], settled[mail])
            mail.decision = {**mail.decision, "with": first.id}
        first.decision = {**first.decision, "along": along.ids}

    def _filed_with(self):
        """The mails that were filed along with these and have been left so since."""
        ids = [each for mail in self for each in mail.decision.get("along", ())]
        return (
            self.browse(ids)
            .exists()
            .filtered(
                lambda mail: mail.decision and mail.decision.get("with") in self.ids
            )
        )

    def _author_on(self, records):
        if self.direction == "outgoing":
            return self.source_ids[:1].account_id.user_id.partner_id.id
        partners = [record for record in records if record._name == "res.partner"]
        return partners[0].id if partners else 0

    def _note_decision(self, state, addresses, message_ids):
        waiting = self.waiting_addresses or []
        settled = set(map(canonical, addresses))
        left = [address for address in waiting if canonical(address) not in settled]
        self.write(
            {
                "state": "to_assign" if left else state,
                "waiting_addresses": left or False,
                "message_ids": [(4, message_id) for message_id in message_ids],
                "decision": {"message_ids": message_ids, "waiting": waiting},
                "decided_by": self.env.uid,
                "decided_on": fields.Datetime.now(),
            }
        )

    @api.model
    def _remember(self, addresses, for_all, action, record=None):
        user = self.env["res.users"] if for_all else self.env.user
        rules = self.env["exchange.address.rule"].sudo(False)
        rules._remember(
            addresses,
            user,
            action=action,
            res_model=record._name if record else False,
            res_id=record.id if record else False,
        )

    @api.model
    def _follow_rules(self, rules):
        """Apply new rules to what waits already for this user."""
        waits = [("state", "=", "to_assign")]
        waiting = self.sudo(False).search_fetch(waits, ["waiting_addresses"])
        addresses = {each for mail in waiting for each in mail.waiting_addresses or ()}
        rule_of = rules._by_address(self.env.user, addresses)
        followed = {}
        for mail in waiting:
            for address in mail.waiting_addresses or ():
                rule = rule_of.get(canonical(address), rules.browse())
                if rule in rules:
                    followed.setdefault(mail, {}).setdefault(rule, []).append(address)
        concerned = self.browse([mail.id for mail in followed])
        for mail in concerned.sudo().try_lock_for_update():
            for rule, its in followed[mail].items():
                mail._follow_rule(rule, its)

    def _follow_rule(self, rule, addresses):
        if rule.action == "skip":
            self._note_decision("ignored", addresses, [])
            return
        # A rule never opens what rights close.
        with contextlib.suppress(AccessError, UserError):
            mine = self.sudo(False)
            record = mine._record_to_file_on(rule.res_model, rule.res_id)
            self._file_on([record], addresses)

    def _as_mail(self):
        """The kept mail as it would come out of the reading."""
        body = str(self.body or "")
        parts = []
        for number, attachment in enumerate(self.attachment_ids):
            url = f"/web/image/{attachment.id}?access_token={attachment.access_token}"
            content_id = f"kept-{number}"
            for spelling in (url, url.replace("&", "&amp;")):
                body = body.replace(spelling, f"cid:{content_id}")
            parts.append(
                Attachment(
                    "",
                    attachment.name,
                    attachment.mimetype,
                    content=attachment.raw or b"",
                    content_id=content_id,
                )
            )
        sender = _person(self.email_from)
        return Mail(
            remote_id="",
            etag="",
            message_id=self.message_id or "",
            subject=self.subject or "",
            sender=sender,
            to=[_person(text) for text in [self.email_to] if text],
            cc=[_person(text) for text in [self.email_cc] if text],
            date=self.date or None,
            body=body,
            attachments=parts,
            fingerprint=self.fingerprint,
        )

    def _decided(self, message, can_undo=True):
        """Action that says what was done, offers to undo it and reloads the view."""
        return {
            "type": "ir.actions.client",
            "tag": "exchange_connector_decided",
            "params": {"message": message, "undo_ids": self.ids if can_undo else []},
        }


def _person(text):
    """An address as it was stored: the text a person reads."""
    found = parse_address({"emailAddress": {"address": normalise(text)}})
    return type(found)(found.email, text or "", "")
