from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..models.mail_plan import (
    DUPLICATE,
    FILE,
    IGNORE,
    JOIN,
    READ,
    SKIP,
    WAIT,
    Knowledge,
    KnownMessage,
    Rule,
    Target,
    plan_filing,
    plan_reading,
)
from ..models.mail_values import (
    Address,
    Mail,
    content_key,
    fingerprint,
    inline_ids,
    link_inline,
    parse_address,
    parse_mail,
    parse_time,
)
from .examples import examples

ADA, BOB, ME = (f"{name}@x.example" for name in ("ada", "bob", "me"))


def mail(sender=ADA, to=(ME,), **values):
    """A mail as it comes out of the reading."""
    people = [Address(address, address) for address in (sender, *to)]
    found = Mail("id", "etag", "<1@x>", "s", people[0], people[1:], [], None)
    for name, value in values.items():
        setattr(found, name, value)
    return found


@tagged("post_install", "-at_install")
class TestMailPlan(BaseCase):
    """Each line of the two decision tables."""

    def decide(self, found, direction="incoming", **known):
        return plan_filing(found, direction, Knowledge(**known))

    def test_reading(self):
        found = mail(fingerprint="f")
        self.assertEqual(plan_reading(found, {"id"}, {}), SKIP)
        self.assertEqual(plan_reading(mail(is_draft=True), (), {}), SKIP)
        self.assertEqual(plan_reading(found, (), {"f": 7}), JOIN)
        self.assertEqual(plan_reading(found, (), {}), READ)
        self.assertEqual(plan_reading(found, {"ID"}, {}), READ, "ids mind the case")

    def test_in_odoo_by_its_own_ways(self):
        there = [KnownMessage(5, "sale.order", 1)]
        decision = self.decide(mail(), messages={"<1@x>": there}, partners={ADA: [1]})
        self.assertEqual((decision.action, decision.targets), (DUPLICATE, []))
        self.assertEqual(decision.message_ids, [5])

    def test_filed_by_the_connector_elsewhere(self):
        there = [KnownMessage(5, "res.partner", 9, by_connector=True)]
        decision = self.decide(mail(), messages={"<1@x>": there}, partners={ADA: [1]})
        self.assertEqual(decision.targets, [Target("res.partner", 1)])
        again = self.decide(mail(), messages={"<1@x>": there}, partners={ADA: [9]})
        self.assertEqual((again.action, again.targets), (FILE, []))

    def test_one_contact(self):
        decision = self.decide(mail(), partners={ADA: [1]})
        self.assertEqual((decision.action, decision.author), (FILE, 1))
        self.assertEqual(decision.targets, [Target("res.partner", 1)])

    def test_answer_goes_to_the_record_and_to_the_contact(self):
        threads = {"<0@x>": KnownMessage(3, "project.task", 8)}
        found = mail(references=["<0@x>"])
        decision = self.decide(found, partners={ADA: [1]}, threads=threads)
        expected = [Target("project.task", 8, 3), Target("res.partner", 1)]
        self.assertEqual(decision.targets, expected)
        unknown = self.decide(found, threads=threads)
        self.assertEqual((unknown.action, unknown.targets), (FILE, expected[:1]))

    def test_several_contacts(self):
        decision = self.decide(mail(), partners={ADA: [1, 2]})
        self.assertEqual((decision.action, decision.targets), (WAIT, []))
        self.assertEqual((decision.candidates, decision.waiting), ([1, 2], [ADA]))

    def test_several_contacts_one_of_them_in_the_thread(self):
        threads = {"<0@x>": KnownMessage(3, "res.partner", 2)}
        found = mail(references=["<0@x>"])
        decision = self.decide(found, partners={ADA: [1, 2]}, threads=threads)
        self.assertEqual((decision.action, decision.candidates), (WAIT, [2, 1]))

    def test_unknown(self):
        decision = self.decide(mail())
        self.assertEqual((decision.action, decision.waiting), (WAIT, [ADA]))
        nobody = self.decide(mail(sender=""))
        self.assertEqual((nobody.action, nobody.waiting), (WAIT, []))

    def test_outgoing(self):
        found = mail(sender=ME, to=(ADA, BOB, ME))
        known = {"partners": {ADA: [1], ME: [7]}, "own_addresses": {ME}}
        decision = self.decide(found, "outgoing", **known)
        self.assertEqual(decision.targets, [Target("res.partner", 1)])
        self.assertEqual((decision.action, decision.waiting), (FILE, []))
        known["partners"][BOB] = [2, 3]
        decision = self.decide(found, "outgoing", **known)
        self.assertEqual(decision.targets, [Target("res.partner", 1)])
        self.assertEqual((decision.action, decision.waiting), (WAIT, [BOB]))
        self.assertEqual(decision.candidates, [2, 3])

    def test_rules(self):
        rules = {ADA: Rule("sale.order", 4)}
        decision = self.decide(mail(), partners={ADA: [1, 2]}, rules=rules)
        self.assertEqual(decision.action, FILE)
        self.assertEqual(decision.targets, [Target("sale.order", 4)])
        skipped = self.decide(mail(), partners={ADA: [1]}, rules={"@x.example": Rule()})
        self.assertEqual((skipped.action, skipped.targets), (IGNORE, []))
        found = mail(sender=ME, to=(ADA, BOB))
        known = {"partners": {BOB: [2]}, "rules": {ADA: Rule()}}
        decision = self.decide(found, "outgoing", **known)
        self.assertEqual(decision.targets, [Target("res.partner", 2)])

    def test_folder_of_a_record(self):
        target = Target("project.task", 3)
        known = {"partners": {ADA: [1, 2]}, "folder_target": target}
        decision = self.decide(mail(), **known)
        self.assertEqual((decision.action, decision.targets), (FILE, [target]))

    def test_outgoing_to_oneself(self):
        known = {"partners": {ME: [7]}, "own_addresses": {ME}}
        decision = self.decide(mail(sender=ME), "outgoing", **known)
        self.assertEqual(decision.targets, [Target("res.partner", 7)])


