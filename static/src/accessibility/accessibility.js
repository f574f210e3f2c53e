import { onMounted } from "@odoo/owl";
import { useChildRef } from "@web/core/utils/hooks";

let number = 0;

/**
 * Screen readers call a dialog by its title; without this they say "dialog" alone.
 *
 * @returns {Function} the `modalRef` of a Dialog
 */
export function useDialogName() {
    const modal = useChildRef();
    onMounted(() => {
        const title = modal.el.querySelector(".modal-title");
        title.id = `o_exchange_dialog_${++number}`;
        modal.el.setAttribute("aria-labelledby", title.id);
        modal.el.setAttribute("aria-modal", "true");
    });
    return modal;
}

/**
 * A handler of `keydown` for buttons on the cards of a kanban: Odoo takes Enter and the
 * space bar for the card, and no button on it could be pressed without a mouse.
 */
export function pressButton(ev) {
    if (["Enter", " "].includes(ev.key) && ev.target.matches("button, input")) {
        ev.stopPropagation();
    }
}
