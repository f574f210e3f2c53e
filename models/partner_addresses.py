from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from .addresses import canonical, spellings, split

# Odoo normalises the first address of a contact's field. The others of those fields
# that hold several are found by an index of their own, which is nearly empty in most
# databases: the parts of the text, without what stands around addresses.
_AROUND = "'`‘’“”"
_EDGES = f"{_AROUND} \t\r\n<>/*"
_BETWEEN = rf'[{_AROUND}]*[\s<>()\[\],;:"|/*\\]+[{_AROUND}]*'
_SEVERAL = "@.*@"


def _quoted(text):
    escaped = text.replace("\\", "\\\\").replace("'", "''")
    return f"E'{escaped}'"


ADDRESS_INDEX = (
    "USING gin (regexp_split_to_array(btrim(lower(email), "
    f"{_quoted(_EDGES)}), {_quoted(_BETWEEN)})) WHERE email ~ {_quoted(_SEVERAL)}"
)


class ExchangePartnerAddresses(models.AbstractModel):
    """Whose an e-mail address is. E-mails, their chooser and meetings ask here."""

    _name = "exchange.partner.addresses"
    _description = "Contact: E-mail Addresses"

    @api.model
    def _exchange_by_address(self, addresses, fnames=()):
        """The contacts with these addresses, as far as the current user may read them,
        in one query.

        :param addresses: in whatever spelling
        :param fnames: fields of the contacts that are needed besides
        :return: {address: contacts, oldest first}; without those that nobody has
        """
        wanted = {}
        for address in addresses:
            wanted.setdefault(canonical(address), []).append(address)
        if not wanted:
            return {}
        partners = self.search_fetch(
            self._exchange_address_domain(spellings(wanted)),
            ["email", "email_normalized", *fnames],
            order="id",
        )
        found = {}
        for partner in partners:
            for its in partner._exchange_addresses():
                for address in wanted.get(its, ()):
                    found.setdefault(address, []).append(partner.id)
        return {address: partners.browse(ids) for address, ids in found.items()}

    def _exchange_addresses(self):
        """:return: all addresses in the contact's e-mail field, as they are compared"""
        self.ensure_one()
        texts = [self.email_normalized or ""]
        if (self.email or "").count("@") > 1:
            texts += split(self.email)
        return list(dict.fromkeys(canonical(text) for text in texts if text))

    @api.model
    def _exchange_address_domain(self, addresses):
        def one_of_several(model, alias, query):
            email = model._field_to_sql(alias, "email", query)
            return SQL(
                """%(email)s ~ %(several)s
                   AND regexp_split_to_array(btrim(lower(%(email)s), %(edges)s),
                                             %(between)s) && %(wanted)s""",
                email=email,
                several=_SEVERAL,
                edges=_EDGES,
                between=_BETWEEN,
                wanted=[address.lower() for address in addresses],
            )

        first = Domain("email_normalized", "in", addresses)
        return first | Domain.custom(to_sql=one_of_several)
