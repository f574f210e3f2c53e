import { AttendeeCalendarController } from "@calendar/views/attendee_calendar/attendee_calendar_controller";
import { onMounted, onWillUnmount } from "@odoo/owl";
import { useService } from "@web/core/utils/hooks";
import { patch } from "@web/core/utils/patch";

const FINISHED = "exchange_connector/finished";

/**
 * The calendar's button that fetches the events from Outlook. When they are there, the
 * calendar shows them.
 */
patch(AttendeeCalendarController.prototype, {
    setup() {
        super.setup(...arguments);
        const bus = useService("bus_service");
        // A second loading would put an end to the first one, which the calendar waits
        // for to be shown at all.
        let shown = false;
        let missed = false;
        const reload = () => {
            missed = !shown;
            return shown && this.model.load();
        };
        bus.subscribe(FINISHED, reload);
        onMounted(() => {
            shown = true;
            return missed && reload();
        });
        onWillUnmount(() => bus.unsubscribe(FINISHED, reload));
    },

    get hasOutlookMailbox() {
        return this.model.syncStatus?.exchange_connector === "connected";
    },

    async onSynchroniseEvents() {
        const action = await this.orm.call("exchange.account", "action_sync_mine", [["event"]]);
        await this.actionService.doAction(action);
    },
});
