from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .access_case import ADDON, CANARY, AccessCase
from .common import PIXEL
from .patience import PatientHttpCase


@tagged("post_install", "-at_install", "exchange_access")
class TestAccessAdministrator(AccessCase):
    """The administrator sets up everything and reads nothing (K3)."""

    def setUp(self):
        super().setUp()
        self.admin = new_test_user(self.env, "boss", groups="base.group_system")
        self.manager = new_test_user(
            self.env, "chief", groups=f"{ADDON}.exchange_connector_group_manager"
        )

    def test_he_fills_in_everything(self):
        values = {
            "exchange_server_id": self.exchange.id,
            "exchange_auth_method": "password",
            "exchange_login": "new@contoso.example",
            "exchange_password": "typed by the administrator",
            "exchange_interval": 30,
            "exchange_mail_delete_after_transfer": True,
            "exchange_event_days_past": 5,
            "exchange_event_days_ahead": 6,
            "exchange_contact_delete_on_unsubscribe": True,
            "exchange_contact_subscribe_own_customers": True,
        }
        fresh = new_test_user(self.env, "fresh", groups="base.group_user")
        for user in (self.victim, fresh):
            seen = self.env["res.users"].with_user(self.admin).browse(user.id)
            saved = seen.web_save(values, dict.fromkeys(values, {}))[0]
            account = self.env["exchange.account"].search([("user_id", "=", user.id)])
            for name, value in values.items():
                if name != "exchange_password":
                    self.assertEqual(saved[name], value, name)
            self.assertFalse(saved["exchange_password"])
            self.assertEqual(account._stored("password"), "typed by the administrator")
        created = (
            self.env["res.users"]
            .with_user(self.admin)
            .create({"name": "c", "login": "c", **values})
        )
        self.assertEqual(created.exchange_login, "new@contoso.example")

    def test_he_reads_no_waiting_mail(self):
        for user in (self.admin, self.manager):
            mails = self.env["exchange.mail"].with_user(user)
            self.assertFalse(mails.search([]))
            for call in (
                lambda mails=mails: mails.browse(self.waiting.id).read(["subject"]),
                lambda mails=mails: mails.browse(self.waiting.id).body,
                lambda mails=mails: mails.browse(self.waiting.id).action_file_on(
                    "res.partner", self.admin.partner_id.id
                ),
                lambda mails=mails: mails.browse(self.failed.id).action_retry(),
                lambda user=user: self.waiting.attachment_ids.with_user(user).read(
                    ["datas"]
                ),
                lambda user=user: self.waiting.source_ids.with_user(user).read(),
            ):
                with self.assertRaises(UserError):
                    call()
            attachments = self.env["ir.attachment"].with_user(user)
            self.assertFalse(attachments.search([("res_model", "=", "exchange.mail")]))

    def test_mails_of_a_user_who_left(self):
        """Nobody else could assign them; but what others have as well stays theirs."""
        other = self.new_account()
        self.env["exchange.mail.source"].create(
            {
                "mail_id": self.failed.id,
                "account_id": other.id,
                "remote_id": "the same mail",
            }
        )
        self.victim.active = False
        self.env.flush_all()
        self.env.invalidate_all()
        mails = self.env["exchange.mail"].with_user(self.admin)
        self.assertEqual(mails.search([]), self.waiting)
        self.assertIn(CANARY, mails.browse(self.waiting.id).body)
        self.assertTrue(
            self.waiting.attachment_ids.with_user(self.admin).read(["name"])
        )
        with self.assertRaises(AccessError):
            mails.browse(self.failed.id).read(["subject"])
        for user in self.users.values():
            self.assertFalse(self.readable(user))

    def test_mails_of_a_user_who_was_deleted(self):
        """Where the mailbox has been emptied, Odoo has the only copy."""
        self.account.unlink()
        self.victim.unlink()
        self.env.invalidate_all()
        mails = self.env["exchange.mail"].with_user(self.admin)
        self.assertIn(self.waiting, mails.search([]).sudo())
        mail = mails.browse(self.waiting.id)
        partner = self.partner(email="heir@customer.example")
        mail.action_file_on("res.partner", partner.id)
        self.assertEqual(len(self.messages_of(partner)), 1)
        for user in self.users.values():
            self.assertFalse(self.readable(user))

    def readable(self, user):
        mails = self.env["exchange.mail"].with_user(user)
        try:
            return mails.search([])
        except AccessError:
            return mails

    def test_he_gets_no_sign_in_by_moving_things(self):
        """Neither the account, nor its folders, nor its service leads to his own."""
        with self.assertRaises(UserError):
            self.account.with_user(self.admin).user_id = self.admin
        for values in (
            {"folders_url": "https://evil.example/v1.0"},
            {"authority_url": "https://evil.example/tenant"},
            {"cloud": "china", "authority_url": False},
        ):
            server = self.env["exchange.server"].create(self._office_values())
            account = self.new_account(server=server)
            server.with_user(self.admin).write(values)
            self.sim.requests.clear()
            self.assertEqual(account.sync().state, "failed")
            self.assertIn("address of the service has changed", account.last_error)
            self.assertFalse(list(self.sim.requests))

    def test_the_manager_who_is_no_administrator(self):
        """The group alone is enough for the accounts, not for the users."""
        account = self.account.with_user(self.manager)
        account.write({"interval": 60})
        account.action_disconnect()
        self.assertEqual(self.account.state, "draft")
        self.assertFalse(
            self.env["exchange.server"]
            .with_user(self.manager)
            .browse(self.office.id)
            .client_secret
        )
        with self.assertRaises(AccessError):
            self.office.with_user(self.manager).read(["authority_url"])

    def test_a_user_takes_a_service_of_his_companies_only(self):
        company = self.env["res.company"].create({"name": "Other"})
        foreign = self.env["exchange.server"].create(
            {"name": "Foreign", "company_id": company.id}
        )
        user = self.victim.with_user(self.victim)
        self.assertNotIn(
            foreign.id, self.env["exchange.server"].with_user(user).search([]).ids
        )
        with self.assertRaises(AccessError):
            user.exchange_server_id = foreign


