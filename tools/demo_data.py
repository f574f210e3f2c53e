"""The demo's data: contacts, users, mailboxes, sign-ins and a first synchronisation.

Run by `make demo` in `odoo shell`, which gives ``env``; may run again at any time. The
sign-in at the simulator's page is the real one, only that this script fills it in.
"""

import base64
import json
import os
import ssl
import urllib.error
import urllib.request
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

from odoo.addons.exchange_connector.tests.simulator import (
    APP_ID,
    APP_SECRET,
    TENANT_ID,
)
from odoo.addons.exchange_connector.tools.demo_events import at, events, working_day
from odoo.addons.exchange_connector.tools.demo_mails import (
    COMPANIES,
    DOMAIN,
    USERS,
    mails,
    waiting_mail,
)

URL = os.environ["DEMO_URL"]
GRAPH = os.environ["DEMO_GRAPH_URL"]
IDENTITY = os.environ["DEMO_IDENTITY_URL"]
AUTHORITY = Path(os.environ["DEMO_STORE"], "ca.pem")
CALLBACK = f"{URL}/exchange_connector/oauth"
# Who keeps the mailbox at an Exchange server of the company.
ON_PREMISES = {"carla"}
# Who may create contacts; the others see what it is like without.
MAY_CREATE_CONTACTS = {"anna"}
# Who has which companies in Outlook, and who has subscribed to more since.
SUBSCRIBED = {
    "anna": ["Müller Elektrotechnik GmbH", "Bäckerei Sonnenschein KG"],
    "ben": ["Müller Elektrotechnik GmbH"],
}
SUBSCRIBED_SINCE = {"anna": ["Architekturbüro Weiß"]}
LANGUAGE = os.environ.get("DEMO_LANGUAGE", "en_US")
FOLDERS = {
    "en_US": {
        "incoming": "Inbox/Transfer Incoming",
        "outgoing": "Inbox/Transfer Outgoing",
    },
    "de_DE": {
        "incoming": "Inbox/Transfer Eingang",
        "outgoing": "Inbox/Transfer Ausgang",
    },
}[LANGUAGE]


def address(login):
    return f"{login}@{DOMAIN}"


# The simulator


def simulator(command, **values):
    """Give the simulator a command. :return: its result"""
    request = urllib.request.Request(
        f"{GRAPH}/admin/{command}", json.dumps(values).encode()
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=60) as answer:
        return json.load(answer)["result"]


def fill_mailboxes():
    """Mailboxes with folders and mails, unless they are there from before.

    :return: who has a new one
    """
    simulator(
        "set-app",
        redirect_uris=[CALLBACK, CALLBACK.replace("localhost", "127.0.0.1")],
    )
    there = {user["upn"] for user in simulator("mailboxes")}
    new = {login for login in USERS if address(login) not in there}
    for login in new:
        name = USERS[login][0]
        simulator("create-mailbox", login=address(login), password=login, name=name)
        for folder in ("Inbox/Kunden", "Inbox/Lieferanten", "Projekte/Rathaus Bonn"):
            simulator("create-folder", mailbox=address(login), folder=folder)
    for mail in [*mails(), waiting_mail()]:
        eml = base64.b64encode(mail.text()).decode()
        for login, place in mail.places:
            if login in new:
                simulator(
                    "drop",
                    mailbox=address(login),
                    folder=FOLDERS.get(place, place),
                    eml=eml,
                )
    return new


def fill_calendars(new):
    """Events, answers and a moved occurrence.

    :param new: who is new, and has an empty calendar
    """
    begin, end = working_day(0), working_day(0) + timedelta(days=100)
    window = {"start": begin.isoformat(), "end": end.isoformat()}
    for event in events():
        box = address(event.owner)
        if event.owner not in new:
            continue
        simulator("create-event", mailbox=box, **event.properties())
        for login, answer in event.answers.items():
            copy = found(address(login), event.subject, window)[0]["master_id"]
            simulator("respond", mailbox=address(login), event=copy, answer=answer)
        if event.moved:
            number, hour = event.moved
            occurrence = found(box, event.subject, window)[number]
            day = datetime.fromisoformat(occurrence["start"]).date()
            start = at(day, f"{hour}:00")
            simulator(
                "change-event",
                mailbox=box,
                event=occurrence["immutable_id"],
                start=f"{start.isoformat()} Europe/Berlin",
                end=f"{(start + timedelta(minutes=30)).isoformat()} Europe/Berlin",
            )


def found(box, subject, window):
    """The events of a title in a calendar, by time."""
    rows = simulator("events", mailbox=box, **window)
    return [row for row in rows if row["subject"] == subject]


# Odoo


def set_up_company():
    env["ir.config_parameter"].set_param("web.base.url", URL)
    env["ir.config_parameter"].set_param("web.base.url.freeze", "True")
    env.company.name = "Contoso Büromöbel GmbH"
    germany = env.ref("base.de").id
    partners = env["res.partner"]
    for name, (city, street, people) in COMPANIES.items():
        if partners.search([("name", "=", name)], limit=1):
            continue
        place = {"city": city, "street": street, "country_id": germany}
        company = partners.create({"name": name, "is_company": True, **place})
        for person, job, email in people:
            values = {"name": person, "function": job, "email": email}
            partners.create({**values, "parent_id": company.id})


