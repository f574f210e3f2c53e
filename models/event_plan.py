"""What is to be done with the events of a page: pure decisions, without database.

Two tables: what becomes of one copy of an event (:func:`plan_copy`), and what the
event of several copies shows (:func:`lead_of`, :func:`shared_values`).
"""

from collections import namedtuple
from dataclasses import dataclass, field
from datetime import datetime

from .event_values import Own

# What to do with a copy.
IGNORE = "ignore"  # not wanted, and not in Odoo
KEEP = "keep"  # in Odoo as it is
CREATE = "create"  # a new event
JOIN = "join"  # one more calendar of an event that is there
UPDATE = "update"
LEAVE = "leave"  # out of the event
CHANGE = "change"  # out of its event and into another one

Step = namedtuple("Step", "action event_id reason")
_SAME = ("remote_id", "change_key", "content_hash", "body_hash", "people_hash")


@dataclass(frozen=True)
class KnownLink:
    """A copy as it was when it was last read."""

    id: int
    event_id: int
    account_id: int
    partner_id: int
    remote_id: str
    ical_uid: str
    original_start: datetime | None
    series_master_id: str | None
    change_key: str | None
    content_hash: str | None
    body_hash: str | None
    people_hash: str | None
    reread: bool
    round: int
    active: bool
    own: Own

    @property
    def key(self):
        """What names the meeting in every calendar."""
        return (self.ical_uid, self.original_start)


@dataclass(frozen=True)
class Wish:
    """What of a calendar its owner wants in Odoo.

    :ivar start: naive UTC, as ``end``: what lies outside is not taken in
    :ivar private: what of private events: "details", "busy" or "skip"
    :ivar categories: lower case; empty = all events
    """

    start: datetime
    end: datetime
    private: str = "details"
    categories: frozenset = frozenset()

    def refuses(self, copy):
        """Why an event does not belong into Odoo; "" when it does."""
        if copy.cancelled:
            return "cancelled"
        if self.categories:
            mine = {each.strip().lower() for each in copy.own.categories.split("\n")}
            if not mine & self.categories:
                return "category"
        if copy.own.private and self.private == "skip":
            return "private"
        return ""

    def covers(self, content):
        """Whether an event lies in the window."""
        return content.start < self.end and content.stop > self.start


def plan_copy(copy, link, event_id, wish):
    """What is to be done with one event of a calendar.

    :param link: the ``KnownLink`` of this copy, or None
    :param event_id: the event of its key that is in Odoo, or None
    :return: a :data:`Step`
    """
    reason = wish.refuses(copy)
    if reason:
        return Step(LEAVE if link else IGNORE, link and link.event_id, reason)
    if link is None:
        if not wish.covers(copy.content):
            return Step(IGNORE, None, "window")
        return Step(JOIN if event_id else CREATE, event_id, "")
    if link.ical_uid != copy.uid:
        return Step(CHANGE, event_id, "other")
    if not link.reread and _is_same(copy, link):
        return Step(KEEP, link.event_id, "")
    return Step(UPDATE, link.event_id, "")


def _is_same(copy, link):
    """Whether a copy is as it was when it was last read: the version alone would do,
    if every server gave each occurrence one that changes with its series."""
    return all(
        getattr(copy, name) == (getattr(link, name) or "") for name in _SAME
    ) and ((copy.key, copy.own) == (link.key, link.own))


@dataclass(frozen=True)
class Member:
    """A user whose calendar holds an event.

    :ivar number: of the link; a new one comes after all others
    :ivar active: whether he still uses Odoo, and so his calendar is read
    """

    account_id: int
    partner_id: int
    number: int
    own: Own
    content_hash: str = ""
    body_hash: str = ""
    people_hash: str = ""
    key: tuple = ()
    active: bool = True


