from odoo import Command
from odoo.tests import new_test_user, tagged

from .common import ExchangeCase, make_eml


@tagged("post_install", "-at_install")
class TestMailCopies(ExchangeCase):
    """A copy of a mail that is known: nobody's mail is lost because of what became of
    the mail of somebody else, or of an earlier one."""

    def setUp(self):
        super().setUp()
        self.account = self.new_account()
        self.colleague = self.new_account()

    def states(self, account):
        return sorted(self.mails_of(account).mapped("state"))

    def outcomes(self, run):
        items = self.env["exchange.sync.item"].search([("run_id", "=", run.id)])
        return items.mapped("outcome")

    def test_filed_again_after_the_contact_was_deleted(self):
        """M6 C26: with the option to delete, its last copy would be gone."""
        self.account.mail_delete_after_transfer = True
        raw = make_eml()
        partner = self.partner()
        self.drop(self.account, raw)
        self.account.sync()
        partner.unlink()
        partner = self.partner()
        item = self.drop(self.account, raw)
        run = self.account.sync()
        self.assertEqual(self.outcomes(run), ["filed"])
        self.assertEqual(len(self.messages_of(partner)), 1)
        self.assertFalse(self.in_folder(self.account, item))
        self.messages_of(partner).unlink()
        self.drop(self.account, raw)
        self.account.sync()
        self.assertEqual(len(self.messages_of(partner)), 1, "and once more")
        self.assertEqual(self.account.sync().found, 0)

    def test_what_lies_in_another_company_is_not_there(self):
        """M2 C30: each has his own contact with the address."""
        other = self.env["res.company"].create({"name": "Other"})
        self.colleague.user_id.write(
            {"company_ids": [Command.set(other.ids)], "company_id": other.id}
        )
        mine = self.partner(company_id=self.env.company.id)
        theirs = self.partner(company_id=other.id)
        raw = make_eml()
        for account in (self.account, self.colleague):
            self.drop(account, raw)
            account.sync()
        self.assertEqual(len(self.messages_of(mine)), 1)
        self.assertEqual(len(self.messages_of(theirs)), 1)
        # A third one reads the first contact: there it is.
        third = self.new_account()
        self.drop(third, raw)
        self.assertEqual(self.outcomes(third.sync()), ["duplicate"])
        self.assertEqual(len(self.messages_of(mine)), 1)

    def test_what_odoo_received_where_the_user_may_not_look(self):
        """M5: a mail in a chatter of another company is none that he has."""
        other = self.env["res.company"].create({"name": "Other"})
        hidden = self.partner(company_id=other.id, email="x@customer.example")
        seen = self.partner()
        raw = make_eml(message_id="<there@customer.example>")
        hidden.message_post(
            body="Received", message_type="email", message_id="<there@customer.example>"
        )
        self.drop(self.account, raw)
        self.assertEqual(self.outcomes(self.account.sync()), ["filed"])
        self.assertEqual(len(self.messages_of(seen)), 1)

    def test_somebody_elses_rule_is_not_ones_own(self):
        """M4: he never wants to be asked; his colleague wants the mail."""
        partner = self.partner()
        rules = self.env["exchange.address.rule"].with_user(self.account.user_id)
        rules.create({"address": "ada@customer.example", "action": "skip"})
        raw = make_eml()
        for account in (self.account, self.colleague):
            self.drop(account, raw)
            account.sync()
        self.assertEqual(self.states(self.account), ["ignored"])
        self.assertEqual(self.states(self.colleague), ["filed"])
        self.assertEqual(len(self.messages_of(partner)), 1)
        self.drop(self.account, raw)
        self.account.sync()
        self.assertEqual(self.states(self.account), ["ignored"], "as he said")

    def test_ignored_before_the_colleague_had_it(self):
        raw = make_eml()
        self.drop(self.account, raw)
        self.account.sync()
        self.mails_of(self.account).action_ignore()
        self.drop(self.colleague, raw)
        self.colleague.sync()
        self.assertEqual(self.states(self.colleague), ["to_assign"])
        self.assertEqual(self.states(self.account), ["ignored"])

    def test_ignored_when_both_had_it(self):
        raw = make_eml()
        for account in (self.account, self.colleague):
            self.drop(account, raw)
            account.sync()
        self.mails_of(self.account).action_ignore()
        self.assertEqual(self.states(self.colleague), ["ignored"])

    def test_a_device_with_one_message_id_for_all_mails(self):
        """M5: other mails of other days, in one page and in several."""
        partner = self.partner()
        self.account.mail_delete_after_transfer = True
        for day, texts in ((10, ["first"]), (11, ["second", "third"])):
            for hour, text in enumerate(texts, 9):
                self.drop(
                    self.account,
                    message_id="<scan@customer.example>",
                    date=f"Tue, {day} Nov 2026 {hour:02}:30:00 +0100",
                    text=text,
                )
            self.account.sync()
        bodies = " ".join(self.messages_of(partner).mapped("body"))
        self.assertEqual(len(self.messages_of(partner)), 3)
        for text in ("first", "second", "third"):
            self.assertIn(text, bodies)
        # A colleague's copies of them are known.
        for day, hour in ((10, 9), (11, 9), (11, 10)):
            self.drop(
                self.colleague,
                message_id="<scan@customer.example>",
                date=f"Tue, {day} Nov 2026 {hour:02}:30:00 +0100",
            )
        self.colleague.sync()
        self.assertEqual(len(self.messages_of(partner)), 3)

    def test_a_device_that_sends_several_a_minute(self):
        """M5: one page, one Message-ID, one subject; and one date, two subjects."""
        partner = self.partner()
        self.account.mail_delete_after_transfer = True
        for second, subject in ((0, "Scan"), (20, "Scan"), (40, "Scan"), (40, "Fax")):
            self.drop(
                self.account,
                message_id="<scan@customer.example>",
                date=f"Tue, 10 Nov 2026 09:30:{second:02} +0100",
                subject=subject,
                text=f"{subject} {second}",
            )
        self.account.sync()
        self.assertEqual(len(self.messages_of(partner)), 4)

    def test_a_copy_through_a_list(self):
        """M5: its subject says so, and perhaps its filter; its date is the same."""
        partner = self.partner()
        for subject in ("Offer", "[sales] Offer", "[EXTERN] Offer"):
            self.drop(
                self.account, make_eml(subject=subject, message_id="<1@x.example>")
            )
        self.account.sync()
        self.assertEqual(len(self.messages_of(partner)), 1)

    def test_not_for_customers_with_access_to_their_company(self):
        """M2: what is filed on a contact is for employees."""
        firm = self.partner(name="Firm", email="firm@customer.example")
        bob = self.partner(name="Bob", email="bob@customer.example", parent_id=firm.id)
        ada = new_test_user(self.env, "ada.portal", groups="base.group_portal")
        ada.partner_id.parent_id = firm
        self.drop(self.account, sender="bob@customer.example", text="About Ada")
        self.account.sync()
        self.assertTrue(bob.with_user(ada).has_access("read"))
        domain = [("id", "in", self.messages_of(bob).ids)]
        for user, count in ((self.colleague.user_id, 1), (ada, 0)):
            messages = self.env["mail.message"].with_user(user)
            self.assertEqual(messages.search_count(domain), count)

    def test_taken_back_with_its_files(self):
        """M4: a mail on the wrong contact leaves nothing among its files."""
        wrong, right = self.partner(email="wrong@x.example"), self.partner(email=False)
        self.drop(self.account, attachments=[("offer.pdf", b"%PDF", "application/pdf")])
        self.account.sync()
        mail = self.mails_of(self.account)
        mail.action_file_on("res.partner", wrong.id)
        mail.action_undo()
        files = self.env["ir.attachment"].search_count(
            [("res_model", "=", "res.partner"), ("res_id", "=", wrong.id)]
        )
        self.assertEqual(files, 0)
        mail.action_file_on("res.partner", right.id)
        parts = self.messages_of(right).attachment_ids
        self.assertEqual(
            [(one.name, one.raw) for one in parts], [("offer.pdf", b"%PDF")]
        )


