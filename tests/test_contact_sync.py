from odoo.tests import tagged

from .common import ExchangeCase


class ContactCase(ExchangeCase):
    """One connected user with an address book."""

    def setUp(self):
        super().setUp()
        self.account = self.new_account()
        self.user = self.account.user_id

    def subscribe(self, partners, **options):
        """As the user does."""
        return partners.with_user(self.user).action_exchange_subscribe(**options)

    def row(self, partner):
        """The user's subscription of a partner, ended ones too."""
        rows = self.env["exchange.subscription"].with_context(active_test=False)
        return rows.search(
            [("partner_id", "=", partner.id), ("account_id", "=", self.account.id)]
        )

    def contacts(self, ours=True):
        """The contacts in Outlook, without deleted ones, {display name: item}."""
        items = self.items(ours)
        found = {item.data["displayName"]: item for item in items}
        self.assertEqual(len(found), len(items), "doubled")
        return found

    def items(self, ours=True):
        box = self.sim.mailbox(self.account.login)
        items = {id(item): item for item in box.items.values()}.values()
        return [
            item
            for item in items
            if item.kind == "contact"
            and item.container
            and item.container.kind == "contactFolder"
            and bool(item.extended) == ours
        ]

    def sync(self, state="done"):
        run = self.account.sync(("contact",))
        log = [(e.method, e.path, e.status, e.in_batch) for e in self.sim.requests]
        self.assertEqual(run.state, state, f"{run.error} {log[-8:]}")
        return run


@tagged("post_install", "-at_install")
class TestContactSync(ContactCase):
    """Addresses into Outlook, over real HTTP."""

    def test_a_contact_is_written_changed_and_left_alone(self):
        ada = self.partner(function="Countess", phone="+44 1")
        self.subscribe(ada)
        self.assertEqual(self.row(ada).state, "pending")
        run = self.sync()
        self.assertEqual((run.created, run.updated), (1, 0))
        (item,) = self.contacts().values()
        self.assertEqual(item.data["displayName"], "Ada Lovelace")
        self.assertEqual(item.data["fileAs"], "Lovelace, Ada")
        self.assertEqual(item.data["jobTitle"], "Countess")
        row = self.row(ada)
        self.assertEqual((row.state, row.remote_id), ("synced", item.immutable_id))
        ada.phone = "+44 2"
        run = self.sync()
        self.assertEqual((run.created, run.updated), (0, 1))
        self.assertEqual(item.data["businessPhones"], ["+44 2"])
        requests = len(self.sim.requests)
        self.sync()
        self.assertEqual(len(self.sim.requests) - requests, 2)
