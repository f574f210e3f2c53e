import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";

import { RecordDialog } from "./record_dialog";

// The last decision is the one that is undone: only its notification stays.
let closeLast = () => {};

/**
 * Says what became of e-mails, and offers to take it back.
 *
 * @param {Object} env
 * @param {{message: string, undo_ids: number[]}} decision as Odoo answers it
 * @param {(undone: boolean) => any} reload shows the e-mails as they are now; `undone`
 *   tells that a decision has been taken back just now
 */
export async function announce(env, { message, undo_ids }, reload) {
    const { notification, orm, "exchange_connector.waiting": waiting } = env.services;
    const undo = async () => {
        const answer = await orm.call("exchange.mail", "action_undo", [undo_ids]);
        await announce(env, answer.params, () => reload(true));
    };
    const buttons = undo_ids.length ? [{ name: _t("Undo"), onClick: undo }] : [];
    closeLast();
    closeLast = notification.add(message, {
        type: "success",
        autocloseDelay: 8000,
        buttons,
    });
    waiting.refresh();
    await reload(undo_ids.length === 0);
}

/** What a button of a view leads to when it decides about e-mails. */
async function decided(env, action, { onClose }) {
    const reload = async (undone) => {
        if (onClose && !undone) {
            await onClose();
        } else {
            await env.services.action.doAction("soft_reload");
        }
    };
    await announce(env, action.params, reload);
}

/** Lets the user pick the record that e-mails are filed on. */
function fileOn(env, action, options) {
    env.services.dialog.add(RecordDialog, {
        title: _t("File On…"),
        onChosen: async (model, id) => {
            const { mail_ids } = action.params;
            const answer = await env.services.orm.call(
                "exchange.mail",
                "action_file_on",
                [mail_ids, model, id]
            );
            await decided(env, answer, options);
        },
    });
}

const actions = registry.category("actions");
actions.add("exchange_connector_decided", decided);
actions.add("exchange_connector_file_on", fileOn);
