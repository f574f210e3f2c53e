"""What the tests of contacts share."""

import base64
import io

from PIL import Image

from .common import ExchangeCase
from .simulator.event_store import put_into_bin


def picture(kind="PNG", color="red"):
    """A small picture as Odoo stores it."""
    stream = io.BytesIO()
    Image.new("RGB", (40, 30), color).save(stream, kind)
    return base64.b64encode(stream.getvalue())


class ContactCase(ExchangeCase):
    """One connected user with an address book."""

    def setUp(self):
        super().setUp()
        self.account = self.new_account()
        self.user = self.account.user_id

    def subscribe(self, partners, **options):
        """As the user does."""
        partners.with_user(self.user).action_exchange_subscribe(**options)

    def unsubscribe(self, partners):
        """As the user does."""
        partners.with_user(self.user).action_exchange_unsubscribe()

    def merge(self, partner, into):
        """Two contacts of Odoo become one."""
        wizard = self.env["base.partner.merge.automatic.wizard"]
        wizard._merge([partner.id, into.id], into, extra_checks=False)

    def is_subscribed(self, partner):
        """Whether the user is told that he has this address."""
        return partner.with_user(self.user).exchange_subscribed

    def row(self, partner):
        """The user's subscription of a partner, ended ones too."""
        rows = self.env["exchange.subscription"].with_context(active_test=False)
        return rows.search(
            [("partner_id", "=", partner.id), ("account_id", "=", self.account.id)]
        )

    def states(self):
        """Of all subscriptions of the user."""
        return set(self.account.subscription_ids.mapped("state"))

    def items(self):
        """What is in the user's contact folders, in the order it came."""
        box = self.sim.mailbox(self.account.login)
        items = {id(item): item for item in box.items.values()}.values()
        return [
            item
            for item in items
            if item.kind == "contact"
            and item.container
            and item.container.kind == "contactFolder"
        ]

    def ours(self):
        """Those with our mark."""
        return [item for item in self.items() if item.extended]

    def item(self, name):
        """The one contact of this name."""
        found = [each for each in self.items() if each.data["displayName"] == name]
        self.assertEqual(len(found), 1, f"{name}: {len(found)} contacts")
        return found[0]

    def names(self):
        """The names in the address book."""
        return sorted(item.data["displayName"] for item in self.items())

    def own_contact(self, name="Ada Lovelace", email="ada@customer.example"):
        """A contact that the user made himself."""
        return self.sim.add_contact(
            self.account.login,
            displayName=name,
            emailAddresses=[{"name": name, "address": email}],
        )

    def delete_in_outlook(self, item):
        """The user deletes a contact."""
        box = self.sim.mailbox(self.account.login)
        with box.lock:
            put_into_bin(box, item)

    def change_in_outlook(self, item, **values):
        """The user changes a contact."""
        box = self.sim.mailbox(self.account.login)
        with box.lock:
            box.touch(item, **values)

    def sync(self, state="done"):
        """Synchronise the contacts. :return: the run"""
        run = self.account.sync(("contact",))
        self.assertEqual(run.state, state, run.error)
        return run

    def counts(self, run):
        """(created, updated, removed, deleted, failed)"""
        names = ("created", "updated", "removed", "deleted", "failed")
        return tuple(run[name] for name in names)

    def many(self, count, name="Person", **values):
        """A number of contacts."""
        return self.env["res.partner"].create(
            [
                {"name": f"{name} {n}", "email": f"p{n}@customer.example", **values}
                for n in range(count)
            ]
        )
