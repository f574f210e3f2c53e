from odoo.tests import BaseCase, tagged

from ..models import contact_plan as plan
from ..models.contact_plan import Row


@tagged("post_install", "-at_install")
class TestContactPlan(BaseCase):
    """The decision tables, line by line."""

    def test_writing(self):
        for row, digest, step in (
            (Row(), "a", plan.CREATE),
            (Row(creating=True), "a", plan.LOOK_UP),
            (Row(remote_id="x", payload_hash="a"), "a", plan.LEAVE),
            (Row(remote_id="x", payload_hash="b"), "a", plan.UPDATE),
            (Row(remote_id="x"), "a", plan.UPDATE),
            (Row(remote_id="x", payload_hash="b", creating=True), "a", plan.UPDATE),
        ):
            self.assertEqual(plan.plan_write(row, digest), step, row)

    def test_pictures(self):
        for known, now, sent in (
            (None, "a", True),
            ("a", "a", False),
            ("a", "b", True),
            ("a", "", False),
            (None, "", False),
        ):
            self.assertEqual(plan.plan_photo(Row(photo_hash=known), now), sent)

    def test_changes_in_outlook(self):
        known = Row(remote_id="x", change_key="1")
        for row, key, meaning in (
            (None, "1", plan.FOREIGN),
            (None, None, plan.FOREIGN),
            (known, "1", plan.OWN),
            (known, "2", plan.CHANGED),
            (known, None, plan.GONE),
        ):
            self.assertEqual(plan.plan_change(row, key), meaning)

    def test_the_end(self):
        there, maybe = Row(remote_id="x"), Row(creating=True)
        for row, delete, step in (
            (there, False, plan.KEEP),
            (maybe, False, plan.KEEP),
            (Row(), False, plan.KEEP),
            (there, True, plan.DELETE),
            (maybe, True, plan.FIND),
            (Row(), True, plan.FORGET),
            (there._replace(replaced=True), False, plan.DELETE),
        ):
            self.assertEqual(plan.plan_end(row, delete), step, row)

    def test_what_is_remembered_of_an_end(self):
        row = Row(partner_id=1, remote_id="x")
        for rest, stays, kept in (
            (row, True, True),
            (row, False, False),
            (row._replace(partner_id=None), True, False),
            (row._replace(ended_by_user=True), False, True),
            (row._replace(archived=True), False, True),
            (row._replace(remote_id=None, creating=True), True, True),
            (row._replace(remote_id=None), True, False),
        ):
            self.assertEqual(plan.plan_rest(rest, stays), kept, rest)

    def test_the_brake(self):
        for removals, total, allowed, stops in (
            (25, 25, 0, False),
            (26, 26, 0, True),
            (26, 130, 0, False),
            (26, 129, 0, True),
            (26, 26, 26, False),
            (27, 27, 26, True),
            (0, 0, 0, False),
        ):
            self.assertEqual(plan.brakes(removals, total, allowed), stops)
