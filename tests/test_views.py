from odoo.exceptions import AccessError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from ..models.exchange_account import USER_FIELDS
from ..models.res_users import INFO_FIELDS
from .common import PASSWORD, ExchangeCase
from .common_http import ExchangeHttpCase

PREFERENCES = "base.view_users_form_simple_modif"
ADMINISTRATION = "base.view_users_form"


@tagged("post_install", "-at_install", "exchange_screens")
class TestPreferences(ExchangeCase):
    """The settings of the mailbox among the user's own, and the administrator's."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user = new_test_user(
            cls.env, "nora", email="nora@contoso.example", tz="Europe/Berlin"
        )
        cls.other = new_test_user(cls.env, "otto", email="otto@contoso.example")
        cls.admin = cls.env.ref("base.user_admin")
        cls.mirror = [f"exchange_{name}" for name in USER_FIELDS + INFO_FIELDS]

    def preferences(self, user=None):
        user = user or self.user
        return Form(user.with_user(user), view=PREFERENCES)

    def accounts(self):
        return self.env["exchange.account"].search([("user_id", "=", self.user.id)])

    def test_only_service_is_chosen_already(self):
        self.exchange.active = False
        form = self.preferences()
        self.assertEqual(form.exchange_server_id, self.office)
        self.assertEqual(form.exchange_login, "nora@contoso.example")
        self.assertEqual(form.exchange_auth_method, "oauth")
        self.assertFalse(self.accounts(), "looking makes no account")

    def test_only_service_is_an_exchange_server(self):
        self.office.active = False
        form = self.preferences()
        self.assertEqual(form.exchange_server_id, self.exchange)
        self.assertEqual(form.exchange_auth_method, "password")

    def test_one_of_two_services_is_the_users_choice(self):
        self.assertFalse(self.preferences().exchange_server_id)

    def test_what_is_typed_is_what_connects(self):
        self.sim.add_mailbox("nora@contoso.example", PASSWORD)
        form = self.preferences()
        form.exchange_server_id = self.exchange
        self.assertEqual(form.exchange_auth_method, "password")
        form.exchange_password = PASSWORD
        form.exchange_interval = 3
        self.assertEqual(form.exchange_effective_interval, 5, "the server's minimum")
        form.exchange_event_days_past = 7
        form.save()
        self.user.with_user(self.user).action_exchange_connect()
        account = self.accounts()
        self.assertEqual(account.state, "connected")
        self.assertEqual((account.interval, account.event_days_past), (3, 7))
        self.assertEqual(self.preferences().exchange_state, "connected")
        self.assertFalse(self.preferences().exchange_password, "it never comes back")

    def test_password_stays_when_something_else_is_saved(self):
        account = self.new_account(name="paula")
        account.user_id.tz = "Europe/Berlin"
        form = self.preferences(account.user_id)
        form.exchange_mail_delete_after_transfer = True
        form.save()
        self.assertTrue(account.mail_delete_after_transfer)
        self.assertTrue(account.has_password)
        self.assertEqual(account.state, "connected")

    def test_service_that_allows_no_password(self):
        self.office.allow_password = False
        form = self.preferences()
        form.exchange_server_id = self.exchange
        form.exchange_server_id = self.office
        self.assertEqual(form.exchange_auth_method, "oauth")

    def test_nothing_of_another_user_is_shown(self):
        account = self.new_account(name="paula", interval=33)
        names = [*self.mirror, "exchange_account_id", "exchange_folder_ids"]
        seen = account.user_id.with_user(self.other).read(names)[0]
        self.assertFalse(any(seen[name] for name in names), seen)
        seen = account.user_id.with_user(self.admin).read(names)[0]
        self.assertEqual(seen["exchange_interval"], 33)
        self.assertEqual(len(seen["exchange_folder_ids"]), 2)

    def test_nothing_of_another_user_can_be_set(self):
        for name in USER_FIELDS:
            with self.subTest(name), self.assertRaises(AccessError):
                self.user.with_user(self.other).write({f"exchange_{name}": False})
        user = self.new_account(name="paula").user_id.with_user(self.other)
        for button in ("connect", "create_folders", "disconnect", "sync"):
            with self.subTest(button), self.assertRaises(AccessError):
                getattr(user, f"action_exchange_{button}")()

    def test_portal_users_have_no_mailbox(self):
        portal = new_test_user(self.env, "petra", groups="base.group_portal")
        portal = portal.with_user(portal)
        self.assertFalse(portal.read(["exchange_login"])[0]["exchange_login"])
        with self.assertRaises(AccessError):
            portal.exchange_login = "anna@contoso.example"

    def test_application_permissions_are_not_for_users(self):
        self.office.allow_application = True
        form = self.preferences()
        methods = form._view["fields"]["exchange_auth_method"]["selection"]
        self.assertNotIn("application", [method for method, _label in methods])
        with self.assertRaises(AccessError):
            self.user.with_user(self.user).write(
                {
                    "exchange_server_id": self.office.id,
                    "exchange_auth_method": "application",
                    "exchange_login": "boss@contoso.example",
                }
            )
        with Form(self.user.with_user(self.admin), view=ADMINISTRATION) as form:
            form.exchange_server_id = self.office
            form.exchange_auth_method = "application"
        with self.assertRaises(AccessError):
            self.user.with_user(self.user).exchange_login = "boss@contoso.example"

    def test_administrator_fills_in_everything(self):
        with Form(self.user.with_user(self.admin), view=ADMINISTRATION) as form:
            form.exchange_server_id = self.exchange
            form.exchange_login = "contoso\\nora"
            form.exchange_password = PASSWORD
            form.exchange_interval = 60
        account = self.accounts()
        self.assertEqual((account.login, account.interval), ("contoso\\nora", 60))
        self.assertTrue(account.has_password)

    def test_a_new_user_costs_no_account(self):
        self.exchange.active = False
        form = Form(self.env["res.users"].with_user(self.admin), view=ADMINISTRATION)
        form.name, form.login = "New", "new"
        self.assertFalse(form.save().exchange_account_ids)

    def test_both_tabs_hold_every_setting(self):
        """A setting that is added to the account has to be added here too."""
        for view in (PREFERENCES, ADMINISTRATION):
            arch = self.env["res.users"].get_view(self.env.ref(view).id)["arch"]
            for name in USER_FIELDS:
                self.assertIn(f'name="exchange_{name}"', arch)
        for name in self.mirror:
            compute = self.env["res.users"]._fields[name].compute
            self.assertEqual(compute, "_compute_exchange_account", name)


@tagged("post_install", "-at_install", "exchange_screens")
class TestScreens(ExchangeHttpCase):
    """Every screen opens, for whom it is meant."""

    def test_views_of_all_actions(self):
        data = self.env["ir.model.data"].search(
            [
                ("module", "=", "exchange_connector"),
                ("model", "=", "ir.actions.act_window"),
            ]
        )
        user = new_test_user(self.env, "nora")
        actions = self.env["ir.actions.act_window"].browse(data.mapped("res_id"))
        self.assertGreaterEqual(len(actions), 5)
        for action in actions:
            for who in (user, self.env.ref("base.user_admin")):
                model = self.env[action.res_model].with_user(who)
                if not model.has_access("read"):
                    continue
                views = [*action.views, (action.search_view_id.id, "search")]
                with self.subTest(action=action.name, user=who.login):
                    found = model.get_views(views)
                    self.assertEqual(set(found["views"]), {kind for _id, kind in views})

    @mute_logger("odoo.http")
    def test_user(self):
        new_test_user(self.env, "nora")
        self.start_tour(
            "/odoo/discuss", "exchange_connector_user_screens", login="nora"
        )

    def test_administrator(self):
        user = self.new_user("zora")
        user.exchange_server_id = self.office
        self.start_tour(
            "/odoo/settings", "exchange_connector_admin_screens", login="admin"
        )
        self.assertEqual(user.exchange_account_ids.interval, 45)
