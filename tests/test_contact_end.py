from odoo.tests import tagged

from .contact_case import ContactCase


@tagged("post_install", "-at_install")
class TestContactEnd(ContactCase):
    """Contacts that leave: unsubscribed, archived, merged, no longer one's own."""

    def test_unsubscribed_it_stays_or_is_deleted(self):
        ada, bob = self.partner(), self.partner("bob@x.example", name="Bob")
        self.subscribe(ada + bob)
        self.sync()
        self.unsubscribe(ada)
        self.assertFalse(self.is_subscribed(ada))
        self.assertEqual(self.counts(self.sync()), (0, 0, 1, 0, 0))
        self.assertEqual(self.names(), ["Ada Lovelace", "Bob"])
        everything = ada.with_context(active_test=False)
        self.assertFalse(self.is_subscribed(everything))
        self.assertFalse(everything.exchange_subscriber_names)
        self.account.contact_delete_on_unsubscribe = True
        self.unsubscribe(bob)
        self.assertEqual(self.counts(self.sync()), (0, 0, 1, 1, 0))
        self.assertEqual(self.names(), ["Ada Lovelace"])
        self.subscribe(ada + bob)
        run = self.sync()
        self.assertEqual((run.created, run.updated), (1, 1))
        self.assertEqual(self.names(), ["Ada Lovelace", "Bob"])

    def test_archived_and_deleted_contacts_leave(self):
        self.account.contact_delete_on_unsubscribe = True
        ada, bob = self.partner(), self.partner("bob@x.example", name="Bob")
        self.subscribe(ada + bob)
        self.sync()
        ada.active = False
        bob.unlink()
        self.assertEqual(self.counts(self.sync()), (0, 0, 2, 2, 0))
        self.assertEqual(self.names(), [])

    def has_work(self):
        """Whether the schedule sees something to do, however little it looks at."""
        kind = self.env["exchange.sync.contact"]
        return kind._glance_links(self.account)[self.account.id].must_run

    def test_restored_contacts_come_back(self):
        for delete in (True, False):
            with self.subTest(delete=delete):
                self.account.contact_delete_on_unsubscribe = delete
                ada = self.partner(name=f"Ada {delete}")
                self.subscribe(ada)
                self.sync()
                ada.active = False
                self.assertEqual(self.sync().removed, 1)
                self.assertFalse(self.has_work())
                ada.write({"active": True, "phone": "+44 3"})
                self.assertTrue(self.has_work())
                run = self.sync()
                self.assertEqual((run.created, run.updated), (delete, not delete))
                self.assertTrue(self.is_subscribed(ada))
                item = self.item(f"Ada {delete}")
                self.assertEqual(item.data["businessPhones"], ["+44 3"])
                self.assertEqual(self.counts(self.sync()), (0, 0, 0, 0, 0))
                self.assertFalse(self.has_work())

    def test_restored_contacts_come_back_only_where_they_were_wanted(self):
        self.account.contact_delete_on_unsubscribe = True
        ada, bob = self.partner(), self.partner("bob@x.example", name="Bob")
        self.subscribe(ada + bob)
        self.sync()
        self.unsubscribe(bob)
        (ada + bob).active = False
        self.sync()
        ada.company_id = self.env["res.company"].create({"name": "Other"})
        (ada + bob).active = True
        self.assertTrue(self.has_work())
        self.assertEqual(self.counts(self.sync()), (0, 0, 0, 0, 0))
        self.assertFalse(self.has_work())
        ada.company_id = False
        self.assertEqual(self.counts(self.sync()), (0, 0, 0, 0, 0))
        self.assertEqual(self.names(), [])

    def test_restored_own_customers_come_back(self):
        self.account.contact_subscribe_own_customers = True
        self.account.contact_delete_on_unsubscribe = True
        ada = self.partner()
        self.subscribe(ada)
        bob = self.partner("bob@x.example", name="Bob", user_id=self.user.id)
        self.sync()
        ada.user_id = self.user
        (ada + bob).active = False
        self.assertEqual(self.sync().deleted, 2)
        (ada + bob).active = True
        self.assertEqual(self.sync().created, 2)
        ada.user_id = False
        self.sync()
        self.assertEqual(self.names(), ["Ada Lovelace", "Bob"])

    def test_what_the_user_made_ours_no_more_is_not_deleted(self):
        self.account.contact_delete_on_unsubscribe = True
        ada = self.partner()
        self.subscribe(ada)
        self.sync()
        self.item("Ada Lovelace").extended.clear()
        self.unsubscribe(ada)
        self.sync()
        self.assertEqual(self.names(), ["Ada Lovelace"])

    def test_merged_contacts_keep_one(self):
        self.account.contact_delete_on_unsubscribe = True
        ada, bob = self.partner(), self.partner("bob@x.example", name="Bob")
        self.subscribe(ada + bob)
        self.sync()
        self.merge(bob, into=ada)
        self.sync()
        self.assertEqual(self.names(), ["Ada Lovelace"])
        self.assertTrue(self.is_subscribed(ada))
        self.assertEqual(self.counts(self.sync()), (0, 0, 0, 0, 0))

    def test_merged_with_one_that_stayed_in_outlook(self):
        ada, bob = self.partner(), self.partner("bob@x.example", name="Bob")
        self.subscribe(bob)
        self.sync()
        self.unsubscribe(bob)
        self.sync()
        self.subscribe(ada)
        self.merge(ada, into=bob)
        self.sync()
        self.assertEqual(self.names(), ["Bob"])
        self.assertTrue(self.is_subscribed(bob))

    def test_merged_doubles_are_removed_although_ended_ones_stay(self):
        ada, bob = self.partner(), self.partner("bob@x.example", name="Bob")
        self.subscribe(ada + bob)
        self.sync()
        self.merge(ada, into=bob)
        self.sync()
        self.assertEqual(self.names(), ["Bob"])

    def test_merged_into_one_that_was_not_subscribed(self):
        ada, bob = self.partner(), self.partner("bob@x.example", name="Bob")
        self.subscribe(bob)
        self.sync()
        self.merge(bob, into=ada)
        self.sync()
        self.assertEqual(self.names(), ["Ada Lovelace"])
        self.assertTrue(self.is_subscribed(ada))

    # Many at once

    def test_many_removals_ask_first(self):
        self.account.contact_delete_on_unsubscribe = True
        people = self.many(40)
        self.subscribe(people)
        self.sync()
        self.unsubscribe(people[:26])
        new = self.partner()
        self.subscribe(new)
        run = self.sync("partial")
        self.assertEqual(self.counts(run), (1, 0, 0, 0, 0))
        self.assertIn("26 of 41", run.error)
        self.assertEqual(self.account.contact_brake, 26)
        self.assertEqual(len(self.ours()), 41)
        self.sync()
        self.assertEqual(len(self.ours()), 41)
        self.account.with_user(self.user).action_contact_brake_continue()
        self.assertEqual(self.sync().deleted, 26)
        self.assertEqual(len(self.ours()), 15)
        self.assertFalse(self.account.contact_brake)

    def test_many_removals_kept(self):
        self.account.contact_delete_on_unsubscribe = True
        people = self.many(40)
        self.subscribe(people)
        self.sync()
        people[:30].active = False
        self.sync("partial")
        self.account.with_user(self.user).action_contact_brake_keep()
        self.assertEqual(self.counts(self.sync()), (0, 0, 0, 0, 0))
        self.assertEqual(len(self.ours()), 40)
        self.assertEqual(len(self.account.subscription_ids), 10)

    def test_the_question_is_over_when_nothing_would_be_deleted(self):
        self.account.contact_delete_on_unsubscribe = True
        people = self.many(40)
        self.subscribe(people)
        self.sync()
        self.unsubscribe(people)
        self.sync("partial")
        self.account.contact_delete_on_unsubscribe = False
        self.assertEqual(self.counts(self.sync()), (0, 0, 40, 0, 0))
        self.assertEqual(len(self.ours()), 40)
        self.assertFalse(self.account.contact_brake)

    # Own customers

    def test_own_customers_join_and_leave(self):
        company = self.partner(
            "c@customer.example", name="Contoso", is_company=True, user_id=self.user.id
        )
        self.partner(parent_id=company.id)
        self.partner("x@y.example", name="Nobody's")
        self.account.contact_subscribe_own_customers = True
        self.sync()
        self.assertEqual(self.names(), ["Ada Lovelace", "Contoso"])
        self.partner("n@y.example", name="New", user_id=self.user.id)
        self.sync()
        self.assertEqual(self.names(), ["Ada Lovelace", "Contoso", "New"])
        self.account.contact_delete_on_unsubscribe = True
        company.user_id = company.child_ids.user_id = False
        self.sync()
        self.assertEqual(self.names(), ["New"])
        company.user_id = self.user
        self.sync()
        self.assertEqual(self.names(), ["Ada Lovelace", "Contoso", "New"])

    def test_an_end_by_hand_is_not_overruled(self):
        self.account.write(
            {
                "contact_subscribe_own_customers": True,
                "contact_delete_on_unsubscribe": True,
            }
        )
        ada = self.partner(user_id=self.user.id)
        self.sync()
        self.unsubscribe(ada)
        for _run in range(2):
            self.sync()
            self.assertEqual(self.names(), [])
            self.assertFalse(self.is_subscribed(ada))
        self.subscribe(ada)
        self.sync()
        self.assertEqual(self.names(), ["Ada Lovelace"])
