from odoo import fields
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common_http import ExchangeHttpCase


@tagged("post_install", "-at_install", "exchange_screens")
class TestContactTours(ExchangeHttpCase):
    """A plain internal user in a real browser puts contacts into his Outlook."""

    def start(self, account, tour, path="/odoo/contacts"):
        self.start_tour(path, tour, login=account.user_id.login)
        self.env.invalidate_all()

    def subscribed(self, account):
        partners = self.env["res.partner"].with_user(account.user_id)
        return partners.search([("exchange_subscribed", "=", True)])

    def test_one_contact_and_a_company(self):
        account, other = self.new_account(), self.new_account()
        ada = self.partner()
        ada.with_user(other.user_id).action_exchange_subscribe()
        company = self.partner(None, name="Example AG", is_company=True)
        for name in ("Bob", "Eve"):
            self.partner(name=name, parent_id=company.id)
        self.start(account, "exchange_connector_subscribe")
        names = sorted(self.subscribed(account).mapped("name"))
        self.assertEqual(names, ["Ada Lovelace", "Bob", "Eve", "Example AG"])
        self.assertEqual(account.sync(["contact"]).created, 4)

    @mute_logger("odoo.http")
    def test_without_a_mailbox(self):
        new_test_user(self.env, "nora", tz="Europe/Berlin")
        self.partner()
        self.start_tour(
            "/odoo/contacts",
            "exchange_connector_subscribe_without_mailbox",
            login="nora",
        )

    def test_many_in_the_list(self):
        account = self.new_account()
        for number in range(3):
            self.partner(f"bulk{number}@x.example", name=f"Bulk {number}")
        self.start(account, "exchange_connector_subscribe_many")
        self.assertFalse(self.subscribed(account))

    def test_list_of_subscriptions(self):
        account = self.new_account()
        ada = self.partner(name="Ada")
        bob = self.partner("bob@customer.example", name="Bob", phone="+49 1")
        (ada + bob).with_user(account.user_id).action_exchange_subscribe()
        account.sync(["contact"])
        rows = account.subscription_ids.grouped("partner_id")
        rows[ada].write({"state": "failed", "error": "The address is too odd."})
        rows[bob].remote_difference = {
            "businessPhones": {"odoo": ["+49 1"], "outlook": ["+49 2"]}
        }
        self.start(account, "exchange_connector_my_contacts", "/odoo/discuss")
        self.assertEqual(rows[ada].state, "pending")
        self.assertEqual(account.requested_kinds, "contact")

    def test_brake(self):
        account = self.new_account()
        account.contact_brake = 30
        self.start(account, "exchange_connector_brake", "/odoo/exchange-mails")
        self.assertFalse(account.contact_brake)
        self.assertEqual(account.requested_kinds, "contact")

    def test_buttons_that_help(self):
        account = self.new_account()
        mail = self.env["exchange.mail"].create(
            {
                "fingerprint": "incoming:1",
                "subject": "Odd",
                "email_from": "ada@customer.example",
                "direction": "incoming",
                "state": "failed",
                "date": fields.Datetime.now(),
            }
        )
        self.env["exchange.mail.source"].create(
            {"mail_id": mail.id, "account_id": account.id, "remote_id": "1"}
        )
        account.state = "reconnect"
        self.start(
            account, "exchange_connector_helping_buttons", "/odoo/exchange-mails"
        )
        self.assertTrue(mail.source_ids.retry)
