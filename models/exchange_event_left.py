from collections import defaultdict
from datetime import timedelta

from odoo import api, fields, models

from .bulk_rows import insert_rows

# As long after its end a meeting may still come with the calendar of somebody else.
KEPT = timedelta(days=90)


class ExchangeEventLeft(models.Model):
    """Who took a meeting out of his calendar that nobody else had in Odoo: should it
    come back with somebody else's calendar, he does not attend."""

    _name = "exchange.event.left"
    _description = "Left Event of an Exchange Calendar"
    _log_access = False

    partner_id = fields.Many2one("res.partner", required=True, ondelete="cascade")
    ical_uid = fields.Char("iCalUId", required=True)
    original_start = fields.Datetime()
    stop = fields.Datetime(required=True, help="The end of the event.")

    _uid_idx = models.Index("(ical_uid)")

    def _note(self, events, partners):
        """Remember who left events that are about to go.

        :param partners: {event id: partner ids}
        """
        vals_list = [
            {
                "partner_id": partner_id,
                "ical_uid": event.exchange_ical_uid,
                "original_start": event.exchange_original_start or False,
                "stop": event.stop,
            }
            for event in events
            # Another event may have taken over its key.
            if event.exchange_ical_uid
            for partner_id in partners[event.id]
        ]
        insert_rows(self, vals_list)

    def _take(self, keys):
        """Who left the events of these keys; from here on the events know it.

        :param keys: (iCalUId, original start or None)
        :return: {key: set of partner ids}
        """
        uids = list({uid for uid, _start in keys})
        names = ["partner_id", "ical_uid", "original_start"]
        rows = self.search_fetch([("ical_uid", "in", uids)], names)
        found, taken = defaultdict(set), self.browse()
        for row in rows:
            key = (row.ical_uid, row.original_start or None)
            if key in keys:
                found[key].add(row.partner_id.id)
                taken += row
        taken.unlink()
        return found

    @api.autovacuum
    def _gc_left(self):
        self.search([("stop", "<", fields.Datetime.now() - KEPT)]).unlink()
