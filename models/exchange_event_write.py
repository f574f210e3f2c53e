from collections import defaultdict

from odoo import Command, models
from odoo.tools import is_html_empty

from .event_plan import attending, lead_of, shared_values
from .exchange_event_left import key_of
from .run_log import Item

CONTENT_FIELDS = (
    "name",
    "start",
    "stop",
    "allday",
    "location",
    "videocall_location",
    "user_id",
    "exchange_organizer",
    "exchange_other_attendees",
    "exchange_time_zone",
    "exchange_series_text",
    "exchange_ical_uid",
    "exchange_original_start",
    "exchange_series_uid",
    "exchange_left",
    "active",
)
KEY_FIELDS = {"exchange_ical_uid", "exchange_original_start"}
TIME_FIELDS = {"start", "stop", "allday"}
# Whose fields are known here.
OWN_MODULES = ("base", "mail", "calendar", "exchange_connector")
# What is not the leading copy's.
OWN_FIELDS = {"exchange_left", "active"}


class ExchangeEventWrite(models.AbstractModel):
    """Writes what is different to events that are in Odoo, and takes out those that no
    calendar has any more."""

    _name = "exchange.event.write"
    _description = "Writing of Events"

    def _write_events(self, run, affected):
        """Make events show what their copies say now. :return: list of ``Item``"""
        lost = [event_id for event_id, one in affected.items() if not one.after]
        items = self._vanish(run, {event_id: affected[event_id] for event_id in lost})
        kept = {key: one for key, one in affected.items() if one.after}
        if not kept:
            return items
        events = self.env["calendar.event"].browse(kept)
        events.fetch(CONTENT_FIELDS)
        named = {
            event.id for event in events if self._names_people(event, kept[event.id])
        }
        self._learn_people(run, [kept[event_id].leading_copy for event_id in named])
        changed = self._write_values(run, events, kept, named)
        changed |= self._write_attendees(run, events, kept, named)
        self._ask_new_leads(kept)
        updated = events.browse(sorted(changed))
        return items + [event_item("updated", each.id, each.name) for each in updated]

    def _write_values(self, run, events, kept, named):
        """Write to all events at once what is the same. :return: their ids"""
        groups = defaultdict(list)
        for event in events:
            vals = self._changed_values(run, event, kept[event.id], event.id in named)
            if vals:
                groups[repr(sorted(vals.items()))].append((event.id, vals))
        changed = set()
        for rows in groups.values():
            ids = [event_id for event_id, _vals in rows]
            vals = {**rows[0][1], **self._no_write_back()}
            events.browse(ids).write(vals)
            changed.update(ids)
            if vals.keys() & KEY_FIELDS:
                self._ask_those_left_behind(events.browse(ids), kept)
            if vals.keys() & {"start", "alarm_ids"}:
                run.note_soon(events.browse(ids).mapped("start"))
        return changed

    def _names_people(self, event, one):
        """Whether to look up whom the leading copy names: when it names others than
        before, and when the time changes, as Odoo then takes answers back."""
        if not one.leading_copy:
            return False
        content = one.leading_copy.content
        moved = (event.start, event.stop) != (content.start, content.stop)
        return moved or not one.is_same("people_hash")

    def _changed_values(self, run, event, one, is_named):
        """What of an event has to be written."""
        vals = {}
        new = self._new_content(run, one, is_named)
        if new:
            description = new.pop("description")
            vals = {name: new[name] for name in new if _differs(event, name, new[name])}
            if vals.keys() & TIME_FIELDS:
                # Odoo derives the one from the other where it is not told.
                vals |= {name: new[name] for name in TIME_FIELDS}
            empty = not description and is_html_empty(event.description)
            if not empty and not one.is_same("body_hash"):
                vals["description"] = description
        before = shared_values(one.before.values()) if one.before else None
        if before != shared_values(one.after.values()):
            vals |= self._shared_values(run, one.after.values())
        left = self._left(event, one)
        if left != (event.exchange_left or []):
            vals["exchange_left"] = left or False
        if not event.active:
            vals["active"] = True
        if not one.before and not event.exchange_ical_uid:
            vals["exchange_joined"] = True
        return vals

    def _new_content(self, run, one, is_named):
        """What an event has to show, as far as this page tells, as values."""
        if not one.leading_copy:
            return dict(one.content)
        new = self._content_values(run, one.leading_copy)
        return (
            {**new, **self._people_values(run, one.leading_copy)} if is_named else new
        )

    def _content_of(self, event_id):
        """What an event shows, as values."""
        event = self.env["calendar.event"].browse(event_id)
        names = {"description", *CONTENT_FIELDS} - OWN_FIELDS
        return {**{name: event[name] for name in names}, "user_id": event.user_id.id}

    def _no_write_back(self):
        """Values that keep other connectors from sending what came from Outlook."""
        return {
            name: False
            for name in ("need_sync_m", "need_sync")
            if name in self.env["calendar.event"]._fields
        }

    def _left(self, event, one):
        """Contacts of users who had the event in their calendar once."""
        present = {member.partner_id for member in one.after.values()}
        left = set(event.exchange_left or ()) | one.reasons.keys()
        return sorted(left - present)

    def _write_attendees(self, run, events, kept, named):
        """Invite, take out and note answers. :return: ids of changed events"""
        adding, removing, states = defaultdict(list), defaultdict(list), {}
        events = events.filtered(
            lambda event: event.id in named or kept[event.id].answers_changed()
        )
        for event in events:
            one = kept[event.id]
            present = {row.partner_id.id for row in event.attendee_ids}
            wanted = self._wanted_attendees(
                run, event, one, None if event.id in named else present
            )
            states[event.id] = wanted
            adding[frozenset(wanted.keys() - present)].append(event.id)
            removing[frozenset(present - wanted.keys())].append(event.id)
        changed = set()
        for command, groups in ((Command.link, adding), (Command.unlink, removing)):
            for partner_ids, ids in groups.items():
                if partner_ids:
                    commands = [command(each) for each in sorted(partner_ids)]
                    events.browse(ids).write({"partner_ids": commands})
                    changed.update(ids)
        return changed | self._write_answers(events, states)

    def _wanted_attendees(self, run, event, one, present):
        """Who has to attend, by the leading copy or, beside the users who have it, as
        before. :return: {partner id: state, None to leave it as it is}"""
        left = set(self._left(event, one))
        if present is None:
            listed, _unknown = self._listed(run, one.leading_copy.content)
        else:
            listed = dict.fromkeys(present)
        return attending(listed, one.after.values(), left)

    def _write_answers(self, events, states):
        """Note the attendees' answers. :return: ids of changed events"""
        groups, changed = defaultdict(list), set()
        for event in events:
            for row in event.attendee_ids:
                state = states[event.id].get(row.partner_id.id)
                if state and state != row.state:
                    groups[state].append(row.id)
                    changed.add(event.id)
        for state, ids in groups.items():
            self.env["calendar.attendee"].browse(ids).write({"state": state})
        return changed

    def _ask_new_leads(self, kept):
        """Where the leading copy has gone, the next one is read at its next turn."""
        ids = []
        for one in kept.values():
            lead, former = lead_of(one.after.values()), lead_of(one.before.values())
            if not former or former.account_id == lead.account_id:
                continue
            same = (former.content_hash, former.body_hash) == (
                lead.content_hash,
                lead.body_hash,
            )
            if lead.account_id not in one.copies and not same:
                ids.append(lead.number)
        self.env["exchange.event.link"].browse(ids).write({"reread": True})

    def _ask_those_left_behind(self, events, kept):
        """Where an event has moved, the copies that have not are read at their next
        turn: their owners may not have been told."""
        ids = [
            member.number
            for event in events
            for member in kept[event.id].after.values()
            if member.key != key_of(event)
            and member.account_id not in kept[event.id].copies
        ]
        self.env["exchange.event.link"].browse(ids).write({"reread": True})

    # Events that no calendar has any more

    def _vanish(self, run, affected):
        """Remove what we made; what carries something of Odoo's is archived, what was
        there before stays. :return: list of ``Item``"""
        if not affected:
            return []
        events = self.env["calendar.event"].browse(affected).exists()
        joined = events.filtered("exchange_joined")
        joined.write(
            {
                "exchange_ical_uid": False,
                "exchange_original_start": False,
                "exchange_series_uid": False,
                "exchange_joined": False,
            }
        )
        items = [event_item("removed", event.id, event.name) for event in events]
        ours = events - joined
        carrying = ours if run.careful else self._carrying(ours)
        left = {event.id: self._left(event, affected[event.id]) for event in ours}
        for event in carrying:
            if event.active:
                reasons = set(affected[event.id].reasons.values())
                event._message_log(body=self._farewell(reasons))
            event.write({"active": False, "exchange_left": left[event.id] or False})
        going = ours - carrying
        self.env["exchange.event.left"]._note(going, left)
        going.unlink()
        return items

    def _farewell(self, reasons):
        if "cancelled" in reasons:
            return self.env._("This event was cancelled in Outlook.")
        if reasons & {"category", "private"}:
            return self.env._(
                "This event is no longer among those that are taken over from Outlook."
            )
        return self.env._("This event was deleted in Outlook.")

    def _carrying(self, events):
        """Events with something that somebody added in Odoo."""
        others = self._fields_of_others()
        found = events.filtered(
            lambda event: (
                event.res_id
                or any(event[name] for name in others)
                or event.activity_ids
                or event.categ_ids
                or event.videocall_channel_id
                or not is_html_empty(event.notes)
            )
        )
        return found | self._with_messages_or_files(events - found)

    def _fields_of_others(self):
        """The fields by which other applications link events with their records: an
        opportunity, an application. Nobody but a user sets them on ours."""
        return [
            name
            for name, field in self.env["calendar.event"]._fields.items()
            if field.type in ("many2one", "many2many")
            and field.store
            and (field.manual or field._module not in OWN_MODULES)
            and not (field.compute or field.default or field.required)
        ]

    def _with_messages_or_files(self, events):
        """Those somebody has written something about, or attached something to."""
        if not events:
            return events
        messages = (
            self.env["mail.message"]
            .sudo()
            .search_fetch(
                [("model", "=", events._name), ("res_id", "in", events.ids)], ["res_id"]
            )
        )
        files = (
            self.env["ir.attachment"]
            .sudo()
            .search_fetch(
                [("res_model", "=", events._name), ("res_id", "in", events.ids)],
                ["res_id"],
            )
        )
        ids = {*messages.mapped("res_id"), *files.mapped("res_id")}
        return events.browse(sorted(ids))


def _differs(event, name, value):
    """Whether a field holds something else."""
    present = event[name]
    if name == "user_id":
        present = present.id
    return (present or False) != (value or False)


def event_item(outcome, event_id, name):
    """What the run's log says of an event."""
    return Item("event", outcome, name or "", "", "calendar.event", event_id)
