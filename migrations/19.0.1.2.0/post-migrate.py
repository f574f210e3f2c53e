"""From 19.0.1.1.0 to 19.0.1.2.0."""

import json

from odoo import SUPERUSER_ID, api

from odoo.addons.exchange_connector.models import secret_box
from odoo.addons.exchange_connector.models.event_reminders import reminder_values

# As reminders were called that are hours or days, in both languages of then.
FORMER_NAMES = ("Notification - %s minutes", "Benachrichtigung - %s Minuten")


def migrate(cr, _version):
    """Bind the secrets to this database. Portal users may read the contacts of their
    company; what was filed there is for employees."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    _bind_secrets(env)
    _name_reminders(env)
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


def _name_reminders(env):
    """Two weeks were "20160 minutes"."""
    alarms = env["calendar.alarm"].search(
        [("alarm_type", "=", "notification"), ("interval", "=", "minutes")]
    )
    for alarm in alarms:
        if alarm.name in [name % alarm.duration for name in FORMER_NAMES]:
            alarm.update_field_translations("name", _names(env, alarm.duration))
            values = reminder_values(env, alarm.duration)
            alarm.write({key: values[key] for key in ("duration", "interval")})


def _names(env, minutes):
    """:return: {language: name}"""
    return {
        code: reminder_values(env(context={"lang": code}), minutes)["name"]
        for code, _name in env["res.lang"].get_installed()
    }
