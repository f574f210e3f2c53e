from odoo import api, models
from odoo.tools import SQL, ormcache

from .contact_plan import Row
from .contact_values import VERSION
from .exchange_contact_reader import PHOTO_FIELD

# What of a row can be written by _note, with the type PostgreSQL has to know.
TYPES = {
    "remote_id": "varchar",
    "change_key": "varchar",
    "payload_hash": "varchar",
    "photo_hash": "varchar",
    "source_stamp": "varchar",
    "record_id": "int4",
    "creating": "bool",
    "state": "varchar",
    "error": "text",
    "synced_on": "timestamp",
    "remote_difference": "jsonb",
}
_COLUMNS = SQL(", ").join(SQL.identifier("s", name) for name in Row._fields)


class ExchangeSubscriptionWork(models.AbstractModel):
    """What the synchronisation finds and writes, by SQL: an account may have thousands
    of addresses, of which few need work."""

    _name = "exchange.subscription.work"
    _description = "Work on Subscribed Addresses"

    @api.model
    def _stamp(self):
        """:return: (SQL of the versions of everything that the contact of ``p`` is made
            of for the account of ``s``, SQL of the joins it needs)

        A version is PostgreSQL's own, of the row: it also tells of what is written
        without a new date. It is compared for being the same; "later than" would miss
        a transaction that began before our reading and ended after it.
        """
        versions = [
            SQL("%s.xmin::text, %s.ctid::text", alias, alias)
            for alias in map(SQL.identifier, "puc")
        ]
        stamp = SQL(
            """concat_ws('|', %s, %s, p.id, %s,
                         below.stamp, tags.stamp, photo.stamp, %s, %s)""",
            VERSION,
            # names of tags and countries are translated
            SQL("me.lang"),
            SQL(", ").join(versions),
            self._stamp_of_names(),
            self._stamp_of_staff(),
        )
        joins = SQL(
            """JOIN exchange_account mine ON mine.id = s.account_id
               JOIN res_users who ON who.id = mine.user_id
               JOIN res_partner me ON me.id = who.partner_id
               LEFT JOIN res_partner u ON u.id = p.parent_id
               LEFT JOIN res_partner c ON c.id = p.commercial_partner_id
               LEFT JOIN LATERAL (
                   SELECT string_agg(concat_ws(':', d.id, d.xmin::text, d.ctid::text),
                                     ',' ORDER BY d.id) AS stamp
                     FROM res_partner d
                    WHERE d.parent_id = p.id AND d.active
                      AND d.type IN ('delivery', 'private')) below ON true
               LEFT JOIN LATERAL (
                   SELECT string_agg(concat_ws(':', t.id, t.xmin::text, t.ctid::text),
                                     ',' ORDER BY t.id) AS stamp
                     FROM res_partner_res_partner_category_rel r
                     JOIN res_partner_category t ON t.id = r.category_id
                    WHERE r.partner_id = p.id) tags ON true
               LEFT JOIN LATERAL (
                   SELECT max(a.checksum) AS stamp FROM ir_attachment a
                    WHERE a.res_model = 'res.partner' AND a.res_id = p.id
                      AND a.res_field = %s) photo ON true""",
            PHOTO_FIELD,
        )
        return stamp, joins

    @api.model
    def _stamp_of_names(self):
        """SQL of the version of the names of all countries and states."""
        return SQL(
            """(SELECT max(write_date) FROM res_country),
               (SELECT max(write_date) FROM res_country_state)"""
        )

    @api.model
    def _stamp_of_staff(self):
        """SQL of the version of the employee whose work contact ``p`` is."""
        if "hr.employee" not in self.env:
            return SQL("NULL")
        return SQL(
            """(SELECT string_agg(concat_ws(':', e.xmin::text, e.ctid::text,
                                            v.xmin::text, v.ctid::text), ',')
                  FROM hr_employee e
                  LEFT JOIN hr_version v ON v.id = e.current_version_id
                 WHERE e.work_contact_id = p.id)"""
        )

    @api.model
    def _dirty(self, accounts):
        """:return: SQL of FROM and WHERE of the rows ``s`` that may have to be sent"""
        stamp, joins = self._stamp()
        return SQL(
            """FROM exchange_subscription s
               JOIN res_partner p ON p.id = s.partner_id %s
              WHERE s.account_id = ANY(%s) AND s.active AND s.state <> 'ending'
                AND s.source_stamp IS DISTINCT FROM md5(%s)""",
            joins,
            accounts.ids,
            stamp,
        )

    @api.model
    def _look(self, account):
        """Join and end what changed in Odoo, and tell whether there is work.

        :return: (whether the account subscribes to anything, whether there is work)
        """
        if not (account.contact_subscribe_own_customers or self._is_used(account.id)):
            return False, False
        self._flush_sources()
        asked = account.contact_brake and account.contact_delete_on_unsubscribe
        waits = SQL("s.replaced") if asked else SQL("true")
        ((some, work),) = self.env.execute_query(
            SQL(
                """WITH joined AS (%(join)s), lost AS (%(lost)s), found AS (%(found)s),
                        forgotten AS (%(forgotten)s)
               SELECT EXISTS (SELECT 1 FROM joined) OR EXISTS (
                          SELECT 1 FROM exchange_subscription
                           WHERE account_id = %(account)s),
                      EXISTS (SELECT 1 FROM joined) OR EXISTS (SELECT 1 FROM lost)
                      OR EXISTS (SELECT 1 FROM found)
                      OR EXISTS (SELECT 1 FROM exchange_subscription s
                                  WHERE s.account_id = %(account)s
                                    AND s.state = 'ending' AND %(waits)s)
                      OR EXISTS (SELECT 1 %(dirty)s)""",
                join=self._join_sql(account),
                lost=self._lost_sql(account),
                found=self._found_sql(account),
                forgotten=self._forgotten_sql(account),
                account=account.id,
                waits=waits,
                dirty=self._dirty(account),
            )
        )
        return some, work

    @api.model
    def _glance(self, accounts):
        """As :meth:`_look`, for many accounts in one query, which leaves out what costs
        most: who has lost the right to read an address, and whose customers are new.

        :return: {account id: (whether it subscribes to anything, whether there is
            work)}
        """
        self._flush_sources()
        self.env["exchange.account"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """SELECT a.id,
                          EXISTS (SELECT 1 FROM exchange_subscription s
                                   WHERE s.account_id = a.id),
                          EXISTS (SELECT 1 FROM exchange_subscription s
                                   WHERE s.account_id = a.id AND s.state = 'ending'
                                     AND (s.replaced
                                          OR COALESCE(a.contact_brake, 0) = 0
                                          OR a.contact_delete_on_unsubscribe
                                             IS NOT TRUE))
                          OR EXISTS (SELECT 1 FROM exchange_subscription s
                                       JOIN res_partner p ON p.id = s.partner_id
                                      WHERE s.account_id = a.id AND s.archived
                                        AND p.active)
                          OR a.id IN (SELECT s.account_id %(dirty)s)
                     FROM exchange_account a
                    WHERE a.id = ANY(%(accounts)s)""",
                dirty=self._dirty(accounts),
                accounts=accounts.ids,
            )
        )
        return {account_id: (some, work) for account_id, some, work in rows}

    @api.model
    @ormcache("account_id")
    def _is_used(self, account_id):
        """Whether an account has ever subscribed to anything: kept in memory, as most
        accounts may not, and are not to cost a query."""
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                "SELECT 1 FROM exchange_subscription WHERE account_id = %s LIMIT 1",
                account_id,
            )
        )
        return bool(rows)

    @api.model
    def _to_write(self, account, after, limit):
        """The next rows that may have to be sent.

        :param after: id of the last row dealt with
        :return: list of (``Row``, stamp)
        """
        self._flush_sources()
        stamp, _joins = self._stamp()
        rows = self.env.execute_query(
            SQL(
                "SELECT %s, md5(%s) %s AND s.id > %s ORDER BY s.id LIMIT %s",
                _COLUMNS,
                stamp,
                self._dirty(account),
                after,
                limit,
            )
        )
        return [(Row(*values), stamp) for *values, stamp in rows]

    @api.model
    def _to_end(self, account, after=0, limit=None, replaced=False):
        """Rows whose subscription ends. Replaced ones wait for their successors.

        :return: list of ``Row``
        """
        return self._rows(
            SQL(
                """s.account_id = %s AND s.state = 'ending' AND s.id > %s
                   AND s.replaced IS %s AND NOT EXISTS (
                       SELECT 1 FROM exchange_subscription o
                        WHERE s.replaced AND o.account_id = s.account_id
                          AND o.record_id = s.record_id AND o.id <> s.id
                          AND o.active AND NOT o.replaced AND o.remote_id IS NULL)
                   ORDER BY s.id LIMIT %s""",
                account.id,
                after,
                SQL("TRUE") if replaced else SQL("NOT TRUE"),
                limit,
            )
        )

    @api.model
    def _by_remote_id(self, account, remote_ids):
        """:return: {remote id: ``Row``} of an account"""
        rows = self._rows(
            SQL(
                "s.account_id = %s AND s.remote_id = ANY(%s)",
                account.id,
                list(remote_ids),
            )
        )
        return {row.remote_id: row for row in rows}

    @api.model
    def _not_seen(self, account, remote_ids):
        """:return: list of the ``Row`` of contacts that are not among the ids"""
        return self._rows(
            SQL(
                """s.account_id = %s AND s.remote_id IS NOT NULL
                   AND NOT s.remote_id = ANY(%s)
                   AND s.state <> 'ending'""",
                account.id,
                list(remote_ids),
            )
        )

    @api.model
    def _count_remote(self, account):
        """How many contacts of ours are in Outlook."""
        ((count,),) = self.env.execute_query(
            SQL(
                """SELECT count(*) FROM exchange_subscription
                    WHERE account_id = %s AND remote_id IS NOT NULL
                      AND (active OR state = 'ending')""",
                account.id,
            )
        )
        return count

    @api.model
    def _rows(self, condition):
        self.flush_model()
        query = SQL(
            "SELECT %s FROM exchange_subscription s WHERE %s", _COLUMNS, condition
        )
        return [Row(*values) for values in self.env.execute_query(query)]

    @api.model
    def _note(self, names, values, unless_ending=()):
        """Write what happened to rows, in one statement. Rows that are gone meanwhile
        are left out.

        :param names: names of fields, of :data:`TYPES`
        :param values: list of (id, value of each field)
        :param unless_ending: names that a row keeps whose subscription ended meanwhile
        """
        if not values:
            return
        self.flush_model()
        values = sorted(values)
        columns = [SQL("%s::int4[]", [row[0] for row in values])]
        sets = []
        for number, name in enumerate(names, 1):
            kind = TYPES[name]
            column = [row[number] for row in values]
            columns.append(SQL(f"%s::{_array_type(kind)}[]", column))
            new = SQL(f"v.%s::{kind}", SQL.identifier(name))
            if name in unless_ending:
                new = SQL(
                    "CASE WHEN s.state = 'ending' THEN %s ELSE %s END",
                    SQL.identifier("s", name),
                    new,
                )
            sets.append(SQL("%s = %s", SQL.identifier(name), new))
        self.env.execute_query(
            SQL(
                """UPDATE exchange_subscription s SET %s
                     FROM unnest(%s) AS v(id, %s) WHERE s.id = v.id RETURNING s.id""",
                SQL(", ").join(sets),
                SQL(", ").join(columns),
                SQL(", ").join(map(SQL.identifier, names)),
            )
        )
        self.invalidate_model(flush=False)

    @api.model
    def _flush_sources(self):
        """Make visible to SQL what the statements here look at."""
        self.flush_model()
        for name in (
            *("res.partner", "res.partner.category", "ir.attachment"),
            *("res.country", "res.country.state", "hr.employee", "hr.version"),
        ):
            if name in self.env:
                self.env[name].flush_model()


def _array_type(kind):
    """JSON travels as text: an array of it would be taken for one value."""
    return "text" if kind == "jsonb" else kind
