# The addon has one folder for its models.
# pylint: disable=no-wizard-in-models
from odoo import api, fields, models

from .connection_test import ConnectionSteps


class ExchangeConnectionTest(models.TransientModel):
    """What "Test Connection" found out, step by step, for whoever pressed it."""

    _name = "exchange.connection.test"
    _description = "Exchange Connection Test"

    name = fields.Char(readonly=True)
    success = fields.Boolean(readonly=True)
    line_ids = fields.One2many(
        "exchange.connection.test.line", "test_id", readonly=True
    )

    @api.model
    def _of(self, server, account=None):
        """Test and show the outcome. All of it is network; only then something is
        written.

        :param server: the ``exchange.server`` to test
        :param account: the ``exchange.account`` to sign in with, or None
        :return: the action that shows it
        """
        lines = ConnectionSteps(server.sudo(), account and account.sudo()).run()
        test = self.sudo().create(
            {
                "name": account.login if account else server.name,
                "success": all(line["state"] == "ok" for line in lines),
                "line_ids": [(0, 0, line) for line in lines],
            }
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Test Connection"),
            "res_model": self._name,
            "res_id": test.id,
            "views": [(False, "form")],
            "target": "new",
        }


class ExchangeConnectionTestLine(models.TransientModel):
    """One step of a connection test."""

    _name = "exchange.connection.test.line"
    _description = "Exchange Connection Test Step"
    _order = "id"

    test_id = fields.Many2one(
        "exchange.connection.test", required=True, ondelete="cascade", index=True
    )
    step = fields.Char(readonly=True)
    state = fields.Selection(
        [("ok", "Works"), ("failed", "Fails"), ("skipped", "Not Tried")], readonly=True
    )
    message = fields.Text("What", readonly=True)
    job = fields.Selection(
        [
            ("user", "The user"),
            ("administrator", "Odoo administrator"),
            ("provider", "Administrator of the mailboxes"),
        ],
        "Whose Job",
        readonly=True,
    )
