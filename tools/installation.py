"""`make setup`: everything that Odoo, the addon and the tests need."""

from __future__ import annotations

import shutil
from pathlib import Path

import cluster
import environment
import launchers
import odoo_source
import system_packages
from common import HOME, Failure, check_checkout, locked, say

GIGABYTE = 1024**3
NEEDED_SPACE = 3 * GIGABYTE


def ensure(*, tests: bool = True) -> None:
    """Install what is missing; quick when nothing is.

    :param tests: also what only tests and screenshots need
    :raises Failure: with what the reader can do about it
    """
    check_checkout()
    odoo_source.given_source()
    with locked("setup"):
        if not (environment.STAMP.is_file() and launchers.BIN.is_dir()):
            check_space()
        python = environment.present() or environment.interpreter()
        system_packages.install(system_packages.missing(python, tests=tests))
        root = odoo_source.source_root()
        environment.ensure()
        launchers.write(root)
    ready()


def ready() -> None:
    """What must hold before a command of `.odoo/bin` runs."""
    with locked("ready"):
        launchers.link_addon()
        cluster.ensure_running()


def check_space() -> None:
    """Refuse to begin what the disk cannot hold."""
    free = shutil.disk_usage(HOME if HOME.exists() else HOME.parent).free
    if free < NEEDED_SPACE:
        raise Failure(
            f"The disk below {HOME.parent} has {free / GIGABYTE:.1f} GB free and"
            f" {NEEDED_SPACE // GIGABYTE} GB are needed."
        )


def clean() -> None:
    """Remove `.odoo` and the databases."""
    if HOME.is_dir():
        cluster.destroy()
        shutil.rmtree(HOME)
        say(f"{HOME} is removed.")


def shown_paths() -> list[Path]:
    """The commands to tell the reader of."""
    return [launchers.BIN / name for name in ("odoo", "python", "psql")]
