"""`make stop`: end what `make demo` started, and the database server."""

from __future__ import annotations

import cluster
import services
from common import HOME, locked, say


def main() -> int:
    """Stop everything of ours; fine when nothing runs."""
    if not HOME.is_dir():
        say("Nothing was running.")
        return 0
    with locked("demo"):
        stopped = [name for name in ("odoo", "simulator") if services.stop(name)]
        with locked("ready"):
            # Tests or a shell of somebody else may be at work in it.
            if not cluster.in_use() and cluster.stop():
                stopped.append("PostgreSQL")
    say(f"Stopped: {', '.join(stopped)}." if stopped else "Nothing was running.")
    return 0
