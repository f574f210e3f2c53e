from contextlib import contextmanager

from aiosmtpd.controller import Controller

from .ports import free_port
from .process_case import ProcessCase


class Catcher:
    """A mail server that keeps what it is given."""

    def __init__(self):
        self.caught = []

    async def handle_DATA(self, _server, _session, envelope):
        self.caught.append((envelope.rcpt_tos, envelope.content))
        return "250 kept"


class CatcherCase(ProcessCase):
    """A real Odoo with a real mail server, where everybody follows everything."""

    def start_catcher(self):
        """:return: the :class:`Catcher` that Odoo sends to; nothing waits to be sent"""
        catcher = Catcher()
        port = free_port()
        server = Controller(catcher, hostname="127.0.0.1", port=port)
        server.start()
        self.addCleanup(server.stop)
        self.odoo.run("follow", smtp_port=port)
        self.odoo.run("send")
        catcher.caught.clear()
        return catcher

    @contextmanager
    def nothing_leaves(self, noise):
        """Nobody is written to within, nor does Odoo note that somebody should be.

        :param noise: a query that counts such notes
        """
        catcher = self.start_catcher()
        with self.database.connect() as query:
            before = query(noise)
        yield
        self.odoo.run("send")
        self.assertEqual(catcher.caught, [])
        with self.database.connect() as query:
            self.assertEqual(query(noise), before)
        # The same Odoo does send when a user writes, so the silence means something.
        self.odoo.run("send", partner=self.contacts["ada"])
        self.assertTrue(catcher.caught)
