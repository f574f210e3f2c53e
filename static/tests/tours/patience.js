import { Notification } from "@web/core/notifications/notification";
import { rpcBus } from "@web/core/network/rpc";
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

// A step that fails says what the page shows and waits for: of a run elsewhere there is
// nothing but its output.

const SHOWN = ".modal, .o_notification, .o-dropdown--menu, .o_action_manager";
// Characters of each of these parts.
const LONGEST_PART = 1500;
const asked = new Map();
rpcBus.addEventListener("RPC:REQUEST", ({ detail }) => {
    asked.set(detail.data.id, `${detail.url} since ${Math.round(performance.now())}`);
});
rpcBus.addEventListener("RPC:RESPONSE", ({ detail }) => asked.delete(detail.data.id));

/** The lines of a part: its texts, and what is in its fields. */
function describe(part) {
    const fields = [...part.querySelectorAll("input, textarea, select")]
        .filter((field) => field.getClientRects().length)
        .map((field) => {
            const name = field.closest("[name]")?.getAttribute("name");
            return `${name}=${field.type === "checkbox" ? field.checked : field.value}`;
        });
    const text = part.innerText.replace(/\s*\n\s*/g, " | ");
    return `<${part.className}> ${text} {${fields.join(", ")}}`.slice(0, LONGEST_PART);
}

function describePage() {
    const focus = document.activeElement;
    return [
        ...[...document.querySelectorAll(SHOWN)].reverse().map(describe),
        `focus: <${focus?.tagName} ${focus?.className}>`,
        `now: ${Math.round(performance.now())}, not answered: ${[...asked.values()].join(", ")}`,
    ].join("\n");
}

const { error } = console;
console.error = (first, ...others) => {
    const failed = typeof first === "string" && first.startsWith("FAILED: [");
    error.call(console, failed ? `${first}\n${describePage()}` : first, ...others);
};
