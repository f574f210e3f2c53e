from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..client import CLOUDS, paths_from_urls, tls_context
from . import embedded

CLOUD_NAMES = {
    "global": "Microsoft 365 (worldwide)",
    "usgov_high": "US Government GCC High",
    "usgov_dod": "US Government DoD",
    "china": "China (21Vianet)",
}
# The three short paths below one server, as the mapper serves them.
SHORT_PATHS = {
    "folders_url": "ChildFolders",
    "events_url": "events",
    "contacts_url": "contacts",
}
CALLBACK_PATH = "/exchange_connector/oauth"
# What a failed sign-in may have been due to.
SIGN_IN_FIELDS = {
    "service",
    "cloud",
    "tenant_id",
    "client_id",
    "client_secret",
    "authority_url",
    "folders_url",
    "ews_url",
    "ca_certificate",
}


class ExchangeServer(models.Model):
    """One service: an Office 365 tenant, or an Exchange organisation behind a mapper.

    The connector speaks the same REST interface to both; what differs is the base
    address and the way to sign in.
    """

    _name = "exchange.server"
    _inherit = ["exchange.server.archive", "exchange.server.pace"]
    _description = "Exchange Server"
    _order = "sequence, name, id"
    _check_company_auto = True

    name = fields.Char(required=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", help="Leave empty to offer this service to all companies."
    )
    service = fields.Selection(
        [("office365", "Office 365"), ("exchange", "Exchange Server")],
        required=True,
        default="office365",
    )
    # Office 365
    cloud = fields.Selection(list(CLOUD_NAMES.items()), required=True, default="global")
    tenant_id = fields.Char(
        "Tenant ID",
        help="Directory (tenant) ID or domain of the app registration. Leave "
        "'organizations' for an app that serves several tenants.",
        default="organizations",
    )
    client_id = fields.Char("Application ID")
    client_secret = fields.Char(
        compute="_compute_client_secret", inverse="_inverse_client_secret"
    )
    has_client_secret = fields.Boolean(compute="_compute_has_client_secret")
    allow_password = fields.Boolean(
        "Allow User Name and Password",
        help="Lets users sign in to Office 365 with user name and password. Microsoft "
        "refuses it for accounts with multi-factor authentication.",
    )
    allow_application = fields.Boolean(
        "Application Permissions",
        help="The app registration may open the mailboxes without a sign-in of each "
        "user. Only administrators may set up such accounts.",
    )
    redirect_url = fields.Char(
        "Redirect URI",
        compute="_compute_redirect_url",
        help="Enter this address as a Web redirect URI in the app registration.",
    )
    authority_url = fields.Char(
        "Sign-in Address",
        groups="base.group_system",
        help="Only for test systems: address of another identity service. "
        "Empty: the cloud's own.",
    )
    # Addresses: empty for Office 365, where the cloud decides
    folders_url = fields.Char("E-mails Address")
    events_url = fields.Char("Events Address")
    contacts_url = fields.Char("Contacts Address")
    ews_url = fields.Char(
        "Exchange Server",
        help="Name of the Exchange server, for instance mail.example.com, or the "
        "address of its web services. Odoo then speaks to Exchange itself, and no "
        "other service is needed between the two.",
    )
    is_embedded = fields.Boolean(compute="_compute_is_embedded")
    ca_certificate = fields.Text(
        "CA Certificate",
        groups="base.group_system",
        help="Certificate (PEM) of your own certification authority, where the "
        "server's certificate was not issued by a public one.",
    )
    # Limits
    interval_default = fields.Integer(
        "Default Interval (minutes)", default=15, required=True
    )
    interval_min = fields.Integer(
        "Shortest Interval (minutes)",
        default=5,
        required=True,
        help="Protects the server's load: a user's shorter wish is raised to this.",
    )
    attachment_limit = fields.Integer(
        "Largest Attachment (MB)",
        default=25,
        required=True,
        help="Larger attachments stay in Outlook; the chatter names them.",
    )
    account_ids = fields.One2many("exchange.account", "server_id")
    failure_activity_ids = fields.Many2many(
        "mail.activity",
        string="Activities About Lasting Failures",
        readonly=True,
        copy=False,
        groups=fields.NO_ACCESS,
    )

    _interval_min_positive = models.Constraint(
        "CHECK (interval_min >= 1)", "The shortest interval is one minute."
    )
    _interval_default_ge_min = models.Constraint(
        "CHECK (interval_default >= interval_min)",
        "The default interval cannot be shorter than the shortest interval.",
    )
    _attachment_limit_positive = models.Constraint(
        "CHECK (attachment_limit >= 0)", "The largest attachment cannot be negative."
    )

    def _compute_client_secret(self):
        """Write only: a secret never comes back out."""
        self.client_secret = False

    def _inverse_client_secret(self):
        for server in self:
            # An untouched field of a saved form arrives as False: keep the secret.
            if server.client_secret:
                self.env["exchange.credential"]._set_secret(
                    server, "client_secret", server.client_secret
                )
                # What was typed is not to be read again, not even in this request.
                server.invalidate_recordset(
                    ["client_secret", "has_client_secret"], flush=False
                )

    def _compute_has_client_secret(self):
        kinds = self.env["exchange.credential"]._kinds_of(self)
        for server in self:
            server.has_client_secret = "client_secret" in kinds.get(server.id, ())

    @api.depends_context("uid")
    def _compute_redirect_url(self):
        base = self.env["ir.config_parameter"].sudo().get_param("web.base.url", "")
        self.redirect_url = base.rstrip("/") + CALLBACK_PATH

    @api.depends("service", "folders_url")
    def _compute_is_embedded(self):
        for server in self:
            server.is_embedded = server.service == "exchange" and embedded.is_embedded(
                server.folders_url
            )

    @api.constrains("folders_url", "events_url", "contacts_url", "service", "ews_url")
    def _check_urls(self):
        for server in self:
            if server.service == "exchange" and not server.folders_url:
                raise ValidationError(
                    self.env._(
                        "%(server)s: fill in the address for e-mails, for instance "
                        "https://SERVERNAME/exchangeRestApi/api/ChildFolders.",
                        server=server.name,
                    )
                )
            try:
                if server.is_embedded:
                    embedded.check(server.ews_url)
                paths_from_urls(
                    folders_url=server._folders_address(),
                    events_url=server.events_url or "",
                    contacts_url=server.contacts_url or "",
                )
            except ValueError as error:
                raise ValidationError(server._problem(error)) from None

    def _problem(self, error):
        """What is wrong with this service, with its name."""
        return self.env._(
            "%(server)s: %(problem)s", server=self.name, problem=str(error)
        )

    @api.constrains("authority_url")
    def _check_authority(self):
        for server in self.filtered("authority_url"):
            if not server.authority_url.lower().startswith("https://"):
                raise ValidationError(
                    self.env._("The sign-in address has to begin with https://.")
                )

    @api.constrains("ca_certificate")
    def _check_certificate(self):
        for server in self.filtered("ca_certificate"):
            try:
                tls_context(server.ca_certificate)
            except ValueError as error:
                raise ValidationError(server._problem(error)) from None

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._complete_urls(vals) for vals in vals_list])

    def write(self, vals):
        if not any(self.mapped("events_url") + self.mapped("contacts_url")):
            vals = self._complete_urls(vals)
        result = super().write(vals)
        if vals.keys() & SIGN_IN_FIELDS:
            self._go_on(["error"])
        return result

    @api.model
    def _complete_urls(self, vals):
        """Given one of the three short paths, fill in the two others."""
        if vals.get("ews_url") and not vals.get("folders_url"):
            vals = {**vals, "folders_url": embedded.SCHEME}
        url = (vals.get("folders_url") or "").strip().rstrip("/")
        if (vals.get("service") or self[:1].service) == "exchange":
            url = self._short_path_of(url)
        base, _slash, last = url.rpartition("/")
        if last.lower() != SHORT_PATHS["folders_url"].lower():
            return vals
        vals = {**vals, "folders_url": url}
        others = {
            name: f"{base}/{path}"
            for name, path in SHORT_PATHS.items()
            if name not in vals
        }
        return {**vals, **others}

    @api.model
    def _short_path_of(self, address):
        """The address of the e-mails for a server's name, or the address itself."""
        if not address or embedded.is_embedded(address):
            return address
        url = address if "://" in address else f"https://{address}"
        if "/" not in url.partition("://")[2]:
            url = f"{url}/exchangeRestApi/api"
        if url.lower().endswith("/exchangerestapi/api"):
            url = f"{url}/{SHORT_PATHS['folders_url']}"
        return url

    @api.onchange("ews_url")
    def _onchange_ews_url(self):
        if self.ews_url and not self.folders_url:
            self.folders_url = embedded.SCHEME
        elif not self.ews_url and self.is_embedded:
            self.folders_url = False

    @api.onchange("folders_url")
    def _onchange_folders_url(self):
        given = {"folders_url": self.folders_url}
        for name, url in self._complete_urls(given).items():
            self[name] = url

    def _graph_url(self):
        """Base address for Office 365, e.g. https://graph.microsoft.com/v1.0."""
        self.ensure_one()
        _login_host, graph_host = CLOUDS[self.cloud]
        return f"https://{graph_host}/v1.0"

    def action_test_connection(self):
        """Say in words what works and what does not, without any user's mailbox."""
        self.check_access("write")
        self.ensure_one()
        return self.env["exchange.connection.test"]._of(self)

    def _folders_address(self):
        if self.is_embedded:
            return f"{embedded.BASE}/{SHORT_PATHS['folders_url']}"
        return self.folders_url or f"{self._graph_url()}/me/mailFolders"

    def _transport(self, proxies, timeout):
        """Connections for a session, ``None`` for its own.

        :param timeout: seconds to wait for a sign of life
        :raises ValueError: the address of Exchange is not usable
        """
        if not self.is_embedded:
            return None
        proxy = (proxies or {}).get("https")
        return embedded.transport(self.ews_url, self.ca_certificate, proxy, timeout)

    def _authority(self):
        """Address of the sign-in, without the tenant where it is the cloud's own."""
        login_host, _graph_host = CLOUDS[self.cloud]
        return self.authority_url or f"https://{login_host}"

    def _client_secret(self):
        """:raises SecretUnreadable: it is stored, but not for us to read"""
        self.ensure_one()
        return self.env["exchange.credential"]._get_secret(self, "client_secret")

    def _secret_addresses(self, kind):
        """Where a secret of this service or of an account at it is sent to.

        :param kind: see ``exchange.credential``
        :return: list of URLs
        """
        server = self.sudo()
        if server.is_embedded:
            return [server.ews_url or ""]
        if not server or server.service == "exchange":
            return [server.folders_url or ""]
        if kind == "token_cache":
            return [server._authority(), server._folders_address()]
        return [server._authority()]
