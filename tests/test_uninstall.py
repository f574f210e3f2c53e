import re

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import ExchangeCase, make_eml
from .common_events import ahead, every_day, people
from .process import Odoo
from .process_case import OwnDatabaseCase

ADDON = "exchange_connector"
ANNA, BEN = "anna@contoso.example", "ben@contoso.example"
CONTACTS = {
    name: {"name": name.title(), "email": f"{name}@customer.example"}
    for name in ("ada", "bob", "carl")
}
# What may still speak of us: Odoo's list of apps, and what is gone in a moment.
APART = {"ir_module_module", "bus_bus", "ir_logging"}
OUR_WORD = "exchange"
# Odoo's own: an icon, and the entry of the app's name in the list of apps.
NOT_OURS = ("fa-exchange", "module_exchange_connector")


@tagged("post_install", "-at_install")
class TestUninstallRefused(ExchangeCase):
    """What is in Odoo alone is decided about before."""

    def test_waiting_mails_are_not_lost(self):
        account = self.new_account(mail_delete_after_transfer=True)
        self.drop(account, subject="From nobody we know")
        account.sync()
        addon = self.env["ir.module.module"].search([("name", "=", ADDON)])
        with self.assertRaisesRegex(UserError, re.escape(account.user_id.name)):
            addon.button_uninstall()
        self.mails_of(account).action_ignore()
        addon.button_uninstall()
        self.assertEqual(addon.state, "to remove")

    def test_mails_that_are_still_in_outlook_hold_nobody_up(self):
        account = self.new_account()
        self.drop(account, subject="From nobody we know")
        account.sync()
        addon = self.env["ir.module.module"].search([("name", "=", ADDON)])
        addon.button_uninstall()
        self.assertEqual(addon.state, "to remove")


