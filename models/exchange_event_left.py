from collections import defaultdict
from datetime import timedelta

from odoo import Command, api, fields, models

from .bulk_rows import insert_rows
from .event_plan import CHANGE, IGNORE, LEAVE, UPDATE

# As long after its end a meeting may still come with the calendar of somebody else.
KEPT = timedelta(days=90)


class ExchangeEventLeft(models.Model):
    """Who has a meeting no longer that nobody else had in Odoo, or not at that time:
    should it come back with somebody else's calendar, he does not attend."""

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
        self._insert(
            (key_of(event), event.stop, partners[event.id])
            for event in events
            # Another event may have taken over its key.
            if event.exchange_ical_uid
        )

    def _insert(self, rows):
        """:param rows: (key, end of the event, ids of partners)"""
        vals_list = [
            {
                "partner_id": partner_id,
                "ical_uid": uid,
                "original_start": start or False,
                "stop": stop,
            }
            for (uid, start), stop, partner_ids in rows
            for partner_id in partner_ids
        ]
        insert_rows(self, vals_list)

    def _gone(self, run, affected, steps, lost):
        """What somebody has no longer, and no event will tell of.

        :return: {key: (end of the event, ids of partners)}
        """
        me, gone = {run.partner_id}, {}
        events = {each.id: each for each in self.env["calendar.event"].browse(affected)}
        left = [link for _copy, link, step in steps if step.action in (LEAVE, CHANGE)]
        for link in (*lost, *left):
            event = events[link.event_id]
            if link.key != key_of(event):
                gone[link.key] = (event.stop, me)
        for copy, link, step in steps:
            if step.action == UPDATE and link.key != copy.key:
                event = events[link.event_id]
                leads = affected[link.event_id].leading_copy is copy
                before = leads and event.exchange_left or ()
                gone[link.key] = (max(event.stop, copy.content.stop), me.union(before))
        for copy, _link, step in steps:
            if step.action not in (LEAVE, IGNORE):
                gone.pop(copy.key, None)
        return gone

    def _note_gone(self, run, keys):
        """Remember that somebody has something no longer, whoever still has it.

        Where a meeting went to another time, or was taken out by somebody whose copy
        had not gone along yet, the event itself does not tell.

        :param keys: {(iCalUId, original start or None): (end of the event, ids of the
            partners, this user's among them)}
        """
        if not keys:
            return
        uids = [uid for uid, _start in keys]
        names = ["exchange_ical_uid", "exchange_original_start", "exchange_left"]
        domain = [("exchange_ical_uid", "in", uids)]
        events = self.env["calendar.event"].search_fetch(domain, names)
        present = {key_of(event): event for event in events}
        known = self.env["exchange.event.link"]._known(run.account, uids=uids)
        mine = {link.event_id for link in known}
        # What is his goes along with the copy that leads it, and its key is free then.
        others = {key: event for key, event in present.items() if event.id not in mine}
        for key in keys.keys() & others.keys():
            self._leave(others[key], run.partner_id)
        self._insert((key, *keys[key]) for key in keys if key not in others)

    def _leave(self, event, partner_id):
        left = {*(event.exchange_left or ()), partner_id}
        commands = [Command.unlink(partner_id)]
        event.write({"exchange_left": sorted(left), "partner_ids": commands})

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


def key_of(event):
    """What names an event in every calendar, as ``EventCopy.key``."""
    return (event.exchange_ical_uid, event.exchange_original_start or None)
