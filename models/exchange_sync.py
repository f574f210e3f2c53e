from collections import namedtuple

from odoo import models

# Delta links to look at, and whether there is work whatever they say.
Probe = namedtuple("Probe", "links must_run")


class ExchangeSync(models.AbstractModel):
    """The synchronisation of one kind of item. A new kind is a model that inherits
    this one, in a file of its own; nothing else has to know it.

    The engine first asks for links (:meth:`_probe_links`), reads them all in one
    request, and calls :meth:`_run` with the answers when there is work.
    """

    _name = "exchange.sync"
    _description = "Exchange Synchronisation of One Kind"

    _sync_kind = None  # "mail", "event", ...
    _sync_sequence = 100

    def _probe_links(self, account):
        """What to look at to know whether anything changed.

        :return: a :class:`Probe`; ``must_run`` when there is no link yet, or work that
            does not depend on the mailbox
        """
        raise NotImplementedError

    def _glance_links(self, accounts):
        """:meth:`_probe_links` of many accounts, of which most have nothing to do: in
        as few queries for all of them together as it can be done.

        :return: {account id: :class:`Probe`}
        """
        return {account.id: self._probe_links(account) for account in accounts}

    def _has_work(self, page):
        """Whether the answer to a probed link calls for :meth:`_run`.

        :param page: a ``client.DeltaPage`` or a ``client.ClientError``
        """
        return isinstance(page, Exception) or bool(
            page.items or page.removed or page.next_link
        )

    def _hindrance(self, account):
        """Why this kind must not run for this account at present, in words, or ""."""
        return ""

    def _run(self, account, mailbox, pages, log):
        """Synchronise, committing as it goes.

        :param account: the ``exchange.account``, as superuser
        :param mailbox: its ``client.Mailbox``
        :param pages: {link: page or error} for the probed links
        :param log: the ``RunLog`` to count in
        :raises ClientError: when this kind cannot go on
        """
        raise NotImplementedError

    def _preview(self, account, mailbox):
        """What the first synchronisation would do, for whoever decides about it.

        :param account: the ``exchange.account``, as superuser
        :param mailbox: its ``client.Mailbox``, opened for little patience
        :return: None, or {"count": number or None when it could not be counted,
            "more": whether there are more than these, "text": a sentence that goes on
            from the number, "problem": why it could not be counted, or ""}
        """
