import logging

from odoo import models

from ..client import NotFound, SyncStateExpired, mark_of
from .contact_values import CATEGORY, read_mark
from .exchange_sync import Probe
from .transactions import commit

_logger = logging.getLogger(__name__)

# The name of the own folder.
FOLDER = CATEGORY


class ExchangeSyncContact(models.AbstractModel):
    """Subscribed addresses into the address book of their user.

    Odoo leads. First what happened in Outlook is read: what was deleted there is made
    again, what was changed is noted. Then what changed in Odoo is sent, page by page:
    what is about to be created is committed before, what came of it after. In the end
    what is no longer wanted is removed, if that is the user's wish.
    """

    _name = "exchange.sync.contact"
    _inherit = [
        "exchange.contact.preview",
        "exchange.sync",
        "exchange.contact.reader",
        "exchange.contact.changes",
        "exchange.contact.writing",
        "exchange.contact.ending",
    ]
    _description = "Exchange Synchronisation of Contacts"

    _sync_kind = "contact"
    _sync_sequence = 30

    def _probe_links(self, account):
        """One query; an account without subscriptions asks nothing of its mailbox."""
        some, work = self.env["exchange.subscription"]._look(account)
        if not some:
            return Probe([], False)
        if work:
            # Nobody who subscribes is to wait until the mailbox has answered.
            commit(self.env)
        link = account.contact_delta_link
        return Probe([link] if link else [], work or not link)

    def _glance_links(self, accounts):
        """One query. What a user may read is looked at in earnest when anybody's rights
        were changed, and once an hour: rules may depend on anything."""
        found = self.env["exchange.subscription"]._glance(accounts)
        probes, looked = {}, {}
        for account in accounts:
            some, work = found[account.id]
            stamp = account._contact_rights_stamp()
            if account.contact_subscribe_own_customers:
                probes[account.id] = self._probe_links(account)
            elif some and not work and account.contact_rights != stamp:
                probes[account.id] = self._probe_links(account)
                looked[account.id] = stamp
            else:
                link = account.contact_delta_link
                links = [link] if some and link else []
                probes[account.id] = Probe(links, some and (work or not link))
        accounts._note_contact_rights(looked)
        return probes

    def _run(self, account, mailbox, pages, log):
        commit(self.env)
        try:
            self._run_folder(account, mailbox, pages, log)
        except NotFound:
            # Our own folder was deleted with all that is in it.
            if not account.contact_folder_id or account.contact_target != "own":
                raise
            account.write({"contact_folder_id": False, "contact_delta_link": False})
            commit(self.env)
            self._run_folder(account, mailbox, {}, log)

    def _run_folder(self, account, mailbox, pages, log):
        folder_id = self._folder_id(account, mailbox)
        page = pages.get(account.contact_delta_link)
        try:
            self._read_changes(account, mailbox, folder_id, page, log)
        except SyncStateExpired:
            # A full round: what we know is recognised, what is missing is looked for.
            _logger.info("%s: contacts' sync state expired", account)
            account.contact_delta_link = False
            self._read_changes(account, mailbox, folder_id, None, log)
        if log.is_over():
            return
        wrote = self._write_all(account, mailbox, folder_id, log)
        if not log.is_over():
            wrote |= self._end_all(account, mailbox, log)
        if wrote and not log.is_over():
            # Our own changes come back: read now, they make no work next time.
            self._read_changes(account, mailbox, folder_id, None, log)

    def _folder_id(self, account, mailbox):
        """Where our contacts go: None for the default folder of contacts."""
        if account.contact_target != "own":
            return None
        if not account.contact_folder_id:
            account.contact_folder_id = mailbox.contacts.ensure_folder(FOLDER)
            commit(self.env)
        return account.contact_folder_id

    def _link_marked(self, account, mailbox, folder_id):
        """Take up what an earlier installation has left in the folder, which we know
        nothing of: every contact that carries a mark of this database."""
        subscriptions = self.env["exchange.subscription"]
        uuid = self._database_uuid()
        found = {}
        for item in mailbox.contacts.marked(folder_id):
            record_id = read_mark(mark_of(item), uuid)
            if record_id and record_id not in found:
                found[record_id] = (item["id"], item.get("changeKey") or "")
        subscriptions._take_up(account, found)
        commit(self.env)

    def _database_uuid(self):
        parameters = self.env["ir.config_parameter"].sudo()
        return parameters.get_param("database.uuid") or ""
