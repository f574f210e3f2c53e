"""What the benchmarks stand on: a fresh database, a simulator in a process of its own,
and figures of one run side by side.

The machine may be shared and noisy: ratios of one run are worth more than seconds, so
contestants take turns in small rounds and medians are compared.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import platform
import statistics
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
ODOO = CHECKOUT / ".odoo" / "bin" / "odoo"
PSQL = CHECKOUT / ".odoo" / "bin" / "psql"
sys.path.insert(0, str(CHECKOUT / "tests"))


def machine() -> str:
    """One line about where this was measured."""
    model = platform.processor() or platform.machine()
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    load = os.getloadavg()[0]
    return (
        f"{os.cpu_count()} CPUs ({model}), Python {platform.python_version()}, "
        f"load before {load:.1f}"
    )


def psql(*statements: str) -> None:
    """Run SQL as the owner of the databases."""
    options = [part for text in statements for part in ("-c", text)]
    subprocess.run([PSQL, "-q", "-d", "postgres", *options], check=True)


@contextmanager
def database(name: str, addons: str = "exchange_connector"):
    """A fresh database with the addon, dropped at the end.

    :param addons: names of what is installed instead, separated by commas
    :return: its registry
    """
    psql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    subprocess.run(
        [ODOO, "-d", name, "-i", addons, "--stop-after-init"]
        + ["--log-level=error", "--no-http"],
        check=True,
    )
    from odoo.modules.registry import Registry
    from odoo.tools import config

    config.parse_config(["-d", name, "--no-http", "--log-level=error"])
    try:
        yield Registry(name)
    finally:
        from odoo import sql_db

        sql_db.close_db(name)
        psql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@contextmanager
def simulator(seed, *arguments, apart=False, **options):
    """A simulator in another process.

    :param seed: function (simulator, *arguments) that fills it; importable
    :param apart: on a processor of its own: as a server on another machine it does not
        leave us with cold caches
    :param options: of ``Simulator``
    :return: (address of the short paths, pipe: send a list [function, *arguments] to
        have it run there; the answer comes back)
    """
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    child = context.Process(
        target=_serve, args=(there, seed, arguments, options), daemon=True
    )
    child.start()
    processors = _part(child.pid) if apart else None
    try:
        yield here.recv(), here
    finally:
        if processors:
            os.sched_setaffinity(0, processors)
        here.send(None)
        child.join(10)
        child.terminate()


def _part(pid):
    """Give a process that begins a processor of its own.

    :return: the processors that this one had
    """
    processors = os.sched_getaffinity(0)
    its = {max(processors)}
    os.sched_setaffinity(pid, its)
    os.sched_setaffinity(0, processors - its or processors)
    return processors


def _serve(pipe, seed, arguments, options):
    from simulator import Limits, Simulator

    options = {"tls_port": None, "limits": Limits(requests=None), **options}
    with Simulator(**options) as sim:
        seed(sim, *arguments)
        gc.freeze()
        pipe.send(sim.short_url)
        while (order := pipe.recv()) is not None:
            function, *rest = order
            pipe.send(function(sim, *rest))


class Stopwatch:
    """Seconds and queries of a block.

    :ivar cpu: seconds of processor time of this process and of its PostgreSQL backend;
        others who use the machine disturb it less
    """

    def __init__(self, cr=None):
        self.cr = cr

    def __enter__(self):
        gc.collect()
        self.queries = self.cr.sql_log_count if self.cr else 0
        self.cpu = self._processor_time()
        self.start = time.perf_counter()
        return self

    def __exit__(self, *_error):
        self.seconds = time.perf_counter() - self.start
        self.cpu = self._processor_time() - self.cpu
        if self.cr:
            self.queries = self.cr.sql_log_count - self.queries

    def _processor_time(self):
        used = time.process_time()
        if not self.cr:
            return used
        stat = Path(f"/proc/{self.cr._cnx.get_backend_pid()}/schedstat")
        return used + int(stat.read_text().split()[0]) / 1e9


def resident_megabytes() -> float:
    """Memory of this process that lies in RAM."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def median(values) -> float:
    return statistics.median(values)


def table(rows, *heads) -> None:
    """Print rows as a Markdown table."""
    sys.stdout.write("| " + " | ".join(heads) + " |\n")
    sys.stdout.write("|" + "---|" * len(heads) + "\n")
    for row in rows:
        sys.stdout.write("| " + " | ".join(map(str, row)) + " |\n")
    sys.stdout.flush()
