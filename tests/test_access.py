import inspect
import logging
from itertools import product

from odoo import Command
from odoo.exceptions import AccessError
from odoo.service.model import get_public_method
from odoo.tests import new_test_user, tagged

from .access_case import ADDON, CANARY, AccessCase

_logger = logging.getLogger(__name__)
# From one table into another: {model: what one may search by}.
PATHS = {
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
        for (who, user), (name, fields) in product(self.users.items(), PATHS.items()):
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
                # Alone, and mixed with what one may write.
                for ids in ([self.victim.id], [user.id, self.victim.id]):
                    passed, _answer = self.attempt(model, "write", [ids, {name: False}])
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
