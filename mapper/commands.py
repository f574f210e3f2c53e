"""Commands beside serving: an API key for a user, and where his Exchange server is."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Callable
from dataclasses import replace

from .autodiscover import discover
from .callers import new_key
from .errors import GraphError
from .options import read_settings
from .settings import Settings, SettingsError


def new_key_command(arguments: list[str]) -> int:
    """``new-key ADDRESS``: the key for the user, the line for the file."""
    try:
        (address,) = arguments
        key, line = new_key(address)
    except ValueError:
        sys.stderr.write("python -m mapper new-key ADDRESS\n")
        return 2
    sys.stdout.write(f"For the user, instead of a password: {key}\n")
    sys.stdout.write(f"For the file of --api-keys: {line}\n")
    return 0


def discover_command(arguments: list[str]) -> int:
    """``discover ADDRESS [LOGIN]``: asks for the password, and Autodiscover."""
    if not 1 <= len(arguments) <= 2 or "@" not in arguments[0]:
        sys.stderr.write("python -m mapper discover ADDRESS [LOGIN]\n")
        return 2
    address, login = arguments[0], arguments[-1]
    try:
        found = discover(_settings(), address, login, getpass.getpass())
    except GraphError as error:
        sys.stderr.write(f"{error.message}\n")
        return 1
    for url in found.urls:
        sys.stdout.write(f"{url}\n")
    if found.elsewhere:
        sys.stderr.write(
            f"Autodiscover leads to {found.elsewhere}, of another domain; it was not "
            "asked. If it is yours, enter its name.\n"
        )
    elif not found.urls:
        sys.stderr.write("Autodiscover names no Exchange server for this address.\n")
    return 0 if found.urls else 1


def _settings() -> Settings:
    """Those of the environment; the address of Exchange is what is looked for."""
    try:
        return read_settings()
    except SettingsError:
        return replace(read_settings(["--ews-url", "https://localhost"]), timeout=20)


#: By the name that they are called by.
COMMANDS: dict[str, Callable[[list[str]], int]] = {
    "new-key": new_key_command,
    "discover": discover_command,
}
