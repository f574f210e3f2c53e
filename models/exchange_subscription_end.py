from odoo import models
from odoo.tools import SQL

from .contact_plan import plan_rest


class ExchangeSubscriptionEnd(models.AbstractModel):
    """What is left of a subscription in the database."""

    _name = "exchange.subscription.end"
    _description = "Rest of Ended Subscriptions"

    def _finish(self, rows, stay):
        """The subscriptions of ``rows`` are over. Somebody who subscribed again in the
        meantime gets a new contact.

        :param stay: ids of the rows whose contact is still in Outlook
        """
        kept = [row.id for row in rows if plan_rest(row, row.id in stay)]
        dropped = [row.id for row in rows if not plan_rest(row, row.id in stay)]
        deleted = [row.id for row in rows if row.id not in stay]
        self.flush_model()
        for statement in (
            SQL(
                """UPDATE exchange_subscription
                      SET remote_id = NULL, change_key = NULL, payload_hash = NULL,
                          photo_hash = NULL, source_stamp = NULL, creating = false
                    WHERE id = ANY(%s) RETURNING id""",
                deleted,
            ),
            SQL(
                """UPDATE exchange_subscription
                      SET active = false, state = 'pending', remote_difference = NULL
                    WHERE id = ANY(%s) AND state = 'ending' RETURNING id""",
                kept,
            ),
            SQL(
                """DELETE FROM exchange_subscription
                    WHERE id = ANY(%s) AND state = 'ending' RETURNING id""",
                dropped,
            ),
        ):
            self.env.execute_query(statement)
        self._changed()

    def _join_partners(self, partner_ids, kept_id):
        """Partners are about to become one: of each account's subscriptions the best
        stays. The contacts of the others are doubles now and are removed, but where no
        subscription goes on.

        :param partner_ids: ids of the partners that disappear
        """
        self.flush_model()
        ranked = SQL(
            """SELECT id, account_id, remote_id, change_key,
                      bool_or(active AND state <> 'ending') OVER w AS live,
                      row_number() OVER (PARTITION BY account_id
                          ORDER BY (active AND state <> 'ending') DESC,
                                   (remote_id IS NOT NULL) DESC, creating DESC,
                                   partner_id = %s DESC, id) AS place
                 FROM exchange_subscription WHERE partner_id = ANY(%s)
               WINDOW w AS (PARTITION BY account_id)""",
            kept_id,
            [*partner_ids, kept_id],
        )
        self._hand_over(ranked)
        self.env.execute_query(
            SQL(
                """UPDATE exchange_subscription s
                      SET partner_id = NULL, state = 'ending', error = NULL,
                          replaced = r.live, active = s.active OR r.live
                     FROM (%s) r WHERE r.id = s.id AND r.place > 1
                RETURNING s.id""",
                ranked,
            )
        )
        # Of these nothing is in Outlook, or what is there stays.
        self.env.execute_query(
            SQL(
                """DELETE FROM exchange_subscription
                    WHERE partner_id IS NULL AND state = 'ending'
                      AND (NOT active OR remote_id IS NULL AND creating IS NOT TRUE)
                RETURNING id"""
            )
        )
        self._changed()

    def _hand_over(self, ranked):
        """A subscription without contact takes that of another one, also of an ended
        one whose contact stayed in Outlook.

        :param ranked: SQL of the rows, the one that stays in ``place`` 1
        """
        given = self.env.execute_query(
            SQL(
                """WITH ranked AS (%s), donor AS (
                       SELECT DISTINCT ON (account_id) *
                         FROM ranked WHERE place > 1 AND remote_id IS NOT NULL
                        ORDER BY account_id, place)
                   UPDATE exchange_subscription s
                      SET remote_id = d.remote_id, change_key = d.change_key,
                          payload_hash = NULL, photo_hash = NULL, source_stamp = NULL
                     FROM ranked b JOIN donor d ON d.account_id = b.account_id
                    WHERE b.id = s.id AND b.place = 1 AND s.remote_id IS NULL
                      AND s.creating IS NOT TRUE
                RETURNING d.id""",
                ranked,
            )
        )
        self.env.execute_query(
            SQL(
                """UPDATE exchange_subscription SET remote_id = NULL
                    WHERE id = ANY(%s) RETURNING id""",
                [row_id for (row_id,) in given],
            )
        )

    def _take_up(self, account, found):
        """Note contacts of an earlier installation, so that they are used when their
        address is subscribed again.

        :param found: {partner id: (remote id, change key)}
        """
        if not found:
            return
        ids = list(found)
        values = SQL(
            """unnest(%s::int4[], %s::varchar[], %s::varchar[])
               AS v(partner_id, remote_id, change_key)""",
            ids,
            [found[each][0] for each in ids],
            [found[each][1] for each in ids],
        )
        self.flush_model()
        self.env.execute_query(
            SQL(
                """INSERT INTO exchange_subscription AS s
                       (account_id, partner_id, record_id, remote_id, change_key,
                        active, state, source, create_date, write_date)
                   SELECT %(account)s, p.id, p.id, v.remote_id, v.change_key,
                          false, 'pending', 'manual', %(now)s, %(now)s
                     FROM %(values)s JOIN res_partner p ON p.id = v.partner_id
                   ON CONFLICT (account_id, partner_id) DO UPDATE
                      SET remote_id = EXCLUDED.remote_id, creating = false,
                          change_key = EXCLUDED.change_key, payload_hash = NULL,
                          source_stamp = NULL
                    WHERE s.remote_id IS NULL
                   RETURNING s.id""",
                account=account.id,
                values=values,
                now=self.env.cr.now(),
            )
        )
        self._changed()
