"""Scenery of the benchmark of many accounts: simulators with thousands of mailboxes,
and the accounts that belong to them.

One mailbox of each simulator is set up and synchronised in earnest; the others are
copies of it, in the simulator and in the database, made by the thousand.
"""

from __future__ import annotations

import json
import random
from urllib.parse import quote, unquote

TEMPLATE = "template{}@contoso.example"
PASSWORD = "secret"
SENDER = "ada@customer.example"
CHUNK = 1000


# -- in a simulator's process ----------------------------------------------------------


def seed(sim, login):
    """The mailbox that all others will be copies of."""
    sim.add_mailbox(login, PASSWORD)


def clone(sim, login, logins, links):
    """Mailboxes that are like the one of ``login``, with the same folders, calendars
    and positions.

    :param logins: of the new ones
    :param links: delta links of the template
    :return: for each a dict {what belongs to the template: what belongs to it}: its id,
        the ids of its containers, the links
    """
    template = sim.mailbox(login)
    return [_clone(sim, template, login, each, links) for each in logins]


def _clone(sim, template, former, login, links):
    box = sim.add_mailbox(login, PASSWORD)
    containers = {}
    for old in template.containers.values():
        new = box.well_known.get(old.well_known) if old.well_known else None
        new = new or box.add_container(
            old.kind,
            old.name,
            old.parent and containers[old.parent.id],
            well_known=old.well_known,
            data=dict(old.data),
        )
        containers[old.id] = new
    given = {template.id: box.id, former: login}
    given |= {old: new.id for old, new in containers.items()}
    return given | {link: _relink(sim, link, given, box) for link in links}


def _relink(sim, link, given, box):
    """A delta link of the template as it would be in another mailbox."""
    from simulator.delta import Token

    place, _option, text = link.partition("deltatoken=")
    token = Token.read(unquote(text), sim.service.secret)
    _mailbox, _slash, key = token.source.partition("/")
    token.source = f"{box.id}/{given[key]}"
    token.after = token.since = box.sequence
    for old, new in given.items():
        place = place.replace(quote(old, safe=""), quote(new, safe=""))
    return f"{place}deltatoken={quote(token.write(sim.service.secret))}"


def drop_mails(sim, letters):
    """Put one mail into each of some mailboxes. :param letters: (login, folder, raw)"""
    for letter in letters:
        sim.drop(*letter)


def office(sim):
    """Where it is as Office 365. :return: values of an ``exchange.server``"""
    from simulator import APP_ID, APP_SECRET, TENANT_ID

    return {
        "service": "office365",
        "tenant_id": TENANT_ID,
        "client_id": APP_ID,
        "client_secret": APP_SECRET,
        "allow_application": True,
        "authority_url": sim.authority,
        "folders_url": sim.tls_url,
        "ca_certificate": sim.ca_pem,
    }


def set_latency(sim, milliseconds):
    """From now on each request takes so much longer."""
    sim.latency = milliseconds


def count_requests(sim):
    """How many requests there have been so far."""
    return sim.requests.count


# -- the accounts ----------------------------------------------------------------------


