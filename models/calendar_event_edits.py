from odoo import api, fields, models
from odoo.exceptions import UserError

# What Outlook says about an event. Everything else about it belongs to Odoo's users.
OUTLOOKS_FIELDS = frozenset(
    {
        "active",
        "alarm_ids",
        "allday",
        "attendee_ids",
        "description",
        "duration",
        "event_tz",
        "location",
        "name",
        "partner_ids",
        "privacy",
        "recurrence_id",
        "recurrency",
        "rrule",
        "show_as",
        "start",
        "start_date",
        "stop",
        "stop_date",
        "user_id",
        "videocall_location",
    }
)


class ExchangeEventEdits(models.AbstractModel):
    """Keeps users from changing here what Outlook decides: the next synchronisation
    would take it back, and nobody who was invited would ever know.

    The synchronisation itself, and the system, write as superuser.
    """

    _name = "exchange.event.edits"
    _description = "Events from Outlook: Edits in Odoo"

    exchange_synced = fields.Boolean(
        "From Outlook",
        compute="_compute_exchange_synced",
        search="_search_exchange_synced",
        compute_sudo=True,
    )

    @api.depends("exchange_link_ids.account_id.active")
    def _compute_exchange_synced(self):
        """Of a user who has left Odoo nobody knows any more what Outlook says."""
        for event in self:
            event.exchange_synced = any(
                event.exchange_link_ids.account_id.mapped("active")
            )

    def _search_exchange_synced(self, operator, value):
        if operator != "in" or True not in value:
            return NotImplemented
        links = self.env["exchange.event.link"].sudo()
        links = links._search([("account_id.active", "=", True)])
        return [("id", "in", links.subselect("event_id"))]

    def write(self, vals):
        if not self.env.su and not OUTLOOKS_FIELDS.isdisjoint(vals):
            self._check_not_from_outlook(
                lambda name: self.env._(
                    "“%(event)s” comes from Outlook. Please open it there to change "
                    "it.",
                    event=name,
                )
            )
        return super().write(vals)

    def unlink(self):
        if not self.env.su:
            self._check_deletion()
        return super().unlink()

    def action_unlink_event(self, attendee_id=None, recurrence=False):
        """Refused before anybody is asked whether to write to the attendees."""
        self._check_deletion()
        return super().action_unlink_event(attendee_id, recurrence)

    def action_exchange_series(self):
        """Open all events of this event's series."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "calendar.action_calendar_event"
        )
        return {
            **action,
            "name": self.exchange_series_text or self.name,
            "domain": [("exchange_series_uid", "=", self.exchange_series_uid)],
            "views": [(False, "list"), (False, "form"), (False, "calendar")],
            "view_mode": "list,form,calendar",
            "view_id": False,
            "context": {},
        }

    def _check_deletion(self):
        self._check_not_from_outlook(
            lambda name: self.env._(
                "“%(event)s” comes from Outlook. Please open it there to delete it; "
                "then it disappears here as well.",
                event=name,
            )
        )

    def _check_not_from_outlook(self, sentence):
        """Refuse when one of these events is in somebody's Outlook.

        :param sentence: function(title) -> what to tell the user
        :raises UserError: with that sentence
        """
        for event in self:
            if event.exchange_synced:
                raise UserError(sentence(event.display_name))
