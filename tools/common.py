"""What all commands share: where things lie, how they speak and how they fail."""

from __future__ import annotations

import contextlib
import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
HOME = CHECKOUT / ".odoo"
LOGS = HOME / "log"
ADDON = "exchange_connector"
DATABASE_USER = "odoo"

# Odoo splits its addons path at commas and expands "$" and "~" in it; Python
# splits its own path at colons.
UNUSABLE_IN_PATHS = set(",$~:;\"'\\\n")


class Failure(Exception):
    """Something the reader can act on, said in one plain sentence."""


def say(text: str) -> None:
    """Print progress at once, also into a pipe."""
    print(text, flush=True)


def check_checkout() -> None:
    """Refuse a place in which Odoo could not find its files."""
    bad = sorted(UNUSABLE_IN_PATHS & set(str(CHECKOUT)))
    if bad:
        raise Failure(
            f"The path {CHECKOUT} has {' and '.join(map(repr, bad))} in it, which"
            " Odoo's addons path cannot hold: move the checkout to another folder."
        )


def log_file(name: str) -> Path:
    """The file below .odoo/log that the output of one part goes to."""
    LOGS.mkdir(parents=True, exist_ok=True)
    return LOGS / f"{name}.log"


def run(
    command: Sequence[object],
    failure: str,
    *,
    log: str = "setup",
    env: Mapping[str, str] | None = None,
    cwd: str | Path | None = None,
) -> None:
    """Run ``command`` with its output in a log file.

    :param failure: the sentence to fail with, without a full stop
    :raises Failure: when the command is missing or does not return 0
    """
    path = log_file(log)
    with path.open("ab") as output:
        output.write(f"\n$ {' '.join(map(str, command))}\n".encode())
        output.flush()
        try:
            done = subprocess.run(
                list(map(str, command)),
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
                env=env,
                cwd=cwd,
                check=False,
            )
        except OSError as error:
            raise Failure(f"{failure}: {error.strerror or error}.") from error
    if done.returncode:
        raise Failure(f"{failure} (details: {shown(path)}).")


def output_of(command: Sequence[str | Path]) -> str:
    """What a command prints, or nothing when it fails or is missing."""
    try:
        done = subprocess.run(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
            text=True,
            check=False,
        )
    except OSError:
        return ""
    return done.stdout if not done.returncode else ""


def shown(path: Path) -> str:
    """A path as the reader would type it from the checkout."""
    with contextlib.suppress(ValueError):
        return str(path.relative_to(CHECKOUT))
    return str(path)


def write_if_changed(path: Path, text: str, mode: int = 0o644) -> None:
    """Write a small file in one step, so that nobody ever reads half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.is_file() or path.read_text() != text:
        new = path.with_name(f"{path.name}.{os.getpid()}")
        new.write_text(text)
        new.chmod(mode)
        new.replace(path)


@contextlib.contextmanager
def locked(name: str) -> Iterator[None]:
    """Let one process at a time through, over all terminals of this machine."""
    HOME.mkdir(exist_ok=True)
    with (HOME / f"{name}.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def fail(error: Failure) -> int:
    """Say the sentence on the error output and give the exit code."""
    print(f"exchange_connector: {error}", file=sys.stderr, flush=True)
    return 1
