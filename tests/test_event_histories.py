import os
from datetime import datetime, timezone

from hypothesis import Phase
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)

from odoo.tests import tagged

from .calendar_case import CalendarCase, ahead, every_day, people
from .examples import examples
from .simulator import Fault

EXHAUSTIVE = bool(os.environ.get("EXCHANGE_FAULTS"))
EXAMPLES = 300 if EXHAUSTIVE else 20

USERS = st.integers(0, 2)
ANY = st.integers(0, 100)
SLOT = st.integers(1, 12)
OUTSIDE = "ada@customer.example"


class Histories(RuleBasedStateMachine):
    """Three users who meet, and everything that people do to meetings."""

    case = None
    accounts = None

    def __init__(self):
        super().__init__()
        self.savepoint = self.case.env.cr.savepoint()
        self.number = 0
        self.case.seen.clear()

    @initialize(
        stay=st.booleans(),
        declined=st.booleans(),
        removed=st.booleans(),
        tracked=st.booleans(),
        synced=st.sets(USERS),
    )
    def the_beginning(self, stay, declined, removed, tracked, synced):
        """Some meetings; a service that is known to behave in more than one way."""
        quirks = self.case.sim.quirks
        quirks.meeting_mails = False
        quirks.cancelled_stay = stay
        quirks.declined_stay = declined
        quirks.occurrences_removed = removed
        quirks.forwards_tracked = tracked
        self.meet(0, {1, 2}, 3, 4)
        self.meet(1, {0}, 5, 3)
        self.meet(2, {0, 1}, 2, 1)
        for user in sorted(synced):
            self.sync(user)

    def teardown(self):
        try:
            self.case.sync_events(*self.accounts)
            # Copies that their owners' next turn asks for once more.
            links = self.case.env["exchange.event.link"]
            asked = links.search([("reread", "=", True)]).account_id
            if asked:
                self.case.sync_events(*asked)
            self.case.check_calendars(*self.accounts)
        finally:
            self.case.env.clear()
            self.savepoint.close(rollback=True)
            self.case.env.invalidate_all(flush=False)
            self.case.empty_calendars()

    # What there is

    def rows(self, user, **wanted):
        return self.case.outlook(self.accounts[user], **wanted)

    def meetings(self, user, mine):
        """(id of single event or master, row) in a calendar, organised or attended."""
        box = self.case.sim.mailbox(self.accounts[user].login)
        rows = {row.series_uid: row for row in self.rows(user, cancelled=False)}
        items = {id(item): item for item in box.items.values() if item.kind == "event"}
        return [
            (item, rows[item.data["iCalUId"]])
            for item in sorted(items.values(), key=lambda each: each.born)
            if item.container.kind == "calendar"
            and item.data["iCalUId"] in rows
            and item.data["isOrganizer"] == mine
        ]

    def pick(self, user, which, mine=True):
        found = self.meetings(user, mine)
        return found[which % len(found)][0] if found else None

    def pick_occurrence(self, user, which, mine=True):
        found = [
            row
            for row in self.rows(user, cancelled=False)
            if row.type != "singleInstance" and (row.response == "organizer") == mine
        ]
        return found[which % len(found)] if found else None

    # What people do

    @rule(user=USERS, others=st.sets(USERS), day=SLOT, length=st.integers(0, 4))
    def meet(self, user, others, day, length):
        """An event with the others, or a series of some days."""
        self.number += 1
        values = {"with_": [self.accounts[each].login for each in others - {user}]}
        if self.number % 3 == 0:
            values["with_"].append(OUTSIDE)
        if length > 1:
            values["recurrence"] = every_day(length, day)
        if self.number % 4 == 0:
            zone = "America/Los_Angeles"
            values |= {"start": ahead(day, 0, 0, zone), "isAllDay": True}
            values["end"] = ahead(day + 1, 0, 0, zone)
        self.case.add(self.accounts[user], f"Meeting {self.number}", day, **values)

    @rule(user=USERS, which=ANY)
    def retitle(self, user, which):
        if item := self.pick(user, which):
            self.number += 1
            self.case.change(
                self.accounts[user], item, subject=f"Renamed {self.number}"
            )

    @rule(user=USERS, which=ANY, day=SLOT)
    def move(self, user, which, day):
        """Of a series: all of it, to another time."""
        if (item := self.pick(user, which)) and not item.data["isAllDay"]:
            values = {"start": ahead(day, 14), "end": ahead(day, 15)}
            if item.data["recurrence"]:
                reach = item.data["recurrence"]["range"]
                count = reach["numberOfOccurrences"]
                values["recurrence"] = every_day(count, day)
            self.case.change(self.accounts[user], item, **values)

    @rule(user=USERS, which=ANY)
    def cancel(self, user, which):
        if item := self.pick(user, which):
            self.case.delete(self.accounts[user], item)

    @rule(user=USERS, which=ANY)
    def delete(self, user, which):
        """Take it out of one's own calendar, without a word."""
        if item := self.pick(user, which, mine=False):
            self.case.delete(self.accounts[user], item)

    @rule(
        user=USERS,
        which=ANY,
        answer=st.sampled_from(["accepted", "tentativelyAccepted", "declined"]),
    )
    def answer(self, user, which, answer):
        if item := self.pick(user, which, mine=False):
            login = self.accounts[user].login
            self.case.sim.respond(login, item.immutable_id, answer)

    @rule(user=USERS, which=ANY, to=USERS, mine=st.booleans())
    def forward(self, user, which, to, mine):
        item = self.pick(user, which, mine)
        if item and user != to:
            login, other = self.accounts[user].login, self.accounts[to].login
            self.case.sim.forward(login, item.immutable_id, other)

    @rule(user=USERS, which=ANY, others=st.sets(USERS))
    def invite_others(self, user, which, others):
        if item := self.pick(user, which):
            invited = people(*(self.accounts[each].login for each in others - {user}))
            self.case.change(self.accounts[user], item, attendees=invited)

    @rule(user=USERS, which=ANY, later=st.booleans())
    def edit_one_occurrence(self, user, which, later):
        if row := self.pick_occurrence(user, which):
            self.number += 1
            values = {"subject": f"Other {self.number}"}
            if later and not row.all_day:
                day = (row.start.date() - datetime.now(timezone.utc).date()).days
                values |= {"start": ahead(day, 17, 30), "end": ahead(day, 18)}
            self.case.change(self.accounts[user], row.immutable_id, **values)

    @rule(user=USERS, which=ANY, mine=st.booleans())
    def delete_one_occurrence(self, user, which, mine):
        if row := self.pick_occurrence(user, which, mine):
            self.case.delete(self.accounts[user], row.immutable_id)

    @rule(user=USERS, which=ANY, count=st.integers(1, 5))
    def lengthen_or_shorten_series(self, user, which, count):
        item = self.pick(user, which)
        if item and item.data["recurrence"]:
            recurrence = {**item.data["recurrence"]}
            reach = {**recurrence["range"], "numberOfOccurrences": count}
            recurrence["range"] = reach
            self.case.change(self.accounts[user], item, recurrence=recurrence)

    @rule(user=USERS, which=ANY, count=st.integers(2, 4))
    def repeat_or_repeat_no_more(self, user, which, count):
        """A single event becomes a series, a series a single event."""
        if item := self.pick(user, which):
            start = datetime.fromisoformat(item.data["start"]["dateTime"][:10])
            days = (start.date() - datetime.now(timezone.utc).date()).days
            recurrence = None if item.data["recurrence"] else every_day(count, days)
            self.case.change(self.accounts[user], item, recurrence=recurrence)

    # What else happens

    @rule(user=USERS)
    def sync(self, user):
        self.case.sync_events(self.accounts[user])

    @rule(user=USERS)
    def links_expire(self, user):
        self.case.sim.expire_delta_tokens(self.accounts[user].login)

    @rule(user=USERS, middle=st.booleans())
    def links_expire_at_work(self, user, middle):
        """In the middle of a round of several pages."""
        fault = Fault.gone()
        match = "GET .*/delta"
        rule = self.case.sim.faults.add(fault, match=match, after=int(middle))
        self.case.sync_events(self.accounts[user])
        self.case.sim.faults.rules.remove(rule)


@tagged("post_install", "-at_install", "exchange_histories")
class TestEventHistories(CalendarCase):
    """Whatever people do in whatever order, Odoo's calendar becomes that of Outlook."""

    def test_histories(self):
        office = {"server": self.office, "name": "nora"}
        accounts = [self.new_account(), self.new_account(), self.new_account(**office)]
        self.partner(OUTSIDE)
        machine = type("Machine", (Histories,), {"case": self, "accounts": accounts})
        run_state_machine_as_test(
            machine,
            settings=examples(
                EXAMPLES,
                stateful_step_count=25,
                phases=[Phase.generate, *[Phase.shrink] * EXHAUSTIVE],
            ),
        )

    def empty_calendars(self):
        """Take everything out of the calendars again."""
        for mailbox in self.sim.store.mailboxes.values():
            with mailbox.lock:
                for item in list(mailbox.items.values()):
                    if item.kind == "event" and item.container is not None:
                        mailbox.remove(item)
