"""Counts of tests, as they are read from what the runners leave behind."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

# 2026-01-31 12:00:00,123 4711 INFO database odoo.logger: text
ODOO_LINE = re.compile(r"^\S+ \S+ \d+ (_?[A-Z]+) \S+ (\S+?): (.*)$")
ODOO_START = re.compile(r"^Starting (\S+) \.\.\.$")
ODOO_SKIP = re.compile(r"^skipped (.+?) : (.*)$")
ODOO_FAILURE = re.compile(r"^(?:FAIL|ERROR): (.*)$")
ODOO_SUMMARY = re.compile(
    r"^(\d+) failed, (\d+) error\(s\) of (\d+) tests when loading"
)
# Lines that only repeat what is counted already.
ODOO_REPEATED = re.compile(
    r"^(Module \S+: \d+ failures, \d+ errors of|\d+ failed, \d+ error|"
    r"At least one test failed|Tests failed)"
)
# What a test says that is tried again has a level of its own, "_ERROR".
ODOO_AGAIN = re.compile(r"^Retrying a failed test: \S+ \((\S+)\)")
LOWERED = "_"
TROUBLE = ("WARNING", "ERROR", "CRITICAL")
# So many lines of a failure's traceback are told again at the end of a run.
TOLD_LINES = 12


@dataclass(frozen=True)
class Count:
    """How many tests passed, failed and were skipped."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other: Count) -> Count:
        return Count(
            self.passed + other.passed,
            self.failed + other.failed,
            self.skipped + other.skipped,
        )

    def __str__(self) -> str:
        text = f"{self.passed} passed, {self.failed} failed"
        return f"{text}, {self.skipped} skipped" if self.skipped else text


def failures_of_pytest(report: Path) -> list[str]:
    """The failed tests of pytest's JUnit report, each with the end of its text."""
    try:
        cases = list(ElementTree.parse(report).getroot().iter("testcase"))
    except (OSError, ElementTree.ParseError):
        return [f"{report.name}: pytest left no report"]
    return [
        told(
            f"{case.get('classname')}.{case.get('name')}", (bad.text or "").split("\n")
        )
        for case in cases
        for bad in case
        if bad.tag in ("failure", "error")
    ]


def told(name: str, lines: Iterable[str]) -> str:
    """A failure as the end of a run tells it."""
    kept = [line.rstrip() for line in lines if line.strip()][-TOLD_LINES:]
    return "\n    ".join((name, *kept))


def of_pytest(report: Path, exit_code: int) -> Count:
    """Read pytest's JUnit report.

    A run that ended without a report, or badly without a failed test, is a failure.
    """
    try:
        suites = ElementTree.parse(report).getroot().iter("testsuite")
    except (OSError, ElementTree.ParseError):
        return Count(failed=1)
    count = Count()
    for suite in suites:
        tests, failures, errors, skipped = (
            int(suite.get(name, 0))
            for name in ("tests", "failures", "errors", "skipped")
        )
        failed = failures + errors
        count += Count(max(tests - failed - skipped, 0), failed, skipped)
    if exit_code and not count.failed:
        count += Count(failed=1)
    return count


@dataclass(frozen=True)
class OdooRun:
    """What the log of a run of Odoo says; a failure is its test's name, and below it
    the end of its traceback, and so is each test that was tried again."""

    count: Count
    failures: list[str]
    skips: list[str]
    trouble: list[str]
    again: list[str]


#: Kinds of harm, as tests/fault_tally.py names them, and the heads of the table.
HARMS = {
    "injected": "injected",
    "lost": "lost",
    "doubled": "doubled",
    "deleted": "wrongly deleted",
    "outsiders": "mails to outsiders",
}
FAULT_LINE = re.compile(r"fault tally: (\{.*\})\s*$")


def tally_of(lines: Iterable[str]) -> dict[str, dict[str, int]]:
    """What a log says of injected faults: {kind: {"injected": number, ...}}, with the
    names of :data:`HARMS`."""
    tally: dict[str, dict[str, int]] = {}
    for line in lines:
        if found := FAULT_LINE.search(line):
            row = json.loads(found[1])
            counts = tally.setdefault(row["kind"], dict.fromkeys(HARMS, 0))
            for name in HARMS:
                counts[name] += int(row[name])
    return tally


