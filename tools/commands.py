"""The words after ``python3 tools`` and what each of them runs."""

from __future__ import annotations

import importlib

import installation
from common import Failure, say, shown


def setup() -> int:
    """Install everything; nothing to do the second time."""
    say("Set-up ...")
    installation.ensure()
    say("Ready: " + ", ".join(map(shown, installation.shown_paths())))
    return 0


def ready() -> int:
    """Called by the commands of `.odoo/bin`."""
    installation.ready()
    return 0


def clean() -> int:
    """Remove everything that set-up made."""
    installation.clean()
    return 0


# Modules with a function ``main`` that are loaded when their command is called.
MODULES = {"demo": "demo", "stop": "demo_stop", "test": "suite", "lint": "lint"}
HERE = {"setup": setup, "ready": ready, "clean": clean}


def main(arguments: list[str]) -> int:
    """Run one command; the exit code says how it went."""
    name = arguments[0] if len(arguments) == 1 else ""
    if name in HERE:
        return HERE[name]()
    if name in MODULES:
        return importlib.import_module(MODULES[name]).main()
    known = " | ".join(sorted({*HERE, *MODULES} - {"ready"}))
    raise Failure(f"The commands are: python3 tools {known}")
