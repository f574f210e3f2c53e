from .catcher_case import CatcherCase
from .fault_mails import FIRST, SECOND


class TestMailCatcher(CatcherCase):
    """A synchronisation of mails sends nothing at all."""

    def test_nothing_leaves(self):
        self.restore()
        with self.nothing_leaves("SELECT count(*) FROM mail_notification"):
            filed = [self.odoo.run("sync", login=login) for login in (FIRST, SECOND)]
            self.assertGreater(filed[0]["filed"], 20)