@dataclass
class Affected:
    """An event in Odoo that some copy of a page has to do with.

    :ivar before: {account id: Member} as it was, ``after`` as it will be
    :ivar links: {account id: KnownLink} of those ``before``
    :ivar copies: {account id: EventCopy} that have just been read
    :ivar reasons: {partner id: why he has it no longer}
    :ivar content: values of an event that was the same one and led by another copy
    :ivar stale: account ids whose copy has to be written whatever it was before
    """

    before: dict = field(default_factory=dict)
    after: dict = field(default_factory=dict)
    links: dict = field(default_factory=dict)
    copies: dict = field(default_factory=dict)
    reasons: dict = field(default_factory=dict)
    content: dict = field(default_factory=dict)
    stale: set = field(default_factory=set)

    def take_out(self, link, reason):
        """One calendar has it no longer."""
        self.after.pop(link.account_id, None)
        self.reasons[link.partner_id] = reason

    @property
    def lead(self):
        """The member who decides from now on."""
        return lead_of(self.after.values())

    @property
    def leading_copy(self):
        """The leading copy, if it has just been read."""
        lead = self.lead
        return self.copies.get(lead.account_id) if lead else None

    def is_same(self, name):
        """Whether a hash of the leading copy is that of what the event shows."""
        lead, former = self.lead, lead_of(self.before.values())
        return (
            former is not None
            and former.account_id == lead.account_id
            and lead.account_id not in self.stale
            and getattr(former, name) == getattr(lead, name)
        )

    def answers_changed(self):
        """Whether the users who have it, or their answers, are others than before."""
        before, after = (
            {one.partner_id: one.own.response for one in members.values()}
            for members in (self.before, self.after)
        )
        return before != after


def lead_of(members):
    """The member whose copy decides: the organiser, otherwise the first there was; of
    those whose calendar is no longer read none, while there is another."""
    return min(
        members,
        key=lambda one: (not one.active, not one.own.is_organizer, one.number),
        default=None,
    )


def has_turned(copy, link):
    """Whether a single event is an occurrence of a series now, or the other way
    round."""
    return (copy.original_start is None) != (link.original_start is None)


def has_strayed(copy, link, event_id):
    """Whether a copy has stayed where its event is no longer, as nobody told its owner.

    :param event_id: the event of its key that is in Odoo, or None
    """
    return link.reread and copy.key == link.key and event_id != link.event_id


def has_met(copy, link, event_id):
    """Whether a copy has come to where an older event is: what somebody may have added
    to that one has to stay.

    :param event_id: the event of its key that is in Odoo, or None
    """
    return copy.key != link.key and (event_id or link.event_id) < link.event_id


def may_part(copy, link, event_id):
    """Whether a copy may belong to another event now.

    :param event_id: the event of its key that is in Odoo, or None
    """
    return (
        has_turned(copy, link)
        or has_strayed(copy, link, event_id)
        or has_met(copy, link, event_id)
    )


def plan_parting(copy, link, one, event_id, other):
    """What is to be done with a copy that :func:`may_part` from its event.

    The event goes along with the copy that leads it; the other copies leave it for what
    they have become, as the leading one may become something else before it is read.

    :param one: the ``Affected`` event of this copy
    :param event_id: the event of its new key that is in Odoo, or None; ``other``: that
        event as ``Affected``
    :return: a :data:`Step`
    """
    stay = Step(UPDATE, link.event_id, "")
    if copy.own.is_organizer or event_id == link.event_id:
        return stay
    change = Step(CHANGE, event_id, "other")
    if has_met(copy, link, event_id) and not has_turned(copy, link):
        # One that is his, too, is about to move as well.
        return stay if link.account_id in other.before else change
    there = lead_of(other.before.values()) if other else None
    leads = lead_of(one.before.values()).account_id == link.account_id
    if leads and not (there and there.own.is_organizer):
        return stay
    return change


def shared_values(members):
    """What an event shows of all its copies together.

    :return: (private, free, reminders in minutes)
    """
    return (
        any(one.own.private for one in members),
        all(one.own.show_as == "free" for one in members),
        frozenset(one.own.reminder for one in members if one.own.reminder >= 0),
    )


def attending(listed, members, left):
    """Who attends an event.

    A connected user attends what lies in his calendar and nothing else, whatever the
    list of the organiser says; his own copy knows his answer best.

    :param listed: {partner id: state} by the leading copy
    :param left: partner ids of users who had the event in their calendar once
    :return: {partner id: state}
    """
    found = {key: state for key, state in listed.items() if key not in left}
    found.update({one.partner_id: one.own.response for one in members})
    return found
