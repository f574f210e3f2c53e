import { Component, onWillStart, useState } from "@odoo/owl";
import { Dialog } from "@web/core/dialog/dialog";
import { _t } from "@web/core/l10n/translation";
import { rpc } from "@web/core/network/rpc";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";

import { useDialogName } from "../accessibility/accessibility";

const ICONS = { mail: "fa-envelope-o", event: "fa-calendar", contact: "fa-address-book-o" };

/**
 * What the first synchronisation of a mailbox would do, and the button that starts it.
 *
 * The numbers come from the mailbox, after the dialog has opened; nobody has to wait for
 * them.
 */
export class PreviewDialog extends Component {
    static template = "exchange_connector.PreviewDialog";
    static components = { Dialog };
    static props = {
        accountId: Number,
        onStarted: Function,
        close: Function,
    };

    setup() {
        this.orm = useService("orm");
        this.modalRef = useDialogName();
        this.state = useState({ loading: true, starting: false, error: "", rows: [] });
        onWillStart(() => {
            // Not awaited: the dialog opens at once and shows that it waits.
            this.load();
        });
    }

    async load() {
        Object.assign(this.state, { loading: true, error: "" });
        try {
            const answer = await rpc(
                "/exchange_connector/preview",
                { account_id: this.props.accountId },
                { silent: true }
            );
            Object.assign(this.state, answer);
        } catch {
            this.state.error = _t("Odoo could not be reached.");
        }
        this.state.loading = false;
    }

    icon(row) {
        return ICONS[row.kind] || "fa-refresh";
    }

    number(row) {
        if (row.count === null) {
            return "?";
        }
        const count = row.count.toLocaleString();
        return row.more ? _t("more than %s", count) : count;
    }

    async start() {
        this.state.starting = true;
        try {
            const answer = await this.orm.call("exchange.account", "action_start", [
                [this.props.accountId],
            ]);
            this.props.close();
            await this.props.onStarted(answer.params);
        } finally {
            this.state.starting = false;
        }
    }
}

/** Opens the dialog; afterwards what it was opened from shows the new state. */
function preview(env, action, { onClose }) {
    const { dialog, notification, "exchange_connector.waiting": waiting } = env.services;
    dialog.add(PreviewDialog, {
        accountId: action.params.account_id,
        onStarted: async ({ message, type }) => {
            notification.add(message, { type });
            await onClose?.();
            await waiting.refresh();
        },
    });
}

registry.category("actions").add("exchange_connector_preview", preview);
