import io
import logging
import traceback
from contextlib import contextmanager

from odoo.exceptions import UserError
from odoo.modules.neutralize import get_installed_modules, get_neutralization_queries
from odoo.service.model import call_kw
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ..client import AuthenticationError, BasicAuth, TokenAuth
from ..models.token_source import TokenSource
from .common import ExchangeCase
from .simulator import APP_SECRET

PASSWORD = "Tr0ub4dor&3 'ünïcode'"


@tagged("post_install", "-at_install", "exchange_secrets")
class TestSecrets(ExchangeCase):
    """Passwords, client secrets and tokens are nowhere but encrypted in one table."""

    def setUp(self):
        super().setUp()
        self.account = self.new_account(server=self.office)
        user = self.sim.store.directory.user(self.account.login)
        user.password = PASSWORD
        self.account.password = PASSWORD
        self.account._connect()
        self.admin = new_test_user(self.env, "boss", groups="base.group_system")
        export = self.env.ref("base.group_allow_export")
        (self.admin + self.account.user_id).group_ids += export
        self.env.flush_all()
        self.env.invalidate_all()

    def secrets(self):
        """Everything that is to be seen nowhere."""
        tokens = self.sim.store.tokens
        return [PASSWORD, APP_SECRET, *tokens.access, *tokens.refresh]

    def assertNoSecret(self, text, message=None):
        for secret in self.secrets():
            self.assertTrue(secret not in text, message or text[:2000])

    def assertRefused(self, call, *args, **kwargs):
        try:
            call(*args, **kwargs)
        except (UserError, ValueError):
            return
        self.fail(f"{call} {args} {kwargs} was not refused")

    # At rest

    def test_nothing_is_in_clear_in_the_database(self):
        self.account.sync()
        self.env.flush_all()
        self.env.cr.execute(
            """SELECT table_name, string_agg(quote_ident(column_name) || '::text', ', ')
                 FROM information_schema.columns JOIN information_schema.tables
                USING (table_schema, table_name)
                WHERE table_schema = 'public' AND table_type = 'BASE TABLE'
                  AND data_type IN
                      ('text', 'character varying', 'jsonb', 'json', 'bytea')
                GROUP BY table_name"""
        )
        for table, columns in self.env.cr.fetchall():
            self.env.cr.execute(
                f"SELECT count(*) FROM {table} WHERE concat_ws(' ', {columns}) "
                "LIKE ANY(%s)",
                [[f"%{secret}%" for secret in self.secrets()]],
            )
            self.assertEqual(self.env.cr.fetchone()[0], 0, table)

    def test_the_same_secret_never_looks_the_same(self):
        self.account.password = PASSWORD
        self.env.cr.execute("SELECT value FROM exchange_credential")
        before = {row[0] for row in self.env.cr.fetchall()}
        self.account.password = PASSWORD
        self.env.flush_all()
        self.env.cr.execute("SELECT value FROM exchange_credential")
        self.assertTrue({row[0] for row in self.env.cr.fetchall()} - before)

    # Reading

    def test_nobody_reads_the_table(self):
        for user in (self.account.user_id, self.admin):
            model = self.env["exchange.credential"].with_user(user)
            rows = model.sudo().search([]).with_user(user)
            for call in (
                lambda rows=rows: rows.read(["kind"]),
                lambda rows=rows: rows.export_data(["value"]),
                lambda rows=rows: rows.write({"account_id": self.account.id}),
                lambda rows=rows: rows.unlink(),
                lambda rows=rows: rows.copy(),
                lambda model=model: model.search([]),
                lambda model=model: model.search([("value", "like", "a")]),
                lambda model=model: model.name_search(""),
                lambda model=model: model.web_search_read([], {"value": {}}),
                lambda model=model: model.formatted_read_group([], ["kind"], []),
                lambda model=model: model.create({"kind": "password", "value": "x"}),
                lambda model=model: call_kw(model, "rotate_key", [], {}),
                lambda model=model: call_kw(
                    model, "_get_secret", [self.account, "password"], {}
                ),
            ):
                self.assertRefused(call)

    def test_not_even_with_rights_on_the_table(self):
        """An administrator can give himself rights on any table."""
        self.env["ir.model.access"].create(
            {
                "name": "all",
                "model_id": self.env["ir.model"]._get_id("exchange.credential"),
                "group_id": self.env.ref("base.group_system").id,
                "perm_read": True,
                "perm_write": True,
            }
        )
        model = self.env["exchange.credential"].with_user(self.admin)
        rows = model.search([("account_id", "=", self.account.id)])
        self.assertTrue(rows)
        self.assertTrue(all("value" not in each for each in rows.read()))
        self.assertNotIn("value", model.fields_get())
        for call in (
            lambda: rows.read(["value"]),
            lambda: model.search([("value", "like", "gAAA")]),
            lambda: model.search([], order="value"),
            lambda: model.formatted_read_group([], ["value"], []),
            lambda: model.formatted_read_group([], [], ["value:array_agg"]),
            lambda: rows.export_data(["value"]),
            lambda: rows.filtered_domain([("value", "like", "gAAA")]).mapped("value"),
            lambda: rows.write({"value": "x"}),
        ):
            self.assertRefused(call)

    def test_what_was_typed_does_not_come_back(self):
        for user in (self.account.user_id, self.admin):
            self.check_preferences(user)
        account, server = (
            each.with_user(self.admin) for each in (self.account, self.office)
        )
        account.password = PASSWORD
        server.client_secret = APP_SECRET
        for record, name in ((account, "password"), (server, "client_secret")):
            self.check_form(record, name)

    def check_preferences(self, user):
        """What a user's preferences tell somebody of his password."""
        users = self.env["res.users"].with_user(user)
        owner = users.browse(self.account.user_id.id)
        saved = owner.web_save(
            {"exchange_password": PASSWORD},
            {"exchange_password": {}, "exchange_has_password": {}},
        )
        self.assertEqual(saved[0]["exchange_password"], False)
        self.assertEqual(saved[0]["exchange_has_password"], True)
        for answer in (
            owner.read(["exchange_password"]),
            owner.web_read({"exchange_password": {}, "exchange_account_id": {}}),
            owner.export_data(["exchange_password", "exchange_login"]),
            owner.onchange(
                {"exchange_login": "x"},
                ["exchange_login"],
                {"exchange_login": {}, "exchange_password": {}},
            ),
            users.fields_get(),
            users.default_get(["exchange_password"]),
            owner.exchange_password,
        ):
            self.assertNoSecret(repr(answer))

    def check_form(self, record, name):
        """What a record tells of a secret that was typed into it."""
        saved = record.web_save({name: PASSWORD}, {name: {}, f"has_{name}": {}})
        self.assertEqual(saved[0][name], False)
        self.assertEqual(saved[0][f"has_{name}"], True)
        for answer in (
            record[name],
            record.read(),
            record.read([name]),
            record.web_read({name: {}}),
            record.export_data([name, "display_name"]),
            record.copy_data(),
            record.onchange({name: "other"}, [name], {name: {}}),
            record.fields_get(),
            record.default_get([name]),
            record.search_read([]),
            record.name_search(""),
        ):
            self.assertNoSecret(repr(answer))

    def test_created_with_a_secret(self):
        user = new_test_user(self.env, "fresh")
        accounts = self.env["exchange.account"].with_user(self.admin)
        account = accounts.create({"user_id": user.id, "password": PASSWORD})
        self.assertFalse(account.password)
        self.assertTrue(account.has_password)
        users = self.env["res.users"].with_user(self.admin)
        fresh = users.create({"name": "f", "login": "f", "exchange_password": PASSWORD})
        self.assertFalse(fresh.exchange_password)
        self.assertTrue(fresh.exchange_has_password)
        server = self.env["exchange.server"].create(
            {"name": "S", "client_secret": APP_SECRET}
        )
        self.assertFalse(server.client_secret)
        self.assertTrue(server.has_client_secret)
        self.assertFalse(server.copy().has_client_secret)

    def test_searching_for_a_value_is_no_oracle(self):
        """The answer does not depend on whether the guess is right."""
        for model, name in (
            ("exchange.account", "password"),
            ("exchange.account", "has_password"),
            ("exchange.server", "client_secret"),
            ("res.users", "exchange_password"),
            ("res.users", "exchange_has_password"),
        ):
            for user in (self.account.user_id, self.admin):
                records = self.env[model].with_user(user)
                for operator in ("=", "!=", "like", "=ilike", "in", ">"):
                    answers = []
                    for guess in (PASSWORD, APP_SECRET, "wrong"):
                        value = [guess] if operator == "in" else guess
                        answers.append(self._search(records, name, operator, value))
                    self.assertEqual(len(set(answers)), 1, (model, name, operator))
                self.assertRefused(records.formatted_read_group, [], [name], [])
                self.assertRefused(records.search, [], order=name)

    @mute_logger("odoo.domains", "odoo.fields", "odoo.orm.domains", "odoo.osv")
    def _search(self, records, name, operator, value):
        try:
            return str(records.search([(name, operator, value)]).ids)
        except (ValueError, UserError, NotImplementedError) as error:
            return f"{type(error)}"

    # Logs and errors

    @contextmanager
    def everything_logged(self):
        """All loggers of the process at DEBUG. :return: the text they write"""
        text = io.StringIO()
        handler = logging.StreamHandler(text)
        handler.setFormatter(logging.Formatter("%(name)s %(message)s"))
        root = logging.getLogger()
        loggers = [root, *logging.Logger.manager.loggerDict.values()]
        loggers = [each for each in loggers if isinstance(each, logging.Logger)]
        before = [(each, each.level, each.disabled) for each in loggers]
        others = root.handlers[:]
        root.handlers[:] = [handler]
        for each in loggers:
            each.setLevel(logging.DEBUG)
            each.disabled = False
        try:
            yield text
        finally:
            root.handlers[:] = others
            for each, level, disabled in before:
                each.setLevel(level)
                each.disabled = disabled

    def test_logs_at_debug(self):
        user = self.account.user_id
        users = self.env["res.users"].with_user(user)
        with self.everything_logged() as text:
            call_kw(users, "write", [[user.id], {"exchange_password": PASSWORD}], {})
            call_kw(
                users,
                "web_save",
                [[user.id], {"exchange_password": PASSWORD}],
                {"specification": {"exchange_password": {}}},
            )
            call_kw(
                self.env["exchange.server"].with_user(self.admin),
                "create",
                [[{"name": "S", "client_secret": APP_SECRET, "client_id": "x"}]],
                {},
            )
            call_kw(users, "action_exchange_connect", [[user.id]], {})
            self.sim.clock.advance(7200)
            self.account.sync()
            self.sim.store.directory.user(self.account.login).password = "changed"
            self.lose_passwords()
            self.env.flush_all()
        text = text.getvalue()
        for name in ("odoo.service.model", "odoo.sql_db", "msal.token_cache"):
            self.assertIn(name, text)
        self.assertIn("exchange_password", text)
        self.assertNoSecret(text, "a secret is in the log")

    def lose_passwords(self):
        """Users of each service whose password is another one all of a sudden."""
        for server in (self.office, self.exchange):
            account = self.new_account(server=server)
            remote = self.sim.store.directory.user(account.login)
            remote.password = "other"
            self.sim.clock.advance(7200)
            remote.revoked = remote.password_changed = self.sim.clock.now()
            account.sync()
            self.assertEqual(account.state, "reconnect")

    def test_the_address_of_the_call_back_in_the_access_log(self):
        with self.everything_logged() as text:
            logging.getLogger("werkzeug").info(
                '1.2.3.4 - - "%s" %s -',
                "GET /exchange_connector/oauth?code=1.AXsecret&state=x HTTP/1.1",
                303,
            )
        self.assertIn("/exchange_connector/oauth?", text.getvalue())
        self.assertNotIn("AXsecret", text.getvalue())

    def test_objects_and_errors_do_not_show_what_they_hold(self):
        app = self.account._oauth_app()
        answer = app.token_by_password(self.account.login, PASSWORD)
        source = TokenSource(self.account)
        for each in (app, answer, source, BasicAuth("x", PASSWORD), TokenAuth(source)):
            self.assertNoSecret(f"{each!r} {each}")
        with self.account._open_mailbox() as mailbox:
            mailbox.me()
            self.assertNoSecret(
                f"{mailbox!r} {mailbox.session!r} {mailbox.session.auth!r}"
            )
        try:
            app.token_by_password("nobody@contoso.example", PASSWORD)
        except AuthenticationError:
            self.assertNoSecret(traceback.format_exc())
        self.office.client_secret = wrong = "a wrong client secret"
        with self.assertRaises(UserError) as caught:
            self.account._connect()
        self.assertNotIn(wrong, str(caught.exception))

    # Copies

    def test_a_neutralised_copy_opens_no_mailbox(self):
        self.account.sync()
        self.env.flush_all()
        for query in get_neutralization_queries(get_installed_modules(self.env.cr)):
            self.env.cr.execute(query)
        self.env.invalidate_all()
        self.env.cr.execute("SELECT count(*) FROM exchange_credential")
        self.assertEqual(self.env.cr.fetchone()[0], 0)
        self.assertEqual(self.account.state, "draft")
        self.assertFalse(self.account.search(self.account._due_domain()))
        self.assertFalse(self.env.ref("exchange_connector.ir_cron_sync").active)
        self.sim.requests.clear()
        for account in self.account, self.new_draft(self.exchange):
            account.sync()
            with self.assertRaises(UserError):
                account._connect()
        self.assertFalse(self.sim.requests.matching("v1.0|exchangeRestApi"))

    def new_draft(self, server):
        user = new_test_user(self.env, "drafty")
        values = {"user_id": user.id, "server_id": server.id, "login": "x"}
        return self.env["exchange.account"].create(
            {**values, "auth_method": "password"}
        )
