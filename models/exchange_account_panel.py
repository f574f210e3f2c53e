from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.misc import format_datetime

from .exchange_account_engine import IN_FRONT
from .exchange_account_schedule import LEASE
from .run_log import OUTCOMES
from .transactions import is_locked


class ExchangeAccountPanel(models.AbstractModel):
    """What users see of their account, and the buttons they press."""

    _name = "exchange.account.panel"
    _description = "Exchange Account: State and Buttons"

    @api.model
    def get_panel(self):
        """The state of the current user's account, for the screen, in a few queries.

        :return: {"account_id", "state", "sentence", "detail", "login", "last_sync",
            "next_sync", "waiting", "failed", "brake", "action"}; times are UTC texts or
            "", ``brake`` is how many contacts wait for the user's word to be deleted in
            Outlook, ``action`` the button that helps: "connect", "start", "sync" or ""
        """
        account = self._of_user()
        mails = self.env["exchange.mail"]
        counts = dict(
            mails._read_group(
                [("state", "in", ["to_assign", "failed"])], ["state"], ["__count"]
            )
        )
        return {
            "account_id": account.id,
            "state": account.state,
            "sentence": account._state_sentence(),
            "detail": account._state_detail(),
            "login": account.mailbox_address or account.login or "",
            "last_sync": fields.Datetime.to_string(account.last_sync) or "",
            "next_sync": account._next_sync_text(),
            "waiting": counts.get("to_assign", 0),
            "failed": counts.get("failed", 0),
            "brake": account.contact_brake,
            "action": account._helping_button(),
        }

    def _helping_button(self):
        """The button that takes this account on."""
        if self._is_resting():
            return ""
        if self.awaits_start:
            return "start"
        return "sync" if self.state in ("connected", "error") else "connect"

    def _is_resting(self):
        """Whether nothing is done because the service has been archived."""
        return self.state != "draft" and bool(self.server_id._rest_sentence())

    def _next_sync_text(self):
        planned = self.state == "connected" and not self.requested_kinds
        planned = planned and not self._is_resting()
        planned = planned and self.next_sync
        return fields.Datetime.to_string(planned) or "" if planned else ""

    def _state_sentence(self):
        """The account's state in words that say what to do next."""
        self.ensure_one()
        login = self.mailbox_address or self.login or ""
        if self.state == "draft":
            return self.env._(
                "You are not connected yet. Open your preferences, tab Office 365, "
                "and connect."
            )
        if self._is_resting():
            return self.server_id._rest_sentence()
        if self.state == "reconnect":
            return self._lost_sentence()
        if self.state == "error":
            return self.last_error or self.env._("The last synchronisation failed.")
        paused = self.backoff_until and self.backoff_until > fields.Datetime.now()
        if paused or self.server_id._is_paused():
            return self.env._(
                "Connected as %(login)s. The mail server is busy; the synchronisation "
                "goes on by itself.",
                login=login,
            )
        if self.failures:
            return self.env._(
                "Connected as %(login)s, but the last attempt failed. The next one "
                "comes by itself.",
                login=login,
            )
        if self.awaits_start:
            return self.env._(
                "Connected as %(login)s. Look at what the first synchronisation will "
                "do, and start it.",
                login=login,
            )
        return self.env._("Connected as %(login)s.", login=login)

    def _lost_sentence(self):
        """What the user, or the schedule, does about a sign-in that was refused."""
        sentence = self.env._(
            "%(reason)s Open your preferences, tab Office 365, and press Connect.",
            reason=self.last_error
            or self.env._("The sign-in is no longer valid. Please sign in again."),
        )
        if not self.sign_in_retry:
            return sentence
        again = self.env._(
            "If your password is still the same, there is nothing to do: it is tried "
            "once more by itself, after %(time)s.",
            time=format_datetime(self.env, self.sign_in_retry, dt_format="short"),
        )
        return f"{sentence} {again}"

    def _state_detail(self):
        """What went wrong last, when the sentence does not say it already."""
        self.ensure_one()
        shown = self.state in ("reconnect", "error")
        if shown:
            return ""
        return self._other_calendar_sentence() or self.last_error or ""

    def action_sync(self, kinds=None):
        """Ask for a synchronisation as soon as possible.

        Nothing is sent to Microsoft here: the account is marked as due and the
        scheduler is woken. Before the first synchronisation, its preview is shown.

        :param kinds: list of "mail", "event", "contact"; all when empty
        :raises UserError: not connected
        """
        account = self._check_own()
        if account.state not in ("connected", "error") or account._is_resting():
            raise UserError(account._state_sentence())
        if account.awaits_start:
            return account._open_preview()
        message = account._asked_sentence()
        account._request(kinds)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {"type": "info", "message": message},
        }

    def _asked_sentence(self):
        """What pressing the button comes to."""
        if is_locked(self.env, self.id):
            if self.requested_kinds:
                return self.env._("A synchronisation is running already.")
            return self.env._(
                "A synchronisation is running already. What is new since then follows "
                "at once."
            )
        if self.requested_kinds and self._is_about_to_run():
            return self.env._("The synchronisation is about to start already.")
        return self.env._("The synchronisation has been started.")

    @api.model
    def get_progress(self):
        """How far a synchronisation of the current user is, for the screen.

        :return: {} when none is running or asked for, or {"phase": "waiting" or
            "running", "found", "done", "failed", "asleep"}; ``asleep`` means that
            Odoo's scheduler does not take it up
        """
        account = self.sudo().search([("user_id", "=", self.env.user.id)])
        return account._progress() if account else {}

    def _progress(self):
        running = is_locked(self.env, self.id)
        if not running and not self.requested_kinds:
            return {}
        run = self.env["exchange.sync.run"].sudo()
        if running:
            run = run.search(
                [("account_id", "=", self.id), ("state", "=", "running")], limit=1
            )
        dealt = max(run.found, sum(run[name] for name in OUTCOMES))
        return {
            "phase": "running" if running else "waiting",
            "found": max(run.expected, dealt),
            "done": dealt - run.failed,
            "failed": run.failed,
            "asleep": not running and self._is_forsaken(),
        }

    def _is_forsaken(self):
        """Whether this account is due, and nobody takes it up."""
        due = self.search_count([*self._due_domain(), ("id", "=", self.id)])
        return bool(due) and self._is_scheduler_asleep()

    @api.model
    def action_sync_mine(self, kinds=None):
        """:meth:`action_sync` for the account of the current user."""
        return self._of_user().with_user(self.env.user).action_sync(kinds)

    def action_open_user(self):
        """Open the user's settings, where an administrator sets this account."""
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id("base.action_res_users")
        form = self.env.ref("base.view_users_form")
        return {**action, "views": [(form.id, "form")], "res_id": self.user_id.id}

    def action_open_runs(self):
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id(
            "exchange_connector.exchange_sync_run_action"
        )
        return {**action, "domain": [("account_id", "=", self.id)]}

    def _request(self, kinds=None):
        """Mark as due for ``kinds`` and wake the scheduler.

        What is asked for already is not asked for twice: two clicks are one run.
        """
        now = fields.Datetime.now()
        for account in self:
            if account._is_resting():
                continue
            known = set((account.requested_kinds or "").split(",")) - {""}
            wanted = known | set(kinds or account._sync_kinds())
            if wanted == known and account._is_about_to_run():
                continue
            account.write(
                {
                    "requested_kinds": ",".join(sorted(wanted)),
                    "next_sync": now - IN_FRONT,
                }
            )
            account.user_id._bus_send("exchange_connector/requested", {})
        self._wake_lanes()

    def _is_about_to_run(self):
        """Whether a lane has this account, or takes it as soon as it can."""
        soon = fields.Datetime.now() + LEASE
        return bool(self.next_sync and self.next_sync <= soon)
