from odoo import models
from odoo.exceptions import AccessError, UserError

MANAGER = "exchange_connector.exchange_connector_group_manager"
# A change of one of these makes the stored sign-in worthless.
SIGN_IN_FIELDS = ("server_id", "auth_method", "login")


class ExchangeAccountAccess(models.AbstractModel):
    """Who may set what, and what a change of the sign-in takes along."""

    _name = "exchange.account.access"
    _description = "Exchange Account: Access"

    def _check_own(self):
        """Let pass the owner and administrators, and hand out superuser rights.

        :raises AccessError: somebody else, or not a user of this kind
        """
        self.ensure_one()
        account = self.sudo()
        if self.env.su or self.env.user.has_group(MANAGER):
            return account
        if account.user_id == self.env.user and not self.env.user.share:
            return account
        raise AccessError(self.env._("This is another user's Exchange account."))

    def _check_wishes(self, vals):
        """Whether a user may set this on his own account.

        With application permissions the user name alone opens a mailbox, so nobody
        may choose it for himself.

        :raises AccessError: a setting for administrators
        """
        self.ensure_one()
        methods = {self.auth_method, vals.get("auth_method", self.auth_method)}
        if "application" in methods and vals.keys() & set(SIGN_IN_FIELDS):
            raise AccessError(
                self.env._(
                    "Only an administrator can set up a mailbox with application "
                    "permissions."
                )
            )
        if vals.get("server_id"):
            server = self.env["exchange.server"].sudo(False).browse(vals["server_id"])
            server.check_access("read")

    def write(self, vals):
        """Forget the stored sign-in with what it was for; keep an account with its
        user.

        :raises UserError: an account would go to another user, with all it can open
        """
        if "user_id" in vals and any(a.user_id.id != vals["user_id"] for a in self):
            raise UserError(
                self.env._("An account stays with its user. Make a new one instead.")
            )
        # Last, so that it is stored for the login and the service that belong to it.
        password = vals.get("password")
        vals = {name: value for name, value in vals.items() if name != "password"}
        result = True
        for accounts, own_vals in self._with_safe_login(vals):
            changed = accounts._changing_sign_in(own_vals)
            result = super(ExchangeAccountAccess, accounts).write(own_vals)
            for account in changed:
                account._store("password", "")
                account._forget_sign_in()
            if "server_id" in own_vals:
                changed._forget_positions()
        if password:
            result = super().write({"password": password})
        return result

    def _forget_positions(self):
        """With another service all is read once more, and what is known recognised:
        links to what is new lead to the former one."""
        accounts = self.sudo()
        accounts.folder_ids.delta_link = False
        calendars = self.env["exchange.calendar"].sudo()
        calendars.search([("account_id", "in", self.ids)]).delta_link = False

    def _with_safe_login(self, vals):
        """Each account with the values to write: with application permissions a user
        name opens a mailbox by itself, so one that its user typed and never signed in
        with is not taken over from another kind of sign-in.
        """
        if vals.get("auth_method") != "application" or "login" in vals:
            return [(self, vals)] if vals else []
        pairs = []
        for account in self:
            proven = account.state != "draft" and "server_id" not in vals
            if account.auth_method == "application" or proven:
                pairs.append((account, vals))
            else:
                login = account.user_id.login
                pairs.append((account, {**vals, "login": "@" in login and login}))
        return pairs

    def _changing_sign_in(self, vals):
        """The accounts whose sign-in these values change."""
        names = [name for name in SIGN_IN_FIELDS if name in vals]
        return self.filtered(
            lambda account: any(
                (vals[name] or False)
                != account._fields[name].convert_to_write(account[name], account)
                for name in names
            )
        )

    def _set_login(self, login):
        """Note the user name of a sign-in that has just been stored, and is not to be
        forgotten because of it. No key of the context could say so: users send one."""
        # pylint: disable=super-method-mismatch
        return super().write({"login": login})
