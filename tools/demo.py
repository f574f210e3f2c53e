"""`make demo`: Odoo with demo users, beside a simulated Microsoft 365."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import shutil
import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

import installation
import services
from common import (
    ADDON,
    CHECKOUT,
    HOME,
    Failure,
    locked,
    log_file,
    run,
    say,
    shown,
    write_if_changed,
)
from launchers import BIN

DATABASE = "demo"
STORE = HOME / "simulator"
STATE = HOME / "run" / "demo.json"
# Run in `odoo shell` once the addon is installed: users, accounts, first sync.
# It finds the simulator by the variables of `Ports.environment`.
SCRIPT = CHECKOUT / "tools" / "demo_data.py"
# What it prints after this word is shown with the address, line by line.
SHOWN = "DEMO: "
PARTS = (
    "client",
    "controllers",
    "data",
    "i18n",
    "mapper",
    "models",
    "security",
    "static",
    "views",
)
CODE = (".py", ".xml", ".csv", ".js", ".scss", ".po")


@dataclass(frozen=True)
class Ports:
    """The three ports of the demo, all on the loopback interface."""

    odoo: int
    graph: int
    identity: int

    @property
    def url(self) -> str:
        """Odoo's address."""
        return f"http://localhost:{self.odoo}"

    @property
    def environment(self) -> dict[str, str]:
        """What the demo's script and Odoo are told of the addresses."""
        return {
            "DEMO_URL": self.url,
            "DEMO_GRAPH_URL": f"http://127.0.0.1:{self.graph}",
            "DEMO_IDENTITY_URL": f"https://localhost:{self.identity}",
            "DEMO_STORE": str(STORE),
        }


def main() -> int:
    """Bring the demo up, or say where it is when it is up."""
    with locked("demo"):
        ports = Ports(
            number("PORT", 8069),
            number("SIMULATOR_PORT", 8710),
            number("SIMULATOR_TLS_PORT", 8711),
        )
        ports = already_up(ports)
        say("1/4 set-up")
        installation.ensure(tests=False)
        say("2/4 simulator of Microsoft 365")
        start_simulator(ports)
        say("3/4 database")
        told = prepare_database(ports)
        say("4/4 Odoo")
        start_odoo(ports)
        announce(ports, told)
    return 0


def number(name: str, usual: int) -> int:
    """A port from the environment."""
    given = os.environ.get(name) or str(usual)
    if not given.isdigit() or not 0 < int(given) < 65536:
        raise Failure(f"{name}={given} is not a port: give a number like {usual}.")
    return int(given)


def already_up(ports: Ports) -> Ports:
    """Check the ports of what has to be started still."""
    for name, service, port in (
        ("PORT", "odoo", ports.odoo),
        ("SIMULATOR_PORT", "simulator", ports.graph),
        ("SIMULATOR_TLS_PORT", "simulator", ports.identity),
    ):
        if services.running(service):
            if state().get(name) != port:
                raise Failure(
                    f"The demo runs already with {name}={state().get(name)}:"
                    " end it first with `make stop`."
                )
        elif services.taken(port):
            raise Failure(
                f"Port {port} is in use by another program: choose a free one, for"
                f" instance `make demo {name}={port + 1000}`."
            )
    return ports


