import { registry } from "@web/core/registry";
import { KanbanController } from "@web/views/kanban/kanban_controller";
import { kanbanView } from "@web/views/kanban/kanban_view";
import { ListController } from "@web/views/list/list_controller";
import { listView } from "@web/views/list/list_view";

import { StatePanel } from "../state_panel/state_panel";

class MailKanbanController extends KanbanController {
    static template = "exchange_connector.MailKanbanView";
    static components = { ...KanbanController.components, StatePanel };
}

class MailListController extends ListController {
    static template = "exchange_connector.MailListView";
    static components = { ...ListController.components, StatePanel };
}

/** The e-mails below the state of the mailbox they come from. */
registry.category("views").add("exchange_mail_kanban", {
    ...kanbanView,
    Controller: MailKanbanController,
});
registry.category("views").add("exchange_mail_list", {
    ...listView,
    Controller: MailListController,
});
