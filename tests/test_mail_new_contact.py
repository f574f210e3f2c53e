from odoo import Command
from odoo.tests import Form, tagged

from .common import ExchangeCase, make_eml

ADA, BOB = "ada@customer.example", "bob@customer.example"


@tagged("post_install", "-at_install")
class TestMailNewContact(ExchangeCase):
    """A contact that is made from a waiting e-mail gets what else waits because of its
    address, and one click takes it all back."""

    def setUp(self):
        super().setUp()
        self.account = self.new_account()
        self.user = self.account.user_id
        self.user.group_ids = [
            Command.link(self.env.ref("base.group_partner_manager").id)
        ]

    def wait(self, subject, sender=ADA, to="user@contoso.example", out=False):
        """A mail that waits. :return: it, as its user sees it"""
        raw = make_eml(sender, to, subject=subject)
        self.drop(self.account, raw, "outgoing" if out else "incoming")
        self.account.sync()
        return self.mails_of(self.account).filtered(lambda row: row.subject == subject)

    def create_contact(self, mail, **values):
        """As the user does. :return: the contact"""
        context = mail.action_create_contact()["context"]
        partners = self.env["res.partner"].with_user(self.user)
        with Form(partners.with_context(**context)) as form:
            for name, value in values.items():
                setattr(form, name, value)
        return form.record

    def states(self, *mails):
        return [mail.state for mail in mails]

    def test_all_of_a_new_sender(self):
        mails = [self.wait(f"Mail {number}") for number in range(3)]
        bobs = self.wait("Of Bob", BOB)
        ada = self.create_contact(mails[1])
        self.assertEqual(self.states(*mails, bobs), ["filed"] * 3 + ["to_assign"])
        self.assertEqual(len(self.messages_of(ada)), 3)
        self.assertEqual(self.messages_of(ada).author_id, ada)
        self.assertEqual(mails[1].filed_along, 2)
        self.assertEqual(self.mails_of(self.account).count_waiting(), 1)

    def test_all_is_taken_back_and_stays_so(self):
        mails = [self.wait(f"Mail {number}") for number in range(3)]
        ada = self.create_contact(mails[0])
        mails[0].action_undo()
        self.account.sync()
        self.assertEqual(self.states(*mails), ["to_assign"] * 3)
        self.assertFalse(self.messages_of(ada))
        self.assertEqual([mail.candidate_ids for mail in mails], [ada] * 3)
        mails[2].action_file_on("res.partner", ada.id)
        self.assertEqual(self.states(*mails), ["to_assign", "to_assign", "filed"])

    def test_one_is_taken_back_by_itself(self):
        mails = [self.wait(f"Mail {number}") for number in range(3)]
        ada = self.create_contact(mails[0])
        mails[1].action_undo()
        self.assertEqual(self.states(*mails), ["filed", "to_assign", "filed"])
        other = self.partner("", name="Another")
        mails[1].action_file_on("res.partner", other.id)
        mails[0].action_undo()
        self.assertEqual(self.states(*mails), ["to_assign", "filed", "to_assign"])
        self.assertEqual(len(self.messages_of(other)), 1)
        self.assertFalse(self.messages_of(ada))

    def test_an_address_of_several(self):
        mail = self.wait("Mail")
        both = self.wait("Both", self.account.login, f"{ADA}, {BOB}", out=True)
        ada = self.create_contact(mail)
        self.assertEqual((both.state, both.waiting_addresses), ("to_assign", [BOB]))
        self.assertEqual(len(self.messages_of(ada)), 2)
        mail.action_undo()
        self.assertEqual(both.waiting_addresses, [ADA, BOB])
        self.assertFalse(self.messages_of(ada))

    def test_each_address_that_the_contact_got(self):
        adas, bobs = self.wait("Of Ada"), self.wait("Of Bob", BOB)
        self.create_contact(adas, email=f"{ADA}; {BOB}")
        self.assertEqual(self.states(adas, bobs), ["filed", "filed"])

    def test_nothing_of_an_address_that_others_have_or_nobody(self):
        mails = [self.wait(f"Mail {number}") for number in range(3)]
        company = self.env["res.company"].create({"name": "Other"})
        self.user.company_ids = [Command.link(company.id)]
        self.create_contact(mails[0], email="")
        self.assertEqual(self.states(*mails[1:]), ["to_assign"] * 2)
        self.partner(company_id=company.id, name="Ada over there")
        self.create_contact(mails[1])
        self.assertEqual(self.states(*mails), ["filed", "filed", "to_assign"])

    def test_what_is_ignored_and_what_is_others_stays(self):
        mails = [self.wait(f"Mail {number}") for number in range(2)]
        mails[1].action_ignore()
        other = self.new_account()
        self.drop(other, subject="Of a colleague")
        other.sync()
        ada = self.create_contact(mails[0])
        self.assertEqual(self.states(*mails), ["filed", "ignored"])
        hers = self.mails_of(other)
        self.assertEqual((hers.state, hers.candidate_ids), ("to_assign", ada))
