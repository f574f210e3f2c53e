"""Programs that stay in the background: started, found again, and ended by name."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from common import CHECKOUT, HOME, Failure, log_file, shown, write_if_changed

RUN = HOME / "run"
LONGEST_START = 180
LONGEST_STOP = 30


def begun(pid: int) -> str:
    """When a process began, in ticks since the machine's start; empty: it is gone.

    A number alone may belong to another process by now.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] == "Z" else fields[19]


def pid_file(name: str) -> Path:
    """Where a program's process is noted, with the moment of its start."""
    return RUN / f"{name}.pid"


def running(name: str) -> int | None:
    """The process of a program that we started and that still runs."""
    try:
        pid, start = pid_file(name).read_text().split()
    except (OSError, ValueError):
        return None
    return int(pid) if begun(int(pid)) == start else None


def start(
    name: str,
    command: Sequence[str | Path],
    answers: Callable[[], bool],
    env: Mapping[str, str] | None = None,
) -> None:
    """Start a program in the background and wait until it answers.

    :raises Failure: when it ends or does not answer in time
    """
    log = log_file(name)
    with log.open("ab") as output:
        process = subprocess.Popen(
            list(map(str, command)),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=CHECKOUT,
            env={**os.environ, **(env or {})},
            start_new_session=True,
        )
    write_if_changed(pid_file(name), f"{process.pid} {begun(process.pid)}\n")
    deadline = time.monotonic() + LONGEST_START
    while not answers():
        if process.poll() is not None:
            pid_file(name).unlink(missing_ok=True)
            raise Failure(f"The {name} ended at its start (see {shown(log)}).")
        if time.monotonic() > deadline:
            stop(name)
            raise Failure(f"The {name} does not answer (see {shown(log)}).")
        time.sleep(0.2)


def stop(name: str) -> bool:
    """End a program that we started, the hard way if it does not listen.

    :return: whether it ran
    """
    pid = running(name)
    if pid is not None:
        start_time = begun(pid)
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + LONGEST_STOP
        while begun(pid) == start_time:
            if time.monotonic() > deadline:
                os.kill(pid, signal.SIGKILL)
            reap(pid)
            time.sleep(0.1)
    pid_file(name).unlink(missing_ok=True)
    return pid is not None


def reap(pid: int) -> None:
    """Let go of the process if it was a child of ours."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return


def taken(port: int) -> bool:
    """Whether somebody on this machine listens on a port already."""
    with socket.socket() as probe:
        # As servers do: the remains of closed connections do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False
