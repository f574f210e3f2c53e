import inspect
import logging
import warnings
from itertools import product

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.service.model import call_kw, get_public_method
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from .common import PASSWORD, PIXEL, ExchangeCase, make_eml

_logger = logging.getLogger(__name__)

ADDON = "exchange_connector"
# Part of everything that is the victim's alone.
CANARY = "c4n4ry"
TABLES = {
    # table: which of its rows are the victim's
    "exchange_account": "true",
    "exchange_credential": "account_id = %(account)s OR server_id IS NOT NULL",
    "exchange_server": "true",
    "exchange_folder": "account_id = %(account)s",
    "exchange_mail": "true",
    "exchange_mail_source": "true",
    "exchange_subscription": "account_id = %(account)s",
    "exchange_sync_run": "account_id = %(account)s",
    "exchange_sync_item": "user_id = %(user)s",
    "exchange_address_rule": "user_id = %(user)s OR user_id IS NULL",
    "ir_attachment": "res_model = 'exchange.mail'",
    "mail_activity": "user_id = %(user)s",
}
SILENT = (
    "odoo.addons.base.models.ir_model",
    "odoo.addons.base.models.ir_rule",
    "odoo.models",
    "odoo.orm.models",
    "odoo.sql_db",
)


class AccessCase(ExchangeCase):
    """A victim with everything one can have, and those who want it."""

    def setUp(self):
        super().setUp()
        self.sim.add_mailbox(f"{CANARY}@contoso.example", PASSWORD)
        self.victim = new_test_user(
            self.env, "victim", groups="base.group_user", email="victim@contoso.example"
        )
        self.account = self.env["exchange.account"].create(
            {
                "user_id": self.victim.id,
                "server_id": self.office.id,
                "auth_method": "password",
                "login": f"{CANARY}@contoso.example",
                "password": PASSWORD,
            }
        )
        self.account._connect()
        self.account.action_create_folders()
        self.partner("known@customer.example", name="Known")
        for sender, subject in (
            ("known@customer.example", f"{CANARY} filed"),
            (f"{CANARY}@unknown.example", f"{CANARY} waiting"),
        ):
            self.drop(
                self.account,
                make_eml(
                    sender=sender,
                    subject=subject,
                    html=f'<p>{CANARY} <img src="cid:pic"></p>',
                    inline=[("pic", PIXEL, "image/png")],
                    attachments=[(f"{CANARY}.txt", CANARY.encode(), "text/plain")],
                    message_id=f"<{CANARY}.{sender}>",
                ),
            )
        known = self.env["res.partner"].search([("name", "=", "Known")])
        known.with_user(self.victim).action_exchange_subscribe()
        self.account.subscription_ids.write(
            {"error": CANARY, "remote_difference": {"x": CANARY}, "remote_id": CANARY}
        )
        self.account.subscription_ids.state = "failed"
        self.run = self.account.sync(["mail"])
        self.assertEqual((self.run.filed, self.run.waiting), (1, 1))
        self.account.write({"last_error": CANARY})
        self.run.error = CANARY
        self.account.folder_ids.write({"name": CANARY, "last_error": CANARY})
        self.env["exchange.address.rule"].create(
            {"user_id": self.victim.id, "address": f"{CANARY}@rule.example"}
        )
        self.env["exchange.connection.test"].with_user(self.victim).sudo().create(
            {"name": CANARY, "line_ids": [(0, 0, {"step": CANARY, "message": CANARY})]}
        )
        self.mails = self.env["exchange.mail"].search([])
        self.waiting = self.mails.filtered(lambda mail: mail.state == "to_assign")
        self.failed = self.mails - self.waiting
        self.failed.write({"state": "failed", "error": CANARY})
        self.env.flush_all()
        self.users = {
            "internal": new_test_user(self.env, "mallory", groups="base.group_user"),
            "portal": new_test_user(self.env, "peter", groups="base.group_portal"),
            "public": self.env.ref("base.public_user"),
        }
        self.env["exchange.account"]._of_user(self.users["internal"])
        self.sim.requests.clear()

    def secrets(self):
        tokens = self.sim.store.tokens
        return [CANARY, *tokens.access, *tokens.refresh]

    def assertClean(self, answer, message):
        text = repr(answer)
        for secret in self.secrets():
            self.assertTrue(secret not in text, f"{message}: {text[:1500]}")

    def models(self):
        """The addon's models with a table, and those it adds fields to."""
        names = (
            self.env["ir.model"]
            .search([])
            .filtered(lambda model: ADDON in model.modules.split(", "))
        )
        found = [
            self.env[name]
            for name in names.mapped("model")
            if name.startswith("exchange.") and not self.env[name]._abstract
        ]
        self.assertGreaterEqual(len(found), 8)
        return found

    def fields(self, model):
        """Names of all fields, or of those the addon adds to another's model."""
        if model._name.startswith("exchange."):
            return list(model._fields)
        return [
            name
            for name, field in model._fields.items()
            if ADDON in (field._modules or ())
        ]

    def victims(self, model):
        """Ids of the rows of a model that are the victim's."""
        if model._name == "exchange.server":
            return []
        domain = []
        if "account_id" in model._fields:
            domain = ["|", ("account_id", "=", self.account.id), *domain]
            domain += [("account_id", "=", False)]
        elif "user_id" in model._fields:
            domain = [("user_id", "=", self.victim.id)]
        elif model._transient:
            domain = [("create_uid", "=", self.victim.id)]
        records = model.sudo().with_context(active_test=False).search(domain)
        return records.ids

    def fingerprint(self):
        """What must not change, as one value for each table."""
        self.env.flush_all()
        values = {"account": self.account.id, "user": self.victim.id}
        found = {}
        for table, where in TABLES.items():
            self.env.cr.execute(
                f"SELECT md5(string_agg(t::text, '|' ORDER BY id)) FROM {table} t "
                f"WHERE {where}",
                values,
            )
            found[table] = self.env.cr.fetchone()[0]
        return found

    def attempt(self, model, method, args, kwargs=None):
        """Call a method as a client does, and take back whatever it did.

        :return: (whether it was let through, what it gave or the error's text)
        """
        self.env.flush_all()
        before = self.state
        try:
            with (
                self.env.cr.savepoint() as savepoint,
                mute_logger(*SILENT),
                warnings.catch_warnings(),
            ):
                # Old names of methods are still methods.
                warnings.simplefilter("ignore")
                answer = call_kw(model, method, args, dict(kwargs or {}))
                after = self.fingerprint()
                savepoint.rollback()
        except Exception as error:
            # What a client gets to see of it.
            self.env.invalidate_all(flush=False)
            return False, str(error)
        self.env.invalidate_all(flush=False)
        self.assertEqual(after, before, f"{model._name}.{method}{args} changed it")
        return True, answer


