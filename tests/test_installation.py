import os
import pickle
import re
import tarfile
import tempfile
import unittest
from pathlib import Path

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tests.common import get_db_name

from .calendar_case import ahead, every_day, people
from .common import ExchangeCase, make_eml
from .process import ADDON, Database, Odoo
from .process_case import OwnDatabaseCase

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
# The addon as it was when it could be installed first.
FIRST = Path(__file__).with_name("upgrade") / "19.0.1.0.0-first.tar.xz"
# What an upgrade may change of what was stored: a secret is bound to its owner, and
# the candidates for a mail are looked up anew.
REWRITTEN = {
    ("exchange_credential", "value"),
    ("exchange_mail_res_partner_rel", "exchange_mail_id"),
    ("exchange_mail_res_partner_rel", "res_partner_id"),
}


@tagged("post_install", "-at_install")
class TestUninstallRefused(ExchangeCase):
    """What is in Odoo alone is decided about before."""

    def uninstall(self):
        addon = self.env["ir.module.module"].search([("name", "=", ADDON)])
        addon.button_uninstall()
        self.assertEqual(addon.state, "to remove")

    def test_waiting_mails_are_not_lost(self):
        account = self.new_account(mail_delete_after_transfer=True)
        self.drop(account, subject="From nobody we know")
        account.sync()
        with self.assertRaisesRegex(UserError, re.escape(account.user_id.name)):
            self.uninstall()
        self.mails_of(account).action_ignore()
        self.uninstall()

    def test_mails_that_are_still_in_outlook_hold_nobody_up(self):
        account = self.new_account()
        self.drop(account, subject="From nobody we know")
        account.sync()
        self.uninstall()


