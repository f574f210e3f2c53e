from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.http import request

from ..client import ClientError, MailboxNotFound, TokenAuth
from . import error_words
from .addresses import canonical, normalise
from .exchange_account_failure import MANY
from .transactions import commit, in_own_transaction

CONNECT_PATH = "/exchange_connector/connect"
# Seconds between pressing the button and the request that begins the sign-in.
TICKET_LIFE = 60
# After so long the wrong passwords that an Active Directory has counted are mostly
# forgotten, and an account that it had locked is open again.
RETRY = timedelta(minutes=40)
# What an Exchange server says also while it cannot ask anybody about a password.
MAY_PASS = {"wrong_password", "refused"}


class ExchangeAccountSignIn(models.AbstractModel):
    """Connecting a mailbox, and what a lost sign-in means.

    Whatever a sign-in gives is written after all network calls, and made durable at
    once: a code and a password are used once, also when Odoo repeats a request.
    """

    _name = "exchange.account.sign.in"
    _description = "Exchange Account: Sign-in"

    # With what is stored: password, application

    def _connect(self):
        """Sign in with what is stored, open the mailbox, and note whose it is.

        Commits the transaction of its caller.

        :raises UserError: it does not open, in words
        """
        self.ensure_one()
        try:
            auth, cache = self._sign_in_anew()
            me = self._look_into_mailbox(auth)
        except ClientError as error:
            raise UserError(error_words.sentence(self.env, error, self)) from None
        if cache is not None:
            self._store("token_cache", cache)
        self._note_connected(me)
        commit(self.env)

    def _sign_in_anew(self):
        """Ask for a new token, whatever is stored: a password that was typed just now
        must not seem right because an older sign-in still holds.

        :return: (sign-in for a session, token cache to store or None)
        """
        method = "" if self.server_id.service == "exchange" else self.auth_method
        stored = self._auth()
        if method == "password":
            answer = self._oauth_app().token_by_password(
                self.login or "", self._password()
            )
        elif method == "application":
            answer = self._oauth_app().token_for_application()
        else:
            return stored, None
        return TokenAuth(lambda _claims: answer.access_token), answer.cache

    def _look_into_mailbox(self, auth):
        """Whose mailbox it is, once it has really opened.

        :return: Graph's user with ``addresses``
        :raises ClientError: it does not open
        """
        with self._open_mailbox(auth) as mailbox:
            me = mailbox.me()
            mailbox.check()
        return me

    # At Microsoft's page

    def _finish_sign_in(self, flow, params):
        """Redeem what Microsoft's page handed back, and store it.

        Nothing is written in the caller's transaction, which began before what it
        would change.

        :param flow: what ``OAuthApp.start_sign_in`` gave
        :param params: the query parameters of the call-back
        :return: the user name that signed in, when it is not the expected mailbox
        :raises ClientError: Microsoft refused, or the mailbox does not open
        """
        self.ensure_one()
        sign_in = self._oauth_app().finish_sign_in(flow, params)
        problem, me = None, {}
        try:
            me = self._look_into_mailbox(TokenAuth(lambda _: sign_in.access_token))
        except ClientError as error:
            problem = error

        def write(env):
            account = self.with_env(env)
            expected = {
                canonical(account.login or ""),
                *map(canonical, account.addresses or []),
            }
            account._store("token_cache", sign_in.cache)
            if sign_in.username:
                account._set_login(sign_in.username)
            if problem:
                account._note_not_opened(problem)
            else:
                account._note_connected(me)
            return expected - {""}

        expected = in_own_transaction(self.env, write)
        self.invalidate_recordset()
        if problem:
            raise problem
        names = {
            canonical(sign_in.username),
            *map(canonical, me.get("addresses") or []),
        }
        return sign_in.username if expected and not expected & names else ""

    # What a sign-in changes

    def _note_connected(self, me):
        """The mailbox opened. The schedule goes on, or, with a mailbox that was never
        synchronised, waits for the user's word (:meth:`action_start`).

        :param me: Graph's user with ``addresses``
        """
        mailbox_id = str(me.get("id") or me.get("userPrincipalName") or self.login)
        if self.mailbox_id and self.mailbox_id != mailbox_id:
            self._forget_folders()
            self.write({"last_sync": False, "next_sync": False})
        found = [*(me.get("addresses") or []), self.login]
        addresses = {normalise(address) for address in found}
        self._withdraw_reconnect()
        self.write(
            {
                "state": "connected",
                "mailbox_id": mailbox_id,
                "mailbox_address": me.get("mail") or me.get("userPrincipalName"),
                "addresses": sorted(addresses - {""}),
                "last_error": False,
                "failures": 0,
                "backoff_until": False,
                "next_sync": self._has_begun() and fields.Datetime.now(),
            }
        )

    def _note_not_opened(self, error):
        """Signed in, but there is no mailbox (yet) behind it."""
        state = "error" if isinstance(error, MailboxNotFound) else "draft"
        sentence = error_words.sentence(self.env, error, self)
        self._withdraw_reconnect()
        self.write(
            {
                "state": state,
                "last_error": sentence,
                "next_sync": self._has_begun() and fields.Datetime.now(),
            }
        )

    def _forget_folders(self):
        """Another mailbox has other folders, and its mails are others as well."""
        sources = (
            self.env["exchange.mail.source"]
            .sudo()
            .search(
                [
                    ("account_id", "=", self.id),
                    "|",
                    ("cleanup", "in", ["pending", "mark"]),
                    ("retry", "=", True),
                ]
            )
        )
        sources.write({"cleanup": False, "retry": False})
        self.folder_ids.unlink()

    def _forget_sign_in(self):
        """Nothing that could open the mailbox is kept, but for a typed password."""
        for account in self:
            account._store("token_cache", "")
            account._withdraw_reconnect()
        self.sudo().write({"state": "draft", "last_error": False, "next_sync": False})

    def _tell_reconnect(self, sentence):
        """Ask the user, once, to sign in again: an activity that he alone sees."""
        if self.reconnect_activity_id:
            return
        translated = self.with_context(lang=self.user_id.lang)
        self.reconnect_activity_id = self._activity(
            self.user_id,
            translated.env._("Connect your Outlook mailbox again"),
            sentence,
        )

    def _withdraw_reconnect(self):
        """The sign-in works again, or is no longer wanted: there is nothing to do."""
        self.sudo().reconnect_activity_id.unlink()

    def _when_to_retry(self, error):
        """When a password is tried once more by itself that had worked until now: a
        server refuses everybody while its domain controller is away. Once, and late
        enough that nobody is locked out by it.

        :param error: the ``AuthenticationError``
        :return: a datetime; False: never
        """
        worked = self.state == "connected" and self.last_sync
        if not worked or self.service != "exchange" or error.reason not in MAY_PASS:
            return False
        pause = max(RETRY, timedelta(minutes=self.effective_interval))
        return fields.Datetime.now() + pause

    @api.model
    def _retry_sign_ins(self):
        """Have the passwords tried once more for which it is time."""
        domain = [
            ("state", "=", "reconnect"),
            ("sign_in_retry", "<=", fields.Datetime.now()),
        ]
        refused = self.sudo().search(domain, limit=MANY)
        if again := refused.try_lock_for_update(allow_referencing=True):
            again._open_once_more()
            commit(self.env)

    def _open_once_more(self):
        """Back into the schedule: the next refusal is the last one."""
        self.write(
            {
                "state": "error",
                "failures": 0,
                "next_sync": fields.Datetime.now(),
                "sign_in_retry": False,
            }
        )

    # Buttons

    def action_try_again(self):
        """For administrators: open the mailboxes of those who were asked to sign in
        again, where the reason was not theirs (a domain controller that was away). One
        try each, so that nobody is locked out."""
        for account in self:
            account._check_own()
        lost = self.sudo().filtered(lambda one: one.state == "reconnect")
        again = lost.filtered("last_sync")
        if again:
            again._open_once_more()
            again._wake_lanes()
        sentence = self.env._(
            "%(count)s of %(chosen)s accounts are tried again.",
            count=len(again),
            chosen=len(self),
        )
        if len(again) < len(self):
            others = self.env._(
                "The others do not wait for a sign-in, or were never synchronised."
            )
            sentence = f"{sentence} {others}"
        return self._refresh(sentence, "success" if again else "warning")

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
            return account._begin_at_microsoft()
        account._connect()
        return account._refresh(account._state_sentence(), "success")

    def _begin_at_microsoft(self):
        if self.user_id != self.env.user:
            raise UserError(
                self.env._(
                    "Only %(user)s can sign in here: Microsoft asks for the password "
                    "of the mailbox.",
                    user=self.user_id.name,
                )
            )
        try:
            self._oauth_app()
        except ClientError as error:
            raise UserError(error_words.sentence(self.env, error, self)) from None
        # The ticket proves that this very browser session pressed the button.
        ticket = request.csrf_token(TICKET_LIFE) if request else ""
        return {
            "type": "ir.actions.act_url",
            "url": f"{CONNECT_PATH}?ticket={ticket}",
            "target": "self",
        }

    def action_disconnect(self):
        """Forget everything that could open the mailbox."""
        account = self._check_own()
        account._store("password", "")
        account._forget_sign_in()
        return account._refresh(self.env._("The mailbox is no longer connected."))

    def action_test_connection(self):
        """Say in words what works and what does not, up to the transfer folders."""
        account = self._check_own()
        return self.env["exchange.connection.test"]._of(account.server_id, account)

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
