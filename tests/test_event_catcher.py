from datetime import date, timedelta

from .catcher_case import CatcherCase
from .fault_mails import FIRST, SECOND

CRONS = ("calendar.ir_cron_scheduler_alarm",)
NOISE = (
    "SELECT (SELECT count(*) FROM mail_notification),"
    " (SELECT count(*) FROM mail_mail), (SELECT count(*) FROM mail_activity),"
    " (SELECT count(*) FROM mail_message WHERE model = 'calendar.event')"
)


class TestEventCatcher(CatcherCase):
    """Whatever happens to events in Outlook, Odoo sends nothing to anybody."""

    @classmethod
    def _build(cls):
        cls.contacts = cls._build_people()["contacts"]
        # It takes so long that it may end on another day.
        cls.today = date.today()

    def day(self, days, clock="09:00"):
        return f"{self.today + timedelta(days=days)}T{clock}:00 UTC"

    def meet(self, subject, days, **values):
        """A meeting with a colleague, a contact and somebody unknown."""
        addresses = [SECOND, "ada@customer.example", "nobody@nowhere.example"]
        return self.sim.add_event(
            FIRST,
            subject=subject,
            start=self.day(days),
            end=self.day(days, "10:00"),
            attendees=[
                {"emailAddress": {"address": each, "name": each}} for each in addresses
            ],
            isReminderOn=True,
            reminderMinutesBeforeStart=60 * 24 * 5,
            **values,
        )

    def happen(self):
        """What people do to meetings, step by step."""
        single = self.meet("Single", 3).immutable_id
        pattern = {"type": "daily", "interval": 1}
        reach = {"type": "numbered", "numberOfOccurrences": 5}
        reach["startDate"] = str(self.today + timedelta(days=2))
        series = self.meet("Series", 2, recurrence={"pattern": pattern, "range": reach})
        yield
        moved = {"start": self.day(4), "end": self.day(4, "12:00")}
        self.sim.change_event(FIRST, single, **moved)
        third = self.sim.expand(FIRST, self.day(4)[:10], self.day(5)[:10])
        one = next(row for row in third if row.subject == "Series").immutable_id
        later = {"start": self.day(4, "16:00"), "end": self.day(4, "17:00")}
        self.sim.change_event(FIRST, one, subject="Other", **later)
        copy = self.sim.expand(SECOND, self.day(0)[:10], self.day(9)[:10])[0]
        self.sim.respond(SECOND, copy.immutable_id, "accepted")
        yield
        person = {"emailAddress": {"address": "bob@customer.example", "name": "Bob"}}
        self.sim.change_event(FIRST, series.immutable_id, attendees=[person])
        yield
        self.sim.delete_event(FIRST, single)
        yield
        self.sim.delete_event(FIRST, series.immutable_id)
        yield

    def test_nothing_leaves(self):
        counted = 0
        with self.nothing_leaves(NOISE):
            for _step in self.happen():
                for login in (FIRST, SECOND, FIRST):
                    run = self.odoo.run("sync", login=login)
                    self.assertEqual((run["state"], run["error"]), ("done", False))
                    counted += run["found"]
                for name in CRONS:
                    self.odoo.run("cron", name=name)
                self.odoo.run("send")
        self.assertGreater(counted, 20)
