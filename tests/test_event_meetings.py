import json
from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from .event_case import EventCase


@tagged("post_install", "-at_install")
class TestEventMeetings(EventCase):
    """Meetings of several connected users, and what each of them wants of his."""

    def test_the_organisers_copy_decides(self):
        anna, bert = self.new_account(), self.new_account()
        self.add(anna, attendees=[self.attendee(bert.login)])
        self.sync(bert)
        event = self.events(bert)
        copy = self.copy_of(bert)
        self.sim.change_event(bert.login, copy, subject="Bert's own words")
        self.sync(bert)
        self.assertEqual(event.name, "Bert's own words")
        self.sync(anna)
        self.assertEqual(event.name, "Talk")
        self.sim.change_event(bert.login, copy, subject="Once more")
        self.sync(bert)
        self.assertEqual(event.name, "Talk")

    def test_without_the_organiser_the_first_copy_leads_until_it_goes(self):
        anna = "anna.outside@contoso.example"
        self.sim.add_mailbox(anna, "x")
        bert, carl = self.new_account(), self.new_account()
        self.sim.add_event(
            anna,
            subject="Talk",
            start=self.day(1),
            end=self.day(1, "10:00"),
            attendees=[self.attendee(bert.login), self.attendee(carl.login)],
        )
        self.sync(bert, carl)
        event = self.events(bert)
        self.assertEqual(self.events(carl), event)
        self.assertFalse(event.user_id)
        self.assertIn(anna, event.exchange_organizer)
        self.sim.change_event(carl.login, self.copy_of(carl), subject="Carl's")
        self.sync(carl)
        self.assertEqual(event.name, "Talk")
        self.sim.delete_event(bert.login, self.copy_of(bert))
        self.sync(bert)
        self.assertEqual(event.partner_ids, carl.user_id.partner_id)
        run = self.sync(carl)
        self.assertEqual(event.name, "Carl's")
        self.assertEqual(run.updated, 1)
        self.assertEqual(self.sync(carl).found, 0)

    def test_a_series_that_was_moved_between_two_synchronisations(self):
        anna, bert = self.new_account(), self.new_account()
        item = self.series(anna, attendees=[self.attendee(bert.login)])
        self.sync(anna)
        first = self.events(anna)
        moved = {"start": self.day(1, "11:00"), "end": self.day(1, "12:00")}
        self.sim.change_event(anna.login, item.immutable_id, **moved)
        # He sees it at its new time before Odoo knows of it from the organiser.
        self.sync(bert)
        self.assertEqual(len(self.events(bert) | first), 10)
        self.sync(anna)
        self.assertEqual(self.events(anna), self.events(bert))
        self.assertEqual(self.events(anna), first)
        self.assertEqual(first[0].start, self.moment(1, "11:00"))
        self.assertEqual(len(first[0].partner_ids), 2)
        self.assertEqual(self.sync(bert).found, 0)

    def test_ids_that_wander_through_a_series(self):
        anna = self.new_account()
        item = self.series(anna)
        self.sync(anna)
        links = self.events(anna).exchange_link_ids.sorted("original_start")
        ids = links.mapped("remote_id")
        for number, link in enumerate(links):
            link.remote_id = f"{number}"
        links.flush_recordset()
        for number, link in enumerate(links):
            link.remote_id = ids[(number + 1) % len(ids)]
        self.sim.change_event(anna.login, item.immutable_id, subject="New")
        run = self.sync(anna)
        self.assertEqual((run.created, run.updated, run.removed), (0, 5, 0))
        events = self.events(anna)
        self.assertEqual(
            events.mapped("start"), [self.moment(days) for days in range(1, 6)]
        )
        self.assertEqual(
            events.mapped("exchange_original_start"), events.mapped("start")
        )
        self.assertEqual(self.sync(anna).found, 0)

    def test_invited_through_a_list_or_an_alias(self):
        anna, bert = self.new_account(), self.new_account()
        self.sim.add_group("all@contoso.example", [bert.login])
        carl = self.new_account(name="carl")
        carl.addresses = [carl.login, "c.carlsson@contoso.example"]
        self.add(
            anna,
            attendees=[
                self.attendee("all@contoso.example"),
                self.attendee("c.carlsson@contoso.example"),
            ],
        )
        self.sync(anna, bert)
        event = self.events(anna)
        users = anna.user_id + bert.user_id + carl.user_id
        self.assertEqual(event.partner_ids, users.partner_id)
        self.assertIn("all@contoso.example", event.exchange_other_attendees)
        self.sim.change_event(anna.login, self.copy_of(anna), subject="Again")
        self.sync(anna)
        self.assertEqual(event.partner_ids, users.partner_id)

    def test_who_is_uninvited_is_out(self):
        anna, bert = self.new_account(), self.new_account()
        ada = self.partner()
        people = [self.attendee(bert.login), self.attendee(ada.email)]
        self.add(anna, attendees=people)
        self.sync(anna, bert)
        event = self.events(anna)
        self.assertIn(ada, event.partner_ids)
        self.sim.change_event(anna.login, self.copy_of(anna), attendees=people[:1])
        self.sync(anna)
        self.assertNotIn(ada, event.partner_ids)
        self.sim.change_event(anna.login, self.copy_of(anna), attendees=people)
        self.sync(anna)
        self.assertIn(ada, event.partner_ids)

    def test_a_cancelled_meeting_goes(self):
        anna, bert = self.new_account(), self.new_account()
        self.add(anna, attendees=[self.attendee(bert.login)])
        self.sync(anna, bert)
        event = self.events(anna)
        self.sim.delete_event(anna.login, self.copy_of(anna))
        self.sync(bert)
        self.assertEqual(event.partner_ids, anna.user_id.partner_id)
        self.sync(anna)
        self.assertFalse(event.exists())

    def test_answers_of_others_come_from_the_organiser(self):
        anna = self.new_account()
        bert = "bert.outside@contoso.example"
        self.sim.add_mailbox(bert, "x")
        partner = self.partner(bert, name="Bert")
        self.add(anna, attendees=[self.attendee(bert)])
        self.sync(anna)
        event = self.events(anna)
        self.assertEqual(self.states(event)[partner], "needsAction")
        found = self.sim.expand(bert, self.day(0)[:10], self.day(3)[:10])
        self.sim.respond(bert, found[0].immutable_id, "tentativelyAccepted")
        self.sync(anna)
        self.assertEqual(self.states(event)[partner], "tentative")

    def test_the_answer_survives_a_move(self):
        anna, bert = self.new_account(), self.new_account()
        self.add(anna, attendees=[self.attendee(bert.login)])
        self.sync(anna, bert)
        event = self.events(anna)
        self.sim.respond(bert.login, self.copy_of(bert), "accepted")
        self.sync(bert)
        start = {"start": self.day(2, "11:00"), "end": self.day(2, "12:00")}
        self.sim.change_event(anna.login, self.copy_of(anna), **start)
        self.sync(anna)
        self.assertEqual(event.start, self.moment(2, "11:00"))
        self.assertEqual(self.states(event)[anna.user_id.partner_id], "accepted")

    def test_reminders_are_each_ones_own(self):
        anna, bert = self.new_account(), self.new_account()
        self.add(
            anna,
            days=0,
            start=self.day(0, "23:50"),
            end=self.day(1, "00:50"),
            attendees=[self.attendee(bert.login)],
            isReminderOn=True,
            reminderMinutesBeforeStart=45,
        )
        self.sync(anna, bert)
        event = self.events(anna)
        self.assertEqual(sorted(event.alarm_ids.mapped("duration_minutes")), [15, 45])
        self.assertEqual(set(event.alarm_ids.mapped("alarm_type")), {"notification"})
        for account, minutes in ((anna, [45]), (bert, [15])):
            manager = self.env["calendar.alarm_manager"].with_user(account.user_id)
            alerts = manager.do_check_alarm_for_one_date(
                event.start, event, 60, 3 * 24 * 3600, "notification"
            )
            alarms = self.env["calendar.alarm"].browse(
                [alert["alarm_id"] for alert in alerts]
            )
            self.assertEqual(alarms.mapped("duration_minutes"), minutes)

    def test_a_series_moved_before_the_organiser_had_it_stays_one(self):
        anna, bert = self.new_account(), self.new_account()
        item = self.series(anna, attendees=[self.attendee(bert.login)])
        self.sync(bert)
        self.events(bert)[0].notes = "<p>Bring the plans</p>"
        self.sim.change_event(
            anna.login,
            item.immutable_id,
            start=self.day(1, "14:00"),
            end=self.day(1, "15:00"),
        )
        self.sync(anna, bert)
        starts = [self.moment(1 + number, "14:00") for number in range(5)]
        self.assertEqual(self.events(anna).mapped("start"), starts)
        self.assertEqual(self.events(bert), self.events(anna))
        self.assertIn("Bring the plans", self.events(anna)[0].notes)

    def test_who_has_odoo_open_is_reminded_of_what_is_new(self):
        anna, bert = self.new_account(), self.new_account()
        open_screen = {"user_id": anna.user_id.id, "status": "online"}
        self.env["mail.presence"].create(open_screen)
        soon = fields.Datetime.now() + timedelta(hours=3)
        self.add(
            anna,
            start=f"{soon.isoformat()} UTC",
            end=f"{(soon + timedelta(hours=1)).isoformat()} UTC",
            attendees=[self.attendee(bert.login)],
        )
        self.env.cr.precommit.run()
        self.env["bus.bus"].search([]).unlink()
        self.sync(anna, bert)
        self.env.cr.precommit.run()
        messages = self.env["bus.bus"].search([]).mapped("message")
        reminders = [
            message["payload"][0]["title"]
            for message in map(json.loads, messages)
            if message["type"] == "calendar.alarm"
        ]
        self.assertEqual(reminders, ["Talk"])

    # What a user wants of his calendar

    def test_private_details_are_for_the_participants(self):
        anna, bert = self.new_account(), self.new_account()
        self.add(anna, subject="Doctor", sensitivity="private")
        self.sync(anna)
        event = self.events(anna)
        self.assertEqual(event.with_user(anna.user_id).name, "Doctor")
        self.env.invalidate_all()
        self.assertEqual(event.with_user(bert.user_id).name, "Busy")

    def test_private_only_as_busy(self):
        anna = self.new_account(event_private="busy")
        ada = self.partner()
        self.add(
            anna,
            subject="Doctor",
            sensitivity="private",
            location={"displayName": "Clinic"},
            attendees=[self.attendee(ada.email)],
        )
        self.sync(anna)
        event = self.events(anna)
        self.assertEqual((event.name, event.location), ("Busy", False))
        self.assertEqual(event.partner_ids, anna.user_id.partner_id)
        self.assertFalse(event.exchange_organizer)
        self.sim.change_event(anna.login, self.copy_of(anna), sensitivity="normal")
        self.sync(anna)
        self.assertFalse(event.exists())
        self.assertEqual(self.events(anna).name, "Doctor")

    def test_private_not_at_all(self):
        anna = self.new_account(event_private="skip")
        self.add(anna, subject="Doctor", sensitivity="confidential")
        self.add(anna, subject="Talk")
        self.sync(anna)
        self.assertEqual(self.events(anna).mapped("name"), ["Talk"])

    def test_another_choice_counts_for_what_is_there(self):
        anna = self.new_account()
        self.add(anna, subject="Doctor", sensitivity="private")
        self.sync(anna)
        anna.event_private = "skip"
        self.sync(anna)
        self.assertFalse(self.events(anna))
        anna.event_private = "details"
        self.sync(anna)
        self.assertEqual(self.events(anna).name, "Doctor")

    def test_categories(self):
        anna = self.new_account(event_categories="Customers, odoo")
        self.add(anna, subject="Lunch", categories=["Friends"])
        self.add(anna, subject="Offer", categories=["CUSTOMERS"])
        self.sync(anna)
        event = self.events(anna)
        self.assertEqual(event.name, "Offer")
        self.sim.change_event(anna.login, self.copy_of(anna, 1), categories=["Other"])
        self.sync(anna)
        self.assertFalse(event.exists())
        self.assertEqual(
            len(self.sim.expand(anna.login, self.day(0)[:10], self.day(3)[:10])), 2
        )

    # What stays

    def test_an_event_with_something_of_odoo_is_archived(self):
        anna = self.new_account()
        self.add(anna)
        self.sync(anna)
        event = self.events(anna)
        event.with_user(anna.user_id).message_post(body="Ask about the price")
        self.sim.delete_event(anna.login, self.copy_of(anna))
        run = self.sync(anna)
        self.assertEqual(run.removed, 1)
        self.assertFalse(event.active)
        self.assertIn("deleted in Outlook", event.message_ids[0].body)
        self.assertFalse(event.exchange_link_ids)
