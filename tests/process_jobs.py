"""What process_worker.py can be told to do in a process of its own.

Each function is a job: (env, **arguments) -> what JSON can hold.
"""

import importlib
import re
from collections import defaultdict

from odoo import fields
from odoo.service.model import retrying


def build(env, server, people, contacts):
    """Users with connected mailboxes, made where they are not there, and contacts.

    :param server: values of the ``exchange.server``
    :param people: {name: values of the account}; the login is name@contoso.example
    :param contacts: {key: values of the contact}
    :return: {"folders": {login: {direction: remote id}}, "contacts": {key: id}}
    """
    service = env["exchange.server"].create(server)
    folders = {}
    for name, values in people.items():
        login = f"{name}@contoso.example"
        user = env["res.users"].search([("login", "=", login)])
        user = user or user.create({"name": name, "login": login, "email": login})
        account = env["exchange.account"].create(
            {
                "user_id": user.id,
                "server_id": service.id,
                "auth_method": "password",
                "login": login,
                "password": "secret",
                **values,
            }
        )
        account._connect()
        account.action_create_folders()
        # Its user has seen the preview and said yes.
        account.next_sync = fields.Datetime.now()
        folders[login] = {
            folder.direction: folder.remote_id for folder in account.folder_ids
        }
    ids = {key: env["res.partner"].create(each).id for key, each in contacts.items()}
    return {"folders": folders, "contacts": ids}


def talk(env, partner, event):
    """A conversation on an event, and a mail of Odoo's own on a contact.

    :return: {"event": id, "question": Message-ID on it, "sent": Message-ID of the mail}
    """
    # The mail goes nowhere: nobody but the contact is told, and he has no address here.
    record = env["calendar.event"].create(
        {"name": event, "start": fields.Datetime.now(), "stop": fields.Datetime.now()}
    )
    question = record.message_post(
        body="Shall we?", message_type="comment", subtype_xmlid="mail.mt_comment"
    )
    sent = env["res.partner"].browse(partner).message_post(body="From Odoo")
    return {
        "event": record.id,
        "question": question.message_id,
        "sent": sent.message_id,
    }


def sync(env, login, times=1):
    """``account.sync()`` of a user, some times. :return: the last run's values"""
    account = env["exchange.account"].search([("login", "=", login)])
    for _number in range(times):
        run = account.sync()
    names = ["state", "found", "filed", "duplicate", "waiting", "deleted", "failed"]
    return {name: run[name] for name in [*names, "error"]}


def neighbour(env, login, token="", origin="", stopped=False):
    """Switch Odoo's own Outlook synchronisation on for a user, or let it run.

    :param token: his access token at ``origin``; "" takes the one he has
    :param stopped: switch it off instead
    """
    user = env["res.users"].search([("login", "=", login)])
    if stopped or token:
        user.write(
            {
                "microsoft_calendar_token": token,
                "microsoft_calendar_rtoken": token,
                "microsoft_calendar_token_validity": "2099-01-01 00:00:00",
                "microsoft_synchronization_stopped": stopped,
            }
        )
        return
    service = importlib.import_module(
        "odoo.addons.microsoft_account.models.microsoft_service"
    )
    request = service.MicrosoftService._do_request
    request.__defaults__ = (None, None, "POST", origin, service.TIMEOUT)
    service.DEFAULT_MICROSOFT_GRAPH_ENDPOINT = origin
    user.with_user(user).sudo()._sync_microsoft_calendar()


def subscribe(env, login, domain, wanted=True):
    """A user subscribes to contacts, or ends it. :return: their ids"""
    user = env["res.users"].search([("login", "=", login)])
    partners = env["res.partner"].with_user(user).search(domain)
    if wanted:
        partners.action_exchange_subscribe()
    else:
        partners.action_exchange_unsubscribe()
    return partners.ids


def call(env, login, method, times=1):
    """A method without arguments of a user's account, some times, committed each time.

    :return: what it gave the last time, as text
    """
    account = env["exchange.account"].search([("login", "=", login)])
    for _number in range(times):
        given = getattr(account, method)()
        env.cr.commit()
    return str(given)


def rotate_key(env):
    """:return: how many secrets are under the new key"""
    return env["exchange.credential"].rotate_key()


def tick(env):
    """What the scheduler runs."""
    env["exchange.account"]._cron_sync()


def set_lanes(env, number):
    """So many lanes of the schedule, and no other scheduled job."""
    env["exchange.account"]._set_lanes(number)
    lanes = [cron.id for cron in env["exchange.account"]._lanes().values()]
    env["ir.cron"].search([("id", "not in", lanes)]).active = False


def fail_for_days(env, login):
    """An account has failed for so long that everybody is told, and administrators
    have changed all settings."""
    account = env["exchange.account"].search([("login", "=", login)])
    account.write({"failing_since": "2020-01-01", "last_error": "away"})
    account._tell_lasting_failures()
    account._set_lanes(3)
    for name in ("keep_runs_days", "tell_failing_after_days"):
        env["ir.config_parameter"].set_param(f"exchange_connector.{name}", "3")


def wake(env):
    """Have Odoo's workers look at once for what is due."""
    env["exchange.account"]._wake_lanes()


def write(env, model, domain, values):
    """Write values on the records of a domain. :return: their ids"""
    records = env[model].search(domain)
    records.write(values)
    return records.ids


def follow(env, smtp_port):
    """All users and contacts follow each other, and mails are sent for real.

    :param smtp_port: port of the mail server on this machine
    """
    env["ir.mail_server"].search([]).active = False
    env["ir.mail_server"].create(
        {"name": "Catcher", "smtp_host": "127.0.0.1", "smtp_port": smtp_port}
    )
    env.company.email = "company@contoso.example"
    for partner in env["res.partner"].search([("email", "!=", False)]):
        partner.message_subscribe(env["res.users"].search([]).partner_id.ids)


def send(env, partner=None):
    """Send what waits to be sent.

    :param partner: beforehand, write to this contact's followers
    """
    if partner:
        record = env["res.partner"].browse(partner)
        record.message_subscribe(record.ids)
        record.message_post(
            body="A word from Odoo",
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            author_id=env.ref("base.partner_root").id,
        )
        env.cr.commit()
    env["mail.mail"].process_email_queue()


def cron(env, name):
    """Run a scheduled job of Odoo's."""
    env.ref(name).method_direct_trigger()


def unlink(env, model, domain):
    """Delete the records of a domain, as a user's request does it."""
    retrying(lambda: env[model].search(domain).unlink(), env)


def brought(env, module):
    """:return: [(table, id)] of all records that came with this addon alone"""
    rows = env["ir.model.data"].search([("model", "in", list(env))])
    makers = defaultdict(set)
    for row in rows:
        makers[env[row.model]._table, row.res_id].add(row.module)
    return [record for record, modules in makers.items() if modules == {module}]


def uninstall(env, module):
    """Uninstall an addon, as the list of apps does."""
    env["ir.module.module"].search([("name", "=", module)]).button_immediate_uninstall()


def screens(env, models):
    """:return: {model: names of the fields that its screens show}"""
    kinds = ("form", "list", "kanban", "search", "calendar")
    wanted = [("mode", "=", "primary"), ("type", "in", kinds)]
    found = {}
    for model in models:
        names = set()
        for view in env["ir.ui.view"].search([("model", "=", model), *wanted]):
            arch = env[model].get_view(view.id, view.type)["arch"]
            names.update(re.findall(r'<field name="(\w+)"', arch))
        found[model] = sorted(names)
    return found
