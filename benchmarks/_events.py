"""Contestants and scenery of the benchmark of events: calendars in the simulator,
Odoo's own microsoft_calendar, the connector, and the floor below both.
"""

from __future__ import annotations

import copy
import functools
import threading
import time
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone

import _ground

CONTACTS = 200
DAYS_AHEAD = 300
PAGE = 500
BODY = "<p>" + "Agenda: figures, plans, questions. " * 8 + "</p>"
# What keeps Odoo's calendar from mailing anybody.
QUIET = {
    "no_mail_to_attendees": True,
    "skip_attendee_notification": True,
    "dont_notify": True,
    "mail_create_nolog": True,
    "tracking_disable": True,
    "mail_create_nosubscribe": True,
    "skip_contact_description": True,
}


def contact(number: int) -> str:
    """The address of one of the contacts who are invited."""
    return f"p{number % CONTACTS}@customer.example"


# -- in the simulator's process --------------------------------------------------------


def seed(sim, _nothing=None):
    """Mailboxes are made as they are needed."""


def fill(sim, login, count):
    """A mailbox with ``count`` meetings of three attendees in the days to come."""
    sim.add_mailbox(login, "secret")
    begin = _tomorrow()
    step = timedelta(minutes=max(1, DAYS_AHEAD * 24 * 60 // count))
    for number in range(count):
        start = begin + number * step
        sim.add_event(
            login,
            subject=f"Meeting {number}",
            body={"contentType": "html", "content": BODY},
            location={"displayName": f"Room {number % 20}"},
            attendees=_invited(number),
            **_span(start),
        )


def fill_series(sim, login):
    """A mailbox with one meeting on each of the days to come."""
    sim.add_mailbox(login, "secret")
    start = _tomorrow()
    sim.add_event(
        login,
        subject="Daily",
        body={"contentType": "html", "content": BODY},
        attendees=_invited(0),
        recurrence={
            "pattern": {"type": "daily", "interval": 1},
            "range": {
                "type": "numbered",
                "startDate": f"{start:%Y-%m-%d}",
                "numberOfOccurrences": DAYS_AHEAD,
            },
        },
        **_span(start),
    )


def change(sim, login, every, label):
    """Give every so many-th event another title and place. :return: how many"""
    # The peer takes what is not newer than its own last change, by the second, for old.
    sim.clock.advance(2)
    items = [each for each in sim.mailbox(login).items.values() if each.kind == "event"]
    ids = sorted({item.immutable_id for item in items})[::every]
    for number in ids:
        place = {"displayName": f"Room {label}"}
        sim.change_event(login, number, subject=f"Meeting {label}", location=place)
    return len(ids)


def token(sim, login):
    """An access token of a user."""
    return sim.token_for(login)


def set_latency(sim, milliseconds):
    """From now on each request takes so much longer."""
    sim.latency = milliseconds


def count_requests(sim):
    """How many requests there have been so far."""
    return sim.requests.count


def _tomorrow():
    now = datetime.now(timezone.utc).replace(minute=0, second=0, microsecond=0)
    return now.replace(tzinfo=None, hour=7) + timedelta(days=1)


def _span(start):
    moments = {"start": start, "end": start + timedelta(minutes=30)}
    return {name: f"{value.isoformat()} UTC" for name, value in moments.items()}


def _invited(number):
    return [
        {
            "type": "required",
            "emailAddress": {"name": f"P {each}", "address": contact(each)},
        }
        for each in (number, number + 7, number + 31)
    ]


# -- in Odoo ---------------------------------------------------------------------------


def make_contacts(env):
    """The people who are invited."""
    env["res.partner"].create(
        [{"name": f"P {n}", "email": contact(n)} for n in range(CONTACTS)]
    )
    env.cr.commit()


def make_user(env, login):
    """A user of Odoo with a mailbox."""
    group = env.ref("base.group_user")
    return env["res.users"].create(
        {
            "name": login.partition("@")[0],
            "login": login,
            "email": login,
            "tz": "UTC",
            "group_ids": [(6, 0, group.ids)],
        }
    )


class Peer:
    """Odoo's own microsoft_calendar: nothing of it is patched but the base address.

    :param origin: of the simulator, ``http://127.0.0.1:PORT``
    """

    def __init__(self, env, origin, ask):
        from odoo.addons.microsoft_account.models import microsoft_service as service

        request = service.MicrosoftService._do_request
        request.__defaults__ = (None, None, "POST", origin, service.TIMEOUT)
        service.DEFAULT_MICROSOFT_GRAPH_ENDPOINT = origin
        self.env, self.ask = env, ask
        make_contacts(env)

    def connect(self, login):
        """:return: the user, signed in"""
        user = make_user(self.env, login)
        user.write(
            {
                "microsoft_calendar_token": self.ask(token, login),
                "microsoft_calendar_rtoken": "unused",
                "microsoft_calendar_token_validity": datetime.now() + timedelta(days=1),
            }
        )
        self.env.cr.commit()
        return user.with_user(user).sudo()

    def sync(self, user):
        """As its scheduled job does it. :return: the Stopwatch"""
        with _ground.Stopwatch(self.env.cr) as watch:
            user._sync_microsoft_calendar()
            self.env.cr.commit()
        return watch

    def events(self, user):
        """How many events the user has."""
        domain = [("partner_ids", "in", user.partner_id.ids)]
        return self.env["calendar.event"].search_count(domain)


class Connector:
    """This addon, HTTP included."""

    def __init__(self, env, url):
        self.env = env
        self.server = env["exchange.server"].create(
            {"name": "X", "service": "exchange", "folders_url": f"{url}/ChildFolders"}
        )
        make_contacts(env)

    def connect(self, login):
        """:return: the account, connected"""
        account = self.env["exchange.account"].create(
            {
                "user_id": make_user(self.env, login).id,
                "server_id": self.server.id,
                "auth_method": "password",
                "login": login,
                "password": "secret",
                "event_days_ahead": DAYS_AHEAD + 60,
            }
        )
        account._connect()
        self.env.cr.commit()
        return account

    def sync(self, account):
        """:return: the Stopwatch"""
        with _ground.Stopwatch(self.env.cr) as watch:
            run = account.sync(kinds=("event",))
        assert run.state in (False, "done"), run.error
        self.env.invalidate_all()
        return watch

    def links(self, account):
        """The rows of the events of an account."""
        return self.env["exchange.event.link"].search([("account_id", "=", account.id)])

    def events(self, account):
        """How many events the user has."""
        return len(self.links(account).event_id)

    @contextmanager
    def recorded(self):
        """:return: list that gets the values of all that is created within"""
        from odoo.addons.calendar.models.calendar_event import CalendarEvent

        create, values = CalendarEvent.create, []

        @functools.wraps(create)
        def record(events, vals_list):
            values.extend(copy.deepcopy(list(vals_list)))
            return create(events, vals_list)

        CalendarEvent.create = record
        try:
            yield values
        finally:
            CalendarEvent.create = create

    def floor(self, values, links):
        """Create again, batch by batch, recorded values and their links.

        :param links: the ``exchange.event.link`` of those events
        :return: the Stopwatch
        """
        mark = f"{time.monotonic_ns()}"
        rows = links.read(LINK_FIELDS, load=None)
        account = links[:1].account_id.id
        events = self.env["calendar.event"].with_context(**QUIET)
        for row, link in zip(values, links, strict=True):
            if row.get("exchange_ical_uid"):
                row["exchange_ical_uid"] += mark
            row.pop("exchange_link_ids", None)
            row |= _attendees(link.event_id)
        self.env.cr.commit()
        self.env.invalidate_all()
        with _ground.Stopwatch(self.env.cr) as watch:
            for begin in range(0, len(values), PAGE):
                page = slice(begin, begin + PAGE)
                made = events.create(values[page])
                self.env["exchange.event.link"].create(
                    [
                        {**row, "id": None, "event_id": event.id, "account_id": account}
                        | {"remote_id": f"{row['remote_id']}{mark}"}
                        | {"ical_uid": f"{row['ical_uid']}{mark}"}
                        for event, row in zip(made, rows[page], strict=True)
                    ]
                )
                self.env.cr.commit()
                self.env.invalidate_all()
        return watch


def _attendees(event):
    """Values of those who attend an event."""
    return {
        "partner_ids": [(6, 0, event.partner_ids.ids)],
        "attendee_ids": [
            (0, 0, {"partner_id": row.partner_id.id, "state": row.state})
            for row in event.attendee_ids
        ],
    }


LINK_FIELDS = ["remote_id", "ical_uid", "change_key", "original_start"]


class Analyzer(threading.Thread):
    """Makes the database count its rows while a synchronisation fills it.

    :param marks: numbers of links in the database at which it does so
    """

    def __init__(self, dbname, marks):
        super().__init__(daemon=True)
        self.dbname, self.marks = dbname, list(marks)
        self.done = threading.Event()

    def run(self):
        from odoo import sql_db

        with sql_db.db_connect(self.dbname).cursor() as cr:
            cr._cnx.autocommit = True
            while self.marks and not self.done.wait(0.05):
                cr.execute("SELECT count(*) FROM exchange_event_link")
                if cr.fetchone()[0] >= self.marks[0]:
                    cr.execute("ANALYZE")
                    self.marks.pop(0)


class Gauge(threading.Thread):
    """Looks at the memory of this process until it is told to stop.

    :ivar readings: megabytes in RAM, ten a second
    """

    def __init__(self):
        super().__init__(daemon=True)
        self.readings = []
        self.done = threading.Event()

    def run(self):
        while not self.done.wait(0.1):
            self.readings.append(_ground.resident_megabytes())

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_error):
        self.done.set()
        self.join()
        self.readings.append(_ground.resident_megabytes())
