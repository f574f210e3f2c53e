import { Component } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

import { FolderPickerDialog } from "./folder_picker_dialog";

/** Button "Choose Folders" of the preferences. */
export class FolderPickerButton extends Component {
    static template = "exchange_connector.FolderPickerButton";
    static props = { ...standardWidgetProps };

    setup() {
        this.dialog = useService("dialog");
    }

    async open() {
        const { record } = this.props;
        if (!(await record.save())) {
            return;
        }
        this.dialog.add(FolderPickerDialog, {
            accountId: record.data.exchange_account_id.id,
            onSaved: () => record.model.load(),
        });
    }
}

registry.category("view_widgets").add("exchange_folder_picker", {
    component: FolderPickerButton,
    fieldDependencies: [
        { name: "exchange_account_id", type: "many2one", relation: "exchange.account" },
    ],
});
