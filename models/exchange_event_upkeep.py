from odoo import fields, models
from odoo.tools import SQL

from ..client import Window
from .transactions import commit

# Events that are looked up together.
CHUNK = 200
# More events than these, and a larger share of all, do not simply disappear.
CAREFUL_NUMBER, CAREFUL_SHARE = 25, 0.5


class ExchangeEventUpkeep(models.AbstractModel):
    """What a run over a calendar does beside its round of changes."""

    _name = "exchange.event.upkeep"
    _description = "Upkeep of Events"

    def _check_unseen(self, run):
        """After a complete reading: what it did not tell of, and is not outside the
        window, is no longer there."""
        calendar = run.calendar
        if not run.full or calendar.state != "checking":
            return
        window = calendar._window()
        present = self.env["exchange.event.link"].search_fetch(
            [
                ("account_id", "=", run.account.id),
                ("event_id.start", "<", window.end),
                ("event_id.stop", ">", window.start),
            ],
            ["remote_id", "round"],
        )
        unseen = present.filtered(lambda link: link.round < calendar.round)
        ids = unseen.mapped("remote_id")
        run.careful = len(ids) > max(CAREFUL_NUMBER, CAREFUL_SHARE * len(present))
        for at in range(0, len(ids), CHUNK):
            page = run.mailbox.events.look_up(ids[at : at + CHUNK], window)
            self._apply_page(run, page)
        if run.careful:
            run.careful = False
            self._tell_careful(run)
        calendar.state = "done"
        run.log.save()
        commit(self.env)

    def _be_careful(self, run, lost):
        """Archive what would be deleted from here on, when most of a calendar has gone:
        a series that was deleted is no more than one event.

        :param lost: list of ``KnownLink`` that are about to go
        """
        run.lost.update(link.series_master_id or link.remote_id for link in lost)
        if run.careful or run.full or len(run.lost) <= CAREFUL_NUMBER:
            return
        self.env["exchange.event.link"].flush_model()
        # Counted where it is: the pages of a large calendar come here one by one.
        ((others,),) = self.env.execute_query(
            SQL(
                """SELECT COUNT(DISTINCT event)
                     FROM exchange_event_link,
                          COALESCE(NULLIF(series_master_id, ''), remote_id) AS event
                    WHERE account_id = %s AND event != ALL(%s)""",
                run.account.id,
                list(run.lost),
            )
        )
        run.careful = len(run.lost) > CAREFUL_SHARE * (others + len(run.lost))

    def _tell_careful(self, run):
        run.log.error(
            self.env._(
                "Most of your events are no longer in the calendar in Outlook. They "
                "have been archived in Odoo, not deleted: you find them with the "
                "filter Archived."
            )
        )

    def _read_strip(self, run):
        """What a new day uncovers of the future."""
        calendar, today = run.calendar, fields.Date.today()
        if not run.new_day or calendar.day >= today:
            return
        _start, known_end = calendar._edges(run.account, calendar.day)
        _start, end = calendar._edges(run.account, today)
        known_end = min(known_end, calendar.window_end)
        window = Window(known_end, end)
        run.wish = self._wish(run, today)
        for page in run.mailbox.events.view(window):
            self._apply_page(run, page)
        calendar.day = today
        commit(self.env)

    def _reread(self, run):
        """Copies that have become the leading ones."""
        links = self.env["exchange.event.link"].search_fetch(
            [("account_id", "=", run.account.id), ("reread", "=", True)], ["remote_id"]
        )
        self._read_again(run, [link.remote_id for link in links])

    def _retry_failed(self, run):
        """What could not be taken over is tried again once a day, and when the user
        asks for a synchronisation."""
        if run.retry_ids:
            left = set(run.calendar.failed_ids or ()) - set(run.retry_ids)
            run.calendar.failed_ids = sorted(left) or False
            self._read_again(run, run.retry_ids)

    def _read_again(self, run, ids):
        for at in range(0, len(ids), CHUNK):
            window = run.calendar._window()
            page = run.mailbox.events.look_up(ids[at : at + CHUNK], window)
            self._apply_page(run, page)
