"""Meetings: what the other people of an event get and answer.

An organiser's event has a copy in the calendar of every attendee who has a mailbox
here, with an id and change key of its own and the same iCalUId. Letters carry what
happened from mailbox to mailbox, after the request has let go of its own: at no time
are two mailboxes locked. Mails that would leave this organisation are written down in
``outside``; nothing is ever sent.
Source: https://learn.microsoft.com/graph/outlook-calendar-meeting-concept-overview
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date

from .directory import User
from .event_store import (
    calendar_of,
    cancel_occurrence,
    find_by_uid,
    put_event,
    put_into_bin,
    remember_series,
    set_times,
)
from .event_times import Span
from .event_values import NEVER, address_of, recipient, series_of, span_of
from .mailbox import Item, Mailbox
from .meeting_mail import drop_mail
from .quirks import Quirks
from .series import Series
from .store import Store

# What stays each participant's own in a copy.
_OWN = {
    "categories",
    "changeKey",
    "createdDateTime",
    "isOrganizer",
    "isReminderOn",
    "lastModifiedDateTime",
    "parentFolderId",
    "reminderMinutesBeforeStart",
    "responseStatus",
    "sensitivity",
    "showAs",
    "transactionId",
    "webLink",
}
CANCELLED = "Canceled: "
_SHOW_AS = {"accepted": "busy", "tentativelyAccepted": "tentative", "declined": "free"}
Work = Callable[[], None]


@dataclass(frozen=True, slots=True)
class MeetingMail:
    """One mail about a meeting, to one recipient.

    :ivar kind: ``request``, ``update``, ``cancellation``, ``response`` or ``forward``
    :ivar outside: whether the recipient has no mailbox here
    """

    kind: str
    sender: str
    recipient: str
    subject: str
    uid: str
    outside: bool
    comment: str = ""


@dataclass(slots=True)
class _Copy:
    """A meeting as it leaves the organiser: nothing in it changes any more."""

    uid: str
    data: dict
    span: Span
    series: Series | None
    comment: str = ""
    day: date | None = None
    moved: bool = False
    answer: str = ""


@dataclass
class PostOffice:
    """Carries letters between mailboxes.

    :ivar sent: mails about meetings, all of them
    """

    store: Store
    quirks: Quirks
    sent: list[MeetingMail] = field(default_factory=list)
    outside: list[MeetingMail] = field(default_factory=list)

    # -- people -----------------------------------------------------------------------

    def members(self, addresses: Iterable[str]) -> dict[str, User | None]:
        """People behind addresses; distribution lists are opened. None = outside."""
        groups = groups_of(self.store)
        found: dict[str, User | None] = {}
        queue, seen = [a.lower() for a in addresses], set()
        while queue:
            address = queue.pop(0)
            if address in seen:
                continue
            seen.add(address)
            if address in groups:
                queue += [member.lower() for member in groups[address]]
                continue
            user = self.store.directory.user(address)
            inside = user is not None and user.id in self.store.mailboxes
            found[user.id if inside and user else address] = user if inside else None
        return found

    def _mail(self, kind: str, sender: User, to: str, copy: _Copy, out: bool) -> None:
        mail = MeetingMail(
            kind,
            sender.mail or sender.upn,
            to,
            copy.data["subject"],
            copy.uid,
            out,
            copy.comment,
        )
        self.sent.append(mail)
        if out:
            self.outside.append(mail)

    def _each(
        self,
        kind: str,
        sender: User,
        addresses: Iterable[str],
        copy: _Copy,
        work: Callable[[Mailbox, User], None],
    ) -> Work:
        """Work at the mailbox of each recipient but the sender."""
        people = self.members(addresses)

        def deliver() -> None:
            for key, user in people.items():
                if user is None:
                    self._mail(kind, sender, key, copy, True)
                elif user.id != sender.id:
                    self._mail(kind, sender, user.mail or user.upn, copy, False)
                    self._hand_over(kind, sender, user, copy, work)

        return deliver

    def _hand_over(
        self,
        kind: str,
        sender: User,
        user: User,
        copy: _Copy,
        work: Callable[[Mailbox, User], None],
    ) -> None:
        box = self.store.mailboxes[user.id]
        with box.lock:
            work(box, user)
            if self.quirks.meeting_mails:
                about = copy.answer or kind
                drop_mail(box, about, sender, copy.data, copy.comment)

    # -- from the organiser -----------------------------------------------------------

    def invite(
        self, sender: User, item: Item, before: Iterable[str] = (), moved: bool = False
    ) -> list[Work]:
        """Requests to new attendees, updates to known, cancellations to former ones.

        :param before: addresses of the attendees until now
        :param moved: whether the time changed, which takes the answers back
        """
        now = addresses_of(item)
        old = set(before)
        copy = _copy(item, moved=moved)
        fresh = [address for address in now if address not in old]
        known = [address for address in now if address in old]
        gone = [address for address in old if address not in now]
        works = []
        for kind, addresses in (("request", fresh), ("update", known)):
            if addresses:
                works.append(
                    self._each(
                        kind,
                        sender,
                        addresses,
                        copy,
                        lambda box, user: self._receive(box, user, copy),
                    )
                )
        return works + (self.cancel(sender, item, gone) if gone else [])

    def cancel(
        self,
        sender: User,
        item: Item,
        addresses: Iterable[str] | None = None,
        *,
        day: date | None = None,
        comment: str = "",
    ) -> list[Work]:
        """Cancellations of a meeting, or of one occurrence of it."""
        copy = _copy(item, comment=comment, day=day)
        to = addresses_of(item) if addresses is None else addresses
        return [
            self._each(
                "cancellation",
                sender,
                to,
                copy,
                lambda box, user: self._take_back(box, copy),
            )
        ]

    def _receive(self, box: Mailbox, user: User, copy: _Copy) -> None:
        """A request or update arrives at an attendee's mailbox."""
        item = find_by_uid(box, copy.uid)
        if item is None:
            item = Item("event", {**copy.data, **_as_attendee()})
            for name in ("transactionId", "createdDateTime", "lastModifiedDateTime"):
                item.data.pop(name, None)
            set_times(item, copy.span, _own_series(copy, None))
            put_event(box, calendar_of(box), item)
            return
        if item.data["isOrganizer"]:
            return
        changes = {k: v for k, v in copy.data.items() if k not in _OWN}
        if copy.moved:
            changes |= {
                "responseStatus": {"response": "notResponded", "time": NEVER},
                "showAs": "tentative",
            }
        remember_series(box, item)
        set_times(item, copy.span, _own_series(copy, series_of(item)))
        box.touch(item, **changes)

    def _take_back(self, box: Mailbox, copy: _Copy) -> None:
        """A cancellation arrives."""
        item = find_by_uid(box, copy.uid)
        if item is None or item.data["isOrganizer"]:
            return
        series = series_of(item)
        subject = CANCELLED + copy.data["subject"]
        changes = {"isCancelled": True, "subject": subject, "showAs": "free"}
        if copy.day is not None and series is not None:
            if self.quirks.cancelled_stay:
                if series.has(copy.day):
                    series.change(copy.day, None, changes)
                    box.touch(item)
            else:
                cancel_occurrence(box, item, copy.day)
        elif self.quirks.cancelled_stay:
            box.touch(item, **changes)
        else:
            put_into_bin(box, item)

    # -- from an attendee -------------------------------------------------------------

    def respond(
        self,
        sender: User,
        item: Item,
        answer: str,
        *,
        day: date | None = None,
        comment: str = "",
        proposed: dict | None = None,
    ) -> list[Work]:
        """A response to the organiser."""
        copy = _copy(item, comment=comment, day=day, answer=answer)

        def note(box: Mailbox, user: User) -> None:
            self._note_answer(box, sender, copy, answer, proposed)

        organizer = address_of(item.data["organizer"])
        return [self._each("response", sender, [organizer], copy, note)]

    def _note_answer(
        self,
        box: Mailbox,
        sender: User,
        copy: _Copy,
        answer: str,
        proposed: dict | None,
    ) -> None:
        item = find_by_uid(box, copy.uid)
        if item is None or not item.data["isOrganizer"]:
            return
        status = {"response": answer, "time": box.clock.iso()}
        series = series_of(item)
        if copy.day is not None and series is not None and series.has(copy.day):
            present = series.occurrence(copy.day).deviation
            rows = (present.values if present else {}).get("attendees")
            rows = rows or item.data["attendees"]
            values = {"attendees": _answered(rows, sender, status, proposed)}
            series.change(copy.day, None, values)
            box.touch(item)
            return
        rows = _answered(item.data["attendees"], sender, status, proposed)
        box.touch(item, attendees=rows)

    def forward(
        self, sender: User, item: Item, recipients: list[dict], comment: str
    ) -> list[Work]:
        """The meeting for further people; their copies are as those of attendees."""
        copy = _copy(item, comment=comment)
        to = [address for address in map(address_of, recipients) if address]
        return [
            self._each(
                "forward",
                sender,
                to,
                copy,
                lambda box, user: self._receive(box, user, copy),
            )
        ]


