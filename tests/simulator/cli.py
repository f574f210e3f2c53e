"""Command line: serve, or talk to a simulator that serves.

``python tests/simulator [--port 8710 …]`` serves until it is ended.
``python tests/simulator drop anna@contoso.example "Inbox/Transfer Eingang" a.eml`` and
the like command the one that serves; ``python tests/simulator help`` lists all.
"""

from __future__ import annotations

import argparse
import base64
import json
import signal
import sys
import threading
import urllib.error
import urllib.request
from pathlib import Path

from .server import Simulator
from .throttle import Limits

PORT, TLS_PORT = 8710, 8711


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; the result is the exit status."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if not arguments or arguments[0].startswith("-"):
        return serve(_serve_options(arguments))
    try:
        return tell(arguments)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 1


# -- serving ---------------------------------------------------------------------------


def _serve_options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="simulator",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=PORT)
    parser.add_argument("--tls-port", type=int, default=TLS_PORT)
    parser.add_argument("--store", help="directory that keeps the mailboxes")
    parser.add_argument("--latency", type=float, default=0.0, help="milliseconds")
    parser.add_argument("--cloud", default="global", help="global, usgov_high, …")
    parser.add_argument("--no-limits", action="store_true", help="no throttling")
    parser.add_argument("--contract", action="store_true", help="check and report")
    parser.add_argument(
        "--redirect-uri", action="append", default=[], help="of the first app"
    )
    parser.add_argument(
        "--mailbox",
        action="append",
        default=[],
        metavar="ADDRESS[:PASSWORD]",
        help="create this mailbox if it is missing (repeatable)",
    )
    return parser.parse_args(arguments)


def serve(options: argparse.Namespace) -> int:
    """Serve until a signal comes."""
    limits = Limits(None, None, upload=None) if options.no_limits else Limits()
    simulator = Simulator(
        options.port,
        options.tls_port,
        host=options.host,
        store=options.store,
        latency=options.latency,
        cloud=options.cloud,
        contract=options.contract,
        limits=limits,
    )
    _prepare(simulator, options)
    try:
        simulator.start()
    except OSError as error:
        simulator.stop()
        sys.stderr.write(
            f"The simulator cannot open port {options.port} or {options.tls_port} "
            f"({error}): end what uses it, or choose others with --port and "
            "--tls-port.\n"
        )
        return 1
    _wait(simulator)
    simulator.stop()
    for problem in simulator.contract_problems:
        sys.stderr.write(f"{problem}\n")
    return 0


def _wait(simulator: Simulator) -> None:
    done = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: done.set())
    sys.stdout.write(
        f"Graph {simulator.url}\nShort paths {simulator.short_url}\n"
        f"Exchange {simulator.ews_url}\n"
        f"Sign-in {simulator.authority}\nCertificate {simulator.ca_file}\n"
    )
    sys.stdout.flush()
    done.wait()


def _prepare(simulator: Simulator, options: argparse.Namespace) -> None:
    for text in options.mailbox:
        login, _, password = text.partition(":")
        if simulator.store.directory.user(login) is None:
            simulator.add_mailbox(login, password or "secret")
    app = simulator.app()
    for uri in options.redirect_uri:
        if uri not in app.redirect_uris:
            app.redirect_uris.append(uri)


# -- telling ---------------------------------------------------------------------------

# Positional arguments of the commands that have some; the rest is name=value.
_POSITIONS = {
    "create-mailbox": ["login"],
    "set-user": ["login"],
    "delete-mailbox": ["login"],
    "folders": ["mailbox"],
    "messages": ["mailbox", "folder"],
    "create-folder": ["mailbox", "folder"],
    "move": ["mailbox", "message", "folder"],
    "set-app": [],
    "create-tenant": ["domain"],
    "revoke": ["login"],
    "challenge": ["login", "claims"],
    "expire-delta": ["mailbox"],
    "clock": ["advance"],
    "latency": ["milliseconds"],
    "fault": ["kind"],
    "requests": ["match"],
    "events": ["mailbox", "start", "end"],
    "create-event": ["mailbox"],
    "change-event": ["mailbox", "event"],
    "delete-event": ["mailbox", "event"],
    "respond": ["mailbox", "event", "answer"],
    "contacts": ["mailbox"],
    "create-contact": ["mailbox"],
    "delete-contact": ["mailbox", "contact"],
    "create-group": ["address", "members"],
}
_DROP_USAGE = "usage: drop MAILBOX FOLDER FILE.eml [FILE.eml …]"


def tell(arguments: list[str]) -> int:
    """Give a running simulator a command and show the answer."""
    name, *rest = arguments
    port = PORT
    if "--port" in rest:
        at = rest.index("--port")
        port = int(rest[at + 1])
        del rest[at : at + 2]
    if name == "help":
        for key, about in sorted(_ask(port, "commands", None).items()):
            words = " ".join(about["parameters"])
            sys.stdout.write(f"{key} {words}\n    {about['does']}\n")
        return 0
    if name == "drop":
        return _drop(port, rest)
    values: dict[str, object] = {}
    names = list(_POSITIONS.get(name, []))
    for argument in rest:
        key, mark, value = argument.partition("=")
        if names and not (mark and key.isidentifier()):
            values[names.pop(0)] = argument
        elif mark:
            values[key] = _value(value)
        else:
            raise ValueError(f"{argument!r} is not of the form name=value")
    _show(_ask(port, name, values)["result"])
    return 0


def _value(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _drop(port: int, rest: list[str]) -> int:
    if len(rest) < 3:
        raise ValueError(_DROP_USAGE)
    mailbox, folder, *files = rest
    for file in files:
        eml = base64.b64encode(Path(file).read_bytes()).decode()
        values = {"mailbox": mailbox, "folder": folder, "eml": eml}
        _show([_ask(port, "drop", values)["result"]])
    return 0


def _ask(port: int, name: str, values: dict | None) -> dict:
    url = f"http://127.0.0.1:{port}/admin/{name}"
    data = None if values is None else json.dumps(values).encode()
    # No proxy stands between this machine and itself.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, data, timeout=60) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise ValueError(json.load(error)["error"]) from None
    except urllib.error.URLError:
        raise OSError(
            f"No simulator serves on port {port}: start one with "
            "'python tests/simulator', or name its port with --port."
        ) from None


def _show(result: object) -> None:
    if isinstance(result, list) and result and isinstance(result[0], dict):
        for row in result:
            sys.stdout.write("\t".join(f"{k}={v}" for k, v in row.items()) + "\n")
    elif result is not None and result != []:
        text = result if isinstance(result, str) else json.dumps(result, indent=2)
        sys.stdout.write(f"{text}\n")
