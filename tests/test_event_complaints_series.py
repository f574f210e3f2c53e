"""What users of other calendar connectors complain about, one test each, named by what
must not happen."""

from datetime import date, timedelta

from odoo import fields
from odoo.tests import Form, tagged

from .calendar_case import ahead, people
from .complaint_case import OUTSIDE, ComplaintCase
from .simulator import Fault


@tagged("post_install", "-at_install")
class TestEventComplaintsSeries(ComplaintCase):
    # Series

    def test_series_of_odoo_are_made_and_changed_as_ever(self):
        ann = self.new_account()
        self.add_series(ann, "Theirs")
        self.sync_events(ann)
        values = {
            "name": "Ours",
            "start": f"{date.today() + timedelta(days=1)} 09:00:00",
            "stop": f"{date.today() + timedelta(days=1)} 10:00:00",
            "recurrency": True,
            "rrule": "FREQ=DAILY;COUNT=4",
            "event_tz": "UTC",
        }
        first = self.env["calendar.event"].with_user(ann.user_id).create(values)
        series = first.recurrence_id.calendar_event_ids
        first.write({"recurrence_update": "all_events", "name": "Ours 2"})
        series.exists()[-1].unlink()
        self.assertEqual(
            first.recurrence_id.calendar_event_ids.mapped("name"), ["Ours 2"] * 3
        )
        self.sync_events(ann)
        self.assertEqual(len(first.recurrence_id.calendar_event_ids), 3)

    def test_a_cancelled_occurrence_does_not_block_the_others(self):
        ann, bob = self.new_account(), self.new_account()
        item = self.add_series(ann, "Daily", with_=[bob.login])
        self.delete(ann, self.occurrences(ann, item)[1])
        self.add(bob, "Other", hour=15)
        self.assertTrue(self.outlook(bob, cancelled=True), "only marked")
        self.sync_events(bob, ann)
        names = self.events_of(bob).mapped("name")
        self.assertEqual(sorted(names), ["Daily", "Daily", "Other"])
        self.check_calendars(ann, bob)

    def test_a_shifted_series_is_not_doubled(self):
        ann = self.new_account()
        item = self.add_series(ann, "Daily", count=4)
        self.sync_events(ann)
        second = self.occurrences(ann, item)[1]
        self.change(ann, second, subject="Exception")
        self.sync_events(ann)
        self.change(ann, item, start=ahead(1, 11), end=ahead(1, 12))
        self.sync_events(ann)
        self.check_calendars(ann)
        self.assertEqual(len(self.events_of(ann)), 4)

    def test_an_exception_keeps_what_odoo_knows_of_it(self):
        ann = self.new_account()
        item = self.add_series(ann, "Daily")
        self.sync_events(ann)
        event = self.events_of(ann)[1]
        event.notes = "<p>Bring the offer</p>"
        second = self.occurrences(ann, item)[1]
        self.change(ann, second, start=ahead(2, 18), end=ahead(2, 19))
        self.sync_events(ann)
        self.assertEqual(self.events_of(ann)[1], event)
        self.assertEqual(event.start.hour, 18)
        self.assertIn("Bring the offer", event.notes)

    def test_an_odd_event_does_not_block_the_others(self):
        ann = self.new_account()
        series = self.add_series(ann, "Daily")
        self.delete(ann, self.occurrences(ann, series)[0])
        odd = self.add(ann, "Odd", with_=["/O=EXCHANGE/CN=RECIPIENTS/CN=X", OUTSIDE])
        odd.data |= {
            "sensitivity": "topSecret",
            "showAs": "asleep",
            "originalStartTimeZone": "Middle-earth Standard Time",
            "location": None,
            "attendees": [*odd.data["attendees"], {"emailAddress": None}],
        }
        self.add(ann, "Even")
        self.sync_events(ann)
        names = sorted(self.events_of(ann).mapped("name"))
        self.assertEqual(names, ["Daily", "Daily", "Even", "Odd"])

    # Deletion

    def test_odoos_own_meetings_are_not_deleted(self):
        ann = self.new_account()
        times = {"start": fields.Datetime.now(), "stop": fields.Datetime.now()}
        events = self.env["calendar.event"].with_user(ann.user_id)
        own = events.create({"name": "Own", **times})
        self.add(ann, "Theirs")
        self.sync_events(ann)
        self.sim.expire_delta_tokens(ann.login)
        self.sync_events(ann)
        self.assertTrue(own.exists().active)

    def test_what_is_removed_does_not_stay(self):
        ann = self.new_account()
        item = self.add(ann, "Gone")
        self.sync_events(ann)
        self.delete(ann, item)
        self.sync_events(ann)
        self.assertFalse(self.env["calendar.event"].search([("name", "=", "Gone")]))

    def test_what_an_organizer_elsewhere_cancels_does_not_stay(self):
        ann, far = self.new_account(), "far@contoso.example"
        self.sim.add_mailbox(far, "secret")
        item = self.sim.add_event(
            far,
            subject="Cancelled",
            start=ahead(1),
            end=ahead(1, 10),
            attendees=people(ann.login),
        )
        self.sync_events(ann)
        self.assertTrue(self.event("Cancelled"))
        self.sim.delete_event(far, item.immutable_id)
        self.assertTrue(self.outlook(ann, cancelled=True), "only marked")
        self.sync_events(ann)
        self.assertFalse(self.events_of(ann))

    def test_who_is_no_longer_invited_does_not_stay(self):
        ann, bob = self.new_account(), self.new_account()
        self.partner(OUTSIDE)
        item = self.add(ann, "Board", with_=[bob.login, OUTSIDE])
        self.sync_events(ann, bob)
        self.change(ann, item, attendees=people(bob.login))
        self.sync_events(ann, bob)
        partners = self.event("Board").partner_ids
        self.assertEqual(partners, ann.user_id.partner_id + bob.user_id.partner_id)

    def test_out_of_the_filter_is_not_cancelled(self):
        ann, bob = self.new_account(), self.new_account()
        item = self.add(ann, "Board", categories=["Work"], with_=[bob.login])
        ann.event_categories = "Work, Customers"
        self.sync_events(ann, bob)
        self.change(ann, item, categories=["Private"])
        self.sim.requests.clear()
        self.sync_events(ann, bob)
        event = self.event("Board")
        self.assertNotIn(ann.user_id.partner_id, event.partner_ids)
        self.assertIn(bob.user_id.partner_id, event.partner_ids)
        self.assertTrue(self.outlook(ann, subject="Board", cancelled=False))
        self.check_only_read()

    def test_what_people_wrote_about_an_event_is_not_deleted_with_it(self):
        ann = self.new_account()
        talked, linked = self.add(ann, "Talked"), self.add(ann, "Linked", hour=12)
        self.sync_events(ann)
        self.event("Talked").with_user(ann.user_id).message_post(
            body="An offer", message_type="comment"
        )
        partner = self.partner()
        model = self.env["ir.model"]._get_id(partner._name)
        link = {"res_model_id": model, "res_id": partner.id}
        self.event("Linked").with_user(ann.user_id).write(link)
        self.delete(ann, talked)
        self.delete(ann, linked)
        ann.sync(kinds=("event",))
        for name in ("Talked", "Linked"):
            event = self.event(name, active_test=False)
            self.assertFalse(event.active)
            self.assertIn("Outlook", event.message_ids[0].body)

    # People

    def test_odd_addresses_do_not_stop_anything(self):
        ann = self.new_account()
        self.add(ann, "Odd", with_=["/O=EXCHANGE/CN=RECIPIENTS/CN=X", "nobody"])
        self.sync_events(ann)
        others = self.event("Odd").exchange_other_attendees
        self.assertIn("X", others)
        self.assertIn("nobody", others)

    def test_no_contact_is_created(self):
        ann = self.new_account()
        count = self.env["res.partner"].with_context(active_test=False).search_count
        before = count([])
        self.add(ann, "New faces", with_=["new@customer.example", "x@y.example"])
        self.sync_events(ann)
        self.assertEqual(count([]), before)
        others = self.event("New faces").exchange_other_attendees
        self.assertIn("new@customer.example", others)

    def test_the_contact_of_another_company_is_not_invited(self):
        ann = self.new_account()
        other = self.env["res.company"].create({"name": "Other"})
        theirs = self.partner(OUTSIDE, company_id=other.id)
        self.add(ann, "Visit", with_=[OUTSIDE])
        self.sync_events(ann)
        self.assertNotIn(theirs, self.event("Visit").partner_ids)
        self.assertIn(OUTSIDE, self.event("Visit").exchange_other_attendees)

    def test_personal_events_do_not_come_in(self):
        ann = self.new_account(event_categories="work\nCustomers")
        self.add(ann, "Dentist")
        self.add(ann, "Offer", categories=["Work"])
        self.add(ann, "Visit", categories=["Blue", "customers"], hour=12)
        self.sync_events(ann)
        names = self.events_of(ann).mapped("name")
        self.assertEqual(names, ["Offer", "Visit"])

    def test_private_events_are_not_read_by_others(self):
        ann, bob = self.new_account(), self.new_account()
        self.add(ann, "Dentist", sensitivity="private")
        self.sync_events(ann)
        event = self.event("Dentist")
        self.assertEqual(event.with_user(ann.user_id).name, "Dentist")
        self.env.invalidate_all()
        shown = event.with_user(bob.user_id).read(["name", "description", "location"])
        self.assertNotIn("Dentist", str(shown))

    # Errors on the way

    def test_a_broken_round_loses_nothing(self):
        """The place to go on from moves with what was stored, not before it."""
        ann = self.new_account()
        for number in range(450):
            self.add(ann, f"Meeting {number}", 1 + number // 20, number % 20)
        match = "GET .*calendarView/delta.*skiptoken"
        self.sim.faults.add(Fault.status(500), match=match, count=None)
        ann.sync(kinds=("event",))
        self.sim.faults.clear()
        self.sync_events(ann)
        self.check_calendars(ann)

    def test_after_a_full_reading_removed_meetings_do_not_stay(self):
        ann = self.new_account()
        gone, _kept = self.add(ann, "Gone"), self.add(ann, "Kept", hour=12)
        series = self.add_series(ann, "Daily", count=4)
        self.sync_events(ann)
        self.delete(ann, gone)
        self.delete(ann, self.occurrences(ann, series)[2])
        self.sim.expire_delta_tokens(ann.login)
        self.sync_events(ann)
        self.check_calendars(ann)
        self.assertEqual(len(self.events_of(ann)), 4)

    def test_no_click_calls_microsoft(self):
        ann = self.new_account()
        self.add(ann, "Look")
        self.sync_events(ann)
        count = self.sim.requests.count
        user = ann.user_id
        event = self.event("Look").with_user(user)
        Form(event)
        event.web_read({"name": {}, "exchange_web_link": {}})
        self.env["res.users"].with_user(user).check_synchronization_status()
        self.env["exchange.account"].with_user(user).get_panel()
        self.env["exchange.account"].with_user(user).action_sync_mine(["event"])
        event.write({"notes": "<p>Bring the offer</p>"})
        self.assertEqual(self.sim.requests.count, count)