def _as_attendee() -> dict:
    return {
        "categories": [],
        "isOrganizer": False,
        "isReminderOn": True,
        "reminderMinutesBeforeStart": 15,
        "responseStatus": {"response": "notResponded", "time": NEVER},
        "showAs": "tentative",
    }


def _copy(item: Item, **more: object) -> _Copy:
    series = series_of(item)
    return _Copy(
        uid=item.data["iCalUId"],
        data=dict(item.data),
        span=span_of(item),
        series=series.copy() if series is not None else None,
        **more,  # type: ignore[arg-type]
    )


def _own_series(copy: _Copy, old: Series | None) -> Series | None:
    """The organiser's series with what the attendee himself did to occurrences."""
    if copy.series is None:
        return None
    fresh = copy.series.copy()
    if old is None:
        return fresh
    for day, sequence in old.cancelled.items():
        if fresh.has(day):
            fresh.changed.pop(day, None)
            fresh.cancelled[day] = sequence
    for day, mine in old.changed.items():
        kept = {k: v for k, v in mine.values.items() if k in _OWN or k == "isCancelled"}
        if kept and fresh.has(day):
            fresh.change(day, None, kept)
    return fresh


def _answered(
    rows: list[dict], sender: User, status: dict, proposed: dict | None
) -> list[dict]:
    """The organiser's list of attendees with an answer in it."""
    mine = {a.lower() for a in (sender.mail, sender.upn, *sender.aliases) if a}
    extra = {"proposedNewTime": proposed} if proposed else {}
    fresh, known = [], False
    for row in rows:
        if address_of(row) in mine:
            row = {**row, "status": status, **extra}
            known = True
        fresh.append(row)
    if not known:  # invited through a distribution list, or by a forwarded request
        fresh.append(
            {"type": "required", "status": status, **recipient(sender), **extra}
        )
    return fresh


def show_as(answer: str) -> str:
    """How a meeting is shown in the calendar of someone who answered so."""
    return _SHOW_AS[answer]


def addresses_of(item: Item) -> list[str]:
    """The attendees' addresses, of the exceptions too, in lower case."""
    rows = list(item.data["attendees"])
    series = series_of(item)
    for deviation in series.changed.values() if series is not None else ():
        rows += deviation.values.get("attendees", [])
    return list(dict.fromkeys(a for a in map(address_of, rows) if a))


def groups_of(store: Store) -> dict[str, list[str]]:
    """Distribution lists: address in lower case → addresses of the members."""
    return vars(store.directory).setdefault("groups", {})
