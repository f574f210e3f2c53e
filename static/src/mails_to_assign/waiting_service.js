import { reactive } from "@odoo/owl";
import { registry } from "@web/core/registry";

/**
 * How many e-mails wait for the user: one small query, asked for when something shows
 * the number, after each decision, and when a synchronisation has changed something.
 */
export const waitingService = {
    dependencies: ["bus_service", "orm"],
    start(env, { bus_service: bus, orm }) {
        // count: false as long as the user has no mailbox. version: grows with each
        // refresh, for those who show more than the number.
        const state = reactive({ count: false, version: 0 });
        let asked = 0;

        async function refresh() {
            const number = ++asked;
            const count = await orm.silent.call("exchange.mail", "count_waiting");
            // Of two answers the one to the later question is the newer one.
            if (number === asked) {
                state.count = count;
                state.version++;
            }
        }

        bus.subscribe("exchange_connector/finished", () => {
            if (state.version) {
                refresh();
            }
        });
        return { state, refresh };
    },
};

registry.category("services").add("exchange_connector.waiting", waitingService);
