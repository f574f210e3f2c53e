from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError

from .addresses import canonical, domain_of, normalise, spellings

MANAGER = "exchange_connector.exchange_connector_group_manager"


class ExchangeAddressRule(models.Model):
    """What is always done with the e-mails of an address: the memory of the chooser.

    A rule never opens what a user may not see: it is only followed for those who may
    use its record.
    """

    _name = "exchange.address.rule"
    _inherit = "exchange.record.named"
    _description = "Exchange Address Rule"
    _order = "address, id"
    _rec_name = "address"

    address = fields.Char(
        required=True,
        help="An e-mail address, or a whole domain such as @example.com.",
    )
    user_id = fields.Many2one(
        "res.users",
        default=lambda self: self.env.user,
        ondelete="cascade",
        help="Empty: the rule holds for everybody.",
    )
    action = fields.Selection(
        [("file", "File on a Record"), ("skip", "Do Not Ask")],
        required=True,
        default="skip",
    )
    res_model = fields.Char("Record Model")
    res_id = fields.Many2oneReference("Record", model_field="res_model")
    record_name = fields.Char("Filed On", compute="_compute_record_name")

    _address_user_uniq = models.UniqueIndex(
        "(address, user_id) WHERE user_id IS NOT NULL",
        "There is a rule for this address already.",
    )
    _address_all_uniq = models.UniqueIndex(
        "(address) WHERE user_id IS NULL",
        "There is a rule for this address already.",
    )
    _record_given = models.Constraint(
        "CHECK (action <> 'file' OR (res_model IS NOT NULL AND res_id IS NOT NULL))",
        "Choose the record on which the e-mails are filed.",
    )

    @api.constrains("address")
    def _check_address(self):
        for rule in self:
            is_domain = rule.address.startswith("@") and "." in rule.address
            if not is_domain and normalise(rule.address) != rule.address:
                raise ValidationError(
                    self.env._(
                        "%(address)s is neither an e-mail address nor a domain such "
                        "as @example.com.",
                        address=rule.address,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        rules = super().create([self._normalised(vals) for vals in vals_list])
        rules._check_scope()
        rules._follow()
        return rules

    def write(self, vals):
        self._check_scope()
        result = super().write(self._normalised(vals))
        self._check_scope()
        self._follow()
        return result

    @api.model
    def _normalised(self, vals):
        if "address" not in vals:
            return vals
        address = (vals["address"] or "").strip().lower()
        return {**vals, "address": normalise(address) or canonical(address)}

    def _check_scope(self):
        """Rules for everybody, and those of others, are the administrators'."""
        if self.env.su or self.env.user.has_group(MANAGER):
            return
        if self.filtered(lambda rule: rule.user_id != self.env.user):
            raise AccessError(
                self.env._("Only administrators may make rules for everybody.")
            )

    def _follow(self):
        """What waits already for the one who makes a rule is done by it, too."""
        if self and not self.env.su:
            self.env["exchange.mail"]._follow_rules(self)

    @api.model
    def _for_user(self, user, addresses):
        """The rules for these addresses and their domains that hold for a user, his own
        first."""
        keys = {*addresses, *map(domain_of, addresses)}
        return self.sudo().search(
            [("address", "in", spellings(keys)), ("user_id", "in", [user.id, False])],
            order="user_id NULLS LAST, id",
        )

    @api.model
    def _by_address(self, user, addresses):
        """Which rule holds for a user and each of these addresses: his own before
        everybody's, that of the address before that of its domain.

        :return: {canonical address: rule}
        """
        keys = set(map(canonical, addresses))
        found = {}
        for rule in self._for_user(user, keys):
            found.setdefault(canonical(rule.address), rule)
        rules = {key: found.get(key) or found.get(domain_of(key)) for key in keys}
        return {key: rule for key, rule in rules.items() if rule}

    @api.model
    def _remember(self, addresses, user, **vals):
        """Make or replace the rules of ``user`` (empty: everybody) for addresses."""
        its = [("address", "in", spellings(addresses)), ("user_id", "=", user.id)]
        vals = {"res_model": False, "res_id": False, **vals}
        rules = self.search(its)
        if rules:
            rules.write(vals)
        known = set(map(canonical, rules.mapped("address")))
        new = sorted(set(map(canonical, addresses)) - known)
        made = [{"address": each, "user_id": user.id, **vals} for each in new]
        return rules | self.create(made)
