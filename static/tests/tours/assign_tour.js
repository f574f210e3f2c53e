import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

const CARD = ".o_kanban_record:not(.o_kanban_ghost)";
const PANEL = ".o_form_view .o_exchange_decision";

/** To the list of waiting e-mails by the counter in the sidebar. */
function openByCounter(number) {
    return [
        {
            trigger: `.o_exchange_counter[aria-label='E-mails to assign: ${number}']`,
            run: "click",
        },
        { trigger: `.o_exchange_state_panel:contains('E-mails to assign: ${number}')` },
    ];
}

function openMail(subject) {
    return [
        { trigger: `${CARD} span:contains('${subject}')`, run: "click" },
        { trigger: `.o_form_view [name='subject']:contains('${subject}')` },
    ];
}

function undo() {
    return [
        { trigger: ".o_notification button:contains('Undo')", run: "click" },
        { trigger: ".o_notification:contains('Taken back')" },
    ];
}

tours.add("exchange_connector_assign", {
    steps: () => [
        ...openByCounter(3),
        ...openMail("Offer 1"),
        {
            content: "The mail can be read in full before it is filed",
            trigger: ".o_form_view [name='body']:contains('please call me')",
        },
        {
            content: "Three contacts with company and city",
            trigger: `${PANEL} li:contains('Ada at work'):contains('Example AG · Köln')`,
        },
        {
            trigger: `${PANEL}:has(li:nth-child(3)) li:contains('Ada at home') button`,
            run: "click",
        },
        { trigger: ".o_notification:contains('Filed on Ada at home')" },
        {
            content: "On to the next one, without a way back to the list",
            trigger: ".o_form_view:not(:has([name='subject']:contains('Offer 1')))",
        },
        ...undo(),
        {
            content: "The first one again",
            trigger: ".o_form_view [name='subject']:contains('Offer 1')",
        },
        {
            content: "This time for good, and for all mails of this address",
            trigger: `${PANEL} label:contains('Always do this for ada@customer.example') input`,
            run: "click",
        },
        { trigger: `${PANEL}:not(:contains('everybody'))` },
        {
            trigger: `${PANEL} button[aria-label='File here: Ada at work']`,
            run: "click",
        },
        {
            content: "The rule took the second mail along: only the stranger's is left",
            trigger: ".o_form_view [name='subject']:contains('From a stranger')",
        },
        { trigger: `${PANEL}:contains('is not in your contacts')` },
        { trigger: `${PANEL}:not(:contains('Create Contact'))` },
        { trigger: `${PANEL} button:contains('Ignore')`, run: "click" },
        {
            content: "The last one: back to where it began",
            trigger: ".o_kanban_view .o_nocontent_help",
        },
        { trigger: ".o_exchange_state_panel:not(:contains('to assign'))" },
        ...undo(),
        { trigger: `${CARD}:contains('From a stranger')` },
    ],
});

tours.add("exchange_connector_new_contact", {
    steps: () => [
        ...openByCounter(3),
        ...openMail("From a stranger"),
        {
            trigger: `${PANEL} button[aria-label='Create a contact for new@customer.example']`,
            run: "click",
        },
        { trigger: ".modal [name='name'] input:value('Nina Neu')" },
        { trigger: ".modal .o_form_button_cancel", run: "click" },
        {
            content: "Nothing was created, so the mail still waits",
            trigger: `body:not(:has(.modal)) ${PANEL} button:contains('Create Contact')`,
            run: "click",
        },
        { trigger: ".modal [name='name'] input", run: "edit Nina Neumann" },
        { trigger: ".modal .o_form_button_save", run: "click" },
        { trigger: ".o_notification:contains('new contact, with one other')" },
        { trigger: ".o_form_view [name='subject']:contains('Another stranger')" },
        {
            trigger: ".o_control_panel .breadcrumb-item a:contains('E-mails to assign')",
            run: "click",
        },
        {
            content: "From its card, on any record with a chatter",
            trigger: `${CARD}:contains('Another stranger') button:contains('File On…')`,
            run: "click",
        },
        { trigger: ".modal .list-group-item:contains('Nina Neumann')" },
        {
            trigger: ".modal .o_exchange_model select",
            run: "selectByLabel Calendar Event",
        },
        { trigger: ".modal .o_record_selector input", run: "edit Visit" },
        { trigger: ".o-autocomplete--dropdown-item:contains('Visit in Bonn')", run: "click" },
        { trigger: ".modal-footer button:contains('Choose'):enabled", run: "click" },
        { trigger: ".o_notification:contains('Filed on Visit in Bonn')" },
        { trigger: ".o_nocontent_help:contains('No e-mail waits for you')" },
    ],
});

tours.add("exchange_connector_assign_in_bulk", {
    steps: () => [
        { trigger: ".o_switch_view.o_list", run: "click" },
        { trigger: ".o_data_row:nth-child(3)" },
        { trigger: "thead .o_list_record_selector input", run: "click" },
        { trigger: ".o_selection_container" },
        { trigger: ".o_control_panel button:contains('Ignore')", run: "click" },
        { trigger: ".o_nocontent_help" },
        ...undo(),
        { trigger: ".o_data_row:nth-child(3)" },
        { trigger: "thead .o_list_record_selector input", run: "click" },
        { trigger: ".o_control_panel button:contains('File On…')", run: "click" },
        { trigger: ".modal .o_record_selector input", run: "edit A project" },
        { trigger: ".o-autocomplete--dropdown-item:contains('A project')", run: "click" },
        { trigger: ".modal-footer button:contains('Choose'):enabled", run: "click" },
        { trigger: ".o_nocontent_help" },
    ],
});

tours.add("exchange_connector_rules", {
    steps: () => [
        { trigger: ".o_data_row:contains('filed-before'):contains('A project')" },
        { trigger: ".o_list_button_add", run: "click" },
        {
            trigger: ".o_data_row [name='address'] input",
            run: "edit @Own.example",
        },
        { trigger: ".o_list_button_save", run: "click" },
        { trigger: ".o_data_row:contains('@own.example'):contains('Do Not Ask')" },
        {
            trigger: ".o_data_row:contains('filed-before') button[name='unlink']",
            run: "click",
        },
        { trigger: ".o_list_view:not(:has(.o_data_row:contains('filed-before')))" },
    ],
});

function chooseRecord() {
    return [
        {
            trigger: "button[aria-label='Let Transfer Incoming stand for a record']",
            run: "click",
        },
        { trigger: ".modal .o_record_selector input", run: "edit A project" },
        { trigger: ".o-autocomplete--dropdown-item:contains('A project')", run: "click" },
        { trigger: ".modal-footer button:contains('Choose'):enabled", run: "click" },
        {
            trigger:
                ".o_kanban_record:contains('Transfer Incoming') " +
                ".o_exchange_folder_record:contains('A project')",
        },
    ];
}

tours.add("exchange_connector_folder_record", {
    steps: () => [
        { trigger: ".o_menu_sections button:contains('Outlook')", run: "click" },
        { trigger: ".dropdown-item:contains('My Mailbox')", run: "click" },
        { trigger: ".o_exchange_state_panel:contains('Connected as')" },
        {
            content: "One whose record is gone says what to do",
            trigger:
                ".o_kanban_record:contains('a deleted record') " +
                ".o_exchange_folder_problem:contains('Choose another record')",
        },
        ...chooseRecord(),
        {
            content: "It can be an ordinary folder again",
            trigger: "button[aria-label='No record for Transfer Incoming']",
            run: "click",
        },
        ...chooseRecord(),
    ],
});
