from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import LockError, ValidationError

ADDON = "exchange_connector"
MAIN_LANE = "ir_cron_sync"
LANES_PARAMETER = f"{ADDON}.lanes"
MOST_LANES = 16
# A worker that has time takes up a lane within less.
WAKING = timedelta(seconds=5)


class ExchangeAccountLanes(models.AbstractModel):
    """How many accounts are synchronised at the same time.

    Each lane is an ``ir.cron`` with the same code. Odoo's own workers, on as many
    machines as run them, take one lane each. The first one is part of the addon's data;
    the others have XML ids as well, so that they leave with the addon.
    """

    _name = "exchange.account.lanes"
    _description = "Exchange Account: Lanes of the Schedule"

    @api.model
    def _lanes(self):
        """:return: {number of the lane: its ``ir.cron``}, the first one being 1"""
        rows = (
            self.env["ir.model.data"]
            .sudo()
            .search_fetch(
                [
                    ("module", "=", ADDON),
                    ("model", "=", "ir.cron"),
                    ("name", "=like", f"{MAIN_LANE}%"),
                ],
                ["name", "res_id"],
            )
        )
        crons = self.env["ir.cron"].sudo().with_context(active_test=False)
        found = {_number_of(row.name): crons.browse(row.res_id) for row in rows}
        return {number: cron for number, cron in sorted(found.items()) if cron.exists()}

    @api.model
    def _lanes_wanted(self):
        """How many lanes there should be."""
        number = self.env["ir.config_parameter"].sudo().get_param(LANES_PARAMETER)
        return max(1, min(int(number), MOST_LANES)) if (number or "").isdigit() else 1

    @api.model
    def _set_lanes(self, number):
        """Have so many lanes.

        One that is at work right now cannot be removed; it ends by itself.

        :raises ValidationError: not a number of lanes
        """
        if not 1 <= number <= MOST_LANES:
            raise ValidationError(
                self.env._(
                    "Choose between 1 and %(most)s parallel lanes.", most=MOST_LANES
                )
            )
        parameters = self.env["ir.config_parameter"].sudo()
        parameters.set_param(LANES_PARAMETER, str(number))
        lanes = self._lanes()
        main = lanes.get(1)
        for each in range(2, number + 1):
            if each not in lanes:
                self._create_lane(each, main)
            elif main and lanes[each].active != main.active:
                lanes[each].active = main.active
        self._remove_lanes(lanes, number)

    def _create_lane(self, number, main):
        model = self.env["ir.model"]._get("exchange.account")
        values = {
            "name": f"Exchange: synchronise (lane {number})",
            "model_id": model.id,
            "state": "code",
            "code": "model._cron_sync()",
            # Or whoever is logged in could run it.
            "group_ids": [(4, self.env.ref("base.group_system").id)],
            "user_id": self.env.ref("base.user_root").id,
            "interval_number": 1,
            "interval_type": "minutes",
            "active": main.active if main else True,
        }
        row = {
            "xml_id": f"{ADDON}.{MAIN_LANE}_{number}",
            "values": values,
            "noupdate": True,
        }
        self.env["ir.cron"].sudo()._load_records([row])

    def _remove_lanes(self, lanes, number):
        """Remove the lanes beyond ``number`` that are not at work."""
        for each, cron in lanes.items():
            if each <= number:
                continue
            try:
                cron.lock_for_update()
            except LockError:
                continue
            action = cron.ir_actions_server_id
            cron.unlink()
            action.unlink()

    @api.model
    def _lane_number(self):
        """Which lane this is; 1 outside of the scheduler."""
        cron_id = self.env.context.get("cron_id")
        main = self.env.ref(f"{ADDON}.{MAIN_LANE}", raise_if_not_found=False)
        if not cron_id or (main and cron_id == main.id):
            return 1
        lanes = self._lanes()
        return next((n for n, cron in lanes.items() if cron.id == cron_id), 1)

    @api.model
    def _wake_lanes(self):
        """Have what is due looked for at once, by whichever lane has time."""
        for cron in self._lanes().values():
            cron._trigger()

    @api.model
    def _wake_lane(self):
        """Have this lane run again as soon as the other jobs had their turn."""
        cron_id = self.env.context.get("cron_id")
        if cron_id:
            self.env["ir.cron"].sudo().browse(cron_id)._trigger()

    @api.model
    def _is_scheduler_asleep(self):
        """Whether no worker of Odoo's takes up the lanes: they were woken some seconds
        ago, and nobody is at any scheduled job."""
        lanes = [cron.id for cron in self._lanes().values() if cron.active]
        since = fields.Datetime.now() - WAKING
        woken = self.env["ir.cron.trigger"].sudo()
        woken = woken.search_count(
            [("cron_id", "in", lanes), ("call_at", "<=", since)], limit=1
        )
        if lanes and not woken:
            return False
        # Whoever is at a job holds its row. Asking for that row would be in the way.
        self.env.cr.execute(
            """SELECT 1 FROM pg_locks l JOIN pg_database d ON d.oid = l.database
                WHERE d.datname = current_database() AND l.pid <> pg_backend_pid()
                  AND l.relation = 'ir_cron'::regclass AND l.mode = 'RowShareLock'
                LIMIT 1"""
        )
        return not lanes or not self.env.cr.fetchone()

    @api.autovacuum
    def _gc_lanes(self):
        """Remove the lanes that were at work when their number was lowered."""
        self._remove_lanes(self._lanes(), self._lanes_wanted())


def _number_of(name):
    """The number of the lane with an XML id."""
    suffix = name.removeprefix(MAIN_LANE).removeprefix("_")
    return int(suffix) if suffix.isdigit() else 1
