import { Component, onWillStart, status, useRef, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";
import { deserializeDateTime } from "@web/core/l10n/dates";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

import { pressButton } from "../accessibility/accessibility";
import { announce } from "./decided";
import { RecordDialog } from "./record_dialog";

const CARDS = ".o_exchange_mails .o_kanban_record:not(.o_kanban_ghost)";
const PANEL = ".o_form_view .o_exchange_decision";
// Milliseconds that the next e-mail may take until it is shown.
const LONGEST_LOAD = 10000;
const MANAGERS = "exchange_connector.exchange_connector_group_manager";

/** Why an e-mail waits, and all that its user may do with it. */
export class DecisionPanel extends Component {
    static template = "exchange_connector.DecisionPanel";
    static props = { ...standardWidgetProps, compact: { type: Boolean, optional: true } };

    setup() {
        this.dialog = useService("dialog");
        // Not by useService: in a kanban the card is gone before its decision is done.
        const { action, orm } = this.env.services;
        Object.assign(this, { action, orm });
        this.panel = useRef("panel");
        this.pressButton = pressButton;
        this.state = useState({ busy: false, remember: false, forAll: false });
        onWillStart(async () => {
            [this.isManager, this.mayCreate] = await Promise.all([
                user.hasGroup(MANAGERS),
                user.checkAccessRight("res.partner", "create"),
            ]);
        });
    }

    get mail() {
        return this.props.record.data;
    }

    /** The waiting addresses, each with the contacts that it fits. */
    get people() {
        const candidates = this.mail.candidate_info || [];
        return (this.mail.waiting_people || []).map((person) => ({
            ...person,
            candidates: candidates.filter(({ waiting }) =>
                waiting.includes(person.address)
            ),
        }));
    }

    get addresses() {
        return this.people.map(({ address }) => address).join(", ");
    }

    reason({ candidates }) {
        if (!candidates.length) {
            return _t("is not in your contacts.");
        }
        return candidates.length === 1
            ? _t("belongs to this contact:")
            : _t("belongs to several contacts. Which one is it?");
    }

    facts(candidate) {
        const facts = [candidate.company, candidate.city];
        if (candidate.last_contact) {
            const date = deserializeDateTime(candidate.last_contact);
            facts.push(_t("last contact %s", date.toLocaleString()));
        }
        return facts.filter((fact) => fact && fact !== candidate.name).join(" · ");
    }

    fileLabel({ name }) {
        return _t("File here: %s", name);
    }

    contactLabel({ address }) {
        return _t("Create a contact for %s", address);
    }

    fileOn(model, id) {
        return this.decide("action_file_on", [model, id], this.memory);
    }

    ignore() {
        return this.decide("action_ignore", [], this.memory);
    }

    undo() {
        return this.decide("action_undo");
    }

    pick() {
        this.dialog.add(RecordDialog, {
            title: _t("File On…"),
            onChosen: (model, id) => this.fileOn(model, id),
        });
    }

    async createContact(address) {
        const { resId } = this.props.record;
        const form = await this.orm.call("exchange.mail", "action_create_contact", [
            [resId],
            address,
        ]);
        await this.action.doAction(form, {
            onClose: () => this.checkContact(resId),
        });
    }

    /** The form of the new contact is closed: was it saved? */
    async checkContact(resId) {
        const fields = ["state", "filed_along"];
        const [mail] = await this.orm.read("exchange.mail", [resId], fields);
        if (mail.state === "to_assign") {
            await this.goOn();
        } else {
            await this.announce(resId, {
                message: this.filedWith(mail.filed_along),
                undo_ids: [resId],
            });
        }
    }

    /** What became of an e-mail and of others because of the same address. */
    filedWith(others) {
        if (!others) {
            return _t("Filed on the new contact.");
        }
        return others === 1
            ? _t("Filed on the new contact, with one other e-mail.")
            : _t("Filed on the new contact, with %s other e-mails.", others);
    }

    get memory() {
        const { remember, forAll } = this.state;
        return { remember, for_all: remember && forAll };
    }

    async decide(method, args = [], kwargs = {}) {
        const { resId } = this.props.record;
        this.keepPlace();
        this.state.busy = true;
        try {
            const answer = await this.orm.call(
                "exchange.mail",
                method,
                [[resId], ...args],
                kwargs
            );
            await this.announce(resId, answer.params);
        } finally {
            Object.assign(this.state, { busy: false, remember: false, forAll: false });
        }
    }

    /**
     * The button that was pressed is gone after the decision, and the focus with it: who
     * works with the keyboard would begin anew at the top of the page.
     */
    keepPlace() {
        const cards = [...document.querySelectorAll(CARDS)];
        this.place = cards.findIndex((card) => card.contains(this.panel.el));
    }

    /**
     * Focus the e-mail that is shown now, or the one in the place of the decided one.
     *
     * @returns {boolean} whether there is one
     */
    focusNext() {
        const cards = document.querySelectorAll(CARDS);
        const place = Math.max(0, Math.min(this.place, cards.length - 1));
        const next = cards[place] || document.querySelector(PANEL);
        next?.focus();
        return Boolean(next);
    }

    /** Do so as soon as it is there, unless its user does something else meanwhile. */
    focusWhenShown() {
        let waits = true;
        const stop = () => (waits = false);
        browser.setTimeout(stop, LONGEST_LOAD);
        for (const type of ["keydown", "pointerdown"]) {
            browser.addEventListener(type, stop, { capture: true, once: true });
        }
        const look = () => {
            if (waits && !this.focusNext()) {
                this.later(look);
            }
        };
        this.later(look);
    }

    later(callback) {
        browser.requestAnimationFrame(() => browser.requestAnimationFrame(callback));
    }

    announce(resId, decision) {
        return announce(this.env, decision, async (undone) => {
            await (undone ? this.show(resId) : this.goOn());
            this.focusWhenShown();
        });
    }

    get isForm() {
        return this.env.config.viewType === "form";
    }

    /** Show an e-mail that waits again. */
    async show(resId) {
        const { model } = this.props.record;
        if (this.isForm && status(this) === "mounted") {
            await model.load({ resId });
        } else {
            await this.action.doAction("soft_reload");
        }
    }

    /** After a decision: on to the next e-mail that waits, or back to the list. */
    async goOn() {
        const { model } = this.props.record;
        await model.load();
        if (!this.isForm || model.root.data.state === "to_assign") {
            return;
        }
        const resIds = model.root.resIds;
        const here = resIds.indexOf(model.root.resId);
        const others = [...resIds.slice(here + 1), ...resIds.slice(0, here)];
        const waits = ["state", "=", "to_assign"];
        const found = await this.orm.search("exchange.mail", [["id", "in", others], waits]);
        const next = others.find((id) => found.includes(id));
        if (next) {
            await model.load({ resId: next });
            return;
        }
        const [later] = await this.orm.search("exchange.mail", [waits], { limit: 1 });
        if (later) {
            await model.load({ resId: later, resIds: [...resIds, later] });
        } else {
            this.env.config.historyBack();
        }
    }
}

registry.category("view_widgets").add("exchange_mail_decision", {
    component: DecisionPanel,
    extractProps: ({ options }) => ({ compact: Boolean(options.compact) }),
    fieldDependencies: [
        { name: "state", type: "selection" },
        { name: "can_undo", type: "boolean" },
        { name: "candidate_info", type: "json" },
        { name: "waiting_people", type: "json" },
    ],
});
