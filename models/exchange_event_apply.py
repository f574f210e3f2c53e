from collections import defaultdict

from odoo import Command, models

from .bulk_rows import insert_rows
from .event_plan import (
    CHANGE,
    IGNORE,
    JOIN,
    KEEP,
    LEAVE,
    UPDATE,
    Affected,
    Member,
    may_part,
    plan_copy,
    plan_parting,
    shared_values,
)
from .event_reminders import reminder_values
from .event_series import series_words
from .exchange_event_write import event_item
from .loaded_addresses import harmless


class ExchangeEventApply(models.AbstractModel):
    """Brings events of one calendar into Odoo: a handful of queries a page."""

    _name = "exchange.event.apply"
    _inherit = [
        "exchange.event.match",
        "exchange.event.people",
        "exchange.event.write",
    ]
    _description = "Taking Over of Events"

    def _apply_copies(self, run, copies, gone):
        """Make the database say what a calendar says.

        :param copies: list of ``EventCopy``
        :param gone: remote ids, also of series, that are no longer in the calendar
        :return: list of ``Item``: what was done
        """
        copies = list({copy.remote_id: copy for copy in copies}.values())
        links, turned = self._links_of(run, copies)
        events, kin = self._events_of(copies, links)
        present = {**kin, **events}
        steps = [
            (copy, link, plan_copy(copy, link, present.get(copy.key), run.wish))
            for copy, link in ((copy, links.get(copy.remote_id)) for copy in copies)
        ]
        self._note_seen(
            run, [link for _one, link, step in steps if step.action == KEEP]
        )
        steps = [row for row in steps if row[2].action not in (IGNORE, KEEP)]
        lost = turned + self._lost_links(run, gone, [*links.values(), *turned])
        items = []
        self._be_careful(run, lost)
        if steps or lost:
            affected = self._affected(steps, lost)
            self._plan_partings(affected, steps, present)
            new = self._note_steps(run, affected, steps, lost)
            left = self.env["exchange.event.left"]
            gone = left._gone(run, affected, steps, lost)
            self._make_room(run, affected, new, events)
            self._write_links(run, steps, lost)
            items += self._write_events(run, affected)
            items += self._create_events(run, new)
            left._note_gone(run, gone)
        return items

    def _lost_links(self, run, gone, links):
        """The copies that are gone.

        :param links: those that came back by another id, or are known to be gone
        """
        kept = {link.id for link in links}
        known = self.env["exchange.event.link"]._known(
            run.account, remote_ids=gone, masters=gone
        )
        return [link for link in known if link.id not in kept]

    def _note_seen(self, run, links):
        """In a complete reading: what was seen need not be looked for at its end."""
        number = run.calendar.round
        if run.calendar.state == "reading":
            ids = [link.id for link in links if link.round != number]
            self.env["exchange.event.link"].browse(ids).write({"round": number})

    def _affected(self, steps, lost):
        """The events that the plan has to do with. :return: {event id: Affected}"""
        ids = {link.event_id for _copy, link, _step in steps if link}
        ids |= {step.event_id for _copy, _link, step in steps if step.event_id}
        ids |= {link.event_id for link in lost}
        return self._affected_events(ids)

    def _affected_events(self, ids):
        """:return: {event id: Affected} with all of their members"""
        found = {event_id: Affected() for event_id in ids}
        links = self.env["exchange.event.link"]
        for link in links._known(None, events=ids) if ids else ():
            found[link.event_id].links[link.account_id] = link
            found[link.event_id].before[link.account_id] = Member(
                link.account_id,
                link.partner_id,
                link.id,
                link.own,
                link.content_hash or "",
                link.body_hash or "",
                link.people_hash or "",
                link.key,
                bool(link.active),
            )
            if link.reread:
                found[link.event_id].stale.add(link.account_id)
        for one in found.values():
            one.after = dict(one.before)
        return found

    def _plan_partings(self, affected, steps, present):
        """Change the steps of copies that may belong to another event now.

        :param present: {key: event id}
        """
        parting = {
            copy.remote_id: present.get(copy.key)
            for copy, link, step in steps
            if step.action == UPDATE and may_part(copy, link, present.get(copy.key))
        }
        others = set(parting.values()) - affected.keys() - {None}
        affected.update(self._affected_events(others))
        for number, (copy, link, _step) in enumerate(steps):
            if copy.remote_id in parting:
                event_id = parting[copy.remote_id]
                one, other = affected[link.event_id], affected.get(event_id)
                step = plan_parting(copy, link, one, event_id, other)
                steps[number] = (copy, link, step)

    def _note_steps(self, run, affected, steps, lost):
        """Carry out the plan in memory. :return: {key: copy} that need a new event"""
        me = run.account.id
        for link in lost:
            affected[link.event_id].take_out(link, "gone")
        for _copy, link, step in steps:
            if step.action in (LEAVE, CHANGE):
                affected[link.event_id].take_out(link, step.reason)
        # First where they go, then what comes to where they were.
        steps.sort(key=lambda row: row[2].action != UPDATE)
        new = {}
        for number, (copy, link, step) in enumerate(steps):
            if step.action == LEAVE:
                continue
            one = affected.get(step.event_id)
            mine = one and one.after.get(me)
            if mine and step.action != UPDATE:
                # Of two copies in one calendar one is enough; an event that is about
                # to move makes room.
                if mine.key == copy.key:
                    steps[number] = (copy, link, step._replace(action=IGNORE))
                    continue
                if mine is one.before.get(me):
                    # The copy that had not gone along is there by another id now.
                    lost.append(one.links[me])
                else:
                    one = None
            if not one:
                steps[number] = (copy, link, step._replace(event_id=None))
                new[copy.key] = copy
                continue
            row = link.id if step.action == UPDATE else float("inf")
            one.after[me] = self._member(run, copy, row)
            one.copies[me] = copy
        return new

    def _make_room(self, run, affected, new, events):
        """See to it that no two events have one key, at no moment.

        Where a series was moved, an occurrence may come to where another one is still.
        An event that somebody else's copy has brought meanwhile is the same meeting.
        """
        me, parked = run.account.id, set()
        moving = {copy.key: None for copy in new.values()}
        for event_id, one in affected.items():
            if one.leading_copy:
                moving[one.leading_copy.key] = event_id
        for key, event_id in moving.items():
            other = events.get(key)
            if not other or other == event_id:
                continue
            if other not in affected:
                affected.update(self._affected_events({other}))
            if me in affected[other].before or not event_id:
                parked.add(other)
            else:
                self._absorb(affected, event_id, other)
                parked.add(other)
        if parked:
            room = self.env["calendar.event"].browse(parked)
            room.write({"exchange_ical_uid": False})
            room.flush_recordset()

    def _absorb(self, affected, event_id, other_id):
        """Let one event take over the calendars of another, and what that shows when
        one of them decides from now on."""
        one, other = affected[event_id], affected[other_id]
        moved = [member for key, member in other.after.items() if key not in one.after]
        links = self.env["exchange.event.link"]
        links.browse([member.number for member in moved]).write({"event_id": event_id})
        for member in moved:
            one.after[member.account_id] = member
        left = self.env["calendar.event"].browse(other_id).exchange_left or ()
        one.reasons = {**dict.fromkeys(left, "gone"), **other.reasons, **one.reasons}
        if one.lead in moved:
            one.content = self._content_of(other_id)
        other.after.clear()

    def _member(self, run, copy, number=float("inf")):
        return Member(
            run.account.id,
            run.partner_id,
            number,
            copy.own,
            copy.content_hash,
            copy.body_hash,
            copy.people_hash,
            copy.key,
        )

    # Writing

    def _link_values(self, run, copy):
        own = copy.own
        return {
            "account_id": run.account.id,
            "remote_id": copy.remote_id,
            "ical_uid": copy.uid,
            "original_start": copy.original_start or False,
            "series_master_id": copy.master_id or False,
            "change_key": copy.change_key,
            "content_hash": copy.content_hash,
            "body_hash": copy.body_hash,
            "people_hash": copy.people_hash,
            "round": run.calendar.round,
            "reread": False,
            **vars(own),
        }

    def _write_links(self, run, steps, lost):
        """The rows of what was known, and of further members of known events."""
        links = self.env["exchange.event.link"]
        leaving = [
            link.id for _copy, link, step in steps if step.action in (LEAVE, CHANGE)
        ]
        links.browse([*leaving, *(link.id for link in lost)]).unlink()
        groups = defaultdict(list)
        create = []
        for copy, link, step in steps:
            if step.action == UPDATE:
                vals = self._link_values(run, copy)
                changed = links._changes(link, vals)
                groups[tuple(sorted(changed.items()))].append(link.id)
            elif step.event_id and step.action in (JOIN, CHANGE):
                create.append(
                    {**self._link_values(run, copy), "event_id": step.event_id}
                )
        for vals, ids in groups.items():
            links.browse(ids).write(dict(vals))
        insert_rows(links, create)

    def _create_events(self, run, new):
        """New events, all in one create. :return: list of ``Item``"""
        copies = list(new.values())
        if not copies:
            return []
        self._learn_people(run, copies)
        left = self.env["exchange.event.left"]._take(new.keys())
        for partner_ids in left.values():
            partner_ids.discard(run.partner_id)
        vals_list = [self._new_values(run, copy, left) for copy in copies]
        run.note_soon(copy.content.start for copy in copies if copy.own.reminder >= 0)
        events = self.env["calendar.event"].create(vals_list)
        insert_rows(
            self.env["exchange.event.link"],
            [
                {**self._link_values(run, copy), "event_id": event.id}
                for copy, event in zip(copies, events, strict=True)
            ],
        )
        self._invite(events, [self._invited(run, copy, left) for copy in copies])
        return [
            event_item("created", event.id, copy.content.name)
            for copy, event in zip(copies, events, strict=True)
        ]

    def _new_values(self, run, copy, left):
        """All values of a new event, but for its attendees.

        :param left: {key: partner ids} of those who have left it already
        """
        member = self._member(run, copy)
        content = self._content_values(run, copy)
        length = content["stop"] - content["start"]
        return {
            **content,
            **self._people_values(run, copy),
            "exchange_left": sorted(left.get(copy.key, ())) or False,
            # Or it is computed and written once more.
            "duration": length.total_seconds() / 3600,
            **self._shared_values(run, [member]),
            **self._no_write_back(),
            # They are added afterwards; without a word Odoo would invite its own user.
            "partner_ids": [],
        }

    def _key_values(self, copy):
        occurrence = copy.original_start is not None
        return {
            "exchange_ical_uid": copy.uid,
            "exchange_original_start": copy.original_start or False,
            "exchange_series_uid": copy.uid if occurrence else False,
        }

    def _content_values(self, run, copy):
        """What the leading copy decides, but who is meant by it, as values of
        ``calendar.event``."""
        content = copy.content
        return {
            "name": content.name or self.env._("(No title)"),
            "start": content.start,
            "stop": content.stop,
            "allday": content.all_day,
            "location": content.location or False,
            "videocall_location": content.meeting_url or False,
            "description": harmless(content.description, run.own_hosts()) or False,
            "exchange_time_zone": content.time_zone or False,
            "exchange_series_text": run.words(content.recurrence, self._series_words),
            **self._key_values(copy),
        }

    def _people_values(self, run, copy):
        """Whom the leading copy names, as values of ``calendar.event``."""
        organizer, user_id = copy.content.organizer, run.account.user_id.id
        if not copy.own.is_organizer:
            user_id = self._user_of(run, organizer)
        _listed, unknown = self._listed(run, copy.content)
        return {
            "user_id": user_id,
            "exchange_organizer": organizer.text if organizer else False,
            "exchange_other_attendees": "\n".join(one.text for one in unknown) or False,
        }

    def _series_words(self, recurrence):
        return series_words(self.env, recurrence)

    def _shared_values(self, run, members):
        """What all copies decide together, as values of ``calendar.event``."""
        private, free, reminders = shared_values(members)
        return {
            "privacy": "private" if private else False,
            "show_as": "free" if free else "busy",
            "alarm_ids": [Command.set(self._alarms(run, reminders))],
        }

    def _alarms(self, run, reminders):
        """Reminders on the screen, never by mail. :return: list of ids"""
        missing = set(reminders) - run.alarms.keys()
        if missing:
            alarms = self.env["calendar.alarm"].search(
                [
                    ("alarm_type", "=", "notification"),
                    ("duration_minutes", "in", list(missing)),
                ],
                order="id desc",
            )
            run.alarms.update({each.duration_minutes: each.id for each in alarms})
            vals_list = [
                reminder_values(self.env, minutes)
                for minutes in sorted(missing - run.alarms.keys())
            ]
            for alarm in self.env["calendar.alarm"].create(vals_list):
                run.alarms[alarm.duration_minutes] = alarm.id
        return sorted(run.alarms[minutes] for minutes in reminders)
