"""`make lint`: ruff, pylint-odoo and mypy, each one check that passes or fails."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import installation
from common import ADDON, CHECKOUT, HOME, say
from environment import VENV
from launchers import ADDONS

TOOLS = CHECKOUT / "tools"
TYPED = ("client", "mapper")
# Folders of Python files that are no Odoo code, and pylint-odoo's rules about
# Odoo's models that mistake theirs for such.
PLAIN = (
    "client",
    "mapper",
    "tests/simulator",
    "tests/client_tests",
    "tests/mapper_tests",
    "tests/simulator_tests",
    "tests/tools_tests",
)
CONCISE = ("--quiet", "--output-format=concise")
MODEL_RULES = "method-required-super,missing-return,super-method-mismatch"


def main() -> int:
    """Check everything and say how it went."""
    installation.ensure()
    failed = [name for name, passed in checks() if not passed]
    say(f"Not clean: {', '.join(failed)}." if failed else "All checks passed.")
    return 1 if failed else 0


def checks() -> Iterator[tuple[str, bool]]:
    """Run one check after another; what they find goes to the output."""
    settings = str(CHECKOUT / "pyproject.toml")
    cache = str(HOME / "cache" / "mypy-tools")
    # Not those that run in Odoo's shell, which is untyped.
    tools = sorted(names(TOOLS, "*.py") - names(TOOLS, "demo_*.py"))
    plain, odoo = addon_files()
    pylint = ["pylint", "--rcfile", settings]
    commands = {
        "ruff": (["ruff", "check", *CONCISE, "."], CHECKOUT),
        "ruff format": (["ruff", "format", "--check", *CONCISE, "."], CHECKOUT),
        # Pylint-odoo looks for the manifest in the folder named like the addon.
        "pylint-odoo": ([*pylint, *odoo], ADDONS),
        "pylint": ([*pylint, f"--disable={MODEL_RULES}", *plain], ADDONS),
        "mypy": (["mypy", *(name for name in TYPED if has_code(name))], CHECKOUT),
        "mypy of the tools": (
            ["mypy", "--config-file", settings, "--cache-dir", cache, *tools],
            TOOLS,
        ),
    }
    for name, (command, folder) in commands.items():
        say(f"    {name}")
        done = subprocess.run(
            [VENV / "bin" / command[0], *command[1:]], cwd=folder, check=False
        )
        yield name, not done.returncode


def addon_files() -> tuple[list[str], list[str]]:
    """The addon's Python files below its name: plain ones and Odoo's."""
    plain: list[str] = []
    odoo: list[str] = []
    for path in sorted(CHECKOUT.rglob("*.py")):
        name = path.relative_to(CHECKOUT)
        if name.parts[0] in ("tools", "benchmarks") or name.parts[0].startswith("."):
            continue
        kind = plain if str(name).startswith(tuple(f"{p}/" for p in PLAIN)) else odoo
        kind.append(str(Path(ADDON) / name))
    return plain, odoo


def names(folder: Path, pattern: str) -> set[str]:
    """Names of the files in a folder that fit a pattern."""
    return {path.name for path in folder.glob(pattern)}


def has_code(name: str) -> bool:
    """Whether a package exists yet."""
    return (CHECKOUT / name / "__init__.py").is_file()
