from odoo import models
from odoo.exceptions import RedirectWarning


class ExchangePartnerButtons(models.AbstractModel):
    """What users press, and read, to have an address in their Outlook."""

    _name = "exchange.partner.buttons"
    _description = "Contact: Outlook Buttons"

    def _exchange_subscription_states(self):
        field = self.env["exchange.subscription"]._fields["state"]
        return field._description_selection(self.env)

    def action_exchange_subscribe(self, with_children=False):
        """Put these addresses into the current user's address book at the next run,
        thousands at once, and say what came of it.

        :param with_children: a company's contact persons as well
        :raises AccessError: an address the user may not read
        :raises RedirectWarning: he has not connected a mailbox
        """
        self._check_exchange_mailbox()
        return self._exchange_told(self._exchange_subscribe(with_children))

    def action_exchange_unsubscribe(self):
        """End the subscriptions of these addresses, and say what that means."""
        subscribed = self.filtered("exchange_subscribed")
        subscribed._exchange_unsubscribe()
        account = self.env["exchange.account"]._of_user()
        if not subscribed:
            message = self.env._("None of these contacts is in your Outlook.")
        elif account.contact_delete_on_unsubscribe:
            message = self.env._(
                "%(count)s contacts will be deleted in Outlook at the next "
                "synchronisation.",
                count=len(subscribed),
            )
        else:
            message = self.env._(
                "%(count)s contacts are no longer kept up to date in Outlook. They "
                "stay there, as your preferences say.",
                count=len(subscribed),
            )
        return account._refresh(message, "success" if subscribed else "warning")

    def action_exchange_open_subscription(self):
        """What there is to say about this address in the user's Outlook."""
        self.ensure_one()
        view = self.env.ref("exchange_connector.exchange_subscription_view_form")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("In My Outlook"),
            "res_model": "exchange.subscription",
            "res_id": self.exchange_subscription_id.id,
            "views": [(view.id, "form")],
            "target": "new",
        }

    def _check_exchange_mailbox(self):
        """:raises RedirectWarning: there is no mailbox to put anything into"""
        account = self.env["exchange.account"]._of_user()
        if account.state == "draft":
            raise RedirectWarning(
                self.env._(
                    "Contacts go into your Outlook once you have connected your "
                    "mailbox: preferences, tab Office 365."
                ),
                self.env.ref("exchange_connector.action_open_my_mailbox").id,
                self.env._("Open My Mailbox"),
            )

    def _exchange_told(self, outcome):
        """:param outcome: what ``_exchange_subscribe`` gave"""
        added, archived = outcome["subscribed"], outcome["left_out"]
        there = outcome["chosen"] - added - archived
        sentences = []
        if added:
            sentences.append(
                self.env._(
                    "%(count)s contacts will be in your Outlook after the next "
                    "synchronisation.",
                    count=added,
                )
            )
        if there:
            sentences.append(
                self.env._("%(count)s were subscribed already.", count=there)
            )
        if archived:
            sentences.append(
                self.env._(
                    "%(count)s were left out because they are archived.", count=archived
                )
            )
        accounts = self.env["exchange.account"]
        return accounts._refresh(" ".join(sentences), "success" if added else "warning")