class TestInstallation(OwnDatabaseCase):
    """Uninstalled, nothing of the addon is left in the database, and nothing of the
    company's is lost; installed again, it takes up where it was; a database of its
    first version becomes one of the present one.

    :cvar kept: the database once the addon has been uninstalled
    :cvar before: what belonged to the company before that
    :cvar ours: [(table, id)] of all that the addon had brought
    """

    maxDiff = None

    @classmethod
    def _build(cls):
        """Two users who have mails, a shared meeting, a series and contacts."""
        for login in (ANNA, BEN):
            cls.sim.add_mailbox(login)
        cls.contacts = cls._connect(CONTACTS)["contacts"]
        cls.plan = cls._event("Plan", 9, attendees=people(BEN))
        cls._event("Standup", 12, recurrence=every_day(4))
        for number, sender in enumerate(("ada", "bob", "nobody")):
            cls._drop(f"Mail {number}", sender)
        cls._subscribe()
        cls._sync()
        cls.odoo.run("fail_for_days", login=BEN)
        cls.before = cls._kept_things()
        cls.ours = cls.odoo.run("brought", module=ADDON)
        cls.odoo.run("uninstall", module=ADDON)
        cls.odoo.stop()
        cls.database.wait_alone()
        cls.kept.become(cls.database)
        cls.mailboxes = pickle.dumps(cls.sim.store.mailboxes)

    def setUp(self):
        super().setUp()
        self.database.wait_alone()
        self.database.become(self.kept)
        mailboxes = pickle.loads(self.mailboxes)  # noqa: S301
        for box in mailboxes.values():
            box.clock = self.sim.clock
        self.sim.store.mailboxes.update(mailboxes)

    # What users and administrators do

    @classmethod
    def _connect(cls, contacts=None):
        """Users, whose mailboxes are connected. :return: what the job gives"""
        scene = cls.odoo.run(
            "build",
            server=cls._server_values(),
            people=dict.fromkeys(("anna", "ben"), {"event_days_ahead": 60}),
            contacts=contacts or {},
        )
        cls.folders = scene["folders"]
        return scene

    @classmethod
    def _event(cls, subject, hour, **values):
        ends = {"start": ahead(1, hour), "end": ahead(1, hour + 1)}
        return cls.sim.add_event(ANNA, subject=subject, **ends, **values)

    @classmethod
    def _drop(cls, subject, sender):
        raw = make_eml(
            f"{sender}@customer.example",
            ANNA,
            subject=subject,
            message_id=f"<{subject.replace(' ', '')}@customer.example>",
            attachments=[("offer.pdf", b"%PDF-1.4", "application/pdf")],
        )
        cls.sim.drop(ANNA, cls.folders[ANNA]["incoming"], raw)

    @classmethod
    def _subscribe(cls):
        domain = [("id", "in", list(cls.contacts.values()))]
        cls.odoo.run("subscribe", login=ANNA, domain=domain)

    @classmethod
    def _sync(cls):
        """:return: how many things Anna's last run found"""
        for login in (BEN, ANNA):
            run = cls.odoo.run("sync", login=login)
            assert (run["state"], run["failed"]) == ("done", 0), run["error"]
        return run["found"]

    def start(self, *addons, **options):
        """Odoo in a process of its own again, with other addons or another version."""
        type(self).odoo = Odoo(self.database, addons, **options)
        self.addCleanup(self.odoo.stop)

    # What is there

    @classmethod
    def _rows(cls, sql, *parameters, database=None):
        with (database or cls.database).connect() as query:
            return query(sql, *parameters)

    @classmethod
    def _kept_things(cls):
        """What belongs to the company: each thing once, whoever brought it."""
        return {
            "mails": cls._rows(_MAILS),
            "events": cls._rows(_EVENTS),
            "contacts": sorted(item.immutable_id for item in cls._items()),
        }

    @classmethod
    def _items(cls):
        """The contacts in Outlook."""
        box = cls.sim.mailbox(ANNA)
        items = {id(item): item for item in box.items.values()}.values()
        return [item for item in items if item.kind == "contact"]

    # Uninstalled

    def test_nothing_is_left_and_nothing_is_lost(self):
        self.assertEqual([len(part) for part in self.before.values()], [2, 5, 3])
        self.assertEqual(self._kept_things(), self.before)
        self.assertGreater(len(self.ours), 300)
        tables = {name for (name,) in self._rows(_TABLES)}
        left = [
            (table, row)
            for table, row in self.ours
            if table in tables and self._rows(f"SELECT 1 FROM {table} WHERE id = {row}")
        ]
        self.assertEqual(left, [])
        self.assertEqual(self._rows(_NAMED, f"%{OUR_WORD}%"), [])
        speaking = {table: self.speaking(table) for table in sorted(tables - APART)}
        farewells = speaking.pop("mail_message")
        self.assertEqual({name: rows for name, rows in speaking.items() if rows}, {})
        self.assertEqual(len(farewells), 5, farewells)

    def speaking(self, table):
        """:return: the rows of a table that bear the addon's name, as texts"""
        sql = f"SELECT t::text FROM {table} t WHERE t::text ILIKE %s"
        found = []
        for (text,) in self._rows(sql, f"%{OUR_WORD}%"):
            own = text
            for word in NOT_OURS:
                own = own.replace(word, "")
            if OUR_WORD in own.lower():
                found.append(text)
        return found

    # Installed again

    def test_a_new_installation_takes_up_what_was_there(self):
        self.start(ADDON)
        self.assertEqual(self.speaking("mail_message"), [])
        self._connect()
        self._subscribe()
        self._sync()
        self.assertEqual(self._kept_things(), self.before)
        # It is Outlook's again, and the contacts Odoo's.
        self.sim.change_event(ANNA, self.plan.immutable_id, subject="Plan B")
        self.odoo.run(
            "write",
            model="res.partner",
            domain=[("name", "=", "Ada")],
            values={"function": "Countess"},
        )
        self._sync()
        self.assertEqual(self._rows(_PLANS), [("Plan B",)])
        titles = {
            item.data["displayName"]: item.data["jobTitle"] for item in self._items()
        }
        self.assertEqual(titles["Ada"], "Countess")
        self.sim.change_event(ANNA, self.plan.immutable_id, subject="Plan")

    # Upgraded

    def test_a_database_of_the_first_version(self):
        before = self.first_version()
        self.start(upgrades=[ADDON])
        fresh = Database(get_db_name())
        for sql in (_COLUMNS, _INDEXES, _CONSTRAINTS, _DATA, _CRONS):
            now, wanted = (set(self._rows(sql, database=db)) for db in (None, fresh))
            self.assertEqual((now - wanted, wanted - now), (set(), set()))
        self.assertEqual(self.values_of(before), before)
        messages = self._rows(_MAILS)
        # Events, which are new; after that there is nothing to do.
        self.assertEqual([self._sync(), self._sync()], [5, 0])
        self.assertEqual(self._rows(_MAILS), messages)
        self._drop("Mail of today", "ada")
        self.assertEqual(self._sync(), 1)
        self.assertEqual(len(self._rows(_MAILS)), len(messages) + 1)

    def first_version(self):
        """A database that the first version has worked on.

        :return: what it has stored, as :meth:`read` gives it
        """
        with tempfile.TemporaryDirectory() as folder:
            with tarfile.open(FIRST) as archive:
                archive.extractall(folder, filter="data")
            self.start(ADDON, instead=Path(folder) / ADDON)
            self._connect()
            self._drop("Mail of the first version", "bob")
            self._drop("Waiting", "nobody")
            for login in (ANNA, BEN):
                self.odoo.run("call", login=login, method="sync")
            self.odoo.stop()
        self.database.wait_alone()
        columns = {}
        for table, column, *_rest in self._rows(_COLUMNS):
            if (table, column) not in REWRITTEN:
                columns.setdefault(table, {})[column] = None
        return self.values_of(columns)

    def values_of(self, columns):
        """:return: {table: {column: [values, in the order of the rows]}}"""
        return {
            table: {
                name: self._rows(f'SELECT "{name}" FROM {table} t ORDER BY t')
                for name in names
            }
            for table, names in columns.items()
        }


