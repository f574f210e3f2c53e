from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from ..models.exchange_sync import Probe
from .error_case import BUSY, LISTING, ONE_MAIL, ErrorCase
from .fault_case import Fault


@tagged("post_install", "-at_install")
class TestErrors(ErrorCase):
    """What each kind of error means for the account, the run and the user."""

    # Sign-in

    def test_authentication_error(self):
        account = self.new_account()
        self.drop(account)
        self.sim.change_password(account.login, "another")
        activities = self.env["mail.activity"]
        mails = self.env["mail.mail"].search_count([])
        sentence = "User name or password is wrong. Enter the password again."
        for _again in range(2):
            run = self.run_sync(account)
            self.assertState(account, "reconnect", sentence, run, "failed")
            told = activities.search([("user_id", "=", account.user_id.id)])
            self.assertEqual(len(told), 1)
        self.assertIn(sentence, told.note)
        self.assertEqual(self.env["mail.mail"].search_count([]), mails)
        self.assertFalse(self.is_due(account))
        account.password = "another"
        account.action_connect()
        self.assertFalse(told.exists())
        self.assertTrue(self.is_due(account))
        self.assertFiledInTheEnd(account)

    # Rights

    def test_permission_denied(self):
        of_microsoft = (
            "Access was refused (ErrorAccessDenied). Your administrator has to grant "
            "the permissions Mail.ReadWrite, Calendars.ReadWrite and "
            "Contacts.ReadWrite for this mailbox."
        )
        of_exchange = (
            "The Exchange server refused access: Access is denied. Its administrator "
            "has to grant it."
        )
        refused = Fault.status(403, "ErrorAccessDenied", "Access is denied.")
        for server, words in (
            (self.exchange, of_exchange),
            (self.office, of_microsoft),
        ):
            account = self.new_account(server=server)
            self.drop(account)
            self.fault(refused, LISTING)
            run = self.run_sync(account, kinds=["mail"])
            self.assertState(account, "connected", words, run, "failed")
            self.assertTrue(self.is_due(account))
        self.assertFiledInTheEnd(account)

    def test_one_kind_is_refused_and_the_others_go_on(self):
        account = self.new_account()
        kinds = type(account)._sync_models
        done = []

        class Other:
            """A kind of item that always has something to do."""

            _sync_kind = "other"

            def with_context(self, **_values):
                return self

            def _hindrance(self, _account):
                return ""

            def _probe_links(self, _account):
                return Probe([], True)

            def _run(self, _account, mailbox, _pages, _log):
                done.append(mailbox.me()["id"])

        self.patch(
            type(account),
            "_sync_models",
            lambda model: {**kinds(model), "other": Other()},
        )
        self.drop(account)
        self.fault(Fault.status(403, "ErrorAccessDenied", "Access is denied."), LISTING)
        run = self.run_sync(account, kinds=["mail", "other"])
        self.assertEqual(run.state, "partial")
        self.assertIn("E-mails: The Exchange server refused access", run.error)
        self.assertEqual(len(done), 1)
        self.assertFiledInTheEnd(account)

    # Where the mailbox is

    def test_mailbox_not_found(self):
        account = self.new_account(server=self.office)
        self.drop(account)
        user = self.sim.user(account.login)
        user.mailbox = "on_premises"
        run = self.run_sync(account)
        self.assertState(
            account,
            "error",
            "This mailbox is not in Microsoft 365: it is on premises or has no licence."
            " Choose the Exchange server as service.",
            run,
            "failed",
        )
        user.mailbox = "online"
        self.assertTrue(self.is_due(account), "it may come back")
        self.assertFiledInTheEnd(account)

    # Gone

    def test_mail_that_vanished_after_it_was_listed(self):
        account = self.new_account()
        items = [self.drop(account, subject=f"Mail {number}") for number in range(3)]
        self.fault(Fault.status(404, "ErrorItemNotFound"), self.reading(items[1]))
        run = self.run_sync(account)
        self.assertEqual((run.state, run.filed, run.failed), ("done", 2, 0))
        box = self.sim.mailbox(account.login)
        box.move(items[1], box.well_known["archive"])
        self.assertFiledInTheEnd(account, 2)

    def test_mail_that_is_not_found_for_a_moment(self):
        account = self.new_account()
        items = [self.drop(account, subject=f"Mail {number}") for number in range(3)]
        self.fault(Fault.status(404, "ErrorItemNotFound"), self.reading(items[1]))
        self.run_sync(account)
        self.assertFiledInTheEnd(account, 3)

    def test_transfer_folder_that_vanished(self):
        for name, taken in (("it is made again", False), ("there is another", True)):
            with self.subTest(name):
                self._lose_folder(taken)

    def _lose_folder(self, taken):
        account = self.new_account()
        self.run_sync(account)
        box = self.sim.mailbox(account.login)
        folder = account.folder_ids.filtered(lambda row: row.direction == "incoming")
        lost = folder.remote_id
        box.remove_container(box.find_container(lost))
        if taken:
            twin = box.add_container("mailFolder", folder.name, box.well_known["inbox"])
        run = self.run_sync(account)
        self.assertEqual(run.state, "partial")
        self.assertIn(f"The transfer folder {folder.name} was deleted", run.error)
        self.assertEqual(account.last_error, run.error)
        self.assertNotEqual(folder.remote_id, lost)
        if taken:
            self.assertEqual(folder.remote_id, twin.id)
        count = len(self.messages_of(self.ada))
        self.drop(account)
        self.assertFiledInTheEnd(account, count + 1)

    # Changed meanwhile

    def test_mail_that_changed_before_it_is_deleted(self):
        account = self.new_account(mail_delete_after_transfer=True)
        item = self.drop(account)
        self._after_reading(account, lambda box: box.touch(item, isRead=True))
        run = self.run_sync(account)
        self.assertEqual((run.state, run.deleted), ("done", 1), run.error)
        self.assertFalse(self.in_folder(account, item))

    def test_mail_that_moved_before_it_is_deleted(self):
        account = self.new_account(mail_delete_after_transfer=True)
        item = self.drop(account)
        self._after_reading(
            account, lambda box: box.move(item, box.well_known["archive"])
        )
        run = self.run_sync(account)
        self.assertEqual((run.state, run.filed), ("done", 1), run.error)
        self.assertEqual(item.container.well_known, "archive", "it is the user's own")
        self.assertEqual(self.run_sync(account).state, "done")

    def _after_reading(self, account, act):
        """Something happens in the mailbox between the reading and the deletion."""
        box = self.sim.mailbox(account.login)
        sync = type(self.env["exchange.sync.mail"])
        clean_up = sync._clean_up

        def act_first(*args):
            with box.lock:
                act(box)
            return clean_up(*args)

        self.patch(sync, "_clean_up", act_first)

    # Forgotten positions

    def test_sync_state_expired(self):
        for spelling in (
            "SyncStateNotFound",
            "syncStateNotFound",
            "resyncRequired",
            "location",
        ):
            with self.subTest(spelling):
                self._expire(spelling)

    def _expire(self, spelling):
        account = self.new_account(mail_delete_after_transfer=False)
        self.patch(self.sim.quirks, "gone", spelling)
        count = len(self.messages_of(self.ada))
        self.drop(account)
        self.run_sync(account)
        self.sim.mailbox(account.login).delta_generation += 1
        self.drop(account)
        run = self.run_sync(account)
        self.assertEqual((run.state, run.found, run.error), ("done", 1, False))
        self.assertFiledInTheEnd(account, count + 2)

    # Too much

    def test_throttled(self):
        in_an_hour = fields.Datetime.now() + timedelta(hours=1)
        date = in_an_hour.strftime("%a, %d %b %Y %H:%M:%S GMT")
        for status, retry_after, minutes in (
            (429, "120", 2),
            (429, "150.5", 2.5),
            (429, date, 60),
            (429, None, 5),
            (503, "600", 10),
            (503, None, 5),
            (504, None, 5),
            (429, "864000", 360),
        ):
            with self.subTest(status=status, retry_after=retry_after):
                self._throttle(status, retry_after, minutes)

    def _throttle(self, status, retry_after, minutes):
        account = self.new_account()
        headers = {"Retry-After": retry_after} if retry_after else {}
        self.drop(account)
        count = len(self.messages_of(self.ada))
        self.fault(Fault.status(status, headers=headers))
        run = self.run_sync(account)
        self.assertState(account, "connected", BUSY, run, "paused")
        self.assertFalse(account.failures)
        pause = self.minutes_until(account.backoff_until)
        self.assertAlmostEqual(pause, minutes, delta=0.2)
        self.assertGreaterEqual(account.next_sync, account.backoff_until)
        self.assertFalse(self.is_due(account), "not before the pause is over")
        self.assertFiledInTheEnd(account, count + 1)

    def test_throttled_at_single_mails(self):
        """One item of a batch is refused, by 429: the mailbox is busy, not the mail."""
        account = self.new_account()
        for number in range(5):
            self.drop(account, subject=f"Mail {number}")
        headers = {"Retry-After": "300"}
        self.fault(Fault.status(429, headers=headers), ONE_MAIL, after=2)
        run = self.run_sync(account)
        self.assertState(account, "connected", BUSY, run, "paused")
        self.assertAlmostEqual(self.minutes_until(account.backoff_until), 5, delta=0.2)
        self.assertFiledInTheEnd(account, 5)

    def test_throttled_at_the_deletion(self):
        account = self.new_account(mail_delete_after_transfer=True)
        items = [self.drop(account, subject=f"Mail {number}") for number in range(5)]
        headers = {"Retry-After": "300"}
        self.fault(Fault.status(429, headers=headers), "DELETE ", after=2)
        run = self.run_sync(account)
        self.assertState(account, "connected", BUSY, run, "paused")
        self.assertEqual((run.filed, run.deleted), (5, 2))
        self.assertAlmostEqual(self.minutes_until(account.backoff_until), 5, delta=0.2)
        self.assertFiledInTheEnd(account, 5)
        self.assertFalse(any(self.in_folder(account, item) for item in items))
