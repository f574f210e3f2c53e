import logging
import time

from odoo import Command
from odoo.tests import tagged

from .common import make_eml
from .common_http import ExchangeHttpCase

_logger = logging.getLogger(__name__)

MANY = 10_000
STRANGER = "Nina Neu <new@customer.example>"


@tagged("post_install", "-at_install", "exchange_screens")
class TestAssignTours(ExchangeHttpCase):
    """A plain internal user in a real browser decides about his waiting mails."""

    def waiting(self, account, *mails):
        """Let mails wait; each is (subject, sender)."""
        for subject, sender in mails:
            eml = make_eml(sender=sender, subject=subject)
            self.drop(account, eml)
        self.assertEqual(account.sync().waiting, len(mails))

    def start(self, account, tour, path="/odoo/discuss"):
        self.start_tour(path, tour, login=account.user_id.login)
        self.env.invalidate_all()

    def test_candidates_remember_ignore_undo(self):
        account = self.new_account()
        company = self.env["res.partner"].create(
            {"name": "Example AG", "is_company": True}
        )
        work = self.partner(name="Ada at work", city="Köln", parent_id=company.id)
        home = self.partner(name="Ada at home")
        self.partner(name="Ada's assistant")
        ada = "ada@customer.example"
        self.waiting(
            account, ("From a stranger", STRANGER), ("Offer 2", ada), ("Offer 1", ada)
        )
        self.start(account, "exchange_connector_assign")
        subjects = self.messages_of(work).mapped("subject")
        self.assertEqual(sorted(subjects), ["Offer 1", "Offer 2"])
        self.assertFalse(self.messages_of(home))
        rule = self.env["exchange.address.rule"].search([("address", "=", ada)])
        self.assertEqual((rule.user_id, rule.res_id), (account.user_id, work.id))
        left = self.mails_of(account).filtered(lambda mail: mail.state == "to_assign")
        self.assertEqual(left.subject, "From a stranger")

    def test_new_contact_and_document(self):
        account = self.new_account()
        account.user_id.group_ids = [
            Command.link(self.env.ref("base.group_partner_manager").id)
        ]
        event = self.env["calendar.event"].create(
            {
                "name": "Visit in Bonn",
                "start": "2026-11-10 08:00:00",
                "stop": "2026-11-10 09:00:00",
                "user_id": account.user_id.id,
            }
        )
        self.waiting(
            account,
            ("Another stranger", "other@customer.example"),
            ("The stranger once more", STRANGER),
            ("From a stranger", STRANGER),
        )
        self.start(account, "exchange_connector_new_contact")
        nina = self.env["res.partner"].search([("name", "=", "Nina Neumann")])
        self.assertEqual(nina.email, "new@customer.example")
        subjects = self.messages_of(nina).mapped("subject")
        self.assertEqual(subjects, ["From a stranger", "The stranger once more"])
        self.assertEqual(self.messages_of(event).subject, "Another stranger")

    def test_in_bulk(self):
        account = self.new_account()
        project = self.partner(None, name="A project")
        self.waiting(account, *((f"Mail {n}", f"p{n}@x.example") for n in range(3)))
        self.start(account, "exchange_connector_assign_in_bulk", "/odoo/exchange-mails")
        self.assertEqual(len(self.messages_of(project)), 3)

    def test_rules(self):
        account = self.new_account()
        project = self.partner(None, name="A project")
        rules = self.env["exchange.address.rule"].with_user(account.user_id)
        rules.create(
            {
                "address": "filed-before@x.example",
                "action": "file",
                "res_model": "res.partner",
                "res_id": project.id,
            }
        )
        self.start(account, "exchange_connector_rules", "/odoo/exchange-rules")
        self.assertEqual(rules.search([]).mapped("address"), ["@own.example"])

    def test_folder_for_a_record(self):
        account = self.new_account()
        project = self.partner(None, name="A project")
        gone = self.partner(None, name="Gone")
        sent = account.folder_ids.filtered(lambda row: row.direction == "outgoing")
        sent.write({"res_model": "res.partner", "res_id": gone.id})
        gone.unlink()
        self.start(account, "exchange_connector_folder_record")
        folder = account.folder_ids.filtered(lambda row: row.direction == "incoming")
        self.assertEqual((folder.res_model, folder.res_id), ("res.partner", project.id))

    def test_many_waiting_mails(self):
        """What the list asks for costs the same with ten thousand waiting mails."""
        account = self.new_account()
        self._make_waiting(account)
        for number in range(MANY - 20, MANY):
            for name in ("Ada", "Ada at home"):
                self.partner(f"p{number}@x.example", name=name, city="Bonn")
        # As a synchronisation does after so many.
        self.env.flush_all()
        self.env.cr.execute("ANALYZE exchange_mail, exchange_mail_source")
        mine = self.env["exchange.mail"].with_user(account.user_id)
        names = ("date", "direction", "email_from", "subject", "error", "state")
        card = ("candidate_info", "waiting_people", "can_undo")
        self._open(mine, 80, names + card)
        for limit, fields, queries in ((80, names, 5), (40, names + card, 10)):
            self.env.invalidate_all()
            begin = time.monotonic()
            with self.assertQueryCount(queries):
                found = self._open(mine, limit, fields)
            self.assertEqual(len(found["records"]), limit)
            taken = (time.monotonic() - begin) * 1000
            _logger.info("%s of %s waiting e-mails: %.0f ms", limit, MANY, taken)

    def _make_waiting(self, account):
        """So many e-mails of one user, each of an address of its own."""
        mails = self.env["exchange.mail"].create(
            [
                {
                    "fingerprint": f"incoming:{number}",
                    "subject": f"Mail {number}",
                    "email_from": f"Person {number} <p{number}@x.example>",
                    "direction": "incoming",
                    "state": "to_assign",
                    "date": "2026-11-10 08:30:00",
                    "waiting_addresses": [f"p{number}@x.example"],
                }
                for number in range(MANY)
            ]
        )
        self.env["exchange.mail.source"].create(
            [
                {"mail_id": row.id, "account_id": account.id, "remote_id": str(row.id)}
                for row in mails
            ]
        )

    def _open(self, mails, limit, names):
        return mails.web_search_read(
            [("state", "in", ["to_assign", "failed"])],
            {name: {} for name in names},
            limit=limit,
            count_limit=10_001,
        )
