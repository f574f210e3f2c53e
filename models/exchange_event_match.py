from collections import defaultdict
from datetime import datetime

from odoo import models

from .event_values import is_kin, kin_uid, other_ids
from .exchange_event_left import key_of


class ExchangeEventMatch(models.AbstractModel):
    """Which of the events in Odoo a copy belongs to, whoever brought them."""

    _name = "exchange.event.match"
    _description = "Matching of Events"

    def _links_of(self, run, copies):
        """The known copies, and those that are no events of their own any more.

        By their remote ids; where a calendar gave an event a new id, by its key; where
        a single event became a series, or the other way round, the first by the first.

        :return: ({remote id: KnownLink}, list of KnownLink)
        """
        if not copies:
            return {}, []
        known = self.env["exchange.event.link"]._known(
            run.account,
            remote_ids={copy.remote_id for copy in copies},
            uids={copy.uid for copy in copies},
        )
        found = {}
        for name in ("remote_id", "key"):
            _assign(found, copies, known, name)
        turned = _turned(found, copies, known)
        for uid, links in turned.items():
            fresh = [
                copy
                for copy in copies
                if copy.uid == uid and copy.remote_id not in found
            ]
            if fresh:
                first = min(fresh, key=lambda copy: copy.content.start)
                found[first.remote_id] = links.pop(0)
        return found, [link for links in turned.values() for link in links]

    def _events_of(self, copies, links):
        """The events that are in Odoo already.

        :return: ({key: event id}, {key: id of an event that has another key})
        """
        known = (links.get(copy.remote_id) for copy in copies)
        if all(
            link and link.key == copy.key and not link.reread
            for link, copy in zip(known, copies, strict=True)
        ):
            return {}, {}
        unknown = [
            copy
            for copy in copies
            if copy.remote_id not in links or links[copy.remote_id].reread
        ]
        uids = {copy.uid for copy in copies} | {kin_uid(copy) for copy in unknown}
        events = self.env["calendar.event"].search_fetch(
            [("exchange_ical_uid", "in", list(uids - {""}))],
            [
                "exchange_ical_uid",
                "exchange_original_start",
                "exchange_time_zone",
                "allday",
            ],
            order="id",
        )
        found = {key_of(event): event.id for event in events}
        unknown = [copy for copy in unknown if copy.key not in found]
        kin = self._events_of_kin(unknown, events)
        unknown = [copy for copy in unknown if copy.key not in kin]
        return {**found, **self._events_of_others(unknown)}, kin

    def _events_of_kin(self, copies, events):
        """Who is invited to one occurrence alone has it as a single event, with the
        iCalUId of the series and a date in it. :return: {key: event id}"""
        by_uid = events.grouped("exchange_ical_uid")
        found = {}
        for copy in copies:
            for event in by_uid.get(kin_uid(copy), ()):
                original = event.exchange_original_start or None
                zone = event.exchange_time_zone or ""
                if is_kin(copy, original, event.allday, zone):
                    found[copy.key] = event.id
        return found

    def _events_of_others(self, copies):
        """Events that another connector brought. :return: {key: event id}"""
        found = {}
        fields_of_others = ("ms_universal_event_id", "google_id")
        names = [
            name
            for name in fields_of_others
            if name in self.env["calendar.event"]._fields
        ]
        for name in names if copies else ():
            at = fields_of_others.index(name)
            keys = {other_ids(copy)[at]: copy.key for copy in copies}
            keys.pop("", None)
            for event in self.env["calendar.event"].search_fetch(
                [(name, "in", list(keys)), ("exchange_ical_uid", "=", False)], [name]
            ):
                found.setdefault(keys[event[name]], event.id)
        return found


def _assign(found, copies, links, name):
    """Give copies the links that have the same ``name``, if both are free yet."""
    by_name = {getattr(link, name): link for link in links}
    taken = {link.id for link in found.values()}
    for copy in copies:
        link = by_name.get(getattr(copy, name))
        if copy.remote_id not in found and link and link.id not in taken:
            found[copy.remote_id] = link
            taken.add(link.id)


def _turned(found, copies, known):
    """Links of a single event that is a series now, or of a series that is a single
    event. :return: {iCalUId: links, the first occurrence first}"""
    taken = {link.id for link in found.values()}
    masters = {copy.master_id for copy in copies if copy.master_id}
    singles = {copy.remote_id for copy in copies if not copy.master_id}
    turned = defaultdict(list)
    for link in sorted(known, key=lambda link: link.original_start or datetime.min):
        was_other = link.remote_id in masters or link.series_master_id in singles
        if was_other and link.id not in taken:
            turned[link.ical_uid].append(link)
    return turned
