import os
from functools import partial
from unittest.mock import patch

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from odoo.tests import tagged
from odoo.tools import mute_logger

from ..client import Pace, session
from .contact_case import ContactCase
from .examples import examples
from .simulator import Fault

EXHAUSTIVE = bool(os.environ.get("EXCHANGE_FAULTS"))
EXAMPLES = 100 if EXHAUSTIVE else 25

ENGINE = "odoo.addons.exchange_connector.models.exchange_account_engine"
NAMES = [f"Person {number}" for number in range(5)]
# What may happen to the answer of a request.
FAULTS = {
    "answer lost": (Fault.drop(), "POST .*batch"),
    "request lost": (Fault.drop(worked=False), "POST .*batch"),
    "cut": (Fault.cut(), "POST .*batch"),
    "proxy": (Fault.page(), "POST .*batch"),
    "item done, answer 503": (
        Fault.status(503, worked=True),
        "(POST|PATCH) .*contacts",
    ),
    "item done, answer 500": (
        Fault.status(500, worked=True),
        "(POST|PATCH) .*contacts",
    ),
    "item refused": (Fault.status(400), "(POST|PATCH) .*contacts"),
    "item too many": (Fault.status(429, headers={"Retry-After": "900"}), "contacts"),
    "delta": (Fault.status(503), "delta"),
    "delete done, answer lost": (Fault.status(504, worked=True), "DELETE"),
}


