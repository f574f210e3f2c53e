"""The words after ``python3 tools`` and what each of them runs."""

from __future__ import annotations

import importlib
from collections.abc import Callable

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


def deferred(module: str, function: str = "main") -> Callable[[], int]:
    """A command whose module is loaded when it is called."""

    def call() -> int:
        command: Callable[[], int] = getattr(importlib.import_module(module), function)
        return command()

    return call


COMMANDS = {
    "setup": setup,
    "ready": ready,
    "clean": clean,
    "demo": deferred("demo"),
    "stop": deferred("stop"),
    "test": deferred("suite"),
    "faults": deferred("suite", "faults"),
    "lint": deferred("lint"),
    "bench": deferred("extras", "bench"),
    "screenshots": deferred("extras", "screenshots"),
    "translations": deferred("extras", "translations"),
}


def main(arguments: list[str]) -> int:
    """Run one command; the exit code says how it went."""
    if len(arguments) == 1 and arguments[0] in COMMANDS:
        return COMMANDS[arguments[0]]()
    known = " | ".join(name for name in COMMANDS if name != "ready")
    raise Failure(f"The commands are: python3 tools {known}")
