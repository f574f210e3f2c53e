"""Packages of the distribution: what is missing, and how it is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from common import Failure, log_file, output_of, run, say
from odoo_source import distribution

BROWSERS = ("google-chrome", "chromium", "chromium-browser", "google-chrome-stable")
POSTGRESQL = Path("/usr/lib/postgresql")
OF_THE_SYSTEM = "import sys; assert sys.base_prefix == '/usr'"
APT_OPTIONS = ["-y", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300"]


def missing(python: str, *, tests: bool) -> list[str]:
    """Names of the packages that have to be installed on this machine.

    :param python: the interpreter that the environment has or will have
    :param tests: also what only tests and screenshots need
    """
    wanted = []
    if not list(POSTGRESQL.glob("*/bin/initdb")) and not shutil.which("initdb"):
        wanted.append("postgresql")
    if not asked(python, "import ensurepip, venv"):
        wanted.append(f"{versioned(python)}-venv")
    if not asked(python, "import ctypes; ctypes.CDLL('libmagic.so.1')"):
        wanted.append("libmagic1")
    if tests:
        if not any(map(shutil.which, BROWSERS)):
            wanted += browser()
        # The sample mails of Python's own tests; distributions split them off.
        if asked(python, OF_THE_SYSTEM) and not asked(python, "import test.test_email"):
            wanted.append(f"lib{versioned(python)}-testsuite")
    return wanted


def browser() -> list[str]:
    """The packages of a browser; none on Ubuntu, whose package is an empty shell."""
    if distribution() == "ubuntu":
        say("    no Chromium or Google Chrome here: tests in the browser are skipped")
        return []
    return ["chromium", "fonts-liberation"]


def asked(python: str, question: str) -> bool:
    """Whether an interpreter runs some statements without an error."""
    return output_of([python, "-c", f"{question}; print('yes')"]) == "yes\n"


def versioned(python: str) -> str:
    """The name that the distribution gives an interpreter, like ``python3.11``."""
    return output_of(
        [python, "-c", "import sys; print('python%d.%d' % sys.version_info[:2])"]
    ).strip()


def install(packages: list[str]) -> None:
    """Install packages with apt; nothing to do is the usual case.

    :raises Failure: no apt, no right to use it, or a package it cannot get
    """
    if not packages:
        return
    names = " ".join(packages)
    if not shutil.which("apt-get"):
        raise Failure(
            f"This machine has no apt-get: install {names} by hand and try again."
        )
    root = as_root(names)
    apt = [*root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]
    say(f"    installing {names}")
    # A single unreachable third-party source must not stop us: whether the
    # packages can be had is for the installation to say.
    with log_file("setup").open("ab") as output:
        subprocess.run(
            [*apt, "update", "-q"], stdout=output, stderr=output, check=False
        )
    run(
        [*apt, "install", "-q", *APT_OPTIONS, *packages],
        f"apt-get could not install {names}",
    )


def as_root(names: str) -> list[str]:
    """The words before a command that make it run as root."""
    if os.geteuid() == 0:
        return []
    advice = f"ask an administrator to run `apt-get install {names}`."
    if not shutil.which("sudo"):
        raise Failure(f"{names} must be installed and there is no sudo: {advice}")
    quiet = subprocess.run(
        ["sudo", "-n", "true"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    if not quiet.returncode:
        return ["sudo", "-n"]
    if (
        sys.stdin.isatty()
        and not subprocess.run(["sudo", "-v"], check=False).returncode
    ):
        return ["sudo"]
    raise Failure(f"{names} must be installed and sudo does not allow it: {advice}")
