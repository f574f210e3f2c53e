"""What the tests of the addon share: a simulator, users, mailboxes, real mails."""

import base64
import os
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import make_msgid

from odoo import fields
from odoo.tests import TransactionCase, new_test_user

from . import examples
from .patience import let_midnight_pass
from .services import office_values
from .simulator import Simulator

PASSWORD = "secret"
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJ"
    "RU5ErkJggg=="
)


def make_eml(sender="ada@customer.example", to="user@contoso.example", **values):
    """The text of a mail, as bytes.

    :param values: ``subject``, ``text``, ``html``, ``cc``, ``date``, ``message_id``,
        ``headers`` (dict), ``attachments`` (list of (name, content, maintype/subtype)),
        ``inline`` (the same with a Content-ID: (cid, content, type))
    """
    message = EmailMessage()
    message["From"] = sender
    message["To"] = to
    if values.get("cc"):
        message["Cc"] = values["cc"]
    message["Subject"] = values.get("subject", "An offer")
    message["Date"] = values.get("date", "Tue, 10 Nov 2026 09:30:00 +0100")
    message_id = values.get("message_id", make_msgid(domain="customer.example"))
    if message_id:
        message["Message-ID"] = message_id
    for name, value in values.get("headers", {}).items():
        message[name] = value
    message.set_content(values.get("text", "Good morning,\nplease call me.\n"))
    if "html" in values:
        message.add_alternative(values["html"], subtype="html")
        for cid, content, kind in values.get("inline", ()):
            maintype, subtype = kind.split("/")
            message.get_payload()[1].add_related(
                content, maintype, subtype, cid=f"<{cid}>"
            )
    for name, content, kind in values.get("attachments", ()):
        maintype, subtype = kind.split("/")
        message.add_attachment(
            content, maintype=maintype, subtype=subtype, filename=name
        )
    return message.as_bytes()


def attach_eml(raw, inner):
    """``raw`` with the mail ``inner`` attached."""
    message = message_from_bytes(raw, policy=policy.default)
    message.add_attachment(message_from_bytes(inner, policy=policy.default))
    return message.as_bytes()


def signed_eml(sender="ada@customer.example"):
    """A mail signed with S/MIME; the signature itself is not checked by anybody."""
    return f"""From: {sender}
To: user@contoso.example
Subject: Signed
Date: Tue, 10 Nov 2026 09:30:00 +0100
Message-ID: {make_msgid(domain="customer.example")}
MIME-Version: 1.0
Content-Type: multipart/signed; protocol="application/pkcs7-signature";
 micalg=sha-256; boundary="outer"

--outer
Content-Type: multipart/mixed; boundary="inner"

--inner
Content-Type: text/plain; charset=utf-8

Here are the signed words.
--inner
Content-Type: text/plain; name="signed.txt"
Content-Disposition: attachment; filename="signed.txt"

attached
--inner--

--outer
Content-Type: application/pkcs7-signature; name="smime.p7s"
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename="smime.p7s"

MIIGPgYJKoZIhvcNAQcCoIIGLzCCBisCAQExDzAN
--outer--
""".encode()


class ExchangeCase(TransactionCase):
    """One simulator a class; per test fresh users with connected mailboxes."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sim = Simulator(**cls._simulator_options())
        # The long histories read a mailbox more often in a minute than others in a day.
        if os.environ.get("EXCHANGE_FAULTS") or examples.TIMES:
            cls.sim.limits.requests = None
        cls.sim.start()
        cls.addClassCleanup(cls.sim.stop)
        cls.office = cls.env["exchange.server"].create(cls._office_values())
        cls.exchange = cls.env["exchange.server"].create(
            {
                "name": "Exchange",
                "service": "exchange",
                "folders_url": f"{cls.sim.short_url}/ChildFolders",
            }
        )

    @classmethod
    def _simulator_options(cls):
        return {}

    @classmethod
    def _office_values(cls):
        return office_values(cls.sim)

    def setUp(self):
        super().setUp()
        let_midnight_pass()

    _number = 0

    def new_account(self, server=None, name=None, **values):
        """A user with a mailbox and a connected account with both transfer folders."""
        ExchangeCase._number += 1
        name = name or f"user{ExchangeCase._number}"
        address = f"{name}@contoso.example"
        self.sim.add_mailbox(address, PASSWORD)
        user = new_test_user(self.env, name, groups="base.group_user", email=address)
        server = server or self.exchange
        account = self.env["exchange.account"].create(
            {
                "user_id": user.id,
                "server_id": server.id,
                "auth_method": "password",
                "login": address,
                "password": PASSWORD,
                **values,
            }
        )
        account._connect()
        # Started by its user, as far as the schedule is concerned.
        account.next_sync = fields.Datetime.now()
        account.with_user(user).action_create_folders()
        return account

    def folder(self, account, direction="incoming"):
        """The path of an account's transfer folder in the simulator."""
        folders = account.folder_ids.filtered(
            lambda folder: folder.direction == direction
        )
        return folders.sorted("id")[:1].remote_id

    def eml(self, **values):
        return make_eml(**values)

    def drop(self, account, eml=None, direction="incoming", **values):
        """Put a mail into a transfer folder. :return: the simulator's item"""
        raw = eml or make_eml(**values)
        return self.sim.drop(account.login, self.folder(account, direction), raw)

    def partner(self, email="ada@customer.example", **values):
        """A contact."""
        return self.env["res.partner"].create(
            {"name": values.pop("name", "Ada Lovelace"), "email": email, **values}
        )

    def queries(self, work):
        """:return: how many queries of the database a function takes"""
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        work()
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def messages_of(self, record):
        """The e-mails in the chatter of a record, oldest first."""
        return self.env["mail.message"].search(
            [
                ("model", "=", record._name),
                ("res_id", "=", record.id),
                ("message_type", "=", "email"),
            ],
            order="id",
        )

    def mails_of(self, account):
        """The ``exchange.mail`` of an account, as its user sees them."""
        return self.env["exchange.mail"].with_user(account.user_id).search([])

    def in_folder(self, account, item, direction="incoming"):
        """Whether a mail still lies in the transfer folder."""
        return item.container.id == self.folder(account, direction)
