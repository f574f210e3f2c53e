import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

const ALERT = ".o_exchange_from_outlook";

function openEvent(title) {
    const trigger = `a .fc-event-main:contains('${title}')`;
    return [
        {
            content: `Open ${title} in the calendar`,
            trigger,
            async run({ queryFirst, waitUntil }) {
                const popover = () => document.querySelector(".o_cw_popover");
                // A click that meets a calendar which is just drawn again may only mark
                // the event; two of them within 250 ms would be a double click.
                while (!popover()) {
                    queryFirst(trigger)?.click();
                    await waitUntil(popover, { timeout: 1500 }).catch(() => {});
                }
            },
        },
        { trigger: `.o_cw_popover:contains('${title}')` },
    ];
}

/** What Outlook decides is shown without a field to type into. */
function readOnly(...names) {
    return names.map((name) => ({
        content: `${name} is read-only`,
        trigger: `.o_field_widget[name='${name}'].o_readonly_modifier`,
    }));
}

tours.add("exchange_connector_fetch_events", {
    steps: () => [
        {
            trigger: ".o_calendar_view .o_exchange_sync_events:contains('Synchronise events')",
            run: "click",
        },
        { trigger: ".o_notification:contains('The synchronisation has been started')" },
    ],
});

tours.add("exchange_connector_series", {
    steps: () => [
        ...openEvent("Standup"),
        { trigger: ".o_cw_popover:contains('Every day')" },
        { trigger: ".o_cw_popover a:contains('Open in Outlook')" },
        { trigger: ".o_cw_popover_edit", run: "click" },
        {
            content: "Where it comes from, and where it is changed",
            trigger: `${ALERT}:contains('comes from Outlook')`,
        },
        { trigger: `${ALERT} a[href^='https://']:contains('Open in Outlook')` },
        { trigger: `${ALERT} [name='exchange_series_text']:contains('Every day')` },
        ...readOnly("name", "start", "location", "show_as", "partner_ids"),
        {
            content: "Nobody is asked which events of the series are meant",
            trigger: ".o_form_view:not(:has([name='recurrence_update']))",
        },
        { trigger: ".nav-link:contains('Options')", run: "click" },
        ...readOnly("description", "alarm_ids", "recurrency"),
        { trigger: "[name='categ_ids'] input", run: "edit Board" },
        {
            trigger: ".o-autocomplete--dropdown-item:contains('Board'):not(:contains('Create'))",
            run: "click",
        },
        { trigger: "[name='categ_ids'] .o_tag:contains('Board')" },
        { trigger: ".nav-link:contains('Notes')", run: "click" },
        {
            content: "Notes are Odoo's",
            trigger: "[name='notes'] .odoo-editor-editable",
            run: "editor Bring the samples",
        },
        { trigger: ".o_form_button_save", run: "click" },
        { trigger: ".o_form_view .o_form_saved" },
        { trigger: `${ALERT} button:contains('All events of this series')`, run: "click" },
        { trigger: ".o_list_view .o_data_row:nth-child(3):contains('Standup')" },
        { trigger: ".o_list_view:not(:has(.o_data_row:nth-child(4)))" },
    ],
});

tours.add("exchange_connector_private_event", {
    steps: () => [
        ...openEvent("Dentist"),
        { trigger: ".o_cw_popover_close", run: "click" },
        { trigger: ".fc-event:contains('Standup')" },
    ],
});

tours.add("exchange_connector_colleagues_private_event", {
    steps: () => [
        { trigger: ".fc-event:contains('Standup')" },
        { trigger: ".fc-event:contains('Busy')" },
        { trigger: ".o_calendar_view:not(:has(.fc-event:contains('Dentist')))" },
    ],
});
