from odoo import models


class ExchangeAccountCalendar(models.AbstractModel):
    """Beside Odoo's own synchronisation with Outlook's calendar, which may be installed
    or not: two at work on one calendar would double it and undo each other's changes.
    """

    _name = "exchange.account.calendar"
    _description = "Exchange Account: Other Calendar Synchronisation"

    def _has_other_calendar_sync(self):
        """Whether Odoo's own synchronisation is active for this account's user."""
        self.ensure_one()
        user = self.user_id.sudo()
        if "microsoft_synchronization_stopped" not in user._fields:
            return False
        if not user.microsoft_calendar_rtoken or user.microsoft_synchronization_stopped:
            return False
        return user._get_microsoft_sync_status() != "sync_paused"

    def _other_calendar_sentence(self):
        """What to tell a user whose events are paused for that reason, or ""."""
        if not self._has_other_calendar_sync():
            return ""
        env = self.env
        if not env.context.get("lang"):
            env = env(context={**env.context, "lang": self.user_id.lang})
        return env._(
            "Events are paused: Odoo's own Outlook synchronisation is active for you. "
            "Open the calendar, press Outlook and Stop synchro; then they come by this "
            "way."
        )
