from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged

from .common import PIXEL, ExchangeCase, make_eml

ADA = "ada@customer.example"


@tagged("post_install", "-at_install")
class TestMailDecisions(ExchangeCase):
    """A user files, ignores and remembers; nothing is lost and nothing doubled."""

    def waiting(self, account, eml=None, **values):
        """A mail that waits, as its user sees it."""
        self.drop(account, eml, **values)
        account.sync()
        return self.mails_of(account).filtered(lambda mail: mail.state == "to_assign")

    def test_one_click_on_a_candidate(self):
        account = self.new_account()
        one, other = self.partner(city="Köln"), self.partner(name="Ada at home")
        mail = self.waiting(
            account,
            html='<p><img src="cid:pic"></p>',
            inline=[("pic", PIXEL, "image/png")],
            attachments=[("offer.pdf", b"%PDF", "application/pdf")],
        )
        self.assertEqual(mail.waiting_reason, "ambiguous")
        self.assertEqual(mail.candidate_ids, one + other)
        self.assertEqual(mail.candidate_info[0]["city"], "Köln")
        mail.action_file_on("res.partner", other.id)
        self.assertEqual(mail.state, "filed")
        message = self.messages_of(other)
        self.assertEqual((len(message), message.author_id), (1, other))
        self.assertFalse(self.messages_of(one))
        picture = message.attachment_ids.filtered(lambda part: part.raw == PIXEL)
        self.assertIn(f"/web/image/{picture.id}?access_token=", message.body)
        self.assertIn("offer.pdf", message.attachment_ids.mapped("name"))
        self.assertEqual(set(message.attachment_ids.mapped("res_id")), {other.id})
        self.assertEqual(str(message.date), "2026-11-10 08:30:00")
        self.assertEqual(account.sync().found, 0)

    def test_undo(self):
        account = self.new_account()
        one = self.partner()
        self.partner(name="Ada at home")
        mail = self.waiting(account)
        mail.action_file_on("res.partner", one.id)
        mail.action_undo()
        self.assertEqual((mail.state, mail.waiting_addresses), ("to_assign", [ADA]))
        self.assertFalse(self.messages_of(one))
        with self.assertRaises(UserError):
            mail.action_undo()
        mail.action_ignore()
        self.assertEqual(mail.state, "ignored")
        mail.action_undo()
        mail.action_file_on("res.partner", one.id)
        self.assertEqual(len(self.messages_of(one)), 1)

    def test_a_new_contact_is_offered_at_once(self):
        account = self.new_account()
        mail = self.waiting(account, sender="Ada Lovelace <ada@customer.example>")
        self.assertEqual(mail.waiting_reason, "unknown")
        person = {"address": ADA, "name": "Ada Lovelace"}
        self.assertEqual(mail.waiting_people, [person])
        ada = self.partner()
        mail.invalidate_recordset()
        self.assertEqual(mail.candidate_ids, ada)
        ada.action_archive()
        mail.invalidate_recordset()
        self.assertFalse(mail.candidate_ids)

    def test_create_contact_files_on_save(self):
        account = self.new_account()
        account.user_id.group_ids = [
            Command.link(self.env.ref("base.group_partner_manager").id)
        ]
        mail = self.waiting(account, sender="Ada Lovelace <ada@customer.example>")
        action = mail.action_create_contact()
        partners = self.env["res.partner"].with_user(account.user_id)
        with Form(partners.with_context(**action["context"])) as form:
            self.assertEqual((form.name, form.email), ("Ada Lovelace", ADA))
        self.assertEqual(mail.state, "filed")
        self.assertEqual(len(self.messages_of(form.record)), 1)

    def test_file_on_a_document(self):
        account = self.new_account()
        mail = self.waiting(account)
        document = self.env["res.partner"].create({"name": "A project"})
        account.user_id.group_ids = [
            Command.link(self.env.ref("base.group_partner_manager").id)
        ]
        mail.action_file_on("res.partner", document.id)
        self.assertEqual(len(self.messages_of(document)), 1)
        with self.assertRaises(UserError):
            mail.action_file_on("res.partner", document.id)

    def test_not_on_what_one_may_not_use(self):
        account = self.new_account()
        mail = self.waiting(account)
        company = self.env["res.company"].create({"name": "Other"})
        hidden = self.partner(company_id=company.id)
        with self.assertRaises(AccessError):
            mail.action_file_on("res.partner", hidden.id)
        for model in ("ir.config_parameter", "discuss.channel", "exchange.mail", "x"):
            with self.assertRaises(UserError):
                mail.action_file_on(model, 1)
        self.assertEqual(mail.state, "to_assign")

    def test_only_the_owner_decides(self):
        account = self.new_account()
        ada = self.partner()
        self.partner(name="Ada at home")
        mail = self.waiting(account)
        other = new_test_user(self.env, "other", groups="base.group_user")
        admin = self.env.ref("base.user_admin")
        for user in (other, admin):
            foreign = mail.with_user(user)
            self.assertFalse(foreign.search([("id", "=", mail.id)]))
            for call in (
                lambda foreign=foreign: foreign.action_file_on("res.partner", ada.id),
                foreign.action_ignore,
                foreign.action_undo,
                lambda foreign=foreign: foreign.read(["subject"]),
            ):
                with self.assertRaises(AccessError):
                    call()
        account.user_id.action_archive()
        mail.with_user(admin).action_file_on("res.partner", ada.id)
        self.assertEqual(len(self.messages_of(ada)), 1)

    def test_what_nobody_decided_is_not_taken_back(self):
        account = self.new_account()
        ada = self.partner()
        self.drop(account)
        account.sync()
        with self.assertRaisesRegex(UserError, "Nobody decided about this e-mail"):
            self.mails_of(account).action_undo()
        self.assertEqual(len(self.messages_of(ada)), 1)

    def test_only_the_one_who_decided_takes_it_back(self):
        mine, hers = self.new_account(), self.new_account()
        one = self.partner()
        self.partner(name="Ada at home")
        eml = make_eml()
        mail = self.waiting(mine, eml)
        self.waiting(hers, eml)
        mail.with_user(hers.user_id).action_file_on("res.partner", one.id)
        self.assertFalse(mail.with_user(mine.user_id).can_undo)
        with self.assertRaisesRegex(UserError, "decided about this"):
            mail.with_user(mine.user_id).action_undo()
        self.assertEqual(len(self.messages_of(one)), 1)
        mail.with_user(hers.user_id).action_undo()
        self.assertFalse(self.messages_of(one))

    def test_remembered_choice(self):
        account = self.new_account()
        one, other = self.partner(), self.partner(name="Ada at home")
        mails = self.waiting(account, subject="first")
        mails += self.waiting(account, subject="second") - mails
        mails[0].action_file_on("res.partner", other.id, remember=True)
        self.assertEqual(mails.mapped("state"), ["filed", "filed"])
        self.drop(account, subject="third")
        self.assertEqual(account.sync().filed, 1)
        self.assertEqual(len(self.messages_of(other)), 3)
        self.assertFalse(self.messages_of(one))
        rule = self.env["exchange.address.rule"].search([("address", "=", ADA)])
        self.assertEqual(rule.record_name, other.display_name)
        other.unlink()
        self.env.invalidate_all()
        self.assertEqual(rule.record_name, "a deleted record")

    def test_a_rule_holds_for_its_user_and_opens_nothing(self):
        account, colleague = self.new_account(), self.new_account()
        one, other = self.partner(), self.partner(name="Ada at home")
        mail = self.waiting(account)
        mail.action_file_on("res.partner", other.id, remember=True)
        self.drop(colleague, subject="for the colleague")
        self.assertEqual(colleague.sync().waiting, 1)
        company = self.env["res.company"].create({"name": "Other"})
        other.company_id = company
        self.drop(account, subject="after the contact moved away")
        account.sync()
        self.assertEqual(len(self.messages_of(other)), 1)
        self.assertEqual(len(self.messages_of(one)), 1)

    def test_rules_for_everybody_are_the_administrators(self):
        account = self.new_account()
        mail = self.waiting(account)
        with self.assertRaises(AccessError):
            mail.action_ignore(remember=True, for_all=True)
        rules = self.env["exchange.address.rule"]
        with self.assertRaises(AccessError):
            rules.with_user(account.user_id).create(
                {"address": "@x.example", "user_id": False}
            )
        rule = rules.create({"address": "@Customer.example", "user_id": False})
        self.assertEqual(rule.address, "@customer.example")
        self.drop(account, subject="skipped")
        self.drop(account, make_eml("colleague@own.example"), subject="asked")
        run = account.sync()
        self.assertEqual((run.waiting, run.failed), (1, 0))
        with self.assertRaises(AccessError):
            rule.with_user(account.user_id).unlink()

    def test_a_rule_made_by_hand_holds_for_what_waits_already(self):
        account, colleague = self.new_account(), self.new_account()
        mails = self.waiting(account, subject="first")
        mails += self.waiting(account, sender="bob@customer.example") - mails
        other = self.waiting(account, sender="eve@elsewhere.example") - mails
        hers = self.waiting(colleague, subject="hers")
        rules = self.env["exchange.address.rule"].with_user(account.user_id)
        rules.create({"address": "@customer.example"})
        self.assertEqual(mails.mapped("state"), ["ignored", "ignored"])
        self.assertEqual((other.state, hers.state), ("to_assign", "to_assign"))
        mails.with_user(account.user_id).action_undo()
        self.assertEqual(mails.mapped("state"), ["to_assign", "to_assign"])
        rules.create({"address": "eve@elsewhere.example"})
        self.assertEqual(mails.mapped("state"), ["to_assign", "to_assign"])
        self.assertEqual(other.state, "ignored")

    def test_a_rule_for_one_address_leaves_the_others_waiting(self):
        account = self.new_account()
        to = f"{ADA}, bob@customer.example"
        raw = make_eml(sender=account.login, to=to)
        self.drop(account, raw, "outgoing")
        account.sync()
        mail = self.mails_of(account).with_user(account.user_id)
        rules = self.env["exchange.address.rule"].with_user(account.user_id)
        rules.create({"address": ADA})
        self.assertEqual(mail.state, "to_assign")
        self.assertEqual(mail.waiting_addresses, ["bob@customer.example"])
        rules.create({"address": "bob@customer.example"})
        self.assertEqual(mail.state, "ignored")

    def test_the_rule_of_an_address_goes_before_that_of_its_domain(self):
        account = self.new_account()
        account.user_id.group_ids = [
            Command.link(self.env.ref("base.group_partner_manager").id)
        ]
        one = self.partner()
        self.partner(name="Ada at home")
        mails = self.waiting(account, subject="first")
        mails.action_file_on("res.partner", one.id, remember=True)
        mails.action_undo()
        rules = self.env["exchange.address.rule"].with_user(account.user_id)
        rules.create({"address": "@customer.example"})
        self.assertEqual(mails.state, "to_assign", "what was taken back stays so")
        self.drop(account, subject="second")
        self.assertEqual(account.sync().filed, 1)

    def test_skipped_mails_stay_in_outlook(self):
        account = self.new_account(mail_delete_after_transfer=True)
        self.env["exchange.address.rule"].create(
            {"address": ADA, "user_id": account.user_id.id}
        )
        item = self.drop(account)
        run = account.sync()
        self.assertEqual((run.waiting, run.filed, run.deleted), (0, 0, 0))
        self.assertTrue(self.in_folder(account, item))

    def test_a_skipped_mail_can_be_filed_later_as_it_was(self):
        account = self.new_account()
        self.env["exchange.address.rule"].create(
            {"address": ADA, "user_id": account.user_id.id}
        )
        self.drop(account, attachments=[("offer.pdf", b"%PDF", "application/pdf")])
        account.sync()
        mail, ada = self.mails_of(account), self.partner()
        self.assertEqual(mail.state, "ignored")
        mail.action_file_on("res.partner", ada.id)
        message = self.messages_of(ada)
        self.assertIn("please call me", message.body)
        self.assertEqual(message.attachment_ids.mapped("name"), ["offer.pdf"])

    def test_outgoing_mail_with_several_choices(self):
        account = self.new_account()
        one, other = self.partner(), self.partner(name="Ada at home")
        bob = self.partner("bob@customer.example", name="Bob")
        bobs = self.partner("bob@customer.example", name="Bob at home")
        raw = make_eml(sender=account.login, to=f"{ADA}, bob@customer.example")
        self.drop(account, raw, "outgoing")
        account.sync()
        mail = self.mails_of(account)
        self.assertEqual(mail.candidate_ids, one + other + bob + bobs)
        mail.action_file_on("res.partner", other.id)
        self.assertEqual(mail.state, "to_assign")
        self.assertEqual(mail.waiting_addresses, ["bob@customer.example"])
        mail.action_file_on("res.partner", bob.id)
        self.assertEqual(mail.state, "filed")
        for partner, number in ((one, 0), (other, 1), (bob, 1), (bobs, 0)):
            self.assertEqual(len(self.messages_of(partner)), number)

    def test_folder_that_stands_for_a_record(self):
        account = self.new_account()
        self.partner()
        account.user_id.group_ids = [
            Command.link(self.env.ref("base.group_partner_manager").id)
        ]
        project = self.env["res.partner"].create({"name": "A project"})
        folder = account.folder_ids.filtered(lambda row: row.direction == "incoming")
        folder.write({"res_model": "res.partner", "res_id": project.id})
        self.drop(account, sender="unknown@customer.example")
        run = account.sync()
        self.assertEqual((run.filed, run.waiting), (1, 0))
        self.assertEqual(len(self.messages_of(project)), 1)

    def test_counter_and_list_of_many_mails(self):
        account = self.new_account()
        rows = self.env["exchange.mail"].create(
            [
                {
                    "fingerprint": f"incoming:{number}",
                    "subject": f"Mail {number}",
                    "direction": "incoming",
                    "state": "to_assign",
                    "waiting_addresses": [f"p{number}@x.example"],
                }
                for number in range(500)
            ]
        )
        self.env["exchange.mail.source"].create(
            [
                {"mail_id": row.id, "account_id": account.id, "remote_id": str(row.id)}
                for row in rows
            ]
        )
        mine = self.env["exchange.mail"].with_user(account.user_id)
        mine.count_waiting()
        self.env.invalidate_all()
        with self.assertQueryCount(1):
            self.assertEqual(mine.count_waiting(), 500)
