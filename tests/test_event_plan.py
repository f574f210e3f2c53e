from datetime import datetime

from odoo.tests import BaseCase, tagged

from ..models.event_plan import (
    CHANGE,
    CREATE,
    IGNORE,
    JOIN,
    KEEP,
    LEAVE,
    UPDATE,
    KnownLink,
    Member,
    Wish,
    attending,
    lead_of,
    plan_copy,
    shared_values,
)
from ..models.event_values import Own, parse_event
from .event_rows import event

WISH = Wish(datetime(2026, 3, 1), datetime(2026, 4, 1))


def known(copy, **values):
    """The link of a copy as it was read before."""
    return KnownLink(
        **{
            "id": 1,
            "event_id": 7,
            "account_id": 1,
            "partner_id": 1,
            "remote_id": copy.remote_id,
            "ical_uid": copy.uid,
            "original_start": copy.original_start,
            "series_master_id": copy.master_id,
            "change_key": copy.change_key,
            "content_hash": copy.content_hash,
            "body_hash": copy.body_hash,
            "people_hash": copy.people_hash,
            "reread": False,
            "round": 1,
            "active": True,
            "own": copy.own,
            **values,
        }
    )


def member(number, **own):
    return Member(number, number + 100, number, Own(**own))


@tagged("post_install", "-at_install")
class TestEventPlan(BaseCase):
    """The decision table of one copy, line by line."""

    def action(self, item, link=None, event_id=None, wish=WISH):
        copy = parse_event(item)
        if callable(link):
            link = link(copy)
        return plan_copy(copy, link, event_id, wish).action

    def test_new(self):
        self.assertEqual(self.action(event()), CREATE)

    def test_of_an_event_that_is_there(self):
        self.assertEqual(self.action(event(), event_id=7), JOIN)

    def test_outside_the_window(self):
        item = event(start={"dateTime": "2026-04-01T00:00:00"})
        item["end"] = {"dateTime": "2026-04-01T01:00:00"}
        self.assertEqual(self.action(item), IGNORE)
        self.assertEqual(self.action(item, event_id=7), IGNORE)
        changed = lambda copy: known(copy, change_key="old")  # noqa: E731
        self.assertEqual(self.action(item, changed), UPDATE)

    def test_reaching_into_the_window(self):
        item = event(start={"dateTime": "2026-02-20T00:00:00"})
        self.assertEqual(self.action(item), CREATE)
        item["end"] = {"dateTime": "2026-03-01T00:00:00"}
        self.assertEqual(self.action(item), IGNORE)

    def test_unchanged(self):
        self.assertEqual(self.action(event(), known), KEEP)

    def test_changed(self):
        for changes in (
            {"change_key": "k0"},
            {"reread": True},
            {"remote_id": "BBB"},
            {"original_start": datetime(2026, 3, 2)},
            {"content_hash": "old"},
            {"own": Own(response="declined")},
        ):
            with self.subTest(changes):
                found = self.action(event(), lambda copy, c=changes: known(copy, **c))
                self.assertEqual(found, UPDATE)

    def test_another_meeting(self):
        other = lambda copy: known(copy, ical_uid="uid0")  # noqa: E731
        self.assertEqual(self.action(event(), other), CHANGE)

    def test_cancelled(self):
        item = event(isCancelled=True)
        self.assertEqual(self.action(item), IGNORE)
        self.assertEqual(self.action(item, known), LEAVE)

    def test_not_of_a_wanted_category(self):
        wish = Wish(WISH.start, WISH.end, categories=frozenset({"red"}))
        for categories, action in (
            ([], LEAVE),
            (["blue"], LEAVE),
            (["Red "], KEEP),
            (["blue", "RED"], KEEP),
            (None, LEAVE),
            ("red", LEAVE),
        ):
            with self.subTest(categories):
                item = event(categories=categories)
                self.assertEqual(self.action(item, known, wish=wish), action)

    def test_private(self):
        wish = Wish(WISH.start, WISH.end, private="skip")
        for sensitivity, action in (
            ("private", LEAVE),
            ("Confidential", LEAVE),
            ("personal", KEEP),
            ("normal", KEEP),
            ("odd", KEEP),
            (None, KEEP),
        ):
            with self.subTest(sensitivity):
                item = event(sensitivity=sensitivity)
                self.assertEqual(self.action(item, known, wish=wish), action)

    # Several copies

    def test_the_organiser_leads(self):
        found = lead_of(
            [member(1, is_organizer=False), member(2), member(3, is_organizer=False)]
        )
        self.assertEqual(found.account_id, 2)

    def test_otherwise_the_first(self):
        rows = [member(number, is_organizer=False) for number in (5, 3, 4)]
        self.assertEqual(lead_of(rows).account_id, 3)
        self.assertIsNone(lead_of([]))

    def test_what_they_show_together(self):
        both = [member(1, show_as="free"), member(2, private=True, reminder=0)]
        self.assertEqual(shared_values(both), (True, False, frozenset({0})))
        self.assertEqual(shared_values(both[:1]), (False, True, frozenset()))

    def test_who_attends(self):
        listed = {1: "accepted", 2: "needsAction", 101: "needsAction"}
        found = attending(listed, [member(1, response="tentative")], {2})
        self.assertEqual(found, {1: "accepted", 101: "tentative"})
