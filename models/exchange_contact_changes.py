import json

from odoo import models
from odoo.tools import split_every

from ..client import (
    ClientError,
    NotFound,
    ServerError,
    SyncStateExpired,
    Trail,
    mark_of,
)
from . import error_words
from .contact_plan import CHANGED, GONE, plan_change
from .contact_values import CATEGORY, difference, make_mark, read_mark
from .run_log import Item
from .transactions import commit

# Contacts that are looked for at a time.
CHECK_PAGE = 200
# Folders beside the usual one that are looked at.
MOST_WATCHED = 10


class ExchangeContactChanges(models.AbstractModel):
    """What happened to our contacts in Outlook."""

    _name = "exchange.contact.changes"
    _description = "Changes of Contacts in Outlook"

    def _read_changes(self, account, mailbox, folder_id, pages, log):
        """A round over the changes of all folders that contacts of ours are in.

        :param pages: {link: first page of its round, or the error of it}, of those that
            have been read already
        """
        link = account.contact_delta_link
        if not link:
            # Everything is looked for, so those elsewhere are found again.
            account.contact_links_elsewhere = False
            self._link_marked(account, mailbox, folder_id)
        seen, new = self._read_round(
            account, mailbox, folder_id, link, pages.get(link), log
        )
        if not link:
            rows = self.env["exchange.subscription"]._not_seen(account, seen)
            for part in split_every(CHECK_PAGE, rows, list):
                self._check_gone(account, mailbox, part, log)
                log.save()
                commit(self.env)
        account.contact_delta_link = new
        log.save()
        commit(self.env)
        self._read_elsewhere(account, mailbox, pages, log)

    def _read_round(self, account, mailbox, folder_id, link, page, log):
        """A round over one folder's changes.

        :param page: its first page, if it has been read already, or the error of it
        :return: (ids of all contacts it spoke of, link of the next round)
        """
        if isinstance(page, ClientError):
            raise page
        seen, marked, trail = set(), set(), Trail()
        page = page or mailbox.contacts.delta(folder_id, link)
        while True:
            page = mailbox.contacts.completed(page)
            self._apply_changes(account, mailbox, page, log)
            seen.update((item["id"] for item in page.items), page.failed)
            marked.update(item["id"] for item in page.items if _looks_ours(item))
            if not page.next_link:
                break
            following = trail.follow(page.next_link)
            page = mailbox.contacts.delta(folder_id, following)
        if link:
            self._recognise(account, mailbox, marked)
        return seen, page.delta_link

    def _read_elsewhere(self, account, mailbox, pages, log):
        """What happened in folders that the user moved contacts of ours into."""
        for folder_id, link in (account.contact_links_elsewhere or {}).items():
            try:
                _seen, new = self._read_round(
                    account, mailbox, folder_id, link, pages.get(link), log
                )
            except SyncStateExpired:
                new = ""  # from the beginning, at the next run
            except NotFound:
                new = None
            self._note_elsewhere(account, folder_id, new)
            if new is None:
                # What was in it is looked for everywhere.
                account.contact_delta_link = False
            log.save()
            commit(self.env)

    def _note_elsewhere(self, account, folder_id, link):
        """Note how far a folder was read; ``None`` = it is no more."""
        links = {**(account.contact_links_elsewhere or {}), folder_id: link}
        links = {key: link for key, link in links.items() if link is not None}
        account.contact_links_elsewhere = links or False

    def _watch(self, account, item):
        """Look at the folder that a contact of ours was moved into from now on."""
        place = item.get("parentFolderId")
        watched = account.contact_links_elsewhere or {}
        is_new = place not in (None, account.contact_folder_id, *watched)
        if is_new and len(watched) < MOST_WATCHED:
            self._note_elsewhere(account, place, "")

    def _apply_changes(self, account, mailbox, page, log):
        """Note what a page says about contacts of ours; all others are the user's."""
        keys = {item["id"]: item.get("changeKey") or "" for item in page.items}
        keys |= dict.fromkeys(page.removed)
        rows = self.env["exchange.subscription"]._by_remote_id(account, keys)
        changed, gone = [], []
        for remote_id, change_key in keys.items():
            row = rows.get(remote_id)
            step = plan_change(row, change_key)
            if step == CHANGED:
                changed.append(row)
            elif step == GONE:
                gone.append(row)
        items = {item["id"]: item for item in page.items}
        self._note_changed(
            account, [(row, items[row.remote_id]) for row in changed], log
        )
        self._note_unreadable(account, page.failed, log)
        self._check_gone(account, mailbox, gone, log)

    def _note_unreadable(self, account, errors, log):
        """Say which contacts of ours cannot be read: they are there, whatever is wrong
        with them. The user's own ones are none of our business.

        :param errors: {remote id: ``ClientError``}
        """
        if not errors:
            return
        rows = self.env["exchange.subscription"]._by_remote_id(account, errors)
        partners = self.env["res.partner"].sudo()
        for remote_id, row in rows.items():
            partner = partners.browse(row.partner_id).exists()
            name = partner.display_name or self.env._("A contact")
            reason = self.env._(
                "It cannot be read in Outlook, and stays as it is. %(error)s",
                error=error_words.sentence(self.env, errors[remote_id], account),
            )
            where = ("res.partner", partner.id or 0)
            log.error(f"{name}: {reason}")
            log.note([Item("contact", "failed", name, reason, *where)])

    def _recognise(self, account, mailbox, remote_ids):
        """Take up contacts of ours that we do not know: where the database is an older
        copy of itself, they were made since.

        :param remote_ids: ids of contacts that look like ours; a list of changes does
            not show marks
        """
        known = self.env["exchange.subscription"]._by_remote_id(account, remote_ids)
        strange = sorted(set(remote_ids) - set(known))
        items = mailbox.contacts.get_many(strange) if strange else []
        self._take_up_marked(
            account, [item for item in items if not isinstance(item, ClientError)]
        )

    def _take_up_marked(self, account, items):
        """Note contacts with marks of this database that no subscription knows of.

        :param items: contacts with their marks, of one record the best first
        """
        subscriptions, uuid = self.env["exchange.subscription"], self._database_uuid()
        known = subscriptions._by_remote_id(account, [item["id"] for item in items])
        found = {}
        for item in items:
            record_id = read_mark(mark_of(item), uuid)
            if record_id and item["id"] not in known:
                found.setdefault(record_id, (item["id"], item.get("changeKey") or ""))
        subscriptions._take_up(account, found)

    def _note_changed(self, account, pairs, log):
        """Keep what was changed in Outlook; Odoo leads, so nothing else happens.

        :param pairs: list of (``Row``, contact as it is in Outlook)
        """
        live = [row.partner_id for row, _item in pairs if row.active and row.partner_id]
        bodies = self._read_bodies(account, live) if live else {}
        notes = []
        for row, item in pairs:
            body = bodies.get(row.partner_id)
            found = difference(body, item) if isinstance(body, dict) else {}
            log.count("found", bool(found))
            notes.append(
                (
                    row.id,
                    item.get("changeKey") or "",
                    json.dumps(found) if found else None,
                )
            )
        self.env["exchange.subscription"]._note(
            ("change_key", "remote_difference"), notes
        )

    def _check_gone(self, account, mailbox, rows, log):
        """Contacts that are reported as removed, or missing: they may lie in another
        folder. Those that were deleted are made again while they are subscribed."""
        if not rows:
            return
        items = mailbox.contacts.get_many([row.remote_id for row in rows])
        unreadable = self._unreadable(rows, items)
        self._note_unreadable(account, unreadable, log)
        alive = {account.contact_folder_id: True} if account.contact_folder_id else {}
        gone, missing = [], []
        for row, item in zip(rows, items, strict=True):
            if isinstance(item, NotFound):
                missing.append(row)
            elif row.remote_id in unreadable:
                continue
            elif self._is_alive(mailbox, item, alive):
                self._watch(account, item)
            else:
                gone.append(row)
        gone += self._find_moved(account, mailbox, missing)
        log.count("found", sum(bool(row.active) for row in gone))
        self._note_gone(gone)

    def _unreadable(self, rows, items):
        """What is wrong with single contacts among some that were read.

        :return: {remote id: ``ClientError``}
        :raises ClientError: the mailbox as a whole does not answer
        """
        errors = {
            row.remote_id: item
            for row, item in zip(rows, items, strict=True)
            if isinstance(item, ClientError) and not isinstance(item, NotFound)
        }
        self._stop_at(errors.values())
        if len(errors) == len(items):
            # Where none can be read, it is not for the contacts.
            self._raise_first(errors.values(), ServerError)
        return errors

    def _find_moved(self, account, mailbox, rows):
        """Look for contacts in all folders by their mark: where ids change when a
        contact is moved, its former id says nothing.

        :return: list of ``Row`` that were not found
        """
        found = self._find_anywhere(account, mailbox, rows)
        for item in found.values():
            self._watch(account, item)
        self.env["exchange.subscription"]._note(
            ("remote_id", "change_key"),
            [
                (row_id, item["id"], item.get("changeKey") or "")
                for row_id, item in found.items()
            ],
        )
        return [row for row in rows if row.id not in found]

    def _find_anywhere(self, account, mailbox, rows, places=None):
        """Contacts by their mark, in all folders, but for those that other
        subscriptions know.

        :param places: ids of folders instead of all, None for the default one
        :return: {row id: contact} of those found
        """
        if not rows:
            return {}
        uuid = self._database_uuid()
        found = {}
        for folder_id in places or (None, *mailbox.contacts.all_folders()):
            left = [row for row in rows if row.id not in found]
            marks = [make_mark(uuid, row.record_id) for row in left]
            answers = mailbox.contacts.find(marks, folder_id) if marks else []
            self._raise_first(answers, ClientError)
            ids = [item["id"] for items in answers for item in items]
            known = self.env["exchange.subscription"]._by_remote_id(account, ids)
            for row, items in zip(left, answers, strict=True):
                item = next((i for i in items if i["id"] not in known), None)
                if item:
                    found[row.id] = item
        return found

    def _is_alive(self, mailbox, item, alive):
        """Whether a contact lies in a folder of contacts, not among the deleted items.

        :param alive: {folder id: bool} of the folders asked so far
        """
        place = item.get("parentFolderId") or ""
        if place not in alive:
            alive[place] = mailbox.contacts.is_contact_folder(place)
        return alive[place]

    def _note_gone(self, rows):
        """Contacts that are no longer in Outlook; the next step makes them again."""
        self.env["exchange.subscription"]._note(
            (
                *("remote_id", "change_key", "payload_hash", "photo_hash"),
                *("source_stamp", "creating", "state", "remote_difference"),
            ),
            [
                (row.id, None, None, None, None, None, False, "pending", None)
                for row in rows
            ],
            unless_ending=("state",),
        )


def _looks_ours(item):
    """Whether a contact has our category, which is for people; the mark decides."""
    return CATEGORY in (item.get("categories") or ())
