import os

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import ExchangeCase, make_eml
from .examples import examples

EXHAUSTIVE = bool(os.environ.get("EXCHANGE_FAULTS"))
EXAMPLES = 80 if EXHAUSTIVE else 12

ADDRESSES = ["ada@customer.example", "bob@customer.example"]


class Histories(RuleBasedStateMachine):
    """One user, two addresses, and everything that can happen to them."""

    case = None

    def __init__(self):
        super().__init__()
        self.savepoint = self.case.env.cr.savepoint()
        self.savepoint.__enter__()
        self.account = self.case.new_account()
        self.mine = self.case.env["exchange.mail"].with_user(self.account.user_id)
        managers = self.case.env.ref("base.group_partner_manager")
        self.account.user_id.group_ids = [Command.link(managers.id)]
        self.dropped = []
        self.partners = self.case.env["res.partner"]

    def teardown(self):
        self.case.env.flush_all()
        self.savepoint.close(rollback=True)
        self.case.env.invalidate_all(flush=False)

    def mails(self, *states):
        return self.mine.search([("state", "in", states)], order="id")

    @initialize(number=st.sampled_from([1, 0, 2]))
    def each_address_has_contacts(self, number):
        for address in ADDRESSES * number:
            self.a_contact_is_made(address)

    # What happens

    @rule(address=st.sampled_from(ADDRESSES), out=st.booleans())
    def a_mail_is_moved_into_the_folder(self, address, out):
        message_id = f"<{len(self.dropped)}@histories.example>"
        people = {"sender": address, "to": self.account.login}
        if out:
            people = {"sender": self.account.login, "to": ", ".join(ADDRESSES)}
        raw = make_eml(message_id=message_id, **people)
        self.case.drop(self.account, raw, "outgoing" if out else "incoming")
        self.dropped.append(message_id)
        self.account.sync()

    @rule()
    def a_run(self):
        self.account.sync()

    @rule(address=st.sampled_from(ADDRESSES))
    def a_contact_is_made(self, address):
        self.partners += self.case.partner(address, name="Somebody")

    @rule(number=st.integers(0, 5))
    def a_contact_is_archived_or_back(self, number):
        partners = self.partners.exists()
        if partners:
            partner = partners[number % len(partners)]
            partner.active = not partner.active

    @rule(number=st.integers(0, 5))
    def two_contacts_are_merged(self, number):
        partners = self.partners.exists().filtered("active")
        if len(partners) > 1:
            one = partners[number % len(partners)]
            other = (partners - one)[0]
            wizard = self.case.env["base.partner.merge.automatic.wizard"]
            wizard._merge([one.id, other.id], one, extra_checks=False)

    # What the user does

    @rule(number=st.integers(0, 5), remember=st.booleans())
    def files_on_a_candidate(self, number, remember):
        for mail in self.mails("to_assign")[:1]:
            candidates = mail.candidate_ids
            if candidates:
                choice = candidates[number % len(candidates)]
                mail.action_file_on("res.partner", choice.id, remember)

    @rule(number=st.integers(0, 5))
    def makes_a_contact_of_one(self, number):
        mails = self.mails("to_assign")
        if mails:
            form = mails[number % len(mails)].action_create_contact()
            partners = self.partners.with_user(self.account.user_id)
            values = {"name": "New", "email": form["context"]["default_email"]}
            made = partners.with_context(**form["context"]).create(values)
            self.partners += made.with_env(self.partners.env)

    @rule(remember=st.booleans())
    def ignores(self, remember):
        self.mails("to_assign")[:1].action_ignore(remember)

    @rule(key=st.sampled_from([*ADDRESSES, "@customer.example"]))
    def makes_or_removes_a_rule_by_hand(self, key):
        rules = self.case.env["exchange.address.rule"].with_user(self.account.user_id)
        if own := rules.search([("address", "=", key)]):
            own.unlink()
        else:
            rules.create({"address": key})

    @rule()
    def takes_back(self):
        for mail in self.mails("filed", "ignored")[:1]:
            if mail.can_undo:
                mail.action_undo()

    @rule()
    def asks_twice(self):
        for mail in self.mails("to_assign")[:1]:
            partner = self.case.partner("x@other.example", name="Other")
            mail.action_file_on("res.partner", partner.id)
            if mail.state == "filed":
                with self.case.assertRaises(UserError):
                    mail.action_file_on("res.partner", partner.id)

    # What holds

    @invariant()
    def nothing_lost_nothing_doubled(self):
        self.case.env.flush_all()
        mails = self.mine.sudo().search(
            [("source_ids.account_id", "=", self.account.id)]
        )
        self.case.assertEqual(sorted(mails.mapped("message_id")), sorted(self.dropped))
        for mail in mails:
            places = [(msg.model, msg.res_id) for msg in mail.message_ids]
            self.case.assertEqual(len(places), len(set(places)), "doubled")
            copies = self.case.env["mail.message"].search(
                [("message_id", "=", mail.message_id)]
            )
            self.case.assertEqual(copies, mail.message_ids)
            # Who waits is asked for somebody, and nobody is forgotten.
            waits = mail.state == "to_assign"
            self.case.assertEqual(bool(mail.waiting_addresses), waits)
            if mail.state == "filed":
                self.case.assertTrue(mail.message_ids, "lost")
            else:
                self.case.assertIn("please call me", mail.body, "lost")
        self.case.assertFalse(mails.filtered(lambda mail: mail.state == "failed"))


@tagged("post_install", "-at_install", "exchange_histories")
class TestMailHistories(ExchangeCase):
    """Whatever users do in whatever order: each mail is in Odoo exactly once."""

    def test_histories(self):
        machine = type("Machine", (Histories,), {"case": self})
        run_state_machine_as_test(
            machine,
            settings=examples(EXAMPLES, stateful_step_count=20),
        )
