import logging

from odoo import http
from odoo.exceptions import UserError
from odoo.http import request
from odoo.tools import consteq

from ..client import ClientError
from ..models import error_words
from ..models.exchange_server import CALLBACK_PATH

_logger = logging.getLogger(__name__)

# The preferences, opened at the tab of the mailbox.
PREFERENCES = "/odoo/my-outlook/%s"
FLOW_KEY = "exchange_connector_flow"


class ExchangeConnector(http.Controller):
    """Sign-in with Microsoft: authorization code with PKCE.

    Everything that must not leave this server (the PKCE verifier, the nonce, the
    account) waits in the session of the browser that began; the state that Microsoft
    hands back is only compared with it. A foreign browser, a second use and a forged
    call-back find nothing there.
    """

    @http.route("/exchange_connector/connect", type="http", auth="user", readonly=False)
    def connect(self):
        """Begin: send the browser to Microsoft."""
        account = request.env["exchange.account"]._of_user()
        try:
            flow = account._oauth_app().start_sign_in(
                self._redirect_url(), login_hint=account.login or None
            )
        except (UserError, ClientError) as error:
            return self._show_problem(account, error)
        request.session[FLOW_KEY] = {"account": account.id, "flow": flow}
        return request.redirect(flow["auth_uri"], local=False)

    @http.route(CALLBACK_PATH, type="http", auth="user", readonly=False)
    def callback(self, **params):
        """End: Microsoft sends the browser back with a code, or with an error."""
        waiting = request.session.pop(FLOW_KEY, None)
        account = request.env["exchange.account"]._of_user()
        if not self._is_answer_to(waiting, account, params):
            _logger.info("Exchange: a sign-in came back that was not begun here")
            return self._show(
                request.env._(
                    "This sign-in was not begun in this browser, or it has been used "
                    "already. Please press Connect once more."
                )
            )
        if params.get("error") in ("access_denied", "consent_required"):
            return self._show(
                request.env._(
                    "The sign-in was cancelled at Microsoft. Nothing changed."
                )
            )
        try:
            account._finish_sign_in(waiting["flow"], params)
        except (UserError, ClientError) as error:
            return self._show_problem(account, error)
        return request.redirect(PREFERENCES % request.env.uid)

    def _is_answer_to(self, waiting, account, params):
        """Whether the call-back belongs to what this very session has begun."""
        if not waiting or waiting.get("account") != account.id:
            return False
        state = waiting["flow"].get("state") or ""
        return bool(state) and consteq(state, params.get("state") or "")

    def _redirect_url(self):
        root = request.httprequest.url_root.rstrip("/")
        return (root or request.env.user.get_base_url()) + CALLBACK_PATH

    def _show_problem(self, account, error):
        if isinstance(error, ClientError):
            return self._show(error_words.sentence(request.env, error, account))
        return self._show(str(error))

    def _show(self, sentence):
        return request.render(
            "exchange_connector.sign_in_problem",
            {"sentence": sentence, "back": PREFERENCES % request.env.uid},
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
