from odoo import fields, models
from odoo.tools import SQL

from .event_plan import KnownLink
from .event_values import Own

# The fields of a KnownLink, then those of its Own.
_KNOWN = """
    SELECT l.id, l.event_id, l.account_id, u.partner_id, l.remote_id, l.ical_uid,
           l.original_start, l.series_master_id, l.change_key, l.content_hash,
           l.body_hash, l.people_hash, l.reread, l.round, a.active,
           l.is_organizer, l.response, l.reminder, l.private, l.show_as, l.categories,
           l.web_link
      FROM exchange_event_link l
      JOIN exchange_account a ON a.id = l.account_id
      JOIN res_users u ON u.id = a.user_id
     WHERE %s AND (%s)"""


class ExchangeEventLink(models.Model):
    """One event in one user's calendar: his copy of it, and what of it is his alone."""

    _name = "exchange.event.link"
    _description = "Event in an Exchange Calendar"
    _rec_name = "remote_id"

    event_id = fields.Many2one(
        "calendar.event", required=True, ondelete="cascade", index=True
    )
    account_id = fields.Many2one("exchange.account", required=True, ondelete="cascade")
    user_id = fields.Many2one(related="account_id.user_id")
    remote_id = fields.Char("Remote ID", required=True)
    ical_uid = fields.Char("iCalUId", required=True)
    original_start = fields.Datetime(
        help="When the series wants this occurrence; names it for good."
    )
    series_master_id = fields.Char("Remote ID of the Series")
    change_key = fields.Char()
    is_organizer = fields.Boolean("Organizer")
    response = fields.Char("Answer")
    reminder = fields.Integer("Reminder (minutes)", default=-1)
    private = fields.Boolean()
    show_as = fields.Selection(
        [
            ("free", "Free"),
            ("tentative", "Tentative"),
            ("busy", "Busy"),
            ("oof", "Out of Office"),
            ("working_elsewhere", "Working Elsewhere"),
        ]
    )
    categories = fields.Char()
    web_link = fields.Char()
    content_hash = fields.Char()
    body_hash = fields.Char()
    people_hash = fields.Char()
    round = fields.Integer(help="The complete reading that saw it last.")
    reread = fields.Boolean(
        help="Its copy has become the leading one and has to be read again."
    )

    _remote_uniq = models.Constraint("UNIQUE (account_id, remote_id)")
    _uid_idx = models.Index("(ical_uid, account_id)")
    _series_idx = models.Index(
        "(account_id, series_master_id) WHERE series_master_id IS NOT NULL"
    )
    _reread_idx = models.Index("(account_id) WHERE reread")

    def _known(self, account, remote_ids=(), uids=(), masters=(), events=()):
        """What is known of copies: by their remote ids, keys, series or events.

        :param account: whose copies; None for those of everybody
        :return: list of ``KnownLink``
        """
        self.flush_model()
        ways = [
            SQL("l.%s IN %s", SQL.identifier(column), tuple(values))
            for column, values in (
                ("remote_id", remote_ids),
                ("ical_uid", uids),
                ("series_master_id", masters),
                ("event_id", events),
            )
            if values
        ]
        if not ways:
            return []
        whose = SQL("l.account_id = %s", account.id) if account else SQL("TRUE")
        rows = self.env.execute_query(SQL(_KNOWN, whose, SQL(" OR ").join(ways)))
        return [KnownLink(*row[:15], _own(*row[15:])) for row in rows]

    def _changes(self, link, vals):
        """Which values differ from what is known of a copy."""
        known = {**vars(link), **vars(link.own)}
        return {
            name: value
            for name, value in vals.items()
            if (known[name] or False) != (value or False)
        }


def _own(is_organizer, response, reminder, private, *texts):
    return Own(
        bool(is_organizer),
        response or "",
        -1 if reminder is None else reminder,
        bool(private),
        *(text or "" for text in texts),
    )
