from odoo import api, models
from odoo.tools import SQL


class ExchangeSubscriptionMarking(models.AbstractModel):
    """Who subscribes to what: by hand, as own customer, and how it ends. Marks rows
    only, thousands in one statement; the next run does the rest."""

    _name = "exchange.subscription.marking"
    _description = "Subscribing to Addresses"

    @api.model
    def _subscribe(self, account, partner_ids):
        """Subscribe an account to addresses that its user may read.

        :return: how many were not subscribed before; archived ones never are
        """
        if not partner_ids:
            return 0
        rows = self._insert(
            account,
            "manual",
            SQL(
                """SELECT id FROM res_partner
                    WHERE active AND id = ANY(%s)""",
                list(partner_ids),
            ),
            SQL("NOT s.active OR s.state = 'ending'"),
        )
        was_used = self._is_used(account.id)
        added = len(self.env.execute_query(rows))
        if added and not was_used:
            self.env.registry.clear_cache()
        self._changed()
        return added

    @api.model
    def _insert(self, account, source, partners, again):
        """:return: the SQL that subscribes to partners

        :param partners: SQL of their ids
        :param again: SQL condition on the rows ``s`` of ended subscriptions that begin
            again
        """
        return SQL(
            """INSERT INTO exchange_subscription AS s
                   (account_id, partner_id, record_id, source, state, active,
                    create_uid, write_uid, create_date, write_date)
               SELECT %(account)s, p.id, p.id, %(source)s, 'pending', true,
                      %(uid)s, %(uid)s, %(now)s, %(now)s
                 FROM (%(partners)s) p
                ORDER BY p.id
               ON CONFLICT (account_id, partner_id) DO UPDATE
                  SET source = EXCLUDED.source, state = 'pending', active = true,
                      archived = false,
                      record_id = EXCLUDED.record_id, ended_by_user = false,
                      error = NULL, payload_hash = NULL, source_stamp = NULL,
                      write_uid = EXCLUDED.write_uid, write_date = EXCLUDED.write_date
                WHERE %(again)s
               RETURNING s.partner_id""",
            account=account.id,
            source=source,
            uid=self.env.uid,
            now=self.env.cr.now(),
            partners=partners,
            again=again,
        )

    @api.model
    def _unsubscribe(self, account, partner_ids):
        """End an account's subscriptions by the will of its user."""
        self._mark_ending(
            SQL(
                "account_id = %s AND partner_id = ANY(%s)",
                account.id,
                list(partner_ids),
            ),
            by_user=True,
        )

    @api.model
    def _partners_go(self, partner_ids):
        """Partners are about to be deleted: what is in Outlook has to be removed."""
        self._mark_ending(SQL("partner_id = ANY(%s)", list(partner_ids)))

    @api.model
    def _mark_ending(self, condition, by_user=False):
        """End subscriptions; those that never came to Outlook are over at once, unless
        they have to remember that the user did not want them."""
        self.flush_model()
        self.env.execute_query(
            SQL(
                """UPDATE exchange_subscription
                      SET state = 'ending', error = NULL, ended_by_user = %s,
                          archived = false, write_date = %s
                    WHERE active AND %s
                RETURNING id""",
                by_user,
                self.env.cr.now(),
                condition,
            )
        )
        self._changed()

    @api.model
    def _changed(self):
        """Forget what is in the cache of what SQL has changed."""
        self.invalidate_model()
        self.env["res.partner"].invalidate_model(
            [
                "exchange_subscribed",
                "exchange_subscription_ids",
                "exchange_subscription_id",
                "exchange_subscription_state",
                "exchange_synced_on",
                "exchange_subscriber_names",
            ],
            flush=False,
        )

    # Own customers, rights

    @api.model
    def _readable(self, account, condition):
        """:return: SQL of the ids of the active partners that the account's user may
        read by his groups, rules and companies

        :param condition: SQL on ``res_partner`` that narrows it down
        """
        partners = self.env["res.partner"].with_user(account.user_id).sudo(False)
        partners = partners.with_context(active_test=True)
        if not partners.has_access("read"):
            return SQL("(SELECT 0 WHERE false)")
        query = partners._search([("active", "=", True)])
        query.add_where(condition)
        return query.subselect()

    @api.model
    def _own_customers(self, account):
        """:return: SQL of the ids of the partners whose salesperson, their own or that
        of their company, is the account's user, as far as he may read them"""
        # An address below a contact is a person when it has a name. A union, so that
        # each of its parts finds its index.
        condition = SQL(
            """(coalesce(res_partner.type, 'contact') = 'contact'
                OR trim(coalesce(res_partner.name, '')) <> '')
               AND res_partner.id IN (
                   WITH mine AS (SELECT id FROM res_partner WHERE user_id = %s)
                   SELECT id FROM mine
                   UNION SELECT id FROM res_partner
                          WHERE commercial_partner_id IN (SELECT id FROM mine)
                   UNION SELECT id FROM res_partner
                          WHERE parent_id IN (SELECT id FROM mine))""",
            account.user_id.id,
        )
        return self._readable(account, condition)

    @api.model
    def _join_sql(self, account):
        """:return: SQL that subscribes to new own customers"""
        if not account.contact_subscribe_own_customers:
            return SQL("SELECT 1 WHERE false")
        partners = SQL(
            """SELECT id FROM res_partner c WHERE c.id IN %s AND NOT EXISTS
                   (SELECT 1 FROM exchange_subscription o
                     WHERE o.account_id = %s AND o.partner_id = c.id
                       AND (o.ended_by_user OR o.archived OR o.active
                            AND (o.state <> 'ending' OR o.source = 'manual')))""",
            self._own_customers(account),
            account.id,
        )
        again = SQL("NOT s.ended_by_user AND (NOT s.active OR s.state = 'ending')")
        return self._insert(account, "own", partners, again)

    @api.model
    def _found_sql(self, account):
        """:return: SQL that takes up subscriptions by hand again whose end nobody
        wanted: they were lost with a right that has come back, before the contact in
        Outlook was dealt with; or with an address that was archived and is restored"""
        ended = SQL(
            """res_partner.id IN (SELECT o.partner_id FROM exchange_subscription o
                                   WHERE o.account_id = %s
                                     AND (o.state = 'ending' OR o.archived))""",
            account.id,
        )
        return SQL(
            """UPDATE exchange_subscription s
                  SET state = 'pending', active = true, archived = false,
                      payload_hash = CASE WHEN s.active THEN s.payload_hash END,
                      source_stamp = NULL, write_date = %s
                WHERE s.account_id = %s AND (s.active AND s.state = 'ending'
                                             OR s.archived AND NOT s.active)
                  AND s.source = 'manual' AND s.replaced IS NOT TRUE
                  AND s.ended_by_user IS NOT TRUE AND s.partner_id IN %s
            RETURNING s.id""",
            self.env.cr.now(),
            account.id,
            self._readable(account, ended),
        )

    @api.model
    def _forgotten_sql(self, account):
        """:return: SQL that forgets the subscriptions of archived addresses that are
        restored, but not for the user: he has lost the right to read them"""
        archived = SQL(
            """res_partner.id IN (SELECT o.partner_id FROM exchange_subscription o
                                   WHERE o.account_id = %s AND o.archived)""",
            account.id,
        )
        return SQL(
            """UPDATE exchange_subscription s SET archived = false
                 FROM res_partner p
                WHERE s.account_id = %s AND s.archived AND p.id = s.partner_id
                  AND p.active AND p.id NOT IN %s
            RETURNING s.id""",
            account.id,
            self._readable(account, archived),
        )

    @api.model
    def _lost_sql(self, account):
        """:return: SQL that ends the subscriptions of partners that are archived,
        deleted, no longer readable for the user, or no longer his customers"""
        mine = SQL(
            """res_partner.id IN (SELECT o.partner_id FROM exchange_subscription o
                                   WHERE o.account_id = %s AND o.active)""",
            account.id,
        )
        lost = SQL("s.partner_id NOT IN %s", self._readable(account, mine))
        if account.contact_subscribe_own_customers:
            own = self._own_customers(account)
            lost = SQL("%s OR s.source = 'own' AND s.partner_id NOT IN %s", lost, own)
        else:
            lost = SQL("%s OR s.source = 'own'", lost)
        return SQL(
            """UPDATE exchange_subscription s
                  SET state = 'ending', error = NULL, write_date = %s,
                      archived = s.source = 'manual' AND EXISTS (
                          SELECT 1 FROM res_partner p
                           WHERE p.id = s.partner_id AND NOT p.active)
                WHERE s.account_id = %s AND s.active AND s.state <> 'ending'
                  AND (s.partner_id IS NULL OR %s)
            RETURNING s.id""",
            self.env.cr.now(),
            account.id,
            lost,
        )
