import { Component, onWillStart, useState } from "@odoo/owl";
import { Dialog } from "@web/core/dialog/dialog";
import { _t } from "@web/core/l10n/translation";
import { rpc } from "@web/core/network/rpc";
import { useAutofocus, useService } from "@web/core/utils/hooks";

import { useDialogName } from "../accessibility/accessibility";
import { FolderTree } from "./folder_tree";

/** Lets the user choose the transfer folders out of the mailbox's real folders. */
export class FolderPickerDialog extends Component {
    static template = "exchange_connector.FolderPickerDialog";
    static components = { Dialog };
    static props = {
        accountId: Number,
        onSaved: Function,
        close: Function,
    };

    setup() {
        this.orm = useService("orm");
        this.modalRef = useDialogName();
        this.directions = [
            ["", _t("No")],
            ["incoming", _t("Incoming")],
            ["outgoing", _t("Outgoing")],
        ];
        this.state = useState({ loading: true, saving: false, error: "", tree: null });
        useAutofocus({ refName: "search", mobile: false });
        onWillStart(() => {
            // Not awaited: the dialog opens at once and shows that it waits.
            this.load();
        });
    }

    async load() {
        Object.assign(this.state, { loading: true, error: "", tree: null });
        try {
            const answer = await rpc(
                "/exchange_connector/folders",
                { account_id: this.props.accountId },
                { silent: true }
            );
            this.state.error = answer.error;
            this.state.tree = answer.error ? null : new FolderTree(answer.folders);
        } catch {
            this.state.error = _t("Odoo could not be reached.");
        }
        this.state.loading = false;
    }

    foldLabel({ name }) {
        return _t("Subfolders of %s", name);
    }

    get summary() {
        const names = (direction) =>
            this.state.tree.chosen
                .filter((row) => row.direction === direction)
                .map((row) => row.name)
                .join(", ") || _t("none");
        return _t("Incoming: %(incoming)s. Outgoing: %(outgoing)s.", {
            incoming: names("incoming"),
            outgoing: names("outgoing"),
        });
    }

    async save() {
        this.state.saving = true;
        try {
            const folders = this.state.tree.chosen.map(({ id, name, direction }) => ({
                id,
                name,
                direction,
            }));
            await this.orm.call("exchange.account", "action_set_folders", [
                [this.props.accountId],
                folders,
            ]);
            await this.props.onSaved();
        } finally {
            this.state.saving = false;
        }
        this.props.close();
    }
}
