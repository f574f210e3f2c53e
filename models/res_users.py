from odoo import api, fields, models
from odoo.exceptions import AccessError

from .exchange_account import USER_FIELDS
from .exchange_account_access import MANAGER

# Shown to the user, beside what he may set.
INFO_FIELDS = (
    "state",
    "awaits_start",
    "last_sync",
    "next_sync",
    "last_error",
    "has_password",
    "contact_brake",
)
STORED_FIELDS = set(USER_FIELDS + INFO_FIELDS) - {
    "password",
    "has_password",
    "awaits_start",
}


class ResUsers(models.Model):
    """The account's settings, where the user finds all his settings.

    The fields are no related ones because they have to work for a user who has no
    account yet (they show what he would get), and because a related field would show
    the account to whoever may see the user.
    """

    _inherit = "res.users"

    exchange_account_ids = fields.One2many(
        "exchange.account",
        "user_id",
        "Exchange Accounts",
        context={"active_test": False},
    )
    exchange_account_id = fields.Many2one(
        "exchange.account", compute="_compute_exchange_account", string="Mailbox"
    )
    exchange_server_id = fields.Many2one(
        "exchange.server",
        "Service",
        compute="_compute_exchange_account",
        readonly=False,
    )
    exchange_service = fields.Selection(
        selection=lambda self: self._exchange_selection("service"),
        string="Kind of Service",
        compute="_compute_exchange_service",
    )
    exchange_allow_password = fields.Boolean(
        "Passwords Allowed", compute="_compute_exchange_service"
    )
    exchange_auth_method = fields.Selection(
        selection="_selection_exchange_auth_method",
        string="Sign-in",
        compute="_compute_exchange_account",
        readonly=False,
    )
    exchange_login = fields.Char(
        "User Name",
        compute="_compute_exchange_account",
        readonly=False,
        help="The one you sign in to Outlook with, usually your e-mail address.",
    )
    exchange_password = fields.Char(
        "Mailbox Password", compute="_compute_exchange_account", readonly=False
    )
    exchange_interval = fields.Integer(
        "Interval",
        compute="_compute_exchange_account",
        readonly=False,
        help="Minutes between two synchronisations. 0 takes the default.",
    )
    exchange_effective_interval = fields.Integer(
        "Minutes between Synchronisations",
        compute="_compute_exchange_service",
    )
    exchange_mail_delete_after_transfer = fields.Boolean(
        "Delete e-mails in the transfer folder after transfer",
        compute="_compute_exchange_account",
        readonly=False,
    )
    exchange_mail_mark_transferred = fields.Boolean(
        "Mark transferred e-mails in Outlook",
        compute="_compute_exchange_account",
        readonly=False,
    )
    exchange_event_days_past = fields.Integer(
        "Past Events (days)", compute="_compute_exchange_account", readonly=False
    )
    exchange_event_days_ahead = fields.Integer(
        "Future Events (days)", compute="_compute_exchange_account", readonly=False
    )
    exchange_event_private = fields.Selection(
        selection=lambda self: self._exchange_selection("event_private"),
        string="Private Events",
        compute="_compute_exchange_account",
        readonly=False,
    )
    exchange_event_categories = fields.Text(
        "Only Events of These Categories",
        compute="_compute_exchange_account",
        readonly=False,
        help="Outlook categories, separated by commas or on lines of their own. "
        "Without any, all events are taken over.",
    )
    exchange_contact_delete_on_unsubscribe = fields.Boolean(
        "Delete addresses in Exchange/Office 365 when the subscription ends",
        compute="_compute_exchange_account",
        readonly=False,
        help="Only what Odoo has written. Otherwise they stay in Outlook as they are.",
    )
    exchange_contact_subscribe_own_customers = fields.Boolean(
        "Subscribe all my customers",
        compute="_compute_exchange_account",
        readonly=False,
        help="All contacts whose salesperson the user is, and their contact persons. "
        "New ones join by themselves; what the user takes out stays out.",
    )
    exchange_contact_target = fields.Selection(
        selection=lambda self: self._exchange_selection("contact_target"),
        string="Contacts Go to",
        compute="_compute_exchange_account",
        readonly=False,
        help="Many phones and the Outlook app show the default folder alone.",
    )
    exchange_state = fields.Selection(
        selection=lambda self: self._exchange_selection("state"),
        string="Mailbox State",
        compute="_compute_exchange_account",
    )
    exchange_awaits_start = fields.Boolean(
        "Waits for the First Synchronisation", compute="_compute_exchange_account"
    )
    exchange_has_password = fields.Boolean(
        "Password Stored", compute="_compute_exchange_account"
    )
    exchange_last_sync = fields.Datetime(
        "Last Synchronisation", compute="_compute_exchange_account"
    )
    exchange_next_sync = fields.Datetime(
        "Next Synchronisation", compute="_compute_exchange_account"
    )
    exchange_last_error = fields.Char("Problem", compute="_compute_exchange_account")
    exchange_contact_brake = fields.Integer(
        "Contacts Waiting to Be Deleted", compute="_compute_exchange_account"
    )
    exchange_folder_ids = fields.One2many(
        "exchange.folder",
        string="Transfer Folders",
        compute="_compute_exchange_account",
    )

    @api.model
    def _exchange_selection(self, name):
        field = self.env["exchange.account"]._fields[name]
        return field._description_selection(self.env)

    @api.model
    def _selection_exchange_auth_method(self):
        """Application permissions are set up by administrators only."""
        methods = self._exchange_selection("auth_method")
        mine = self.env.user.sudo().exchange_account_ids
        if self._exchange_manages() or mine.auth_method == "application":
            return methods
        return [method for method in methods if method[0] != "application"]

    @api.depends(
        *(f"exchange_account_ids.{name}" for name in (*STORED_FIELDS, "folder_ids")),
    )
    @api.depends_context("uid")
    def _compute_exchange_account(self):
        manages = self._exchange_manages()
        for user in self:
            account = self.env["exchange.account"].sudo()
            values = {}
            shown = manages or user._origin == self.env.user
            if shown and user._origin and not user.share:
                account = user.sudo().exchange_account_ids[:1]
                values = account or account._default_values(user._origin)
            user.exchange_account_id = account
            user.exchange_folder_ids = account.folder_ids
            for name in USER_FIELDS + INFO_FIELDS:
                user[f"exchange_{name}"] = name in values and values[name]

    @api.depends("exchange_interval", "exchange_server_id")
    def _compute_exchange_service(self):
        for user in self:
            server = user.exchange_server_id.sudo()
            user.exchange_service = server.service
            user.exchange_allow_password = server.allow_password
            wish = user.exchange_interval or server.interval_default
            user.exchange_effective_interval = max(wish, server.interval_min)

    @api.onchange("exchange_server_id")
    def _onchange_exchange_server_id(self):
        if self.exchange_service == "exchange":
            self.exchange_auth_method = "password"
        elif self.exchange_auth_method == "password" and self.exchange_server_id:
            allowed = self.exchange_allow_password
            self.exchange_auth_method = "password" if allowed else "oauth"

    @property
    def SELF_READABLE_FIELDS(self):
        return super().SELF_READABLE_FIELDS + [
            *self._exchange_user_fields(),
            *(f"exchange_{name}" for name in INFO_FIELDS),
            "exchange_account_id",
            "exchange_allow_password",
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

    @api.model
    def _exchange_manages(self):
        """Whether the caller may see and set the accounts of others."""
        return self.env.su or self.env.user.has_group(MANAGER)

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
        mine = vals.keys() & set(self._exchange_user_fields())
        if not mine:
            return super().write(vals)
        wishes = {name.removeprefix("exchange_"): vals[name] for name in mine}
        for user in self:
            user._write_exchange_account(wishes)
        return super().write({n: v for n, v in vals.items() if n not in mine})

    def _write_exchange_account(self, vals):
        """Set fields of this user's account, made when he has none.

        :raises AccessError: the account of another, or a setting for administrators
        """
        self.ensure_one()
        account = self._ensure_exchange_account()
        if not self._exchange_manages():
            account._check_wishes(vals)
        server = self.env["exchange.server"].sudo().browse(vals.get("server_id"))
        if server.service == "exchange":
            # The only way to sign in there: no need to choose it as well.
            vals = {"auth_method": "password", **vals}
        account.write(vals)

    def _ensure_exchange_account(self):
        """The account, as superuser, for those who may set it."""
        self.ensure_one()
        own = self == self.env.user
        if not (own or self._exchange_manages()) or self.sudo().share:
            raise AccessError(
                self.env._("You may not change the Exchange account of this user.")
            )
        return self.env["exchange.account"]._of_user(self)

    def action_exchange_my_mailbox(self):
        """Open the caller's preferences at the tab of the mailbox."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "exchange_connector.action_my_mailbox"
        )
        return {**action, "res_id": self.env.uid}

    def check_synchronization_status(self):
        """The calendar asks this once, for what is beside its title."""
        state = self.sudo().exchange_account_ids[:1].state
        return {**super().check_synchronization_status(), "exchange_connector": state}

    # Buttons of the preferences. What was typed has been saved before.

    def action_exchange_connect(self):
        return self._ensure_exchange_account().sudo(False).action_connect()

    def action_exchange_disconnect(self):
        return self._exchange_account().action_disconnect()

    def action_exchange_create_folders(self):
        return self._exchange_account().action_create_folders()

    def action_exchange_test(self):
        return self._ensure_exchange_account().sudo(False).action_test_connection()

    def action_exchange_sync(self):
        return self._exchange_account().action_sync()

    def action_exchange_brake_continue(self):
        return self._exchange_account().action_contact_brake_continue()

    def action_exchange_brake_keep(self):
        return self._exchange_account().action_contact_brake_keep()

    def action_exchange_runs(self):
        return self._exchange_account().action_open_runs()

    def _exchange_account(self):
        """The account, with the caller's rights."""
        self.ensure_one()
        return self.sudo().exchange_account_ids[:1].sudo(False)
