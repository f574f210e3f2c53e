import { registry } from "@web/core/registry";

import { chooseFolder, openTab, startFirst, synchroniseMails } from "./steps";

registry.category("web_tour.tours").add("exchange_connector_office365", {
    steps: () => [
        ...openTab(),
        {
            content: "The only service is chosen, and the own address filled in",
            trigger: ".modal [name='exchange_login'] input:value('maria@contoso.example')",
        },
        {
            content: "Off to Microsoft's page, which the test fills in",
            trigger: ".modal button:contains('Connect Office 365')",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "Back in the preferences, at the same tab",
            trigger: "[name='exchange_state']:contains('Connected')",
        },
        { trigger: "button:contains('Choose Folders')", run: "click" },
        {
            content: "Look for a folder that lies deep in the tree",
            trigger: ".o_exchange_folder_picker input[type='search']",
            run: "edit koln",
        },
        {
            trigger: ".o_exchange_folders:not(:contains('Lieferanten'))",
        },
        chooseFolder("Transfer Köln", "Incoming"),
        {
            trigger: ".o_exchange_folder_picker input[type='search']",
            run: "clear",
        },
        chooseFolder("Ausgang", "Outgoing"),
        {
            trigger:
                ".o_exchange_summary:contains('Incoming: Transfer Köln. Outgoing: Ausgang.')",
        },
        { trigger: ".modal-footer button:contains('Save')", run: "click" },
        {
            trigger: "[name='exchange_folder_ids'] .o_kanban_record:contains('Transfer Köln')",
        },
        { trigger: ".o_main_navbar .o_menu_brand:contains('Discuss')" },
        {
            content: "Not at once: first a look at what will happen",
            trigger: ".o_exchange_state_panel:contains('Look at what the first')",
        },
        { trigger: "button:contains('Start Synchronisation…')", run: "click" },
        ...startFirst(1),
        {
            content: "The preferences show that it is under way",
            trigger: ".o_exchange_state_panel .o_exchange_progress",
        },
        ...synchroniseMails(),
    ],
});

registry.category("web_tour.tours").add("exchange_connector_read_mail", {
    steps: () => [
        { trigger: ".o_data_row .o_data_cell:contains('Ada Lovelace')", run: "click" },
        {
            trigger: ".o-mail-Message:contains('Grüße aus Köln') .o-mail-Message-body",
        },
        {
            trigger: ".o-mail-AttachmentContainer:contains('Plan.pdf')",
        },
        {
            content: "A wide picture is not cut",
            trigger: ".o-mail-Message:contains('Grüße aus Köln')",
            async run({ anchor, waitUntil }) {
                const picture = () =>
                    [...anchor.querySelectorAll(".overflow-x-auto")]
                        .map((host) => host.shadowRoot?.querySelector("img"))
                        .find((found) => found?.complete && found.width > 100);
                await waitUntil(picture, { timeout: 30000 });
                // The style comes in a file of its own, perhaps after the picture.
                const fits = () => picture().width <= anchor.offsetWidth;
                await waitUntil(fits, { timeout: 30000 });
            },
        },
    ],
});
