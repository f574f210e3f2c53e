import { Component, useState } from "@odoo/owl";
import { useService } from "@web/core/utils/hooks";

/** A bar while the user's mailbox is being synchronised, then the result. */
export class SyncProgress extends Component {
    static template = "exchange_connector.SyncProgress";
    static props = {
        /** In a sidebar: nothing but the bar. */
        small: { type: Boolean, optional: true },
    };

    setup() {
        this.action = useService("action");
        const service = useService("exchange_connector.progress");
        this.state = useState(service.state);
        // Not awaited: whoever shows the bar does not wait for it.
        service.look();
    }

    /** What the last synchronisation came to, once nothing goes on. */
    get result() {
        return this.state.phase ? null : this.state.result;
    }

    openLog() {
        this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "exchange.sync.run",
            res_id: this.state.result.run_id,
            views: [[false, "form"]],
        });
    }

    close() {
        this.state.result = null;
    }
}