def fault_table(tally: Mapping[str, Mapping[str, int]]) -> list[str]:
    """The tally as the lines of a Markdown table, with sums at its end."""
    total = {name: sum(counts[name] for counts in tally.values()) for name in HARMS}
    rows = [*sorted(tally.items()), ("all", total)]
    head = ["| kind of fault | " + " | ".join(HARMS.values()) + " |"]
    head.append("|---" * (len(HARMS) + 1) + "|")
    return head + [
        f"| {kind} | " + " | ".join(str(counts[name]) for name in HARMS) + " |"
        for kind, counts in rows
    ]


def of_odoo(lines: Iterable[str], exit_code: int, allowed: re.Pattern[str]) -> OdooRun:
    """Read the log of a run with tests.

    :param exit_code: of the process; not 0 without a failed test is a failure
    :param allowed: what a warning or error may be, as "logger: text"
    :return: a run that did not come to its summary has one more failure
    """
    reader = LogReader(allowed)
    for line in lines:
        reader.read(line)
    return reader.result(exit_code)


class LogReader:
    """Takes the lines of a log of Odoo one by one."""

    def __init__(self, allowed: re.Pattern[str]) -> None:
        self.allowed = allowed
        self.started: set[tuple[str, str]] = set()
        self.skips: list[tuple[str, str, str]] = []
        self.failures: list[tuple[str, list[str]]] = []
        self.trouble: list[str] = []
        self.summary: tuple[int, int] | None = None
        # What failed in a test that may be tried again, and what was.
        self.lowered: list[tuple[str, list[str]]] = []
        self.again: list[tuple[str, list[str]]] = []
        # The lines below the one that was read last.
        self.below: list[str] = []

    def read(self, line: str) -> None:
        if not (found := ODOO_LINE.match(line.rstrip())):
            self.below.append(line)
            return
        level, logger, text = found.groups()
        self.below = []
        if level.startswith(LOWERED):
            self.lowered.append((text, self.below))
        elif begun := ODOO_START.match(text):
            self.started.add((logger, begun[1]))
            self.lowered = []
        elif skip := ODOO_SKIP.match(text):
            self.skips.append((logger, skip[1], skip[2]))
        elif tried := ODOO_AGAIN.match(text):
            self.again.append((tried[1], self.why_again()))
        else:
            self.read_end(level, logger, text)

    def read_end(self, level: str, logger: str, text: str) -> None:
        """The line of a failure or of trouble, or the summary."""
        if failure := ODOO_FAILURE.match(text):
            self.failures.append((f"{logger}: {failure[1]}", self.below))
        elif end := ODOO_SUMMARY.match(text):
            self.summary = int(end[1]) + int(end[2]), int(end[3])
        elif level in TROUBLE and not ODOO_REPEATED.match(text):
            whole = f"{logger}: {text}"
            if not self.allowed.search(whole):
                self.trouble.append(f"{level} {whole}")

    def why_again(self) -> list[str]:
        """The lines of the first try that tell most: those of its failure."""
        failures = [one for one in self.lowered if ODOO_FAILURE.match(one[0])]
        text, below = (failures or self.lowered or [("", [])])[0]
        return [text, *below]

    def result(self, exit_code: int) -> OdooRun:
        failed, ran = self.summary or (len(self.failures) + 1, 0)
        # Odoo counts each try.
        counted = failed, ran - len(self.again)
        return OdooRun(
            odoo_count(
                self.started, self.skips, len(self.failures), counted, exit_code
            ),
            [told(name, traceback) for name, traceback in self.failures],
            [f"{name}: {reason}" for _logger, name, reason in self.skips],
            self.trouble,
            [told(name, why) for name, why in self.again],
        )


def odoo_count(
    started: set[tuple[str, str]],
    skips: list[tuple[str, str, str]],
    failures: int,
    summary: tuple[int, int],
    exit_code: int,
) -> Count:
    """Weigh the summary, the single lines and the exit code against each other."""
    failed, ran = summary
    failed = max(failed, failures)
    ran = max(ran, len(started))
    # A class that is skipped as a whole has started none of its tests.
    skipped_tests = len({(logger, name) for logger, name, _ in skips} & started)
    if exit_code and not failed:
        failed = 1
    passed = max(ran - failed - skipped_tests, 0) if ran else 0
    return Count(passed, failed, len(skips))
