from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..client import CLOUDS

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


class ExchangeServer(models.Model):
    """One service: an Office 365 tenant, or an Exchange organisation behind a mapper.

    The connector speaks the same REST interface to both; what differs is the base
    address and the way to sign in.
    """

    _name = "exchange.server"
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
    redirect_url = fields.Char(compute="_compute_redirect_url")
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

    def _compute_has_client_secret(self):
        kinds = self.env["exchange.credential"]._kinds_of(self)
        for server in self:
            server.has_client_secret = "client_secret" in kinds.get(server.id, ())

    @api.depends_context("uid")
    def _compute_redirect_url(self):
        base = self.env["ir.config_parameter"].sudo().get_param("web.base.url", "")
        self.redirect_url = base.rstrip("/") + CALLBACK_PATH

    @api.constrains("folders_url", "events_url", "contacts_url", "service")
    def _check_urls(self):
        for server in self:
            urls = [server[name] for name in SHORT_PATHS if server[name]]
            if server.service == "exchange" and not server.folders_url:
                raise ValidationError(
                    self.env._(
                        "%(server)s: fill in the address for e-mails, for instance "
                        "https://SERVERNAME/exchangeRestApi/api/ChildFolders.",
                        server=server.name,
                    )
                )
            for url in urls:
                if not url.lower().startswith(("http://", "https://")):
                    raise ValidationError(
                        self.env._(
                            "%(url)s is not an address: it has to begin with https:// "
                            "(or http:// for a server in your own network).",
                            url=url,
                        )
                    )

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._complete_urls(vals) for vals in vals_list])

    def write(self, vals):
        if not any(self.mapped("events_url") + self.mapped("contacts_url")):
            vals = self._complete_urls(vals)
        return super().write(vals)

    @api.model
    def _complete_urls(self, vals):
        """Given one of the three short paths, fill in the two others."""
        url = (vals.get("folders_url") or "").rstrip("/")
        base, _slash, last = url.rpartition("/")
        if last.lower() != SHORT_PATHS["folders_url"].lower():
            return vals
        others = {
            name: f"{base}/{path}"
            for name, path in SHORT_PATHS.items()
            if name not in vals
        }
        return {**vals, **others}

    @api.onchange("folders_url")
    def _onchange_folders_url(self):
        for name, url in self._complete_urls({"folders_url": self.folders_url}).items():
            self[name] = url

    def _graph_url(self):
        """Base address for Office 365, e.g. https://graph.microsoft.com/v1.0."""
        self.ensure_one()
        _login_host, graph_host = CLOUDS[self.cloud]
        return f"https://{graph_host}/v1.0"

    def _client_secret(self):
        self.ensure_one()
        return self.env["exchange.credential"]._get_secret(self, "client_secret")
