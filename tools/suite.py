"""`make test`: set-up, checks, and all tests, with one count at the end."""

from __future__ import annotations

import contextlib
import os
import random
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import installation
import lint
from common import ADDON, CHECKOUT, HOME, LOGS, Failure, locked, log_file, say, shown
from environment import PYTHON
from launchers import BIN
from results import (
    Count,
    OdooRun,
    failures_of_pytest,
    fault_table,
    of_odoo,
    of_pytest,
    tally_of,
)

DATABASE = f"{ADDON}_test"
# Odoo's tests in lots of about the same length, each with a database of its own.
LOTS = {
    "odoo-tests-long": "exchange_faults",
    "odoo-tests-screens": "exchange_screens,exchange_access",
    "odoo-tests": f"/{ADDON},-exchange_faults,-exchange_access,-exchange_screens",
}
# A browser on a busy machine may fail by chance: in these lots a test that fails is
# tried once more (Odoo's own way), and the result tells what failed at first. More than
# so many of them are no chance.
SECOND_TRIES = {"odoo-tests-screens": 2}
# The long form of the fault tests: what has processes of its own, and what has not.
FAULT_LOTS = {
    "faults-procs": "exchange_processes",
    "faults": "exchange_faults,exchange_histories,-exchange_processes",
}
# A hanging test must not hang the whole run.
LONGEST_RUN = 60 * 60
LONGEST_FAULTS = 4 * LONGEST_RUN
# Warnings and errors that are not ours to mend: "logger: text".
ALLOWED = re.compile(
    "|".join(
        (
            # Printed for every database without wkhtmltopdf.
            r"^odoo\.addons\.base\.models\.ir_actions_report: .*wkhtmltopdf",
            # Old methods of Odoo's own models that a client calls by name: the test
            # of access rights calls all that there are.
            r"^py\.warnings: \S+/odoo/service/model\.py:\d+: DeprecationWarning",
        )
    )
)


def main() -> int:
    """Run everything; 0 when all passed and something ran."""
    # Tests wait a lot, for browsers and processes: all runs go at the same time.
    with locked("test"), ThreadPoolExecutor(len(LOTS) + 1) as pool:
        say("1/3 set-up")
        installation.ensure()
        failed: list[str] = []
        say("2/3 lint and tests, all runs at the same time")
        runs = {name: pool.submit(test_odoo, name) for name in LOTS}
        plain = pool.submit(test_plain)
        parts = {"checks": check_code(failed)}
        for name, run in runs.items():
            parts[name] = show_odoo(name, run.result(), failed)
        parts["plain"] = show_plain(plain.result(), failed)
    for name, one in parts.items():
        if not one.passed and not one.failed:
            parts[name] = Count(failed=1)
            failed.append(f"{name}: no test ran")
    return conclude(sum(parts.values(), Count()), failed)


def conclude(count: Count, failed: list[str]) -> int:
    """The last lines of a run: what failed, in words, and the count.

    Who sees but the end of the output finds all that he needs there.
    """
    say("3/3 result")
    for one in failed:
        say(f"FAILED {one}")
    say(str(count))
    return 1 if count.failed or not count.passed else 0


def check_code(failed: list[str]) -> Count:
    """Each of the checks of `make lint` counts as one test.

    :param failed: what failed is added to it, here and in the functions below
    """
    count = Count()
    for name, passed in lint.checks():
        count += Count(passed=1) if passed else Count(failed=1)
        if not passed:
            failed.append(f"lint: {name}")
    return count


def test_plain() -> dict[Path, Count]:
    """The tests that need no Odoo: one run of pytest for each of their folders.

    :return: {file with the output: count}
    """
    counts: dict[Path, Count] = {}
    for folder in sorted((CHECKOUT / "tests").glob("*_tests")):
        if not list(folder.glob("test_*.py")):
            continue
        log = log_file(folder.name)
        report = log.with_suffix(".xml")
        report.unlink(missing_ok=True)
        with log.open("wb") as output:
            done = subprocess.run(
                [PYTHON, "-m", "pytest", "-q", "-rfEs", f"--junitxml={report}", folder],
                cwd=CHECKOUT,
                stdout=output,
                stderr=output,
                check=False,
            )
        counts[log] = of_pytest(report, done.returncode)
    return counts


def show_plain(counts: Mapping[Path, Count], failed: list[str]) -> Count:
    """Print what pytest said, and add up its counts."""
    for log, count in counts.items():
        say(f"    {log.stem}")
        say(log.read_text(errors="replace"))
        if count.failed:
            names = failures_of_pytest(log.with_suffix(".xml"))
            failed += names or [f"{log.stem}: pytest ended badly"]
    return sum(counts.values(), Count())


def test_odoo(name: str) -> OdooRun:
    """Install the addon in a new database and run a lot of its tests in Odoo."""
    return odoo_tests(name, LOTS[name])


