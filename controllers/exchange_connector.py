import logging
import time
from urllib.parse import urlsplit

from odoo import http
from odoo.exceptions import AccessError, UserError
from odoo.http import request, root

from ..client import ClientError
from ..models import error_words
from ..models.exchange_account_sign_in import CONNECT_PATH
from ..models.exchange_server import CALLBACK_PATH

_logger = logging.getLogger(__name__)

# The preferences, opened at the tab of the mailbox.
PREFERENCES = "/odoo/my-outlook/%s"
FLOWS_KEY = "exchange_connector_flows"
# Sign-ins that one browser may have begun at a time, in as many tabs.
MAX_FLOWS = 5
# Seconds that a user may take at Microsoft's pages.
FLOW_LIFE = 3600


class ExchangeConnector(http.Controller):
    """Sign-in with Microsoft: authorization code with PKCE.

    Everything that must not leave this server (the PKCE verifier, the nonce, the
    account) waits in the session of the browser that began, under the state that
    Microsoft hands back. A foreign browser, a second use and a forged call-back find
    nothing there.
    """

    @http.route(CONNECT_PATH, type="http", auth="user", methods=["GET"], readonly=False)
    def connect(self, ticket=None, **_params):
        """Begin: send the browser to Microsoft.

        :param ticket: proves that this session pressed the button; without it another
            web page could make a user connect
        """
        if not request.validate_csrf(ticket):
            return self._show(
                request.env._("Please press Connect in your preferences once more.")
            )
        account = self._account()
        try:
            flow = account._oauth_app().start_sign_in(
                self._redirect_url(account), login_hint=account.login or None
            )
        except (UserError, ClientError) as error:
            return self._show_problem(account, error)
        flows = self._flows()
        flows[flow["state"]] = {
            "account": account.id,
            "begun": time.time(),
            "flow": flow,
        }
        request.session[FLOWS_KEY] = dict(list(flows.items())[-MAX_FLOWS:])
        return request.redirect(flow["auth_uri"], local=False)

    @http.route(
        CALLBACK_PATH, type="http", auth="user", methods=["GET"], readonly=False
    )
    def callback(self, **params):
        """End: Microsoft sends the browser back with a code, or with an error."""
        flow = self._take_flow(params.get("state") or "")
        account = self._account()
        if not flow or flow["account"] != account.id:
            _logger.info("Exchange: a sign-in came back that was not begun here")
            return self._show(
                request.env._(
                    "This sign-in was not begun in this browser, or it took too long. "
                    "Please press Connect once more."
                )
            )
        if not flow["flow"]:
            # Reloaded, or repeated by Odoo: what there was to do has been done.
            return request.redirect(PREFERENCES % request.env.uid)
        if params.get("error") in ("access_denied", "consent_required"):
            return self._show(
                request.env._(
                    "The sign-in was cancelled at Microsoft. Nothing changed."
                )
            )
        try:
            other = account._finish_sign_in(flow["flow"], params)
        except (UserError, ClientError) as error:
            return self._show_problem(account, error)
        if other:
            return self._show_other(other)
        return request.redirect(PREFERENCES % request.env.uid)

    def _account(self):
        """The account of the caller.

        :raises NotFound: a user without one, such as a portal user
        """
        try:
            return request.env["exchange.account"]._of_user()
        except AccessError:
            raise request.not_found() from None

    def _flows(self):
        """The sign-ins this session has begun and not finished, oldest first."""
        limit = time.time() - FLOW_LIFE
        flows = request.session.get(FLOWS_KEY) or {}
        return {state: each for state, each in flows.items() if each["begun"] > limit}

    def _take_flow(self, state):
        """What this session has begun under this state: None when it has not, with an
        empty flow when it has been taken before.

        It is gone from the disk before it is used: Odoo reads the session anew when it
        repeats a request.
        """
        flows = self._flows()
        flow = flows.get(state)
        if flow and flow["flow"]:
            flows[state] = {**flow, "flow": None}
            request.session[FLOWS_KEY] = flows
            root.session_store.save(request.session)
        return flow

    def _redirect_url(self, account):
        """Where Microsoft sends the browser back: the address that is shown to the
        administrator, unless this browser uses another one, to which its session is
        bound. Microsoft itself accepts registered addresses only."""
        registered = account.server_id.redirect_url
        here = request.httprequest.url_root.rstrip("/")
        if urlsplit(registered).netloc == urlsplit(here).netloc:
            return registered
        return here + CALLBACK_PATH

    def _show_problem(self, account, error):
        if isinstance(error, ClientError):
            return self._show(error_words.sentence(request.env, error, account))
        return self._show(str(error))

    def _show_other(self, login):
        return self._show(
            request.env._(
                "You signed in to Microsoft as %(login)s, so this mailbox is connected "
                "and not the one that was entered before. If you meant the other one, "
                "disconnect, and sign in at Microsoft with the other user name.",
                login=login,
            ),
            connected=True,
        )

    def _show(self, sentence, connected=False):
        # The address of this page may hold a code: it goes nowhere from here.
        return request.render(
            "exchange_connector.sign_in_problem",
            {
                "sentence": sentence,
                "connected": connected,
                "back": PREFERENCES % request.env.uid,
            },
            headers={"Referrer-Policy": "no-referrer", "Cache-Control": "no-store"},
        )

    @http.route("/exchange_connector/folders", type="jsonrpc", auth="user")
    def folders(self, account_id=None):
        """The real folder tree of a mailbox, for the picker.

        :return: {"folders": what _folder_tree gives, "error": sentence}
        """
        account = request.env["exchange.account"]._of_user()
        if account_id and account_id != account.id:
            account = request.env["exchange.account"].browse(account_id)._check_own()
        try:
            return {"folders": account._folder_tree(), "error": ""}
        except ClientError as error:
            sentence = error_words.sentence(request.env, error, account)
            return {"folders": [], "error": sentence}
        except UserError as error:
            return {"folders": [], "error": str(error)}

    @http.route("/exchange_connector/preview", type="jsonrpc", auth="user")
    def preview(self, account_id):
        """What the first synchronisation of an account would do. It may take a while,
        so it is a request of its own that nothing else waits for.

        :return: {"rows": what _preview gives, "error": sentence}
        """
        account = request.env["exchange.account"].browse(account_id)._check_own()
        try:
            return {"rows": account._preview(), "error": ""}
        except ClientError as error:
            sentence = error_words.sentence(request.env, error, account)
            return {"rows": [], "error": sentence}
        except UserError as error:
            return {"rows": [], "error": str(error)}
