from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError

# Graph refuses a calendar window longer than this.
MAX_WINDOW_DAYS = 1825
# What users may set themselves, on their account or through res.users.
USER_FIELDS = (
    "server_id",
    "auth_method",
    "login",
    "password",
    "interval",
    "mail_delete_after_transfer",
    "mail_mark_transferred",
    "event_days_past",
    "event_days_ahead",
    "event_private",
    "event_categories",
    "contact_delete_on_unsubscribe",
    "contact_subscribe_own_customers",
    "contact_target",
)


class ExchangeAccount(models.Model):
    """The mailbox of one user, with all he chose about it."""

    _name = "exchange.account"
    _inherit = [
        "exchange.account.access",
        "exchange.account.connection",
        "exchange.account.sign.in",
        "exchange.account.engine",
        "exchange.account.failure",
        "exchange.account.lanes",
        "exchange.account.schedule",
        "exchange.account.calendar",
        "exchange.account.folders",
        "exchange.account.panel",
        "exchange.account.start",
        "exchange.account.contacts",
    ]
    _description = "Exchange Account"
    _rec_name = "login"

    active = fields.Boolean(related="user_id.active", store=True)
    user_id = fields.Many2one(
        "res.users", required=True, ondelete="cascade", readonly=True
    )
    server_id = fields.Many2one(
        "exchange.server", ondelete="restrict", index="btree_not_null"
    )
    service = fields.Selection(related="server_id.service")
    auth_method = fields.Selection(
        [
            ("oauth", "Microsoft sign-in"),
            ("password", "User name and password"),
            ("application", "Application permissions"),
        ],
        required=True,
        default="oauth",
        string="Sign-in",
    )
    login = fields.Char("User Name")
    password = fields.Char(compute="_compute_password", inverse="_inverse_password")
    has_password = fields.Boolean(compute="_compute_has_password")
    state = fields.Selection(
        [
            ("draft", "Not Connected"),
            ("connected", "Connected"),
            ("reconnect", "Sign in Again"),
            ("error", "Error"),
        ],
        required=True,
        default="draft",
        readonly=True,
        index=True,
    )
    mailbox_id = fields.Char(readonly=True, help="Graph's id of the mailbox's user.")
    mailbox_address = fields.Char(readonly=True)
    addresses = fields.Json(
        readonly=True, help="All addresses of the mailbox, normalised."
    )
    # Schedule
    interval = fields.Integer(
        "Interval (minutes)",
        help="Time between two synchronisations. 0 takes the administrator's default.",
    )
    effective_interval = fields.Integer(
        "Effective Interval (minutes)", compute="_compute_effective_interval"
    )
    next_sync = fields.Datetime("Next Synchronisation", readonly=True)
    last_sync = fields.Datetime("Last Synchronisation", readonly=True)
    last_error = fields.Char(readonly=True)
    backoff_until = fields.Datetime("Paused Until", readonly=True)
    failures = fields.Integer("Failures in a Row", readonly=True)
    sign_in_retry = fields.Datetime(
        "Sign-in Tried Again On",
        readonly=True,
        help="When a password that the Exchange server refused is tried once more.",
    )
    requested_kinds = fields.Char(readonly=True)
    reconnect_activity_id = fields.Many2one(
        "mail.activity", readonly=True, ondelete="set null", index="btree_not_null"
    )
    # E-mails
    mail_delete_after_transfer = fields.Boolean(
        "Delete e-mails in the transfer folder after transfer"
    )
    mail_mark_transferred = fields.Boolean(
        "Mark transferred e-mails in Outlook",
        help="Gives them the category Odoo.",
    )
    folder_ids = fields.One2many("exchange.folder", "account_id", "Transfer Folders")
    # Events
    event_days_past = fields.Integer("Past Events (days)", default=30)
    event_days_ahead = fields.Integer("Future Events (days)", default=365)
    event_private = fields.Selection(
        [
            ("details", "With details, for participants only"),
            ("busy", "Only that I am busy"),
            ("skip", "Not at all"),
        ],
        "Private Events",
        default="details",
    )
    event_categories = fields.Text(
        "Only Events of These Categories",
        help="Outlook categories, separated by commas or on lines of their own. "
        "Without any, all events are taken over.",
    )
    # Contacts
    contact_delete_on_unsubscribe = fields.Boolean(
        "Delete addresses in Exchange/Office 365 when the subscription ends"
    )
    contact_subscribe_own_customers = fields.Boolean("Subscribe all my customers")
    run_ids = fields.One2many("exchange.sync.run", "account_id")

    _user_uniq = models.Constraint(
        "UNIQUE (user_id)", "This user has an Exchange account already."
    )
    _days_not_negative = models.Constraint(
        "CHECK (event_days_past >= 0 AND event_days_ahead >= 0)",
        "A number of days cannot be negative.",
    )
    _told_idx = models.Index("(id) WHERE failure_told")
    _due_idx = models.Index("(next_sync, id) WHERE state IN ('connected', 'error')")

    @api.depends("user_id", "login")
    def _compute_display_name(self):
        for account in self:
            name = account.user_id.name or ""
            login = account.mailbox_address or account.login
            account.display_name = f"{name} ({login})" if login else name

    def _compute_password(self):
        """Write only: a secret never comes back out."""
        self.password = False

    def _inverse_password(self):
        for account in self:
            # An untouched field of a saved form arrives as False: keep the password.
            if account.password:
                account._store("password", account.password)

    def _compute_has_password(self):
        kinds = self.env["exchange.credential"]._kinds_of(self)
        for account in self:
            account.has_password = "password" in kinds.get(account.id, ())

    @api.depends("interval", "server_id.interval_default", "server_id.interval_min")
    def _compute_effective_interval(self):
        for account in self:
            server = account.server_id
            wish = account.interval or server.interval_default
            account.effective_interval = max(wish, server.interval_min)

    @api.constrains("event_days_past", "event_days_ahead")
    def _check_window(self):
        for account in self:
            if account.event_days_past + account.event_days_ahead > MAX_WINDOW_DAYS:
                raise ValidationError(
                    self.env._(
                        "Past and future events together may span %(days)s days at "
                        "most.",
                        days=MAX_WINDOW_DAYS,
                    )
                )

    @api.constrains("auth_method", "server_id")
    def _check_auth_method(self):
        for account in self.filtered("server_id"):
            message = account._auth_method_problem()
            if message:
                raise ValidationError(message)

    def _auth_method_problem(self):
        """Why this way to sign in does not fit this server, or ""."""
        self.ensure_one()
        server = self.server_id
        if server.service == "exchange":
            if self.auth_method != "password":
                return self.env._(
                    "Exchange Server wants user name and password as sign-in."
                )
        elif self.auth_method == "password" and not server.allow_password:
            return self.env._(
                "Your administrator does not allow user name and password for "
                "%(server)s. Choose the Microsoft sign-in.",
                server=server.name,
            )
        elif self.auth_method == "application" and not server.allow_application:
            return self.env._(
                "%(server)s is not set up for application permissions.",
                server=server.name,
            )
        return ""

    @api.onchange("server_id")
    def _onchange_server_id(self):
        if self.server_id.service == "exchange":
            self.auth_method = "password"

    @api.model_create_multi
    def create(self, vals_list):
        """An Exchange server knows one way to sign in, so nobody has to name it."""
        servers = self.env["exchange.server"]
        for vals in vals_list:
            server = servers.browse(vals.get("server_id"))
            if "auth_method" not in vals and server.service == "exchange":
                vals["auth_method"] = "password"
        return super().create(vals_list)

    # The user's own reach

    @api.model
    def _of_user(self, user=None):
        """The account of a user, created when he has none yet. Runs as superuser.

        :raises AccessError: a portal user or the public one
        """
        user = user or self.env.user
        if user.sudo().share:
            raise AccessError(self.env._("Mailboxes are for internal users."))
        accounts = self.sudo().with_context(active_test=False)
        return accounts.search([("user_id", "=", user.id)]) or self._create_for(user)

    @api.model
    def _create_for(self, users):
        vals_list = [
            {"user_id": user.id, **self._default_values(user)} for user in users
        ]
        return self.sudo().create(vals_list)

    @api.model
    def _default_values(self, user):
        """What a user's new account begins with; the only service is chosen already.

        :return: {name: value} for all of :data:`USER_FIELDS`
        """
        companies = [False, *user.sudo().company_ids.ids]
        servers = self.env["exchange.server"].sudo()
        servers = servers.search([("company_id", "in", companies)], limit=2)
        server = servers if len(servers) == 1 else servers.browse()
        return {
            **dict.fromkeys(USER_FIELDS, False),
            **self.sudo().default_get(USER_FIELDS),
            "server_id": server.id,
            "auth_method": "password" if server.service == "exchange" else "oauth",
            "login": user.email or user.login,
        }

    def _event_category_names(self):
        """The categories whose events are wanted, in lower case; none = all events."""
        text = (self.event_categories or "").replace("\n", ",").lower()
        return sorted({name.strip() for name in text.split(",")} - {""})

    def _wish_after_transfer(self):
        """What is to happen in Outlook to a mail that is in Odoo: a value of the
        ``cleanup`` of its source."""
        if self.mail_delete_after_transfer:
            return "pending"
        return self.mail_mark_transferred and "mark"