@tagged("post_install", "-at_install", "exchange_access")
class TestAccessWalk(AccessCase):
    """Every model, field and public method, as everybody else."""

    def setUp(self):
        super().setUp()
        self.state = self.fingerprint()

    def each(self):
        """(who, model as that user, the victim's ids) for all of them."""
        for who, user in self.users.items():
            for model in self.models():
                self.env.invalidate_all()
                yield who, model.with_user(user), self.victims(model)

    def test_the_canary_is_everywhere(self):
        """Or this class would find nothing whatever happens."""
        for name in ("exchange.account", "exchange.folder", "exchange.mail"):
            text = repr(self.env[name].search([]).read())
            self.assertIn(CANARY, text, name)
        self.assertIn(CANARY, repr(self.run.read()))
        self.assertIn(
            CANARY,
            repr(
                self.victim.with_user(self.victim).read(
                    ["exchange_login", "exchange_last_error", "exchange_folder_ids"]
                )
            ),
        )

    def test_every_field_is_read_by_nobody_else(self):
        for who, model, ids in self.each():
            for name in self.fields(model):
                message = f"{who} {model._name}.{name}"
                for record_id in ids:
                    passed, answer = self.attempt(model, "read", [[record_id], [name]])
                    self.assertFalse(passed, message)
                    self.assertClean(answer, message)
                    _passed, answer = self.attempt(
                        model, "web_read", [[record_id], {name: {}}]
                    )
                    self.assertClean(answer, message)

    def test_every_field_is_searched_in_vain(self):
        """Neither found nor to be guessed from what is found."""
        for who, model, ids in self.each():
            for name in self.fields(model):
                message = f"{who} {model._name}.{name}"
                for operator, value in (
                    ("ilike", CANARY),
                    ("=", CANARY),
                    ("!=", "x"),
                    ("!=", False),
                    ("=", False),
                    ("in", ids),
                ):
                    passed, answer = self.attempt(
                        model, "search", [[(name, operator, value)]]
                    )
                    # The text of an error may repeat what was asked.
                    self.assertFalse(passed and set(answer) & set(ids), message)
                for method, args in (
                    ("search_read", [[], [name]]),
                    ("web_search_read", [[], {name: {}}]),
                    ("formatted_read_group", [[], [name], ["__count"]]),
                    ("formatted_read_group", [[], [], [f"{name}:array_agg"]]),
                    ("web_read_group", [[], [name], ["__count"]]),
                    ("search", [[], 0, None, name]),
                    ("search_panel_select_range", [name]),
                ):
                    _passed, answer = self.attempt(model, method, args)
                    self.assertClean(answer, f"{message} {method}")

    def test_paths_through_other_models(self):
        """A search in one table tells nothing about the rows of another."""
        paths = {
            "res.users": [
                "exchange_account_ids.login",
                "exchange_account_ids.last_error",
                "exchange_account_ids.folder_ids.name",
                "exchange_account_ids.run_ids.error",
                "exchange_account_id.login",
                "exchange_login",
                "exchange_last_error",
                "exchange_folder_ids.name",
            ],
            "exchange.server": [
                "account_ids.login",
                "account_ids.folder_ids.name",
                "account_ids.user_id.exchange_login",
            ],
            "res.partner": [
                "user_ids.exchange_account_ids.login",
                "user_ids.exchange_login",
                "exchange_subscription_ids.error",
                "exchange_subscription_ids.remote_id",
                "exchange_subscription_ids.account_id.login",
                "exchange_subscription_id.error",
            ],
        }
        for (who, user), (name, fields) in product(self.users.items(), paths.items()):
            model = self.env[name].with_user(user)
            for field in fields:
                found = [
                    self.attempt(model, "search_count", [[(field, "ilike", text)]])
                    for text in (CANARY, "no such text at all")
                ]
                if found[0][0]:
                    self.assertEqual(*found, msg=f"{who} {name} {field}")
        for user in self.users.values():
            passed, answer = self.attempt(
                self.env["ir.attachment"].with_user(user),
                "search",
                [[("res_model", "=", "exchange.mail")]],
            )
            self.assertFalse(passed and answer)

    def test_every_public_method(self):
        tried = 0
        for who, model, ids in self.each():
            own = self.env["exchange.account"].search(
                [("user_id", "=", self.users[who].id)]
            )
            shapes = self.shapes(model, ids, own)
            for method in self.public_methods(type(model)):
                wide = ADDON in inspect.getmodule(getattr(model, method)).__name__
                for args in shapes if wide else shapes[:6]:
                    passed, answer = self.attempt(model, method, args)
                    self.assertClean(answer, f"{who} {model._name}.{method}{args}")
                    tried += passed
        self.assertGreater(tried, 300)
        _logger.info("%s calls went through and gave nothing away", tried)
        self.assertFalse(list(self.sim.requests), "a mailbox was asked")

    def shapes(self, model, ids, own):
        """Arguments to try, with and without the victim's records."""
        vals = {"login": "x", "name": "x", "state": "connected", "active": False}
        vals = {name: value for name, value in vals.items() if name in model._fields}
        thief = {"account_id": own.id, "user_id": own.user_id.id}
        thief = {name: value for name, value in thief.items() if name in model._fields}
        names = list(self.fields(model))[:5]
        folder = {"id": "x", "name": "x", "direction": "incoming"}
        return [
            [ids],
            [ids, names],
            [ids, vals],
            [[]],
            [[("id", "in", ids)]],
            [ids, thief],
            [ids, dict.fromkeys(names, {})],
            [[["id", "in", ids]], names],
            [ids[:1], "res.partner", self.victim.partner_id.id],
            [ids[:1], "res.partner", self.victim.partner_id.id, True, True],
            [ids[:1], [folder]],
            [ids[:1], ["mail"]],
            [["mail"]],
            [ids[:1], True],
            [ids[:1], True, True],
            [CANARY],
            [],
        ]

    def public_methods(self, cls):
        """Names of what a client may call."""
        found = []
        for name in dir(cls):
            if name.startswith("_") or not callable(getattr(cls, name, None)):
                continue
            try:
                get_public_method(self.env[cls._name], name)
            except (AccessError, AttributeError):
                continue
            found.append(name)
        self.assertNotIn("sync", found)
        self.assertNotIn("rotate_key", found)
        return found

    def test_users_through_their_own_fields(self):
        """The victim's settings as fields of his user, for those who may see him."""
        names = [name for name in self.fields(self.env["res.users"])]
        self.assertIn("exchange_login", names)
        for who, user in self.users.items():
            model = self.env["res.users"].with_user(user)
            for name in names:
                message = f"{who} {name}"
                for method, args in (
                    ("read", [[self.victim.id], [name]]),
                    ("web_read", [[self.victim.id], {name: {"fields": {"name": {}}}}]),
                    ("web_read", [[self.victim.id], {name: {"fields": {"login": {}}}}]),
                    ("search_read", [[], [name]]),
                    ("export_data", [[self.victim.id], [name]]),
                    ("formatted_read_group", [[], [name], ["__count"]]),
                    ("search", [[], 0, None, name]),
                    ("onchange", [[self.victim.id], {}, [name], {name: {}}]),
                ):
                    _passed, answer = self.attempt(model, method, args)
                    self.assertClean(answer, f"{message} {method}")
                passed, _answer = self.attempt(
                    model, "write", [[self.victim.id], {name: False}]
                )
                self.assertFalse(passed, message)
                # Mixed with what one may write, and for both at a time.
                passed, _answer = self.attempt(
                    model, "write", [[user.id, self.victim.id], {name: False}]
                )
                self.assertFalse(passed, message)
            for method in self.public_methods(type(model)):
                if "exchange" in method:
                    for args in ([[self.victim.id]], [[user.id, self.victim.id]]):
                        passed, answer = self.attempt(model, method, args)
                        self.assertClean(answer, f"{who} {method}")

    def test_commands_on_the_lists_of_a_user(self):
        mallory = self.users["internal"]
        own = self.env["exchange.account"]._of_user(mallory)
        vals = {"login": f"{CANARY}@contoso.example", "user_id": mallory.id}
        erp = new_test_user(self.env, "erp", groups="base.group_erp_manager")
        for user, target, command in product(
            (mallory, erp),
            (mallory, self.victim),
            (
                Command.create(vals),
                Command.update(self.account.id, vals),
                Command.update(own.id, {"auth_method": "application"}),
                Command.delete(self.account.id),
                Command.unlink(self.account.id),
                Command.link(self.account.id),
                Command.set([self.account.id]),
                Command.clear(),
            ),
        ):
            passed, _answer = self.attempt(
                self.env["res.users"].with_user(user),
                "write",
                [[target.id], {"exchange_account_ids": [command]}],
            )
            # What goes through has changed nothing (see attempt): he sees no account.
            silent = (Command.LINK, Command.SET, Command.CLEAR)
            self.assertFalse(passed and command[0] not in silent, (user.login, command))

    def test_a_portal_user_gets_no_account(self):
        for who in ("portal", "public"):
            user = self.users[who]
            model = self.env["res.users"].with_user(user)
            for name in self.fields(model):
                passed, _answer = self.attempt(
                    model, "write", [[user.id], {name: "oauth"}]
                )
                self.assertFalse(passed, f"{who} {name}")
            for method in ("action_exchange_connect", "action_exchange_sync"):
                passed, _answer = self.attempt(model, method, [[user.id]])
                self.assertFalse(passed)
            self.assertFalse(user.sudo().exchange_account_ids)

    def test_menus_and_actions_are_for_users(self):
        data = self.env["ir.model.data"].search([("module", "=", ADDON)])
        for row in data.filtered(lambda row: row.model == "ir.ui.menu"):
            menu = self.env["ir.ui.menu"].browse(row.res_id)
            groups = menu.group_ids or menu.parent_id.group_ids
            self.assertTrue(groups, menu.complete_name)
        for row in data.filtered(lambda row: row.model == "ir.actions.server"):
            action = self.env["ir.actions.server"].browse(row.res_id)
            self.assertTrue(action.group_ids, action.name)
            scheduled = self.env["ir.cron"].search(
                [("ir_actions_server_id", "=", action.id)]
            )
            for who in ("portal", "public", *(["internal"] if scheduled else [])):
                passed, _answer = self.attempt(
                    self.env["ir.actions.server"].with_user(self.users[who]),
                    "run",
                    [[action.id]],
                )
                self.assertFalse(passed, f"{who} {action.name}")

    def test_a_failed_mail_tried_again_wakes_nobody_else(self):
        """Two users have the same failed mail."""
        mallory = self.users["internal"]
        own = self.env["exchange.account"]._of_user(mallory)
        own.write({"state": "connected"})
        self.env["exchange.mail.source"].create(
            {"mail_id": self.failed.id, "account_id": own.id, "remote_id": "x"}
        )
        self.account.write({"requested_kinds": False, "next_sync": "2200-01-01"})
        self.failed.with_user(mallory).action_retry()
        self.assertEqual(str(self.account.next_sync)[:4], "2200")
        self.assertFalse(self.account.requested_kinds)
        self.assertEqual(own.requested_kinds, "mail")


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
class TestAccessWeb(AccessCase, HttpCase):
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
