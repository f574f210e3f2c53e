import { Component, useState } from "@odoo/owl";
import { discussSidebarItemsRegistry } from "@mail/core/public_web/discuss_sidebar";
import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";

import { SyncProgress } from "../progress/progress";

/** "E-mails to assign" in the sidebar of Discuss, with the number of waiting ones. */
export class SidebarCounter extends Component {
    static template = "exchange_connector.SidebarCounter";
    static components = { SyncProgress };
    static props = {};

    setup() {
        this.action = useService("action");
        this.store = useService("mail.store");
        const waiting = useService("exchange_connector.waiting");
        this.waiting = useState(waiting.state);
        // Not awaited: Discuss does not wait for a number.
        waiting.refresh();
    }

    get label() {
        return _t("E-mails to assign: %s", this.waiting.count);
    }

    open() {
        this.action.doAction("exchange_connector.exchange_mail_action", {
            clearBreadcrumbs: true,
        });
    }
}

discussSidebarItemsRegistry.add("exchange_connector", SidebarCounter, { sequence: 25 });
