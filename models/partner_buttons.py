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
        else:
            message = self._exchange_ended(account, len(subscribed))
        return account._refresh(message, "success" if subscribed else "warning")

    def _exchange_ended(self, account, count):
        """What the end of so many subscriptions means."""
        if account.contact_delete_on_unsubscribe:
            if count == 1:
                return self.env._(
                    "The contact will be deleted in Outlook at the next "
                    "synchronisation."
                )
            return self.env._(
                "%(count)s contacts will be deleted in Outlook at the next "
                "synchronisation.",
                count=count,
            )
        if count == 1:
            return self.env._(
                "The contact is no longer kept up to date in Outlook. It stays there, "
                "as your preferences say."
            )
        return self.env._(
            "%(count)s contacts are no longer kept up to date in Outlook. They stay "
            "there, as your preferences say.",
            count=count,
        )

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
        chosen, added = outcome["chosen"], outcome["subscribed"]
        archived = outcome["left_out"]
        there = chosen - added - archived
        if chosen > 1:
            left = self._exchange_many_left(there, archived)
        elif there:
            left = self.env._("The contact was subscribed already.")
        else:
            left = archived and self.env._("The contact is archived: it is left out.")
        sentences = [self._exchange_added(added), left]
        message = " ".join(filter(None, sentences))
        accounts = self.env["exchange.account"]
        return accounts._refresh(message, "success" if added else "warning")

    def _exchange_added(self, count):
        """What comes of so many new subscriptions."""
        if count == 1:
            return self.env._(
                "The contact will be in your Outlook after the next synchronisation."
            )
        return count and self.env._(
            "%(count)s contacts will be in your Outlook after the next "
            "synchronisation.",
            count=count,
        )

    def _exchange_many_left(self, there, archived):
        """Why so many of several contacts are not new."""
        sentences = []
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
        return " ".join(sentences)
