from datetime import timedelta
from urllib.parse import quote

from odoo import fields
from odoo.tests import tagged

from .common import PASSWORD, signed_eml
from .error_case import LISTING, ONE_MAIL, ErrorCase
from .fault_case import Fault


@tagged("post_install", "-at_install")
class TestErrorsFinal(ErrorCase):
    """What is refused for good, and servers that are not reached."""

    # Refused for good

    def test_bad_request_at_one_mail(self):
        account = self.new_account(mail_delete_after_transfer=True)
        items = [self.drop(account, subject=f"Mail {number}") for number in range(3)]
        bad = items[1]
        error = Fault.status(400, "ErrorCorruptData", "The item is corrupt.")
        self.fault(error, self.reading(bad))
        run = self.run_sync(account)
        reason = "The mail server refused the request: The item is corrupt."
        self.assertEqual((run.state, run.filed, run.failed), ("partial", 2, 1))
        self.assertEqual(run.error, reason, "the subject is its owner's alone")
        row = self.mails_of(account).filtered(lambda mail: mail.state == "failed")
        self.assertEqual((row.subject, row.error), ("Mail 1", reason))
        self.assertTrue(self.in_folder(account, bad), "it is not in Odoo")
        run = self.run_sync(account)
        self.assertEqual((run.state, run.found), ("done", 0), "as long as it is so")
        self.sim.mailbox(account.login).touch(bad, isRead=True)
        self.run_sync(account, 2)
        self.assertEqual((row.exists(), row.state), (row, "failed"))
        self.mend()
        self.sim.mailbox(account.login).touch(bad, isRead=False)
        self.run_sync(account, 2)
        self.assertFalse(self.in_folder(account, bad))
        self.assertFiledInTheEnd(account, 3)

    def test_try_again(self):
        account = self.new_account()
        bad = self.drop(account)
        error = Fault.status(400, "ErrorCorruptData", "The item is corrupt.")
        self.fault(error, self.reading(bad))
        self.run_sync(account)
        row = self.mails_of(account)
        row.action_retry()
        run = self.run_sync(account)
        self.assertEqual((run.found, run.failed, row.state), (1, 1, "failed"))
        self.mend()
        self.assertEqual(self.run_sync(account).found, 0, "not by itself")
        row.action_retry()
        self.assertEqual(self.run_sync(account).filed, 1)
        self.assertFiledInTheEnd(account)

    def test_young_failures_are_tried_again_the_next_day(self):
        account = self.new_account()
        old, young = self.drop(account), self.drop(account)
        error = Fault.status(400, "ErrorCorruptData", "The item is corrupt.")
        for bad in (old, young):
            self.fault(error, self.reading(bad))
        self.run_sync(account)
        self.mend()
        rows = self.mails_of(account).sudo()
        of_old = rows.source_ids.filtered(lambda row: row.remote_id == old.immutable_id)
        self.env.cr.execute(
            "UPDATE exchange_mail SET create_date = create_date - interval '8 days' "
            "WHERE id = %s",
            [of_old.mail_id.id],
        )
        account.last_sync -= timedelta(days=1)
        run = self.run_sync(account)
        self.assertEqual((run.filed, run.found), (1, 1))
        self.assertEqual(self.mails_of(account).filtered("error"), of_old.mail_id)

    def test_server_error_at_one_mail(self):
        """A mail that makes the server fail is broken, and the others go on."""
        for status in (500, 424):
            with self.subTest(status):
                account = self.new_account()
                count = len(self.messages_of(self.ada))
                items = [self.drop(account, subject=f"{n}") for n in range(3)]
                self.fault(Fault.status(status), self.reading(items[1]))
                with self.quiet():
                    run = self.run_sync(account)
                self.assertEqual((run.filed, run.failed), (2, 1), run.error)
                self.mend()
                failed = self.mails_of(account).filtered("error")
                failed.action_retry()
                self.assertFiledInTheEnd(account, count + 3)

    def test_other_users_copy_of_a_failed_mail(self):
        """What fails in one mailbox is read in another, and is not deleted unread."""
        first = self.new_account(mail_delete_after_transfer=True)
        second = self.new_account(mail_delete_after_transfer=True)
        raw = self.eml(to=f"{first.login}, {second.login}")
        bad, good = self.drop(first, raw), self.drop(second, raw)
        error = Fault.status(400, "ErrorCorruptData", "The item is corrupt.")
        self.fault(error, self.reading(bad))
        self.run_sync(first)
        self.run_sync(second, 2)
        self.assertEqual(len(self.messages_of(self.ada)), 1)
        self.assertFalse(self.in_folder(second, good))
        self.assertEqual(self.mails_of(first).state, "filed")

    def test_mail_that_is_too_large(self):
        """A signed mail can only be read as a whole."""
        account = self.new_account()
        big = self.drop(account, signed_eml())
        self.drop(account, subject="The next one")
        path = f"GET .*{quote(big.immutable_id, safe='')}/.value"
        self.fault(Fault.oversized(65 * 2**20), path)
        run = self.run_sync(account)
        self.assertEqual((run.filed, run.failed), (1, 1), run.error)
        self.assertIn("too large", run.error)

    def test_no_mail_can_be_read(self):
        """Then it is the server, and no mail is to blame."""
        account = self.new_account()
        for number in range(6):
            self.drop(account, subject=f"Mail {number}")
        for status in (500, 400, 403):
            with self.subTest(status):
                self.fault(Fault.status(status), ONE_MAIL)
                run = self.run_sync(account, kinds=["mail"])
                self.assertEqual((run.state, run.failed), ("failed", 0))
                self.assertFalse(self.mails_of(account))
                self.mend()
        self.assertFiledInTheEnd(account, 6)

    # Not reached

    def test_transport_error(self):
        account = self.new_account()
        self.run_sync(account)
        links = account.folder_ids.mapped("delta_link")
        self.drop(account)
        self.fault(Fault.drop())
        distances = []
        for number in range(4):
            run = self.run_sync(account)
            self.assertState(
                account,
                "connected",
                "The mail server could not be reached: "
                "The connection to the server was cut.",
                run,
                "failed",
            )
            self.assertEqual(account.failures, number + 1)
            distances.append(self.minutes_until(account.next_sync))
        interval = account.effective_interval
        for number, distance in enumerate(distances, start=1):
            self.assertAlmostEqual(distance / interval, 2**number, delta=2**number / 5)
        self.assertEqual(account.folder_ids.mapped("delta_link"), links)
        self.assertTrue(self.is_due(account))
        self.assertFiledInTheEnd(account)

    def test_transport_error_in_the_middle(self):
        """The kind that was at work stops; the distance grows all the same."""
        account = self.new_account()
        self.drop(account)
        self.fault(Fault.drop(), LISTING)
        for number in range(2):
            run = self.run_sync(account, kinds=["mail"])
            self.assertEqual(run.state, "failed")
            self.assertEqual(account.failures, number + 1)
        self.assertFiledInTheEnd(account)

    def test_whatever_the_password_is_it_is_in_no_error(self):
        account = self.new_account()
        for fault in (Fault.drop(), Fault.page(), Fault.malformed(), Fault.status(400)):
            self.sim.faults.clear()
            self.fault(fault)
            run = self.run_sync(account)
            self.assertNotIn(PASSWORD, run.error)

    # Died

    def test_run_whose_process_died(self):
        account = self.new_account()
        runs = self.env["exchange.sync.run"]
        values = {
            "account_id": account.id,
            "user_id": account.user_id.id,
            "trigger": "schedule",
        }
        old = runs.create(
            {**values, "started": fields.Datetime.now() - timedelta(days=2)}
        )
        runs._gc_runs()
        self.assertEqual(old.state, "interrupted")
        young = runs.create(values)
        self.drop(account)
        self.run_sync(account)
        self.assertEqual(young.state, "interrupted")
        self.assertEqual(young.error, "Odoo was stopped during this run.")
