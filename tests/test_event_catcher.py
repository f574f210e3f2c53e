from datetime import date, timedelta
from socket import socket

from aiosmtpd.controller import Controller

from .fault_mails import CONTACTS, FIRST, SECOND
from .process_case import ProcessCase
from .test_mail_catcher import Catcher

CRONS = ("calendar.ir_cron_scheduler_alarm",)


class TestEventCatcher(ProcessCase):
    """A real Odoo with a real mail server: whatever happens to events in Outlook, Odoo
    sends nothing to anybody."""

    @classmethod
    def _build(cls):
        for login in (FIRST, SECOND):
            cls.sim.add_mailbox(login)
        people = {each.partition("@")[0]: {} for each in (FIRST, SECOND)}
        cls.contacts = cls.odoo.run(
            "build", server=cls._server_values(), people=people, contacts=CONTACTS
        )["contacts"]

    def day(self, days, clock="09:00"):
        return f"{date.today() + timedelta(days=days)}T{clock}:00 UTC"

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
        reach["startDate"] = str(date.today() + timedelta(days=2))
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
        catcher = Catcher()
        with socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        server = Controller(catcher, hostname="127.0.0.1", port=port)
        server.start()
        self.addCleanup(server.stop)
        self.odoo.run("follow", smtp_port=port)
        self.odoo.run("send")
        catcher.caught.clear()
        noise = (
            "SELECT (SELECT count(*) FROM mail_notification),"
            " (SELECT count(*) FROM mail_mail), (SELECT count(*) FROM mail_activity),"
            " (SELECT count(*) FROM mail_message WHERE model = 'calendar.event')"
        )
        with self.database.connect() as query:
            before = query(noise)
        counted = 0
        for _step in self.happen():
            for login in (FIRST, SECOND, FIRST):
                run = self.odoo.run("sync", login=login)
                self.assertEqual((run["state"], run["error"]), ("done", False))
                counted += run["found"]
            for name in CRONS:
                self.odoo.run("cron", name=name)
            self.odoo.run("send")
        self.assertGreater(counted, 20)
        self.assertEqual(catcher.caught, [])
        with self.database.connect() as query:
            self.assertEqual(query(noise), before)
        # The same Odoo does send when a user writes, so the silence means something.
        self.odoo.run("send", partner=self.contacts["ada"])
        self.assertTrue(catcher.caught)