class TestUninstall(OwnDatabaseCase):
    """Uninstalled, nothing of the addon is left in the database, and nothing of the
    company's is lost; installed again, it takes up where it was."""

    maxDiff = None

    @classmethod
    def _build(cls):
        """Two users who have mails, a shared meeting, a series and contacts."""
        for login in (ANNA, BEN):
            cls.sim.add_mailbox(login)
        cls.contacts = cls._connect(CONTACTS)["contacts"]
        cls.plan = cls.sim.add_event(
            ANNA,
            subject="Plan",
            attendees=people(BEN),
            start=ahead(1),
            end=ahead(1, 10),
        )
        cls.sim.add_event(
            ANNA,
            subject="Standup",
            recurrence=every_day(4),
            start=ahead(1, 12),
            end=ahead(1, 13),
        )
        for number, sender in enumerate(("ada", "bob", "nobody")):
            cls._drop(f"Mail {number}", f"{sender}@customer.example")

    @classmethod
    def _connect(cls, contacts):
        """Users, whose mailboxes are connected. :return: what the job gives"""
        scene = cls.odoo.run(
            "build",
            server=cls._server_values(),
            people=dict.fromkeys(("anna", "ben"), {"event_days_ahead": 60}),
            contacts=contacts,
        )
        cls.folders = scene["folders"]
        return scene

    @classmethod
    def _drop(cls, subject, sender):
        raw = make_eml(
            sender,
            ANNA,
            subject=subject,
            message_id=f"<{subject.replace(' ', '')}@customer.example>",
            attachments=[("offer.pdf", b"%PDF-1.4", "application/pdf")],
        )
        cls.sim.drop(ANNA, cls.folders[ANNA]["incoming"], raw)

    def test_uninstalled_and_installed_again(self):
        self.subscribe()
        self.sync()
        before = self.kept_things()
        self.assertEqual([len(part) for part in before.values()], [2, 5, 3])
        ours = self.odoo.run("brought", module=ADDON)
        self.assertGreater(len(ours), 300)
        self.odoo.run("uninstall", module=ADDON)
        self.check_nothing_left(ours)
        self.assertEqual(self.kept_things(), before)
        self.install()
        self.check_no_farewell()
        self._connect({})
        self.subscribe()
        self.sync()
        self.assertEqual(self.kept_things(), before)
        self.check_followed()

    def subscribe(self):
        self.odoo.run("subscribe", login=ANNA, domain=[("id", "in", self.ids())])

    def ids(self):
        return list(self.contacts.values())

    def sync(self):
        for login in (ANNA, BEN):
            run = self.odoo.run("sync", login=login, times=2)
            self.assertEqual((run["state"], run["failed"]), ("done", 0), run["error"])

    def install(self):
        """Install the addon again, as from the list of apps."""
        self.odoo.stop()
        type(self).odoo = Odoo(self.database, (ADDON,))
        self.addClassCleanup(self.odoo.stop)

    def check_followed(self):
        """What was there is Outlook's again: it is changed, and disappears."""
        self.sim.change_event(ANNA, self.plan.immutable_id, subject="Plan B")
        self.odoo.run(
            "write",
            model="res.partner",
            domain=[("name", "=", "Ada")],
            values={"function": "Countess"},
        )
        self.sync()
        names = self.rows(
            "SELECT name FROM calendar_event WHERE active AND starts_with(name, 'Plan')"
        )
        self.assertEqual(names, [("Plan B",)])
        titles = [
            item.data["jobTitle"] for item in self.items() if item.data["jobTitle"]
        ]
        self.assertEqual(titles, ["Countess"])
        self.sim.delete_event(ANNA, self.plan.immutable_id)
        self.sync()

    # What is there

    def rows(self, sql, *parameters):
        with self.database.connect() as query:
            return query(sql, *parameters)

    def kept_things(self):
        """What belongs to the company: each thing once, whoever brought it."""
        return {
            "mails": self.rows(
                "SELECT m.subject, m.model, m.res_id, count(r.attachment_id)"
                "  FROM mail_message m"
                "  LEFT JOIN message_attachment_rel r ON r.message_id = m.id"
                " WHERE starts_with(m.subject, 'Mail ') GROUP BY m.id ORDER BY m.id"
            ),
            "events": self.rows(
                "SELECT e.id, e.name, e.start, e.active,"
                "       array_agg(a.partner_id ORDER BY a.partner_id)"
                "  FROM calendar_event e JOIN calendar_attendee a ON a.event_id = e.id"
                " WHERE e.name IN ('Plan', 'Standup') GROUP BY e.id ORDER BY e.id"
            ),
            "contacts": sorted(item.immutable_id for item in self.items()),
        }

    def items(self):
        """The contacts in Outlook."""
        box = self.sim.mailbox(ANNA)
        items = {id(item): item for item in box.items.values()}.values()
        return [item for item in items if item.kind == "contact"]

    # What is left

    def check_nothing_left(self, ours):
        """No record that came with the addon, and nothing that bears its name.

        :param ours: [(table, id)] of all that it brought
        """
        tables = {name for (name,) in self.rows(_TABLES)}
        left = [
            (table, row)
            for table, row in ours
            if table in tables and self.rows(f"SELECT 1 FROM {table} WHERE id = {row}")
        ]
        self.assertEqual(left, [])
        self.assertEqual(self.rows(_NAMED, f"%{OUR_WORD}%"), [])
        speaking = {}
        for table in sorted(tables - APART):
            if found := self.speaking(table):
                speaking[table] = found
        farewells = speaking.pop("mail_message", [])
        self.assertEqual(speaking, {})
        self.assertEqual(len(farewells), 5, farewells)

    def speaking(self, table):
        """:return: the rows of a table that bear the addon's name, as texts"""
        sql = f"SELECT t::text FROM {table} t WHERE t::text ILIKE %s"
        found = []
        for (text,) in self.rows(sql, f"%{OUR_WORD}%"):
            own = text
            for word in NOT_OURS:
                own = own.replace(word, "")
            if OUR_WORD in own.lower():
                found.append(text)
        return found

    def check_no_farewell(self):
        """What was noted on the events for a new installation is gone with it."""
        self.assertEqual(self.speaking("mail_message"), [])


_TABLES = """
    SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p') AND n.nspname = 'public'"""
# Tables, indexes, sequences, views; columns; constraints; functions.
_NAMED = """
    SELECT name FROM (
        SELECT relname AS name FROM pg_class
        UNION ALL SELECT attrelid::regclass || '.' || attname FROM pg_attribute
        UNION ALL SELECT conname FROM pg_constraint
        UNION ALL SELECT proname FROM pg_proc) AS all_names
     WHERE name ILIKE %s"""
