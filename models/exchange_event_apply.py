from collections import defaultdict
from dataclasses import dataclass, field

from odoo import Command, models

from .event_plan import (
    CHANGE,
    IGNORE,
    JOIN,
    KEEP,
    LEAVE,
    UPDATE,
    Member,
    attending,
    plan_copy,
    shared_values,
)
from .event_series import series_words


@dataclass
class Affected:
    """An event in Odoo that some copy of a page has to do with.

    :ivar before: {account id: Member} as it was, ``after`` as it will be
    :ivar copies: {account id: EventCopy} that have just been read
    :ivar reasons: {partner id: why he has it no longer}
    :ivar stale: account ids whose copy has to be written whatever it was before
    """

    before: dict = field(default_factory=dict)
    after: dict = field(default_factory=dict)
    copies: dict = field(default_factory=dict)
    reasons: dict = field(default_factory=dict)
    stale: set = field(default_factory=set)


class ExchangeEventApply(models.AbstractModel):
    """Brings events of one calendar into Odoo: a handful of queries a page."""

    _name = "exchange.event.apply"
    _inherit = ["exchange.event.people", "exchange.event.write"]
    _description = "Taking Over of Events"

    def _apply_copies(self, run, copies, gone):
        """Make the database say what a calendar says.

        :param copies: list of ``EventCopy``
        :param gone: ``KnownLink`` of copies that are no longer in the calendar
        """
        copies = list({copy.remote_id: copy for copy in copies}.values())
        links = self._links_of(run, copies)
        events = self._events_by_key(copies)
        steps = [
            (copy, link, plan_copy(copy, link, events.get(copy.key), run.wish))
            for copy, link in ((copy, links.get(copy.remote_id)) for copy in copies)
        ]
        self._note_seen(
            run, [link for _copy, link, step in steps if step.action == KEEP]
        )
        steps = [row for row in steps if row[2].action not in (IGNORE, KEEP)]
        if not steps and not gone:
            return
        self._learn_people(run, [copy for copy, _link, _step in steps])
        affected = self._affected(steps, gone)
        new = self._note_steps(run, affected, steps, gone)
        self._write_links(run, steps, gone, affected)
        self._write_events(run, affected)
        self._create_events(run, new)

    def _links_of(self, run, copies):
        """The known copies. :return: {remote id: KnownLink}

        By their remote ids; where a calendar gave an event a new id, by its key.
        """
        if not copies:
            return {}
        known = self.env["exchange.event.link"]._known(
            run.account,
            remote_ids={copy.remote_id for copy in copies},
            uids={copy.uid for copy in copies},
        )
        by_id = {link.remote_id: link for link in known}
        by_key = {link.key: link for link in known}
        found, taken = {}, set()
        for copy in copies:
            link = by_id.get(copy.remote_id)
            if link:
                found[copy.remote_id] = link
                taken.add(link.id)
        for copy in copies:
            link = by_key.get(copy.key)
            if copy.remote_id not in found and link and link.id not in taken:
                found[copy.remote_id] = link
                taken.add(link.id)
        return found

    def _events_by_key(self, copies):
        """The events that are in Odoo already. :return: {key: event id}"""
        if not copies:
            return {}
        events = self.env["calendar.event"].search_fetch(
            [("exchange_ical_uid", "in", list({copy.uid for copy in copies}))],
            ["exchange_ical_uid", "exchange_original_start"],
            order="id",
        )
        return {
            (event.exchange_ical_uid, event.exchange_original_start or None): event.id
            for event in events
        }

    def _note_seen(self, run, links):
        """In a complete reading: what was seen need not be looked for at its end."""
        number = run.calendar.round
        if run.calendar.state == "reading":
            ids = [link.id for link in links if link.round != number]
            self.env["exchange.event.link"].browse(ids).write({"round": number})

    def _affected(self, steps, gone):
        """:return: {event id: Affected} with all of their members"""
        ids = {link.event_id for _copy, link, _step in steps if link}
        ids |= {step.event_id for _copy, _link, step in steps if step.event_id}
        ids |= {link.event_id for link in gone}
        found = {event_id: Affected() for event_id in ids}
        links = self.env["exchange.event.link"]
        for link in links._known(None, events=ids) if ids else ():
            found[link.event_id].before[link.account_id] = Member(
                link.account_id,
                link.partner_id,
                link.id,
                link.own,
                link.content_hash or "",
                link.body_hash or "",
            )
            if link.reread:
                found[link.event_id].stale.add(link.account_id)
        for one in found.values():
            one.after = dict(one.before)
        return found

    def _note_steps(self, run, affected, steps, gone):
        """Carry out the plan in memory. :return: copies that need a new event"""
        me = run.account.id
        for link in gone:
            affected[link.event_id].after.pop(me, None)
            affected[link.event_id].reasons[link.partner_id] = "gone"
        new = {}
        for copy, link, step in steps:
            if step.action in (LEAVE, CHANGE):
                affected[link.event_id].after.pop(me, None)
                affected[link.event_id].reasons[link.partner_id] = step.reason
            if step.action == LEAVE:
                continue
            if not step.event_id:
                new[copy.key] = copy
                continue
            one = affected[step.event_id]
            number = link.id if link and step.action == UPDATE else float("inf")
            one.after[me] = self._member(run, copy, number)
            one.copies[me] = copy
        return list(new.values())

    def _member(self, run, copy, number=float("inf")):
        return Member(
            run.account.id,
            run.account.user_id.partner_id.id,
            number,
            copy.own,
            copy.content_hash,
            copy.body_hash,
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
            "round": run.calendar.round,
            "reread": False,
            **vars(own),
        }

    def _write_links(self, run, steps, gone, affected):
        """The rows of what was known, and of further members of known events."""
        links = self.env["exchange.event.link"]
        leaving = [
            link.id for _copy, link, step in steps if step.action in (LEAVE, CHANGE)
        ]
        links.browse([*leaving, *(link.id for link in gone)]).unlink()
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
        links.create(create)

    def _create_events(self, run, copies):
        """New events, all in one create."""
        if not copies:
            return
        vals_list = []
        for copy in copies:
            member = self._member(run, copy)
            content = self._content_values(run, copy)
            listed, _unknown = self._listed(run, copy.content)
            attendees = attending(listed, [member], ())
            vals_list.append(
                {
                    **content,
                    **self._shared_values(run, [member]),
                    **self._key_values(copy),
                    "partner_ids": [Command.set(list(attendees))],
                    "attendee_ids": [
                        Command.create({"partner_id": partner_id, "state": state})
                        for partner_id, state in attendees.items()
                    ],
                }
            )
        events = self.env["calendar.event"].create(vals_list)
        self.env["exchange.event.link"].create(
            [
                {**self._link_values(run, copy), "event_id": event.id}
                for copy, event in zip(copies, events, strict=True)
            ]
        )
        run.log.count("created", len(events))
        run.created += len(events)

    def _key_values(self, copy):
        occurrence = copy.original_start is not None
        return {
            "exchange_ical_uid": copy.uid,
            "exchange_original_start": copy.original_start or False,
            "exchange_series_uid": copy.uid if occurrence else False,
        }

    def _content_values(self, run, copy):
        """What the leading copy decides, as values of ``calendar.event``."""
        content = copy.content
        _listed, unknown = self._listed(run, content)
        organizer, user_id = content.organizer, run.account.user_id.id
        if not copy.own.is_organizer:
            user_id = self._user_of(run, organizer)
        return {
            "name": content.name or self.env._("(No title)"),
            "start": content.start,
            "stop": content.stop,
            "allday": content.all_day,
            "location": content.location or False,
            "videocall_location": content.meeting_url or False,
            "description": content.description or False,
            "user_id": user_id,
            "exchange_organizer": organizer.text if organizer else False,
            "exchange_other_attendees": "\n".join(one.text for one in unknown) or False,
            "exchange_time_zone": content.time_zone or False,
            "exchange_series_text": run.words(content.recurrence, self._series_words),
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
                {
                    "name": self.env._("Notification - %s minutes", minutes),
                    "alarm_type": "notification",
                    "duration": minutes,
                    "interval": "minutes",
                }
                for minutes in sorted(missing - run.alarms.keys())
            ]
            for alarm in self.env["calendar.alarm"].create(vals_list):
                run.alarms[alarm.duration_minutes] = alarm.id
        return sorted(run.alarms[minutes] for minutes in reminders)
