"""The private PostgreSQL: a cluster of our own, on a socket, without TCP.

The distribution's package may run a cluster too; it is neither used nor touched.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import pwd
import re
import shutil
import socket
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from common import (
    CHECKOUT,
    DATABASE_USER,
    HOME,
    LOGS,
    Failure,
    log_file,
    output_of,
    shown,
)

# PostgreSQL's limit for the path of a socket is 107 characters, its name included.
LONGEST_SOCKET_FOLDER = 107 - len("/.s.PGSQL.5432.lock")
PLAIN_PATH = re.compile(r"[A-Za-z0-9_./-]+")
SERVER_USER = "postgres"
SETTINGS = """
# exchange_connector: data that can be made again at any time, so no waiting for
# the disk; local socket only.
listen_addresses = ''
port = 5432
unix_socket_directories = '{sockets}'
max_connections = 200
shared_buffers = 256MB
fsync = off
synchronous_commit = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
max_wal_size = 2GB
jit = off
"""


@dataclass(frozen=True)
class Place:
    """Where the cluster lies and who runs it (None: whoever runs us)."""

    data: Path
    sockets: Path
    user: str | None

    @property
    def socket(self) -> Path:
        """The socket that clients connect to."""
        return self.sockets / ".s.PGSQL.5432"


def place() -> Place:
    """The cluster's place, the same at every call.

    PostgreSQL refuses to run as root, and the user that runs it for root must be
    able to reach the data; a checkout below /root is out of his reach.
    """
    user = SERVER_USER if os.geteuid() == 0 else None
    data = HOME / "pg"
    key = hashlib.sha256(str(CHECKOUT).encode()).hexdigest()[:12]
    if user and not reachable(HOME):
        data = Path("/var/lib/exchange_connector") / key
    sockets = data.parent / "pg-socket" if data.parent == HOME else data.parent / "s"
    if data.parent != HOME:
        sockets = data.parent / f"{key}-socket"
    if len(str(sockets)) > LONGEST_SOCKET_FOLDER or not PLAIN_PATH.fullmatch(
        str(sockets)
    ):
        sockets = Path(tempfile.gettempdir()) / f"exchange-connector-{key}"
    return Place(data, sockets, user)


def reachable(folder: Path) -> bool:
    """Whether a user without rights of his own may walk into a folder."""
    return all(step.stat().st_mode & 0o001 for step in (folder, *folder.parents))


def program(name: str, data: Path | None = None) -> Path:
    """A PostgreSQL program, of the version that made the cluster if there is one."""
    version = data / "PG_VERSION" if data else None
    wanted = version.read_text().strip() if version and version.is_file() else "*"
    found = sorted(
        Path("/usr/lib/postgresql").glob(f"{wanted}/bin/{name}"),
        key=lambda path: int(path.parts[-3]) if path.parts[-3].isdigit() else 0,
    )
    if found:
        return found[-1]
    if wanted == "*" and (elsewhere := shutil.which(name)):
        return Path(elsewhere)
    raise Failure(
        f"PostgreSQL {wanted} is gone from this machine: install it again, or throw"
        " the databases away with `make clean`."
        if wanted != "*"
        else "PostgreSQL is not installed: run `make setup`."
    )


def answers(where: Place) -> bool:
    """Whether somebody listens on the cluster's socket."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(5)
        try:
            probe.connect(str(where.socket))
        except OSError:
            return False
    return True


def ensure_running() -> Place:
    """Make the cluster when there is none and start it when it does not run."""
    where = place()
    if answers(where):
        return where
    own_folder(where.data, where.user)
    own_folder(where.sockets, where.user)
    if not (where.data / "PG_VERSION").is_file():
        create(where)
    configure(where)
    forget_foreign_server(where)
    if (where.data / "postmaster.pid").is_file():
        stop_unreachable(where)
    as_server(
        where,
        [
            program("pg_ctl", where.data),
            "-D",
            where.data,
            "-w",
            "-t",
            "60",
            "-l",
            where.data / "server.log",
            "start",
        ],
        f"PostgreSQL does not start: see {shown(where.data / 'server.log')}; `make"
        " clean` throws the databases away",
    )
    return where


