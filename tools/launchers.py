"""What `.odoo/bin` holds, Odoo's configuration, and the addon's place."""

from __future__ import annotations

import shlex
from pathlib import Path

import cluster
from common import ADDON, CHECKOUT, DATABASE_USER, HOME, write_if_changed
from environment import PYTHON
from odoo_source import addons_paths

BIN = HOME / "bin"
# A portion of the namespace package ``odoo.addons``: so the addon can be imported
# by its full name without Odoo's start-up, and under one path only.
LIBRARY = HOME / "lib"
ADDONS = LIBRARY / "odoo" / "addons"
CONFIGURATION = HOME / "odoo.conf"
RUNNER = LIBRARY / "run" / "odoo"

SETTINGS = """\
# Made by `make setup`; changes are lost.
[options]
addons_path = {addons}
data_dir = {home}/data
db_host = {host}
db_user = {user}
http_interface = 127.0.0.1
screenshots = {home}/screenshots
"""

SCRIPT = """\
#!/bin/sh
# Made by `make setup`; changes are lost.
{python} {tools} ready || exit 1
unset PGPORT PGPASSWORD PGSSLMODE PGSERVICE PYTHONHOME
export PGHOST={host} PGUSER={user} ODOO_RC={configuration}
export PYTHONPATH={path}${{PYTHONPATH:+:$PYTHONPATH}}
exec {command} "$@"
"""

START = """\
# Made by `make setup`: runs Odoo's command line from a folder without modules.
import sys

from odoo.cli import main

sys.exit(main())
"""


def write(root: Path) -> None:
    """Write the commands for an Odoo that lies in ``root``."""
    where = cluster.place()
    link_addon()
    addons = ",".join(map(str, [*addons_paths(root), ADDONS]))
    write_if_changed(
        CONFIGURATION,
        SETTINGS.format(
            addons=addons, home=HOME, host=where.sockets, user=DATABASE_USER
        ),
    )
    write_if_changed(RUNNER, START)
    psql = cluster.program("psql")
    for name, command in {
        "odoo": [PYTHON, RUNNER],
        "python": [PYTHON],
        "psql": [psql],
    }.items():
        write_if_changed(BIN / name, script(root, command), 0o755)


def script(root: Path, command: list[Path]) -> str:
    """A shell script that runs ``command`` with the environment of our Odoo."""
    return SCRIPT.format(
        python=shlex.quote(str(PYTHON)),
        tools=shlex.quote(str(CHECKOUT / "tools")),
        host=shlex.quote(str(cluster.place().sockets)),
        user=DATABASE_USER,
        configuration=shlex.quote(str(CONFIGURATION)),
        path=shlex.quote(f"{root}:{LIBRARY}"),
        command=shlex.join(map(str, command)),
    )


def link_addon() -> None:
    """Give the addon its name, whatever the checkout's folder is called.

    One link for each entry of the checkout and not one for the whole of it: Odoo's
    export of translations follows links and would walk into `.odoo`.
    """
    folder = ADDONS / ADDON
    folder.mkdir(parents=True, exist_ok=True)
    shown = HOME / "addons"
    if not shown.is_symlink():
        shown.symlink_to(ADDONS.relative_to(HOME))
    wanted = {
        entry.name
        for entry in CHECKOUT.iterdir()
        if not entry.name.startswith((".", "__pycache__"))
    }
    present = {entry.name for entry in folder.iterdir() if entry.is_symlink()}
    for name in present - wanted:
        (folder / name).unlink()
    for name in wanted:
        link, target = folder / name, CHECKOUT / name
        if not (link.is_symlink() and link.readlink() == target):
            link.unlink(missing_ok=True)
            link.symlink_to(target)
