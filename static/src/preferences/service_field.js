import { registry } from "@web/core/registry";
import { SelectMenu } from "@web/core/select_menu/select_menu";
import { SelectionField, selectionField } from "@web/views/fields/selection/selection_field";

/**
 * A service is exchanged for another one, never taken away: that is "Disconnect".
 *
 * Odoo's menu empties the field when the focus leaves it while its text is empty. For a
 * moment that is so after the first choice, until the page has been drawn anew: who was
 * quick lost the service that he had just chosen.
 */
export class ServiceMenu extends SelectMenu {
    get canDeselect() {
        return false;
    }
}

export class ServiceField extends SelectionField {
    static components = { ...SelectionField.components, SelectMenu: ServiceMenu };
}

registry.category("fields").add("exchange_service", {
    ...selectionField,
    component: ServiceField,
    supportedTypes: ["many2one"],
});
