from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .partner_addresses import ADDRESS_INDEX


class ResPartner(models.Model):
    _name = "res.partner"
    _inherit = [
        "res.partner",
        "exchange.partner.addresses",
        "exchange.partner.buttons",
    ]

    exchange_subscription_ids = fields.One2many(
        "exchange.subscription", "partner_id", "In Outlook"
    )
    exchange_subscribed = fields.Boolean(
        "In My Outlook",
        compute="_compute_exchange_subscription",
        inverse="_inverse_exchange_subscribed",
        search="_search_exchange_subscribed",
        help="Whether this address is, or is about to be, in your address book.",
    )
    exchange_subscription_id = fields.Many2one(
        "exchange.subscription",
        "My Subscription",
        compute="_compute_exchange_subscription",
    )
    exchange_subscription_state = fields.Selection(
        selection=lambda self: self._exchange_subscription_states(),
        string="State in Outlook",
        compute="_compute_exchange_subscription",
    )
    exchange_synced_on = fields.Datetime(
        "Last Written to Outlook", compute="_compute_exchange_subscription"
    )
    exchange_subscriber_names = fields.Char(
        "In Outlook of", compute="_compute_exchange_subscriber_names"
    )

    # Own customers are looked for at every synchronisation.
    _exchange_salesperson_idx = models.Index("(user_id) WHERE user_id IS NOT NULL")
    # Whose the addresses of e-mails and meetings are, at every page of them.
    _exchange_email_idx = models.Index(
        "(email_normalized) WHERE email_normalized IS NOT NULL"
    )
    _exchange_address_idx = models.Index(ADDRESS_INDEX)

    @api.depends_context("uid")
    @api.depends("exchange_subscription_ids.state", "exchange_subscription_ids.active")
    def _compute_exchange_subscription(self):
        rows = self.env["exchange.subscription"].sudo()
        found = rows.search_fetch(
            [*self._my_exchange_domain(), ("partner_id", "in", self._origin.ids)],
            ["partner_id", "state", "synced_on"],
        )
        mine = {row.partner_id.id: row.sudo(False) for row in found}
        for partner in self:
            row = mine.get(partner._origin.id, rows.browse())
            partner.exchange_subscription_id = row.id
            partner.exchange_subscribed = bool(row)
            partner.exchange_subscription_state = row.sudo().state
            partner.exchange_synced_on = row.sudo().synced_on

    def _inverse_exchange_subscribed(self):
        """Of records that are being created."""
        wanted = self.filtered("exchange_subscribed")
        wanted._exchange_subscribe()
        (self - wanted)._exchange_unsubscribe()

    @api.model
    def _search_exchange_subscribed(self, operator, value):
        if operator != "in":
            return NotImplemented
        rows = self.env["exchange.subscription"].sudo()
        domain = Domain(
            "id",
            "in",
            rows._search(self._my_exchange_domain()).subselect(
                SQL.identifier("exchange_subscription", "partner_id")
            ),
        )
        if True in value:
            return Domain.TRUE if False in value else domain
        return ~domain if False in value else Domain.FALSE

    @api.model
    def _my_exchange_domain(self):
        """The subscriptions of the current user that are not ending."""
        return [
            ("account_id.user_id", "=", self.env.uid),
            ("partner_id", "!=", False),
            # also where archived contacts are looked at
            ("active", "=", True),
            ("state", "!=", "ending"),
        ]

    @api.depends_context("uid")
    @api.depends("exchange_subscription_ids.state", "exchange_subscription_ids.active")
    def _compute_exchange_subscriber_names(self):
        """The names of all who have this address; no more than that of anybody's
        mailbox, only for colleagues, and only of users they may see themselves."""
        self.exchange_subscriber_names = False
        if not self.env.user._is_internal():
            return
        rows = self.env["exchange.subscription"].sudo()
        found = rows._read_group(
            [
                ("partner_id", "in", self._origin.ids),
                ("active", "=", True),
                ("state", "!=", "ending"),
                ("account_id.active", "=", True),
            ],
            ["partner_id", "account_id"],
        )
        users = self.env["res.users"].search(
            [("id", "in", list({account.user_id.id for _p, account in found}))]
        )
        names = {}
        for partner, account in found:
            if account.user_id in users.sudo():
                names.setdefault(partner.id, set()).add(account.user_id.name)
        for partner in self:
            mine = names.get(partner._origin.id)
            partner.exchange_subscriber_names = (
                ", ".join(sorted(mine)) if mine else False
            )

    # Subscribing

    def _exchange_subscribe(self, with_children=False):
        """Mark as subscribed, thousands at once; nothing waits for Microsoft.

        :return: {"chosen": how many it was about, "subscribed": how many were added,
            "left_out": how many are archived}
        :raises AccessError: an address the user may not read
        """
        if not self:
            return {"chosen": 0, "subscribed": 0, "left_out": 0}
        self.check_access("read")
        partners = self
        if with_children:
            children = [("id", "child_of", self.ids), ("type", "=", "contact")]
            partners |= self.search(children)
        self.env.flush_all()
        account = self.env["exchange.account"]._of_user()
        rows = self.env["exchange.subscription"].sudo()
        added = rows._subscribe(account, partners.ids)
        archived = self.with_context(active_test=False).search_count(
            [("id", "in", partners.ids), ("active", "=", False)]
        )
        return {
            "chosen": len(partners),
            "subscribed": added,
            "left_out": archived,
        }

    def _exchange_unsubscribe(self):
        if not self:
            return
        accounts = self.env["exchange.account"].sudo().with_context(active_test=False)
        account = accounts.search([("user_id", "=", self.env.uid)])
        if account:
            self.env["exchange.subscription"].sudo()._unsubscribe(account, self.ids)

    @api.model_create_multi
    def create(self, vals_list):
        """A contact made from waiting e-mails gets them at once, and with them what
        else waits because of its address."""
        mail_ids = self.env.context.get("exchange_mail_ids")
        if not mail_ids:
            return super().create(vals_list)
        # The key is for this contact, not for what is created along with it.
        partners = super(ResPartner, self.with_context(exchange_mail_ids=False)).create(
            vals_list
        )
        mails = self.env["exchange.mail"].browse(mail_ids)
        waiting = mails.filtered(lambda mail: mail.state == "to_assign")
        if waiting:
            waiting.action_file_on("res.partner", partners[:1].id)
            waiting._file_along(partners[:1])
        return partners.with_env(self.env)

    def write(self, vals):
        """Whoever may read an address may subscribe to it, as he may follow it."""
        if "exchange_subscribed" not in vals:
            return super().write(vals)
        rest = {key: vals[key] for key in vals if key != "exchange_subscribed"}
        result = super().write(rest) if rest else True
        if vals["exchange_subscribed"]:
            self._exchange_subscribe()
        else:
            self._exchange_unsubscribe()
        return result

    def unlink(self):
        """What is in Outlook of a deleted contact has to be removed there."""
        if self.ids:
            self.env["exchange.subscription"].sudo()._partners_go(self.ids)
        return super().unlink()
