"""``python -m mapper``: serve until told to stop, and commands for administrators."""

from __future__ import annotations

import logging
import sys

from .commands import COMMANDS
from .options import read_settings
from .serving import Server
from .settings import Settings, SettingsError


def main(arguments: list[str]) -> int:
    """Serve; 0 after a stop that was asked for, 2 for settings that cannot be used."""
    try:
        if arguments and arguments[0] in COMMANDS:
            return COMMANDS[arguments[0]](arguments[1:])
        settings = read_settings(arguments)
        _log(settings)
        server = Server(settings)
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except OSError as error:
        sys.stderr.write(f"The mapper cannot listen on its address: {error}\n")
        return 2
    server.run()
    return 0


def _log(settings: Settings) -> None:
    level = getattr(logging, settings.log_level.upper(), None)
    if not isinstance(level, int):
        raise SettingsError("The log level is error, warning, info or debug.")
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(message)s")
    # these write whole addresses, in which people's ids are
    for name in ("urllib3", "spnego", "requests_ntlm"):
        logging.getLogger(name).setLevel(max(level, logging.WARNING))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
