"""Mails, events and contacts of two users, and an Odoo in a process of its own."""

from collections import Counter
from datetime import date, timedelta

from .fault_mails import FIRST, SECOND
from .process_case import ProcessCase

MEETINGS = 12
OCCURRENCES = 5
FRIEND = "An old friend"
_EVENTS = """
    SELECT e.name, count(*), min(links.number)
      FROM calendar_event e
      JOIN LATERAL (SELECT count(DISTINCT l.account_id) AS number
                      FROM exchange_event_link l WHERE l.event_id = e.id) links ON true
     WHERE e.active AND e.name <> 'Meeting' GROUP BY e.name"""


class AllKindsCase(ProcessCase):
    """The sixty mails; twelve meetings of both users and a series of the first one; and
    five contacts that the first one subscribes to, beside one of his own."""

    @classmethod
    def _add_more(cls):
        cls._add_events()
        cls.sim.add_contact(FIRST, displayName=FRIEND, givenName=FRIEND)
        cls.odoo.run(
            "subscribe", login=FIRST, domain=[("id", "in", [*cls.contacts.values()])]
        )

    @classmethod
    def _add_events(cls):
        cls._add_meetings(MEETINGS)
        day = date.today() + timedelta(days=2)
        span = {"numberOfOccurrences": OCCURRENCES, "startDate": str(day)}
        cls.sim.add_event(
            FIRST,
            subject="Series",
            start=f"{day}T11:00:00 UTC",
            end=f"{day}T12:00:00 UTC",
            recurrence={
                "pattern": {"type": "daily", "interval": 1},
                "range": {"type": "numbered", **span},
            },
        )

    def finish(self):
        """Nothing disturbs any more: both users synchronise until all is done."""
        for login in (SECOND, FIRST):
            run = self.odoo.run("sync", login=login)
            self.assertEqual(run["state"], "done", run["error"])
        again = self.odoo.run("sync", login=FIRST)
        self.assertEqual((again["state"], again["found"]), ("done", 0))
        self.check_end()

    def check_nothing_lost(self):
        # pylint: disable=missing-return
        super().check_nothing_lost()
        self._check_others(ended=False)

    def check_end(self):
        # pylint: disable=missing-return
        super().check_end()
        self._check_others(ended=True)

    def _check_others(self, ended):
        """Count what is missing or too much in the calendar and the address book."""
        with self.database.connect() as query:
            rows = query(_EVENTS)
        events = Counter({name: number for name, number, _links in rows})
        wanted = Counter({f"Meeting {number}": 1 for number in range(MEETINGS)})
        wanted["Series"] = OCCURRENCES
        there = Counter(self._names("contact"))
        people = Counter(self._people())
        self.found(
            lost=ended * (wanted - events + people - there).total(),
            doubled=(events - wanted).total() + (there - people).total(),
            # Of the calendars nothing is ever deleted, of the book nothing of his own.
            deleted=MEETINGS + 1 - len(self._names("event")) + (FRIEND not in there),
        )
        if ended:
            alone = {name for name, _number, links in rows if links < 2}
            self.assertEqual(alone, {"Series"})

    def _people(self):
        with self.database.connect() as query:
            names = query(
                "SELECT p.name FROM exchange_subscription s"
                "  JOIN res_partner p ON p.id = s.partner_id"
            )
        return [FRIEND, *(name for (name,) in names)]

    def _names(self, kind):
        """Titles of the events or contacts in the mailbox of the first user."""
        box = self.sim.mailbox(FIRST)
        items = {id(item): item for item in box.items.values()}.values()
        return [
            item.data.get("displayName") or item.data.get("subject")
            for item in items
            if item.kind == kind
            and item.container.kind in ("calendar", "contactFolder")
        ]
