from contextlib import contextmanager

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import config, email_normalize

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
from .transactions import own_environment


class TokenSource:
    """Gives the access tokens of one account, refreshed when needed.

    Refresh tokens rotate: whoever uses one gets its successor, and the old one may be
    worthless from then on. The row lock lets one worker refresh while the others wait
    and then find the successor; the cursor of its own keeps it even when the caller's
    work is rolled back. It holds plain values only, because a connection may ask for a
    token from the thread that reads ahead.
    """

    def __init__(self, account):
        self._account = account
        self._app = account._oauth_app()
        self._method = account.auth_method
        self._login = account.login or ""

    def __call__(self, claims):
        """:param claims: None, "" to force a new one, or a claims challenge"""
        with own_environment(self._account.env) as env:
            secrets = env["exchange.credential"]
            account = self._account.with_env(env)
            cache = secrets._get_secret(account, "token_cache", lock=True)
            password = ""
            if self._method == "password":
                password = secrets._get_secret(account, "password")
            answer = self._ask(cache, password, claims)
            if answer.cache != cache:
                secrets._set_secret(account, "token_cache", answer.cache)
        return answer.access_token

    def _ask(self, cache, password, claims):
        if self._method == "application":
            return self._app.token_for_application(cache)
        try:
            return self._app.token_silent(cache, claims)
        except AuthenticationError:
            if not password:
                raise
        return self._app.token_by_password(self._login, password)


class ExchangeAccountConnection(models.AbstractModel):
    """How an account signs in and opens its mailbox."""

    _name = "exchange.account.connection"
    _description = "Exchange Account: Connection"

    @contextmanager
    def _open_mailbox(self):
        """The account's mailbox over one kept connection, closed at the end.

        :raises ClientError: at the first request, when the sign-in does not work
        """
        self.ensure_one()
        server = self.server_id
        user = self.login if self.auth_method == "application" else "me"
        folders_url = server.folders_url or f"{server._graph_url()}/me/mailFolders"
        base_url, paths = paths_from_urls(
            folders_url=folders_url,
            events_url=server.events_url or "",
            contacts_url=server.contacts_url or "",
            user=user,
        )
        session = Session(
            base_url,
            self._auth(),
            ca_pem=server.ca_certificate or None,
            proxies=self._proxies(),
        )
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

    def _auth(self):
        if self.server_id.service == "exchange":
            secrets = self.env["exchange.credential"]
            password = secrets._get_secret(self, "password")
            if not password:
                raise AuthenticationError(
                    "No password has been stored.", reason="no_password"
                )
            return BasicAuth(self.login or "", password)
        return TokenAuth(TokenSource(self))

    def _proxies(self):
        """Proxies from odoo.conf (``exchange_connector_proxy``), never from the
        environment, so that all workers go the same way."""
        proxy = config.get("exchange_connector_proxy")
        return {"http": proxy, "https": proxy} if proxy else None

    def _oauth_app(self):
        """The app registration this account signs in with."""
        server = self.server_id
        if not server.client_id:
            raise UserError(
                self.env._(
                    "%(server)s has no application ID yet. Ask your administrator to "
                    "enter the app registration (Settings → Exchange Connector).",
                    server=server.name or self.env._("Office 365"),
                )
            )
        return OAuthApp(
            tenant_id=server.tenant_id or "organizations",
            client_id=server.client_id,
            client_secret=server._client_secret() or None,
            cloud=server.cloud,
            authority=server.authority_url or None,
            ca_pem=server.ca_certificate or None,
            proxies=self._proxies(),
        )

    # Signing in and out

    def _connect(self):
        """Open the mailbox once and note whose it is.

        :raises UserError: it does not open, in words
        """
        self.ensure_one()
        with self._open_mailbox_for_button() as mailbox:
            me = mailbox.me()
        self._note_connected(me)

    def _finish_sign_in(self, flow, params):
        """Redeem what Microsoft's page handed back, and store it.

        A code can be redeemed once. So it is redeemed before anything is written, and
        what it gave is stored on a cursor of its own: should Odoo repeat the request,
        the repetition finds no flow in the session and changes nothing.

        :param flow: what ``OAuthApp.start_sign_in`` gave
        :param params: the query parameters of the call-back
        :raises ClientError: Microsoft refused
        """
        self.ensure_one()
        sign_in = self._oauth_app().finish_sign_in(flow, params)
        with own_environment(self.env) as env:
            account = self.with_env(env)
            env["exchange.credential"]._set_secret(
                account, "token_cache", sign_in.cache
            )
            if sign_in.username:
                # Not by write(): the sign-in is for this very user name.
                account._set_login(sign_in.username)
        # In a new transaction as well: this one began before what it would change.
        with own_environment(self.env) as env:
            self.with_env(env)._connect()
        self.invalidate_recordset()

    def _note_connected(self, me):
        found = [*(me.get("addresses") or []), self.login]
        addresses = {email_normalize(address) for address in found if address}
        self.write(
            {
                "state": "connected",
                "mailbox_address": me.get("mail") or me.get("userPrincipalName"),
                "addresses": sorted(addresses - {False}),
                "last_error": False,
                "failures": 0,
                "backoff_until": False,
                "next_sync": fields.Datetime.now(),
            }
        )

    def _forget_sign_in(self):
        """Disconnect: nothing that could open the mailbox is kept."""
        secrets = self.env["exchange.credential"]
        for account in self:
            secrets._set_secret(account, "token_cache", "")
        self.sudo().write({"state": "draft", "last_error": False, "next_sync": False})

    def action_connect(self):
        """Sign in: over Microsoft's page, or with what is stored."""
        account = self._check_own()
        if not account.server_id:
            raise UserError(
                self.env._("Choose the service first: Office 365 or Exchange Server.")
            )
        problem = account._auth_method_problem()
        if problem:
            raise UserError(problem)
        if account.auth_method == "oauth":
            if account.user_id != self.env.user:
                raise UserError(
                    self.env._(
                        "Only %(user)s can sign in here: Microsoft asks for the "
                        "password of the mailbox.",
                        user=account.user_id.name,
                    )
                )
            account._oauth_app()
            return {
                "type": "ir.actions.act_url",
                "url": "/exchange_connector/connect",
                "target": "self",
            }
        account._connect()
        return account._refresh(account._state_sentence(), "success")

    def action_disconnect(self):
        account = self._check_own()
        secrets = self.env["exchange.credential"]
        secrets._set_secret(account, "password", "")
        account._forget_sign_in()
        return account._refresh(self.env._("The mailbox is no longer connected."))

    @api.model
    def _refresh(self, message, kind="info"):
        """Action that says something and reloads the form whose button was pressed.

        :param kind: "info", "success", "warning" or "danger"
        """
        return {
            "type": "ir.actions.client",
            "tag": "exchange_connector_refresh",
            "params": {"message": message, "type": kind},
        }
