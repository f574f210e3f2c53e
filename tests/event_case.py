from datetime import datetime, timedelta

from odoo import fields

from .common import ExchangeCase


class EventCase(ExchangeCase):
    """Calendars of the simulator, with times counted from today."""

    def setUp(self):
        super().setUp()
        self.today = fields.Date.today()

    def day(self, days, clock="09:00", zone="UTC"):
        """A moment some days from now, as the simulator reads it."""
        return f"{self.today + timedelta(days=days)}T{clock}:00 {zone}"

    def moment(self, days, clock="09:00"):
        return datetime.fromisoformat(f"{self.today + timedelta(days=days)} {clock}")

    def sync(self, *accounts):
        runs = [account.sync(("event",)) for account in accounts]
        self.env.invalidate_all()
        for run in runs:
            self.assertEqual((run.state, run.error), ("done", False))
        return runs[-1]

    def add(self, account, subject="Talk", days=1, **values):
        values.setdefault("start", self.day(days))
        values.setdefault("end", self.day(days, "10:00"))
        return self.sim.add_event(account.login, subject=subject, **values)

    def events(self, account, subject=None):
        domain = [("exchange_link_ids.account_id", "=", account.id)]
        if subject:
            domain.append(("name", "=", subject))
        return self.env["calendar.event"].search(domain, order="start")

    def series(self, account, count=5, **values):
        start = self.today + timedelta(days=1)
        values.setdefault(
            "recurrence",
            {
                "pattern": {"type": "daily", "interval": 1},
                "range": {
                    "type": "numbered",
                    "startDate": str(start),
                    "numberOfOccurrences": count,
                },
            },
        )
        return self.add(account, **values)

    def attendee(self, address, name="", kind="required"):
        person = {"address": address, "name": name or address}
        return {"type": kind, "emailAddress": person}

    def occurrence(self, account, days):
        found = self.sim.expand(
            account.login,
            self.moment(days, "00:00").isoformat(),
            self.moment(days + 1, "00:00").isoformat(),
        )
        return found[0].immutable_id

    def copy_of(self, account, number=0):
        """The id of what is in a calendar around today."""
        found = self.sim.expand(account.login, self.day(-40)[:10], self.day(400)[:10])
        return found[number].immutable_id

    def states(self, event):
        """:return: {partner: state} of the attendees"""
        return {row.partner_id: row.state for row in event.attendee_ids}
