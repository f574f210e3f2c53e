import logging

from odoo import models

from ..client import NotFound, SyncStateExpired
from .contact_values import CATEGORY
from .exchange_account_contacts import NOWHERE_READ
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
        return self._probe(self._links_of(account), work)

    def _probe(self, links, work):
        """What to look at, and whether to run whatever it says."""
        return Probe(list(filter(None, links)), work or not all(links))

    def _links_of(self, account):
        """Where to hear of changes in Outlook; an empty link for what is to be read
        from its beginning."""
        elsewhere = (account.contact_links_elsewhere or {}).values()
        return [account.contact_delta_link or "", *elsewhere]

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
                links = self._links_of(account) if some else []
                probes[account.id] = self._probe(links, some and work)
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
            self._forget_folder(account)
            self._run_folder(account, mailbox, {}, log)

    def _run_folder(self, account, mailbox, pages, log):
        folder_id = self._folder_id(account, mailbox)
        try:
            if account.contact_delta_link:
                self._read_changes(account, mailbox, folder_id, pages, log)
        except (SyncStateExpired, NotFound) as error:
            if isinstance(error, NotFound) and account.contact_target == "own":
                raise
            # A full round: what we know is recognised, what is missing is looked for.
            _logger.info("%s: contacts' sync state expired", account)
            account.contact_delta_link = False
        if not account.contact_delta_link:
            self._read_changes(account, mailbox, folder_id, {}, log)
        if log.is_over():
            return
        wrote = self._write_all(account, mailbox, folder_id, log)
        if not log.is_over():
            wrote |= self._end_all(account, mailbox, log)
        if wrote and not log.is_over():
            # Our own changes come back: read now, they make no work next time.
            self._read_changes(account, mailbox, folder_id, {}, log)

    def _folder_id(self, account, mailbox):
        """Where our contacts go: None for the default folder of contacts."""
        if account.contact_target != "own":
            return None
        contacts, known = mailbox.contacts, account.contact_folder_id
        is_top = not known or known in contacts.folders()
        # Hung below another one, or thrown away, where it would go on living.
        if not is_top and not contacts.is_contact_folder(known):
            self._forget_folder(account)
        if not account.contact_folder_id:
            account.contact_folder_id = mailbox.contacts.ensure_folder(FOLDER)
            commit(self.env)
        return account.contact_folder_id

    def _forget_folder(self, account):
        """Our own folder is no more; the next round is a full one."""
        account.write(NOWHERE_READ)
        commit(self.env)

    def _link_marked(self, account, mailbox, folder_id):
        """Take up what an earlier installation has left, which we know nothing of:
        every contact that carries a mark of this database."""
        contacts = mailbox.contacts
        places = [folder_id]
        if not self._is_moving(account):
            # The user may have moved some into folders of his own.
            places += {None, *contacts.all_folders()} - {folder_id}
        for place in places:
            self._take_up_marked(account, list(contacts.marked(place)))
        commit(self.env)

    def _is_moving(self, account):
        """Whether contacts in another folder are about to be replaced."""
        rows = self.env["exchange.subscription"].with_context(active_test=False)
        domain = [("account_id", "=", account.id), ("replaced", "=", True)]
        return bool(rows.search_count(domain, limit=1))

    def _database_uuid(self):
        parameters = self.env["ir.config_parameter"].sudo()
        return parameters.get_param("database.uuid") or ""
