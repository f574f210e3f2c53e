import runpy
from datetime import date, timedelta
from pathlib import Path

from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models import exchange_sync_event
from .calendar_case import CalendarCase, ahead, every_day, people
from .common import PASSWORD
from .simulator.event_ids import uid_at

TEAMS = "https://teams.microsoft.com/l/meetup-join/19%3ameeting_x%40thread.v2/0"
SAFE = (
    "https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fteams.microsoft"
    ".com%2Fl%2Fmeetup-join%2F19%253ameeting_x%2540thread.v2%2F0&amp;data=05%7C02"
)


@tagged("post_install", "-at_install")
class TestEventOddities(CalendarCase):
    """Calendars as they are in the world: nothing stops a synchronisation, and what
    can be understood is."""

    def sync_one(self, **values):
        """:return: the event of an account that has it alone"""
        ann = self.new_account()
        self.add(ann, "Odd", **values)
        self.sync_events(ann)
        return self.event("Odd")

    # Where and how to meet

    def test_a_place_that_stands_in_the_list_alone(self):
        ann = self.new_account()
        item = self.add(ann, "Odd")
        places = [{"displayName": "Room 1"}, {"displayName": "Room 2"}, None]
        item.data |= {"location": {"displayName": ""}, "locations": places}
        self.sync_events(ann)
        self.assertEqual(self.event("Odd").location, "Room 1; Room 2")

    def test_a_meeting_link_in_the_text_alone(self):
        for link in (TEAMS, SAFE):
            with self.subTest(link):
                text = f'<p>See https://x.example</p><a href="{link}">Join now</a>'
                ann = self.new_account()
                body = {"contentType": "html", "content": text}
                self.add(ann, f"Odd {ann.login}", body=body)
                self.sync_events(ann)
                self.assertEqual(self.events_of(ann).videocall_location, TEAMS)

    def test_pictures_that_are_attachments_are_not_broken_ones(self):
        text = '<p>Plan</p><img width=3 src="cid:image001.png@01D9"><p>B</p>'
        event = self.sync_one(body={"contentType": "html", "content": text})
        self.assertNotIn("<img", event.description)
        self.assertIn("B</p>", event.description)

    # Reminders

    def test_reminders_are_called_as_in_odoo(self):
        for minutes, name in (
            (20160, "14 Days"),
            (540, "9 Hours"),
            (45, "45 Minutes"),
            (0, "0 Minutes"),
        ):
            with self.subTest(name):
                ann = self.new_account()
                when = {"reminderMinutesBeforeStart": minutes, "isReminderOn": True}
                self.add(ann, f"Odd {ann.login}", **when)
                self.sync_events(ann)
                alarm = self.events_of(ann).alarm_ids
                self.assertEqual(alarm.name, f"Notification - {name}")
                self.assertEqual(alarm.duration_minutes, minutes)
                number, unit = name.lower().split()
                self.assertEqual((alarm.duration, alarm.interval), (int(number), unit))
                self.assertFalse(self.sync_events(ann).updated)

    def test_an_upgrade_names_the_reminders_of_before(self):
        names = ("Notification - 20160 minutes", "My 20160 minutes")
        alarms = self.env["calendar.alarm"].create(
            [
                {
                    "name": name,
                    "alarm_type": "notification",
                    "duration": 20160,
                    "interval": "minutes",
                }
                for name in names
            ]
        )
        path = Path(__file__).parents[1] / "migrations/19.0.1.2.0/post-migrate.py"
        runpy.run_path(str(path))["migrate"](self.env.cr, "19.0.1.1.0")
        alarms.invalidate_recordset()
        self.assertEqual(alarms.mapped("name"), ["Notification - 14 Days", names[1]])
        self.assertEqual(alarms.mapped("interval"), ["days", "minutes"])
        self.assertEqual(alarms.mapped("duration_minutes"), [20160, 20160])

    # Large ones

    def test_a_text_of_100_kilobytes_and_500_attendees(self):
        text = "".join(f"<p>Point <b>{number}</b></p>" for number in range(5000))
        invited = [f"guest{number}@customer.example" for number in range(500)]
        ada = self.partner(invited[250])
        body = {"contentType": "html", "content": text}
        event = self.sync_one(body=body, with_=invited)
        self.assertIn("4999", event.description)
        self.assertIn(ada, event.partner_ids)
        self.assertEqual(len(event.exchange_other_attendees.splitlines()), 499)

    # Times

    def test_times_at_the_ends_of_the_calendar(self):
        ann = self.new_account()
        self.add(ann, "Even")
        items = [self.add(ann, f"Odd {hour}", hour=hour) for hour in (12, 13)]
        times = [{name: item.data[name] for name in ("start", "end")} for item in items]
        moments = ("0001-01-01T00:00:00", "9999-12-31T23:59:59")
        for item, moment in zip(items, moments, strict=True):
            zone = {"dateTime": moment, "timeZone": "Tonga Standard Time"}
            item.data |= {"start": zone, "end": zone}
        run = ann.sync(kinds=("event",))
        self.assertEqual((run.state, run.created, run.failed), ("partial", 1, 2))
        self.assertIn("Odd 12: It does not say when it is.", run.error)
        self.assertEqual(self.events_of(ann).mapped("name"), ["Even"])
        # The next day they can be read.
        for item, values in zip(items, times, strict=True):
            item.data |= values
        self.env["exchange.calendar"]._of_account(ann).day -= timedelta(days=1)
        self.sync_events(ann)
        self.assertEqual(len(self.events_of(ann)), 3)

    def test_without_length_and_over_several_days(self):
        ann = self.new_account()
        self.add(ann, "Moment", start=ahead(1, 9), end=ahead(1, 9))
        self.add(ann, "Long", start=ahead(-3, 22), end=ahead(40, 7, 30))
        self.sync_events(ann)
        self.check_calendars(ann)
        self.assertEqual(len(self.events_of(ann)), 2)

    # Series

    def test_a_single_event_becomes_a_series_and_one_again(self):
        ann, bob = self.new_account(), self.new_account()
        item = self.add(ann, "Plan", with_=[bob.login])
        self.sync_events(ann, bob)
        self.event("Plan").notes = "<p>Bring the offer</p>"
        for recurrence, count in ((every_day(4), 4), (None, 1)):
            with self.subTest(count):
                self.change(ann, item, recurrence=recurrence)
                self.sync_events(bob, ann, bob)
                self.check_calendars(ann, bob)
                self.assertEqual(len(self.events_of(ann)), count)
                self.assertIn("Bring the offer", self.events_of(ann)[0].notes)

    def test_series_without_end_and_until_a_day(self):
        ann = self.new_account(event_days_ahead=30)
        until = date.today() + timedelta(days=10)
        for reach in ({"type": "noEnd"}, {"type": "endDate", "endDate": str(until)}):
            recurrence = every_day(1)
            start = recurrence["range"]["startDate"]
            recurrence["range"] = {**reach, "startDate": start}
            self.add(ann, reach["type"], recurrence=recurrence)
        self.sync_events(ann)
        self.check_calendars(ann)
        texts = self.events_of(ann).grouped("exchange_series_text")
        self.assertEqual(sorted(map(len, texts.values())), [10, 30])
        self.assertIn("Every day", texts)

    def test_a_series_that_became_a_single_event_comes_back_by_another_id(self):
        """Its organiser took somebody out and invited him again."""
        self.sim.quirks.cancelled_stay = False
        self.addCleanup(setattr, self.sim.quirks, "cancelled_stay", True)
        for count, start in ((None, 9), (3, 14)):
            with self.subTest(count):
                ann, bob = self.new_account(), self.new_account()
                item = self.add_series(ann, "Plan", 3, with_=[bob.login])
                self.sync_events(ann, bob)
                recurrence = every_day(count) if count else None
                times = {"start": ahead(1, start), "end": ahead(1, start + 1)}
                self.change(ann, item, recurrence=recurrence, attendees=[], **times)
                self.sync_events(ann)
                self.change(ann, item, attendees=people(bob.login))
                self.sim.expire_delta_tokens(bob.login)
                self.sync_events(bob, ann)
                self.check_calendars(ann, bob)

    def test_a_single_event_becomes_a_series_that_begins_much_later(self):
        ann = self.new_account(event_days_ahead=30)
        item = self.add(ann, "Plan")
        self.sync_events(ann)
        later = {"start": ahead(300), "end": ahead(300, 10)}
        self.change(ann, item, recurrence=every_day(4, 300), **later)
        self.sync_events(ann)
        self.assertFalse(self.events_of(ann))

    def test_a_single_event_becomes_a_series_and_is_moved_before_all_have_read_it(self):
        ann, bob, eve = (self.new_account() for _one in range(3))
        item = self.add(ann, "Plan", with_=[bob.login, eve.login])
        self.sync_events(ann, bob, eve)
        self.change(ann, item, recurrence=every_day(3))
        self.sync_events(ann)
        moved = {"start": ahead(9, 14), "end": ahead(9, 15)}
        self.change(ann, item, recurrence=every_day(3, 9), **moved)
        self.sync_events(bob, eve, ann)
        self.check_calendars(ann, bob, eve)

    def test_a_moved_series_becomes_a_single_event_before_all_have_read_it(self):
        ann, bob, eve = (self.new_account() for _one in range(3))
        item = self.add_series(ann, "Plan", 4, 3, with_=[bob.login, eve.login])
        self.sync_events(ann, bob, eve)
        moved = {"start": ahead(2, 14), "end": ahead(2, 15)}
        self.change(ann, item, recurrence=every_day(4, 2), **moved)
        self.sync_events(eve)
        self.change(ann, item, recurrence=None)
        self.sync_events(ann, bob, eve)
        self.check_calendars(ann, bob, eve)

    # Who has it

    def test_an_old_copy_of_a_moved_series_names_nobody_who_went_along(self):
        """Who got a series from a participant is not told when it moves."""
        self.sim.quirks.forwards_tracked = False
        self.addCleanup(setattr, self.sim.quirks, "forwards_tracked", True)
        for order in ((0, 1, 2), (0, 2, 1), (2, 0, 1), (1, 0, 2)):
            for deletes in (False, True):
                with self.subTest(order=order, deletes=deletes):
                    users = [self.new_account() for _one in range(3)]
                    ann, bob, eve = users
                    item = self.add_series(ann, "Plan", 3, 4, with_=[bob.login])
                    copy = self.master_of(bob, item)
                    self.sim.forward(bob.login, copy.immutable_id, eve.login)
                    self.sync_events(ann, bob)
                    moved = {"start": ahead(2, 14), "end": ahead(2, 15)}
                    self.change(ann, item, recurrence=every_day(3, 2), **moved)
                    if deletes:
                        self.delete(bob, copy)
                    self.sync_events(*(users[number] for number in order))
                    # She is asked once more for what has stayed at its old time.
                    self.sync_events(eve)
                    self.check_calendars(*users)

    def test_what_is_noted_stays_when_a_copy_follows_later_than_the_organisers(self):
        """Exchange takes its time to bring a change to everybody."""
        self.sim.quirks.forwards_tracked = False
        self.addCleanup(setattr, self.sim.quirks, "forwards_tracked", True)
        ann, bob, eve = (self.new_account() for _one in range(3))
        item = self.add_series(ann, "Plan", 3, 4, with_=[bob.login])
        copy = self.master_of(bob, item)
        self.sim.forward(bob.login, copy.immutable_id, eve.login)
        self.sync_events(ann, bob, eve)
        before = self.events_of(ann)
        before.notes = "<p>Bring the offer</p>"
        moved = {"start": ahead(4, 14), "end": ahead(4, 15)}
        self.change(ann, item, recurrence=every_day(3, 4), **moved)
        self.sync_events(ann, bob, eve, eve)
        self.check_calendars(ann, bob, eve)
        self.change(ann, item, attendees=people(bob.login, eve.login))
        self.sync_events(eve, bob, ann)
        self.check_calendars(ann, bob, eve)
        self.assertEqual(self.events_of(eve), before)
        self.assertIn("Bring the offer", self.events_of(eve)[0].notes)

    def master_of(self, account, item):
        """A participant's copy of a series."""
        box, uid = self.sim.mailbox(account.login), item.data["iCalUId"]
        return next(
            each
            for each in box.items.values()
            if each.kind == "event"
            and each.container.kind == "calendar"
            and each.data["iCalUId"] == uid
        )

    def test_two_users_of_one_mailbox(self):
        ann = self.new_account()
        item = self.add(ann, "Board", with_=["ada@customer.example"])
        bob = self.new_account()
        bob.write({"login": ann.login, "password": PASSWORD})
        bob._connect()
        self.sync_events(ann, bob)
        event = self.event("Board")
        both = ann.user_id.partner_id + bob.user_id.partner_id
        self.assertEqual(event.partner_ids, both)
        self.change(ann, item, subject="Board 2")
        self.sync_events(bob, ann)
        self.assertEqual(event.name, "Board 2")
        self.delete(ann, item)
        self.sync_events(bob, ann)
        self.assertFalse(event.exists())

    def invited_to_the_second(self, organiser, item, guest):
        """Somebody is invited to one occurrence: in his calendar it is a single event,
        with the iCalUId of the series and a date in it. :return: its item"""
        day = date.today() + timedelta(days=2)
        uid = uid_at(item.data["iCalUId"], day)
        copy = self.add(guest, "Daily", days=2, iCalUId=uid, with_=[guest.login])
        copy.data |= {
            "isOrganizer": False,
            "organizer": people(organiser.login)[0],
            "responseStatus": {"response": "accepted"},
        }
        return copy

    def test_invited_to_one_occurrence_of_a_series(self):
        for first in (True, False):
            with self.subTest(organiser_first=first):
                ann, bob = self.new_account(), self.new_account()
                item = self.add_series(ann, "Daily")
                copy = self.invited_to_the_second(ann, item, bob)
                self.sync_events(*((ann, bob) if first else (bob, ann)))
                events = self.events_of(ann)
                self.assertEqual(len(events), 3)
                self.assertEqual(self.events_of(bob), events[1])
                self.assertEqual(self.answers(events[1])[bob.login], "accepted")
                self.assertEqual(events[1].user_id, ann.user_id)
                self.change(ann, item, subject="Renamed")
                self.sync_events(ann, bob)
                self.assertEqual(set(events.mapped("name")), {"Renamed"})
                self.delete(bob, copy)
                self.sync_events(bob, ann)
                self.assertEqual(self.events_of(ann), events)
                self.assertNotIn(bob.login, self.answers(events[1]))

    def test_who_threw_it_away_before_others_came_does_not_attend(self):
        ann, bob, cyn = self.new_account(), self.new_account(), self.new_account()
        item = self.add(ann, "Board", with_=[bob.login, cyn.login])
        series = self.add_series(ann, "Daily", with_=[bob.login])
        self.sync_events(bob)
        self.delete(bob, self.copy_of(bob, item))
        self.delete(bob, self.occurrences(bob, series)[1])
        self.sync_events(bob)
        self.sync_events(cyn, ann)
        both = {ann.login: "accepted", cyn.login: "needsAction"}
        self.assertEqual(self.answers(self.event("Board")), both)
        self.check_calendars(ann, bob, cyn)
        self.assertFalse(self.env["exchange.event.left"].search([]))

    def test_archived_with_a_note_and_back_without_who_threw_it_away(self):
        ann, bob = self.new_account(), self.new_account()
        item = self.add(ann, "Board", with_=[bob.login])
        self.sync_events(bob)
        event = self.event("Board")
        event.notes = "<p>Ours</p>"
        self.delete(bob, self.copy_of(bob, item))
        bob.sync(kinds=("event",))
        self.assertFalse(event.active)
        self.sync_events(ann)
        self.assertTrue(event.active)
        self.assertEqual(self.answers(event), {ann.login: "accepted"})

    # What others see of it

    def test_the_log_does_not_tell_what_a_private_event_is_about(self):
        ann = self.new_account()
        timeless = self.add(ann, "Dentist", sensitivity="private")
        timeless.data["start"] = None
        self.add(ann, "Surgeon", sensitivity="private", hour=12)
        self.env.cr.execute(
            "ALTER TABLE calendar_event ADD CONSTRAINT x CHECK (name <> 'Surgeon')"
        )
        with mute_logger(exchange_sync_event.__name__):
            run = ann.sync(kinds=("event",))
        self.assertEqual(run.failed, 2)
        self.assertEqual(run.error.count("Private event: "), 2)
        self.assertNotIn("Dentist", run.error)
        self.assertNotIn("Surgeon", run.error)

    def test_nothing_of_a_private_event_is_told_to_others(self):
        ann, bob = self.new_account(), self.new_account()
        values = {
            "sensitivity": "private",
            "location": {"displayName": "Clinic"},
            "categories": ["Health"],
            "body": {"contentType": "html", "content": f"<p>Knee {TEAMS}</p>"},
            "with_": ["doctor@clinic.example"],
        }
        self.add_series(ann, "Dentist", **values)
        self.sync_events(ann)
        events = self.events_of(ann)
        fields = events.with_user(bob.user_id).fields_get(attributes=["type"])
        names = [name for name in fields if fields[name]["type"] != "binary"]
        self.env.invalidate_all()
        shown = str(events.with_user(bob.user_id).read(names))
        for secret in (
            "Dentist",
            "Clinic",
            "Health",
            "Knee",
            "doctor",
            "Every day",
            TEAMS,
        ):
            self.assertNotIn(secret, shown)
        links = self.env["exchange.event.link"].with_user(bob.user_id)
        self.assertFalse(links.search([]))
        self.env.invalidate_all()
        mine = events.with_user(ann.user_id)
        self.assertEqual(mine[0].exchange_categories, "Health")
        self.assertEqual(mine[0].exchange_series_text, "Every day, 3 times")
