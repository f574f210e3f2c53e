"""What one run over a calendar knows, and has found out already."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from odoo import fields

from .loaded_addresses import own_hosts

# Odoo's screens know the reminders of the next day.
REMINDED = timedelta(days=1)
MOST_TEXTS = 200


@dataclass
class EventRun:
    """One run of one account.

    :ivar wish: the ``Wish`` of the moment
    :ivar partner_id: the contact of the account's user
    :ivar people: {address: partner id or False}, ``users``: {partner id: user id},
        ``alarms``: {minutes: alarm id}, as far as they have been looked up
    :ivar followed: partner ids of the users whose calendars are followed
    :ivar created: how many events are new
    :ivar retry_ids: remote ids of events that failed in an earlier run
    :ivar patient: whether to leave it to another attempt when somebody was in the way
    :ivar full: whether all is read; ``new_day``: whether a strip is uncovered
    :ivar careful: whether to archive what would be deleted
    :ivar lost: ids of the single events and series that have gone from the calendar
    :ivar soon: whether an event that is about to begin has changed
    """

    account: Any
    calendar: Any
    mailbox: Any
    log: Any
    wish: Any
    partner_id: int
    people: dict = field(default_factory=dict)
    users: dict = field(default_factory=dict)
    followed: set = field(default_factory=set)
    alarms: dict = field(default_factory=dict)
    texts: dict = field(default_factory=dict)
    created: int = 0
    retry_ids: tuple = ()
    patient: bool = True
    careful: bool = False
    lost: set = field(default_factory=set)
    full: bool = False
    new_day: bool = False
    soon: bool = False
    analyzed: bool = False
    hosts: frozenset | None = None

    def own_hosts(self):
        """The names under which Odoo is reached."""
        if self.hosts is None:
            self.hosts = own_hosts(self.account.env)
        return self.hosts

    def note_soon(self, starts):
        """Whether one of the changed events is about to begin."""
        now = fields.Datetime.now()
        self.soon |= any(now < start < now + REMINDED for start in starts)

    def forget(self):
        """After a rollback: somebody has been changing things."""
        for known in (self.people, self.users, self.alarms):
            known.clear()

    def words(self, recurrence, make):
        """The words for a series, made once for all of its events."""
        if not recurrence:
            return False
        key = str(recurrence)
        if key not in self.texts:
            if len(self.texts) > MOST_TEXTS:
                self.texts.clear()
            self.texts[key] = make(recurrence) or False
        return self.texts[key]
