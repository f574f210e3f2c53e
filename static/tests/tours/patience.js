import { Notification } from "@web/core/notifications/notification";
import { registry } from "@web/core/registry";
import { patch } from "@web/core/utils/patch";

// A busy machine is no failure. What follows holds for the pages of tests alone.

// Milliseconds for a step; what one takes is far less.
const LONGEST_STEP = 60000;

function allowTime(name, tour) {
    if (name.startsWith("exchange_connector_")) {
        tour.timeout = LONGEST_STEP;
    }
}

const tours = registry.category("web_tour.tours");
tours.addEventListener("UPDATE", ({ detail }) => allowTime(detail.key, detail.value));
for (const [name, tour] of tours.getEntries()) {
    allowTime(name, tour);
}

/** What is said stays until it is closed: "Undo" does not go while a page loads. */
patch(Notification.prototype, {
    startNotificationTimer() {},
});
