import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

import { pressButton } from "../accessibility/accessibility";
import { RecordDialog } from "../mails_to_assign/record_dialog";

/** The record that a transfer folder stands for, set and cleared in its row. */
export class FolderRecord extends Component {
    static template = "exchange_connector.FolderRecord";
    static props = { ...standardWidgetProps };

    setup() {
        this.dialog = useService("dialog");
        this.orm = useService("orm");
        this.pressButton = pressButton;
    }

    get folder() {
        return this.props.record.data;
    }

    get labels() {
        const { name } = this.folder;
        return {
            change: _t("Change the record of %s", name),
            clear: _t("No record for %s", name),
            choose: _t("Let %s stand for a record", name),
        };
    }

    choose() {
        this.dialog.add(RecordDialog, {
            title: _t("Folder for a Record"),
            help: _t(
                "All e-mails in the folder %s go to this record, whoever wrote them.",
                this.folder.name
            ),
            onChosen: (model, id) => this.change("action_set_record", model, id),
        });
    }

    clear() {
        return this.change("action_clear_record");
    }

    async change(method, ...args) {
        const { model, resId } = this.props.record;
        // What has been typed in the form is not lost by the reload.
        if (await model.root.save()) {
            await this.orm.call("exchange.folder", method, [[resId], ...args]);
            await model.load();
        }
    }
}

registry.category("view_widgets").add("exchange_folder_record", {
    component: FolderRecord,
    fieldDependencies: [
        { name: "name", type: "char" },
        { name: "record_name", type: "char" },
        { name: "record_problem", type: "char" },
    ],
});
