import idna
from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..models.addresses import canonical, normalise, spellings, split
from ..models.contact_values import difference
from .calendar_case import CalendarCase
from .common import make_eml
from .examples import examples

LETTERS, CODE = "ada@müller.example", "ada@xn--mller-kva.example"


@tagged("post_install", "-at_install")
class TestAddresses(BaseCase):
    """One address in all its spellings."""

    def test_one_address_has_one_form(self):
        for text in (LETTERS, CODE, "ADA@MÜLLER.Example", f"Ada <{CODE.upper()}>"):
            self.assertEqual(normalise(text), LETTERS)
        for text in ("", None, "nobody", f"{LETTERS}, {CODE}"):
            self.assertEqual(normalise(text), "")

    def test_names_that_are_none_are_compared_as_they_are(self):
        for domain in ("xn--a.example", "-ü.example", "ü..x", "a" * 70 + "ü", ""):
            self.assertEqual(canonical(f"A@{domain}"), f"a@{domain}")
        self.assertEqual(canonical("@XN--mller-kva.example"), "@müller.example")

    def test_one_that_is_written_as_another_is_not_the_other(self):
        # Cyrillic letters that look like Latin ones.
        self.assertNotEqual(canonical("a@раypal.example"), "a@paypal.example")

    @examples(200)
    @given(st.text(max_size=12), st.text(max_size=12))
    def test_whatever_is_written(self, local, domain):
        form = canonical(f"{local}@{domain}")
        self.assertEqual(canonical(form), form)
        ways = spellings([form])
        self.assertIn(form, ways)
        self.assertEqual({canonical(way) for way in ways}, {form})

    def test_each_address_of_a_field(self):
        two = ["a@x.example", "b@y.example"]
        for text in (
            "a@x.example, b@y.example",
            "a@x.example;b@y.example",
            "Ada <a@x.example>; 'b@y.example'",
            "a@x.example / b@y.example\nA@x.example",
        ):
            self.assertEqual(split(text), two, text)
        self.assertEqual(split(f"{LETTERS} {CODE}"), [LETTERS])
        self.assertEqual(split(None), [])

    def test_another_spelling_in_outlook_is_no_change(self):
        ours, theirs = (
            {"emailAddresses": [{"address": each}]} for each in (LETTERS, CODE)
        )
        self.assertFalse(difference(ours, theirs))

    def test_odoo_sends_to_what_we_find(self):
        self.assertEqual(
            idna.encode(canonical(CODE).partition("@")[2]).decode(),
            CODE.partition("@")[2],
        )


@tagged("post_install", "-at_install")
class TestFoundByAddress(CalendarCase):
    """Contacts are found by whatever they have in their field, in e-mails and in
    meetings."""

    def filed_on(self, contact, sender, account=None):
        """Whether a mail from there is filed on the contact, and on nobody else."""
        account = account or self.new_account()
        before = self.messages_of(contact)
        eml = make_eml(sender=sender, message_id=f"<{len(before)}.{contact.id}@x>")
        self.drop(account, eml)
        run = account.sync()
        return run.filed == 1 and len(self.messages_of(contact) - before) == 1

    def test_each_address_of_a_contact(self):
        account = self.new_account()
        for number, text in enumerate(
            (
                "a{0}@x.example, b{0}@x.example",
                "Ada <a{0}@x.example>;'B{0}@X.example'",
                "a{0}@x.example/b{0}@x.example",
                "a{0}@x.example\u200b b{0}@x.example",
            )
        ):
            contact = self.partner(text.format(number))
            for letter in "ab":
                sender = f"{letter}{number}@x.example"
                self.assertTrue(self.filed_on(contact, sender, account), sender)

    def test_part_of_an_address_is_no_address(self):
        self.partner("info@x.example, cb@x.example")
        account = self.new_account()
        self.drop(account, sender="b@x.example")
        self.assertEqual(account.sync().waiting, 1)

    def test_a_second_address_is_one_of_several_contacts(self):
        account = self.new_account()
        one = self.partner("a@x.example, b@x.example")
        other = self.partner("b@x.example", name="Bob")
        self.drop(account, sender="b@x.example")
        account.sync()
        mail = self.mails_of(account)
        self.assertEqual(mail.candidate_ids, one + other)
        for row in mail.candidate_info:
            self.assertEqual(row["waiting"], ["b@x.example"])
        mail.action_file_on("res.partner", one.id)
        self.assertEqual((mail.state, mail.waiting_addresses), ("filed", False))

    def test_whichever_spelling(self):
        account = self.new_account()
        for has, sender in ((LETTERS, CODE), (CODE, LETTERS), (f"x@x.x, {CODE}", CODE)):
            contact = self.partner(has)
            self.assertTrue(self.filed_on(contact, sender, account), (has, sender))
            contact.action_archive()
            account.sync()
            self.env["exchange.mail"].search([]).unlink()
            self.messages_of(contact).unlink()

    def test_rules_hold_for_both_spellings(self):
        account = self.new_account()
        rules = self.env["exchange.address.rule"].with_user(account.user_id)
        rule = rules.create({"address": "@xn--mller-kva.example"})
        self.assertEqual(rule.address, "@müller.example")
        # As an earlier version kept it.
        self.env.cr.execute(
            "UPDATE exchange_address_rule SET address = '@xn--mller-kva.example'"
        )
        self.env.invalidate_all()
        self.drop(account, sender=LETTERS)
        self.assertEqual(account.sync().waiting, 0)
        self.assertEqual(rules._remember(["@müller.example"], account.user_id), rule)

    def test_meetings(self):
        ann = self.new_account()
        ada = self.partner(LETTERS)
        bob = self.partner("bob@x.example, bob@y.example", name="Bob")
        self.add(ann, "Meet", with_=[CODE, "bob@y.example"])
        self.sync_events(ann)
        event = self.event("Meet")
        self.assertEqual(event.partner_ids, ada + bob + ann.user_id.partner_id)

    def test_nobody_learns_of_what_he_may_not_read(self):
        account = self.new_account()
        company = self.env["res.company"].create({"name": "Other"})
        self.partner("a@x.example, b@x.example", company_id=company.id)
        self.drop(account, sender="b@x.example")
        self.assertEqual(account.sync().waiting, 1)
        mail = self.mails_of(account)
        self.assertFalse(mail.candidate_ids)

    def test_one_query(self):
        contacts = self.partner("a@x.example, b@x.example") + self.partner(
            "c@x.example"
        )
        wanted = ["b@x.example", "c@x.example", CODE]
        self.env.flush_all()
        with self.assertQueryCount(1):
            found = self.env["res.partner"]._exchange_by_address(wanted)
        self.assertEqual(
            found, {"b@x.example": contacts[0], "c@x.example": contacts[1]}
        )
