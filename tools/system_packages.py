"""Packages of the distribution: what is missing, and how it is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from common import Failure, log_file, output_of, run, say

BROWSERS = ("google-chrome", "chromium", "chromium-browser", "google-chrome-stable")
POSTGRESQL = Path("/usr/lib/postgresql")
APT_OPTIONS = ["-y", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300"]


def missing(python: str, *, browser: bool) -> list[str]:
    """Names of the packages that have to be installed on this machine."""
    wanted = {}
    if not list(POSTGRESQL.glob("*/bin/initdb")) and not shutil.which("initdb"):
        wanted["postgresql"] = True
    if not output_of([python, "-c", "import ensurepip, venv; print('yes')"]):
        wanted[venv_package(python)] = True
    if not output_of([python, "-c", _FIND_MAGIC]):
        wanted["libmagic1"] = True
    if browser and not any(map(shutil.which, BROWSERS)):
        wanted["chromium"] = True
        wanted["fonts-liberation"] = True
    return list(wanted)


_FIND_MAGIC = """
import ctypes
ctypes.CDLL("libmagic.so.1")
print("yes")
"""


def venv_package(python: str) -> str:
    """The package that brings ``venv`` and ``ensurepip`` to an interpreter."""
    version = output_of(
        [python, "-c", "import sys; print('python%d.%d' % sys.version_info[:2])"]
    ).strip()
    return f"{version or 'python3'}-venv"


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