def set_up_users():
    """:return: the demo's users"""
    users = env["res.users"]
    for login, (name, job) in USERS.items():
        if not users.search([("login", "=", login)]):
            user = users.with_context(no_reset_password=True).create(
                {
                    "name": name,
                    "login": login,
                    "password": login,
                    "email": address(login),
                    "tz": "Europe/Berlin",
                    "lang": LANGUAGE,
                }
            )
            user.partner_id.function = job
        if login in MAY_CREATE_CONTACTS:
            user = users.search([("login", "=", login)])
            user.group_ids += env.ref("base.group_partner_manager")
    administrator = users.search([("login", "=", "admin")])
    administrator.write({"tz": "Europe/Berlin", "lang": LANGUAGE})
    return users.search([("login", "in", list(USERS))], order="login")


def set_up_services():
    """:return: (Office 365, Exchange Server)"""
    servers = env["exchange.server"]
    both = []
    for service, values in {
        "office365": {
            "name": "Office 365",
            "tenant_id": TENANT_ID,
            "client_id": APP_ID,
            "client_secret": APP_SECRET,
            "authority_url": f"{IDENTITY}/{TENANT_ID}",
            "folders_url": f"{GRAPH}/v1.0",
            "ca_certificate": AUTHORITY.read_text(),
        },
        "exchange": {
            "name": "Exchange Server",
            # The mapper runs inside Odoo.
            "ews_url": f"{GRAPH}/EWS/Exchange.asmx",
        },
    }.items():
        server = servers.search([("service", "=", service)], limit=1)
        if server:
            server.write(values)
        else:
            server = servers.create({"service": service, **values})
        both.append(server)
    return both


# Signing in


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """Leaves the way back to Odoo to us."""

    def redirect_request(self, *_args):
        return None


def sign_in_at_microsoft(account):
    """Fill in the sign-in page, as the user would in a browser."""
    flow = account._oauth_app().start_sign_in(CALLBACK, login_hint=account.login)
    form = {"loginfmt": account.login, "passwd": account.user_id.login}
    context = ssl.create_default_context(cafile=AUTHORITY)
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}),
        urllib.request.HTTPSHandler(context=context),
        NoRedirect(),
    )
    try:
        with opener.open(flow["auth_uri"], urlencode(form).encode(), timeout=60):
            raise RuntimeError("The sign-in page did not lead back to Odoo.")
    except urllib.error.HTTPError as answer:
        back = answer.headers["Location"]
    env.cr.commit()
    account._finish_sign_in(flow, dict(parse_qsl(urlsplit(back).query)))


def connect(user, office, exchange):
    """Do for a user what he would do in his preferences."""
    on_premises = user.login in ON_PREMISES
    account = user.exchange_account_id
    if not account:
        user.exchange_server_id = exchange if on_premises else office
        user.exchange_login = address(user.login)
        user.exchange_password = on_premises and user.login
        account = user.exchange_account_id
    env.cr.commit()
    if account.state != "connected":
        if on_premises:
            account._connect()
        else:
            sign_in_at_microsoft(account)
    if not account.folder_ids:
        account.with_user(user).action_create_folders()
    env.cr.commit()
    subscribe(user, SUBSCRIBED.get(user.login, ()))
    env.cr.commit()
    return account.sync()


def subscribe(user, names):
    """Put companies with their contact persons into a user's Outlook."""
    partners = env["res.partner"].with_user(user)
    for name in names:
        company = partners.search([("name", "=", name)], limit=1)
        company.action_exchange_subscribe(with_children=True)


set_up_company()
people = set_up_users()
services = set_up_services()
env.cr.commit()
fill_calendars(fill_mailboxes())
for person in people:
    run = connect(person, *services)
    env.cr.commit()
    if run.state != "done":
        raise RuntimeError(f"{person.login}: {run.error}")
    subscribe(person, SUBSCRIBED_SINCE.get(person.login, ()))
    env.cr.commit()
    kind = person.exchange_account_id.server_id.name
    print(f"DEMO: {person.name}: {person.login}, password {person.login} ({kind})")

mail = waiting_mail()
port = urlsplit(GRAPH).port
print("DEMO: ")
print("DEMO: One more e-mail for Anna. This moves it into her transfer folder:")
print(
    f"DEMO:   .odoo/bin/python tests/simulator move {address('anna')}"
    f' "{mail.subject}" "{FOLDERS["incoming"]}" --port {port}'
)
print("DEMO: Then sign in as anna: Discuss, Outlook, Synchronise e-mails.")
print("DEMO: It appears in the chatter of Jürgen Müller (Contacts).")
print("DEMO: ")
print(
    "DEMO: The mailboxes as Outlook would show them, to move a mail, answer a meeting"
)
print(f"DEMO: or delete a contact: {GRAPH}/mailboxes")
