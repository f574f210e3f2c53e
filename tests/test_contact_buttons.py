from lxml import etree

from odoo import Command
from odoo.exceptions import AccessError, RedirectWarning, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools.safe_eval import safe_eval

from .common import ExchangeCase


@tagged("post_install", "-at_install")
class TestContactButtons(ExchangeCase):
    """What users press to have contacts in their Outlook, and what they are told."""

    def setUp(self):
        super().setUp()
        self.account = self.new_account()
        self.user = self.account.user_id

    def mine(self, partners):
        return partners.with_user(self.user)

    def said(self, action):
        return action["params"]["message"]

    def test_one(self):
        ada = self.mine(self.partner())
        self.assertFalse(ada.exchange_subscription_state)
        said = self.said(ada.action_exchange_subscribe())
        self.assertIn("The contact will be in your Outlook", said)
        self.assertEqual(ada.exchange_subscription_state, "pending")
        self.account.sync()
        self.assertEqual(ada.exchange_subscription_state, "synced")
        self.assertTrue(ada.exchange_synced_on)
        action = ada.action_exchange_open_subscription()
        row = self.env[action["res_model"]].with_user(self.user)
        self.assertEqual(row.browse(action["res_id"]).partner_id, ada)

    def test_with_all_contact_persons(self):
        company = self.partner(None, name="Example AG", is_company=True)
        persons = self.partner(name="Ada", parent_id=company.id)
        persons += self.partner(name="Bob", parent_id=company.id)
        self.mine(company).action_exchange_subscribe(True)
        self.assertTrue(all(self.mine(persons + company).mapped("exchange_subscribed")))

    def test_what_came_of_many(self):
        partners = self.partner(name="Ada") + self.partner(name="Bob")
        partners += self.partner(name="Old", active=False)
        self.mine(partners[0]).action_exchange_subscribe()
        said = self.said(self.mine(partners).action_exchange_subscribe())
        self.assertIn("The contact will be in your Outlook", said)
        self.assertIn("1 were subscribed already", said)
        self.assertIn("1 were left out because they are archived", said)

    def test_take_out(self):
        ada = self.mine(self.partner())
        none = self.said(ada.action_exchange_unsubscribe())
        self.assertIn("None of these contacts", none)
        ada.action_exchange_subscribe()
        self.assertIn("It stays there", self.said(ada.action_exchange_unsubscribe()))
        ada.action_exchange_subscribe()
        self.account.contact_delete_on_unsubscribe = True
        said = self.said(ada.action_exchange_unsubscribe())
        self.assertIn("will be deleted in Outlook", said)

    def test_deleted_contact_cannot_be_opened(self):
        ada = self.partner()
        self.mine(ada).action_exchange_subscribe()
        self.account.sync(["contact"])
        ada.unlink()
        row = self.account.subscription_ids.with_user(self.user)
        self.assertEqual(row.display_name, "Deleted contact")
        with self.assertRaisesRegex(UserError, "has been deleted in Odoo"):
            row.action_open_partner()

    def test_without_a_mailbox(self):
        """The button says what to do and leads there; nothing is subscribed."""
        user = new_test_user(self.env, "nora")
        ada = self.partner().with_user(user)
        with self.assertRaisesRegex(
            RedirectWarning, "connected your mailbox"
        ) as caught:
            ada.action_exchange_subscribe()
        action = self.env.ref("exchange_connector.action_open_my_mailbox")
        self.assertEqual(caught.exception.args[1], action.id)
        self.assertFalse(ada.exchange_subscribed)

    def test_what_may_not_be_read_is_not_subscribed(self):
        secret = self.partner(name="Secret")
        self.env["ir.rule"].create(
            {
                "name": "Not this one",
                "model_id": self.env.ref("base.model_res_partner").id,
                "domain_force": f"[('id', '!=', {secret.id})]",
            }
        )
        with self.assertRaises(AccessError):
            self.mine(secret).action_exchange_subscribe()

    def test_filters(self):
        partners = self.partner(name="Ada") + self.partner(name="Bob")
        partners += self.partner(name="Eve")
        mine = self.mine(partners)
        mine[0].action_exchange_subscribe()
        self.account.sync()
        mine[1].action_exchange_subscribe()
        view = self.env.ref("exchange_connector.view_res_partner_filter")
        found = {}
        for name in ("exchange_subscribed", "exchange_not_synchronised"):
            domain = self.domain_of(view, name)
            found[name] = mine.search([("id", "in", partners.ids), *domain])
        self.assertEqual(found["exchange_subscribed"], mine[0] + mine[1])
        self.assertEqual(found["exchange_not_synchronised"], mine[1])

    def domain_of(self, view, name):
        """The domain of a filter, as the user's browser evaluates it."""
        arch = self.env["res.partner"].get_view(view.inherit_id.id, "search")["arch"]
        node = etree.fromstring(arch).find(f".//filter[@name='{name}']")
        return safe_eval(node.get("domain"), {"uid": self.user.id})

    def test_import_of_the_flag(self):
        for group in ("base.group_partner_manager", "base.group_allow_export"):
            self.user.group_ids = [Command.link(self.env.ref(group).id)]
        ada = self.mine(self.partner())
        rows = [[str(ada.id), "1"]]
        self.assertFalse(ada.load([".id", "exchange_subscribed"], rows)["messages"])
        self.assertTrue(ada.exchange_subscribed)
        self.assertEqual(ada.export_data(["exchange_subscribed"])["datas"], [[True]])

    def test_difference_in_words(self):
        ada = self.partner(phone="+49 228 1")
        self.mine(ada).action_exchange_subscribe()
        row = self.mine(ada).exchange_subscription_id.sudo()
        row.remote_difference = {
            "businessPhones": {"odoo": ["+49 228 1"], "outlook": ["+49 228 2"]},
            "jobTitle": {"odoo": "Owner", "outlook": None},
        }
        self.assertEqual(
            row.difference_text,
            "Phone: +49 228 2 in Outlook, +49 228 1 in Odoo\n"
            "Job Position: nothing in Outlook, Owner in Odoo",
        )

    def test_preview(self):
        """Own customers are counted before they are subscribed."""
        ada, bob = self.partner(name="Ada"), self.partner(name="Bob")
        self.mine(ada).action_exchange_subscribe()
        (bob + ada).user_id = self.user
        self.assertEqual(self.previewed()["count"], 1)
        self.account.contact_subscribe_own_customers = True
        self.assertEqual(self.previewed()["count"], 2)

    def previewed(self):
        return next(row for row in self.account._preview() if row["kind"] == "contact")
