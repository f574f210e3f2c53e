import base64
import io

from PIL import Image

from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ..models.exchange_account_contacts import NOWHERE_READ
from .contact_case import ContactCase
from .simulator import Fault
from .test_contact_sync import picture

ENGINE = "odoo.addons.exchange_connector.models.exchange_account_engine"
READER = "odoo.addons.exchange_connector.models.exchange_contact_reader"
FULL = Fault.status(507, "ErrorQuotaExceeded", "The quota is exceeded.")
DARK = Fault.status(413, "RequestEntityTooLarge", "Too large.")
BUSY = Fault.status(429, "ApplicationThrottled", headers={"Retry-After": "900"})
# Odoo keeps these two as they are, and does not read them.
WEBP = base64.b64decode("UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==")
DRAWING = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><g/></svg>'


@tagged("post_install", "-at_install")
class TestContactOdd(ContactCase):
    """Addresses and address books that nobody has thought of."""

    def states(self):
        """Of all subscriptions of the user."""
        return set(self.account.subscription_ids.mapped("state"))

    # Addresses

    def test_names_that_cannot_be_seen(self):
        values = [
            {"name": " ", "email": "blank@x.example"},
            {"name": "\u200b\u202e", "phone": "+44 1"},
            {"name": " \t", "company_name": "Contoso"},
            {"name": "\u2060"},
            {"name": "😀"},
            {"name": "محمد علي"},
        ]
        self.subscribe(self.env["res.partner"].create(values))
        run = self.sync()
        self.assertEqual(self.counts(run), (6, 0, 0, 0, 0), run.error)
        names = ["+44 1", "Contoso", "Odoo", "blank@x.example", "محمد علي", "😀"]
        self.assertEqual(self.names(), names)
        self.assertEqual(self.counts(self.sync()), (0, 0, 0, 0, 0))

    def test_characters_that_json_and_xml_forbid(self):
        bad = "a\x01\x0b\x1f\ufffe\uffffb\u2028c]]><&\"'"
        tag = self.env["res.partner.category"].create({"name": f"{bad};{bad}"})
        odd = self.env["res.partner"].create(
            {
                **dict.fromkeys(("name", "function", "phone", "street"), bad),
                **dict.fromkeys(("website", "city", "zip"), bad),
                "email": f"{bad}@x.example",
                "comment": f"<p>{bad.replace('<', '&lt;')}</p>",
                "category_id": tag.ids,
            }
        )
        self.subscribe(odd)
        run = self.sync()
        self.assertEqual(self.counts(run), (1, 0, 0, 0, 0), run.error)
        self.assertEqual(self.counts(self.sync()), (0, 0, 0, 0, 0))
        (item,) = self.ours()
        self.assertTrue(item.data["displayName"].startswith("ab"))
        self.assertIn("]]><&", item.data["displayName"])

    def test_notes_of_any_html(self):
        ada = self.partner()
        # Past the sanitising, as other programs write.
        self.env.cr.execute(
            "UPDATE res_partner SET comment = %s WHERE id = %s",
            [
                "<!----><script>steal()</script><h1>Tea</h1><ul><li>black</li><li><p>"
                "green</p></li></ul><table><tr><td>1</td><td>2</td></tr></table>"
                '<img src="data:image/png;base64,AAAA"/><a href="https://x.example">x</a>'
                '<a href="javascript:steal()">y</a>',
                ada.id,
            ],
        )
        ada.invalidate_recordset()
        self.subscribe(ada)
        self.sync()
        notes = self.item("Ada Lovelace").data["personalNotes"]
        lines = [line.replace("\t", " ") for line in notes.split("\n")]
        self.assertEqual(
            lines, ["Tea", "- black", "- green", "1 2", "x (https://x.example)y"]
        )

    def test_one_that_cannot_be_made_says_so_and_the_others_arrive(self):
        people = self.many(3)
        self.subscribe(people)
        reader = type(self.env["exchange.contact.reader"])
        person = reader._person

        def broken(this, row, *args):
            if row["name"] == "Person 1":
                raise ValueError("too odd")
            return person(this, row, *args)

        with self.subTest("broken"), mute_logger(READER):
            self.patch(reader, "_person", broken)
            run = self.sync("partial")
            self.assertEqual(self.counts(run), (2, 0, 0, 0, 1))
            self.assertIn("too odd", self.row(people[1]).error)
            self.assertEqual(self.counts(self.sync()), (0, 0, 0, 0, 0))
        self.patch(reader, "_person", person)
        self.row(people[1]).with_user(self.user).action_retry()
        self.assertEqual(self.sync().created, 1)

    def test_pictures_of_any_kind(self):
        stream = io.BytesIO()
        Image.new("RGBA", (900, 700), (9, 9, 9, 0)).save(stream, "PNG")
        people = self.many(6)
        people[5].image_1920 = base64.b64encode(stream.getvalue())
        noise = Image.effect_noise((2500, 2500), 90).convert("RGB")
        stream = io.BytesIO()
        noise.save(stream, "PNG")
        people[0].image_1920 = base64.b64encode(WEBP)
        people[1].image_1920 = base64.b64encode(DRAWING)
        people[2].image_1920 = base64.b64encode(stream.getvalue())
        people[3].image_1920 = picture("GIF")
        people[4].image_1920 = picture()
        self.env.flush_all()
        self.env["ir.attachment"].search(
            [
                ("res_model", "=", "res.partner"),
                ("res_id", "=", people[4].id),
                ("res_field", "=", "image_512"),
            ]
        ).raw = b"\xff\xd8 nothing that could be a picture"
        self.env.invalidate_all()
        self.subscribe(people)
        run = self.sync()
        self.assertEqual(self.counts(run), (6, 0, 0, 0, 0), run.error)
        for number, there in enumerate((False, False, True, True, False, True)):
            item = self.item(f"Person {number}")
            photo = self.photo(item)
            self.assertEqual(bool(photo), there, number)
            if photo:
                self.assertEqual(Image.open(io.BytesIO(photo)).format, "JPEG")
        self.assertEqual(self.counts(self.sync()), (0, 0, 0, 0, 0))

    def photo(self, item):
        """The picture in Outlook, however it was put there."""
        found = item.extra.get("photo") or {}
        return found.get("content")

    def test_a_renamed_company_and_its_persons(self):
        company = self.partner("c@x.example", name="Contoso", is_company=True)
        ada = self.partner(parent_id=company.id)
        self.subscribe(ada)
        self.sync()
        company.name = "Fabrikam"
        self.assertEqual(self.sync().updated, 1)
        self.assertEqual(self.item("Ada Lovelace").data["companyName"], "Fabrikam")

    def test_addresses_below_a_company(self):
        company = self.partner("c@x.example", name="Contoso", is_company=True)
        for kind in ("delivery", "invoice", "other"):
            self.partner(None, name=False, type=kind, parent_id=company.id, city="Rome")
        self.partner(None, name="Dock", type="delivery", parent_id=company.id)
        company.user_id = company.child_ids.user_id = self.user
        self.account.contact_subscribe_own_customers = True
        self.sync()
        self.assertEqual(self.names(), ["Contoso", "Dock"])
        nameless = company.child_ids.filtered(lambda child: child.type == "invoice")
        self.subscribe(nameless)
        self.sync()
        (item,) = [item for item in self.ours() if "," in item.data["displayName"]]
        self.assertEqual(item.data["companyName"], "Contoso")
        self.assertFalse(item.data["surname"])

    def test_own_and_company_address(self):
        company = self.partner(
            "c@x.example", name="Contoso", is_company=True, city="Rome"
        )
        ada = self.partner(parent_id=company.id, type="other", city="York")
        self.subscribe(ada)
        self.sync()
        item = self.item("Ada Lovelace")
        self.assertEqual(item.data["businessAddress"]["city"], "York")
        self.assertEqual(item.data["otherAddress"]["city"], "Rome")

    def test_another_language_of_the_user(self):
        self.env["res.lang"]._activate_lang("de_DE")
        tag = self.env["res.partner.category"].create({"name": "Customer"})
        tag.with_context(lang="de_DE").name = "Kunde"
        ada = self.partner(category_id=tag.ids)
        self.subscribe(ada)
        self.sync()
        self.assertIn("Customer", self.item("Ada Lovelace").data["categories"])
        self.user.lang = "de_DE"
        self.sync()
        self.assertIn("Kunde", self.item("Ada Lovelace").data["categories"])

    # Address books

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
        wizard = self.env["base.partner.merge.automatic.wizard"]
        wizard._merge([bob.id, eve.id], eve, extra_checks=False)
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

    # People

    def test_two_users_with_different_rights(self):
        hidden = self.env["res.company"].create({"name": "Other"})
        company = self.partner(
            "c@x.example", name="Contoso", is_company=True, city="Rome"
        )
        ada = self.partner(parent_id=company.id, type="other")
        company.company_id = hidden
        ada.company_id = False
        self.subscribe(ada)
        self.sync()
        first = self.item("Ada Lovelace")
        self.account = self.new_account()
        self.user = self.account.user_id
        self.user.company_ids += hidden
        self.subscribe(ada)
        self.sync()
        self.assertFalse(first.data["businessAddress"])
        self.assertEqual(
            self.item("Ada Lovelace").data["businessAddress"]["city"], "Rome"
        )

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

    def test_an_archived_user(self):
        ada = self.partner()
        self.subscribe(ada)
        self.sync()
        other = new_test_user(self.env, "olga").id
        self.assertTrue(ada.with_user(other).exchange_subscriber_names)
        self.user.active = False
        ada.invalidate_recordset()
        self.assertFalse(ada.with_user(other).exchange_subscriber_names)
        self.assertEqual(len(self.ours()), 1)
        self.user.active = True
        self.assertEqual(self.counts(self.sync()), (0, 0, 0, 0, 0))

    def test_a_right_that_comes_back_undoes_the_end(self):
        self.account.contact_delete_on_unsubscribe = True
        people = self.many(30)
        self.subscribe(people)
        self.sync()
        people.company_id = self.env["res.company"].create({"name": "Other"})
        self.sync("partial")
        self.assertEqual(self.account.contact_brake, 30)
        people.company_id = False
        self.sync()
        self.assertFalse(self.account.contact_brake)
        self.assertEqual(self.states(), {"synced"})
        self.assertEqual(len(self.ours()), 30)
        self.assertEqual(self.counts(self.sync()), (0, 0, 0, 0, 0))
