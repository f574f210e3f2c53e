"""From 19.0.1.1.0 to 19.0.1.2.0."""


def migrate(cr, _version):
    """Portal users may read the contacts of their company; what was filed there is for
    employees."""
    cr.execute(
        """UPDATE mail_message m SET is_internal = true
             FROM exchange_mail_message_rel r
             JOIN exchange_mail e ON e.id = r.exchange_mail_id
            WHERE r.message_id = m.id AND m.model = 'res.partner'
              AND NOT e.found_in_odoo AND m.is_internal IS NOT TRUE"""
    )