@tagged("post_install", "-at_install")
class TestMailGateway(ExchangeCase):
    """Odoo's own mail server gets a mail that a user has filed before."""

    def setUp(self):
        super().setUp()
        self.account = self.new_account()
        self.domain = self.env["mail.alias.domain"].create({"name": "alias.example"})
        self.contact = self.partner()
        self.raw = make_eml(
            to="desk@alias.example, user@contoso.example",
            attachments=[("offer.pdf", b"%PDF", "application/pdf")],
        )

    def alias(self, **values):
        model = self.env["ir.model"]._get("res.partner")
        self.env["mail.alias"].create(
            {
                "alias_name": "desk",
                "alias_domain_id": self.domain.id,
                "alias_model_id": model.id,
                "alias_contact": "everyone",
                **values,
            }
        )

    def receive(self):
        return self.env["mail.thread"].message_process(False, self.raw)

    def test_it_still_makes_what_its_alias_makes(self):
        """M5: a lead, a task, an application: here another contact."""
        self.alias(alias_defaults="{'name': 'By the alias'}")
        self.drop(self.account, self.raw)
        self.account.sync()
        made = self.env["res.partner"].browse(self.receive())
        self.assertTrue(made.exists())
        self.assertNotEqual(made, self.contact)
        self.assertEqual(len(self.messages_of(made)), 1)
        ours = self.messages_of(self.contact)
        self.assertEqual(len(ours), 1)
        self.assertEqual(ours.message_id, self.messages_of(made).message_id)
        self.assertFalse(self.receive(), "but once only")
        # And a colleague's copy is known.
        colleague = self.new_account()
        self.drop(colleague, self.raw)
        colleague.sync()
        self.assertEqual(len(self.messages_of(self.contact)), 1)

    def test_odoos_own_addresses_are_no_contacts(self):
        """M4 C27: nobody is asked whose address that of an alias is."""
        self.alias()
        self.drop(
            self.account,
            direction="outgoing",
            sender=self.account.login,
            to="new@customer.example",
            cc="desk@alias.example, catchall@alias.example",
        )
        self.account.sync()
        mail = self.mails_of(self.account)
        self.assertEqual(mail.waiting_addresses, ["new@customer.example"])
        partner = self.partner(email="new@customer.example")
        mail.action_file_on("res.partner", partner.id)
        self.assertEqual(mail.state, "filed")

    def test_where_both_put_it_it_is_once(self):
        self.alias(alias_force_thread_id=self.contact.id)
        self.drop(self.account, self.raw)
        self.account.sync()
        self.receive()
        message = self.messages_of(self.contact)
        self.assertEqual(len(message), 1)
        self.assertEqual(self.mails_of(self.account).message_ids, message)
        self.assertEqual(len(message.attachment_ids), 1)
        files = self.env["ir.attachment"].search_count(
            [("res_model", "=", "res.partner"), ("res_id", "=", self.contact.id)]
        )
        self.assertEqual(files, 1)
