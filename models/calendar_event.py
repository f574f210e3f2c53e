from odoo import api, fields, models
from odoo.fields import Domain

# Nobody is told of what a synchronisation does: each of these stops another kind of
# noise, none of them all.
QUIET = {
    "active_test": False,
    "dont_notify": True,
    "is_calendar_event_new": True,
    "mail_create_nolog": True,
    "mail_create_nosubscribe": True,
    "mail_notrack": True,
    "no_calendar_sync": True,
    "no_mail_to_attendees": True,
    "skip_attendee_notification": True,
    "skip_contact_description": True,
    "tracking_disable": True,
}
# What a private event is about: hidden by Odoo, and yet found by a search.
DETAILS = frozenset(
    {
        "categ_ids",
        "description",
        "display_name",
        "exchange_organizer",
        "exchange_other_attendees",
        "exchange_series_text",
        "location",
        "name",
        "notes",
        "videocall_location",
    }
)


class CalendarEvent(models.Model):
    """Events that come from Outlook: one for each meeting and occurrence, whoever of
    its participants has a connected calendar."""

    _name = "calendar.event"
    _inherit = [
        "exchange.event.edits",
        "exchange.event.neighbours",
        "calendar.event",
    ]

    exchange_link_ids = fields.One2many(
        "exchange.event.link",
        "event_id",
        "In Outlook Calendars",
        groups="base.group_user",
        copy=False,
        readonly=True,
    )
    exchange_ical_uid = fields.Char(
        "iCalUId",
        copy=False,
        readonly=True,
        help="Of the event, or of its series; the same in every calendar.",
    )
    exchange_original_start = fields.Datetime(copy=False, readonly=True)
    exchange_series_uid = fields.Char(
        "iCalUId of the Series", copy=False, readonly=True
    )
    exchange_series_text = fields.Char("Series", copy=False, readonly=True)
    exchange_organizer = fields.Char("Organizer in Outlook", copy=False, readonly=True)
    exchange_other_attendees = fields.Text(
        "Other Attendees",
        copy=False,
        readonly=True,
        help="Invited, but not among the contacts of Odoo.",
    )
    exchange_time_zone = fields.Char("Time Zone in Outlook", copy=False, readonly=True)
    exchange_joined = fields.Boolean(
        copy=False,
        readonly=True,
        help="It was in Odoo before it was found in Outlook, and stays.",
    )
    exchange_left = fields.Json(
        copy=False,
        readonly=True,
        groups="base.group_system",
        help="Contacts of users who no longer have it in their calendar.",
    )
    exchange_categories = fields.Char(
        "Outlook Categories", compute="_compute_exchange_own"
    )
    exchange_show_as = fields.Selection(
        selection=lambda self: (
            self.env["exchange.event.link"]
            ._fields["show_as"]
            ._description_selection(self.env)
        ),
        string="Shown in Outlook as",
        compute="_compute_exchange_own",
    )
    exchange_web_link = fields.Char("Open in Outlook", compute="_compute_exchange_own")

    # Of an occurrence the key is that of its series with the original start.
    _exchange_key_uniq = models.UniqueIndex(
        "(exchange_ical_uid, COALESCE(exchange_original_start, '1900-01-01'))"
        " WHERE exchange_ical_uid IS NOT NULL"
    )

    @api.depends("exchange_link_ids")
    @api.depends_context("uid")
    def _compute_exchange_own(self):
        """What the current user's own copy says."""
        links = self.env["exchange.event.link"].sudo()
        mine = links.search_fetch(
            [("event_id", "in", self.ids), ("account_id.user_id", "=", self.env.uid)],
            ["event_id", "categories", "show_as", "web_link"],
        ).grouped("event_id")
        for event in self:
            link = mine.get(event._origin, links)[:1]
            names = (link.categories or "").split("\n")
            event.exchange_categories = ", ".join(filter(None, names)) or False
            event.exchange_show_as = link.show_as
            event.exchange_web_link = link.web_link

    @api.model
    def _search(self, domain, *args, **kwargs):
        """Others see of a private event of Outlook that somebody is busy: letter by
        letter, a search would tell them the rest."""
        if not self.env.su:
            domain = Domain(domain)
            asked = {
                condition.field_expr.partition(".")[0]
                for condition in domain.iter_conditions()
            }
            if not DETAILS.isdisjoint(asked):
                domain &= (
                    Domain("exchange_ical_uid", "=", False)
                    | Domain("privacy", "!=", "private")
                    | Domain("user_id", "=", self.env.uid)
                    | Domain("partner_ids", "in", self.env.user.partner_id.ids)
                )
        return super()._search(domain, *args, **kwargs)

    def _skip_send_mail_status_update(self):
        """Outlook has invited already, and tells of changes: Odoo never does."""
        return bool(self.exchange_ical_uid) or super()._skip_send_mail_status_update()
