import { registry } from "@web/core/registry";

import { openOutlookMenu } from "./steps";

registry.category("web_tour.tours").add("exchange_connector_user_screens", {
    steps: () => [
        ...openOutlookMenu("Synchronise all"),
        { trigger: ".modal:contains('You are not connected yet')" },
        { trigger: ".modal button:contains('Close')", run: "click" },
        { trigger: "body:not(:has(.modal))" },
        ...openOutlookMenu("E-mails to assign"),
        { trigger: ".o_nocontent_help:contains('No e-mail waits for you')" },
        ...openOutlookMenu("Synchronisation log"),
        { trigger: ".o_nocontent_help:contains('Nothing has been synchronised yet')" },
        ...openOutlookMenu("My Mailbox"),
        { trigger: ".nav-link.active:contains('Office 365')" },
        { trigger: ".alert:contains('Choose the service that keeps your mailbox')" },
    ],
});

registry.category("web_tour.tours").add("exchange_connector_admin_screens", {
    steps: () => [
        {
            trigger: ".o_menu_sections button:contains('Exchange & Office 365')",
            run: "click",
        },
        { trigger: ".o-dropdown--menu .dropdown-item:contains('Services')", run: "click" },
        { trigger: ".o_data_row .o_data_cell:contains('Office 365')", run: "click" },
        { trigger: ".o_form_view [name='client_secret']" },
        {
            trigger: ".o_menu_sections button:contains('Exchange & Office 365')",
            run: "click",
        },
        { trigger: ".o-dropdown--menu .dropdown-item:contains('Accounts')", run: "click" },
        {
            content: "A row leads to the settings of its user",
            trigger: ".o_data_row .o_data_cell:contains('Zora')",
            run: "click",
        },
        { trigger: ".nav-link:contains('Office 365 account')", run: "click" },
        { trigger: ".alert:contains('Only the sign-in at Microsoft is the user')" },
        { trigger: "[name='exchange_interval'] input", run: "edit 45" },
        { trigger: ".o_form_button_save", run: "click" },
        { trigger: ".o_form_view .o_form_saved" },
    ],
});
