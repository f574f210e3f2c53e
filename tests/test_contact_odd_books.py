from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models.exchange_account_contacts import NOWHERE_READ
from .contact_case import ContactCase
from .simulator import Fault

ENGINE = "odoo.addons.exchange_connector.models.exchange_account_engine"
FULL = Fault.status(507, "ErrorQuotaExceeded", "The quota is exceeded.")
DARK = Fault.status(413, "RequestEntityTooLarge", "Too large.")
BUSY = Fault.status(429, "ApplicationThrottled", headers={"Retry-After": "900"})


@tagged("post_install", "-at_install")
class TestContactOddBooks(ContactCase):
    """Address books that nobody has thought of: full, restored, moved about."""

    def test_a_database_older_than_its_address_book(self):
        """As after a backup was brought back."""
        people = self.many(4)
        self.subscribe(people[:1])
        self.sync()
        link = self.account.contact_delta_link
        rows = self.env["exchange.subscription"]
        self.subscribe(people)
        self.sync()
        lost = self.account.subscription_ids.filtered(
            lambda row: row.partner_id in people[1:]
        )
        rows._note(
            ("remote_id", "payload_hash", "source_stamp", "state"),
            [(row.id, None, None, None, "pending") for row in lost],
        )
        self.account.contact_delta_link = link
        run = self.sync()
        self.assertEqual(self.counts(run)[:2], (0, 3))
        self.assertEqual(len(self.ours()), 4)
        self.assertEqual(self.counts(self.sync()), (0, 0, 0, 0, 0))

    def test_a_full_mailbox(self):
        people = self.many(3)
        self.subscribe(people)
        self.sim.faults.add(FULL, match="POST .*contacts$", count=99)
        run = self.account.sync(("contact",))
        self.sim.faults.clear()
        self.assertEqual(run.state, "failed")
        self.assertIn("mailbox is full", run.error)
        self.assertEqual(self.states(), {"pending"})
        self.assertEqual(self.sync().created, 3)
        self.assertEqual(len(self.ours()), 3)

    def test_throttled_in_the_middle_of_a_batch(self):
        people = self.many(30)
        self.subscribe(people)
        self.sim.faults.add(BUSY, match="POST .*contacts$", after=7, count=5)
        run = self.account.sync(("contact",))
        self.sim.faults.clear()
        self.assertEqual(run.state, "paused")
        self.assertLess(len(self.ours()), 30)
        self.account.backoff_until = False
        self.sync()
        self.assertEqual(len(self.ours()), 30)
        self.assertEqual(self.counts(self.sync()), (0, 0, 0, 0, 0))

    def test_a_way_that_takes_small_requests_only(self):
        people = self.many(20)
        self.subscribe(people)
        self.sim.faults.add(DARK, match="POST .*batch$", after=0, count=3)
        self.sync()
        self.assertEqual(len(self.ours()), 20)
        self.assertEqual(len(self.names()), 20)

    def test_not_found_in_passing_makes_no_second_one(self):
        ada = self.partner()
        self.subscribe(ada)
        self.sync()
        ada.city = "Rome"
        fault = Fault.status(404, "ErrorItemNotFound")
        self.sim.faults.add(fault, match="PATCH .*/contacts/")
        self.assertEqual(self.sync().updated, 1)
        self.assertEqual(
            self.item("Ada Lovelace").data["businessAddress"]["city"], "Rome"
        )

    def test_an_answer_lost_and_the_contact_moved_or_merged(self):
        """Before anybody heard of it."""
        ada, bob, eve = self.partner(), self.partner(name="Bob"), self.partner(name="E")
        self.subscribe(ada + bob)
        self.sim.faults.add(Fault.drop(), match="POST .*batch")
        with mute_logger(ENGINE):
            self.account.sync(("contact",))
        box = self.sim.mailbox(self.account.login)
        with box.lock:
            folder = box.add_container(
                "contactFolder", "Friends", box.well_known["contacts"]
            )
            folder = box.add_container("contactFolder", "Best", folder)
            box.move(self.item("Ada Lovelace"), folder)
        self.merge(bob, into=eve)
        run = self.sync()
        self.assertEqual(self.counts(run)[:2], (0, 2))
        self.assertEqual(self.names(), ["Ada Lovelace", "E"])
        self.assertEqual(self.counts(self.sync()), (0, 0, 0, 0, 0))

    def test_installed_again_it_finds_what_was_moved(self):
        ada = self.partner()
        self.subscribe(ada)
        self.sync()
        box = self.sim.mailbox(self.account.login)
        with box.lock:
            folder = box.add_container("contactFolder", "X", box.well_known["contacts"])
            box.move(self.item("Ada Lovelace"), folder)
        self.env["exchange.subscription"].search([]).unlink()
        self.account.write(NOWHERE_READ)
        self.subscribe(ada)
        self.assertEqual(self.counts(self.sync())[:2], (0, 1))
        self.assertEqual(self.item("Ada Lovelace").container, folder)

    def test_moved_and_deleted_there(self):
        """Also there it is looked after."""
        people = self.many(2)
        self.subscribe(people)
        self.sync()
        box = self.sim.mailbox(self.account.login)
        folder = box.add_container(
            "contactFolder", "Friends", box.well_known["contacts"]
        )
        for name in ("Person 0", "Person 1"):
            with box.lock:
                box.move(self.item(name), folder)
        self.assertEqual(self.sync().created, 0)
        self.change_in_outlook(self.item("Person 1"), jobTitle="Poet")
        self.delete_in_outlook(self.item("Person 0"))
        run = self.sync()
        self.assertEqual((run.created, run.found), (1, 2))
        self.assertEqual(list(self.difference(people[1])), ["jobTitle"])
        self.assertEqual(len(self.ours()), 2)
        self.assertEqual(self.counts(self.sync()), (0, 0, 0, 0, 0))
        with box.lock:
            box.remove_container(folder)
        self.assertEqual(self.sync().created, 1)
        self.assertEqual(len(self.ours()), 2)
        self.assertEqual(self.counts(self.sync()), (0, 0, 0, 0, 0))

    def test_moved_while_the_mailbox_is_busy(self):
        ada = self.partner()
        self.subscribe(ada)
        self.sync()
        box = self.sim.mailbox(self.account.login)
        folder = box.add_container(
            "contactFolder", "Friends", box.well_known["contacts"]
        )
        with box.lock:
            box.move(self.item("Ada Lovelace"), folder)
        self.sim.faults.add(BUSY, match=r"GET .*/contactFolders/[^/]+\?", count=99)
        run = self.account.sync(("contact",))
        self.sim.faults.clear()
        self.assertEqual(run.state, "paused")
        self.account.backoff_until = False
        self.assertEqual(self.sync().created, 0)
        self.assertEqual(len(self.ours()), 1)

    def difference(self, partner):
        return self.row(partner).remote_difference or {}

    def test_the_own_folder_is_renamed_moved_and_thrown_away(self):
        self.account.contact_target = "own"
        people = self.many(2)
        self.subscribe(people)
        self.sync()
        box = self.sim.mailbox(self.account.login)
        folder = self.item("Person 0").container
        with box.lock:
            folder.name = "Kunden"
            box.note_container(folder)
        people[0].phone = "+44 2"
        self.assertEqual(self.counts(self.sync()), (0, 1, 0, 0, 0))
        other = box.add_container("contactFolder", "Friends", None)
        with box.lock:
            box.move_container(folder, other)
        people[0].phone = "+44 3"
        self.assertEqual(self.counts(self.sync()), (0, 1, 0, 0, 0))
        with box.lock:
            box.move_container(folder, box.well_known["deleteditems"])
        people[0].phone = "+44 4"
        self.assertEqual(self.sync().created, 2)
        places = [item.container for item in self.ours()]
        self.assertEqual(places.count(folder), 2)
        self.assertEqual([p.name for p in places if p is not folder], ["Odoo"] * 2)
        self.assertEqual(self.counts(self.sync()), (0, 0, 0, 0, 0))

    def test_a_copy_made_in_outlook_stays(self):
        self.account.contact_delete_on_unsubscribe = True
        ada = self.partner()
        self.subscribe(ada)
        self.sync()
        item = self.item("Ada Lovelace")
        copy = self.own_contact("Copy", "copy@x.example")
        copy.extended = dict(item.extended)
        self.change_in_outlook(copy, categories=["Odoo"])
        self.assertEqual(self.counts(self.sync()), (0, 0, 0, 0, 0))
        self.unsubscribe(ada)
        self.sync()
        self.assertEqual(self.names(), ["Copy"])
