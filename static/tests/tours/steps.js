/** Steps that the tours share. */

export function openTab() {
    return [
        { trigger: ".o_user_menu button", run: "click" },
        {
            trigger: ".o-dropdown--menu .dropdown-item:contains('My Preferences')",
            run: "click",
        },
        { trigger: ".modal .nav-link:contains('Office 365')", run: "click" },
    ];
}

export function chooseFolder(name, direction) {
    return {
        content: `Choose ${name} for ${direction} e-mails`,
        trigger:
            `.o_exchange_folder[data-folder='${name}'] ` +
            `label:contains('${direction}')`,
        run: "click",
    };
}

export function openOutlookMenu(entry) {
    return [
        { trigger: ".o_menu_sections button:contains('Outlook')", run: "click" },
        { trigger: `.o-dropdown--menu .dropdown-item:contains('${entry}')`, run: "click" },
    ];
}

/** The preview is open: it counts, and starts the first synchronisation. */
export function startFirst(mails) {
    return [
        {
            content: "The number has been counted in the mailbox",
            trigger: `.o_exchange_preview [data-kind='mail'] .o_exchange_number:contains('${mails}')`,
        },
        { trigger: ".o_exchange_preview:contains('Nobody receives a message')" },
        {
            trigger: ".modal-footer button:contains('Start Synchronisation')",
            run: "click",
        },
        {
            trigger: ".o_notification:contains('The first synchronisation has been started')",
        },
        { trigger: "body:not(:has(.o_exchange_preview))" },
    ];
}

/** After the first synchronisation has been asked for: twice is once. */
export function synchroniseMails() {
    return [
        ...openOutlookMenu("Synchronise e-mails"),
        {
            trigger: ".o_notification:contains('The synchronisation is about to start already.')",
        },
    ];
}
