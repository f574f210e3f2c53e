"""The virtual environment: Odoo's requirements, the addon's and the tests'."""

from __future__ import annotations

import hashlib
import shutil
import sys

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


def fingerprint(python: str) -> str:
    """What the environment depends on: pins, interpreter and place."""
    digest = hashlib.sha256()
    version = output_of([python, "-c", "import sys; print(sys.version)"])
    digest.update(f"{version}{VENV}".encode())
    for path in (*REQUIREMENTS, CONSTRAINTS):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def ensure(python: str) -> None:
    """Make the environment, or bring it up to date after a changed pin."""
    wanted = fingerprint(python)
    if STAMP.is_file() and STAMP.read_text() == wanted:
        return
    say("    installing Python packages")
    if not fits(python):
        shutil.rmtree(VENV, ignore_errors=True)
        run([python, "-m", "venv", VENV], "The virtual environment cannot be made")
    STAMP.unlink(missing_ok=True)
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
    STAMP.write_text(wanted)


def fits(python: str) -> bool:
    """Whether the environment there is one of this interpreter at this place."""
    ask = "import sys; print(sys.version, sys.prefix)"
    version = output_of([python, "-c", "import sys; print(sys.version)"]).strip()
    return output_of([PYTHON, "-c", ask]).strip() == f"{version} {VENV}" and bool(
        output_of([PYTHON, "-m", "pip", "--version"]).count(str(VENV))
    )