def state() -> dict[str, object]:
    """What the last start noted."""
    try:
        found = json.loads(STATE.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def note(**changes: object) -> None:
    """Keep something for the next start."""
    write_if_changed(STATE, json.dumps({**state(), **changes}, indent=1))


def start_simulator(ports: Ports) -> None:
    """Start the simulator with mailboxes that outlive it."""
    if services.running("simulator"):
        return
    STORE.mkdir(parents=True, exist_ok=True)
    note(SIMULATOR_PORT=ports.graph, SIMULATOR_TLS_PORT=ports.identity)
    services.start(
        "simulator",
        [
            BIN / "python",
            CHECKOUT / "tests" / "simulator",
            "--host",
            "127.0.0.1",
            "--port",
            str(ports.graph),
            "--tls-port",
            str(ports.identity),
            "--store",
            STORE,
        ],
        lambda: answers(ports.graph, "/") and answers(ports.identity, "/", tls=True),
    )


def answers(port: int, path: str, *, tls: bool = False, status: int = 0) -> bool:
    """Whether a server on this machine answers (with a status, if one is given)."""
    if tls:
        # Only the question whether it is up: no secret is sent.
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        link: http.client.HTTPConnection = http.client.HTTPSConnection(
            "127.0.0.1", port, timeout=10, context=context
        )
    else:
        link = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        link.request("GET", path)
        return status in (0, link.getresponse().status)
    except (OSError, http.client.HTTPException):
        return False
    finally:
        link.close()


def prepare_database(ports: Ports) -> list[str]:
    """Make the database at the first start, and follow changes of the code later.

    :return: the lines that the demo's script wants shown
    """
    code = fingerprint(addon_files())
    data = fingerprint(sorted(SCRIPT.parent.glob("demo_*.py")))
    known = state()
    if not known.get("made"):
        drop()
        odoo("-d", DATABASE, "-i", ADDON)
    elif known.get("code") != code:
        if services.running("odoo"):
            services.stop("odoo")
        odoo("-d", DATABASE, "-u", ADDON)
    note(made=True, code=code)
    if SCRIPT.is_file() and (
        known.get("data") != data or known.get("ports") != vars(ports)
    ):
        told = fill(ports)
        note(data=data, ports=vars(ports), told=told)
    found = state().get("told")
    return [str(line) for line in found] if isinstance(found, list) else []


def odoo(*arguments: str) -> None:
    """Run Odoo until it has done what the arguments say."""
    run(
        [
            BIN / "odoo",
            *arguments,
            "--stop-after-init",
            "--no-http",
            "--max-cron-threads=0",
        ],
        "The demo's database could not be prepared",
        log="demo-database",
    )


def fill(ports: Ports) -> list[str]:
    """Run the demo's script in Odoo's shell."""
    say("    demo data and first synchronisation")
    log = log_file("demo-data")
    with SCRIPT.open("rb") as script, log.open("wb") as output:
        done = subprocess.run(
            [BIN / "odoo", "shell", "-d", DATABASE, "--no-http"],
            stdin=script,
            stdout=subprocess.PIPE,
            stderr=output,
            env={**os.environ, **ports.environment},
            text=True,
            check=False,
        )
        output.write(done.stdout.encode())
    lines = done.stdout.splitlines()
    if done.returncode:
        raise Failure(f"The demo's data could not be made (see {shown(log)}).")
    return [line.removeprefix(SHOWN) for line in lines if line.startswith(SHOWN)]


def start_odoo(ports: Ports) -> None:
    """Start Odoo's server with its scheduler."""
    if services.running("odoo"):
        return
    note(PORT=ports.odoo)
    services.start(
        "odoo",
        [
            BIN / "odoo",
            "-d",
            DATABASE,
            "--db-filter",
            f"^{DATABASE}$",
            "--http-port",
            str(ports.odoo),
            "--max-cron-threads=2",
        ],
        lambda: answers(ports.odoo, "/web/login", status=200),
        env=ports.environment,
    )


def announce(ports: Ports, told: list[str]) -> None:
    """Say where everything is."""
    say("")
    say(f"Odoo is ready at {ports.url}")
    say("  administrator: admin, password admin")
    for line in told:
        say(f"  {line}")
    say("End it with `make stop`.")


def drop() -> None:
    """Remove what an unfinished start left."""
    services.stop("odoo")
    run(
        [
            BIN / "psql",
            "-q",
            "-d",
            "postgres",
            "-c",
            f'DROP DATABASE IF EXISTS "{DATABASE}" WITH (FORCE)',
        ],
        "The demo's database could not be made anew",
    )
    shutil.rmtree(HOME / "data" / "filestore" / DATABASE, ignore_errors=True)


def fingerprint(files: list[Path]) -> str:
    """A digest of names and contents."""
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.relative_to(CHECKOUT)}\0".encode() + file.read_bytes())
    return digest.hexdigest()


def addon_files() -> list[Path]:
    """The files that a running Odoo has of the addon."""
    found = [CHECKOUT / "__manifest__.py"]
    for part in PARTS:
        found += [
            file
            for file in (CHECKOUT / part).rglob("*")
            if file.suffix in CODE and file.is_file()
        ]
    return sorted(found)
