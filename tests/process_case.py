"""A simulator, a database and an Odoo in processes of its own, filled with sixty mails,
and what must be true of them at any time and in the end."""

import pickle
import tempfile
import threading
from collections import Counter
from pathlib import Path

from odoo.tests import BaseCase, tagged
from odoo.tests.common import get_db_name

from .fault_mails import CONTACTS, FIRST, SECOND, sixty_mails
from .process import Database, Odoo, copy_database
from .simulator import Simulator

# What nobody may get because of a synchronisation.
NOISE = ("mail_mail", "mail_notification", "mail_activity", "res_partner")


class Tap:
    """Between network and simulator: counts requests and can strike at one of them.

    :ivar count: requests so far
    """

    def __init__(self, application):
        self._application = application
        self._strike = None
        self._lock = threading.Lock()
        self.count = 0

    def reset(self, when="", number=0, strike=None):
        """Count from 0, and call ``strike`` "before" or "after" the work of a request.

        A request that is struck before its work is not done at all.
        """
        self.count = 0
        self._strike = (when, number, strike)

    def __call__(self, environ, start_response):
        with self._lock:
            self.count += 1
            number = self.count
        when, wanted, strike = self._strike or ("", 0, None)
        if number != wanted:
            return self._application(environ, start_response)
        if when == "before":
            strike()
            start_response("503 Service Unavailable", [("Content-Length", "0")])
            return []
        answer = list(self._application(environ, start_response))
        strike()
        return answer


@tagged("post_install", "-at_install", "exchange_faults")
class ProcessCase(BaseCase):
    """Two users, sixty mails in the mailbox of the first, ten of them with the second."""

    # Values of the accounts and of the server besides the usual ones.
    account_values = {"mail_delete_after_transfer": True}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sim = Simulator()
        cls.tap = cls.sim.application = Tap(cls.sim.application)
        cls.sim.start()
        cls.addClassCleanup(cls.sim.stop)
        name = f"{get_db_name()}_process"
        cls.database = copy_database(get_db_name(), name)
        cls.addClassCleanup(cls.database.drop)
        cls.kept = Database(f"{name}_kept")
        cls.addClassCleanup(cls.kept.drop)
        log = tempfile.NamedTemporaryFile(suffix=".log")
        cls.addClassCleanup(log.close)
        cls.odoo = Odoo(cls.database, log.name)
        cls.addClassCleanup(cls.odoo.stop)
        cls._build()

    @classmethod
    def _server_values(cls):
        return {
            "name": "Exchange",
            "service": "exchange",
            "folders_url": f"{cls.sim.short_url}/ChildFolders",
        }

    @classmethod
    def _build(cls):
        """Make users, mailboxes, contacts and mails, and remember the state."""
        for login in (FIRST, SECOND):
            cls.sim.add_mailbox(login)
        people = {each.partition("@")[0]: cls.account_values for each in (FIRST, SECOND)}
        scene = cls.odoo.run(
            "build", server=cls._server_values(), people=people, contacts=CONTACTS
        )
        cls.folders = scene["folders"]
        talk = cls.odoo.run("talk", partner=scene["contacts"]["bob"], event="Meeting")
        cls.mails = sixty_mails(scene["contacts"], talk)
        for mail in cls.mails:
            for login, direction in mail.boxes:
                folder = cls.folders[login][direction]
                item = cls.sim.drop(login, folder, mail.raw)
                mail.items.append((login, item.immutable_id))
        cls.database.wait_alone()
        cls.kept.become(cls.database)
        cls.noise, cls.messages = cls._noise(), cls._count_messages()
        cls._mailboxes = {
            key: pickle.dumps(box) for key, box in cls.sim.store.mailboxes.items()
        }

    def restore(self):
        """Everything as it was before the first synchronisation."""
        self.tap.reset()
        self.sim.faults.clear()
        self.database.become(self.kept)
        for key, state in self._mailboxes.items():
            box = pickle.loads(state)  # noqa: S301
            box.clock = self.sim.clock
            self.sim.store.mailboxes[key] = box

    # What has to be true

    @classmethod
    def _noise(cls):
        counts = ", ".join(f"(SELECT count(*) FROM {table})" for table in NOISE)
        return cls.database.query(f"SELECT {counts}")[0]

    @classmethod
    def _count_messages(cls):
        sql = "SELECT count(*) FROM mail_message WHERE message_type = 'email'"
        return cls.database.query(sql)[0][0]

    def in_folder(self, login, immutable_id, direction):
        """Whether a copy still lies in its transfer folder."""
        item = self.sim.mailbox(login).items[immutable_id]
        return item.container.id == self.folders[login][direction]

    def check_nothing_lost(self):
        """What is no longer in a transfer folder is in Odoo, and durable."""
        for mail in self.mails:
            for (login, direction), item in zip(mail.boxes, mail.items, strict=True):
                if not self.in_folder(*item, direction):
                    self.check_mail(mail)
                    self.assertEqual(self._sources(login, item[1]), 1, mail.subject)

    def check_end(self):
        """Each mail exactly once where it belongs, the transfer folders empty."""
        for mail in self.mails:
            self.check_mail(mail)
            for (login, direction), item in zip(mail.boxes, mail.items, strict=True):
                self.assertEqual(self._sources(login, item[1]), 1, mail.subject)
                self.assertFalse(self.in_folder(*item, direction), mail.subject)
        self.check_totals()

    def check_totals(self):
        """Nothing that no mail accounts for."""
        query = self.database.query
        rows = query("SELECT count(*) FROM exchange_mail")[0][0]
        self.assertEqual(rows, len(self.mails))
        expected = self.messages + sum(mail.places.total() for mail in self.mails)
        self.assertEqual(self._count_messages(), expected)
        self.assertEqual(self._noise(), self.noise)
        running = query("SELECT count(*) FROM exchange_sync_run WHERE state = 'running'")
        self.assertEqual(running[0][0], 0, "a run that never ends")

    def check_mail(self, mail):
        """One row and one message in each place, with all attachments."""
        query = self.database.query
        rows = query("SELECT id, state FROM exchange_mail WHERE subject = %s", mail.subject)
        self.assertEqual([state for _id, state in rows], [mail.state], mail.subject)
        messages = query(
            "SELECT model, res_id, id, (SELECT count(*) FROM message_attachment_rel r "
            "WHERE r.message_id = m.id) FROM mail_message m "
            "WHERE subject = %s AND message_type = 'email'",
            mail.subject,
        )
        places = Counter((model, res_id) for model, res_id, _id, _parts in messages)
        self.assertEqual(places, mail.places, mail.subject)
        for _model, _res_id, _id, parts in messages:
            self.assertEqual(parts, mail.parts, mail.subject)
        if mail.state == "to_assign":
            parts = query(
                "SELECT count(*) FROM ir_attachment "
                "WHERE res_model = 'exchange.mail' AND res_id = %s",
                rows[0][0],
            )
            self.assertEqual(parts[0][0], mail.parts, mail.subject)

    def _sources(self, login, immutable_id):
        return self.database.query(
            "SELECT count(*) FROM exchange_mail_source s "
            "JOIN exchange_account a ON a.id = s.account_id "
            "WHERE a.login = %s AND s.remote_id = %s",
            login,
            immutable_id,
        )[0][0]

    def log_has(self, word):
        """Whether a word stands in the log of the worker processes."""
        return word in Path(self.odoo.log).read_text(errors="replace")
