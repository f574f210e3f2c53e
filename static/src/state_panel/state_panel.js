import { Component, useEffect, useState } from "@odoo/owl";
import { Dropdown } from "@web/core/dropdown/dropdown";
import { DropdownItem } from "@web/core/dropdown/dropdown_item";
import { deserializeDateTime, formatDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";

import { SyncProgress } from "../progress/progress";

const NO_MAILBOX = _t("Connect your Outlook mailbox first: preferences, tab Office 365.");

/**
 * The state of the user's mailbox in plain words, with the button that helps.
 *
 * In the preferences (`record`) it leaves out the buttons that stand beside it there.
 */
export class StatePanel extends Component {
    static template = "exchange_connector.StatePanel";
    static components = { Dropdown, DropdownItem, SyncProgress };
    static props = {
        readonly: { type: Boolean, optional: true },
        record: { type: Object, optional: true },
        full: { type: Boolean, optional: true },
    };

    setup() {
        this.action = useService("action");
        this.orm = useService("orm");
        this.service = useService("exchange_connector.waiting");
        this.waiting = useState(this.service.state);
        this.progress = useState(useService("exchange_connector.progress").state);
        this.state = useState({ panel: null });
        this.loads = 0;
        this.kinds = [
            ["mail", _t("E-mails")],
            ["event", _t("Events")],
            ["contact", _t("Contacts")],
        ];
        if (this.props.full) {
            this.service.refresh();
            useEffect(
                (version, count) => {
                    if (version) {
                        this.load(count !== false);
                    }
                },
                () => [this.waiting.version, this.waiting.count]
            );
        } else {
            // Whatever the form has just been loaded with may be another state.
            useEffect(
                () => {
                    this.load(true);
                },
                () => {
                    const { data } = this.props.record;
                    return [
                        data.exchange_state,
                        data.exchange_awaits_start,
                        data.exchange_last_sync?.ts,
                        data.exchange_last_error,
                        data.exchange_contact_brake,
                    ];
                }
            );
        }
    }

    async load(hasMailbox) {
        const load = ++this.loads;
        const panel = hasMailbox
            ? await this.orm.silent.call("exchange.account", "get_panel")
            : { state: "draft", sentence: NO_MAILBOX, action: "connect" };
        // An answer that a later one has overtaken is older than what is shown.
        if (load === this.loads) {
            this.state.panel = panel;
        }
    }

    get look() {
        const { action, state, detail } = this.state.panel;
        // No button helps while the service is archived.
        if (this.progress.asleep || !action) {
            return "warning";
        }
        if (state === "connected" && action === "start") {
            return "info";
        }
        if (state === "connected") {
            return detail ? "warning" : "success";
        }
        return state === "draft" && !detail ? "info" : "danger";
    }

    get sentence() {
        const { state, sentence, detail } = this.state.panel;
        // Who is at the preferences knows that he has not connected yet.
        return this.props.full || state !== "draft" || !detail ? sentence : "";
    }

    /** "5 minutes ago" */
    ago(time) {
        return deserializeDateTime(time).toRelative();
    }

    exactly(time) {
        return formatDateTime(deserializeDateTime(time));
    }

    /** The user's word about contacts that would be deleted: "keep" or "continue". */
    decide(word) {
        const { account_id } = this.state.panel;
        return this.run("exchange.account", `action_contact_brake_${word}`, [[account_id]]);
    }

    /** @param {string} [kind] one kind of item; all without */
    synchronise(kind) {
        return this.run("exchange.account", "action_sync_mine", kind ? [[kind]] : []);
    }

    async run(model, method, args = []) {
        const action = await this.orm.call(model, method, args);
        await this.action.doAction(action, { onClose: () => this.load(true) });
        await this.load(true);
    }

    openMailbox() {
        this.action.doAction("exchange_connector.action_open_my_mailbox");
    }
}

registry.category("view_widgets").add("exchange_state_panel", {
    component: StatePanel,
    fieldDependencies: [
        { name: "exchange_state", type: "selection" },
        { name: "exchange_awaits_start", type: "boolean" },
        { name: "exchange_last_sync", type: "datetime" },
        { name: "exchange_last_error", type: "char" },
        { name: "exchange_contact_brake", type: "integer" },
    ],
});