def stop_unreachable(where: Place) -> None:
    """End a server of ours whose socket was removed, as happens to old files in /tmp.

    When there is no such server, the pid file is what a crash left, and the next
    start deals with it.
    """
    with contextlib.suppress(Failure):
        as_server(where, pg_ctl_stop(where), "PostgreSQL does not stop")


def pg_ctl_stop(where: Place) -> list[str | Path]:
    """The command that ends the server and its sessions."""
    return [program("pg_ctl", where.data), "-D", where.data, "-w", "-m", "fast", "stop"]


def stop() -> bool:
    """Stop the cluster; tell whether it ran."""
    where = place()
    if not answers(where):
        return False
    as_server(where, pg_ctl_stop(where), "PostgreSQL does not stop")
    return True


def in_use() -> bool:
    """Whether anybody is connected to the cluster now."""
    where = place()
    asked = output_of(
        [
            program("psql"),
            "-h",
            where.sockets,
            "-U",
            DATABASE_USER,
            "-d",
            "postgres",
            "-Atc",
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()",
        ]
    )
    return asked.strip() not in ("", "0")


def create(where: Place) -> None:
    """Make an empty cluster."""
    as_server(
        where,
        [
            program("initdb"),
            "-D",
            where.data,
            "-U",
            DATABASE_USER,
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        ],
        "The database cluster cannot be made",
    )


def configure(where: Place) -> None:
    """Bring our settings up to date in the cluster's own file."""
    extra = where.data / "exchange_connector.conf"
    extra.write_text(SETTINGS.format(sockets=where.sockets))
    main = where.data / "postgresql.conf"
    line = f"include '{extra.name}'\n"
    if line not in main.read_text():
        with main.open("a") as handle:
            handle.write(line)
    if where.user:
        shutil.chown(extra, where.user)


def forget_foreign_server(where: Place) -> None:
    """Drop the pid file that came with a copy of another checkout's cluster."""
    pid_file = where.data / "postmaster.pid"
    if pid_file.is_file():
        lines = pid_file.read_text().splitlines()
        if len(lines) < 2 or Path(lines[1]) != where.data:
            pid_file.unlink()


def own_folder(folder: Path, user: str | None) -> None:
    """A folder that belongs to the server's user and to nobody else.

    The socket's folder may lie in /tmp, where anybody can be first.
    """
    uid = pwd.getpwnam(user).pw_uid if user else os.geteuid()
    try:
        if user and not folder.parent.exists():
            folder.parent.mkdir(mode=0o755)
        folder.mkdir(mode=0o700)
    except FileExistsError:
        found = folder.lstat()
        if folder.is_symlink() or not folder.is_dir():
            raise Failure(f"{folder} is in the way: remove it.") from None
        if found.st_uid not in (uid, os.geteuid()):
            raise Failure(f"{folder} belongs to another user: remove it.") from None
    if user:
        shutil.chown(folder, user)
    folder.chmod(0o700)


def as_server(where: Place, command: list[str | Path], failure: str) -> None:
    """Run a PostgreSQL program as the user that owns the cluster."""
    path = log_file("postgresql")
    account: dict[str, Any] = {}
    if where.user:
        entry = pwd.getpwnam(where.user)
        account = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    with path.open("ab") as output:
        done = subprocess.run(
            list(map(str, command)),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd="/",
            check=False,
            start_new_session=True,
            **account,
        )
    if done.returncode:
        raise Failure(f"{failure} (details: {shown(LOGS / 'postgresql.log')}).")


def destroy() -> None:
    """Stop the cluster and remove it with all its databases."""
    stop()
    where = place()
    shutil.rmtree(where.data, ignore_errors=True)
    shutil.rmtree(where.sockets, ignore_errors=True)
