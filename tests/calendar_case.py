"""Calendars in the simulator, and the same calendars in Odoo."""

from collections import defaultdict
from datetime import datetime, timedelta, timezone
from itertools import combinations

from .common import ExchangeCase

# How an answer in Outlook is shown in Odoo.
STATES = {
    "none": "needsAction",
    "notResponded": "needsAction",
    "organizer": "accepted",
    "accepted": "accepted",
    "tentativelyAccepted": "tentative",
    "declined": "declined",
}
# What must not become more by a synchronisation.
NOISE = ("mail.mail", "mail.message", "mail.notification", "mail.activity")


def ahead(days=1, hour=9, minute=0, zone="UTC"):
    """A moment some days ahead, as the simulator reads it."""
    day = datetime.now(timezone.utc).date() + timedelta(days=days)
    return f"{day}T{hour:02}:{minute:02}:00 {zone}"


def people(*addresses):
    """Attendees of an event."""
    return [
        {
            "type": "required",
            "emailAddress": {"address": address, "name": address.partition("@")[0]},
        }
        for address in addresses
    ]


def every_day(count, days=1):
    """A series of so many days."""
    start = datetime.now(timezone.utc).date() + timedelta(days=days)
    return {
        "pattern": {"type": "daily", "interval": 1},
        "range": {
            "type": "numbered",
            "startDate": start.isoformat(),
            "numberOfOccurrences": count,
        },
    }


