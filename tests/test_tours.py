import io

from PIL import Image

from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import make_eml
from .common_http import ExchangeHttpCase
from .simulator.faults import Fault


def wide_picture():
    output = io.BytesIO()
    Image.new("RGB", (3000, 20), "navy").save(output, "PNG")
    return output.getvalue()


@tagged("post_install", "-at_install", "exchange_screens")
class TestTours(ExchangeHttpCase):
    """Plain internal users in a real browser, from nothing to a mail in the chatter."""

    def folders_of(self, user):
        account = user.exchange_account_id
        return {folder.direction: folder.name for folder in account.folder_ids}

    def test_office365(self):
        self.exchange.active = False
        user = self.new_user("maria")
        ada = self.partner()
        box = self.sim.mailbox(user.email)
        for path in ("Inbox/Lieferanten", "Inbox/Kunden/Transfer Köln", "Ausgang"):
            box.make_path(path)
        eml = make_eml(
            subject="Grüße aus Köln",
            html='<p>Schöne <b>Grüße</b><img src="cid:wide" /></p>',
            inline=[("wide", wide_picture(), "image/png")],
            attachments=[("Plan.pdf", b"%PDF-1.4", "application/pdf")],
        )
        self.sim.drop(user.email, "Inbox/Kunden/Transfer Köln", eml)
        with self.signing_in(user.email):
            self.start_tour(
                "/odoo/discuss", "exchange_connector_office365", login="maria"
            )
        account = user.exchange_account_id
        self.assertEqual(
            (account.state, account.server_id, account.auth_method, account.login),
            ("connected", self.office, "oauth", user.email),
        )
        self.assertEqual(
            self.folders_of(user), {"incoming": "Transfer Köln", "outgoing": "Ausgang"}
        )
        self.assertFalse(self.messages_of(ada), "only the scheduler transfers")
        self.run_schedule()
        self.assertEqual(self.messages_of(ada).subject, "Grüße aus Köln")
        self.start_tour("/odoo/contacts", "exchange_connector_read_mail", login="maria")

    @mute_logger("odoo.http")
    def test_exchange_server(self):
        user = self.new_user("viktor")
        ada = self.partner()
        self.start_tour(
            "/odoo/discuss", "exchange_connector_exchange_server", login="viktor"
        )
        account = user.exchange_account_id
        self.assertEqual(
            (account.state, account.server_id, account.auth_method),
            ("connected", self.exchange, "password"),
        )
        self.assertTrue(account.mail_delete_after_transfer)
        self.drop(account)
        self.run_schedule()
        self.assertEqual(len(self.messages_of(ada)), 1)

    def test_folders_that_cannot_be_read_at_first(self):
        account = self.new_account()
        self.sim.faults.add(
            Fault.status(403, "ErrorAccessDenied"), match="GET .*Folders", count=1
        )
        self.start_tour(
            "/odoo/discuss",
            "exchange_connector_folders_again",
            login=account.user_id.login,
        )
        self.assertEqual(len(account.folder_ids), 2)
