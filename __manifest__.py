{
    "name": "Exchange & Office 365 Connector",
    "summary": "Outlook e-mails, events and contacts in Odoo, for every user",
    "version": "19.0.1.1.0",
    "category": "Productivity",
    "author": "Exchange Connector contributors",
    "license": "LGPL-3",
    "depends": ["mail", "calendar", "contacts"],
    "external_dependencies": {
        "python": ["requests", "msal", "python-dateutil", "lxml", "cryptography"],
    },
    "data": [
        "security/exchange_connector_groups.xml",
        "security/ir.model.access.csv",
        "security/exchange_connector_security.xml",
        "data/ir_cron.xml",
        "views/exchange_sync_run_views.xml",
        "views/exchange_mail_views.xml",
        "views/exchange_address_rule_views.xml",
        "views/exchange_account_views.xml",
        "views/exchange_server_views.xml",
        "views/exchange_connection_test_views.xml",
        "views/exchange_subscription_views.xml",
        "views/res_partner_views.xml",
        "views/res_users_views.xml",
        "views/calendar_event_views.xml",
        "views/exchange_connector_templates.xml",
        "views/exchange_connector_menus.xml",
    ],
    "assets": {
        "mail.assets_message_email": [
            "exchange_connector/static/css/message_email.css",
        ],
        "web.assets_backend": [
            "exchange_connector/static/src/**/*",
        ],
        "web.assets_tests": [
            "exchange_connector/static/tests/tours/**/*",
        ],
    },
    "post_init_hook": "post_init_hook",
    "uninstall_hook": "uninstall_hook",
    "application": True,
}
