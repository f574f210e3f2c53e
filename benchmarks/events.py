"""Events: the connector beside Odoo's own microsoft_calendar, on the same calendars of
the same simulator, in one run.

* connector: ``exchange.account.sync(kinds=("event",))``
* peer: microsoft_calendar as its scheduled job runs it, in a database of its own; only
  the address of the service is another
* floor: batched ``calendar.event.create`` of the same values and the rows of their
  links, nothing else

Goals: a first synchronisation at least 4 times as fast as the peer, also at 50 ms a
request, at most 1.25 times the floor, at most 0.25 queries an event; nothing changed:
1 request, at most 6 queries; 1 % of 5,000 changed: at least 8 times as fast; 5,000
events take at most 15 MB more memory than 500, and at most 5.5 times the time of 1,000,
also when the database counts its rows in the middle.

``python benchmarks/events.py [--quick]``
"""

from __future__ import annotations

import sys

import _events
import _ground


class Contest:
    """Both contestants, each on mailboxes of its own that are filled alike."""

    def __init__(self, peer, connector, ask):
        self.peer, self.connector, self.ask = peer, connector, ask
        self.number = 0

    def mailbox(self, fill, *arguments):
        """:return: the address of a new mailbox, filled"""
        self.number += 1
        login = f"bench{self.number}@contoso.example"
        self.ask(fill, login, *arguments)
        return login

    def first(self, fill, *arguments):
        """A first synchronisation of one mailbox by both.

        :return: (user of the peer, account, seconds and queries of both, of the floor)
        """
        login = self.mailbox(fill, *arguments)
        account = self.connector.connect(login)
        with self.connector.recorded() as values:
            ours = self.connector.sync(account)
        links = self.connector.links(account)
        assert len(values) == len(links), (len(values), len(links))
        user = self.peer.connect(login)
        theirs = self.peer.sync(user)
        assert self.peer.events(user) == len(links)
        floor = self.connector.floor(values, links)
        return user, account, ours, theirs, floor

    def again(self, user, account):
        """A further synchronisation. :return: (ours, theirs, our requests)"""
        before = self.ask(_events.count_requests)
        ours = self.connector.sync(account)
        requests = self.ask(_events.count_requests) - before
        return ours, self.peer.sync(user), requests


def compare_first(contest, name, rounds, fill, *arguments):
    """One row of the table: medians of some mailboxes."""
    runs, queries = [], []
    for _round in range(rounds):
        _user, account, *watches = contest.first(fill, *arguments)
        runs.append(watches)
        queries.append(watches[0].queries / contest.connector.events(account))

    def ratio(number, over, measure):
        watches = [(run[number], run[over]) for run in runs]
        values = [getattr(a, measure) / getattr(b, measure) for a, b in watches]
        return _ground.median(values)

    mine = _ground.median(run[0].seconds for run in runs)
    peer = ratio(1, 0, "seconds")
    return (
        name,
        f"{mine:.2f} s",
        f"{mine * peer:.2f} s",
        f"{peer:.1f}",
        f"{ratio(1, 0, 'cpu'):.1f}",
        f"{ratio(0, 2, 'seconds'):.2f}",
        f"{ratio(0, 2, 'cpu'):.2f}",
        f"{_ground.median(queries):.2f}",
    )


def compare_again(contest, counts, rounds):
    """Rows of the table for what comes after the first synchronisation."""
    for count in counts:
        user, account, *_watches = contest.first(_events.fill, count)
        contest.again(user, account)
        runs = [contest.again(user, account) for _round in range(rounds)]
        yield _row_again(f"{count}: nothing changed", runs)
        runs = []
        for number in range(rounds):
            contest.ask(_events.change, account.login, 100, f"{number}")
            runs.append(contest.again(user, account))
        yield _row_again(f"{count}: 1 % changed", runs)