class CalendarCase(ExchangeCase):
    """Users with calendars.

    :ivar seen: (login, iCalUId, original start) of what was in a calendar when it was
        synchronised
    """

    def setUp(self):
        super().setUp()
        self.seen = set()

    def add(self, account, subject="Meeting", days=1, hour=9, **values):
        """Put an event of an hour into a calendar.

        :param values: Graph properties; ``with_`` = addresses of attendees
        :return: the simulator's item
        """
        values.setdefault("start", ahead(days, hour))
        values.setdefault("end", ahead(days, hour + 1))
        if invited := values.pop("with_", None):
            values["attendees"] = people(*invited)
        return self.sim.add_event(account.login, subject=subject, **values)

    def add_series(self, account, subject="Series", count=3, days=1, **values):
        """Put a daily series into a calendar."""
        recurrence = every_day(count, days)
        return self.add(account, subject, days, recurrence=recurrence, **values)

    def change(self, account, event, **values):
        """Change an event as its owner does; an id, or the simulator's item."""
        self.sim.change_event(account.login, _id(event), **values)

    def delete(self, account, event):
        """Delete an event as its owner does."""
        self.sim.delete_event(account.login, _id(event))

    def outlook(self, account, **wanted):
        """What lies in a calendar in Outlook, by start, within the account's window.

        :param wanted: attributes it has to have (``subject="…"``)
        """
        # Of whole days, whatever the hour at which the test runs.
        now = datetime.now(timezone.utc)
        today = now.replace(hour=0, minute=0, second=0, microsecond=0)
        begin = today - timedelta(days=account.event_days_past)
        end = today + timedelta(days=account.event_days_ahead + 1)
        rows = self.sim.expand(account.login, begin, end)
        return [
            row
            for row in rows
            if all(getattr(row, name) == value for name, value in wanted.items())
        ]

    def copy_of(self, account, item):
        """The id of a participant's copy of a meeting."""
        uid = item.data["iCalUId"]
        (row,) = self.outlook(account, series_uid=uid, type="singleInstance")
        return row.immutable_id

    def occurrences(self, account, item):
        """The ids of the occurrences of a series in a participant's calendar."""
        rows = self.outlook(account, series_uid=item.data["iCalUId"])
        return [row.immutable_id for row in rows]

    def sync_events(self, *accounts):
        """Synchronise the events of accounts, one after the other; nobody is told.

        :return: the last run
        """
        for account in accounts:
            before = self.noise(), len(self.sim.meeting_mails)
            run = account.sync(kinds=("event",))
            self.assertEqual((run.state, run.error), ("done", False))
            self.note_seen(account)
            after = self.noise(), len(self.sim.meeting_mails)
            self.assertEqual(after, before, "somebody was told")
        return run

    def note_seen(self, account):
        """Remember what lies in a calendar."""
        for row in self.outlook(account, cancelled=False):
            self.seen.add((account.login, row.series_uid, row.original_start))

    def noise(self):
        """How many rows there are that a synchronisation must not add."""
        self.env.flush_all()
        return [self.env[name].search_count([]) for name in NOISE]

    def events_of(self, account, **options):
        """The events of an account in Odoo, by start."""
        links = self.env["exchange.event.link"]
        links = links.search([("account_id", "=", account.id)])
        events = self.env["calendar.event"].with_context(**options)
        return events.search([("exchange_link_ids", "in", links.ids)], order="start")

    def event(self, subject, **options):
        """The one event of a title."""
        events = self.env["calendar.event"].with_context(**options)
        found = events.search([("name", "=", subject)])
        self.assertEqual(len(found), 1, f"{len(found)} events {subject}")
        return found

    def answers(self, event):
        """{login: answer} of the attendees who are users with a mailbox."""
        accounts = self.env["exchange.account"].search([])
        logins = {each.user_id.partner_id: each.login for each in accounts}
        return {
            logins[attendee.partner_id]: attendee.state
            for attendee in event.attendee_ids
            if attendee.partner_id in logins
        }

    def check_calendars(self, *accounts):
        """Odoo shows what Outlook shows: each meeting once, with those who have it."""
        wanted = self._meetings(accounts)
        surplus = []
        for row in self._shown(accounts):
            fits = next((rows for rows in wanted if row in rows), None)
            if fits:
                wanted.remove(fits)
            else:
                surplus.append(row)
        missing = [rows[0] for rows in wanted]
        self.assertFalse(
            surplus or missing, f"Only in Odoo: {surplus}; only in Outlook: {missing}"
        )

    def _meetings(self, accounts):
        """:return: of each meeting a list of the rows it may have in Odoo: what the
        organiser's copy says, or one of the others where there is none"""
        meetings = defaultdict(dict)
        series = defaultdict(set)
        for account in accounts:
            for row in self.outlook(account, cancelled=False):
                meetings[row.series_uid, row.original_start][account.login] = row
                series[row.series_uid].add(account.login)
        for login, uid, _start in self.seen:
            series[uid].add(login)
        logins = {account.login for account in accounts}
        return [
            self._rows(copies, logins, series[uid])
            for (uid, _start), copies in meetings.items()
        ]

    def _rows(self, copies, logins, having_series):
        leading = [row for row in copies.values() if row.response == "organizer"]
        rows = []
        for row in leading or copies.values():
            who = sorted(self._who(row, copies, logins))
            # He has, or had, the series, but not this one. Whether he threw it away or
            # it came with a change of the series which he did not get, Odoo cannot
            # always see.
            unclear = [one for one in who if one[0] in having_series - copies.keys()]
            for number in range(len(unclear) + 1):
                for away in combinations(unclear, number):
                    shown = [one for one in who if one not in away]
                    rows.append((row.subject, *_ends_of(row), shown))
        return rows

    def _who(self, row, copies, logins):
        """Those who have it with their own answers, and who is invited and did not
        throw it away as far as Odoo could see."""
        for login, copy in copies.items():
            yield login, STATES[copy.response]
        for login, response in row.attendees:
            key = (login, row.series_uid, row.original_start)
            if login in logins - copies.keys() and key not in self.seen:
                yield login, STATES[response]

    def _shown(self, accounts):
        events = self.env["calendar.event"]
        for account in accounts:
            events |= self.events_of(account)
        for event in events:
            ends = (event.start, event.stop)
            if event.allday:
                ends = (event.start_date, event.stop_date)
            answers = self.answers(event)
            yield (event.name, *map(str, ends), sorted(answers.items()))


def _id(event):
    return event if isinstance(event, str) else event.immutable_id


def _ends_of(row):
    if row.all_day:
        return row.first_day, row.last_day
    ends = (row.start, row.end)
    return [str(end.astimezone(timezone.utc).replace(tzinfo=None)) for end in ends]
