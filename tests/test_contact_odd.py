import base64
import io

from PIL import Image

from odoo.tests import tagged
from odoo.tools import mute_logger

from .contact_case import ContactCase, picture

READER = "odoo.addons.exchange_connector.models.exchange_contact_reader"
# Odoo keeps these two as they are, and does not read them.
WEBP = base64.b64decode("UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==")
DRAWING = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><g/></svg>'


@tagged("post_install", "-at_install")
class TestContactOdd(ContactCase):
    """Addresses that nobody has thought of."""

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
