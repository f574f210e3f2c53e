from socket import socket

from aiosmtpd.controller import Controller

from .fault_mails import FIRST, SECOND
from .process_case import ProcessCase


class Catcher:
    """A mail server that keeps what it is given."""

    def __init__(self):
        self.caught = []

    async def handle_DATA(self, _server, _session, envelope):
        self.caught.append((envelope.rcpt_tos, envelope.content))
        return "250 kept"


class TestMailCatcher(ProcessCase):
    """A real Odoo with a real mail server: a synchronisation sends nothing at all."""

    def test_nothing_leaves(self):
        catcher = Catcher()
        with socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        server = Controller(catcher, hostname="127.0.0.1", port=port)
        server.start()
        self.addCleanup(server.stop)
        self.restore()
        self.odoo.run("follow", smtp_port=port)
        self.odoo.run("send")
        catcher.caught.clear()
        noise = "SELECT count(*) FROM mail_notification"
        with self.database.connect() as query:
            before = query(noise)
        filed = [self.odoo.run("sync", login=login) for login in (FIRST, SECOND)]
        self.assertGreater(filed[0]["filed"], 20)
        self.odoo.run("send")
        self.assertEqual(catcher.caught, [])
        with self.database.connect() as query:
            self.assertEqual(query(noise), before)
        # The same Odoo does send when a user writes, so the silence means something.
        self.odoo.run("send", partner=self.contacts["ada"])
        self.assertTrue(catcher.caught)
