import os
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from urllib.parse import quote

from hypothesis import Phase, given, note
from hypothesis import strategies as st

from odoo.tests import tagged

from .common import make_eml
from .examples import examples
from .fault_case import Fault, FaultCase
from .fault_checks import FaultChecks

EXHAUSTIVE = bool(os.environ.get("EXCHANGE_FAULTS"))
EXAMPLES = 400 if EXHAUSTIVE else 25
ADDRESSES = [f"person{number}@customer.example" for number in range(3)]
# What happens, the more often the more often it is named.
HAPPENINGS = (
    *["a_run"] * 4,
    *["a_mail"] * 4,
    *["another_copy"] * 2,
    "a_run_that_breaks_off",
    "moved_out",
    "moved_back",
    "there_and_back",
    "deleted_by_the_user",
    "changed",
    "a_contact_is_made",
    "a_contact_is_archived",
    "another_wish",
    "a_mail_cannot_be_read",
    "all_can_be_read",
    "try_again",
    "delta_tokens_expire",
)
USERS = st.sampled_from((0, 1))
ANY = st.integers(0, 1000)
STEP = st.tuples(st.sampled_from(HAPPENINGS), USERS, ANY)
IN, OUT, GONE = "in the folder", "elsewhere", "deleted"


@dataclass
class Copy:
    """One copy of a mail in one mailbox, as the test knows it.

    :ivar place: where its user put it
    :ivar fails: it cannot be read; ``has_failed``: for a while
    :ivar wished: a run saw it while the user wished to have mails deleted
    """

    user: int
    subject: str
    direction: str
    raw: bytes
    message_id: str
    item_id: str
    place: str = IN
    fails: bool = False
    has_failed: bool = False
    wished: bool = False
    known: bool = False


