"""From the first version that could be installed (19.0.1.0.0) to 19.0.1.1.0."""

import json
import logging
import os

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from odoo import SUPERUSER_ID, api
from odoo.tools import config

from odoo.addons.exchange_connector.models import secret_box

_logger = logging.getLogger(__name__)

# Then there was one key for all databases of an Odoo.
FORMER_KEY_FILE = "exchange_connector.key"


def migrate(cr, _version):
    """Bind the secrets to their owners, and remove what the ORM leaves."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    _bind_secrets(env)
    # The candidates for a waiting e-mail are looked up when they are wanted, and an
    # index on the state and the date serves for the state alone.
    cr.execute("DROP TABLE IF EXISTS exchange_mail_res_partner_rel")
    cr.execute("DROP INDEX IF EXISTS exchange_mail__state_index")
    # Records that are not updated: whoever was logged in could run it.
    job = env.ref("exchange_connector.ir_cron_sync", raise_if_not_found=False)
    if job:
        job.group_ids |= env.ref("base.group_system")


def _bind_secrets(env):
    """Store each secret anew, with its owner and the addresses that it is for."""
    box = _former_box()
    for row in env["exchange.credential"].search([]):
        env.cr.execute("SELECT value FROM exchange_credential WHERE id = %s", [row.id])
        try:
            secret = box.decrypt(env.cr.fetchone()[0].encode()).decode()
        except InvalidToken:
            # Under a key of today, or lost: its owner is asked to sign in again.
            continue
        if not _is_bound(secret):
            row._set_secret(row.account_id or row.server_id, row.kind, secret)
            _logger.info("Exchange: the secret %s was bound to its owner", row.id)


def _former_box():
    keys = config.get(secret_box.KEY_OPTION) or ""
    path = os.path.join(config["data_dir"], FORMER_KEY_FILE)
    if not keys and os.path.exists(path):
        with open(path, encoding="ascii") as file:
            keys = file.read()
    fernets = [Fernet(key) for key in keys.replace(",", " ").split()]
    return MultiFernet(fernets or [Fernet(Fernet.generate_key())])


def _is_bound(secret):
    try:
        return {"owner", "audience", "secret"} == json.loads(secret).keys()
    except (ValueError, AttributeError):
        return False
