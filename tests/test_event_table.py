from datetime import date, datetime, time, timedelta, timezone
from functools import partial
from itertools import product
from zoneinfo import ZoneInfo

from dateutil import rrule
from dateutil.relativedelta import relativedelta

from odoo.tests import tagged

from .common import ExchangeCase

# IANA name, and the one that Outlook writes into the event.
ZONES = {
    "America/Los_Angeles": "Pacific Standard Time",
    "UTC": "UTC",
    "Europe/Berlin": "W. Europe Standard Time",
    "Asia/Kolkata": "Asia/Kolkata",
    "Pacific/Tongatapu": "Tonga Standard Time",
}
# Where the clocks never change, the days of these changes are as good as others.
CHANGES = ZoneInfo("Europe/Berlin")
EXCEPTIONS = ("none", "moved", "retitled", "cancelled")
DAY = timedelta(days=1)
WEEKDAYS = (
    ("monday", rrule.MO),
    ("tuesday", rrule.TU),
    ("wednesday", rrule.WE),
    ("thursday", rrule.TH),
    ("friday", rrule.FR),
    ("saturday", rrule.SA),
    ("sunday", rrule.SU),
)


def change_after(zone, day, season):
    """The next day on which the clocks change: ``spring`` forward or ``autumn`` back
    (in the southern half it is the other way round)."""

    def offset(at):
        return datetime.combine(at, time(12), zone).utcoffset()

    forward = season == "spring"
    for _day in range(400):
        day += DAY
        step = offset(day) - offset(day - DAY)
        if step and (step > timedelta()) == forward:
            return day
    return change_after(CHANGES, day - 400 * DAY, season)


def daily(change):
    """The pattern as Graph writes it, and its days, computed without it."""
    days = [change - 3 * DAY + step * DAY for step in range(6)]
    return {"type": "daily", "interval": 1}, days


def weekly(change):
    first = change - 10 * DAY
    pairs = [WEEKDAYS[first.weekday()], WEEKDAYS[(first.weekday() + 3) % 7]]
    names, days = zip(*pairs, strict=True)
    pattern = {
        "type": "weekly",
        "interval": 2,
        "daysOfWeek": list(names),
        "firstDayOfWeek": "monday",
    }
    rule = rrule.rrule(
        rrule.WEEKLY,
        interval=2,
        byweekday=days,
        wkst=rrule.MO,
        count=5,
        dtstart=datetime.combine(first, time()),
    )
    return pattern, [each.date() for each in rule]


def absolute_monthly(change):
    """The 31st, or the last day of a month that is shorter."""
    month = change.replace(day=1) - relativedelta(months=1)
    days = [month + relativedelta(months=step, day=31) for step in range(3)]
    while days[0].day != 31:
        days = [days[0].replace(day=1) - DAY, *days[:2]]
    return {"type": "absoluteMonthly", "interval": 1, "dayOfMonth": 31}, days


def relative_monthly(change):
    """The last Sunday: in Europe that is the very day."""
    month = change.replace(day=1) - relativedelta(months=1)
    days = [
        month + relativedelta(months=step, day=31, weekday=rrule.SU(-1))
        for step in range(3)
    ]
    pattern = {
        "type": "relativeMonthly",
        "interval": 1,
        "daysOfWeek": ["sunday"],
        "index": "last",
    }
    return pattern, days


def absolute_yearly(change):
    days = [change, change + relativedelta(years=1)]
    pattern = {
        "type": "absoluteYearly",
        "interval": 1,
        "dayOfMonth": change.day,
        "month": change.month,
    }
    return pattern, days


def relative_yearly(change):
    """The second of all Mondays and Thursdays of the month."""
    days = []
    for year in (change.year, change.year + 1):
        month = [date(year, change.month, 1) + step * DAY for step in range(14)]
        days.append([day for day in month if day.weekday() in (0, 3)][1])
    pattern = {
        "type": "relativeYearly",
        "interval": 1,
        "daysOfWeek": ["monday", "thursday"],
        "index": "second",
        "month": change.month,
    }
    return pattern, days


PATTERNS = (
    daily,
    weekly,
    absolute_monthly,
    relative_monthly,
    absolute_yearly,
    relative_yearly,
)


