import base64
import io

from PIL import Image

from odoo.tests import tagged

from .common import PASSWORD
from .contact_case import ContactCase
from .simulator import Fault

BAD = Fault.status(400, "ErrorInvalidProperty", "No such field.")


def picture(kind="PNG", color="red"):
    """A small picture as Odoo stores it."""
    stream = io.BytesIO()
    Image.new("RGB", (40, 30), color).save(stream, kind)
    return base64.b64encode(stream.getvalue())


@tagged("post_install", "-at_install")
class TestContactSync(ContactCase):
    """Addresses into Outlook, over real HTTP."""

    def test_written_changed_and_left_alone(self):
        ada = self.partner(function="Countess", phone="+44 1")
        self.subscribe(ada)
        self.assertEqual(self.row(ada).state, "pending")
        run = self.sync()
        self.assertEqual(self.counts(run), (1, 0, 0, 0, 0))
        item = self.item("Ada Lovelace")
        self.assertEqual(item.data["fileAs"], "Lovelace, Ada")
        self.assertEqual(item.data["jobTitle"], "Countess")
        row = self.row(ada)
        self.assertEqual((row.state, row.remote_id), ("synced", item.immutable_id))
        ada.phone = "+44 2"
        self.assertEqual(self.counts(self.sync()), (0, 1, 0, 0, 0))
        self.assertEqual(item.data["businessPhones"], ["+44 2"])
        self.assertEqual(self.counts(self.sync()), (0, 0, 0, 0, 0))
        self.assertEqual(self.names(), ["Ada Lovelace"])

    def test_what_goes_empty_is_emptied(self):
        ada = self.partner(phone="+44 1", street="Main Street 1", function="Countess")
        self.subscribe(ada)
        self.sync()
        ada.write({"phone": False, "street": False, "function": False, "email": False})
        self.sync()
        data = self.item("Ada Lovelace").data
        self.assertEqual(data["businessPhones"], [])
        self.assertEqual(data["businessAddress"], {})
        self.assertFalse(data["jobTitle"])
        self.assertEqual(data["emailAddresses"], [])

    def test_change_of_the_company_and_of_a_tag_arrive(self):
        company = self.partner("c@customer.example", name="Contoso", is_company=True)
        tag = self.env["res.partner.category"].create({"name": "Gold"})
        ada = self.partner(parent_id=company.id, category_id=[(4, tag.id)])
        self.subscribe(ada)
        self.sync()
        item = self.item("Ada Lovelace")
        self.assertEqual(item.data["companyName"], "Contoso")
        self.assertEqual(item.data["categories"], ["Odoo", "Gold"])
        company.website = "https://contoso.example"
        self.assertEqual(self.sync().updated, 1)
        self.assertEqual(item.data["businessHomePage"], "https://contoso.example")
        tag.name = "Platinum"
        self.assertEqual(self.sync().updated, 1)
        self.assertEqual(item.data["categories"], ["Odoo", "Platinum"])
        self.env["res.partner"].create(
            {
                "parent_id": ada.id,
                "type": "delivery",
                "street": "Dock 7",
                "city": "York",
            }
        )
        self.assertEqual(self.sync().updated, 1)
        self.assertEqual(
            item.data["otherAddress"], {"street": "Dock 7", "city": "York"}
        )

    def test_an_employee_by_his_work_contact(self):
        if "hr.employee" not in self.env:
            self.skipTest("There are no employees without the addon hr.")
        department = self.env["hr.department"].create({"name": "Numbers"})
        employee = self.env["hr.employee"].create(
            {"name": "Ada Lovelace", "department_id": department.id}
        )
        self.subscribe(employee.work_contact_id)
        self.sync()
        item = self.item("Ada Lovelace")
        self.assertEqual(item.data["department"], "Numbers")
        employee.write({"mobile_phone": "+44 7", "job_title": "Analyst"})
        self.sync()
        self.assertEqual(item.data["mobilePhone"], "+44 7")
        self.assertEqual(item.data["jobTitle"], "Analyst")

    def test_a_company_with_its_contact_persons(self):
        company = self.partner("c@customer.example", name="Contoso", is_company=True)
        self.partner(parent_id=company.id)
        self.subscribe(company, with_children=True)
        self.sync()
        self.assertEqual(self.names(), ["Ada Lovelace", "Contoso"])
        item = self.item("Contoso")
        self.assertEqual(item.data["companyName"], "Contoso")
        self.assertFalse(item.data["surname"])

    def test_equal_contacts_of_the_user_are_never_touched(self):
        own = self.own_contact()
        before = dict(own.data)
        self.account.contact_delete_on_unsubscribe = True
        ada = self.partner()
        self.subscribe(ada)
        self.sync()
        self.assertEqual(self.names(), ["Ada Lovelace", "Ada Lovelace"])
        self.unsubscribe(ada)
        self.sync()
        self.assertEqual(self.names(), ["Ada Lovelace"])
        self.assertEqual(own.data, before)

    # In Outlook

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
        self.assertEqual(self.sync().created, 0)
        ada.phone = "+44 2"
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
        self.assertEqual(self.sync().created, 0)
        ada.phone = "+44 2"
        self.assertEqual(self.sync().updated, 1)
        self.assertEqual(item.container, folder)
        self.assertEqual(item.data["businessPhones"], ["+44 2"])
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

    # Pictures

    def test_a_picture_is_sent_when_it_changes(self):
        ada = self.partner(image_1920=picture())
        self.subscribe(ada)
        self.sync()
        item = self.item("Ada Lovelace")
        sent = item.extra["photo"]["content"]
        self.assertEqual(Image.open(io.BytesIO(sent)).format, "JPEG")
        puts = self._puts()
        ada.phone = "+44 2"
        self.sync()
        self.assertEqual(self._puts(), puts)
        ada.image_1920 = picture(color="blue")
        self.sync()
        self.assertEqual(self._puts(), puts + 1)
        self.assertNotEqual(item.extra["photo"]["content"], sent)
        self.assertEqual(self.counts(self.sync()), (0, 0, 0, 0, 0))

    def _puts(self):
        return sum(entry.method == "PUT" for entry in self.sim.requests)

    # The end

    def test_unsubscribed_it_stays_or_is_deleted(self):
        ada, bob = self.partner(), self.partner("bob@x.example", name="Bob")
        self.subscribe(ada + bob)
        self.sync()
        self.unsubscribe(ada)
        self.assertFalse(self.is_subscribed(ada))
        self.assertEqual(self.counts(self.sync()), (0, 0, 1, 0, 0))
        self.assertEqual(self.names(), ["Ada Lovelace", "Bob"])
        everything = ada.with_context(active_test=False)
        self.assertFalse(self.is_subscribed(everything))
        self.assertFalse(everything.exchange_subscriber_names)
        self.account.contact_delete_on_unsubscribe = True
        self.unsubscribe(bob)
        self.assertEqual(self.counts(self.sync()), (0, 0, 1, 1, 0))
        self.assertEqual(self.names(), ["Ada Lovelace"])
        self.subscribe(ada + bob)
        run = self.sync()
        self.assertEqual((run.created, run.updated), (1, 1))
        self.assertEqual(self.names(), ["Ada Lovelace", "Bob"])

    def test_archived_and_deleted_contacts_leave(self):
        self.account.contact_delete_on_unsubscribe = True
        ada, bob = self.partner(), self.partner("bob@x.example", name="Bob")
        self.subscribe(ada + bob)
        self.sync()
        ada.active = False
        bob.unlink()
        self.assertEqual(self.counts(self.sync()), (0, 0, 2, 2, 0))
        self.assertEqual(self.names(), [])

    def test_what_the_user_made_ours_no_more_is_not_deleted(self):
        self.account.contact_delete_on_unsubscribe = True
        ada = self.partner()
        self.subscribe(ada)
        self.sync()
        self.item("Ada Lovelace").extended.clear()
        self.unsubscribe(ada)
        self.sync()
        self.assertEqual(self.names(), ["Ada Lovelace"])

    def test_merged_contacts_keep_one(self):
        self.account.contact_delete_on_unsubscribe = True
        ada, bob = self.partner(), self.partner("bob@x.example", name="Bob")
        self.subscribe(ada + bob)
        self.sync()
        wizard = self.env["base.partner.merge.automatic.wizard"]
        wizard._merge([ada.id, bob.id], ada, extra_checks=False)
        self.sync()
        self.assertEqual(self.names(), ["Ada Lovelace"])
        self.assertTrue(self.is_subscribed(ada))
        self.assertEqual(self.counts(self.sync()), (0, 0, 0, 0, 0))

    def test_merged_with_one_that_stayed_in_outlook(self):
        ada, bob = self.partner(), self.partner("bob@x.example", name="Bob")
        self.subscribe(bob)
        self.sync()
        self.unsubscribe(bob)
        self.sync()
        self.subscribe(ada)
        wizard = self.env["base.partner.merge.automatic.wizard"]
        wizard._merge([ada.id, bob.id], bob, extra_checks=False)
        self.sync()
        self.assertEqual(self.names(), ["Bob"])
        self.assertTrue(self.is_subscribed(bob))

    def test_merged_doubles_are_removed_although_ended_ones_stay(self):
        ada, bob = self.partner(), self.partner("bob@x.example", name="Bob")
        self.subscribe(ada + bob)
        self.sync()
        wizard = self.env["base.partner.merge.automatic.wizard"]
        wizard._merge([ada.id, bob.id], bob, extra_checks=False)
        self.sync()
        self.assertEqual(self.names(), ["Bob"])

    def test_merged_into_one_that_was_not_subscribed(self):
        ada, bob = self.partner(), self.partner("bob@x.example", name="Bob")
        self.subscribe(bob)
        self.sync()
        wizard = self.env["base.partner.merge.automatic.wizard"]
        wizard._merge([ada.id, bob.id], ada, extra_checks=False)
        self.sync()
        self.assertEqual(self.names(), ["Ada Lovelace"])
        self.assertTrue(self.is_subscribed(ada))

    def test_many_removals_ask_first(self):
        self.account.contact_delete_on_unsubscribe = True
        people = self.many(40)
        self.subscribe(people)
        self.sync()
        self.unsubscribe(people[:26])
        new = self.partner()
        self.subscribe(new)
        run = self.sync("partial")
        self.assertEqual(self.counts(run), (1, 0, 0, 0, 0))
        self.assertIn("26 of 41", run.error)
        self.assertEqual(self.account.contact_brake, 26)
        self.assertEqual(len(self.ours()), 41)
        self.sync()
        self.assertEqual(len(self.ours()), 41)
        self.account.with_user(self.user).action_contact_brake_continue()
        self.assertEqual(self.sync().deleted, 26)
        self.assertEqual(len(self.ours()), 15)
        self.assertFalse(self.account.contact_brake)

    def test_many_removals_kept(self):
        self.account.contact_delete_on_unsubscribe = True
        people = self.many(40)
        self.subscribe(people)
        self.sync()
        people[:30].active = False
        self.sync("partial")
        self.account.with_user(self.user).action_contact_brake_keep()
        self.assertEqual(self.counts(self.sync()), (0, 0, 0, 0, 0))
        self.assertEqual(len(self.ours()), 40)
        self.assertEqual(len(self.account.subscription_ids), 10)

    def test_the_question_is_over_when_nothing_would_be_deleted(self):
        self.account.contact_delete_on_unsubscribe = True
        people = self.many(40)
        self.subscribe(people)
        self.sync()
        self.unsubscribe(people)
        self.sync("partial")
        self.account.contact_delete_on_unsubscribe = False
        self.assertEqual(self.counts(self.sync()), (0, 0, 40, 0, 0))
        self.assertEqual(len(self.ours()), 40)
        self.assertFalse(self.account.contact_brake)

    # Own customers

    def test_own_customers_join_and_leave(self):
        company = self.partner(
            "c@customer.example", name="Contoso", is_company=True, user_id=self.user.id
        )
        self.partner(parent_id=company.id)
        self.partner("x@y.example", name="Nobody's")
        self.account.contact_subscribe_own_customers = True
        self.sync()
        self.assertEqual(self.names(), ["Ada Lovelace", "Contoso"])
        self.partner("n@y.example", name="New", user_id=self.user.id)
        self.sync()
        self.assertEqual(self.names(), ["Ada Lovelace", "Contoso", "New"])
        self.account.contact_delete_on_unsubscribe = True
        company.user_id = company.child_ids.user_id = False
        self.sync()
        self.assertEqual(self.names(), ["New"])
        company.user_id = self.user
        self.sync()
        self.assertEqual(self.names(), ["Ada Lovelace", "Contoso", "New"])

    def test_an_end_by_hand_is_not_overruled(self):
        self.account.write(
            {
                "contact_subscribe_own_customers": True,
                "contact_delete_on_unsubscribe": True,
            }
        )
        ada = self.partner(user_id=self.user.id)
        self.sync()
        self.unsubscribe(ada)
        for _run in range(2):
            self.sync()
            self.assertEqual(self.names(), [])
            self.assertFalse(self.is_subscribed(ada))
        self.subscribe(ada)
        self.sync()
        self.assertEqual(self.names(), ["Ada Lovelace"])

    # What goes wrong

    def test_a_refused_contact_says_why_and_the_others_arrive(self):
        self.sim.faults.add(BAD, match="POST .*contacts$", after=1, count=1)
        people = self.many(3)
        self.subscribe(people)
        run = self.sync("partial")
        self.sim.faults.clear()
        self.assertEqual((run.created, run.failed), (2, 1))
        (failed,) = self.account.subscription_ids.filtered(
            lambda r: r.state == "failed"
        )
        self.assertIn("No such field.", failed.error)
        self.assertEqual(self.counts(self.sync()), (0, 0, 0, 0, 0))
        failed.partner_id.phone = "+44 1"
        self.assertEqual(self.sync().created, 1)
        self.assertEqual((failed.state, failed.error), ("synced", False))
        self.assertEqual(len(self.ours()), 3)

    def test_try_again(self):
        self.sim.faults.add(BAD, match="POST .*contacts$", count=1)
        self.subscribe(self.partner())
        self.sync("partial")
        self.account.subscription_ids.with_user(self.user).action_retry()
        self.assertEqual(self.sync().created, 1)

    def test_odd_addresses(self):
        people = self.env["res.partner"].create(
            [
                {"name": "A\x1f\x0bB " + "x" * 600, "email": "no address"},
                {
                    "name": "💣" * 300,
                    "email": "a@b.example; c@d.example,,x <e@f.example>",
                },
                {"name": "", "type": "delivery", "city": "Rome"},
                {"name": "O'Neill, José", "phone": "0" * 900, "website": "x" * 3000},
                {"name": "N", "comment": "<p>a<br>b</p>" * 9000},
            ]
        )
        self.subscribe(people)
        run = self.sync()
        self.assertEqual((run.created, run.failed), (5, 0), run.error)
        self.assertEqual(self.counts(self.sync()), (0, 0, 0, 0, 0))


@tagged("post_install", "-at_install")
class TestContactSyncOffice(TestContactSync):
    """The same with Graph's own paths and Microsoft's sign-in."""

    allow_inherited_tests_method = True

    def new_account(self, server=None, name=None, **values):
        return super().new_account(server or self.office, name, **values)
