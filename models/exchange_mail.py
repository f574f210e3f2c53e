from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from .exchange_account_access import MANAGER
from .mail_values import Mail, parse_address

DELETE_CHUNK = 100
RETRY_FOR = timedelta(days=7)


class ExchangeMail(models.Model):
    """One mail out of a transfer folder, whoever filed it there."""

    _name = "exchange.mail"
    _inherit = [
        "exchange.mail.decision",
        "exchange.mail.candidates",
        "exchange.mail.places",
    ]
    _description = "Exchange E-mail"
    _order = "date desc, id desc"
    _rec_name = "subject"

    fingerprint = fields.Char(required=True, readonly=True)
    subject = fields.Char(readonly=True)
    email_from = fields.Char("From", readonly=True)
    email_to = fields.Text("To", readonly=True)
    email_cc = fields.Text("Cc", readonly=True)
    date = fields.Datetime(readonly=True)
    direction = fields.Selection(
        [("incoming", "Incoming"), ("outgoing", "Outgoing")],
        required=True,
        readonly=True,
    )
    state = fields.Selection(
        [
            ("to_assign", "To Assign"),
            ("filed", "Filed"),
            ("ignored", "Ignored"),
            ("failed", "Failed"),
        ],
        required=True,
        readonly=True,
    )
    error = fields.Text(readonly=True)
    found_in_odoo = fields.Boolean(
        "Was in Odoo Before",
        readonly=True,
        help="Odoo had sent or received this mail itself; nothing was filed.",
    )
    # What a waiting mail needs to be filed later
    body = fields.Html(readonly=True, sanitize_style=True)
    attachment_ids = fields.Many2many("ir.attachment", readonly=True)
    message_id = fields.Char(
        "Message-ID", readonly=True, index="btree_not_null", copy=False
    )
    references = fields.Text(readonly=True)
    conversation_id = fields.Char(readonly=True)
    waiting_addresses = fields.Json(
        readonly=True,
        help="The normalised addresses that fit none or several contacts.",
    )
    proposed_partner_id = fields.Many2one(
        "res.partner",
        ondelete="set null",
        readonly=True,
        help="The contact whose thread this e-mail belongs to.",
    )
    decided_by = fields.Many2one("res.users", readonly=True, index="btree_not_null")
    decided_on = fields.Datetime(readonly=True)
    decision = fields.Json(
        groups=fields.NO_ACCESS, help="What it takes to undo the last decision."
    )
    can_undo = fields.Boolean(compute="_compute_can_undo")
    filed_along = fields.Integer(
        compute="_compute_can_undo",
        help="How many others were filed on the contact that was made from it.",
    )

    message_ids = fields.Many2many(
        "mail.message",
        "exchange_mail_message_rel",
        "exchange_mail_id",
        "message_id",
        "Messages",
        readonly=True,
    )
    source_ids = fields.One2many("exchange.mail.source", "mail_id", readonly=True)

    _state_date_idx = models.Index("(state, date DESC, id DESC)")
    _fingerprint_uniq = models.Constraint(
        "UNIQUE (fingerprint)", "This mail is in Odoo already."
    )

    @api.depends("decided_on", "decision", "state")
    @api.depends_context("uid")
    def _compute_can_undo(self):
        # And not the bodies along with it.
        self.sudo().fetch(["decision", "decided_by"])
        manages = self.env.su or self.env.user.has_group(MANAGER)
        for mail in self:
            mine = manages or mail.sudo().decided_by == self.env.user
            decision = mail.sudo().decision or {}
            mail.can_undo = mine and bool(decision)
            mail.filed_along = len(decision.get("along", ()))

    def _own_attachments(self):
        """Bind the attachments of new waiting mails to their mail, which decides who
        may read them."""
        self.flush_recordset(["attachment_ids"])
        self.env["ir.attachment"].flush_model(["res_model", "res_id"])
        self.env.cr.execute(
            """UPDATE ir_attachment a SET res_id = r.exchange_mail_id
                 FROM exchange_mail_ir_attachment_rel r
                WHERE r.ir_attachment_id = a.id AND a.res_model = 'exchange.mail'
                  AND r.exchange_mail_id IN %s""",
            [self._ids],
        )
        self.attachment_ids.invalidate_recordset(["res_id"])

    def action_retry(self):
        """Read failed mails once more at the next run, which is asked for at once.

        :raises UserError: a mail that did not fail
        """
        if self.filtered(lambda mail: mail.state != "failed"):
            raise UserError(self.env._("Only failed e-mails can be tried again."))
        self.check_access("read")
        # Of the copies that are the caller's own: nobody else's mailbox is woken.
        sources = self.sudo().source_ids.filtered(
            lambda source: source.account_id.user_id == self.env.user
        )
        sources.retry = True
        sources.account_id._request(["mail"])
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "info",
                "message": self.env._("The e-mails will be tried again now."),
            },
        }