@tagged("post_install", "-at_install")
class TestEventTable(ExchangeCase):
    """Every kind of series in every zone over both changes of the clocks: what Odoo
    shows was computed here without the simulator."""

    def test_los_angeles(self):
        self._check_zone("America/Los_Angeles")

    def test_utc(self):
        self._check_zone("UTC")

    def test_berlin(self):
        self._check_zone("Europe/Berlin")

    def test_kolkata(self):
        self._check_zone("Asia/Kolkata")

    def test_tongatapu(self):
        self._check_zone("Pacific/Tongatapu")

    def _check_zone(self, name):
        self.zone, self.name = ZoneInfo(name), ZONES[name]
        for known in (False, True):
            with self.subTest(
                "exceptions of a known series" if known else "all at once"
            ):
                self.account = self.new_account(event_days_ahead=1200)
                self.account.user_id.tz = name
                self._check_calendar(known)

    def _check_calendar(self, known):
        """:param known: whether Odoo knows the series before the exceptions are made"""
        self.expected, self.exceptions = [], []
        cases = product(PATTERNS, ("spring", "autumn"), (False, True), EXCEPTIONS)
        for pattern, season, all_day, exception in cases:
            self._add_series(pattern, season, all_day, exception)
        for season, all_day in product(("spring", "autumn"), (False, True)):
            self._add_single(season, all_day)
        if known:
            self._sync()
        for make in self.exceptions:
            make()
        self._sync()
        self.assertEqual(self._found(), sorted(self.expected))

    def _sync(self):
        run = self.account.sync(kinds=("event",))
        self.assertEqual((run.state, run.error), ("done", False))

    def _add_single(self, season, all_day):
        """One event of three days (or one night) over the change."""
        day = change_after(self.zone, date.today(), season)
        title = f"single {season} {all_day}"
        if all_day:
            ends = [(day - DAY, time()), (day + 2 * DAY, time())]
        else:
            ends = [(day - DAY, time(22)), (day, time(6, 30))]
        self._add(title, ends, isAllDay=all_day)
        self._expect(title, ends, all_day)

    def _add_series(self, pattern, season, all_day, exception):
        """One series, what happens to its second occurrence, and what to expect."""
        change = change_after(self.zone, date.today() + 40 * DAY, season)
        rule, days = pattern(change)
        title = f"{pattern.__name__} {season} {all_day} {exception}"
        reach = {
            "type": "numbered",
            "startDate": days[0].isoformat(),
            "numberOfOccurrences": len(days),
        }
        recurrence = {"pattern": rule, "range": reach}
        # Nobody can begin a series at a time of day that there is not.
        hour = 9 if days[0] == change else 2
        ends = [self._ends(day, all_day, hour) for day in days]
        item = self._add(title, ends[0], isAllDay=all_day, recurrence=recurrence)
        names = [title] * len(days)
        kinds = [all_day] * len(days)
        if exception == "moved":
            ends[1], kinds[1] = self._moved(days, all_day)
            values = {**self._span(ends[1]), "isAllDay": kinds[1]}
            self.exceptions.append(partial(self._change_second, item, **values))
        elif exception == "retitled":
            names[1] = f"{title} (new)"
            self.exceptions.append(partial(self._change_second, item, subject=names[1]))
        elif exception == "cancelled":
            self.exceptions.append(partial(self._delete_second, item))
            del ends[1], names[1], kinds[1]
        for name, end, kind in zip(names, ends, kinds, strict=True):
            self._expect(name, end, kind)

    def _ends(self, day, all_day, hour=2):
        """Start and end on the clocks of the zone; half past two is skipped, or comes
        twice, on the days of the changes."""
        if all_day:
            return [(day, time()), (day + DAY, time())]
        return [(day, time(hour, 30)), (day, time(hour + 2))]

    def _moved(self, days, all_day):
        """Where to move the second occurrence: a day on where there is room, else it
        gets a time of day. :return: (its ends, whether it is all-day)"""
        if all_day and days[2:] and days[2] - days[1] < 2 * DAY:
            return [(days[1], time(9)), (days[1], time(10))], False
        if all_day:
            return self._ends(days[1] + DAY, True), True
        return [(days[1], time(21, 45)), (days[1], time(23, 15))], False

    def _change_second(self, item, **values):
        self.sim.change_event(self.account.login, self._second(item), **values)

    def _delete_second(self, item):
        self.sim.delete_event(self.account.login, self._second(item))

    def _second(self, item):
        """The id of the second occurrence of a series."""
        begin = datetime.now(timezone.utc) - 2 * DAY
        rows = self.sim.expand(self.account.login, begin, begin + 1500 * DAY)
        mine = [row for row in rows if row.series_uid == item.data["iCalUId"]]
        return mine[1].immutable_id

    def _span(self, ends):
        names = ("start", "end")
        return {
            name: f"{datetime.combine(*end).isoformat()} {self.name}"
            for name, end in zip(names, ends, strict=True)
        }

    def _add(self, title, ends, **values):
        return self.sim.add_event(
            self.account.login, subject=title, **self._span(ends), **values
        )

    def _expect(self, title, ends, all_day):
        if all_day:
            (first, _midnight), (end, _midnight) = ends
            row = (title, f"{first}", f"{end - DAY}")
        else:
            moments = [
                datetime.combine(*end, self.zone).astimezone(timezone.utc)
                for end in ends
            ]
            row = (title, *(f"{moment:%Y-%m-%d %H:%M}" for moment in moments))
        self.expected.append(row)

    def _found(self):
        """What is in Odoo's calendar of the account, in the form of ``expected``."""
        links = self.env["exchange.event.link"]
        events = links.search([("account_id", "=", self.account.id)]).event_id
        rows = []
        for event in events:
            ends = (event.start_date, event.stop_date)
            if event.allday:
                # Where Odoo's views and filters look, it is the same day.
                self.assertEqual((event.start.date(), event.stop.date()), ends)
            else:
                ends = (f"{end:%Y-%m-%d %H:%M}" for end in (event.start, event.stop))
            rows.append((event.name, *map(str, ends)))
        return sorted(rows)
