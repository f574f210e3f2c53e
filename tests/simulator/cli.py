"""Command line: serve, and talk to a simulator that serves."""

from __future__ import annotations

import argparse
import signal
import sys
import threading

from .server import Simulator


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; the result is the exit status."""
    parser = argparse.ArgumentParser(prog="simulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8710)
    parser.add_argument("--tls-port", type=int, default=8711)
    parser.add_argument("--store", help="directory that keeps the mailboxes")
    parser.add_argument("--latency", type=float, default=0.0, help="milliseconds")
    parser.add_argument(
        "--mailbox",
        action="append",
        default=[],
        metavar="ADDRESS:PASSWORD",
        help="create this mailbox if it is missing (repeatable)",
    )
    options = parser.parse_args(arguments)
    return serve(options)


def serve(options: argparse.Namespace) -> int:
    """Serve until a signal comes."""
    simulator = Simulator(
        options.port,
        options.tls_port,
        host=options.host,
        store=options.store,
        latency=options.latency,
    )
    for text in options.mailbox:
        login, _, password = text.partition(":")
        if simulator.store.directory.user(login) is None:
            simulator.add_mailbox(login, password or "secret")
    try:
        simulator.start()
    except OSError as error:
        sys.stderr.write(f"The simulator cannot open its ports: {error}\n")
        return 1
    done = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: done.set())
    sys.stdout.write(
        f"Graph {simulator.url}\nShort paths {simulator.short_url}\n"
        f"Sign-in {simulator.authority}\nCertificate {simulator.ca_file}\n"
    )
    sys.stdout.flush()
    done.wait()
    simulator.stop()
    return 0
