import io

from PIL import Image

from odoo.tests import tagged

from .contact_case import ContactCase, picture
from .simulator import Fault

BAD = Fault.status(400, "ErrorInvalidProperty", "No such field.")


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
