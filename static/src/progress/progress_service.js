import { reactive } from "@odoo/owl";
import { registry } from "@web/core/registry";

// Milliseconds between two looks at what the bus may not have told.
const PAUSE = 4000;
// Items that a mailbox tells of at a time.
const PAGE = 100;

/**
 * How far a synchronisation of the user is, in all of his windows. The bus tells it; as
 * long as something is going on it is also asked for now and then: the bus does not say
 * that nobody works.
 */
export const progressService = {
    dependencies: ["bus_service", "orm"],
    start(env, { bus_service: bus, orm }) {
        // phase: "", "waiting" or "running". result: {type, message, run_id} or null.
        // share: per cent of the bar, which never goes back.
        const nothing = { found: 0, done: 0, failed: 0, share: 0, asleep: false };
        const state = reactive({ ...nothing, phase: "", result: null });
        let timer;
        // How often the bus told something: whatever was asked for before is older.
        let told = 0;

        /** What has been found so far is not all as long as more may come. */
        function measure(progress) {
            const { found, done, failed, more = true } = progress;
            const share = found ? Math.round((100 * (done + failed)) / (found + (more ? PAGE : 0))) : 0;
            return { found, done, failed, share: Math.max(share, state.share) };
        }

        function plan() {
            clearTimeout(timer);
            if (state.phase) {
                timer = setTimeout(look, PAUSE);
            }
        }

        function take(seen) {
            if (!seen.phase) {
                Object.assign(state, { ...nothing, phase: "" });
            } else if (seen.phase !== state.phase || seen.asleep !== state.asleep) {
                // While the bus tells how far it is, it is the first to know.
                Object.assign(state, measure(seen), { phase: seen.phase, asleep: seen.asleep });
            } else if (seen.done > state.done) {
                Object.assign(state, measure(seen));
            }
        }

        async function look() {
            const before = told;
            try {
                const seen = await orm.silent.call("exchange.account", "get_progress");
                if (told === before) {
                    take(seen);
                } else if (!state.phase) {
                    // The bus told the end of one run: it may not be the last one.
                    await look();
                }
            } finally {
                plan();
            }
        }

        function requested() {
            told++;
            if (!state.phase) {
                Object.assign(state, { ...nothing, phase: "waiting" });
            }
            state.result = null;
            plan();
        }

        bus.subscribe("exchange_connector/requested", requested);
        bus.subscribe("exchange_connector/progress", (progress) => {
            told++;
            Object.assign(state, measure(progress), { phase: "running", asleep: false, result: null });
            plan();
        });
        bus.subscribe("exchange_connector/finished", ({ message, type, run_id }) => {
            told++;
            const result = message ? { message, type, run_id } : state.result;
            Object.assign(state, { ...nothing, phase: "", result });
            plan();
        });
        return { state, look };
    },
};

registry.category("services").add("exchange_connector.progress", progressService);