def _row_again(name, runs):
    ours = _ground.median(mine.seconds for mine, _theirs, _requests in runs)
    theirs = _ground.median(theirs.seconds for _mine, theirs, _requests in runs)
    return (
        name,
        f"{ours * 1000:.1f} ms",
        f"{theirs * 1000:.1f} ms",
        f"{theirs / ours:.1f}",
        f"{_ground.median(b.cpu / a.cpu for a, b, _requests in runs):.1f}",
        f"{_ground.median(mine.queries for mine, _theirs, _requests in runs):.0f}",
        f"{_ground.median(theirs.queries for _mine, theirs, _requests in runs):.0f}",
        f"{_ground.median(requests for _mine, _theirs, requests in runs):.0f}",
    )


def growth(contest, counts, rounds):
    """Rows of seconds and memory for one mailbox each, with ANALYZE forced or not."""
    connector = contest.connector
    for count in counts:
        for forced in (False, True):
            watches, memory = [], []
            for _round in range(rounds if count < 20000 else 1):
                account = connector.connect(contest.mailbox(_events.fill, count))
                there = connector.env["exchange.event.link"].search_count([])
                marks = (there + 1, there + count // 2) if forced else ()
                analyzer = _events.Analyzer(connector.env.cr.dbname, marks)
                analyzer.start()
                start = _ground.resident_megabytes()
                with _events.Gauge() as gauge:
                    watches.append(connector.sync(account))
                analyzer.done.set()
                analyzer.join()
                memory.append(max(gauge.readings) - start)
            if count >= 20000 and forced:
                continue
            seconds = _ground.median(watch.seconds for watch in watches)
            cpu = _ground.median(watch.cpu for watch in watches)
            yield (
                count,
                "yes" if forced else "no",
                f"{seconds:.2f} s",
                f"{1000 * seconds / count:.2f} ms",
                f"{1000 * cpu / count:.2f} ms",
                f"{_ground.median(memory):+.0f} MB",
            )


FIRST = (
    *("first", "connector", "peer", "times the peer", "(processor)"),
    *("times the floor", "(processor)", "queries an event"),
)
AGAIN = ("again", "connector", "peer", "times the peer", "(processor)")


def run(contest, quick):
    """All tables."""
    few, many = (100, 500) if quick else (1000, 5000)
    rounds = 1 if quick else 3
    contest.first(_events.fill, 20)
    rows = [
        compare_first(contest, f"{count} events", rounds, _events.fill, count)
        for count in dict.fromkeys((100, few, many))
    ]
    rows.append(compare_first(contest, "daily series", rounds, _events.fill_series))
    contest.ask(_events.set_latency, 50)
    name = f"{few} events, 50 ms a request"
    rows.append(compare_first(contest, name, rounds, _events.fill, few))
    contest.ask(_events.set_latency, 0)
    _ground.table(rows, *FIRST)
    sys.stdout.write("\n")
    _ground.table(
        compare_again(contest, (few, many), 2 if quick else 5),
        *AGAIN,
        *("queries", "queries of the peer", "requests"),
    )
    # Last: it fills our database alone, and the peer's stays small.
    sys.stdout.write("\n")
    sizes = [few, many] if quick else [500, few, many, 20000]
    _ground.table(
        growth(contest, sizes, rounds),
        *("events", "ANALYZE forced", "time", "an event", "(processor)"),
        "more memory",
    )


def main():
    quick = "--quick" in sys.argv
    sys.stdout.write(f"# Events\n\n{_ground.machine()}\n\n")
    addons = "microsoft_calendar"
    with (
        _ground.database("exchange_bench_peer", addons) as theirs,
        _ground.database("exchange_bench_events") as ours,
        _ground.simulator(_events.seed) as (url, pipe),
        theirs.cursor() as their_cr,
        ours.cursor() as our_cr,
    ):
        from odoo import SUPERUSER_ID, api

        def ask(function, *arguments):
            pipe.send([function, *arguments])
            return pipe.recv()

        origin = url.partition("/exchangeRestApi")[0]
        peer_env = api.Environment(their_cr, SUPERUSER_ID, {})
        peer = _events.Peer(peer_env, origin, ask)
        connector = _events.Connector(api.Environment(our_cr, SUPERUSER_ID, {}), url)
        run(Contest(peer, connector, ask), quick)


if __name__ == "__main__":
    main()
