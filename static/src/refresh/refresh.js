import { registry } from "@web/core/registry";

/**
 * Says something and reloads the form whose button was pressed. Unlike "soft_reload"
 * it leaves a dialog open: the preferences are one.
 */
export async function refresh(env, action, options) {
    const { message, type } = action.params;
    env.services.notification.add(message, { type });
    if (!options.onClose) {
        return { type: "ir.actions.client", tag: "soft_reload" };
    }
    await options.onClose();
}

registry.category("actions").add("exchange_connector_refresh", refresh);
