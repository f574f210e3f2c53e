from odoo import api, fields, models
from odoo.tools import SQL

from . import secret_box


class ExchangeCredential(models.Model):
    """Secrets, in a table nobody has access to but the connector itself.

    A table of its own for two reasons: no view, export or RPC call on accounts and
    servers can ever reach them, and a rotated refresh token is written while the
    account's own row may be in use by a running synchronisation.
    """

    _name = "exchange.credential"
    _description = "Exchange Credential"
    _log_access = False

    account_id = fields.Many2one("exchange.account", ondelete="cascade", index=True)
    server_id = fields.Many2one("exchange.server", ondelete="cascade", index=True)
    kind = fields.Selection(
        [
            ("password", "Password"),
            ("token_cache", "Token Cache"),
            ("client_secret", "Client Secret"),
        ],
        required=True,
    )
    value = fields.Char(required=True, groups=fields.NO_ACCESS)

    _account_kind_uniq = models.UniqueIndex(
        "(account_id, kind) WHERE account_id IS NOT NULL"
    )
    _server_kind_uniq = models.UniqueIndex(
        "(server_id, kind) WHERE server_id IS NOT NULL"
    )

    @api.model
    def _get_secret(self, owner, kind, lock=False):
        """The secret of an account or a server.

        :param owner: an ``exchange.account`` or ``exchange.server``
        :param lock: keep other workers from reading it for a change until the end of
            this transaction; wants a cursor of its own
        :return: the secret in clear, or "" when there is none
        """
        self.flush_model()
        column = self._owner_field(owner)
        rows = self.env.execute_query(
            SQL(
                "SELECT value FROM exchange_credential WHERE %s = %s AND kind = %s %s",
                SQL.identifier(column),
                owner.id,
                kind,
                SQL("FOR UPDATE" if lock else ""),
            )
        )
        return secret_box.decrypt(self.env, rows[0][0]) if rows else ""

    @api.model
    def _set_secret(self, owner, kind, secret):
        """Store a secret; an empty one removes what was stored."""
        column = self._owner_field(owner)
        row = self.sudo().search([(column, "=", owner.id), ("kind", "=", kind)])
        if not secret:
            row.unlink()
        elif row:
            row.value = secret_box.encrypt(self.env, secret)
        else:
            token = secret_box.encrypt(self.env, secret)
            self.sudo().create({column: owner.id, "kind": kind, "value": token})

    @api.model
    def _kinds_of(self, owners):
        """Which secrets are there, without reading them.

        :return: {owner id: {kind, ...}}
        """
        column = self._owner_field(owners)
        found = {owner_id: set() for owner_id in owners.ids}
        for row in self.sudo().search([(column, "in", owners.ids)]):
            found[row[column].id].add(row.kind)
        return found

    @api.model
    def _owner_field(self, owner):
        return "server_id" if owner._name == "exchange.server" else "account_id"
