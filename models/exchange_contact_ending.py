from odoo import models
from odoo.tools import split_every

from ..client import ClientError, NotFound, mark_of
from . import error_words
from .contact_plan import DELETE, FIND, brakes, plan_end
from .contact_values import read_mark
from .exchange_contact_writing import STOPPING
from .run_log import Item

END_PAGE = 100


class ExchangeContactEnding(models.AbstractModel):
    """Ends subscriptions: the contact stays in Outlook, or is deleted if its user wants
    that. Only what carries our mark is ever deleted."""

    _name = "exchange.contact.ending"
    _description = "End of Subscriptions"

    def _end_all(self, account, mailbox, log):
        """:return: whether anything was deleted"""
        subscriptions = self.env["exchange.subscription"]
        replaced = subscriptions._to_end(account, replaced=True)
        rows = subscriptions._to_end(account)
        if self._brake(account, rows, log):
            rows = []
        deleted = 0
        for page in split_every(END_PAGE, [*replaced, *rows], list):
            deleted += self._end_page(account, mailbox, page, log)
            if log.is_over():
                return bool(deleted)
        if rows and account.contact_brake_allowed:
            account.contact_brake_allowed = 0
        return bool(deleted)

    def _brake(self, account, rows, log):
        """Whether to ask before so many contacts are deleted."""
        delete = account.contact_delete_on_unsubscribe
        number = sum(plan_end(row, delete) in (DELETE, FIND) for row in rows)
        total = self.env["exchange.subscription"]._count_remote(account)
        if not brakes(number, total, account.contact_brake_allowed):
            if account.contact_brake:
                account.contact_brake = 0
            return False
        if number == account.contact_brake:
            return True  # asked already
        account.contact_brake = number
        translated = self.with_context(lang=account.user_id.lang)
        log.error(
            translated.env._(
                "%(number)s of %(total)s contacts would be deleted in Outlook. Please "
                "look whether that is right, and decide: continue or keep them.",
                number=number,
                total=total,
            )
        )
        return True

    def _end_page(self, account, mailbox, rows, log):
        """:return: number of contacts that were deleted"""
        delete = account.contact_delete_on_unsubscribe
        plans = {row.id: plan_end(row, delete) for row in rows}
        # Where it was created, nobody heard; the folder may be another one by now.
        unheard = [row for row in rows if plans[row.id] == FIND]
        found = self._find_anywhere(account, mailbox, unheard)
        wanted = {row_id: item["id"] for row_id, item in found.items()}
        wanted |= {row.id: row.remote_id for row in rows if plans[row.id] == DELETE}
        outcomes = self._delete_ours(mailbox, wanted)
        over = [
            row for row in rows if not isinstance(outcomes.get(row.id), ClientError)
        ]
        removed = sum(outcome is True for outcome in outcomes.values())
        stay = {row.id for row in over if plans[row.id] not in (DELETE, FIND)}
        stay |= {row_id for row_id, outcome in outcomes.items() if outcome is False}

        def work():
            self.env["exchange.subscription"]._finish(over, stay)
            log.note(self._items_removed(over))
            log.count("deleted", removed)
            for error in outcomes.values():
                if isinstance(error, ClientError) and not isinstance(error, STOPPING):
                    log.error(error_words.sentence(self.env, error, account))

        self._save(work, log)
        self._stop_at(outcomes.values())
        return removed

    def _items_removed(self, rows):
        """What the run's log says of ended subscriptions."""
        ids = [row.partner_id for row in rows if row.partner_id]
        partners = self.env["res.partner"].sudo().browse(ids).exists()
        names = {partner.id: partner.name for partner in partners}
        return [
            Item(
                "contact",
                "removed",
                names.get(row.partner_id) or "",
                model="res.partner" if row.partner_id in names else "",
                record_id=row.partner_id if row.partner_id in names else 0,
            )
            for row in rows
        ]

    def _delete_ours(self, mailbox, remote_ids):
        """Delete contacts that are there, carry our mark and did not change meanwhile.

        :param remote_ids: {row id: remote id}
        :return: {row id: True when it is gone now, False for one that is not ours, or
            the error}
        """
        if not remote_ids:
            return {}
        uuid, alive = self._database_uuid(), {}
        items = mailbox.contacts.get_many(list(remote_ids.values()))
        outcomes, refs = {}, {}
        for row_id, item in zip(remote_ids, items, strict=True):
            if isinstance(item, NotFound):
                outcomes[row_id] = None
            elif isinstance(item, ClientError):
                outcomes[row_id] = item
            elif read_mark(mark_of(item), uuid) is None:
                outcomes[row_id] = False
            elif not self._is_alive(mailbox, item, alive):
                outcomes[row_id] = None  # deleting it again would be for good
            else:
                refs[row_id] = (item["id"], item.get("@odata.etag"))
        errors = mailbox.contacts.delete(list(refs.values()))
        for row_id, error in zip(refs, errors, strict=True):
            outcomes[row_id] = error or True
        return outcomes
