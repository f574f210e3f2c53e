from odoo import models


class CalendarAlarmManager(models.AbstractModel):
    """Reminders of events that come from Outlook are each user's own."""

    _inherit = "calendar.alarm_manager"

    def do_check_alarm_for_one_date(self, one_date, event, *args, **kwargs):
        """An event carries the reminders of all its users; of those the current one
        gets his own."""
        alerts = super().do_check_alarm_for_one_date(one_date, event, *args, **kwargs)
        if not alerts or not event.sudo().exchange_ical_uid:
            return alerts
        links = event.sudo().exchange_link_ids
        mine = links.filtered(lambda link: link.user_id == self.env.user)
        if not mine:
            return alerts
        alarms = event.sudo().alarm_ids
        wanted = alarms.filtered(
            lambda alarm: alarm.duration_minutes in mine.mapped("reminder")
        )
        return [alert for alert in alerts if alert["alarm_id"] in wanted.ids]
