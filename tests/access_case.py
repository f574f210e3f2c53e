import warnings

from odoo.service.model import call_kw
from odoo.tests import new_test_user
from odoo.tools import mute_logger

from .common import PASSWORD, PIXEL, ExchangeCase, make_eml

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
        self._connect_victim()
        self._fill_mailbox()
        self._leave_traces()
        self.env.flush_all()
        self.users = {
            "internal": new_test_user(self.env, "mallory", groups="base.group_user"),
            "portal": new_test_user(self.env, "peter", groups="base.group_portal"),
            "public": self.env.ref("base.public_user"),
        }
        self.env["exchange.account"]._of_user(self.users["internal"])
        self.sim.requests.clear()

    def _connect_victim(self):
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

    def _fill_mailbox(self):
        """An e-mail that is filed, one that waits, and a subscription that failed."""
        known = self.partner("known@customer.example", name="Known")
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
        known.with_user(self.victim).action_exchange_subscribe()
        self.account.subscription_ids.write(
            {"error": CANARY, "remote_difference": {"x": CANARY}, "remote_id": CANARY}
        )
        self.account.subscription_ids.state = "failed"
        self.run = self.account.sync(["mail"])
        self.assertEqual((self.run.filed, self.run.waiting), (1, 1))

    def _leave_traces(self):
        """The canary in whatever may hold a text."""
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
