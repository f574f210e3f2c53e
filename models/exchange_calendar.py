from datetime import datetime, timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ..client import Window

# How far beyond the user's window a round looks, so that the window can move on for
# some weeks without reading everything again; spread, or all would end on one day.
SLACK_DAYS = 42
SLACK_SPREAD = 28
LONGEST_DAYS = 1825


class ExchangeCalendar(models.Model):
    """How far the calendar of an account has been read.

    The window of time is bound into the delta link. It is somewhat wider than the one
    that the user wants, of which alone the events are in Odoo: day by day the strip
    that a new day uncovers is read by itself.
    """

    _name = "exchange.calendar"
    _description = "Exchange Calendar"
    _rec_name = "account_id"

    account_id = fields.Many2one(
        "exchange.account", required=True, ondelete="cascade", readonly=True
    )
    delta_link = fields.Char(readonly=True)
    window_start = fields.Datetime(readonly=True)
    window_end = fields.Datetime(readonly=True)
    day = fields.Date(readonly=True, help="The day up to whose window all is read.")
    settings = fields.Char(
        readonly=True, help="The user's settings that the events were read with."
    )
    round = fields.Integer(readonly=True, help="Number of the last complete reading.")
    state = fields.Selection(
        [
            ("new", "Not Read"),
            ("reading", "Reading Completely"),
            ("checking", "Checking What Was Not Seen"),
            ("done", "Following Changes"),
        ],
        required=True,
        default="new",
        readonly=True,
    )
    failed_ids = fields.Json(
        readonly=True, help="Remote IDs of events that could not be taken over."
    )

    _account_uniq = models.Constraint("UNIQUE (account_id)")

    def _of_account(self, account):
        """The calendar of an account, made when it is first read."""
        names = [name for name, field in self._fields.items() if field.store]
        found = self.search_fetch([("account_id", "=", account.id)], names)
        return found or self.create({"account_id": account.id})

    def _positions(self, accounts):
        """Where to ask for changes, and whether there is work in any case, in one
        query. :return: {account id: (delta link or None, bool)}
        """
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                """SELECT c.account_id,
                          c.delta_link, c.settings, c.window_end, c.day, c.state,
                          c.failed_ids IS NOT NULL,
                          EXISTS (SELECT 1 FROM exchange_event_link l
                                   WHERE l.account_id = c.account_id AND l.reread)
                     FROM exchange_calendar c
                    WHERE c.account_id = ANY(%s)""",
                accounts.ids,
            )
        )
        found = {account_id: row for account_id, *row in rows}
        return {
            account.id: self._position(account, *found[account.id])
            if account.id in found
            else (None, True)
            for account in accounts
        }

    def _position(
        self, account, link, settings, window_end, day, state, failed, rereads
    ):
        if state != "done" or self._is_outdated(account, link, settings, window_end):
            return None, True
        again = failed and bool(account.requested_kinds)
        return link, rereads or again or day != fields.Date.today()

    def _needs_new_round(self):
        """Whether the delta link is of no use any more."""
        return self._is_outdated(
            self.account_id, self.delta_link, self.settings, self.window_end
        )

    @api.model
    def _is_outdated(self, account, link, settings, window_end):
        if not link or settings != self._wanted_settings(account):
            return True
        _start, end = self._edges(account, fields.Date.today())
        # Where there is no room for slack the edge is read by itself every day.
        grace = timedelta(days=0 if self._slack(account) else SLACK_DAYS)
        return end > window_end + grace

    @api.model
    def _wanted_settings(self, account):
        """Whose calendar it is and the settings that decide what of it is read, as one
        text: with another one, all is read anew."""
        return "|".join(
            (
                account.mailbox_id or "",
                str(account.event_days_past),
                str(account.event_days_ahead),
                account.event_private or "",
                ",".join(account._event_category_names()),
            )
        )

    @api.model
    def _edges(self, account, day):
        """The user's window on a day. :return: (start, end), naive UTC"""
        midnight = datetime.combine(day, datetime.min.time())
        return (
            midnight - timedelta(days=account.event_days_past),
            midnight + timedelta(days=account.event_days_ahead + 1),
        )

    @api.model
    def _slack(self, account):
        """Days that a new round looks beyond the user's window."""
        days = account.event_days_past + account.event_days_ahead + 1
        wish = SLACK_DAYS + account.id % SLACK_SPREAD
        return max(min(wish, LONGEST_DAYS - days), 0)

    def _begin_round(self):
        """Forget the position and set the window for reading everything."""
        today = fields.Date.today()
        start, end = self._edges(self.account_id, today)
        longest = start + timedelta(days=LONGEST_DAYS)
        self.write(
            {
                "delta_link": False,
                "window_start": start,
                "window_end": min(
                    end + timedelta(days=self._slack(self.account_id)), longest
                ),
                "day": today,
                "settings": self._wanted_settings(self.account_id),
                "round": self.round + 1,
                "state": "reading",
            }
        )

    def _window(self):
        """The window of the delta link."""
        return Window(self.window_start, self.window_end)