@tagged("post_install", "-at_install")
class TestMailValues(BaseCase):
    """Whatever a mail brings along becomes something that can be stored."""

    def test_fingerprint(self):
        one, other = mail(), mail(sender=BOB)
        self.assertNotEqual(
            fingerprint(one, "incoming", ""), fingerprint(other, "incoming", "")
        )
        self.assertNotEqual(
            fingerprint(one, "incoming", ""), fingerprint(one, "outgoing", "")
        )

    def test_names_of_people(self):
        """Beside any address, also one in other letters, or within an organisation."""
        for name, address, text in (
            ("Ada", "ADA@x.example", "Ada <ada@x.example>"),
            ("Öz, Ada", "ada@x.example", '"Öz, Ada" <ada@x.example>'),
            ("Jøran Ås", "jøran@x.example", "Jøran Ås <jøran@x.example>"),
            ("Ås, Ada", "ada@ås.example", '"Ås, Ada" <ada@ås.example>'),
            ("Ada", "/O=CONTOSO/CN=ADA", "Ada </O=CONTOSO/CN=ADA>"),
            ("Ada", "ada at x.example", "Ada <ada at x.example>"),
            ("Ada", "", "Ada"),
            ("", "ada", "ada"),
        ):
            person = {"emailAddress": {"name": name, "address": address}}
            self.assertEqual(parse_address(person).text, text)
            self.assertEqual(parse_address(person).name, name)

    def test_times(self):
        moment = datetime(2026, 11, 10, 8, 30)
        for text in ("2026-11-10T08:30:00Z", "2026-11-10T09:30:00.1234567+01:00"):
            self.assertEqual(parse_time(text), moment)
        for text in ("0001-01-01T00:00:00Z", "yesterday", "", None, 7):
            self.assertIsNone(parse_time(text))

    def test_inline(self):
        body = "<img src=\"cid:a%40b\"><img src='CID:c'><p>cid:d</p>"
        urls = {"a@b": "/web/image/1?access_token=x&y", "c": "/web/image/2"}
        linked = link_inline(body, urls)
        self.assertIn('src="/web/image/1?access_token=x&amp;y"', linked)
        self.assertIn("src='/web/image/2'", linked)
        self.assertIn("cid:d", linked)

    def test_inline_by_names_with_blanks(self):
        """Some programs take the name of the file."""
        body = (
            "<img src=\"cid:Our logo &amp; more.png\"><img src='cid:b c' alt='cid:x'>"
        )
        self.assertLessEqual({"our logo & more.png", "b c"}, inline_ids(body))
        linked = link_inline(body, {"Our logo & more.png": "/1", "b c": "/2"})
        self.assertEqual(linked, "<img src=\"/1\"><img src='/2' alt='cid:x'>")
        shown = link_inline("url(cid:a) url('cid:b')", {"a": "/1", "b": "/2"})
        self.assertEqual(shown, "url(/1) url('/2')")

    def test_inline_in_other_spellings(self):
        for written, content_id in (
            ("I@X", "i@x"),
            ("i@x", "i%40x"),
            ("<i@x>", "i@x"),
            ("//i@x", "i@x"),
            ("i&#64;x", "i@x"),
            ("%C3%A9@x", "É@x"),
        ):
            body = f'<img src="cid:{written}">'
            self.assertIn(content_key(content_id), inline_ids(body))
            self.assertEqual(link_inline(body, {content_id: "/1"}), '<img src="/1">')
        body = "<img src=cid:a@x><img src=cid:A@x>"
        linked = link_inline(body, {"A@x": "/1", "a@x": "/2"})
        self.assertEqual(linked, "<img src=/2><img src=/1>")

    def test_junk(self):
        junk = st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=20),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.text(max_size=8), inner, max_size=3)
            ),
            max_leaves=6,
        )
        names = [
            "id",
            "subject",
            "from",
            "sender",
            "toRecipients",
            "ccRecipients",
            "sentDateTime",
            "body",
            "internetMessageId",
            "internetMessageHeaders",
            "attachments",
            "isDraft",
            "bodyPreview",
        ]

        @examples()
        @given(st.fixed_dictionaries({}, optional=dict.fromkeys(names, junk)))
        def check(item):
            found = parse_mail(item, "incoming")
            self.assertTrue(found.fingerprint)
            self.assertNotIn("\x00", found.subject + found.body + found.sender.text)

        check()
