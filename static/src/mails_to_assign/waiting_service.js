import { reactive } from "@odoo/owl";
import { registry } from "@web/core/registry";

/**
 * How many e-mails wait for the user: one small query, asked for when something shows
 * the number and after each decision.
 */
export const waitingService = {
    dependencies: ["orm"],
    start(env, { orm }) {
        // count: false as long as the user has no mailbox. version: grows with each
        // refresh, for those who show more than the number.
        const state = reactive({ count: false, version: 0 });
        return {
            state,
            async refresh() {
                state.count = await orm.silent.call("exchange.mail", "count_waiting");
                state.version++;
            },
        };
    },
};

registry.category("services").add("exchange_connector.waiting", waitingService);
