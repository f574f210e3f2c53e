"""The count that `make test` ends with must not be better than the truth."""

import json
import re
from pathlib import Path

import pytest

from results import (
    Count,
    failures_of_pytest,
    fault_table,
    of_odoo,
    of_pytest,
    tally_of,
)

NOTHING = re.compile(r"(?!)")
TESTS = "odoo.addons.a.tests.test_b"
GOOD_END = "0 failed, 0 error(s) of 3 tests when loading database 'db'"


def line(level: str, logger: str, text: str) -> str:
    """A line as Odoo writes it, with the blank at its end."""
    return f"2026-01-31 12:00:01,000 7 {level} db {logger}: {text} \n"


def log(*more: str, end: str = GOOD_END) -> list[str]:
    return [
        line("INFO", TESTS, "Starting T.test_1 ..."),
        line("INFO", TESTS, "Starting T.test_2 ..."),
        line("INFO", TESTS, "skipped T.test_2 : no"),
        line("INFO", TESTS, "Starting T.test_3 ..."),
        *more,
        line("INFO", "odoo.tests.result", end),
    ]


def test_a_good_run_of_odoo():
    run = of_odoo(log(), 0, NOTHING)
    assert run.count == Count(passed=2, failed=0, skipped=1)
    assert run.skips == ["T.test_2: no"]
    assert not run.trouble


def test_a_failed_test_of_odoo_is_counted_once_and_is_no_other_trouble():
    more = (
        line("ERROR", TESTS, "FAIL: T.test_3"),
        "Traceback (most recent call last):\n",
        "AssertionError: 1 != 2\n",
        " \n",
        line("ERROR", "odoo.modules.loading", "At least one test failed when"),
        "no part of it\n",
    )
    end = "1 failed, 0 error(s) of 3 tests when loading database 'db'"
    run = of_odoo(log(*more, end=end), 1, NOTHING)
    assert run.count == Count(passed=1, failed=1, skipped=1)
    assert run.failures == [
        "odoo.addons.a.tests.test_b: T.test_3\n"
        "    Traceback (most recent call last):\n"
        "    AssertionError: 1 != 2"
    ]
    assert not run.trouble


AGAIN = (
    line("_ERROR", f"{TESTS}.T.test_3.browser", "no button"),
    line("_ERROR", TESTS, "FAIL: T.test_3"),
    "_Traceback_ (most recent call last):\n",
    "AssertionError: no button\n",
    line(
        "INFO",
        "odoo.tests.common",
        f"Retrying a failed test: test_3 ({TESTS}.T.test_3)",
    ),
    line("INFO", TESTS, "Starting T.test_3 ..."),
)


def test_a_test_that_passes_at_its_second_try_is_told_and_counted_once():
    end = "0 failed, 0 error(s) of 4 tests when loading database 'db'"
    run = of_odoo(log(*AGAIN, end=end), 0, NOTHING)
    assert run.count == Count(passed=2, failed=0, skipped=1)
    assert run.again == [
        f"{TESTS}.T.test_3\n"
        "    FAIL: T.test_3\n"
        "    _Traceback_ (most recent call last):\n"
        "    AssertionError: no button"
    ]
    assert not run.trouble and not run.failures


def test_a_test_that_fails_twice_has_failed_once():
    more = (*AGAIN, line("ERROR", TESTS, "FAIL: T.test_3"), "AssertionError: no\n")
    end = "1 failed, 0 error(s) of 4 tests when loading database 'db'"
    run = of_odoo(log(*more, end=end), 1, NOTHING)
    assert run.count == Count(passed=1, failed=1, skipped=1)
    assert run.failures == [f"{TESTS}: T.test_3\n    AssertionError: no"]


def test_a_run_of_odoo_that_breaks_off_has_failed():
    run = of_odoo(log()[:-1], 0, NOTHING)
    assert run.count.failed == 1


def test_an_exit_code_of_odoo_is_believed():
    assert of_odoo(log(), 255, NOTHING).count.failed == 1


def test_an_odoo_that_ran_nothing_has_passed_nothing():
    assert of_odoo([], 0, NOTHING).count == Count(failed=1)
    end = "0 failed, 0 error(s) of 0 tests when loading database 'db'"
    run = of_odoo([line("INFO", "odoo.tests.result", end)], 0, NOTHING)
    assert run.count == Count()


def test_a_skipped_class_takes_nothing_from_those_that_passed():
    more = line("INFO", TESTS, "skipped setUpClass (odoo.addons.a.tests.test_b.U) : no")
    assert of_odoo(log(more), 0, NOTHING).count == Count(passed=2, skipped=2)


@pytest.mark.parametrize("level", ["WARNING", "ERROR", "CRITICAL"])
def test_a_warning_is_trouble_unless_it_is_allowed(level):
    lines = log(line(level, "odoo.addons.a.models.b", "something is odd"))
    assert of_odoo(lines, 0, NOTHING).trouble == [
        f"{level} odoo.addons.a.models.b: something is odd"
    ]
    allowed = re.compile("^odoo.addons.a.models.b: something")
    assert not of_odoo(lines, 0, allowed).trouble


def report(folder: Path, text: str) -> Path:
    path = folder / "report.xml"
    path.write_text(text)
    return path


def test_the_report_of_pytest(tmp_path):
    xml = '<testsuites><testsuite tests="9" failures="2" errors="1" skipped="1"/>'
    count = of_pytest(report(tmp_path, f"{xml}</testsuites>"), 1)
    assert count == Count(passed=5, failed=3, skipped=1)
    assert str(count) == "5 passed, 3 failed, 1 skipped"


def test_the_failures_of_pytest_are_told_with_their_reason(tmp_path):
    xml = (
        '<testsuites><testsuite><testcase classname="test_a" name="test_b">'
        '<failure message="m">def test_b():\n&gt;   assert 1 == 2</failure></testcase>'
        '<testcase classname="test_a" name="test_c"/></testsuite></testsuites>'
    )
    assert failures_of_pytest(report(tmp_path, xml)) == [
        "test_a.test_b\n    def test_b():\n    >   assert 1 == 2"
    ]


def test_a_pytest_that_broke_off_has_failed(tmp_path):
    assert of_pytest(tmp_path / "missing.xml", 0) == Count(failed=1)
    assert of_pytest(report(tmp_path, "<testsuites><te"), 0) == Count(failed=1)
    xml = '<testsuites><testsuite tests="1" failures="0" errors="0" skipped="0"/>'
    assert of_pytest(report(tmp_path, f"{xml}</testsuites>"), 2).failed == 1


def test_faults_of_several_classes_are_one_table():
    def tally(kind, injected, lost):
        row = {"kind": kind, "injected": injected, "lost": lost}
        row |= {"doubled": 0, "deleted": 0, "outsiders": 0}
        return line("INFO", f"{TESTS}.fault_tally", f"fault tally: {json.dumps(row)}")

    rows = fault_table(
        tally_of(log(tally("b", 2, 0), tally("a", 3, 0), tally("b", 4, 1)))
    )
    assert rows[2:] == [
        "| a | 3 | 0 | 0 | 0 | 0 |",
        "| b | 6 | 1 | 0 | 0 | 0 |",
        "| all | 9 | 1 | 0 | 0 | 0 |",
    ]
