from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from .calendar_case import CalendarCase


@tagged("post_install", "-at_install")
class TestEventEdits(CalendarCase):
    """What Outlook says of an event is changed in Outlook; all else is the users'."""

    def setUp(self):
        super().setUp()
        self.account = self.new_account()
        self.user = self.account.user_id
        self.item = self.add(self.account, "Review", location={"displayName": "Room"})
        self.sync_events(self.account)
        self.mine = self.event("Review").with_user(self.user)

    def check_refused(self, work):
        """A user is told where to go instead."""
        with self.assertRaisesRegex(UserError, "Review.* comes from Outlook.*open it"):
            work()
        self.env.invalidate_all()

    def test_what_outlook_decides_is_not_changed_here(self):
        colleague = self.new_account().user_id.partner_id
        start = self.mine.start
        for name, value in {
            "name": "Mine",
            "start": "2030-01-01 09:00:00",
            "location": "Elsewhere",
            "description": "<p>Mine</p>",
            "partner_ids": [Command.link(colleague.id)],
            "show_as": "free",
            "privacy": "private",
            "user_id": False,
            "active": False,
        }.items():
            with self.subTest(name):
                self.check_refused(lambda: self.mine.write({name: value}))  # noqa: B023
        self.assertEqual((self.mine.name, self.mine.start), ("Review", start))
        self.assertEqual(self.mine.partner_ids, self.user.partner_id)

    def test_dragging_in_the_calendar(self):
        times = {"start": "2030-01-01 09:00:00", "stop": "2030-01-01 10:00:00"}
        self.check_refused(lambda: self.mine.write({**times, "allday": False}))

    def test_not_deleted_here_and_nobody_is_asked_to_write_to_the_attendees(self):
        self.check_refused(self.mine.unlink)
        self.check_refused(self.mine.action_unlink_event)
        self.check_refused(self.mine.action_archive)
        self.assertTrue(self.mine.exists())

    def test_invitations_are_answered_in_outlook(self):
        other = self.new_account()
        self.change(self.account, self.item, attendees=self.invited(other))
        self.sync_events(self.account, other)
        theirs = self.mine.with_user(other.user_id)
        mine = theirs.attendee_ids.filtered(
            lambda each: each.partner_id == other.user_id.partner_id
        )
        self.assertEqual(mine.state, "needsAction")
        for answer in (mine.do_accept, mine.do_decline, mine.do_tentative):
            self.check_refused(answer)
        self.check_refused(lambda: theirs.change_attendee_status("accepted", False))
        self.assertEqual(mine.state, "needsAction")

    def invited(self, *accounts):
        return [{"emailAddress": {"address": each.login}} for each in accounts]

    def test_what_is_odoos_is_the_users_and_outlives_a_synchronisation(self):
        partner = self.partner()
        tag = self.env["calendar.event.type"].create({"name": "Important"})
        model = self.env["ir.model"]._get("res.partner")
        self.mine.write(
            {
                "notes": "<p>Bring the offer</p>",
                "categ_ids": [Command.link(tag.id)],
                "res_model_id": model.id,
                "res_id": partner.id,
            }
        )
        self.mine.message_post(body="See the offer", message_type="comment")
        self.change(self.account, self.item, subject="Review 2")
        self.sync_events(self.account)
        self.assertEqual(self.mine.name, "Review 2")
        self.assertIn("Bring the offer", self.mine.notes)
        self.assertEqual(self.mine.categ_ids, tag)
        self.assertEqual(self.mine.res_model, "res.partner")
        self.assertEqual(self.mine.res_id, partner.id)
        self.assertIn("See the offer", self.mine.message_ids[0].body)

    def test_form(self):
        """The form saves what is Odoo's, and offers nothing else."""
        with Form(self.mine) as form:
            form.notes = "<p>Bring the offer</p>"
            for name in ("name", "start", "location", "description", "show_as"):
                with self.assertRaises(AssertionError, msg=name):
                    form[name] = form[name]
        self.assertIn("Bring the offer", self.mine.notes)
        self.assertIn("outlook", self.mine.exchange_web_link)

    def test_events_of_odoo_are_as_ever(self):
        events = self.env["calendar.event"].with_user(self.user)
        times = {"start": "2030-01-01 09:00:00", "stop": "2030-01-01 10:00:00"}
        event = events.create({"name": "Own", **times})
        event.write({"name": "Own 2", "start": "2030-01-01 09:30:00"})
        with Form(event) as form:
            form.location = "Here"
        self.assertEqual((event.name, event.location), ("Own 2", "Here"))
        event.attendee_ids.do_decline()
        self.assertEqual(event.attendee_ids.state, "declined")
        copy = self.mine.copy()
        copy.write({"name": "A copy is Odoo's own"})
        self.assertFalse(copy.exchange_synced)
        event.unlink()

    def test_filter(self):
        times = {"start": "2030-01-01 09:00:00", "stop": "2030-01-01 10:00:00"}
        events = self.env["calendar.event"].with_user(self.user)
        own = events.create({"name": "Own", **times})
        mine = [("partner_ids", "in", self.user.partner_id.ids)]
        found = events.search([*mine, ("exchange_synced", "=", True)])
        self.assertEqual(found, self.mine)
        found = events.search([*mine, ("exchange_synced", "=", False)])
        self.assertEqual(found, own)

    def test_all_events_of_a_series(self):
        self.add_series(self.account, "Daily", count=3)
        self.add_series(self.account, "Other", count=3)
        self.sync_events(self.account)
        daily = self.events_of(self.account).filtered(lambda e: e.name == "Daily")
        action = daily[1].with_user(self.user).action_exchange_series()
        found = self.env["calendar.event"].search(action["domain"])
        self.assertEqual(found, daily)
        self.assertEqual(len(found), 3)

    def test_who_has_disconnected_for_good_gets_his_events(self):
        self.account.unlink()
        self.mine.write({"name": "Mine now"})
        self.assertEqual(self.mine.name, "Mine now")
