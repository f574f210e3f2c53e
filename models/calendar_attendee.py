from odoo import api, models


class CalendarAttendee(models.Model):
    """Who is invited to an event from Outlook, and his answer, comes from there."""

    _inherit = "calendar.attendee"

    @api.model_create_multi
    def create(self, vals_list):
        attendees = super().create(vals_list)
        attendees._check_answers_in_odoo()
        return attendees

    def write(self, vals):
        if vals.keys() & {"state", "partner_id", "event_id"}:
            self._check_answers_in_odoo()
        return super().write(vals)

    def unlink(self):
        self._check_answers_in_odoo()
        return super().unlink()

    def _check_answers_in_odoo(self):
        """:raises UserError: a user answers here for an event from Outlook"""
        if self.env.su:
            return
        self.event_id._check_not_from_outlook(
            lambda name: self.env._(
                "“%(event)s” comes from Outlook. Please open it there to answer the "
                "invitation.",
                event=name,
            )
        )
