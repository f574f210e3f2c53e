"""`make screenshots`: a picture of each screen, in static/description/screenshots.

In English, and in German in the folder `de` below. Made with a database, a simulator
and an Odoo of their own for each language, which end with this script.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from odoo.modules import get_module_path
from odoo.tools import config

from browser import Browser
from common import ADDON, CHECKOUT, HOME, Failure, fail, log_file, run, say, shown
from demo_mails import DOMAIN
from launchers import BIN
from scenes import SCENES, Studio

sys.path.append(str(CHECKOUT / "tests"))
import words  # noqa: E402

DATABASE = f"{ADDON}_screenshots"
PICTURES = CHECKOUT / "static" / "description" / "screenshots"
LONGEST_START = 120
# {language: the folder of its pictures}
LANGUAGES = {"en_US": PICTURES, "de_DE": PICTURES / "de"}
# Who has connected nothing yet, for the end of demo_data.py.
NEWCOMER = (
    "env['res.users'].create({'name': 'Dora Klein', 'login': 'dora',"
    " 'password': 'dora', 'email': address('dora'), 'tz': 'Europe/Berlin',"
    " 'lang': LANGUAGE})\n"
    "env.cr.commit()\n"
    "simulator('create-mailbox', login=address('dora'), password='dora')\n"
    "for path in ('Inbox/Kunden', 'Inbox/Lieferanten', 'Projekte/Rathaus Bonn'):\n"
    "    simulator('create-folder', mailbox=address('dora'), folder=path)\n"
    "for mail in mails():\n"
    "    eml = base64.b64encode(mail.text()).decode()\n"
    "    simulator('drop', mailbox=address('dora'), folder=FOLDERS['incoming'],"
    " eml=eml)\n"
)


def main() -> int:
    """Take the pictures of each language."""
    problems = [problem for one in LANGUAGES for problem in take_all(one)]
    for problem in dict.fromkeys(problems):
        say(f"    console: {problem}")
    return 1 if problems else 0


def take_all(language: str) -> list[str]:
    """Set the stage, take all pictures of a language, clear up.

    :return: the errors on the pages' console
    """
    LANGUAGES[language].mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stage:
        scratch = Path(stage.enter_context(tempfile.TemporaryDirectory()))
        graph, identity, odoo = free_ports(3)
        url = f"http://localhost:{odoo}"
        stage.enter_context(simulator(graph, identity, scratch))
        stage.enter_context(database_of(DATABASE, language))
        fill(url, graph, identity, scratch, language)
        stage.enter_context(server(odoo))
        browser = stage.enter_context(Browser([fingerprint(identity)]))
        if language != "en_US":
            browser.say = translator(language)
        studio = Studio(browser, url, LANGUAGES[language])
        try:
            for scene in SCENES:
                scene(studio)
            browser.open(f"http://127.0.0.1:{graph}/mailboxes/anna@{DOMAIN}", "main")
            studio.take("mailbox")
        except Failure:
            seen = log_file("screenshots-failure").with_suffix(".png")
            seen.write_bytes(browser.picture())
            say(f"    what was to be seen: {shown(seen)}")
            raise
        return browser.problems


def translator(language: str) -> Callable[[str], str]:
    """:return: function(English text) -> what stands on a page for it"""
    config.parse_config([])
    texts = words.words(get_module_path, language=language.partition("_")[0])

    def translated(text: str) -> str:
        whole = (each for each in texts if text and each.startswith(text))
        found = text if text in texts else min(whole, key=len, default="")
        return words.literal(texts[found]) if found else text

    return translated


# -- the stage -------------------------------------------------------------------------


def free_ports(number: int) -> list[int]:
    """Ports that nobody uses."""
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(number)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


@contextlib.contextmanager
def program(name: str, url: str, *command: str | Path) -> Iterator[None]:
    """A program that runs as long as the block does."""
    with log_file(name).open("ab") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=CHECKOUT)
    try:
        deadline = time.monotonic() + LONGEST_START
        while not answers(url):
            if process.poll() is not None or time.monotonic() > deadline:
                raise Failure(f"{name} does not answer (see {shown(log_file(name))}).")
            time.sleep(0.2)
        yield
    finally:
        process.terminate()
        process.wait()


def answers(url: str) -> bool:
    """Whether a server gives any answer there."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=10):
            return True
    except OSError:
        return False


def simulator(
    graph: int, identity: int, store: Path
) -> contextlib.AbstractContextManager[None]:
    """The simulator of Microsoft 365."""
    ports = ("--port", str(graph), "--tls-port", str(identity))
    return program(
        "screenshots-simulator",
        f"http://127.0.0.1:{graph}/admin/commands",
        *(BIN / "python", CHECKOUT / "tests" / "simulator", *ports),
        *("--store", store),
    )


@contextlib.contextmanager
def database_of(name: str, language: str = "en_US") -> Iterator[None]:
    """A database with the addon in a language, dropped at the end."""
    drop = f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'
    command = [BIN / "psql", "-q", "-d", "postgres", "-c", drop]
    run(command, "The database could not be dropped")
    say("    database")
    once = ("--stop-after-init", "--no-http", "--max-cron-threads=0")
    languages = ("--load-language", language)
    install = [BIN / "odoo", "-d", name, "-i", ADDON, *languages, *once]
    run(install, "The database could not be made", log=name)
    try:
        yield
    finally:
        run(command, "The database could not be dropped")
        shutil.rmtree(HOME / "data" / "filestore" / name, ignore_errors=True)


def fill(url: str, graph: int, identity: int, store: Path, language: str) -> None:
    """The demo's data, and a user who has connected nothing yet."""
    say("    data")
    environment = {
        "DEMO_URL": url,
        "DEMO_GRAPH_URL": f"http://127.0.0.1:{graph}",
        "DEMO_IDENTITY_URL": f"https://localhost:{identity}",
        "DEMO_STORE": str(store),
        "DEMO_LANGUAGE": language,
    }
    script = (CHECKOUT / "tools" / "demo_data.py").read_text()
    log = log_file("screenshots-data")
    with log.open("wb") as output:
        done = subprocess.run(
            [BIN / "odoo", "shell", "-d", DATABASE, "--no-http"],
            input=f"{script}\n{NEWCOMER}".encode(),
            stdout=output,
            stderr=output,
            env={**os.environ, **environment},
            check=False,
        )
    if done.returncode:
        raise Failure(f"The data could not be made (see {shown(log)}).")


def server(port: int) -> contextlib.AbstractContextManager[None]:
    """Odoo, without its scheduler: the pictures stay as they are."""
    return program(
        "screenshots-odoo",
        f"http://127.0.0.1:{port}/web/login",
        *(BIN / "odoo", "-d", DATABASE, "--db-filter", f"^{DATABASE}$"),
        *("--http-port", str(port), "--max-cron-threads=0"),
    )


def fingerprint(port: int) -> str:
    """The digest of a server's public key, as Chromium wants it."""
    pem = ssl.get_server_certificate(("localhost", port))
    key = x509.load_pem_x509_certificate(pem.encode()).public_key()
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(der).digest()).decode()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failure as error:
        sys.exit(fail(error))