class Crowd:
    """Thousands of connected users of one database, spread over some simulators.

    :param env: Odoo's environment
    :param sims: list of (address of the short paths, function that asks the simulator)
    :param name: what the logins begin with
    :param is_office: Office 365 over TLS, where an application signs in; else Exchange
        with passwords
    """

    def __init__(self, env, sims, name="user", is_office=False):
        self.env, self.name, self.is_office = env, name, is_office
        self.asks = [ask for _url, ask in sims]
        self.ada = env["res.partner"].create({"name": "Ada", "email": SENDER})
        self.templates = [
            self._template(number, url) for number, (url, _ask) in enumerate(sims)
        ]
        self.folders = {}

    def _template(self, number, url):
        """The account whose mailbox is set up and read in earnest."""
        login = TEMPLATE.format(number)
        values = {"service": "exchange", "folders_url": f"{url}/ChildFolders"}
        sign_in = {"auth_method": "password", "password": PASSWORD}
        if self.is_office:
            values, sign_in = self.asks[number](office), {"auth_method": "application"}
        server = self.env["exchange.server"].create(
            {"name": f"{self.name} {number}", **values}
        )
        user = self.env["res.users"].create(
            {"name": login, "login": f"{self.name}.{login}", "email": login}
        )
        account = self.env["exchange.account"].create(
            {"user_id": user.id, "server_id": server.id, "login": login, **sign_in}
        )
        account._connect()
        account.action_create_folders()
        self.ada.with_user(user).action_exchange_subscribe()
        self.env.cr.commit()
        for _again in range(3):
            run = account.sync()
            assert run.state == "done", run.error
        account.next_sync = False  # it stays out of what is measured
        self.env.cr.commit()
        return account

    def grow(self, count):
        """Add so many users, accounts and mailboxes."""
        share = -(-count // len(self.templates))
        for number, account in enumerate(self.templates):
            begin, end = number * share, min((number + 1) * share, count)
            links = self._links(account)
            for first in range(begin, end, CHUNK):
                logins = self._logins(range(first, min(first + CHUNK, end)))
                given = self.asks[number](clone, account.login, logins, links)
                self._insert(account, logins, given)
                self.env.cr.commit()
        self.env.cr.execute("ANALYZE")
        self.env.cr.commit()
        self.env.registry.clear_cache()

    def _links(self, account):
        calendar = self.env["exchange.calendar"]._of_account(account)
        links = [*account.folder_ids.mapped("delta_link"), calendar.delta_link]
        return [*links, account.contact_delta_link]

    def _logins(self, numbers):
        return [f"{self.name}{number}@contoso.example" for number in numbers]

    def _insert(self, account, logins, given):
        """The rows of the copies of an account, table by table."""
        cr, user = self.env.cr, account.user_id
        partners = copy_rows(
            cr, user.partner_id, [{"name": o, "email": o} for o in logins]
        )
        users = copy_rows(
            cr,
            user,
            [
                {"login": login, "partner_id": partner}
                for login, partner in zip(logins, partners, strict=True)
            ],
        )
        for table, column, other in (
            ("res_groups_users_rel", "uid", "gid"),
            ("res_company_users_rel", "user_id", "cid"),
        ):
            copy_links(cr, table, column, other, user.id, users)
        accounts = copy_rows(
            cr,
            account,
            [
                {
                    "user_id": owner,
                    "login": login,
                    "mailbox_address": login,
                    "mailbox_id": own[account.mailbox_id],
                    "addresses": json.dumps([login]),
                    "contact_folder_id": own.get(account.contact_folder_id),
                    "contact_delta_link": own[account.contact_delta_link],
                }
                for owner, login, own in zip(users, logins, given, strict=True)
            ],
        )
        self._insert_parts(account, accounts, given)
        incoming = account.folder_ids.filtered(lambda f: f.direction == "incoming")
        for login, own in zip(logins, given, strict=True):
            self.folders[login] = own[incoming.remote_id]

    def _insert_parts(self, account, accounts, given):
        """What belongs to the copies of an account, and their passwords."""
        cr, pairs = self.env.cr, list(zip(accounts, given, strict=True))
        for folder in account.folder_ids:
            ours = [
                {
                    "account_id": each,
                    "remote_id": own[folder.remote_id],
                    "delta_link": own[folder.delta_link],
                }
                for each, own in pairs
            ]
            copy_rows(cr, folder, ours)
        calendar = self.env["exchange.calendar"]._of_account(account)
        ours = [
            {
                "account_id": each,
                "delta_link": own[calendar.delta_link],
                "settings": calendar.settings.replace(
                    account.mailbox_id, own[account.mailbox_id]
                ),
            }
            for each, own in pairs
        ]
        copy_rows(cr, calendar, ours)
        subscription = self.env["exchange.subscription"].search(
            [("account_id", "=", account.id)]
        )
        copy_rows(cr, subscription, [{"account_id": each} for each in accounts])
        kind = "token_cache" if self.is_office else "password"
        secret = account._stored(kind)
        for copy in self.env["exchange.account"].browse(accounts):
            copy._store(kind, secret)
        self.env.flush_all()
        self.env.invalidate_all()

    def latency(self, milliseconds):
        """Set how long each request takes."""
        for ask in self.asks:
            ask(set_latency, milliseconds)

    def requests(self):
        """How many requests all simulators had."""
        return sum(ask(count_requests) for ask in self.asks)

    def make_due(self, minutes=1):
        """All accounts are due since some minutes, in an order of their own; those of
        other crowds are not."""
        self.env.cr.execute(
            "UPDATE exchange_account SET next_sync = CASE WHEN login LIKE %s"
            " THEN now() at time zone 'utc' - interval '1 minute' * %s"
            " - interval '1 second' * (id %% 60) END",
            [f"{self.name}%@%", minutes],
        )
        self.env.cr.execute("DELETE FROM exchange_sync_run")
        self.env.cr.commit()

    def post(self, count, label):
        """One mail in each of so many mailboxes."""
        chosen = random.Random(label).sample(sorted(self.folders), count)
        for number, ask in enumerate(self.asks):
            its = set(self._logins(self._numbers(number)))
            letters = [
                (login, self.folders[login], _mail(login, label))
                for login in chosen
                if login in its
            ]
            ask(drop_mails, letters)

    def _numbers(self, server):
        share = -(-len(self.folders) // len(self.asks))
        return range(server * share, (server + 1) * share)

    def filed(self, label):
        """How many of these mails are in the chatter, each once."""
        return self.env["mail.message"].search_count(
            [("subject", "=", f"Mail {label}"), ("model", "=", "res.partner")]
        )

    def check_round(self, count):
        """Each account ran exactly once, and well."""
        self.env.cr.rollback()
        self.env.cr.execute(
            "SELECT count(*), count(DISTINCT account_id) FROM exchange_sync_run"
            " WHERE state = 'done'"
        )
        assert self.env.cr.fetchone() == (count, count), "not each account once"
        self.env.cr.rollback()


def _mail(login, label):
    return (
        f"From: Ada <{SENDER}>\r\nTo: {login}\r\nSubject: Mail {label}\r\n"
        f"Message-ID: <{label}.{login}>\r\nDate: Mon, 02 Mar 2026 10:00:00 +0000\r\n"
        "Content-Type: text/plain\r\n\r\nGood morning.\r\n"
    ).encode()


def copy_rows(cr, record, changes):
    """Rows that are like the one of ``record`` but for some columns.

    :param changes: list of {column: value}, all with the same names
    :return: their ids, in order
    """
    from odoo.tools import SQL

    record.flush_recordset()
    table, names = record._table, list(changes[0])
    cr.execute(
        "SELECT column_name, udt_name FROM information_schema.columns"
        " WHERE table_name = %s AND column_name <> 'id'",
        [table],
    )
    types = dict(cr.fetchall())
    values = SQL(", ").join(
        SQL("(%s, %s)", number, SQL(", ").join(row[name] for name in names))
        for number, row in enumerate(changes)
    )
    cr.execute(
        SQL(
            """INSERT INTO %s (%s)
               SELECT %s FROM %s t, (VALUES %s) v (number, %s)
                WHERE t.id = %s ORDER BY v.number RETURNING id""",
            SQL.identifier(table),
            SQL(", ").join(map(SQL.identifier, types)),
            SQL(", ").join(
                SQL("v.%s::%s", SQL.identifier(n), SQL.identifier(types[n]))
                if n in names
                else SQL.identifier("t", n)
                for n in types
            ),
            SQL.identifier(table),
            values,
            SQL(", ").join(map(SQL.identifier, names)),
            record.id,
        )
    )
    return [row_id for (row_id,) in cr.fetchall()]


def copy_links(cr, table, column, other, old, new):
    """Give rows of a many2many table of one record to others too."""
    cr.execute(
        f"INSERT INTO {table} ({column}, {other})"
        f" SELECT n, t.{other} FROM {table} t, unnest(%s) n WHERE t.{column} = %s",
        [list(new), old],
    )
