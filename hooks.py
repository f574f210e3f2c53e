"""What happens when the addon is uninstalled, and installed again.

Its tables and fields go with it, and with them which event of Odoo's is which one in
Outlook: synchronised anew, each would come a second time. So uninstalling leaves a note
on each event that came from Outlook, which tells its readers and, in its Message-ID,
the next installation. (Mails are recognised by their own Message-ID, contacts by the
mark that they carry in Outlook.)
"""

import base64
import json

from odoo import fields
from odoo.tools import split_every

DOMAIN = "event.exchange_connector"
PAGE = 1000
# Of an event, what the first synchronisation does not bring back by itself.
KEPT = (
    "exchange_ical_uid",
    "exchange_original_start",
    "exchange_series_uid",
    "exchange_joined",
    "exchange_left",
)


def uninstall_hook(env):
    """Note on the events where they came from, and take along what others keep for
    us."""
    _remove_traces(env)
    events = env["calendar.event"].with_context(active_test=False)
    found = events.search([("exchange_ical_uid", "!=", False)], order="id")
    note = env["ir.model.data"]._xmlid_to_res_id("mail.mt_note")
    author = env.ref("base.partner_root").id
    body = env._(
        "This event came from Outlook. The Exchange & Office 365 Connector has been "
        "uninstalled; what changes in Outlook is no longer shown here."
    )
    for page in split_every(PAGE, found.ids, events.browse):
        env["mail.message"].create(
            [
                {
                    "model": event._name,
                    "res_id": event.id,
                    "message_type": "notification",
                    "subtype_id": note,
                    "author_id": author,
                    "body": body,
                    "message_id": _write_mark(event),
                }
                for event in page
            ]
        )
        env.flush_all()
        env.invalidate_all()


def _remove_traces(env):
    """Settings, activities about mailboxes, and what browsers get with our part of the
    screens in it: nothing else tells whose they are."""
    env["ir.attachment"].regenerate_assets_bundles()
    parameters = env["ir.config_parameter"]
    parameters.search([("key", "=like", "exchange_connector.%")]).unlink()
    everyone = env["exchange.account"].with_context(active_test=False).search([])
    (everyone.reconnect_activity_id | everyone.failure_activity_id).unlink()
    servers = env["exchange.server"].with_context(active_test=False).search([])
    servers.failure_activity_ids.unlink()


def post_init_hook(env):
    """Give the events of an earlier installation back to Outlook."""
    # Nobody but the system is believed: others' mails bear what Message-ID they like.
    notes = env["mail.message"].search(
        [
            ("model", "=", "calendar.event"),
            ("message_type", "=", "notification"),
            ("author_id", "=", env.ref("base.partner_root").id),
            ("message_id", "=like", f"<%@{DOMAIN}>"),
        ]
    )
    for page in split_every(PAGE, notes.ids, notes.browse):
        rows = [{"id": note.res_id, **_read_mark(note.message_id)} for note in page]
        # As if they had never been without: nobody is told, nothing is sent.
        env.cr.execute(_GIVE_BACK, [json.dumps(rows)])
    env["calendar.event"].invalidate_model(KEPT)
    notes.unlink()


def _write_mark(event):
    """A Message-ID that says which event of Outlook an event is."""
    values = {name: event[name] or None for name in KEPT}
    text = json.dumps(values, default=fields.Datetime.to_string)
    return f"<{base64.urlsafe_b64encode(text.encode()).decode()}@{DOMAIN}>"


def _read_mark(message_id):
    """:return: {field of ``calendar.event``: value}"""
    text = base64.urlsafe_b64decode(message_id[1:].partition("@")[0])
    return dict(json.loads(text))


_GIVE_BACK = """
    UPDATE calendar_event e
       SET exchange_ical_uid = v.exchange_ical_uid,
           exchange_original_start = v.exchange_original_start,
           exchange_series_uid = v.exchange_series_uid,
           exchange_joined = v.exchange_joined,
           exchange_left = v.exchange_left
      FROM jsonb_to_recordset(%s) AS v(
           id int, exchange_ical_uid text, exchange_original_start timestamp,
           exchange_series_uid text, exchange_joined boolean, exchange_left jsonb)
     WHERE e.id = v.id"""
