from odoo import models
from odoo.tools import SQL


class ExchangeContactPreview(models.AbstractModel):
    """How many contacts the first synchronisation would write into Outlook."""

    _name = "exchange.contact.preview"
    _description = "Preview of the First Synchronisation: Contacts"

    def _preview(self, account, mailbox):
        count = self._count_wanted(account)
        sentences = [
            self.env._(
                "contacts of Odoo are written into your address book in Outlook. What "
                "is in it already stays as it is."
            )
        ]
        if not count:
            sentences.append(
                self.env._("Subscribe to the contacts that you want to have there.")
            )
        return {
            "count": count,
            "more": False,
            "text": " ".join(sentences),
            "problem": "",
        }

    def _count_wanted(self, account):
        """The addresses that are subscribed, or would be as own customers."""
        subscriptions = self.env["exchange.subscription"]
        self.env.flush_all()
        wanted = SQL(
            """SELECT partner_id AS id FROM exchange_subscription
                WHERE account_id = %s AND active AND state <> 'ending'
                  AND partner_id IS NOT NULL""",
            account.id,
        )
        if account.contact_subscribe_own_customers:
            wanted = SQL(
                """%(wanted)s UNION
                   SELECT id FROM res_partner WHERE id IN %(own)s AND id NOT IN
                       (SELECT partner_id FROM exchange_subscription
                         WHERE account_id = %(account)s AND ended_by_user
                           AND partner_id IS NOT NULL)""",
                wanted=wanted,
                own=subscriptions._own_customers(account),
                account=account.id,
            )
        query = SQL("SELECT count(*) FROM (%s) AS wanted", wanted)
        return self.env.execute_query(query)[0][0]
