from datetime import timedelta

from odoo.tests import tagged

from .event_case import EventCase


@tagged("post_install", "-at_install")
class TestEventSync(EventCase):
    """Events of Outlook calendars in Odoo's calendar."""

    # Single events

    def test_an_event_arrives(self):
        account = self.new_account()
        ada = self.partner()
        self.add(
            account,
            body={"contentType": "html", "content": "<p>Bring <b>plans</b></p>"},
            location={"displayName": "Room 7"},
            attendees=[
                self.attendee("ADA@customer.example", "Ada"),
                self.attendee("nobody@nowhere.example", "No Body"),
            ],
            showAs="oof",
            categories=["Red", "Blue"],
            reminderMinutesBeforeStart=30,
            isReminderOn=True,
        )
        run = self.sync(account)
        self.assertEqual((run.found, run.created), (1, 1))
        event = self.events(account)
        self.assertEqual(event.name, "Talk")
        self.assertEqual(
            (event.start, event.stop), (self.moment(1), self.moment(1, "10:00"))
        )
        self.assertIn("<b>plans</b>", event.description)
        self.assertEqual(event.location, "Room 7")
        self.assertEqual(event.user_id, account.user_id)
        self.assertEqual(event.partner_ids, account.user_id.partner_id + ada)
        self.assertEqual(
            event.exchange_other_attendees, "No Body <nobody@nowhere.example>"
        )
        self.assertFalse(
            self.env["res.partner"].search([("email", "ilike", "nowhere")])
        )
        self.assertEqual(event.show_as, "busy")
        self.assertEqual(event.alarm_ids.mapped("duration_minutes"), [30])
        self.assertEqual(event.alarm_ids.mapped("alarm_type"), ["notification"])
        self.assertFalse(event.recurrency)
        mine = event.with_user(account.user_id)
        self.assertEqual(mine.exchange_categories, "Red, Blue")
        self.assertEqual(mine.exchange_show_as, "oof")
        self.assertTrue(mine.exchange_web_link.startswith("https://"))

    def test_second_run_changes_nothing(self):
        account = self.new_account()
        self.add(account)
        self.sync(account)
        run = self.sync(account)
        self.assertEqual((run.found, run.created, run.updated), (0, 0, 0))

    def test_a_change_arrives(self):
        account = self.new_account()
        item = self.add(account)
        self.sync(account)
        event = self.events(account)
        event.notes = "<p>ours</p>"
        self.sim.change_event(
            account.login,
            item.immutable_id,
            subject="Moved",
            start=self.day(3, "14:00"),
            end=self.day(3, "15:30"),
        )
        run = self.sync(account)
        self.assertEqual((run.created, run.updated, run.removed), (0, 1, 0))
        self.assertEqual((event.name, event.start), ("Moved", self.moment(3, "14:00")))
        self.assertEqual(event.stop, self.moment(3, "15:30"))
        self.assertIn("ours", event.notes)

    def test_a_deleted_event_goes(self):
        account = self.new_account()
        item = self.add(account)
        self.sync(account)
        event = self.events(account)
        self.sim.delete_event(account.login, item.immutable_id)
        run = self.sync(account)
        self.assertEqual(run.removed, 1)
        self.assertFalse(event.exists())

    def test_all_day(self):
        account = self.new_account()
        self.add(
            account,
            isAllDay=True,
            start=self.day(2, "00:00", "Pacific Standard Time"),
            end=self.day(4, "00:00", "Pacific Standard Time"),
        )
        self.sync(account)
        event = self.events(account)
        self.assertTrue(event.allday)
        self.assertEqual(event.start_date, self.today + timedelta(days=2))
        self.assertEqual(event.stop_date, self.today + timedelta(days=3))
        self.assertEqual(event.start, self.moment(2, "08:00"))
        self.assertEqual(event.stop, self.moment(3, "18:00"))

    # Series

    def test_a_series_becomes_its_occurrences(self):
        account = self.new_account()
        item = self.series(account)
        run = self.sync(account)
        self.assertEqual(run.created, 5)
        events = self.events(account)
        self.assertEqual(
            events.mapped("start"), [self.moment(days) for days in range(1, 6)]
        )
        self.assertEqual(
            set(events.mapped("exchange_ical_uid")), {item.data["iCalUId"]}
        )
        self.assertEqual(events[0].exchange_series_text, "Every day, 5 times")
        self.assertFalse(any(events.mapped("recurrency")))

    def test_an_exception_keeps_its_place(self):
        account = self.new_account()
        self.series(account)
        self.sync(account)
        third = self.events(account)[2]
        self.sim.change_event(
            account.login,
            self.occurrence(account, 3),
            subject="Other",
            start=self.day(3, "16:00"),
            end=self.day(3, "17:00"),
        )
        run = self.sync(account)
        self.assertEqual((run.created, run.updated, run.removed), (0, 1, 0))
        self.assertEqual((third.name, third.start), ("Other", self.moment(3, "16:00")))
        self.assertEqual(len(self.events(account)), 5)

    def test_a_deleted_occurrence_goes(self):
        account = self.new_account()
        self.series(account)
        self.sync(account)
        third = self.events(account)[2]
        self.sim.delete_event(account.login, self.occurrence(account, 3))
        run = self.sync(account)
        self.assertEqual((run.created, run.updated, run.removed), (0, 0, 1))
        self.assertFalse(third.exists())
        self.assertEqual(len(self.events(account)), 4)

    def test_a_moved_series_keeps_its_events(self):
        account = self.new_account()
        item = self.series(account)
        self.sync(account)
        events = self.events(account)
        self.sim.change_event(
            account.login,
            item.immutable_id,
            start=self.day(1, "11:00"),
            end=self.day(1, "12:00"),
        )
        run = self.sync(account)
        self.assertEqual((run.created, run.updated, run.removed), (0, 5, 0))
        self.assertEqual(events.exists(), events)
        self.assertEqual(events[4].start, self.moment(5, "11:00"))

    def test_a_deleted_series_goes(self):
        account = self.new_account()
        item = self.series(account)
        self.sync(account)
        self.sim.delete_event(account.login, item.immutable_id)
        run = self.sync(account)
        self.assertEqual(run.removed, 5)
        self.assertFalse(self.events(account))

    # Meetings of several users

    def test_a_meeting_is_one_event(self):
        anna, bert = self.new_account(), self.new_account()
        self.add(anna, attendees=[self.attendee(bert.login)])
        self.sync(bert)
        event = self.events(bert)
        self.sync(anna)
        self.assertEqual(self.events(anna), event)
        self.assertEqual(len(event.exchange_link_ids), 2)
        self.assertEqual(event.user_id, anna.user_id)
        self.assertEqual(
            event.partner_ids, anna.user_id.partner_id + bert.user_id.partner_id
        )
        states = {row.partner_id: row.state for row in event.attendee_ids}
        self.assertEqual(states[bert.user_id.partner_id], "needsAction")
        self.assertEqual(states[anna.user_id.partner_id], "accepted")

    def test_each_ones_own_answer(self):
        anna, bert = self.new_account(), self.new_account()
        self.add(anna, attendees=[self.attendee(bert.login)])
        self.sync(anna, bert)
        event = self.events(bert)
        copy = self.sim.expand(bert.login, self.day(0)[:10], self.day(3)[:10])[0]
        self.sim.respond(bert.login, copy.immutable_id, "accepted")
        self.sync(bert)
        states = {row.partner_id: row.state for row in event.attendee_ids}
        self.assertEqual(states[bert.user_id.partner_id], "accepted")

    def test_who_deletes_it_is_out(self):
        anna, bert = self.new_account(), self.new_account()
        item = self.add(anna, attendees=[self.attendee(bert.login)])
        self.sync(anna, bert)
        event = self.events(bert)
        copy = self.sim.expand(bert.login, self.day(0)[:10], self.day(3)[:10])[0]
        self.sim.delete_event(bert.login, copy.immutable_id)
        self.sync(bert)
        self.assertEqual(event.partner_ids, anna.user_id.partner_id)
        self.sim.change_event(anna.login, item.immutable_id, subject="Still on")
        self.sync(anna)
        self.assertEqual(event.name, "Still on")
        self.assertEqual(event.partner_ids, anna.user_id.partner_id)
        self.sim.delete_event(anna.login, item.immutable_id)
        self.sync(anna)
        self.assertFalse(event.exists())
