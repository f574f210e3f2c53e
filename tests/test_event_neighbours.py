from .calendar_case import ahead, every_day, people
from .process_case import OwnDatabaseCase

ANNA, BEN = "anna@contoso.example", "ben@contoso.example"
PLAN = "SELECT count(*) FROM calendar_event WHERE active AND starts_with(name, 'Plan')"


class TestEventNeighbours(OwnDatabaseCase):
    """In a database with Odoo's own calendar synchronisations, with Outlook and with
    Google: nothing is sent by them that we fetched, and nothing stands there twice."""

    addons = ("microsoft_calendar", "google_calendar")

    @classmethod
    def _build(cls):
        names = [each.partition("@")[0] for each in (ANNA, BEN)]
        for login in (ANNA, BEN):
            cls.sim.add_mailbox(login)
        cls.odoo.run(
            "build",
            server=cls._server_values(),
            people=dict.fromkeys(names, {"event_days_ahead": 60}),
            contacts={"bob": {"name": "Bob", "email": "bob@customer.example"}},
        )
        cls.plan = cls.sim.add_event(
            ANNA,
            subject="Plan",
            attendees=people(BEN, "bob@customer.example"),
            start=ahead(1),
            end=ahead(1, 10),
        )
        cls.sim.add_event(
            ANNA,
            subject="Standup",
            recurrence=every_day(4),
            attendees=people(BEN),
            start=ahead(1, 12),
            end=ahead(1, 13),
        )
        cls.database.wait_alone()
        cls.kept.become(cls.database)

    def setUp(self):
        super().setUp()
        self.database.wait_alone()
        self.database.become(self.kept)

    def sync(self, *logins):
        for login in logins:
            run = self.odoo.run("sync", login=login)
            self.assertEqual((run["state"], run["failed"]), ("done", 0), run["error"])

    def let_odoos_own_run(self, login):
        """:return: the requests of Odoo's own synchronisation that write"""
        origin = f"http://127.0.0.1:{self.sim.port}"
        self.sim.requests.clear()
        self.odoo.run("neighbour", login=login, origin=origin)
        self.assertTrue(len(self.sim.requests), "It did not run.")
        return [
            (each.method, each.path) for each in self.sim.requests.matching("^[^G]")
        ]

    def switch_on(self, login):
        self.odoo.run("neighbour", login=login, token=self.sim.token_for(login))

    def rows(self, sql):
        with self.database.connect() as query:
            return query(sql)

    def to_send(self):
        """How many records the other synchronisations want to send."""
        return [
            self.rows(f"SELECT count(*) FROM {table} WHERE {field}")[0][0]
            for table in ("calendar_event", "calendar_recurrence")
            for field in ("need_sync", "need_sync_m")
        ]

    def test_what_we_fetched_is_neither_sent_nor_doubled(self):
        """One user has ours, a colleague who is invited Odoo's own."""
        self.switch_on(BEN)
        self.sync(ANNA)
        self.assertEqual(self.to_send(), [0, 0, 0, 0])
        plan = self.plan.immutable_id
        self.sim.change_event(ANNA, plan, subject="Plan B", attendees=people(BEN))
        self.sync(ANNA)
        self.assertEqual(self.to_send(), [0, 0, 0, 0])
        self.assertEqual(self.let_odoos_own_run(BEN), [])
        self.assertEqual(self.rows(PLAN), [(1,)])
        self.sync(ANNA)
        self.assertEqual(self.let_odoos_own_run(BEN), [])
        self.assertEqual(self.rows(PLAN), [(1,)])

    def test_who_has_both_is_told_and_ours_pauses(self):
        self.switch_on(ANNA)
        self.assertEqual(self.let_odoos_own_run(ANNA), [])
        self.assertEqual(self.rows(PLAN), [(1,)])
        run = self.odoo.run("sync", login=ANNA)
        self.assertIn("Odoo's own Outlook synchronisation is active", run["error"])
        self.assertEqual(self.rows("SELECT count(*) FROM exchange_event_link"), [(0,)])
        self.odoo.run("neighbour", login=ANNA, stopped=True)
        self.sync(ANNA, BEN)
        self.assertEqual(self.rows(PLAN), [(1,)])
        standup = "SELECT count(*) FROM calendar_event WHERE active AND name='Standup'"
        self.assertEqual(self.rows(standup), [(4,)])

    def test_an_event_that_came_from_google_is_not_doubled(self):
        partner = self.rows("SELECT partner_id FROM res_users ORDER BY id LIMIT 1")[0][
            0
        ]
        self.odoo.run("talk", partner=partner, event="Google")
        self.database.execute(
            "UPDATE calendar_event SET google_id = 'abc123' WHERE name = 'Google'"
        )
        times = {"start": ahead(3), "end": ahead(3, 10)}
        self.sim.add_event(ANNA, subject="Same", iCalUId="abc123@google.com", **times)
        self.sync(ANNA, BEN)
        rows = self.rows(
            "SELECT name, google_id FROM calendar_event"
            " WHERE active AND name IN ('Google', 'Same')"
        )
        self.assertEqual(rows, [("Same", "abc123")])
        self.assertEqual(self.to_send(), [0, 0, 0, 0])
