"""`make bench`, `make screenshots`, `make translations`: scripts beside Odoo."""

from __future__ import annotations

import subprocess
from pathlib import Path

import installation
from common import CHECKOUT, say
from launchers import BIN


def bench() -> int:
    """Run all the benchmarks, one after another."""
    scripts = sorted((CHECKOUT / "benchmarks").glob("[a-z]*.py"))
    return run_all(scripts, "benchmark")


def screenshots() -> int:
    """Make the pictures of the screens."""
    return run_all([CHECKOUT / "tools" / "screenshots.py"], "script for screenshots")


def translations() -> int:
    """Bring the files of i18n/ up to the texts."""
    return run_all([CHECKOUT / "tools" / "translations.py"], "script for translations")


def run_all(scripts: list[Path], kind: str) -> int:
    """Run scripts with Odoo's interpreter; 0 when all of them ended well."""
    present = [script for script in scripts if script.is_file()]
    if not present:
        say(f"There is no {kind} yet.")
        return 0
    installation.ensure()
    failed = []
    for script in present:
        say(f"{script.stem} ...")
        done = subprocess.run([BIN / "python", script], cwd=CHECKOUT, check=False)
        if done.returncode:
            failed.append(script.stem)
    say(f"Failed: {', '.join(failed)}." if failed else "Done.")
    return 1 if failed else 0
