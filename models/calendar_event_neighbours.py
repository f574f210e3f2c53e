from odoo import api, models
from odoo.fields import Domain

# What other calendar connectors call "has to be sent". Their fields are there when they
# are installed.
SEND_FIELDS = ("need_sync", "need_sync_m")
# Where Odoo's own Outlook connector looks for an event before it makes another one.
UID_FIELD = "ms_universal_event_id"


class ExchangeEventNeighbours(models.AbstractModel):
    """Beside other connectors on the same calendar of Odoo: they neither send what was
    fetched from Outlook (which would invite everybody again) nor double it."""

    _name = "exchange.event.neighbours"
    _description = "Events from Outlook: Beside Other Connectors"

    @api.model_create_multi
    def create(self, vals_list):
        if self._is_exchange_writing():
            vals_list = [
                {**self._unsent(), **self._recognisable(vals), **vals}
                for vals in vals_list
            ]
        return super().create(vals_list)

    def write(self, vals):
        if self._is_exchange_writing():
            vals = {**vals, **self._unsent()}
        return super().write(vals)

    def _is_exchange_writing(self):
        """Whether it is our synchronisation that writes. The others look at the same
        key of the context before they call their servers."""
        return self.env.su and self.env.context.get("no_calendar_sync")

    def _unsent(self):
        """Values that keep the others from sending a record."""
        return {name: False for name in SEND_FIELDS if name in self._fields}

    def _recognisable(self, vals):
        """Values by which the others find a single event of Outlook."""
        uid = vals.get("exchange_ical_uid")
        single = uid and not vals.get("exchange_original_start") and "/" not in uid
        return {UID_FIELD: uid} if single and UID_FIELD in self._fields else {}

    # Called by the others alone, on what they are about to send

    def _get_microsoft_records_to_sync(self, full_sync=False):
        own = self.with_context(exchange_hidden=True)
        events = super(ExchangeEventNeighbours, own)
        return events._get_microsoft_records_to_sync(full_sync).with_env(self.env)

    def _get_records_to_sync(self, full_sync=False):
        own = self.with_context(exchange_hidden=True)
        events = super(ExchangeEventNeighbours, own)
        return events._get_records_to_sync(full_sync).with_env(self.env)

    @api.model
    def _search(self, domain, *args, **kwargs):
        if self.env.context.get("exchange_hidden"):
            domain = Domain(domain) & Domain("exchange_ical_uid", "=", False)
        return super()._search(domain, *args, **kwargs)
