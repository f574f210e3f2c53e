from datetime import timedelta

from odoo import fields
from odoo.tests import Form, new_test_user, tagged

from ..client import Throttled, TransportError
from .common import ExchangeCase

MANAGER = "exchange_connector.exchange_connector_group_manager"


class PaceCase(ExchangeCase):
    def setUp(self):
        super().setUp()
        self.now = fields.Datetime.now()

    def tick(self):
        with self.enter_registry_test_mode():
            self.env.ref("exchange_connector.ir_cron_sync").method_direct_trigger()
        self.env.invalidate_all()

    def due(self, *accounts):
        for account in accounts:
            account.next_sync = self.now - timedelta(minutes=1)

    def is_due(self, account):
        return account in account.search(account._due_domain())


@tagged("post_install", "-at_install")
class TestPace(PaceCase):
    """The mailbox decides its pace, and a service that is overloaded its own ones'."""

    def test_one_mailbox_waits_alone(self):
        busy, other = self.new_account(self.office), self.new_account(self.office)
        busy._note_client_error(Throttled(retry_after=120))
        self.due(busy, other)
        self.assertFalse(self.is_due(busy))
        self.assertTrue(self.is_due(other))
        self.assertFalse(self.office.backoff_until)

    def test_a_service_that_is_overloaded(self):
        accounts = [self.new_account(self.office) for _each in range(4)]
        foreign = self.new_account(self.exchange)
        self.due(*accounts, foreign)
        for account in accounts[:3]:
            account.next_sync = self.now + timedelta(minutes=3)  # as claimed ones are
            account._note_client_error(Throttled(retry_after=120))
        self.assertTrue(self.office._is_paused())
        waiting = (accounts[3].next_sync - self.now).total_seconds()
        self.assertGreater(waiting, 110)
        self.assertLess(waiting, 250)
        self.due(accounts[3])
        self.assertFalse(self.is_due(accounts[3]))
        self.assertTrue(self.is_due(foreign), "others are not delayed")
        sentence = accounts[3]._state_sentence()
        self.assertIn("The mail server is busy", sentence)
        self.office.backoff_until = self.now - timedelta(seconds=1)
        self.assertTrue(self.is_due(accounts[3]))

    def test_a_few_of_many_are_no_overload(self):
        accounts = [self.new_account(self.office) for _each in range(20)]
        for account in accounts:
            account.last_sync = self.now
        for account in accounts[:3]:
            account._note_client_error(Throttled(retry_after=120))
        self.assertFalse(self.office._is_paused())

    def test_a_pause_is_not_longer_than_ten_minutes(self):
        """The mailboxes wait as long as they were told; the service is asked again."""
        accounts = [self.new_account(self.office) for _each in range(3)]
        for account in accounts:
            account._note_client_error(Throttled(retry_after=3600))
        self.assertLess(self.office.backoff_until, self.now + timedelta(minutes=11))
        for account in accounts:
            self.assertGreater(account.backoff_until, self.now + timedelta(minutes=59))

    def test_the_distance_grows_with_each_failure(self):
        account = self.new_account()
        distances = []
        for failures in range(1, 12):
            account.failures = failures
            account._set_next()
            distance = account.next_sync - fields.Datetime.now()
            distances.append(distance.total_seconds() / 60 / 15)
        for number, distance in enumerate(distances[:6], 1):
            self.assertGreater(distance, 0.89 * 2**number)
            self.assertLess(distance, 1.11 * 2**number)
        self.assertLess(max(distances), 96 * 1.11)


@tagged("post_install", "-at_install")
class TestLastingFailures(PaceCase):
    """Who must know that a mailbox fails for days learns it once, and by no mail."""

    def setUp(self):
        super().setUp()
        self.account = self.new_account()
        self.chief = new_test_user(
            self.env, "chief", groups=MANAGER, email="chief@contoso.example"
        )
        self.mails = self.env["mail.mail"].search_count([])

    def told(self, user):
        activities = self.env["mail.activity"].search(
            [("user_id", "=", user.id)], order="id"
        )
        return activities.mapped("summary")

    def fail(self, *accounts):
        """A run of each that fails, and its time comes again."""
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            for account in accounts or [self.account]:
                account.with_env(account.env(cr=cr))._sync_locked(
                    ["mail"], "schedule", None, TransportError("away")
                )
        self.env.invalidate_all()

    def days_later(self, days, *accounts):
        for account in accounts or [self.account]:
            account.failing_since -= timedelta(days=days)

    def test_told_once_and_once_when_it_is_back(self):
        user = self.account.user_id
        self.fail()
        self.tick()
        self.assertEqual(self.told(user), [])
        self.days_later(3)
        for _tick in range(2):
            self.tick()
            self.assertEqual(len(self.told(user)), 1)
            self.assertIn("has not been synchronised since", self.told(user)[0])
            self.assertEqual(
                self.told(self.chief),
                ["Exchange: mailboxes without a synchronisation for days (1)"],
            )
        self.account.sync()
        for _tick in range(2):
            self.tick()
            self.assertEqual(
                self.told(user), ["Your Outlook mailbox is synchronised again"]
            )
            self.assertEqual(
                self.told(self.chief),
                ["Exchange: all mailboxes are synchronised again"],
            )
        self.assertEqual(self.env["mail.mail"].search_count([]), self.mails)

    def test_many_are_one_activity_for_an_administrator(self):
        others = [self.new_account() for _each in range(11)]
        accounts = [self.account, *others]
        self.fail(*accounts)
        self.days_later(3, *accounts[:2])
        self.tick()
        self.days_later(3, *accounts[2:])
        self.tick()
        self.assertEqual(
            self.told(self.chief),
            ["Exchange: mailboxes without a synchronisation for days (12)"],
        )
        for account in accounts:
            self.assertEqual(len(self.told(account.user_id)), 1)
        note = self.env["mail.activity"].search([("user_id", "=", self.chief.id)]).note
        self.assertIn(self.account.user_id.name, note)
        self.assertIn("away", note)

    def test_a_failure_that_passes(self):
        self.fail()
        self.assertTrue(self.account.failing_since)
        self.account.sync()
        self.assertFalse(self.account.failing_since)

    def test_after_how_many_days_is_set(self):
        with Form(self.env["res.config.settings"]) as settings:
            settings.exchange_tell_after_days = 5
        settings.record.execute()
        self.fail()
        self.days_later(4)
        self.tick()
        self.assertEqual(self.told(self.account.user_id), [])
        self.days_later(2)
        self.tick()
        self.assertEqual(len(self.told(self.account.user_id)), 1)

    def test_who_has_to_sign_in_again_was_told_so_already(self):
        self.fail()
        self.env["exchange.credential"]._set_secret(self.account, "password", "wrong")
        self.account.sync()
        self.assertEqual(self.account.state, "reconnect")
        self.assertFalse(self.account.failing_since)