def faults() -> int:
    """`make faults`: kill and break at every step, which takes its time."""
    with locked("test"):
        say("Set-up ...")
        installation.ensure()
        # Other examples at each run, unless somebody wishes so many times as many.
        extra = {"EXCHANGE_EXAMPLES": "1", **os.environ, "EXCHANGE_FAULTS": "1"}
        with ThreadPoolExecutor(len(FAULT_LOTS)) as pool:
            runs = {
                name: pool.submit(odoo_tests, name, tags, extra)
                for name, tags in FAULT_LOTS.items()
            }
        count = Count()
        failed: list[str] = []
        for name, run in runs.items():
            count += show_odoo(name, run.result(), failed)
    for line in fault_table(fault_tally()):
        say(line)
    return conclude(count, failed)


def fault_tally() -> dict[str, dict[str, int]]:
    """What the logs of all lots say of the faults they injected."""
    lines: list[str] = []
    for name in FAULT_LOTS:
        lines += log_file(name).read_text(errors="replace").splitlines()
    return tally_of(lines)


def odoo_tests(name: str, tags: str, extra: Mapping[str, str] | None = None) -> OdooRun:
    """Run tests on a database that is made for them, and read the log.

    :param name: of the log
    :param tags: as Odoo's option --test-tags takes them
    :param extra: more variables for the environment of the tests
    """
    database = f"{DATABASE}_{name.removeprefix('odoo-tests').strip('-') or 'all'}"
    log = log_file(name)
    tries = {"ODOO_TEST_FAILURE_RETRIES": str(int(name in SECOND_TRIES))}
    drop_database(database)
    try:
        exit_code = run_odoo(
            database, log, tags, {**os.environ, **tries, **(extra or {})}
        )
    finally:
        drop_database(database)
    with log.open(errors="replace") as lines:
        return of_odoo(lines, exit_code, ALLOWED)


def show_odoo(name: str, run: OdooRun, failed: list[str]) -> Count:
    """Print what a run of Odoo left to say; warnings and errors in its log count as
    one failure together, and so do too many second tries."""
    say(f"    {name}: {run.count}")
    for item in run.skips:
        say(f"    skipped: {item}")
    for item in run.again:
        say(f"    tried again: {item}")
    trouble = list(dict.fromkeys(run.trouble))
    if len(run.again) > SECOND_TRIES.get(name, 0):
        trouble.append(f"{name}: {len(run.again)} tests had to be tried again")
    found = run.failures + trouble
    for item in found:
        say(f"    failed: {item}")
    if run.count.failed or trouble:
        say(f"    (the whole log: {shown(log_file(name))})")
        failed += found or [f"{name}: ended badly; its log tells more"]
    return run.count + (Count(failed=1) if trouble else Count(passed=1))


def run_odoo(database: str, log: Path, tags: str, env: Mapping[str, str]) -> int:
    """Run Odoo's test runner on a database of its own; the log goes to a file."""
    command: list[str | Path] = [
        BIN / "odoo",
        "-d",
        database,
        "-i",
        ADDON,
        "--test-enable",
        "--test-tags",
        tags,
        "--stop-after-init",
        "--max-cron-threads=0",
        f"--http-port={free_port()}",
        "--screenshots",
        LOGS / "screenshots",
    ]
    with log.open("wb") as output:
        running = subprocess.Popen(
            command, stdout=output, stderr=output, stdin=subprocess.DEVNULL, env=env
        )
        try:
            longest = LONGEST_FAULTS if "EXCHANGE_FAULTS" in env else LONGEST_RUN
            return follow(running, log, longest)
        finally:
            if running.poll() is None:
                running.kill()
                running.wait()


def follow(running: subprocess.Popen[bytes], log: Path, longest: int) -> int:
    """Wait for the tests, and show that they go on.

    :param longest: seconds they may take
    :return: the exit code; -1 when it took too long
    """
    begin = shown_at = time.monotonic()
    with log.open(errors="replace") as lines:
        tests = 0
        while (code := running.poll()) is None:
            tests += sum(": Starting " in line for line in lines)
            now = time.monotonic()
            if now - begin > longest:
                say(f"    stopped after {longest // 60} minutes")
                return -1
            if now - shown_at > 30:
                shown_at = now
                say(f"    {log.stem}: {now - begin:.0f} s, {tests} tests begun")
            time.sleep(0.5)
    return code


def free_port() -> int:
    """A port that nobody listens on, below those that the system gives to others."""
    for port in random.sample(range(10_000, 32_000), 100):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise Failure("No port is free.")


def drop_database(database: str) -> None:
    """Remove a database of the tests with its files, if it is there."""
    done = subprocess.run(
        [
            BIN / "psql",
            "-q",
            "-d",
            "postgres",
            "-c",
            f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)',
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Failure(
            f"The database {database} cannot be dropped: {done.stderr.strip()}"
        )
    shutil.rmtree(HOME / "data" / "filestore" / database, ignore_errors=True)
