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

export function synchroniseMails() {
    return [
        { trigger: ".o_menu_sections button:contains('Outlook')", run: "click" },
        {
            trigger: ".o-dropdown--menu .dropdown-item:contains('Synchronise e-mails')",
            run: "click",
        },
        {
            trigger: ".o_notification:contains('The synchronisation has been started')",
        },
    ];
}
