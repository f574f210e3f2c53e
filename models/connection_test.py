"""What works and what does not between Odoo and a mailbox, in words."""

from odoo.exceptions import UserError

from ..client import (
    AuthenticationError,
    BadRequest,
    ClientError,
    MailboxNotFound,
    NotFound,
    ServerError,
    Throttled,
    TransportError,
    connect,
    knock,
    resolve,
)
from . import embedded, error_words

# Of Exchange, by major and minor number.
VERSIONS = {
    (14, 0): "2010",
    (15, 0): "2013",
    (15, 1): "2016",
    (15, 2): "2019 / SE",
}
OLDEST = (14, 0)
USER, ADMINISTRATOR, PROVIDER = "user", "administrator", "provider"


class Stopped(Exception):
    """A step failed; the later ones need it."""


class ConnectionSteps:
    """Goes from the settings to the mailbox, one step at a time, and stops at the first
    that fails. Writes nothing.

    :param server: the ``exchange.server``, as superuser
    :param account: the ``exchange.account`` to sign in with, or empty
    :ivar lines: list of {"step", "state", "message", "job"}
    """

    def __init__(self, server, account=None):
        self.env = server.env
        self.server = server
        self.account = account
        self.lines = []
        self._signed_in = None
        self._build = ""
        self._hinted = False

    def run(self):
        """:return: the lines; later steps than the failed one are "skipped" """
        steps = self._steps()
        try:
            for step, work in steps:
                self._one(step, work)
        except Stopped:
            for step, _work in steps[len(self.lines) :]:
                self._note(step, "skipped", "")
        return self.lines

    def _steps(self):
        reach = [
            (self.env._("Settings"), self._settings),
            (self.env._("Name of the server"), self._name),
            (self.env._("Secure connection"), self._connection),
        ]
        if not self.account:
            return [
                *reach,
                (self.env._("App registration"), self._app)
                if self.server.service == "office365"
                else (self.env._("Interface"), self._interface),
            ]
        return [
            *reach,
            (self.env._("Sign-in"), self._sign_in),
            *self._of_exchange(),
            (self.env._("Mailbox"), self._mailbox),
            (self.env._("Transfer folders"), self._folders),
        ]

    def _of_exchange(self):
        if self.server.service != "exchange":
            return []
        return [(self.env._("Version"), self._version)]

    def _one(self, step, work):
        try:
            message = work()
        except UserError as error:
            self._fail(step, str(error), ADMINISTRATOR)
        except ValueError as error:
            self._fail(step, str(error), ADMINISTRATOR)
        except ClientError as error:
            sentence = self._sentence(error)
            if not isinstance(error, AuthenticationError):
                sentence = " ".join([sentence, *self._hint()])
            self._fail(step, sentence, self._whose(error))
        else:
            self._note(step, "ok", message)

    def _sentence(self, error):
        """What an error means to somebody who waits for the outcome of the test."""
        if self.server.service == "exchange" and isinstance(error, Throttled):
            return self.env._(
                "The Exchange server is not available at the moment: %(message)s",
                message=error.message or error.code,
            )
        return error_words.sentence(self.env, error, self.account)

    def _fail(self, step, message, job):
        self._note(step, "failed", message, job)
        raise Stopped

    def _note(self, step, state, message, job=False):
        self.lines.append(
            {"step": step, "state": state, "message": message, "job": job}
        )

    def _whose(self, error):
        """Who can mend it."""
        if isinstance(error, AuthenticationError):
            if error_words.is_administrators(error, self.account):
                return ADMINISTRATOR
            return PROVIDER if error.reason in ("disabled", "consent") else USER
        if isinstance(error, MailboxNotFound):
            return PROVIDER
        if self.server.service == "exchange" and isinstance(error, ServerError):
            return ADMINISTRATOR
        if isinstance(error, Throttled):
            return PROVIDER if error.status == 503 else False
        return ADMINISTRATOR if isinstance(error, TransportError) else PROVIDER

    # The steps

    def _settings(self):
        server, account = self.server, self.account
        if not server:
            raise UserError(self.env._("Choose the service first."))
        if server.service == "office365" and not server.client_id:
            raise UserError(
                self.env._("%(server)s has no application ID yet.", server=server.name)
            )
        if account:
            problem = account._auth_method_problem()
            if problem:
                raise UserError(problem)
            if account.auth_method != "oauth" and not account.login:
                raise AuthenticationError(reason="no_login")
            if account.auth_method == "password":
                account._password()
        return ", ".join(self._addresses())

    def _addresses(self):
        """The servers that are spoken to."""
        server = self.server
        if server.is_embedded:
            return [embedded.check(server.ews_url).ews_url]
        if server.service == "exchange":
            return [server.folders_url]
        return [server._authority(), server._folders_address()]

    def _name(self):
        if self._proxies():
            return self.env._("Left to the proxy.")
        found = [ip for url in self._addresses() for ip in resolve(url)[:1]]
        return ", ".join(found)

    def _connection(self):
        if self._proxies():
            return self.env._("Left to the proxy.")
        versions = [connect(url, self._ca()) for url in self._addresses()]
        if "" in versions:
            return self.env._("The connection works, but it is not encrypted.")
        return self.env._(
            "The certificate is trusted (%(version)s).", version=versions[-1]
        )

    def _app(self):
        """Tenant, application ID and client secret, as far as they can be tried without
        a user."""
        app = self._connector()._oauth_app()
        app.start_sign_in(self.server.redirect_url)
        tenant = (self.server.tenant_id or "organizations").lower()
        if not self.server.has_client_secret or tenant in ("organizations", "common"):
            return self.env._(
                "The tenant is known. The rest shows when a user signs in."
            )
        app.token_for_application()
        return self.env._("Microsoft knows the tenant, the application and its secret.")

    def _interface(self):
        """The mapper asks for a password, as it should."""
        (address,) = self._addresses()
        answer = knock(address, self._ca(), self._proxies())
        if answer.status == 401 and self.server.is_embedded:
            return self.env._("Exchange is there and asks for a password.")
        if answer.status != 401:
            raise UserError(
                self.env._(
                    "There is a server at this address, but not the REST interface: "
                    "it answered %(status)s instead of asking for a password.",
                    status=answer.status,
                )
            )
        return self.env._("The REST interface is there and asks for a password.")

    def _sign_in(self):
        """Signing in is the first thing a token is needed for; Exchange itself shows
        only at the mailbox whether a password is right."""
        account = self.account
        if account.auth_method == "oauth" and account.state == "draft":
            raise AuthenticationError(reason="not_begun")
        self._signed_in, _cache = account._sign_in_anew()
        self._signed_in.headers()
        if self.server.service == "exchange":
            with account._open_mailbox(self._signed_in) as mailbox:
                self._build = mailbox.me()["exchangeVersion"]
        return self.env._("Signed in as %(login)s.", login=account.login or "")

    def _version(self):
        """What Exchange says of itself, with the name that people know."""
        if not self._build:
            return self.env._("The server does not tell its version.")
        major, minor, _build = (int(part) for part in self._build.split("."))
        if (major, minor) < OLDEST:
            raise UserError(
                self.env._(
                    "Exchange Server %(version)s is too old: it has to be Exchange "
                    "2010 or later.",
                    version=self._build,
                )
            )
        name = VERSIONS.get((major, minor)) or VERSIONS.get((major, 0), "")
        return f"Exchange Server {name} ({self._build})".replace("  ", " ")

    def _hint(self):
        """What Autodiscover says, when the server that was entered is of no use.

        :return: no sentence, or one
        """
        account, server = self.account, self.server
        if not account or not server.is_embedded or self._hinted:
            return []
        self._hinted = True
        login, user = account.login or "", account.user_id
        address = login if "@" in login else user.email or ""
        proxy = (self._proxies() or {}).get("https")
        found, elsewhere = embedded.discover(
            address, login, account._password(), self._ca(), proxy
        )
        if found and found.lower() != self._addresses()[0].lower():
            return [
                self.env._(
                    "Autodiscover names this Exchange server: %(address)s.",
                    address=found,
                )
            ]
        if elsewhere:
            return [
                self.env._(
                    "Autodiscover leads to %(server)s, which belongs to another domain "
                    "and was not asked. Enter it if it is yours.",
                    server=elsewhere,
                )
            ]
        return []

    def _mailbox(self):
        me = self.account._look_into_mailbox(self._signed_in)
        return me.get("mail") or me.get("userPrincipalName") or ""

    def _folders(self):
        folders = self.account.folder_ids
        if not folders:
            return self.env._("None chosen yet.")
        missing = []
        with self.account._open_mailbox(self._signed_in) as mailbox:
            for folder in folders:
                try:
                    mailbox.messages.folder(folder.remote_id)
                except (BadRequest, NotFound):
                    missing.append(folder.name)
        if missing:
            self._fail(
                self.env._("Transfer folders"),
                self.env._(
                    "No longer there: %(names)s. Choose others.",
                    names=", ".join(missing),
                ),
                USER,
            )
        return ", ".join(folders.mapped("name"))

    def _connector(self):
        """Something with the server's settings that can open connections."""
        accounts = self.env["exchange.account"]
        return self.account or accounts.new({"server_id": self.server.id})

    def _proxies(self):
        return self.env["exchange.account"]._proxies()

    def _ca(self):
        return self.server.ca_certificate or None
