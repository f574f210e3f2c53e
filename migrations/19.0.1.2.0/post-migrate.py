"""From 19.0.1.1.0 to 19.0.1.2.0."""

import json

from odoo import SUPERUSER_ID, api

from odoo.addons.exchange_connector.models import secret_box


def migrate(cr, _version):
    """Bind the secrets to this database. Portal users may read the contacts of their
    company; what was filed there is for employees."""
    _bind_secrets(api.Environment(cr, SUPERUSER_ID, {}))
    cr.execute(
        """UPDATE mail_message m SET is_internal = true
             FROM exchange_mail_message_rel r
             JOIN exchange_mail e ON e.id = r.exchange_mail_id
            WHERE r.message_id = m.id AND m.model = 'res.partner'
              AND NOT e.found_in_odoo AND m.is_internal IS NOT TRUE"""
    )


def _bind_secrets(env):
    """A copy of the database, which Odoo gives another UUID, is to open no mailbox."""
    uuid = env["exchange.credential"]._database_uuid()
    env.cr.execute("SELECT id, value FROM exchange_credential")
    for row_id, token in env.cr.fetchall():
        try:
            content = json.loads(secret_box.decrypt(env, token))
        except (secret_box.SecretUnreadable, ValueError):
            # Under a key that is lost: its owner is asked to sign in again.
            continue
        if "database" not in content:
            fresh = secret_box.encrypt(env, json.dumps({**content, "database": uuid}))
            env.cr.execute(
                "UPDATE exchange_credential SET value = %s WHERE id = %s",
                [fresh, row_id],
            )
