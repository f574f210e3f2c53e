import { registry } from "@web/core/registry";

import { openOutlookMenu, openTab, startFirst, synchroniseMails } from "./steps";

registry.category("web_tour.tours").add("exchange_connector_exchange_server", {
    steps: () => [
        ...openTab(),
        {
            content: "Two services: the user chooses",
            trigger: ".modal [name='exchange_server_id'] input",
            run: "click",
        },
        { trigger: ".o_select_menu_item:contains('Exchange')", run: "click" },
        { trigger: ".modal button:contains('Connect')" },
        {
            content: "The focus leaves while the choice is not drawn yet",
            trigger: ".modal [name='exchange_server_id'] input:value('Exchange')",
            run({ anchor }) {
                anchor.focus();
                anchor.value = "";
                anchor.blur();
            },
        },
        {
            content: "A wrong password first",
            trigger: ".modal [name='exchange_password'] input",
            run: "edit wrong",
        },
        { trigger: ".modal [name='exchange_server_id'] input:value('Exchange')" },
        { trigger: ".modal button:contains('Connect')", run: "click" },
        {
            trigger: ".modal:contains('User name or password is wrong')",
        },
        {
            trigger: ".modal:contains('User name or password is wrong') button:contains('Close')",
            run: "click",
        },
        {
            content: "Connecting uses what has just been typed",
            trigger: ".modal [name='exchange_password'] input",
            run: "edit secret",
        },
        { trigger: ".modal button:contains('Connect')", run: "click" },
        {
            content: "The dialog stays and shows the new state",
            trigger: ".modal [name='exchange_state']:contains('Connected')",
        },
        { trigger: ".modal button:contains('Create Folders')", run: "click" },
        {
            trigger:
                ".modal [name='exchange_folder_ids'] " +
                ".o_kanban_record:contains('Transfer Incoming')",
        },
        {
            content: "An option, saved by the dialog's own button",
            trigger: ".modal [name='exchange_mail_delete_after_transfer'] input",
            run: "click",
        },
        {
            trigger: ".modal button:contains('Update Preferences')",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "The first time every button leads to the preview",
            trigger: "body:not(:has(.modal))",
        },
        ...openOutlookMenu("Synchronise e-mails"),
        { trigger: ".modal-footer button:contains('Not Yet')", run: "click" },
        { trigger: "body:not(:has(.modal))" },
        ...openOutlookMenu("Synchronise all"),
        ...startFirst(0),
        ...synchroniseMails(),
    ],
});

registry.category("web_tour.tours").add("exchange_connector_folders_again", {
    steps: () => [
        { trigger: ".o_menu_sections button:contains('Outlook')", run: "click" },
        { trigger: ".o-dropdown--menu .dropdown-item:contains('My Mailbox')", run: "click" },
        { trigger: "button:contains('Choose Folders')", run: "click" },
        { trigger: ".modal .alert-danger:contains('The Exchange server refused access')" },
        { trigger: ".modal-footer button:contains('Save'):disabled" },
        { trigger: ".modal button:contains('Try Again')", run: "click" },
        {
            content: "What was chosen before is shown",
            trigger: ".o_exchange_chosen[data-folder='Transfer Incoming']",
        },
        { trigger: ".modal-footer button:contains('Discard')", run: "click" },
        { trigger: "body:not(:has(.modal))" },
    ],
});