class ExchangeMailSource(models.Model):
    """A mailbox's copy of a mail: which user filed it, and what became of the copy."""

    _name = "exchange.mail.source"
    _description = "Exchange E-mail in a Mailbox"
    _log_access = False

    mail_id = fields.Many2one(
        "exchange.mail", required=True, ondelete="cascade", index=True
    )
    account_id = fields.Many2one("exchange.account", required=True, ondelete="cascade")
    user_id = fields.Many2one(related="account_id.user_id")
    folder_id = fields.Many2one("exchange.folder", ondelete="set null")
    remote_id = fields.Char(required=True)
    etag = fields.Char()
    cleanup = fields.Selection(
        [
            ("pending", "To Be Deleted"),
            ("done", "Deleted"),
            ("mark", "To Be Marked"),
            ("marked", "Marked"),
        ],
        help="What becomes of the copy in the transfer folder.",
    )
    retry = fields.Boolean()

    _remote_uniq = models.Constraint("UNIQUE (account_id, remote_id)")
    _pending_idx = models.Index("(account_id) WHERE cleanup = 'pending' OR retry")

    @api.model
    def _known_ids(self, account, remote_ids):
        """:return: the ones among ``remote_ids`` that were dealt with"""
        if not remote_ids:
            return set()
        sources = self.search_fetch(
            [("account_id", "=", account.id), ("remote_id", "in", list(remote_ids))],
            ["remote_id"],
        )
        return set(sources.mapped("remote_id"))

    @api.model
    def _retry_changed(self, account, mails):
        """Try failed mails again that have changed in the mailbox since.

        :param mails: listed mails that are known
        """
        if not mails:
            return
        etags = {mail.remote_id: mail.etag for mail in mails}
        failed = self.search(
            [
                ("account_id", "=", account.id),
                ("remote_id", "in", list(etags)),
                ("mail_id.state", "=", "failed"),
            ]
        )
        for source in failed:
            if source.etag != etags[source.remote_id]:
                source.write({"etag": etags[source.remote_id], "retry": True})

    @api.model
    def _retry_recent(self, account):
        """Failures are often for the day: young ones are tried again by themselves."""
        since = fields.Datetime.now() - RETRY_FOR
        self.search(
            [
                ("account_id", "=", account.id),
                ("mail_id.state", "=", "failed"),
                ("mail_id.create_date", ">=", since),
            ]
        ).retry = True

    @api.model
    def _to_retry(self, account):
        return self.search([("account_id", "=", account.id), ("retry", "=", True)])

    @api.model
    def _to_delete(self, account):
        """Copies that may go: committed, and in a folder that is still chosen."""
        return self.search(
            [
                ("account_id", "=", account.id),
                ("cleanup", "=", "pending"),
                ("folder_id", "!=", False),
            ],
            limit=DELETE_CHUNK,
        )

    @api.model
    def _to_mark(self, account):
        return self.search(
            [
                ("account_id", "=", account.id),
                ("cleanup", "=", "mark"),
                ("folder_id", "!=", False),
            ],
            limit=DELETE_CHUNK,
        )

    def _as_listed(self):
        """The mail as a listing would give it, for reading it again."""
        self.ensure_one()
        mail = self.mail_id
        sender = parse_address({"emailAddress": {"address": mail.email_from or ""}})
        return Mail(
            remote_id=self.remote_id,
            etag=self.etag or "",
            message_id=mail.message_id or "",
            subject=mail.subject or "",
            sender=sender,
            to=[],
            cc=[],
            date=mail.date or None,
            fingerprint=mail.fingerprint,
        )
