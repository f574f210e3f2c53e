import { Component, onWillStart, useState } from "@odoo/owl";
import { Dialog } from "@web/core/dialog/dialog";
import { RecordSelector } from "@web/core/record_selectors/record_selector";
import { useService } from "@web/core/utils/hooks";

import { useDialogName } from "../accessibility/accessibility";

/** Lets the user pick any record with a chatter that he may file e-mails on. */
export class RecordDialog extends Component {
    static template = "exchange_connector.RecordDialog";
    static components = { Dialog, RecordSelector };
    static props = {
        title: String,
        help: { type: String, optional: true },
        onChosen: Function,
        close: Function,
    };

    setup() {
        this.orm = useService("orm");
        this.modalRef = useDialogName();
        this.state = useState({ model: "", id: false, busy: false });
        onWillStart(async () => {
            [this.models, this.recent] = await Promise.all([
                this.orm.call("exchange.mail", "chatter_models"),
                this.orm.call("exchange.mail", "recent_records"),
            ]);
            this.state.model = this.models[0]?.model || "";
        });
    }

    get modelName() {
        return this.models.find(({ model }) => model === this.state.model)?.name;
    }

    changeModel(model) {
        Object.assign(this.state, { model, id: false });
    }

    async choose(model, id) {
        this.state.busy = true;
        try {
            await this.props.onChosen(model, id);
            this.props.close();
        } finally {
            this.state.busy = false;
        }
    }
}
