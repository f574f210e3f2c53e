"""``python -m mapper``: serve until told to stop."""

from __future__ import annotations

import logging
import signal
import sys
from types import FrameType

from waitress.server import create_server  # type: ignore[import-untyped]

from .application import Application
from .settings import Settings, SettingsError, is_loopback, read_settings

_logger = logging.getLogger("mapper")


def main(arguments: list[str]) -> int:
    """Serve; 0 after a stop that was asked for, 2 for settings that cannot be used."""
    try:
        settings = read_settings(arguments)
        host, port = _address(settings)
        _log(settings)
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    _serve(settings, host, port)
    return 0


def _serve(settings: Settings, host: str, port: int) -> None:
    application = Application(settings)
    server = create_server(
        application,
        host=host,
        port=port,
        threads=settings.threads,
        max_request_body_size=settings.max_body,
        channel_timeout=120,
        ident="",
    )
    signal.signal(signal.SIGTERM, _stop)
    if not is_loopback(host) and not settings.allow_http:
        _logger.warning("Plain http is refused for other machines; put TLS in front.")
    shown = getattr(server, "effective_port", port)
    _logger.info("Serving on http://%s:%s for %s", host, shown, settings.ews_url)
    try:
        server.run()
    finally:
        server.close()
        application.close()


def _address(settings: Settings) -> tuple[str, int]:
    host, colon, port = settings.listen.rpartition(":")
    if not colon or not port.isdigit():
        raise SettingsError("The address to listen on is ADDRESS:PORT.")
    return host.strip("[]"), int(port)


def _log(settings: Settings) -> None:
    level = getattr(logging, settings.log_level.upper(), None)
    if not isinstance(level, int):
        raise SettingsError("The log level is error, warning, info or debug.")
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(message)s")
    # these write whole addresses, in which people's ids are
    for name in ("urllib3", "spnego", "requests_ntlm"):
        logging.getLogger(name).setLevel(max(level, logging.WARNING))


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
