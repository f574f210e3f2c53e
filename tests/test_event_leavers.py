from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from .event_case import EventCase


@tagged("post_install", "-at_install")
class TestEventLeavers(EventCase):
    """Meetings of users who leave the company, and of those who stay."""

    def setUp(self):
        super().setUp()
        self.ann, self.bob = self.new_account(), self.new_account()
        self.add(self.ann, attendees=[self.attendee(self.bob.login)])
        self.sync(self.ann, self.bob)
        self.event = self.events(self.ann)

    def leave(self, account):
        account.user_id.action_archive()
        self.env.invalidate_all()

    def test_those_who_stay_follow_their_own_calendar(self):
        """E4: nobody reads the organiser's copy any more."""
        self.leave(self.ann)
        end = self.day(2, "10:00")
        values = {"subject": "Moved", "start": self.day(2), "end": end}
        self.sim.change_event(self.bob.login, self.copy_of(self.bob), **values)
        self.sync(self.bob)
        self.assertEqual(self.event.name, "Moved")
        self.assertEqual(self.event.start, self.moment(2))
        self.assertEqual(len(self.event.attendee_ids), 2)
        # Back again, the organiser decides as before.
        self.ann.user_id.action_unarchive()
        self.sim.change_event(self.ann.login, self.copy_of(self.ann), subject="Back")
        self.sync(self.ann, self.bob)
        self.assertEqual(self.event.name, "Back")

    def test_what_no_calendar_leads_any_more_is_odoos(self):
        """Outlook cannot be asked to change it, as nobody would notice."""
        admin = self.event.with_user(self.env.ref("base.user_admin"))
        self.leave(self.ann)
        with self.assertRaisesRegex(UserError, "comes from Outlook"):
            admin.unlink()
        self.leave(self.bob)
        self.assertFalse(admin.exchange_synced)
        self.assertNotIn(admin, admin.search([("exchange_synced", "=", True)]))
        admin.write({"name": "Farewell", "partner_ids": [Command.clear()]})
        self.assertEqual(self.event.name, "Farewell")
        admin.unlink()
        self.assertFalse(self.event.exists())

    def test_what_another_application_linked_is_archived(self):
        """E4: an opportunity, say, or whatever a field of the customer's own names."""
        self.env["ir.model.fields"].create(
            {
                "name": "x_exchange_record_id",
                "model_id": self.env["ir.model"]._get_id("calendar.event"),
                "ttype": "many2one",
                "relation": "res.partner",
            }
        )
        self.add(self.ann, "Other")
        self.sync(self.ann)
        other = self.events(self.ann, "Other")
        self.event.x_exchange_record_id = self.partner()
        for number in (1, 0):
            self.sim.delete_event(self.ann.login, self.copy_of(self.ann, number))
        self.sim.delete_event(self.bob.login, self.copy_of(self.bob))
        self.sync(self.ann, self.bob)
        self.assertTrue(self.event.exists())
        self.assertFalse(self.event.active)
        self.assertFalse(other.exists())

    def test_private_details_are_not_found_by_others(self):
        """E5 C36: others see that he is busy, and a search tells them no more."""
        self.add(
            self.ann,
            "Dentist",
            sensitivity="private",
            location={"displayName": "Clinic"},
            body={"contentType": "text", "content": "The knee"},
            attendees=[self.attendee("doctor@clinic.example")],
        )
        self.sync(self.ann)
        event = self.events(self.ann, "Dentist")
        questions = [
            ("name", "ilike", "dentist"),
            ("display_name", "ilike", "dentist"),
            ("location", "=", "Clinic"),
            ("description", "ilike", "knee"),
            ("exchange_other_attendees", "ilike", "doctor"),
            ("attendee_ids.event_id.location", "=", "Clinic"),
        ]
        for account, found in ((self.ann, event), (self.bob, event.browse())):
            events = self.env["calendar.event"].with_user(account.user_id)
            for question in questions:
                self.assertEqual(events.search([question]).sudo(), found, question)
        # When he is busy is no secret, and what is not private is found as ever.
        mine = [("partner_ids", "in", self.ann.user_id.partner_id.ids)]
        events = self.env["calendar.event"].with_user(self.bob.user_id)
        self.assertIn(event, events.search(mine).sudo())
        self.assertEqual(events.search([("name", "=", "Talk")]).sudo(), self.event)
