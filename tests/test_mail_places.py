from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common import ExchangeCase

CONTACT_MANAGER = "base.group_partner_manager"


@tagged("post_install", "-at_install")
class TestMailPlaces(ExchangeCase):
    """Where a user may file: what is offered, what he used last, whole folders."""

    def allow(self, account, group=CONTACT_MANAGER):
        account.user_id.group_ids = [Command.link(self.env.ref(group).id)]

    def mine(self, account):
        return self.env["exchange.mail"].with_user(account.user_id)

    def waiting(self, account, number=1):
        for index in range(number):
            self.drop(account, subject=f"Mail {index}")
        account.sync()
        return self.mine(account).search([("state", "=", "to_assign")])

    def test_models_offered(self):
        offered = self.mine(self.new_account()).chatter_models()
        self.assertEqual(offered[0], {"model": "res.partner", "name": "Contact"})
        models = [row["model"] for row in offered]
        self.assertIn("calendar.event", models)
        for model in ("res.users", "discuss.channel", "exchange.mail", "mail.thread"):
            self.assertNotIn(model, models)
        administrators = self.env["exchange.mail"].with_user(
            self.env.ref("base.user_admin")
        )
        self.assertGreater(len(administrators.chatter_models()), len(offered))

    def test_records_used_last(self):
        account = self.new_account()
        mails = self.waiting(account, 4)
        contacts = [self.partner(None, name=f"Contact {i}") for i in range(3)]
        order = [contacts[0], contacts[1], contacts[0], contacts[2]]
        for minute, (mail, contact) in enumerate(zip(mails, order, strict=True)):
            mail.action_file_on("res.partner", contact.id)
            mail.sudo().decided_on = f"2026-11-10 08:0{minute}:00"
        mine = self.mine(account)
        self.assertEqual(
            mine.recent_records()[0],
            {
                "model": "res.partner",
                "id": contacts[2].id,
                "name": "Contact 2",
                "model_name": "Contact",
            },
        )
        self.assertEqual(
            [row["id"] for row in mine.recent_records()],
            [contacts[2].id, contacts[0].id, contacts[1].id],
        )
        self.assertEqual(len(mine.recent_records(limit=2)), 2)
        contacts[2].company_id = self.env["res.company"].create({"name": "Other"})
        contacts[0].unlink()
        self.assertEqual([row["id"] for row in mine.recent_records()], [contacts[1].id])
        self.assertFalse(self.mine(self.new_account()).recent_records())

    def test_contact_for_one_of_several_addresses(self):
        account = self.new_account()
        eml = self.eml(sender=account.login, to="a@x.example, Bea <b@x.example>")
        self.drop(account, eml, "outgoing")
        account.sync()
        mail = self.mine(account).search([("state", "=", "to_assign")])
        context = mail.action_create_contact("b@x.example")["context"]
        self.assertEqual(
            (context["default_name"], context["default_email"]), ("Bea", "b@x.example")
        )
        first = mail.action_create_contact()["context"]
        self.assertEqual(first["default_email"], "a@x.example")

    def test_counter(self):
        account = self.new_account()
        mine = self.mine(account)
        self.assertIs(mine.count_waiting(), 0)
        self.waiting(account, 2)
        self.assertEqual(mine.count_waiting(), 2)
        other = new_test_user(self.env, "nobody")
        count = self.env["exchange.mail"].with_user(other).count_waiting()
        self.assertIs(count, False)

    def test_folder_for_a_record(self):
        account = self.new_account()
        folder = account.folder_ids.filtered(lambda row: row.direction == "incoming")
        folder = folder.with_user(account.user_id)
        project = self.partner(None, name="A project")
        folder.action_set_record("res.partner", project.id)
        self.assertEqual(folder.record_name, "A project")
        self.drop(account, sender="unknown@customer.example")
        self.assertEqual(account.sync().filed, 1)
        self.assertEqual(len(self.messages_of(project)), 1)
        folder.action_clear_record()
        self.assertFalse(folder.record_name)
        self.drop(account, sender="unknown@customer.example", subject="Another")
        self.assertEqual(account.sync().waiting, 1)

    def test_folder_only_for_what_its_owner_may_use(self):
        account = self.new_account()
        folder = account.folder_ids[0]
        project = self.partner(None, name="A project")
        other = self.new_account().user_id
        with self.assertRaises(AccessError):
            folder.with_user(other).action_set_record("res.partner", project.id)
        with self.assertRaises(AccessError):
            folder.with_user(other).action_clear_record()
        mine = folder.with_user(account.user_id)
        company = self.env["res.company"].create({"name": "Other"})
        hidden = self.partner(None, name="Hidden", company_id=company.id)
        with self.assertRaises(AccessError):
            mine.action_set_record("res.partner", hidden.id)
        with self.assertRaises(UserError):
            mine.action_set_record("ir.config_parameter", 1)
        folder.write({"res_model": "res.partner", "res_id": hidden.id})
        self.assertNotIn("Hidden", mine.record_name)

    def test_a_folder_says_why_nothing_is_filed_on_its_record(self):
        account = self.new_account()
        folder = account.folder_ids[0].with_user(account.user_id)
        project = self.partner(None, name="A project")
        folder.action_set_record("res.partner", project.id)

        def told(problem):
            self.env.invalidate_all()
            told = str(folder.record_problem or "")
            self.assertIn(problem, told)
            self.assertEqual("hoose another record" in told, bool(problem))
            return folder.record_name

        self.assertEqual(told(""), "A project")
        project.active = False
        self.assertEqual(told("archived"), "A project")
        project.active = True
        project.company_id = self.env["res.company"].create({"name": "Other"})
        self.assertEqual(told("rights"), "a record you cannot see")
        project.unlink()
        self.assertEqual(told("deleted"), "a deleted record")
        self.drop(account, sender="unknown@customer.example")
        self.assertEqual(account.sync().waiting, 1)
        folder.sudo().res_model = "of.a.removed.app"
        self.assertEqual(told("deleted"), "a deleted record")
        folder.action_clear_record()
        self.assertFalse(told(""))

    def test_all_failed_ones_again(self):
        account, other = self.new_account(), self.new_account()
        rows = self.env["exchange.mail"].create(
            [
                {"fingerprint": f"incoming:{n}", "direction": "incoming", "state": s}
                for n, s in enumerate(["failed", "failed", "to_assign"])
            ]
        )
        sources = self.env["exchange.mail.source"].create(
            [
                {"mail_id": row.id, "account_id": owner.id, "remote_id": str(row.id)}
                for row, owner in zip(rows, [account, other, account], strict=True)
            ]
        )
        self.mine(account).action_retry_all()
        self.assertEqual(sources.mapped("retry"), [True, False, False])
