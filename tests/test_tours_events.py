from odoo.tests import tagged

from .calendar_case import CalendarCase, ahead, people
from .common_http import ExchangeHttpCase

CALENDAR = "/odoo/calendar"


@tagged("post_install", "-at_install", "exchange_screens")
class TestEventTours(ExchangeHttpCase, CalendarCase):
    """Plain internal users in a real browser look at their calendars."""

    def setUp(self):
        super().setUp()
        self.account = self.new_account()
        self.account.user_id.tz = "UTC"
        self.env["calendar.event.type"].create({"name": "Board"})
        start = {"start": ahead(0, 11), "end": ahead(0, 12)}
        self.series = self.add_series(
            self.account,
            "Standup",
            count=3,
            days=0,
            location={"displayName": "Room 1"},
            body={"contentType": "html", "content": "<p>Agenda</p>"},
            **start,
        )

    def start(self, account, tour):
        account.user_id.tz = "UTC"
        self.start_tour(CALENDAR, tour, login=account.user_id.login)
        self.env.invalidate_all()

    def test_fetched_and_read(self):
        self.start(self.account, "exchange_connector_fetch_events")
        self.assertFalse(self.events_of(self.account), "only the scheduler fetches")
        self.run_schedule()
        self.assertEqual(len(self.events_of(self.account)), 3)
        self.start(self.account, "exchange_connector_series")
        first = self.events_of(self.account)[0]
        self.assertEqual(first.categ_ids.name, "Board")
        self.assertIn("Bring the samples", first.notes)
        self.change(self.account, self.series, subject="Standup, new room")
        self.sync_events(self.account)
        self.assertEqual(first.name, "Standup, new room")
        self.assertIn("Bring the samples", first.notes)
        self.assertEqual(first.categ_ids.name, "Board")

    def test_private_events_are_their_owners(self):
        colleague = self.new_account()
        self.add(
            self.account,
            "Dentist",
            sensitivity="private",
            start=ahead(0, 14),
            end=ahead(0, 15),
        )
        self.change(self.account, self.series, attendees=people(colleague.login))
        self.sync_events(self.account, colleague)
        self.start(self.account, "exchange_connector_private_event")
        self.env["calendar.filters"].create(
            {
                "user_id": colleague.user_id.id,
                "partner_id": self.account.user_id.partner_id.id,
                "partner_checked": True,
            }
        )
        self.start(colleague, "exchange_connector_colleagues_private_event")
