from odoo import api, fields, models

from .exchange_account import USER_FIELDS

# Shown to the user, beside what he may set.
INFO_FIELDS = ("state", "last_sync", "next_sync", "last_error", "has_password")


class ResUsers(models.Model):
    _inherit = "res.users"

    exchange_account_ids = fields.One2many(
        "exchange.account",
        "user_id",
        "Exchange Accounts",
        context={"active_test": False},
    )
    exchange_account_id = fields.Many2one(
        "exchange.account",
        compute="_compute_exchange_account_id",
        search="_search_exchange_account_id",
        compute_sudo=True,
    )
    exchange_server_id = fields.Many2one(
        related="exchange_account_id.server_id", readonly=False, string="Service"
    )
    exchange_service = fields.Selection(
        related="exchange_account_id.service", string="Kind of Service"
    )
    exchange_auth_method = fields.Selection(
        related="exchange_account_id.auth_method", readonly=False
    )
    exchange_login = fields.Char(related="exchange_account_id.login", readonly=False)
    exchange_password = fields.Char(
        "Mailbox Password", related="exchange_account_id.password", readonly=False
    )
    exchange_has_password = fields.Boolean(related="exchange_account_id.has_password")
    exchange_interval = fields.Integer(
        related="exchange_account_id.interval", readonly=False
    )
    exchange_effective_interval = fields.Integer(
        related="exchange_account_id.effective_interval"
    )
    exchange_mail_delete_after_transfer = fields.Boolean(
        related="exchange_account_id.mail_delete_after_transfer", readonly=False
    )
    exchange_event_days_past = fields.Integer(
        related="exchange_account_id.event_days_past", readonly=False
    )
    exchange_event_days_ahead = fields.Integer(
        related="exchange_account_id.event_days_ahead", readonly=False
    )
    exchange_contact_delete_on_unsubscribe = fields.Boolean(
        related="exchange_account_id.contact_delete_on_unsubscribe", readonly=False
    )
    exchange_contact_subscribe_own_customers = fields.Boolean(
        related="exchange_account_id.contact_subscribe_own_customers", readonly=False
    )
    exchange_state = fields.Selection(
        related="exchange_account_id.state", string="Mailbox State"
    )
    exchange_last_sync = fields.Datetime(related="exchange_account_id.last_sync")
    exchange_next_sync = fields.Datetime(related="exchange_account_id.next_sync")
    exchange_last_error = fields.Char(related="exchange_account_id.last_error")
    exchange_folder_ids = fields.One2many(related="exchange_account_id.folder_ids")

    @api.depends("exchange_account_ids")
    def _compute_exchange_account_id(self):
        for user in self:
            user.exchange_account_id = user.exchange_account_ids[:1]

    @api.model
    def _search_exchange_account_id(self, operator, value):
        return [("exchange_account_ids", operator, value)]

    @property
    def SELF_READABLE_FIELDS(self):
        return super().SELF_READABLE_FIELDS + [
            *self._exchange_user_fields(),
            *(f"exchange_{name}" for name in INFO_FIELDS),
            "exchange_account_id",
            "exchange_effective_interval",
            "exchange_folder_ids",
            "exchange_service",
        ]

    @property
    def SELF_WRITEABLE_FIELDS(self):
        return super().SELF_WRITEABLE_FIELDS + self._exchange_user_fields()

    @api.model
    def _exchange_user_fields(self):
        return [f"exchange_{name}" for name in USER_FIELDS]

    @api.model_create_multi
    def create(self, vals_list):
        """The account has to exist before a field of it can be set."""
        mine = set(self._exchange_user_fields())
        bare = [
            {name: value for name, value in vals.items() if name not in mine}
            for vals in vals_list
        ]
        users = super().create(bare)
        for user, vals in zip(users, vals_list, strict=True):
            wishes = {name: vals[name] for name in vals.keys() & mine}
            if any(wishes.values()):
                user.write(wishes)
        return users

    def write(self, vals):
        if vals.keys() & set(self._exchange_user_fields()):
            self._ensure_exchange_account()
        return super().write(vals)

    def _ensure_exchange_account(self):
        missing = self.filtered(lambda user: not user.sudo().exchange_account_ids)
        if missing:
            # Whether this user may set fields of those users is for write to decide;
            # an account without settings gives nobody anything.
            missing.check_access("read")
            self.env["exchange.account"]._create_for(missing)
            missing.invalidate_recordset(["exchange_account_ids", "exchange_account_id"])

    def action_exchange_connect(self):
        """Button of the preferences: sign in with what the form says."""
        self.ensure_one()
        self._ensure_exchange_account()
        return self._exchange_account().action_connect()

    def action_exchange_disconnect(self):
        self.ensure_one()
        return self._exchange_account().action_disconnect()

    def action_exchange_sync(self):
        self.ensure_one()
        return self._exchange_account().action_sync()

    def action_exchange_runs(self):
        self.ensure_one()
        return self._exchange_account().action_open_runs()

    def _exchange_account(self):
        """The account, with the caller's rights."""
        return self.sudo().exchange_account_id.sudo(False)
