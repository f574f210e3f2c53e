from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .contact_case import ContactCase


@tagged("post_install", "-at_install", "exchange_access")
class TestContactAccess(ContactCase):
    """Nobody subscribes to, or learns of, what he may not read."""

    def setUp(self):
        super().setUp()
        self.hidden_company = self.env["res.company"].create({"name": "Other"})

    def _hide(self, partners):
        """Of a company the user does not belong to."""
        partners.company_id = self.hidden_company

    def test_what_cannot_be_read_cannot_be_subscribed(self):
        hidden, ada = self.partner(name="Hidden"), self.partner()
        self._hide(hidden)
        for work in (
            lambda: self.subscribe(hidden + ada),
            lambda: hidden.with_user(self.user).write({"exchange_subscribed": True}),
        ):
            with self.assertRaises(AccessError):
                work()
        self.assertFalse(self.account.subscription_ids)

    def test_a_company_with_hidden_contact_persons(self):
        company = self.partner(name="Contoso", is_company=True)
        hidden = self.partner(name="Hidden", parent_id=company.id)
        self.partner(parent_id=company.id)
        self._hide(hidden)
        self.subscribe(company, with_children=True)
        self.sync()
        self.assertEqual(self.names(), ["Ada Lovelace", "Contoso"])

    def test_a_lost_right_ends_the_subscription(self):
        self.account.contact_delete_on_unsubscribe = True
        ada, bob = self.partner(), self.partner(name="Bob")
        self.subscribe(ada + bob)
        self.sync()
        self._hide(ada)
        self.sync()
        self.assertEqual(self.names(), ["Bob"])
        self.assertFalse(self.row(ada))

    def test_a_new_rule_ends_the_subscription_at_the_next_run(self):
        self.account.contact_delete_on_unsubscribe = True
        ada, bob = self.partner(), self.partner(name="Bob")
        self.subscribe(ada + bob)
        self.sync()
        self.env["ir.rule"].create(
            {
                "name": "Only Bob",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "domain_force": "[('name', '!=', 'Ada Lovelace')]",
                "groups": [Command.link(self.env.ref("base.group_user").id)],
            }
        )
        self.sync()
        self.assertEqual(self.names(), ["Bob"])

    def test_another_company_of_the_user(self):
        self.user.company_ids += self.hidden_company
        ada = self.partner()
        self._hide(ada)
        self.subscribe(ada)
        self.sync()
        self.assertEqual(self.names(), ["Ada Lovelace"])
        self.account.contact_delete_on_unsubscribe = True
        self.user.company_ids -= self.hidden_company
        self.sync()
        self.assertEqual(self.names(), [])

    def test_hidden_own_customers_do_not_join(self):
        hidden = self.partner(name="Hidden", user_id=self.user.id)
        self._hide(hidden)
        self.partner(user_id=self.user.id)
        self.account.contact_subscribe_own_customers = True
        self.sync()
        self.assertEqual(self.names(), ["Ada Lovelace"])

    def test_nothing_of_a_hidden_company_goes_along(self):
        company = self.partner(
            "c@x.example",
            name="Contoso",
            is_company=True,
            website="https://secret.example",
            street="Secret Street",
        )
        ada = self.partner(parent_id=company.id, type="other")
        self._hide(company)
        ada.company_id = False
        self.subscribe(ada)
        self.sync()
        self.assertNotIn("ecret", str(self.item("Ada Lovelace").data))

    def test_who_has_it(self):
        other = new_test_user(self.env, "olga", name="Olga")
        portal = new_test_user(self.env, "peter", groups="base.group_portal")
        ada = self.partner()
        self.subscribe(ada)
        self.user.name = "Anna"
        for user, names in ((self.user, "Anna"), (other, "Anna"), (portal, False)):
            seen = ada.sudo(user == portal).with_user(user)
            if user != portal:
                self.assertEqual(seen.exchange_subscriber_names, names)
        shown = portal.partner_id.with_user(portal)
        self.subscribe(portal.partner_id)
        self.assertFalse(shown.exchange_subscriber_names)
        self.assertFalse(ada.with_user(other).exchange_subscribed)
        self.assertFalse(ada.with_user(other).exchange_subscription_ids)
        self.assertFalse(ada.with_user(other).exchange_subscription_id)

    def test_portal_users_do_not_subscribe(self):
        portal = new_test_user(self.env, "peter", groups="base.group_portal")
        with self.assertRaises(AccessError):
            portal.partner_id.with_user(portal).action_exchange_subscribe()

    def test_the_filter_finds_the_own_ones(self):
        other = new_test_user(self.env, "olga")
        ada, bob = self.partner(), self.partner(name="Bob")
        self.subscribe(ada)
        for user, wanted, found in (
            (self.user, True, ada),
            (self.user, False, bob),
            (other, True, ada.browse()),
            (other, False, ada + bob),
        ):
            partners = self.env["res.partner"].with_user(user)
            domain = [
                ("exchange_subscribed", "=", wanted),
                ("id", "in", (ada + bob).ids),
            ]
            self.assertEqual(partners.search(domain), found)

    def test_it_is_written_like_any_field(self):
        self.user.group_ids += self.env.ref("base.group_partner_manager")
        partners = self.env["res.partner"].with_user(self.user)
        ada = partners.create({"name": "Ada", "exchange_subscribed": True})
        self.assertTrue(ada.exchange_subscribed)
        ada.write({"exchange_subscribed": False, "phone": "+44 1"})
        self.assertFalse(ada.exchange_subscribed)
        self.assertEqual(ada.phone, "+44 1")

    def test_the_brake_is_the_owners(self):
        other = new_test_user(self.env, "olga")
        for name in ("continue", "keep"):
            action = getattr(
                self.account.with_user(other), f"action_contact_brake_{name}"
            )
            with self.assertRaises(AccessError):
                action()

    def test_nobody_elses_row_is_touched(self):
        other = new_test_user(self.env, "olga")
        ada = self.partner()
        self.subscribe(ada)
        row = self.row(ada)
        row.state = "failed"
        for action in ("action_retry", "action_end"):
            with self.assertRaises(AccessError):
                getattr(row.with_user(other), action)()
        self.assertEqual(row.state, "failed")

    def test_a_row_whose_contact_may_not_be_read_any_more(self):
        """Until the next run ends it, it shows nothing, and can be ended by hand."""
        ada = self.partner(phone="+44 1")
        self.subscribe(ada)
        self.sync()
        self.change_in_outlook(self.item("Ada Lovelace"), jobTitle="Poet")
        self.sync()
        row = self.row(ada).with_user(self.user)
        self.assertIn("Poet", row.difference_text)
        changed = [("is_changed", "=", True)]
        self.assertEqual(row.search(changed), row)
        with self.assertRaises(AccessError):
            row.read(["remote_difference"])
        with self.assertRaises(AccessError):
            row.search([("remote_difference", "!=", False)])
        self._hide(ada)
        row.invalidate_recordset()
        shown = row.web_search_read(
            [], {"display_name": {}, "difference_text": {}, "is_changed": {}}
        )["records"]
        self.assertEqual(
            shown,
            [
                {
                    "id": row.id,
                    "display_name": "Contact that you may not read",
                    "difference_text": False,
                    "is_changed": False,
                }
            ],
        )
        row.action_end()
        self.sync()
        self.assertFalse(self.account.subscription_ids)

    def test_nothing_is_found_by_what_may_not_be_read(self):
        other = new_test_user(self.env, "olga", groups="base.group_user")
        ada = self.partner()
        self.subscribe(ada)
        self._hide(ada)
        mine = self.env["res.partner"].with_user(self.user)
        self.assertFalse(mine.search([("exchange_subscribed", "=", True)]))
        self.assertFalse(mine.search_count([("exchange_subscribed", "=", True)]))
        ada.company_id = False
        theirs = self.env["res.partner"].with_user(other)
        for domain in (
            [("exchange_subscription_ids.user_id", "=", self.user.id)],
            [("exchange_subscription_ids.account_id.login", "ilike", "contoso")],
        ):
            self.assertFalse(theirs.search([("id", "=", ada.id), *domain]), domain)
        self.assertFalse(theirs.env["exchange.subscription"].search([]))

    def test_import_and_export(self):
        for group in ("base.group_partner_manager", "base.group_allow_export"):
            self.user.group_ids += self.env.ref(group)
        other = self.new_account()
        ada, hidden = self.partner(), self.partner(name="Hidden")
        ada.with_user(other.user_id).action_exchange_subscribe()
        self._hide(hidden)
        mine = self.env["res.partner"].with_user(self.user)
        rows = [[str(ada.id), "1"], [str(hidden.id), "1"]]
        with mute_logger("odoo.sql_db"):
            result = mine.load([".id", "exchange_subscribed"], rows)
        self.assertTrue(result["messages"])
        self.assertFalse(self.row(hidden))
        names = ["exchange_subscription_ids/account_id/login", "exchange_subscribed"]
        found = ada.with_user(self.user).export_data(names)["datas"]
        self.assertEqual(found, [["", False]])

    def test_names_only_of_users_who_may_be_seen(self):
        other = new_test_user(self.env, "olga")
        ada = self.partner()
        self.subscribe(ada)
        self.assertTrue(ada.with_user(other).exchange_subscriber_names)
        self.env["ir.rule"].create(
            {
                "name": "Nobody else",
                "model_id": self.env["ir.model"]._get_id("res.users"),
                "domain_force": "[('id', '=', user.id)]",
                "groups": [Command.link(self.env.ref("base.group_user").id)],
            }
        )
        ada.invalidate_recordset()
        self.assertFalse(ada.with_user(other).exchange_subscriber_names)
        self.assertTrue(ada.with_user(self.user).exchange_subscriber_names)

    def test_two_users_with_different_rights(self):
        company = self.partner(
            "c@x.example", name="Contoso", is_company=True, city="Rome"
        )
        ada = self.partner(parent_id=company.id, type="other")
        self._hide(company)
        ada.company_id = False
        self.subscribe(ada)
        self.sync()
        first = self.item("Ada Lovelace")
        self.account = self.new_account()
        self.user = self.account.user_id
        self.user.company_ids += self.hidden_company
        self.subscribe(ada)
        self.sync()
        self.assertFalse(first.data["businessAddress"])
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
        self._hide(people)
        self.sync("partial")
        self.assertEqual(self.account.contact_brake, 30)
        people.company_id = False
        self.sync()
        self.assertFalse(self.account.contact_brake)
        self.assertEqual(self.states(), {"synced"})
        self.assertEqual(len(self.ours()), 30)
        self.assertEqual(self.counts(self.sync()), (0, 0, 0, 0, 0))
