import { registry } from "@web/core/registry";

import { openOutlookMenu } from "./steps";

const tours = registry.category("web_tour.tours");

const BUTTON = ".o-form-buttonbox";

function openContact(name) {
    return [{ trigger: `.o_data_row .o_data_cell:contains('${name}')`, run: "click" }];
}

/** Choose all rows and an entry of the menu that the cog wheel opens for them. */
function actOnAll(rows, entry) {
    return [
        { trigger: `.o_data_row:nth-child(${rows})` },
        { trigger: "thead .o_list_record_selector input", run: "click" },
        { trigger: ".o_cp_action_menus button:contains('Actions')", run: "click" },
        { trigger: `.o-dropdown--menu .o_menu_item:contains('${entry}')`, run: "click" },
    ];
}

function filter(name) {
    return [
        { trigger: ".o_searchview_dropdown_toggler", run: "click" },
        { trigger: `.o_filter_menu .o_menu_item:contains('${name}')`, run: "click" },
        { trigger: ".o_searchview_dropdown_toggler", run: "click" },
        { trigger: `.o_searchview_facet:contains('${name}')` },
    ];
}

tours.add("exchange_connector_subscribe", {
    steps: () => [
        ...openContact("Ada Lovelace"),
        { trigger: `${BUTTON} button:contains('Put into')`, run: "click" },
        { trigger: ".o_notification:contains('The contact will be in your Outlook')" },
        { trigger: `${BUTTON} button:contains('In my Outlook'):contains('Next time')` },
        {
            content: "Who else has this contact",
            trigger: "[name='exchange_subscriber_names']:contains('user'):contains(', ')",
        },
        { trigger: `${BUTTON} button:contains('In my Outlook')`, run: "click" },
        { trigger: ".modal .alert:contains('Waits for the next synchronisation')" },
        { trigger: ".modal button:contains('Take Out of My Outlook')", run: "click" },
        { trigger: ".o_notification:contains('The contact is no longer kept up to date in Outlook')" },
        {
            content: "The dialog closes and the form shows the new state",
            trigger: `body:not(:has(.modal)) ${BUTTON} button:contains('Put into')`,
            run: "click",
        },
        { trigger: `${BUTTON} button:contains('In my Outlook')` },
        { trigger: ".breadcrumb-item a:contains('Contacts')", run: "click" },
        ...openContact("Example AG"),
        { trigger: `${BUTTON} button:contains('contact persons')`, run: "click" },
        { trigger: ".o_notification:contains('3 contacts will be in your Outlook')" },
    ],
});

tours.add("exchange_connector_subscribe_without_mailbox", {
    steps: () => [
        ...openContact("Ada Lovelace"),
        { trigger: `${BUTTON} button:contains('Put into')`, run: "click" },
        { trigger: ".modal:contains('once you have connected your mailbox')" },
        { trigger: ".modal button:contains('Open My Mailbox')", run: "click" },
        { trigger: ".nav-link.active:contains('Office 365')" },
    ],
});

tours.add("exchange_connector_subscribe_many", {
    steps: () => [
        { trigger: ".o_searchview_input", run: "edit Bulk" },
        { trigger: ".o_searchview_input", run: "press Enter" },
        { trigger: ".o_searchview_facet:contains('Bulk')" },
        { trigger: ".o_list_view:not(:has(.o_data_row:nth-child(4)))" },
        ...actOnAll(3, "Put into my Outlook"),
        { trigger: ".o_notification:contains('3 contacts will be in your Outlook')" },
        ...filter("My Outlook Contacts"),
        { trigger: ".o_data_row:nth-child(3)" },
        ...filter("Not Synchronised"),
        { trigger: ".o_data_row:nth-child(3)" },
        { trigger: ".o_switch_view.o_kanban", run: "click" },
        { trigger: ".o_kanban_record .o_exchange_subscribed" },
        { trigger: ".o_switch_view.o_list", run: "click" },
        ...actOnAll(3, "Take out of my Outlook"),
        { trigger: ".o_notification:contains('3 contacts are no longer kept up to date')" },
        { trigger: ".o_view_nocontent" },
    ],
});

tours.add("exchange_connector_my_contacts", {
    steps: () => [
        ...openOutlookMenu("My Outlook contacts"),
        {
            content: "What somebody changed in Outlook",
            trigger: ".o_data_row:contains('Bob'):contains('+49 2 in Outlook, +49 1 in Odoo')",
        },
        { trigger: ".o_data_row:contains('Ada'):contains('The address is too odd')" },
        { trigger: ".o_data_row:contains('Ada') .o_list_record_selector input", run: "click" },
        { trigger: ".o_control_panel button:contains('Try Again')", run: "click" },
        { trigger: ".o_notification:contains('will be tried again')" },
        { trigger: ".o_data_row:contains('Ada'):contains('Waiting')" },
        { trigger: ".o_data_row .o_data_cell:contains('Bob')", run: "click" },
        { trigger: ".o_form_view [name='email']:contains('bob@customer.example')" },
    ],
});

tours.add("exchange_connector_brake", {
    steps: () => [
        {
            trigger: ".o_exchange_brake:contains('30 contacts would be deleted in Outlook')",
        },
        { trigger: ".o_exchange_brake button:contains('Keep Them')", run: "click" },
        { trigger: ".o_notification:contains('The contacts stay in Outlook')" },
        { trigger: "body:not(:has(.o_exchange_brake))" },
        {
            content: "Synchronise one kind of item from here as well",
            trigger: ".o_exchange_state_panel .o_exchange_kinds",
            run: "click",
        },
        { trigger: ".o-dropdown--menu .o-dropdown-item:contains('Contacts')", run: "click" },
        { trigger: ".o_notification:contains('The synchronisation has been started')" },
    ],
});

tours.add("exchange_connector_helping_buttons", {
    steps: () => [
        { trigger: ".o_exchange_state_panel:contains('Failed e-mails: 1')" },
        { trigger: ".o_exchange_state_panel button:contains('Try Again')", run: "click" },
        { trigger: ".o_notification" },
        {
            trigger: ".o_exchange_state_panel button:contains('Connect Again')",
            run: "click",
        },
        { trigger: ".nav-link.active:contains('Office 365')" },
    ],
});