class History:
    """Two users, their transfer folders, and everything that happens to them: a context
    manager, and afterwards nothing has happened.

    :param wishes: whether each of the users wants to have mails deleted
    """

    def __init__(self, case, accounts, wishes):
        self.case = case
        self.accounts = accounts
        case.sim.faults.clear()
        case.restore_mailboxes()
        self.savepoint = case.env.cr.savepoint()
        self.copies = []
        self.most = {}
        self.noise = case.noise()

        for account, wish in zip(accounts, wishes, strict=True):
            account.mail_delete_after_transfer = wish
        self.a_contact_is_made(0, 0)

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.case.env.clear()
        self.savepoint.close(rollback=True)

    # What happens in Outlook

    def a_mail(self, user, which):
        number = len(self.copies)
        out = which % 4 == 0
        address = ADDRESSES[which % len(ADDRESSES)]
        mine = self.accounts[user].login
        message_id = f"<{number}@customer.example>"
        headers = {}
        if self.copies and which % 5 == 0:
            answered = self.copies[which % len(self.copies)]
            headers["In-Reply-To"] = answered.message_id
        raw = make_eml(
            sender=mine if out else address,
            to=f"{address}, {ADDRESSES[0]}" if out else mine,
            subject=f"Mail {number}",
            message_id=message_id,
            headers=headers,
        )
        direction = "outgoing" if out else "incoming"
        self._drop(user, f"Mail {number}", direction, raw, message_id)

    def another_copy(self, user, which):
        if not self.copies:
            return
        copy = self.copies[which % len(self.copies)]
        self._drop(user, copy.subject, copy.direction, copy.raw, copy.message_id)

    def _drop(self, user, subject, direction, raw, message_id):
        item = self.case.drop(self.accounts[user], raw, direction)
        self.copies.append(
            Copy(user, subject, direction, raw, message_id, item.immutable_id)
        )

    def moved_out(self, _user, which):
        copy = self._pick(which, IN)
        if copy:
            box = self._box(copy)
            box.move(box.items[copy.item_id], box.well_known["archive"])
            copy.place = OUT

    def moved_back(self, _user, which):
        copy = self._pick(which, OUT)
        if copy:
            box = self._box(copy)
            box.move(box.items[copy.item_id], self._folder(copy))
            copy.place = IN

    def there_and_back(self, _user, which):
        copy = self._pick(which, IN)
        if copy:
            box = self._box(copy)
            box.move(box.items[copy.item_id], box.well_known["archive"])
            box.move(box.items[copy.item_id], self._folder(copy))

    def deleted_by_the_user(self, _user, which):
        copy = self._pick(which, IN) or self._pick(which, OUT)
        if copy:
            box = self._box(copy)
            box.remove(box.items[copy.item_id])
            copy.place = GONE

    def changed(self, _user, which):
        copy = self._pick(which, IN)
        if copy:
            box = self._box(copy)
            box.touch(box.items[copy.item_id], isRead=bool(which % 2))

    def delta_tokens_expire(self, user, _which):
        self.case.sim.mailbox(self.accounts[user].login).delta_generation += 1

    # What happens in Odoo

    def a_contact_is_made(self, _user, number):
        self.case.partner(ADDRESSES[number % len(ADDRESSES)], name=f"Contact {number}")

    def a_contact_is_archived(self, _user, number):
        address = ADDRESSES[number % len(ADDRESSES)]
        partners = self.case.env["res.partner"]
        partners.search([("email", "=", address)], limit=1).active = False

    def another_wish(self, user, _which):
        account = self.accounts[user]
        account.mail_delete_after_transfer = not account.mail_delete_after_transfer

    def try_again(self, _user, _which):
        mails = self.case.env["exchange.mail"]
        mails.search([("state", "=", "failed")]).action_retry()

    # What goes wrong

    def a_mail_cannot_be_read(self, _user, which):
        copy = self._pick(which, IN)
        if copy and not copy.fails and not copy.known:
            copy.fails = copy.has_failed = True
            path = f"GET .*{re.escape(quote(copy.item_id, safe=''))}"
            self.case.fault(Fault.status(400, "ErrorCorruptData", "Corrupt."), path)

    def all_can_be_read(self, _user, _which):
        self.case.sim.faults.clear()
        for copy in self.copies:
            copy.fails = False

    def a_run_that_breaks_off(self, user, which):
        self._note_wishes(user)
        pause = {"Retry-After": "60"}
        fault = Fault.status(429, headers=pause) if which % 2 else Fault.drop()
        rule = self.case.fault(fault, after=which // 2 % 9)
        self.case.inject("429 and lost answers in histories of e-mails")
        self.case.run_sync(self.accounts[user])
        self.case.sim.faults.rules.remove(rule)
        self._check()
        self.case.found()

    # A run, and what must be true then

    def a_run(self, user, _which):
        self._note_wishes(user)
        there = [copy for copy in self.copies if self._seen_by(copy, user)]
        run = self.case.run_sync(self.accounts[user])
        self.case.assertIn(run.state, ("done", "partial"), run.error)
        rows = self._rows()
        for copy in there:
            states = rows[copy.subject, copy.direction]
            self.case.assertTrue(states or copy.fails, f"{copy.subject} was lost")
            if states == ["failed"]:
                same = [each for each in self.copies if each.subject == copy.subject]
                self.case.assertTrue(
                    any(each.has_failed for each in same), copy.subject
                )
            copy.known = bool(states)
        self._check()

    def _check(self):
        """At any time: nothing twice, nothing lost, nobody told."""
        case = self.case
        for key, states in self._rows().items():
            case.assertEqual(len(states), 1, f"{key} twice")
        found = Counter()
        for message in case.env["mail.message"].search(
            [("message_type", "=", "email"), ("subject", "like", "Mail %")]
        ):
            found[message.subject, message.model, message.res_id] += 1
        case.assertFalse([key for key, count in found.items() if count > 1])
        case.assertFalse(self.most.keys() - found.keys(), "a message has vanished")
        self.most = dict(found)
        case.assertEqual(case.noise(), self.noise)
        for copy in self.copies:
            if copy.place == IN and self._box(copy).items[
                copy.item_id
            ].container is not self._folder(copy):
                self._check_deleted(copy)

    def _check_deleted(self, copy):
        """A copy that left the folder, and not by its user."""
        case = self.case
        item = self._box(copy).items[copy.item_id]
        case.assertEqual(item.container.well_known, "deleteditems")
        case.assertTrue(copy.wished, f"{copy.subject} deleted against the wish")
        (state,) = self._rows()[copy.subject, copy.direction]
        case.assertIn(state, ("filed", "to_assign"))
        copy.place = OUT

    def _rows(self):
        rows = defaultdict(list)
        for mail in self.case.env["exchange.mail"].search([]):
            rows[mail.subject, mail.direction].append(mail.state)
        return rows

    def _note_wishes(self, user):
        if self.accounts[user].mail_delete_after_transfer:
            for copy in self.copies:
                copy.wished |= copy.user == user

    def _seen_by(self, copy, user):
        return copy.user == user and copy.place == IN

    def _pick(self, which, place):
        there = [copy for copy in self.copies if copy.place == place]
        return there[which % len(there)] if there else None

    def _box(self, copy):
        return self.case.sim.mailbox(self.accounts[copy.user].login)

    def _folder(self, copy):
        account = self.accounts[copy.user]
        return self._box(copy).containers[self.case.folder(account, copy.direction)]


@tagged("post_install", "-at_install", "exchange_faults")
class TestFaultsHistories(FaultChecks, FaultCase):
    """Whatever happens in whatever order: each mail that lay in a transfer folder at a
    run is in Odoo exactly once, and nothing is deleted that is not."""

    def test_histories(self):
        accounts = [self.new_account() for _each in range(2)]
        self.keep_mailboxes()

        # A failing history is told step by step; making it shorter takes minutes.
        @examples(EXAMPLES, phases=[Phase.generate, *[Phase.shrink] * EXHAUSTIVE])
        @given(st.tuples(st.booleans(), st.booleans()), st.lists(STEP, min_size=25))
        def histories(wishes, steps):
            with History(self, accounts, wishes) as history:
                for what, user, which in steps:
                    note(f"{what} {user} {which}")
                    getattr(history, what)(user, which)
                history.all_can_be_read(0, 0)
                for user in (0, 1):
                    history.a_run(user, 0)

        with self.quiet():
            histories()

    def noise(self):
        """How many rows there are that a synchronisation must not add."""
        names = ("mail.mail", "mail.notification", "mail.activity")
        return [self.env[name].search_count([]) for name in names]
