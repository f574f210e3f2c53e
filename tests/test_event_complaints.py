"""What users of other calendar connectors complain about, one test each, named by what
must not happen."""

from datetime import date, datetime, timedelta

from odoo import fields
from odoo.tests import Form, tagged

from .calendar_case import ahead
from .complaint_case import OUTSIDE, ComplaintCase


@tagged("post_install", "-at_install")
class TestEventComplaints(ComplaintCase):
    # Doubles, and who is who

    def test_no_double_for_each_invited_user(self):
        ann, bob, cyn = self.new_account(), self.new_account(), self.new_account()
        self.add(ann, "Board", with_=[bob.login, cyn.login])
        self.add_series(ann, "Daily", with_=[bob.login])
        self.sync_events(bob, cyn, ann)
        self.assertEqual(len(self.event("Board").exchange_link_ids), 3)
        daily = self.events_of(bob).filtered(lambda each: each.name == "Daily")
        self.assertEqual(len(daily), 3)
        self.check_calendars(ann, bob, cyn)

    def test_who_is_invited_through_a_list_is_not_forgotten(self):
        ann, bob = self.new_account(), self.new_account()
        self.sim.add_group("sales@contoso.example", [bob.login])
        self.add(ann, "Sales", with_=["sales@contoso.example"])
        self.sync_events(ann)
        self.assertNotIn(bob.user_id.partner_id, self.event("Sales").partner_ids)
        self.sync_events(bob)
        self.assertIn(bob.user_id.partner_id, self.event("Sales").partner_ids)

    def test_an_alias_is_not_another_person(self):
        ann = self.new_account()
        alias = "boss@contoso.example"
        bob = self.new_account()
        self.sim.user(bob.login).aliases.append(alias)
        bob._connect()
        partner = bob.user_id.partner_id.with_context(tracking_disable=True)
        partner.email = "rob@private.example"
        self.add(ann, "Board", with_=[alias])
        self.sync_events(ann, bob)
        event = self.event("Board")
        both = ann.user_id.partner_id + bob.user_id.partner_id
        self.assertEqual(event.partner_ids, both)
        self.assertFalse(event.exchange_other_attendees)

    def test_no_mailbox_is_asked_for_the_ids_of_another(self):
        ann, bob = self.new_account(), self.new_account()
        item = self.add(ann, "Board", with_=[bob.login])
        self.sync_events(ann, bob)
        self.change(ann, item, subject="Board 2")
        self.delete(bob, self.copy_of(bob, item))
        self.sim.requests.clear()
        self.sync_events(bob, ann)
        foreign = {
            ann.login: self.sim.mailbox(bob.login),
            bob.login: self.sim.mailbox(ann.login),
        }
        for login, box in foreign.items():
            asked = [r for r in self.sim.requests if r.mailbox == login]
            for number in box.items:
                self.assertFalse([r for r in asked if number in r.path])

    def test_an_attendee_does_not_take_over(self):
        ann, bob = self.new_account(), self.new_account()
        item = self.add(ann, "Board", with_=[bob.login])
        self.sync_events(bob)
        self.sync_events(ann)
        copy = self.copy_of(bob, item)
        times = {"start": ahead(2, 5), "end": ahead(2, 6)}
        self.sim.change_event(bob.login, copy, subject="Bob's", **times)
        self.sync_events(bob)
        event = self.event("Board")
        self.assertEqual(event.user_id, ann.user_id)
        self.check_calendars(ann, bob)
        self.sync_events(ann, bob)
        self.assertEqual(self.event("Board"), event)

    def test_connecting_again_does_not_double(self):
        ann, bob = self.new_account(), self.new_account()
        self.add(ann, "Board", with_=[bob.login])
        self.add_series(ann, "Daily")
        self.sync_events(ann)
        before = self.events_of(ann)
        user, login, server = ann.user_id, ann.login, ann.server_id
        ann.unlink()
        again = self.env["exchange.account"].create(
            {
                "user_id": user.id,
                "server_id": server.id,
                "auth_method": "password",
                "login": login,
                "password": "secret",
            }
        )
        again._connect()
        self.sync_events(again, bob)
        self.assertEqual(self.events_of(again), before)
        self.check_calendars(again, bob)

    def test_an_event_without_organizer_does_not_fail(self):
        ann = self.new_account()
        self.add(ann, "Alone", organizer=None)
        self.sync_events(ann)
        self.assertTrue(self.event("Alone"))

    def test_who_organises_it_does_not_attend_what_he_has_no_longer(self):
        """He cancelled it; whom it was forwarded to was not told."""
        ann, bob, cyn = self.new_account(), self.new_account(), self.new_account()
        self.sim.quirks.cancelled_stay = False
        self.sim.quirks.forwards_tracked = False
        self.addCleanup(setattr, self.sim.quirks, "cancelled_stay", True)
        self.addCleanup(setattr, self.sim.quirks, "forwards_tracked", True)
        item = self.add(ann, "Board", with_=[cyn.login])
        self.sim.forward(cyn.login, self.copy_of(cyn, item), bob.login)
        self.delete(ann, item)
        self.sync_events(bob, ann, cyn)
        self.assertNotIn(ann.login, self.answers(self.event("Board")))
        self.check_calendars(ann, bob, cyn)

    # Mails, and what is written to Outlook

    def test_no_mail_to_attendees_at_a_first_synchronisation(self):
        ann, bob = self.new_account(), self.new_account()
        self.partner(OUTSIDE)
        for days in (-3, 3):
            self.add(ann, f"Day {days}", days, with_=[OUTSIDE, bob.login])
        self.sync_events(ann)  # checks it
        self.sync_events(bob)
        partners = self.event("Day 3").partner_ids
        self.assertIn(OUTSIDE, partners.mapped("email"))

    def test_no_mail_for_changes_and_exceptions_of_a_series(self):
        ann = self.new_account()
        self.partner(OUTSIDE)
        item = self.add_series(ann, "Daily", with_=[OUTSIDE])
        self.sync_events(ann)
        first, second, third = self.occurrences(ann, item)
        self.change(ann, first, subject="Other")
        self.change(ann, second, start=ahead(2, 15), end=ahead(2, 16))
        self.delete(ann, third)
        self.sync_events(ann)
        self.change(ann, item, location={"displayName": "Elsewhere"})
        self.sync_events(ann)
        self.check_calendars(ann)

    def test_no_reminder_by_mail(self):
        ann = self.new_account()
        self.partner(OUTSIDE)
        values = {"isReminderOn": True, "reminderMinutesBeforeStart": 30}
        self.add(ann, "Soon", with_=[OUTSIDE], **values)
        self.sync_events(ann)
        alarms = self.event("Soon").alarm_ids
        self.assertNotIn("email", alarms.mapped("alarm_type"))
        before = self.noise()
        self.env["calendar.alarm_manager"].with_context(
            lastcall=fields.Datetime.now() - timedelta(days=1)
        )._send_reminder()
        self.assertEqual(self.noise(), before)

    def test_looking_at_an_event_changes_nothing(self):
        ann = self.new_account()
        text = "<html><head><style>p{}</style></head><p>A &amp; B</p></html>"
        body = {"contentType": "html", "content": text}
        item = self.add(ann, "Look", body=body, with_=[OUTSIDE])
        self.sync_events(ann)
        event = self.event("Look")
        with Form(event.with_user(ann.user_id)) as form:
            form.notes = "<p>Seen</p>"
        self.sim.mailbox(ann.login).touch(item)
        self.sim.requests.clear()
        run = self.sync_events(ann)
        self.assertEqual((run.updated, run.created), (0, 0))
        self.check_only_read()

    def test_nothing_is_ever_written_to_outlook(self):
        ann, bob = self.new_account(), self.new_account()
        item = self.add(ann, "Board", with_=[bob.login, OUTSIDE])
        self.sim.requests.clear()
        self.sync_events(ann, bob)
        event = self.event("Board").with_user(ann.user_id)
        event.notes = "<p>Ours</p>"
        self.sync_events(ann, bob)
        event.notes = False
        self.delete(ann, item)
        self.sync_events(bob, ann)
        self.check_only_read()

    # Times

    def test_summer_time_in_london_is_not_an_hour_off(self):
        """Nine o'clock there is nine in winter and eight in summer by UTC, and nobody
        is told that eight is the time in London."""
        ann = self.new_account(event_days_ahead=400)
        ann.user_id.tz = "Europe/London"
        zone, expected = "GMT Standard Time", {}
        for month in (1, 7):
            day = date(date.today().year + (month <= date.today().month), month, 15)
            ends = [f"{day}T{hour:02}:00:00 {zone}" for hour in (9, 10)]
            self.add(ann, f"Month {month}", start=ends[0], end=ends[1])
            expected[f"Month {month}"] = datetime(*day.timetuple()[:3], 9 - month // 7)
        self.sync_events(ann)
        for name, start in expected.items():
            event = self.event(name).with_user(ann.user_id)
            self.assertEqual(event.start, start)
            self.assertEqual(event.exchange_time_zone, "Europe/London")
            self.assertIn("09:00", event.with_context(tz="Europe/London").display_time)

    def test_all_day_is_not_a_day_early_in_the_west_or_late_in_the_east(self):
        for zone in ("Pacific/Honolulu", "Pacific/Kiritimati"):
            ann = self.new_account()
            ann.user_id.tz = zone
            ends = {"start": ahead(5, 0, 0, zone), "end": ahead(7, 0, 0, zone)}
            self.add(ann, zone, isAllDay=True, **ends)
            self.sync_events(ann)
            (row,) = self.outlook(ann)
            event = self.event(zone)
            days = (str(event.start_date), str(event.stop_date))
            self.assertEqual(days, (row.first_day, row.last_day))

    def test_no_range_is_too_long(self):
        ann = self.new_account(event_days_past=0, event_days_ahead=1825)
        self.add(ann, "Far", days=1800)
        self.sync_events(ann)
        self.assertTrue(self.event("Far"))
