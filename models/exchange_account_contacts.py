from datetime import timedelta

from odoo import fields, models
from odoo.tools import SQL

# How far the contacts were read, of a mailbox that we know nothing of.
NOWHERE_READ = {
    "contact_delta_link": False,
    "contact_folder_id": False,
    "contact_links_elsewhere": False,
}
# What Odoo keeps in memory of who may do what: it forgets it when that is changed.
RIGHTS_CACHES = ("default", "groups", "stable")


class ExchangeAccountContacts(models.AbstractModel):
    """What concerns contacts: where they go, and the brake."""

    _name = "exchange.account.contacts"
    _description = "Exchange Account: Contacts"

    contact_target = fields.Selection(
        [("default", "My contacts"), ("own", 'An own folder "Odoo"')],
        "Contacts Go to",
        required=True,
        default="default",
        help="My contacts: they are on your phone and in every Outlook, among your own "
        "ones, with the category Odoo.\n"
        "An own folder: apart from your own ones. Many phones and the Outlook app show "
        "the default folder alone. What is in Outlook already moves along.",
    )
    contact_delta_link = fields.Char(readonly=True)
    contact_folder_id = fields.Char(readonly=True)
    contact_links_elsewhere = fields.Json(
        readonly=True,
        copy=False,
        groups=fields.NO_ACCESS,
        help="{folder id: delta link} of folders that the user moved contacts into.",
    )
    contact_brake = fields.Integer(
        "Contacts Waiting to Be Deleted",
        readonly=True,
        help="So many contacts would be deleted in Outlook, more than usual: the user "
        "is asked first.",
    )
    contact_brake_allowed = fields.Integer(readonly=True)
    contact_rights = fields.Char(
        readonly=True,
        copy=False,
        help="When it was last looked whether the user may read all that he subscribes "
        "to.",
    )
    subscription_ids = fields.One2many("exchange.subscription", "account_id")

    def _contact_rights_stamp(self):
        """What changes once an hour, not for all accounts at the same moment, and when
        groups, rules or companies of anybody change."""
        hour = fields.Datetime.now() + timedelta(minutes=self.id % 60)
        sequences = self.env.registry.cache_sequences
        changes = [sequences.get(name, 0) for name in RIGHTS_CACHES]
        return f"{hour:%Y-%m-%d %H} {changes}"

    def _note_contact_rights(self, stamps):
        """:param stamps: {account id: :meth:`_contact_rights_stamp`}"""
        if stamps:
            self.env.execute_query(
                SQL(
                    """UPDATE exchange_account a SET contact_rights = v.stamp
                         FROM (VALUES %s) v (id, stamp) WHERE a.id = v.id
                    RETURNING a.id""",
                    SQL(", ").join(stamps.items()),
                )
            )
            self.invalidate_recordset(["contact_rights"], flush=False)

    def action_contact_brake_continue(self):
        """Delete the contacts that wait for the user's word."""
        account = self._check_own()
        account.write(
            {"contact_brake_allowed": account.contact_brake, "contact_brake": 0}
        )
        account._request(["contact"])
        return self._refresh(self.env._("The contacts will be deleted in Outlook."))

    def action_contact_brake_keep(self):
        """End the subscriptions that wait for the user's word, and leave their contacts
        in Outlook."""
        account = self._check_own()
        subscriptions = self.env["exchange.subscription"].sudo()
        rows = subscriptions._to_end(account)
        subscriptions._finish(rows, {row.id for row in rows})
        account.contact_brake = 0
        return self._refresh(self.env._("The contacts stay in Outlook."))

    def write(self, vals):
        """Another folder or another mailbox: nothing of what we know is there."""
        moved = self.filtered(
            lambda account: (
                vals.get("contact_target", account.contact_target)
                != account.contact_target
            )
        )
        strange = self._changing_sign_in(
            {name: vals[name] for name in vals.keys() & {"server_id", "login"}}
        )
        if moved:
            moved._move_contacts()
        if strange:
            strange._forget_contacts()
        return super().write(vals)

    def _move_contacts(self):
        """The contacts are made anew in the other folder; those in the former one are
        deleted once they are."""
        now = self.env.cr.now()
        self.subscription_ids.flush_model()
        self.env.execute_query(
            SQL(
                """INSERT INTO exchange_subscription
                       (account_id, record_id, remote_id, creating, state, active,
                        replaced, source, create_date, write_date)
                   SELECT account_id, record_id, remote_id, creating, 'ending', true,
                          true, source, %s, %s
                     FROM exchange_subscription
                    WHERE account_id = ANY(%s) AND active AND state <> 'ending'
                      AND (remote_id IS NOT NULL OR creating)
                RETURNING id""",
                now,
                now,
                self.ids,
            )
        )
        self._forget_where(SQL("active AND state <> 'ending'"))

    def _forget_contacts(self):
        """The mailbox may be another one. What is in it of ours is found by its mark;
        what is to be removed from the former one stays there."""
        self.env.execute_query(
            SQL(
                """DELETE FROM exchange_subscription
                    WHERE account_id = ANY(%s) AND (partner_id IS NULL OR replaced)
                RETURNING id""",
                self.ids,
            )
        )
        self._forget_where(SQL("true"))
        self.write({"contact_brake": 0, "contact_brake_allowed": 0})

    def _forget_where(self, condition):
        """Forget where contacts lie, and how far the folder was read."""
        self.subscription_ids.flush_model()
        self.env.execute_query(
            SQL(
                """UPDATE exchange_subscription
                      SET remote_id = NULL, change_key = NULL, payload_hash = NULL,
                          photo_hash = NULL, source_stamp = NULL, creating = false,
                          remote_difference = NULL
                    WHERE account_id = ANY(%s) AND %s
                RETURNING id""",
                self.ids,
                condition,
            )
        )
        self.env["exchange.subscription"]._changed()
        self.sudo().write(NOWHERE_READ)
