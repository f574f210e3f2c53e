import re
from urllib.parse import quote

from .fault_case import FaultCase

LISTING = "GET .*/messages/delta"
BATCH = r"POST .*\$batch"
ONE_MAIL = r"GET .*/messages/(?!delta)[^/?]+\?"
BUSY = "The mail server is busy. The synchronisation goes on later."


class ErrorCase(FaultCase):
    """What each kind of error means for the account, the run and the user."""

    def setUp(self):
        super().setUp()
        self.ada = self.partner()

    def assertState(self, account, state, error, run=None, run_state=None):
        self.assertEqual(account.state, state)
        self.assertEqual(account.last_error, error)
        if run:
            self.assertEqual((run.state, run.error), (run_state, error))

    def assertFiledInTheEnd(self, account, count=1):
        """Once the fault is gone, the next run ends well, and each mail is there."""
        self.mend()
        run = self.run_sync(account)
        self.assertEqual((run.state, run.error), ("done", False))
        self.assertState(account, "connected", False)
        self.assertFalse(account.failures or account.backoff_until)
        self.assertEqual(len(self.messages_of(self.ada)), count)
        self.assertEqual(self.run_sync(account).found, 0)

    def reading(self, item):
        """Matches the request that reads one mail."""
        return f"GET .*{re.escape(quote(item.immutable_id, safe=''))}"
