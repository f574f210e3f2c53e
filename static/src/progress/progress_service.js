import { reactive } from "@odoo/owl";
import { registry } from "@web/core/registry";

// Milliseconds between two looks at what the bus may not have told.
const PAUSE = 4000;

/**
 * How far a synchronisation of the user is, in all of his windows. The bus tells it; as
 * long as something is going on it is also asked for now and then: the bus does not say
 * that nobody works.
 */
export const progressService = {
    dependencies: ["bus_service", "orm"],
    start(env, { bus_service: bus, orm }) {
        // phase: "", "waiting" or "running". result: {type, message, run_id} or null.
        const state = reactive({ phase: "", found: 0, done: 0, failed: 0, asleep: false, result: null });
        let timer;

        function plan() {
            clearTimeout(timer);
            if (state.phase) {
                timer = setTimeout(look, PAUSE);
            }
        }

        async function look() {
            try {
                const seen = await orm.silent.call("exchange.account", "get_progress");
                if (state.phase === "running" && seen.phase === "running") {
                    // What the bus has told is newer than what has been committed.
                    seen.found = Math.max(seen.found, state.found);
                    seen.done = Math.max(seen.done, state.done);
                }
                Object.assign(state, { phase: "", asleep: false }, seen);
            } finally {
                plan();
            }
        }

        function requested() {
            if (!state.phase) {
                Object.assign(state, { phase: "waiting", found: 0, done: 0, failed: 0, asleep: false });
            }
            state.result = null;
            plan();
        }

        bus.subscribe("exchange_connector/requested", requested);
        bus.subscribe("exchange_connector/progress", (progress) => {
            Object.assign(state, { phase: "running", asleep: false, result: null }, progress);
            plan();
        });
        bus.subscribe("exchange_connector/finished", ({ message, type, run_id }) => {
            const result = message ? { message, type, run_id } : state.result;
            Object.assign(state, { phase: "", asleep: false, result });
            plan();
        });
        return { state, look };
    },
};

registry.category("services").add("exchange_connector.progress", progressService);
