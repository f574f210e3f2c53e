from contextlib import contextmanager

from odoo import models
from odoo.exceptions import UserError
from odoo.tools import config

from ..client import (
    AuthenticationError,
    BasicAuth,
    ClientError,
    Mailbox,
    OAuthApp,
    Session,
    TokenAuth,
    paths_from_urls,
)
from . import error_words
from .secret_box import SecretUnreadable
from .token_source import TokenSource


class ExchangeAccountConnection(models.AbstractModel):
    """How an account opens its mailbox, with the sign-in that is stored."""

    _name = "exchange.account.connection"
    _description = "Exchange Account: Connection"

    @contextmanager
    def _open_mailbox(self, auth=None, until=None, **patience):
        """The account's mailbox over one kept connection, closed at the end.

        :param auth: another sign-in than the stored one
        :param until: ``time.monotonic()`` after which no answer is waited for
        :param patience: instead of what odoo.conf says, see :meth:`_patience`
        :raises ClientError: at once or at the first request: the sign-in does not work
        :raises UserError: the service is not set up, in words
        """
        self.ensure_one()
        server = self.server_id
        if not server:
            raise UserError(
                self.env._("Choose the service first: Office 365 or Exchange Server.")
            )
        if resting := server._rest_sentence():
            raise UserError(resting)
        auth = auth or self._auth()
        try:
            base_url, paths = paths_from_urls(
                folders_url=server._folders_address(),
                events_url=server.events_url or "",
                contacts_url=server.contacts_url or "",
                user=self._graph_user(),
            )
            patience = patience or self._patience()
            _connect, seconds = patience.get("timeout") or (10.0, 60.0)
            shared = patience.pop("adapter", None)
            session = Session(
                base_url,
                auth,
                ca_pem=server.ca_certificate or None,
                proxies=self._proxies(),
                adapter=server._transport(self._proxies(), seconds) or shared,
                until=until,
                **patience,
            )
        except ValueError as error:
            raise self._not_set_up(error) from None
        try:
            yield Mailbox(session, paths)
        finally:
            session.close()

    @contextmanager
    def _open_mailbox_for_button(self):
        """:meth:`_open_mailbox` for somebody who waits: errors come as sentences.

        :raises UserError: the mailbox refused, in words
        """
        try:
            with self._open_mailbox() as mailbox:
                yield mailbox
        except ClientError as error:
            raise UserError(error_words.sentence(self.env, error, self)) from None

    def _graph_user(self):
        """Whose mailbox: an application has none of its own and names the user.

        :raises AuthenticationError: no user is named
        """
        if self.auth_method != "application":
            return "me"
        login = (self.login or "").strip()
        if not login or login.lower() == "me":
            raise AuthenticationError("There is no user name.", reason="no_login")
        return login

    def _auth(self, stored=None):
        """The stored sign-in.

        :param stored: what ``exchange.credential`` has of this account, if it was read
            already; see its ``_read_tokens``
        :raises AuthenticationError: there is none, or it is no longer allowed
        """
        problem = self._auth_method_problem()
        if problem:
            raise AuthenticationError(problem, reason="not_allowed")
        if self.server_id.service == "exchange":
            return BasicAuth(self.login or "", self._password(stored))
        return TokenAuth(TokenSource(self, stored))

    def _password(self, stored=None):
        """:raises AuthenticationError: none is stored"""
        password = self._stored("password", stored=stored)
        if not password:
            raise AuthenticationError(
                "No password has been stored.", reason="no_password"
            )
        return password

    def _stored(self, kind, lock=False, stored=None):
        """A stored secret in clear, "" when there is none.

        :raises AuthenticationError: it cannot be read (the key is gone) or may not be
            used (the address of the service has changed)
        """
        secrets = self.env["exchange.credential"]
        try:
            return secrets._get_secret(self, kind, lock=lock, stored=stored)
        except SecretUnreadable as error:
            raise AuthenticationError(str(error), reason="unreadable") from None

    def _store(self, kind, secret):
        """Store a secret; an empty one removes what was stored."""
        self.env["exchange.credential"]._set_secret(self, kind, secret)
        # What was typed is not to be read again, not even in this request.
        self.invalidate_recordset(["password", "has_password"], flush=False)
        self.user_id.invalidate_recordset(
            ["exchange_password", "exchange_has_password"], flush=False
        )

    def _secret_addresses(self, kind):
        """Where a secret of this account is sent, see ``exchange.credential``."""
        return self.server_id._secret_addresses(kind)

    def _proxies(self):
        """Proxies from odoo.conf (``exchange_connector_proxy``), never from the
        environment, so that all workers go the same way."""
        proxy = config.get("exchange_connector_proxy")
        return {"http": proxy, "https": proxy} if proxy else None

    def _patience(self):
        """How long to wait for the server: ``exchange_connector_timeout`` in odoo.conf,
        the seconds without a sign of life (60); an answer may take twice as long."""
        seconds = float(config.get("exchange_connector_timeout") or 60)
        return {"timeout": (min(10.0, seconds), seconds), "total": 2 * seconds}

    def _oauth_app(self, secret=True):
        """The app registration this account signs in with.

        :param secret: with its client secret; without it knows what is in a cache
        :raises UserError: there is none, in words
        :raises AuthenticationError: its client secret cannot be read
        """
        server = self.server_id
        if resting := server._rest_sentence():
            raise UserError(resting)
        if not server.client_id:
            raise UserError(
                self.env._(
                    "%(server)s has no application ID yet. Ask your administrator to "
                    "enter the app registration (Settings → Exchange & Office 365).",
                    server=server.name or self.env._("Office 365"),
                )
            )
        try:
            return OAuthApp(
                tenant_id=server.tenant_id or "organizations",
                client_id=server.client_id,
                client_secret=secret and server._client_secret() or None,
                cloud=server.cloud,
                authority=server.authority_url or None,
                ca_pem=server.ca_certificate or None,
                proxies=self._proxies(),
            )
        except SecretUnreadable as error:
            raise AuthenticationError(str(error), reason="server_secret") from None
        except ValueError as error:
            raise self._not_set_up(error) from None

    def _not_set_up(self, error):
        return UserError(
            self.env._(
                "%(server)s is not set up rightly: %(reason)s Ask your administrator.",
                server=self.server_id.name,
                reason=error,
            )
        )
