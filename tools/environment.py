"""The virtual environment: Odoo's requirements, the addon's and the tests'."""

from __future__ import annotations

import hashlib
import shutil
import sys
from pathlib import Path

from common import CHECKOUT, HOME, Failure, output_of, run, say

VENV = HOME / "venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "installed"
SUPPORTED = ((3, 10), (3, 13))
CONSTRAINTS = CHECKOUT / "tools" / "constraints.txt"
REQUIREMENTS = (
    CHECKOUT / "tools" / "requirements-odoo.txt",
    CHECKOUT / "requirements.txt",
    CHECKOUT / "requirements-dev.txt",
)


def interpreter() -> str:
    """A Python on this machine that Odoo 19 supports."""
    if SUPPORTED[0] <= sys.version_info[:2] <= SUPPORTED[1]:
        return sys.executable
    for minor in range(SUPPORTED[1][1], SUPPORTED[0][1] - 1, -1):
        if found := shutil.which(f"python3.{minor}"):
            return found
    raise Failure(
        "Odoo 19 needs Python 3.10 to 3.13, and this machine has only"
        f" {sys.version_info[0]}.{sys.version_info[1]}."
    )


def fingerprint() -> str:
    """What the environment depends on: the pins, its Python and its place."""
    digest = hashlib.sha256(identity(PYTHON).encode())
    for path in (*REQUIREMENTS, CONSTRAINTS):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def identity(python: str | Path) -> str:
    """Version and place of an interpreter; empty when it does not run."""
    return output_of([python, "-c", "import sys; print(sys.version, sys.prefix)"])


def present() -> str:
    """The environment's own interpreter, if it runs."""
    return str(PYTHON) if identity(PYTHON) else ""


def ensure() -> None:
    """Make the environment, or bring it up to date after a changed pin.

    Whatever interpreter it was made with is kept as long as it works.
    """
    if STAMP.is_file() and STAMP.read_text() == fingerprint():
        return
    say("    installing Python packages")
    STAMP.unlink(missing_ok=True)
    if not usable():
        shutil.rmtree(VENV, ignore_errors=True)
        run(
            [interpreter(), "-m", "venv", VENV],
            "The virtual environment cannot be made",
        )
    files = [word for path in REQUIREMENTS for word in ("-r", str(path))]
    run(
        # The SDK's 16,000 modules are compiled when one is imported.
        [
            PYTHON,
            "-m",
            "pip",
            "install",
            "--no-compile",
            "--disable-pip-version-check",
            "--no-input",
            "-c",
            CONSTRAINTS,
            *files,
        ],
        "pip could not install the Python packages",
    )
    STAMP.write_text(fingerprint())


def usable() -> bool:
    """Whether the environment there works, and was made at this place."""
    return identity(PYTHON).strip().endswith(f" {VENV}") and str(VENV) in output_of(
        [PYTHON, "-m", "pip", "--version"]
    )
