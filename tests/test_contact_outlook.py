from odoo.tests import tagged

from .common import PASSWORD
from .contact_case import ContactCase


@tagged("post_install", "-at_install")
class TestContactOutlook(ContactCase):
    """What its user does in Outlook, and where his contacts lie there."""

    def test_deleted_in_outlook_is_made_again(self):
        ada = self.partner()
        self.subscribe(ada)
        self.sync()
        item = self.item("Ada Lovelace")
        self.delete_in_outlook(item)
        self.assertEqual(self.names(), [])
        self.assertEqual(self.sync().created, 1)
        self.assertIsNot(self.item("Ada Lovelace"), item)
        self.assertEqual(self.counts(self.sync()), (0, 0, 0, 0, 0))

    def test_deleted_for_good_in_outlook_is_made_again(self):
        ada = self.partner()
        self.subscribe(ada)
        self.sync()
        box = self.sim.mailbox(self.account.login)
        box.remove(self.item("Ada Lovelace"))
        self.assertEqual(self.sync().created, 1)
        self.assertEqual(self.names(), ["Ada Lovelace"])

    def test_deleted_and_changed_at_once(self):
        ada = self.partner()
        self.subscribe(ada)
        self.sync()
        self.delete_in_outlook(self.item("Ada Lovelace"))
        ada.phone = "+44 2"
        self.sync()
        item = self.item("Ada Lovelace")
        self.assertEqual(item.data["businessPhones"], ["+44 2"])

    def test_moved_to_another_folder_it_stays_there(self):
        ada = self.partner()
        self.subscribe(ada)
        self.sync()
        item = self.item("Ada Lovelace")
        box = self.sim.mailbox(self.account.login)
        self.own_contact("Somebody", "x@y.example")
        folder = self.sim.add_contact(self.account.login, "Friends").container
        with box.lock:
            box.move(item, folder)
        self.assertLookedAfter(ada, item, folder)

    def assertLookedAfter(self, partner, item, folder):
        """A contact stays in the folder that the user moved it to, and is kept up."""
        self.assertEqual(self.sync().created, 0)
        partner.phone = "+44 2"
        self.assertEqual(self.sync().updated, 1)
        self.assertEqual(item.container, folder)
        self.assertEqual(item.data["businessPhones"], ["+44 2"])

    def test_moved_into_a_folder_beside_contacts_it_stays_there(self):
        ada = self.partner()
        self.subscribe(ada)
        self.sync()
        item = self.item("Ada Lovelace")
        box = self.sim.mailbox(self.account.login)
        with box.lock:
            folder = box.add_container("contactFolder", "Friends", None)
            box.move(item, folder)
        self.assertLookedAfter(ada, item, folder)
        self.assertEqual(self.names(), ["Ada Lovelace"])

    def test_changed_in_outlook_is_kept_until_odoo_writes(self):
        ada = self.partner(phone="+44 1")
        self.subscribe(ada)
        self.sync()
        item = self.item("Ada Lovelace")
        self.change_in_outlook(item, businessPhones=["+49 9"], jobTitle="Poet")
        run = self.sync()
        self.assertEqual((run.found, run.updated), (1, 0))
        self.assertEqual(
            self.row(ada).remote_difference,
            {
                "businessPhones": {"odoo": ["+44 1"], "outlook": ["+49 9"]},
                "jobTitle": {"odoo": None, "outlook": "Poet"},
            },
        )
        self.assertEqual(item.data["jobTitle"], "Poet")
        ada.city = "London"
        self.assertEqual(self.sync().updated, 1)
        self.assertEqual(item.data["businessPhones"], ["+44 1"])
        self.assertFalse(item.data["jobTitle"])
        self.assertFalse(self.row(ada).remote_difference)

    def test_changed_in_outlook_at_the_moment_of_writing(self):
        ada = self.partner()
        self.subscribe(ada)
        self.sync()
        item = self.item("Ada Lovelace")
        row = self.row(ada)
        row.change_key = "older"
        ada.phone = "+44 2"
        self.assertEqual(self.counts(self.sync()), (0, 1, 0, 0, 0))
        self.assertEqual(item.data["businessPhones"], ["+44 2"])

    def test_an_expired_position_loses_and_doubles_nothing(self):
        people = self.many(3)
        self.own_contact()
        self.subscribe(people)
        self.sync()
        self.delete_in_outlook(self.item("Person 1"))
        self.sim.expire_delta_tokens(self.account.login)
        self.assertEqual(self.sync().created, 1)
        names = ["Ada Lovelace", "Person 0", "Person 1", "Person 2"]
        self.assertEqual(self.names(), names)

    def test_reinstalled_it_finds_its_contacts(self):
        people = self.many(3)
        self.subscribe(people)
        self.sync()
        self.env["exchange.subscription"].search([]).unlink()
        self.account.contact_delta_link = False
        self.env.registry.clear_cache()
        self.subscribe(people[0])
        self.assertEqual(self.counts(self.sync())[:2], (0, 1))
        self.subscribe(people)
        self.assertEqual(self.counts(self.sync())[:2], (0, 2))
        self.assertEqual(len(self.ours()), 3)

    # Its own folder

    def test_an_own_folder(self):
        self.account.contact_target = "own"
        ada = self.partner()
        self.subscribe(ada)
        self.sync()
        folder = self.item("Ada Lovelace").container
        self.assertEqual(folder.name, "Odoo")
        self.assertEqual(self.counts(self.sync()), (0, 0, 0, 0, 0))
        with self.sim.mailbox(self.account.login).lock:
            self.sim.mailbox(self.account.login).remove_container(folder)
        self.sync()
        self.assertEqual(self.item("Ada Lovelace").container.name, "Odoo")
        self.assertEqual(self.names(), ["Ada Lovelace"])

    def test_contacts_move_with_the_choice_of_the_folder(self):
        people = self.many(3)
        self.subscribe(people)
        self.own_contact()
        self.sync()
        for target, name in (("own", "Odoo"), ("default", "Contacts")):
            self.account.contact_target = target
            self.sync()
            self.assertEqual(len(self.ours()), 3)
            places = {item.container.name for item in self.ours()}
            self.assertEqual(places, {name})
        self.assertEqual(len(self.items()), 4)

    def test_another_mailbox(self):
        people = self.many(3)
        self.subscribe(people)
        self.sync()
        former = self.account.login
        other = f"new.{former}"
        self.sim.add_mailbox(other, PASSWORD)
        self.unsubscribe(people[2])
        self.account.contact_delete_on_unsubscribe = True
        for login, names in (
            (other, ["Person 0", "Person 1"]),
            (former, ["Person 0", "Person 1", "Person 2"]),
        ):
            self.account.write({"login": login, "password": PASSWORD})
            self.account._connect()
            self.sync()
            self.assertEqual(self.names(), names)
            self.assertEqual(self.counts(self.sync()), (0, 0, 0, 0, 0))