@unittest.skipUnless(os.environ.get("EXCHANGE_FAULTS"), "the long form")
class TestBesideOtherApps(OwnDatabaseCase):
    """The applications that change the same screens, installed later."""

    addons = ("hr", "crm", "sale", "microsoft_calendar")

    def test_all_screens_open_and_ours_are_on_them(self):
        ours = {
            "res.users": "exchange_account_id",
            "res.partner": "exchange_subscribed",
            "calendar.event": "exchange_synced",
            "res.config.settings": "exchange_lanes",
            "exchange.mail": "email_from",
            "hr.employee": "work_contact_id",
        }
        found = self.odoo.run("screens", models=list(ours))
        for model, name in ours.items():
            with self.subTest(model):
                self.assertIn(name, found[model])


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
_MAILS = """
    SELECT m.subject, m.model, m.res_id, count(r.attachment_id)
      FROM mail_message m
      LEFT JOIN message_attachment_rel r ON r.message_id = m.id
     WHERE starts_with(m.subject, 'Mail ') GROUP BY m.id ORDER BY m.id"""
_EVENTS = """
    SELECT e.id, e.name, e.start, e.active,
           array_agg(a.partner_id ORDER BY a.partner_id)
      FROM calendar_event e JOIN calendar_attendee a ON a.event_id = e.id
     WHERE e.name IN ('Plan', 'Standup') GROUP BY e.id ORDER BY e.id"""
_PLANS = """
    SELECT name FROM calendar_event WHERE active AND starts_with(name, 'Plan')"""
_COLUMNS = """
    SELECT table_name, column_name, data_type, is_nullable
      FROM information_schema.columns
     WHERE starts_with(table_name, 'exchange_') OR starts_with(column_name, 'exchange_')
  ORDER BY table_name, column_name"""
_INDEXES = """
    SELECT tablename, indexname, replace(indexdef, 'public.', '') FROM pg_indexes
     WHERE starts_with(tablename, 'exchange_') ORDER BY 1, 2"""
_CONSTRAINTS = """
    SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
      FROM pg_constraint WHERE starts_with(conrelid::regclass::text, 'exchange_')
  ORDER BY 1, 2"""
# Records of today, and of those that are not updated what they say.
_DATA = """
    SELECT model, name, noupdate FROM ir_model_data
     WHERE module = 'exchange_connector'"""
_CRONS = """
    SELECT cron_name, interval_number, interval_type, s.code,
           string_agg(gid::text, ',' ORDER BY gid)
      FROM ir_cron c
      JOIN ir_act_server s ON s.id = c.ir_actions_server_id
      LEFT JOIN ir_act_server_group_rel g ON g.act_id = s.id
     WHERE starts_with(s.code, 'model._cron_sync')
  GROUP BY c.id, s.id"""
