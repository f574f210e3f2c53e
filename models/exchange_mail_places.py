from odoo import api, models
from odoo.exceptions import AccessError, UserError

CONTACTS = "res.partner"
DECISIONS_LOOKED_AT = 60


class ExchangeMailPlaces(models.AbstractModel):
    """Where the current user may file e-mails: what the dialog "File On…" offers."""

    _name = "exchange.mail.places"
    _description = "Places for E-mails"

    @api.model
    def chatter_models(self):
        """The models with a chatter whose records the user may file e-mails on.

        :return: list of {"model", "name"}: contacts first, then by name
        """
        names = [
            name
            for name, model in self.env.items()
            if self._has_chatter(model)
            and model.has_access("read" if name == CONTACTS else "write")
        ]
        found = self.env["ir.model"].display_name_for(names)
        return sorted(
            ({"model": row["model"], "name": row["display_name"]} for row in found),
            key=lambda row: (row["model"] != CONTACTS, row["name"].lower()),
        )

    @api.model
    def recent_records(self, limit=5):
        """The records that the user filed e-mails on last, each once.

        :return: list of {"model", "id", "name", "model_name"}, the last one first
        """
        mails = self.search(
            [("decided_by", "=", self.env.uid), ("state", "!=", "ignored")],
            order="decided_on DESC, id DESC",
            limit=DECISIONS_LOOKED_AT,
        )
        ids = [
            message_id
            for mail in mails.sudo()
            for message_id in (mail.decision or {}).get("message_ids", ())
        ]
        messages = self.env["mail.message"].sudo().browse(ids).exists()
        places = dict.fromkeys((msg.model, msg.res_id) for msg in messages)
        found = []
        for model, res_id in places:
            try:
                record = self._record_to_file_on(model, res_id)
            except (AccessError, UserError):
                continue
            found.append({"model": model, "id": res_id, "name": record.display_name})
            if len(found) == limit:
                break
        names = self.env["ir.model"].display_name_for([row["model"] for row in found])
        by_model = {row["model"]: row["display_name"] for row in names}
        return [{**row, "model_name": by_model[row["model"]]} for row in found]

    def action_choose_record(self):
        """Open the dialog in which the user picks the record for these e-mails."""
        return {
            "type": "ir.actions.client",
            "tag": "exchange_connector_file_on",
            "params": {"mail_ids": self.ids},
        }

    @api.model
    def action_retry_all(self):
        """Try all failed e-mails of the current user again."""
        return self.search([("state", "=", "failed")]).action_retry()
