import json
import logging
from urllib.parse import urlsplit

from odoo import api, fields, models
from odoo.tools import SQL

from . import secret_box
from .secret_box import SecretUnreadable
from .transactions import own_environment

_logger = logging.getLogger(__name__)

BATCH = 500


class SecretMisplaced(SecretUnreadable):
    """A stored secret was not meant for this owner, or not for this address."""


class ExchangeCredential(models.Model):
    """Secrets, in a table nobody has access to but the connector itself.

    A table of its own for two reasons: no view, export or RPC call on accounts and
    servers can ever reach them, and a rotated refresh token is written while the
    account's own row may be in use by a running synchronisation.

    A secret is encrypted together with its owner, with the addresses it is for and with
    the database. So a row that was moved to another account opens nothing, a password
    is never sent to another server than the one its user typed it for, and a copy of
    the database, which Odoo gives another UUID, takes nothing out of the mailboxes of
    the first one.
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
    value = fields.Char(required=True, groups=fields.NO_ACCESS, copy=False)

    _account_kind_uniq = models.UniqueIndex(
        "(account_id, kind) WHERE account_id IS NOT NULL"
    )
    _server_kind_uniq = models.UniqueIndex(
        "(server_id, kind) WHERE server_id IS NOT NULL"
    )

    @api.model
    def _get_secret(self, owner, kind, lock=False, stored=None):
        """The secret of an account or a server.

        :param owner: an ``exchange.account`` or ``exchange.server``
        :param lock: keep other workers from reading it for a change until the end of
            this transaction; wants a cursor of its own
        :param stored: what :meth:`_read_tokens` gave for this owner
        :return: the secret in clear, or "" when there is none
        :raises SecretUnreadable: it is there, but not for us to read
        """
        if stored is None:
            token = self._read_token(owner, kind, lock)
        else:
            token = stored.get(kind, "")
        if not token:
            return ""
        try:
            content = json.loads(secret_box.decrypt(self.env, token))
        except SecretUnreadable:
            # The key may have been changed since this transaction began to see.
            with own_environment(self.env) as env:
                fresh = env[self._name]._read_token(owner, kind)
            if fresh in ("", token):
                raise
            content = json.loads(secret_box.decrypt(self.env, fresh))
        self._check_meant_for(content, owner, kind)
        return content["secret"]

    @api.model
    def _set_secret(self, owner, kind, secret):
        """Store a secret; an empty one removes what was stored."""
        # A change of the key waits until we are done, or we for it.
        self.env.cr.execute("LOCK TABLE exchange_credential IN ROW EXCLUSIVE MODE")
        column = self._owner_field(owner)
        row = self.sudo().search([(column, "=", owner.id), ("kind", "=", kind)])
        if not secret:
            row.unlink()
            return
        content = {
            "owner": self._owner_text(owner, kind),
            "audience": audience(owner._secret_addresses(kind)),
            "database": self._database_uuid(),
            "secret": secret,
        }
        token = secret_box.encrypt(self.env, json.dumps(content))
        if row:
            row.value = token
        else:
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

    @api.private
    @api.model
    def rotate_key(self):
        """Change the key and encrypt every secret anew, at once and for good.

        For administrators, from the shell of the machine::

            echo "env['exchange.credential'].rotate_key()" | odoo shell -d DATABASE

        It may be stopped at any moment and repeated: until everything is under the new
        key, and durable, both keys stay in force.

        :return: how many secrets are under the new key now
        :raises UserError: the key is in odoo.conf, and no new one has been put there
        """
        with own_environment(self.env) as env:
            # First of all, so that the transaction sees what others have done until
            # then. Reading goes on meanwhile; writing waits.
            env.cr.execute("LOCK TABLE exchange_credential IN EXCLUSIVE MODE")
            key = secret_box.begin_rotation(env)
            done, lost = env[self._name]._encrypt_anew()
            env[self._name].invalidate_model(["value"])
        clean = secret_box.end_rotation(self.env, key)
        _logger.info("Exchange: the key was changed, %s secrets are under it", done)
        if lost:
            _logger.warning(
                "Exchange: %s secrets were unreadable before. Their users have to sign "
                "in again.",
                lost,
            )
        if not clean:
            _logger.info(
                "Exchange: when this has been done on all databases, remove all keys "
                "but the first from %s",
                secret_box.KEY_OPTION,
            )
        return done

    @api.model
    def _encrypt_anew(self):
        """:return: (number of secrets under the first key now, number unreadable)"""
        done = lost = last = 0
        while True:
            self.env.cr.execute(
                "SELECT id, value FROM exchange_credential "
                "WHERE id > %s ORDER BY id LIMIT %s",
                [last, BATCH],
            )
            rows = self.env.cr.fetchall()
            if not rows:
                return done, lost
            last = rows[-1][0]
            for row_id, token in rows:
                try:
                    fresh = secret_box.encrypt(
                        self.env, secret_box.decrypt(self.env, token)
                    )
                except SecretUnreadable:
                    lost += 1
                    continue
                self.env.cr.execute(
                    "UPDATE exchange_credential SET value = %s WHERE id = %s",
                    [fresh, row_id],
                )
                done += 1

    def _read_token(self, owner, kind, lock=False):
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                "SELECT value FROM exchange_credential WHERE %s = %s AND kind = %s %s",
                SQL.identifier(self._owner_field(owner)),
                owner.id,
                kind,
                SQL("FOR UPDATE" if lock else ""),
            )
        )
        return rows[0][0] if rows else ""

    def _read_tokens(self, accounts):
        """The secrets of many accounts as they are stored, in one query.

        :return: {account id: {kind: token}}
        """
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                "SELECT account_id, kind, value FROM exchange_credential"
                " WHERE account_id = ANY(%s)",
                accounts.ids,
            )
        )
        tokens = {account_id: {} for account_id in accounts.ids}
        for account_id, kind, value in rows:
            tokens[account_id][kind] = value
        return tokens

    def _check_meant_for(self, content, owner, kind):
        """:raises SecretMisplaced: the secret is another one's, or for elsewhere"""
        if content["owner"] != self._owner_text(owner, kind):
            _logger.warning("Exchange: a secret of %s lies with another owner", owner)
            raise SecretMisplaced(
                self.env._("The stored sign-in belongs to another account.")
            )
        if content.get("database", self._database_uuid()) != self._database_uuid():
            raise SecretMisplaced(
                self.env._(
                    "This database is a copy of another one. Sign in again if it is to "
                    "use this mailbox as well."
                )
            )
        now = audience(owner._secret_addresses(kind))
        if not _fits(content["audience"], now):
            raise SecretMisplaced(
                self.env._(
                    "The address of the service has changed since you signed in. Sign "
                    "in again for %(address)s.",
                    address=" ".join(now),
                )
            )

    @api.model
    def _database_uuid(self):
        return self.env["ir.config_parameter"].sudo().get_param("database.uuid") or ""

    @api.model
    def _owner_text(self, owner, kind):
        return f"{owner._name},{owner.id},{kind}"

    @api.model
    def _owner_field(self, owner):
        return "server_id" if owner._name == "exchange.server" else "account_id"


def audience(addresses):
    """Whom a secret is for.

    :param addresses: URLs it is sent to
    :return: list of ``scheme://host``, without ports: a host is one owner's
    """
    found = []
    for address in addresses:
        parts = urlsplit(address or "")
        found.append(f"{parts.scheme}://{parts.hostname or ''}".lower())
    return found


def _fits(stored, now):
    """Whether the addresses are the same; a change from http to https is welcome."""
    return len(stored) == len(now) and all(
        new in (old, old.replace("http://", "https://"))
        for old, new in zip(stored, now, strict=True)
    )
