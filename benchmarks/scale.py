"""Ten thousand accounts: what a round of the schedule costs, for lanes in processes of
their own, against several simulators.

* idle: nothing new in any mailbox: two transfer folders, a calendar, an address book
* 1 %: one new mail in every hundredth mailbox
* thundering start: all accounts are overdue, with new mail in 1 % of them, and all
  lanes begin at the same moment, from new processes
* Office 365: idle mailboxes over TLS that an application opens, a fifth as many
* peer: microsoft_calendar, which reads the calendar alone

Goals: an idle account takes one request, at most 4 ms of CPU and 6 queries; at 50 ms a
request one lane does at least 80 idle accounts a second, two lanes at least 1.7 times
as many; a tick of the schedule ends within 40 s.

``python benchmarks/scale.py [--quick] [NUMBER OF ACCOUNTS]``
"""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack
from datetime import timedelta

import _events
import _ground
import _lanes
import _scale

LONGEST_TICK = 40
SIMULATORS = 4
HEADS = (
    *("round", "a request", "lanes", "accounts a minute", "a second", "requests"),
    *("queries", "CPU ms", "PostgreSQL ms", "tick s", "MB a lane", "kB more"),
)


class Bench:
    """Rounds of the schedule over a crowd of accounts, one row of the table each."""

    def __init__(self, crowd, count):
        self.crowd, self.count = crowd, count
        self.rows, self.rates = [], {}
        self.idle = []
        self.ticks = []

    def round(self, name, lanes, number, latency, letters=0):
        """One round: everybody is due. :return: its figures"""
        crowd, label = self.crowd, f"{name} {number} {latency} {time.time()}"
        crowd.make_due()
        if letters:
            crowd.post(letters, label)
        crowd.latency(latency)
        before = crowd.requests()
        figures = lanes.run()
        figures.requests = crowd.requests() - before
        crowd.latency(0)
        crowd.check_round(self.count)
        assert crowd.filed(label) == letters, "not each mail once"
        self.ticks.append(figures.tick)
        rate = self.count / figures.seconds
        self.rates[name, number, latency] = rate
        if name == "idle":
            self.idle.append(figures)
        self.rows.append(self._row(name, number, latency, figures, rate))
        _ground.table(self.rows[-1:], *HEADS)
        return figures

    def _row(self, name, number, latency, figures, rate):
        return (
            name,
            f"{latency} ms",
            number,
            f"{rate * 60:.0f}",
            f"{rate:.0f}",
            f"{figures.requests / self.count:.2f}",
            f"{figures.queries / self.count:.2f}",
            f"{1000 * figures.cpu / self.count:.2f}",
            f"{1000 * figures.database / self.count:.2f}",
            f"{figures.tick:.1f}",
            f"{figures.memory:.0f}",
            f"{1024 * figures.growth * number / self.count:.2f}",
        )

    def goals(self):
        """Rows: goal, what was measured, whether it holds."""
        idle = self.idle
        cpu = min(1000 * each.cpu / self.count for each in idle)
        queries = max(each.queries / self.count for each in idle)
        requests = max(each.requests / self.count for each in idle)
        one, two = self.rates["idle", 1, 50], self.rates["idle", 2, 50]
        yield _goal("requests of an idle account", requests, "<=", 1.0)
        yield _goal("queries of an idle account", queries, "<=", 6.0)
        yield _goal("ms of CPU of an idle account, best round", cpu, "<=", 4.0)
        yield _goal("idle accounts a second, one lane, 50 ms", one, ">=", 80.0)
        yield _goal("two lanes to one, 50 ms", two / one, ">=", 1.7)
        yield _goal("s of the longest tick", max(self.ticks), "<=", LONGEST_TICK)


def _goal(name, value, sign, limit):
    holds = value <= limit if sign == "<=" else value >= limit
    return (name, f"{value:.2f}", f"{sign} {limit:g}", "yes" if holds else "NO")