@tagged("post_install", "-at_install", "exchange_access")
class TestAccessWeb(AccessCase, PatientHttpCase):
    """Attachments of waiting mails and the connector's own addresses, over HTTP."""

    def setUp(self):
        super().setUp()
        for user in (self.victim, self.users["internal"], self.users["portal"]):
            user.password = user.login

    def get(self, path, login, **options):
        self.authenticate(login, login)
        with mute_logger("odoo.http", "odoo.addons.base.models.ir_binary"):
            return self.url_open(path, allow_redirects=False, **options)

    def test_attachments_of_waiting_mails(self):
        parts = self.waiting.attachment_ids
        text = parts.filtered(lambda part: part.name == f"{CANARY}.txt")
        picture = parts - text
        self.assertEqual((len(text), len(picture)), (1, 1))
        paths = [f"/web/content/{text.id}", f"/web/image/{picture.id}"]
        paths += [
            f"/web/content/exchange.mail/{self.waiting.id}/body",
            f"/web/content?model=ir.attachment&id={text.id}&field=datas",
            f"/web/image?model=ir.attachment&id={picture.id}&field=datas",
        ]
        guesses = ["", "?access_token=", "?access_token=False", "?access_token=x"]
        for login in (None, "mallory", "peter"):
            for path in paths:
                for guess in guesses if "?" not in path else [""]:
                    answer = self.get(path + guess, login)
                    # An image that is not for you is Odoo's grey square.
                    self.assertNotIn(CANARY.encode(), answer.content)
                    self.assertNotEqual(answer.content, PIXEL)
                    if "content" in path:
                        self.assertNotEqual(answer.status_code, 200, path + guess)
        for path in paths[:1]:
            answer = self.get(path, "victim")
            self.assertEqual(answer.content, CANARY.encode())
        self.assertEqual(self.get(paths[1], "victim").content, PIXEL)

    def test_only_pictures_in_the_text_have_a_token(self):
        """It is in the text of the mail, for those who may read that."""
        for part in self.waiting.attachment_ids:
            self.assertEqual(bool(part.access_token), part.mimetype == "image/png")

    def test_the_folder_tree_of_another(self):
        body = {"jsonrpc": "2.0", "params": {"account_id": self.account.id}}
        for login in (None, "peter", "mallory"):
            self.authenticate(login, login)
            with mute_logger("odoo.http"):
                answer = self.url_open("/exchange_connector/folders", json=body)
            self.assertIn("error", answer.json(), login)
            self.assertNotIn("result", answer.json(), login)
        self.assertFalse(list(self.sim.requests))
        self.authenticate("victim", "victim")
        answer = self.url_open("/exchange_connector/folders", json=body)
        self.assertTrue(answer.json()["result"]["folders"])

    def test_every_route_wants_a_user(self):
        from odoo.http import _generate_routing_rules

        routes = [
            (url, endpoint)
            for url, endpoint in _generate_routing_rules([ADDON], nodb_only=False)
        ]
        self.assertGreaterEqual(len(routes), 3)
        for url, endpoint in routes:
            self.assertEqual(endpoint.routing["auth"], "user", url)
            self.assertTrue(endpoint.routing.get("csrf", True), url)
