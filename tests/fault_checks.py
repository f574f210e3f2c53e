"""What must be true of the sixty mails, at any time and in the end."""

import pickle
from collections import Counter, namedtuple

from .fault_mails import FIRST, SECOND
from .fault_tally import Tallied

# What nobody may get because of a synchronisation.
NOISE = ("mail_mail", "mail_notification", "mail_activity", "res_partner")


class FaultChecks(Tallied):
    """A test case with the sixty mails in mailboxes of a simulator.

    :cvar sim: the simulator
    :cvar mails: list of ``Expected``
    :cvar folders: {login: {direction: remote id}} of the transfer folders
    :cvar database: has ``connect()``, as ``process.Database``
    :cvar first: the :class:`Picture` before any synchronisation
    """

    # Whether what has been transferred is deleted in the mailbox.
    deletes = True

    @classmethod
    def keep_mailboxes(cls):
        """Remember what is in the mailboxes now."""
        cls._mailboxes = {
            key: pickle.dumps(box) for key, box in cls.sim.store.mailboxes.items()
        }
        cls._tokens = cls.sim.store.tokens.state()

    @classmethod
    def drop_mails(cls):
        """Put each mail into the mailboxes where it belongs."""
        for login in (FIRST, SECOND):
            for mail in cls.order(login):
                for direction in [box[1] for box in mail.boxes if box[0] == login]:
                    folder = cls.folders[login][direction]
                    item = cls.sim.drop(login, folder, mail.raw)
                    mail.items.append((login, item.immutable_id))

    @classmethod
    def order(cls, _login):
        """Hook: the mails in the order they come into a mailbox."""
        return cls.mails

    def restore_mailboxes(self):
        """Put back what :meth:`keep_mailboxes` has seen."""
        for key, state in self._mailboxes.items():
            box = pickle.loads(state)  # noqa: S301
            box.clock = self.sim.clock
            self.sim.store.mailboxes[key] = box
        key, *tokens = self._tokens
        self.sim.store.tokens.restore((key, *map(dict, tokens)))

    def in_folder(self, login, immutable_id, direction):
        """Whether a copy still lies in its transfer folder."""
        item = self.sim.mailbox(login).items[immutable_id]
        return item.container.id == self.folders[login][direction]

    def copies(self, mail):
        """(login, immutable id, whether it lies in the transfer folder) of each."""
        for (_login, direction), item in zip(mail.boxes, mail.items, strict=True):
            yield *item, self.in_folder(*item, direction)

    def check_nothing_lost(self):
        """What is no longer in a transfer folder is in Odoo, and durable."""
        picture = Picture(self.database)
        self.found(**self._harms(picture, ended=False))
        for mail in self.mails:
            for login, item_id, stays in self.copies(mail):
                if not stays:
                    self.check_mail(mail, picture)
                    self.assertIn((login, item_id), picture.sources, mail.subject)

    def check_end(self):
        """Each mail exactly once where it belongs, the transfer folders as wished."""
        picture = Picture(self.database)
        self.found(**self._harms(picture, ended=True))
        for mail in self.mails:
            self.check_mail(mail, picture)
            for login, item_id, stays in self.copies(mail):
                self.assertIn((login, item_id), picture.sources, mail.subject)
                self.assertEqual(stays, not self.deletes, mail.subject)
        self.assertEqual(len(picture.mails), len(self.mails))
        expected = self.first.messages + sum(mail.places.total() for mail in self.mails)
        self.assertEqual(picture.messages, expected)
        self.assertEqual(picture.noise, self.first.noise)
        self.assertEqual(picture.running, 0, "a run that never ends")

    def _harms(self, picture, ended):
        """Numbers for the tally.

        :param ended: all has been synchronised, so what is not there yet is lost
        """
        harms = Counter()
        for mail in self.mails:
            rows = [row for row in picture.mails if row.subject == mail.subject]
            found = Counter(
                {
                    place: len(parts)
                    for place, parts in picture.filed.get(mail.subject, {}).items()
                }
            )
            missing = (mail.places - found).total() or not rows
            harms["doubled"] += max(len(rows) - 1, 0) + (found - mail.places).total()
            harms["lost"] += int(ended and bool(missing))
            for *_copy, stays in self.copies(mail):
                wrong = not stays and (missing or not self.deletes)
                harms["deleted"] += int(bool(wrong))
        first = dict(zip(NOISE, self.first.noise[0], strict=True))
        noise = dict(zip(NOISE, picture.noise[0], strict=True))
        for name in ("mail_mail", "mail_notification"):
            harms["outsiders"] += noise[name] - first[name]
        return harms

    def check_mail(self, mail, picture):
        """One row and one message in each place, with all attachments."""
        rows = [row for row in picture.mails if row.subject == mail.subject]
        self.assertEqual([row.state for row in rows], [mail.state], mail.subject)
        found = picture.filed.get(mail.subject, {})
        self.assertEqual(
            {place: len(parts) for place, parts in found.items()},
            mail.places,
            mail.subject,
        )
        for parts in found.values():
            self.assertEqual(set(parts), {mail.parts}, mail.subject)
        if mail.state == "to_assign":
            self.assertEqual(rows[0].parts, mail.parts, mail.subject)


class Picture:
    """What is committed in the database, at one moment.

    :ivar mails: rows of ``exchange.mail`` with ``subject``, ``state`` and ``parts``
    :ivar filed: {subject: {(model, id): [attachments of each e-mail there]}}
    :ivar sources: (login, remote id) of the copies that were dealt with
    :ivar messages: number of e-mails in all chatters
    :ivar noise: numbers of rows that a synchronisation must not add
    :ivar running: runs without an end
    """

    Row = namedtuple("Row", "subject state parts")

    def __init__(self, database):
        with database.connect() as query:
            self.mails = [Picture.Row(*row) for row in query(_MAILS)]
            self.filed = {}
            for subject, model, res_id, parts in query(_MESSAGES):
                places = self.filed.setdefault(subject, {})
                places.setdefault((model, res_id), []).append(parts)
            self.sources = set(query(_SOURCES))
            self.messages = sum(
                len(parts) for its in self.filed.values() for parts in its.values()
            )
            self.noise = query(f"SELECT {', '.join(map(_COUNT.format, NOISE))}")
            ((self.running,),) = query(_RUNNING)


_COUNT = "(SELECT count(*) FROM {})"
_MAILS = """
    SELECT subject, state, (SELECT count(*) FROM ir_attachment a
                             WHERE a.res_model = 'exchange.mail' AND a.res_id = m.id)
      FROM exchange_mail m"""
_MESSAGES = """
    SELECT subject, model, res_id, (SELECT count(*) FROM message_attachment_rel r
                                     WHERE r.message_id = m.id)
      FROM mail_message m WHERE message_type = 'email'"""
_SOURCES = """
    SELECT a.login, s.remote_id
      FROM exchange_mail_source s JOIN exchange_account a ON a.id = s.account_id"""
_RUNNING = "SELECT count(*) FROM exchange_sync_run WHERE state = 'running'"