class Histories(RuleBasedStateMachine):
    """One user, five addresses, and everything that can happen to them."""

    case = None

    def __init__(self):
        super().__init__()
        self.savepoint = self.case.env.cr.savepoint()
        self.savepoint.__enter__()
        self.case.setUpHistory()
        self.account = self.case.account
        self.partners = self.case.env["res.partner"].create(
            [{"name": name, "email": "same@customer.example"} for name in NAMES]
        )
        self.own = self.case.own_contact("Person 0", "same@customer.example")
        self.own_before = dict(self.own.data)
        self.friends = self.backup = None

    def teardown(self):
        self.case.sim.faults.clear()
        self.case.env.flush_all()
        self.savepoint.close(rollback=True)
        self.case.env.invalidate_all(flush=False)
        self.case.env.registry.clear_cache()

    def one(self, number):
        """One of the partners that there are, or none."""
        found = self.partners.exists()
        return found[number % len(found)] if found else found

    # What happens in Odoo

    @rule(number=st.integers(0, 4))
    def subscribes(self, number):
        self.case.subscribe(self.one(number))

    @rule()
    def subscribes_to_all(self):
        self.case.subscribe(self.partners.exists())

    @rule(number=st.integers(0, 4))
    def unsubscribes(self, number):
        self.case.unsubscribe(self.one(number))

    @rule(number=st.integers(0, 4), phone=st.sampled_from(["1", "2", "3"]))
    def a_partner_changes(self, number, phone):
        self.one(number).phone = phone

    @rule(number=st.integers(0, 4))
    def a_partner_is_archived_or_back(self, number):
        partner = self.one(number)
        partner.active = not partner.active

    @rule(number=st.integers(0, 4))
    def a_partner_is_deleted(self, number):
        if len(self.partners.exists()) > 2:
            self.one(number).unlink()

    @rule(number=st.integers(0, 4))
    def two_partners_are_merged(self, number):
        one = self.one(number)
        others = self.partners.exists().filtered("active") - one
        if one.active and len(others) > 1:
            self.case.merge(others[0], into=one)

    @rule(delete=st.booleans(), own=st.booleans())
    def the_user_chooses(self, delete, own):
        self.account.write(
            {
                "contact_delete_on_unsubscribe": delete,
                "contact_subscribe_own_customers": own,
            }
        )

    @rule(where=st.sampled_from(["default", "own"]))
    def another_folder(self, where):
        self.account.contact_target = where

    @rule(number=st.integers(0, 4), mine=st.booleans())
    def a_customer_changes_hands(self, number, mine):
        self.one(number).user_id = mine and self.account.user_id

    @rule()
    def the_addon_is_installed_again(self):
        rows = self.case.env["exchange.subscription"].with_context(active_test=False)
        # What waits to be removed or moved is lost with the rows that knew of it.
        if not rows.search([("state", "=", "ending")]):
            rows.search([]).unlink()
            self.account.contact_delta_link = False

    # What happens in Outlook

    @rule(number=st.integers(0, 4))
    def deleted_in_outlook(self, number):
        items = self.case.ours()
        if items:
            self.case.delete_in_outlook(items[number % len(items)])

    @rule(number=st.integers(0, 4))
    def changed_in_outlook(self, number):
        items = self.case.ours()
        if items:
            self.case.change_in_outlook(items[number % len(items)], jobTitle="Poet")

    @rule(number=st.integers(0, 4), back=st.booleans())
    def moved_in_outlook(self, number, back):
        """Into a folder of the user's own, or to where contacts usually are."""
        items = self.case.ours()
        box = self.case.sim.mailbox(self.account.login)
        with box.lock:
            if self.friends is None:
                self.friends = box.add_container("contactFolder", "Friends", None)
            if items:
                item = items[number % len(items)]
                place = box.well_known["contacts"] if back else self.friends
                box.move(item, place)

    @rule()
    def the_position_expires(self):
        self.case.sim.expire_delta_tokens(self.account.login)

    # Backups

    COLUMNS = ("contact_delta_link", "contact_folder_id", "contact_links_elsewhere")

    def surroundings(self):
        """What a backup of the subscriptions alone must find as it left it."""
        return self.partners.exists(), self.account.contact_target

    @rule()
    def a_backup_is_made(self):
        env = self.case.env
        env.flush_all()
        env.cr.execute(
            "SELECT s::text FROM exchange_subscription s WHERE account_id = %s",
            [self.account.id],
        )
        rows = [row for (row,) in env.cr.fetchall()]
        values = self.account.read(self.COLUMNS)[0]
        del values["id"]
        self.backup = self.surroundings(), rows, values

    @rule()
    def the_backup_is_brought_back(self):
        """The address book is younger than the database then."""
        if not self.backup or self.backup[0] != self.surroundings():
            return
        env = self.case.env
        env.flush_all()
        env.cr.execute(
            "DELETE FROM exchange_subscription WHERE account_id = %s",
            [self.account.id],
        )
        for row in self.backup[1]:
            env.cr.execute(
                "INSERT INTO exchange_subscription"
                " SELECT (%s::exchange_subscription).*",
                [row],
            )
        env.invalidate_all()
        self.account.write(self.backup[2])

    # Runs

    @rule()
    def a_run(self):
        self.account.sync(("contact",))

    @rule(
        fault=st.sampled_from(sorted(FAULTS)),
        after=st.integers(0, 2),
        number=st.integers(0, 4),
    )
    def a_run_with_a_fault(self, fault, after, number):
        self.subscribes(number)
        what, match = FAULTS[fault]
        self.case.sim.faults.add(what, match=match, after=after, count=1)
        self.account.sync(("contact",))
        self.case.sim.faults.clear()

    @rule()
    def quiet_at_last(self):
        """Two undisturbed runs, and all is as it should be."""
        failed = self.account.subscription_ids.filtered(lambda r: r.state == "failed")
        failed.with_user(self.account.user_id).action_retry()
        for _number in range(2):
            run = self.account.sync(("contact",))
            self.case.assertEqual(run.state, "done", run.error)
        again = self.account.sync(("contact",))
        self.case.assertEqual(self.case.counts(again), (0, 0, 0, 0, 0))
        mine = self.partners.exists().filtered(self.case.is_subscribed)
        wanted = {partner.id: partner for partner in mine}
        found = self.marks()
        self.case.assertLessEqual(set(wanted), set(found), "lost")
        for partner_id, partner in wanted.items():
            phones = found[partner_id].data["businessPhones"]
            self.case.assertEqual(phones, [partner.phone] if partner.phone else [])

    def marks(self):
        """{record id: item} of our contacts in the folder they belong to."""
        found = {}
        for item in self.case.ours():
            (mark,) = item.extended.values()
            found[int(mark.rpartition(":")[2])] = item
        return found

    # What holds

    @invariant()
    def nothing_doubled_nothing_touched(self):
        rows = self.case.env["exchange.subscription"].with_context(active_test=False)
        replaced = rows.search([("replaced", "=", True)])
        moving = replaced.mapped("remote_id")
        unheard = replaced.filtered(lambda row: not row.remote_id).mapped("record_id")
        marks = [
            tuple(item.extended.values())
            for item in self.case.ours()
            if item.immutable_id not in moving
        ]
        marks = [
            mark for mark in marks if int(mark[0].rpartition(":")[2]) not in unheard
        ]
        self.case.assertEqual(len(marks), len(set(marks)), "doubled")
        self.case.assertEqual(dict(self.own.data), self.own_before)
        self.case.assertIn(self.own, self.case.items())


@tagged("post_install", "-at_install", "exchange_histories")
class TestContactHistories(ContactCase):
    """Whatever happens in whatever order: no contact is doubled, none is lost, and the
    user's own stay as they are."""

    def setUp(self):
        super().setUp()
        quick = partial(Pace, first=0.001)
        self.startPatcher(patch.object(session, "Pace", quick))

    def setUpHistory(self):
        """A fresh user."""
        self.account = self.new_account()
        self.user = self.account.user_id

    def test_histories(self):
        machine = type("Machine", (Histories,), {"case": self})
        with mute_logger(ENGINE):
            run_state_machine_as_test(
                machine,
                settings=examples(EXAMPLES, stateful_step_count=25),
            )