def rounds(bench, quick):
    """All rounds, with more and more lanes."""
    few = max(1, bench.count // 100)
    for number in (1, 2, 4):
        with _lanes.lanes(bench.crowd.env, number) as lanes:
            bench.round("warm", lanes, number, 0)
            for latency in (0, 50):
                bench.round("idle", lanes, number, latency)
            if number != 4 or not quick:
                bench.round("1 % with a mail", lanes, number, 50, letters=few)
    with _lanes.lanes(bench.crowd.env, 4) as lanes:
        bench.round("thundering start", lanes, 4, 50, letters=few)


def office_row(stack, env, count):
    """An idle round of mailboxes in Office 365, over TLS, with tokens."""
    sims = []
    for number in range(2):
        login = _scale.TEMPLATE.format(number)
        url, pipe = stack.enter_context(
            _ground.simulator(_scale.seed, login, tls_port=0)
        )
        sims.append((url, _asking(pipe)))
    crowd = _scale.Crowd(env, sims, "office", is_office=True)
    crowd.grow(count)
    bench = Bench(crowd, count)
    with _lanes.lanes(env, 1) as lanes:
        bench.round("warm", lanes, 1, 50)
        bench.round("idle, Office 365", lanes, 1, 50)
    return bench.rows[-1]


def peer_row(url, ask, count, number):
    """What an idle user costs Odoo's own synchronisation of the calendar."""
    from odoo import SUPERUSER_ID, api

    with (
        _ground.database("exchange_bench_peer", "microsoft_calendar") as registry,
        registry.cursor() as cr,
    ):
        env = api.Environment(cr, SUPERUSER_ID, {})
        peer = _events.Peer(env, url.partition("/exchangeRestApi")[0], ask)
        for each in range(count):
            login = f"peer{each}@contoso.example"
            ask(_events.fill, login, 1)
            peer.sync(peer.connect(login))
        env.invalidate_all()
        # It leaves out who was synchronised a moment ago.
        before, cpu = ask(_events.count_requests), time.process_time()
        with _ground.Stopwatch(cr) as watch:
            env["res.users"]._sync_all_microsoft_calendar()
        cpu = time.process_time() - cpu
        requests = ask(_events.count_requests) - before
    return (
        *("microsoft_calendar", "0 ms", number),
        *(f"{60 * count / watch.seconds:.0f}", f"{count / watch.seconds:.0f}"),
        *(f"{requests / count:.2f}", f"{watch.queries / count:.2f}"),
        *(f"{1000 * cpu / count:.2f}", "", "", "", ""),
    )


def main():
    quick = "--quick" in sys.argv
    numbers = [int(word) for word in sys.argv[1:] if word.isdigit()]
    count = numbers[0] if numbers else 1000 if quick else 10000
    name = "exchange_bench_scale"
    sys.stdout.write(f"# {count} accounts\n\n{_ground.machine()}\n\n")
    with ExitStack() as stack:
        sims = []
        for number in range(SIMULATORS):
            login = _scale.TEMPLATE.format(number)
            url, pipe = stack.enter_context(_ground.simulator(_scale.seed, login))
            sims.append((url, _asking(pipe)))
        registry = stack.enter_context(_ground.database(name))
        cr = stack.enter_context(registry.cursor())
        from odoo import SUPERUSER_ID, api

        env = api.Environment(cr, SUPERUSER_ID, {})
        start = time.monotonic()
        crowd = _scale.Crowd(env, sims)
        crowd.grow(count)
        seconds = timedelta(seconds=round(time.monotonic() - start))
        sys.stdout.write(f"Set up in {seconds}.\n\n")
        bench = Bench(crowd, count)
        rounds(bench, quick)
        bench.rows.append(office_row(stack, env, count // 5))
        bench.rows.append(peer_row(*sims[0], 20 if quick else 100, 1))
        sys.stdout.write("\n")
        _ground.table([row for row in bench.rows if row[0] != "warm"], *HEADS)
        sys.stdout.write("\n")
        _ground.table(bench.goals(), "goal", "measured", "wanted", "holds")


def _asking(pipe):
    def ask(function, *arguments):
        pipe.send([function, *arguments])
        return pipe.recv()

    return ask


if __name__ == "__main__":
    main()
