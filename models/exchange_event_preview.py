from odoo import fields, models
from odoo.tools import format_date

from ..client import Window, count_events


class ExchangeEventPreview(models.AbstractModel):
    """How many events the first synchronisation would read."""

    _name = "exchange.event.preview"
    _description = "Preview of the First Synchronisation: Events"

    def _preview(self, account, mailbox):
        paused = account._other_calendar_sentence()
        if paused:
            text = self.env._("events are read.")
            return {"count": 0, "more": False, "text": text, "problem": paused}
        calendars = self.env["exchange.calendar"]
        start, end = calendars._edges(account, fields.Date.today())
        found, problem = account._counted(count_events, mailbox, Window(start, end))
        count, more = found or (None, False)
        return {
            "count": count,
            "more": more,
            "text": self._preview_text(account, start, end),
            "problem": problem,
        }

    def _preview_text(self, account, start, end):
        sentence = self.env._(
            "events from %(start)s to %(end)s are read into your calendar in Odoo.",
            start=format_date(self.env, start),
            end=format_date(self.env, end),
        )
        if account._event_category_names() or account.event_private == "skip":
            others = self.env._(
                "Of these, only those that you have chosen in your preferences."
            )
            return f"{sentence} {others}"
        return sentence
