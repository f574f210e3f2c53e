from odoo import models
from odoo.tools import SQL

from .addresses import canonical, spellings
from .mail_plan import Knowledge, KnownMessage, Rule, Target, is_other, plan_filing

# Not a chatter that belongs to a business record.
NOT_A_RECORD = ("discuss.channel", "mail.thread", False, None)


class ExchangeMailKnowledge(models.AbstractModel):
    """What the database knows about the mails of a page: a handful of queries,
    whatever the number of mails, and no more than the account's user may see."""

    _name = "exchange.mail.knowledge"
    _description = "Knowledge about E-mails"

    def _decide(self, folder, mails):
        known = self._knowledge(folder.account_id, folder.direction, mails)
        record = folder.res_model and self._usable_record(
            folder.account_id, folder.res_model, folder.res_id
        )
        if record:
            known.folder_target = Target(record._name, record.id)
        return [plan_filing(mail, folder.direction, known) for mail in mails]

    def _knowledge(self, account, direction, mails):
        """All that the decisions about ``mails`` need, in a handful of queries."""
        own_ids = {mail.message_id for mail in mails}
        own_ids.update(own_id for mail in mails for own_id in mail.original_ids)
        references = {ref for mail in mails for ref in mail.references}
        by_id = self._messages_by_message_id((own_ids | references) - {""})
        readable = self._readable_records(
            account, [each for found in by_id.values() for each in found]
        )
        addresses = {
            person.email
            for mail in mails
            for person in (
                mail.recipients if direction == "outgoing" else [mail.sender]
            )
        }
        return Knowledge(
            messages={
                key: [
                    each
                    for each in by_id[key]
                    # What only others see does not spare the user his copy.
                    if each.by_connector or _is_seen(each, readable)
                ]
                for key in own_ids
                if key in by_id
            },
            threads={
                reference: each
                for reference in references
                for each in reversed(by_id.get(reference, ()))
                if (each.model, each.res_id) in readable
            },
            partners=self._partners_by_address(account, addresses - {""}),
            own_addresses=self._own_addresses(account, direction, addresses),
            rules=self._rules(account, addresses - {""}),
        )

    def _messages_by_message_id(self, message_ids):
        """:return: {Message-ID: [KnownMessage, newest first]}"""
        if not message_ids:
            return {}
        self.env["mail.message"].flush_model(["message_id", "model", "res_id"])
        self.env["exchange.mail"].flush_model(["message_ids", "found_in_odoo"])
        rows = self.env.execute_query(
            SQL(
                """SELECT m.message_id, m.id, m.model, m.res_id,
                          EXISTS (SELECT 1 FROM exchange_mail_message_rel r
                                    JOIN exchange_mail e ON e.id = r.exchange_mail_id
                                   WHERE r.message_id = m.id AND NOT e.found_in_odoo),
                          m.date, COALESCE(m.subject, '')
                     FROM mail_message m
                    WHERE m.message_id IN %s
                 ORDER BY m.id DESC""",
                tuple(message_ids),
            )
        )
        found = {}
        for message_id, *values in rows:
            found.setdefault(message_id, []).append(KnownMessage(*values))
        return found

    def _readable_records(self, account, messages):
        """:return: {(model, id)} of the records with these messages (``KnownMessage``)
        in their chatter that the account's user may read"""
        ids_by_model = {}
        for message in messages:
            if message.model not in NOT_A_RECORD and message.res_id:
                ids_by_model.setdefault(message.model, set()).add(message.res_id)
        readable = set()
        for model_name, ids in ids_by_model.items():
            model = self.env.get(model_name)
            if model is None or not hasattr(model, "message_post"):
                continue
            records = self._as_user(account, model).browse(ids).exists()
            readable |= {
                (model_name, record.id) for record in records._filtered_access("read")
            }
        return readable

    def _own_addresses(self, account, direction, addresses):
        """The addresses that are no contact's: of the mailbox itself and, among the
        given ones that a mail was sent to, those by which Odoo gets its mail."""
        own = list(account.addresses or [])
        if direction == "outgoing":
            domains = self.env["mail.alias.domain"].sudo()
            own += domains._find_aliases(sorted(spellings(addresses - {""})))
        return {canonical(address) for address in own}

    def _partners_by_address(self, account, addresses):
        """:return: {normalised address: [partner ids]}, as far as the user may read"""
        partners = self._as_user(account, self.env["res.partner"])
        found = partners._exchange_by_address(addresses, ["company_id"])
        return {address: its.ids for address, its in found.items()}

    def _rules(self, account, addresses):
        """:return: {address or "@domain": Rule}, the user's own before everybody's, and
        only such whose record he may use: a rule never opens what rights close"""
        if not addresses:
            return {}
        found, rules = {}, self.env["exchange.address.rule"]
        for rule in rules._for_user(account.user_id, addresses):
            address = canonical(rule.address)
            if rule.action == "skip":
                found.setdefault(address, Rule())
            elif self._usable_record(account, rule.res_model, rule.res_id):
                found.setdefault(address, Rule(rule.res_model, rule.res_id))
        return found

    def _usable_record(self, account, model_name, res_id):
        """The record, when the user may file mails on it: contacts he may read, other
        records he may write to. None otherwise."""
        model = self.env.get(model_name)
        if model is None or not hasattr(model, "message_post"):
            return None
        record = self._as_user(account, model).browse(res_id).exists()
        if not record or ("active" in record._fields and not record.sudo().active):
            return None
        right = "read" if model_name == "res.partner" else "write"
        return record if record.has_access(right) else None

    def _as_user(self, account, model):
        """``model`` with the rights of the account's user, in all his companies."""
        user = account.user_id
        return model.with_user(user).with_context(
            allowed_company_ids=list(user._get_company_ids())
        )

    def _mails_of_use(self, account, mails):
        """The rows that spare reading mails again.

        A mail whose row is of no use to the account's user gets a fingerprint, and so
        a row, of its own: nobody's mail is lost because of what became of another's.

        :return: {fingerprint: id of the exchange.mail}
        """
        of_use, first = {}, {}
        while mails:
            known = self._mails_by_fingerprint(mails)
            useless = self._useless_ids(account, mails, known)
            of_use.update(
                (each, row_id)
                for each, row_id in known.items()
                if row_id not in useless
            )
            for mail in mails:
                first.setdefault(mail.fingerprint, mail)
            mails = [
                mail
                for mail in mails
                if known.get(mail.fingerprint) in useless
                or is_other(
                    mail, first[mail.fingerprint].date, first[mail.fingerprint].subject
                )
            ]
            for mail in mails:
                mail.fingerprint += f":{account.id}"
        return of_use

    def _useless_ids(self, account, mails, known):
        """Of known mails those that tell the account's user nothing: another mail with
        the same Message-ID, put aside by somebody else, or filed where nobody, or not
        he, can read it any more.

        :param known: {fingerprint: id of the exchange.mail}
        :return: set of ids
        """
        rows = self.env["exchange.mail"].browse(known.values())
        rows.fetch(["state", "date", "decided_by", "subject"])
        by_id = {row.id: row for row in rows}
        useless = {
            row.id
            for mail in mails
            if (row := by_id.get(known.get(mail.fingerprint)))
            and is_other(mail, row.date or None, row.subject or "")
        }
        ignored = rows.filtered(lambda row: row.state == "ignored")
        useless.update(
            row.id
            for row in ignored
            if row.decided_by != account.user_id
            and account not in row.source_ids.account_id
        )
        filed = rows.filtered(lambda row: row.state == "filed")
        return useless | set(filed.ids) - self._seen_ids(account, filed)

    def _seen_ids(self, account, rows):
        """:return: ids of the rows of which the account's user can read a message"""
        if not rows:
            return set()
        self.env["mail.message"].flush_model()
        self.env["exchange.mail"].flush_model(["message_ids"])
        found = self.env.execute_query(
            SQL(
                """SELECT r.exchange_mail_id, m.id, m.model, m.res_id
                     FROM exchange_mail_message_rel r
                     JOIN mail_message m ON m.id = r.message_id
                    WHERE r.exchange_mail_id IN %s""",
                rows._ids,
            )
        )
        messages = [(row_id, KnownMessage(*values)) for row_id, *values in found]
        readable = self._readable_records(account, [each for _id, each in messages])
        return {row_id for row_id, each in messages if _is_seen(each, readable)}

    def _mails_by_fingerprint(self, mails):
        """:return: {fingerprint: id of the exchange.mail}"""
        rows = self.env["exchange.mail"].search_fetch(
            [("fingerprint", "in", [mail.fingerprint for mail in mails])],
            ["fingerprint", "state"],
            order="id",
        )
        return {row.fingerprint: row.id for row in rows}


def _is_seen(message, readable):
    """Whether a user sees a message: its record is among those that he may read, or it
    has none."""
    if message.model in NOT_A_RECORD or not message.res_id:
        return True
    return (message.model, message.res_id) in readable
