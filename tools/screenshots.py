"""`make screenshots`: a picture of each screen, in static/description/screenshots.

In English, and in German in the folder `de` below. Made with a database, a simulator
and an Odoo of their own for each language, which end with this script.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import io
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
from PIL import Image

from odoo.modules import get_module_path
from odoo.tools import config

from browser import Browser
from common import ADDON, CHECKOUT, HOME, Failure, fail, log_file, run, say, shown
from demo_mails import DOMAIN
from launchers import BIN

sys.path.append(str(CHECKOUT / "tests"))
import words  # noqa: E402

DATABASE = f"{ADDON}_screenshots"
PICTURES = CHECKOUT / "static" / "description" / "screenshots"
DESK, PHONE = (1400, 900), (390, 844)
LARGEST = 200_000
LONGEST_START = 120
# {language: the folder of its pictures}
LANGUAGES = {"en_US": PICTURES, "de_DE": PICTURES / "de"}


class Studio:
    """Takes pictures of an Odoo that serves.

    :param language: of the users
    """

    def __init__(self, browser: Browser, url: str, language: str) -> None:
        self.browser = browser
        self.url = url
        self.folder = LANGUAGES[language]
        if language != "en_US":
            browser.say = translator(language)
        browser.resize(*DESK)

    def sign_in(self, login: str) -> None:
        """As one of the demo's users, whose password is the login."""
        self.browser.forget(self.url)
        self.browser.open(f"{self.url}/web/login", "input[name=login]")
        self.browser.type("input[name=login]", login)
        self.browser.type("input[name=password]", login)
        self.browser.click("button[type=submit]")
        self.browser.wait(".o_main_navbar")

    def open(self, path: str, ready: str) -> None:
        """Open a page of Odoo."""
        self.browser.open(f"{self.url}/odoo/{path}", ready)

    def take(self, name: str) -> None:
        """Write what the window shows as a small PNG."""
        image = Image.open(io.BytesIO(self.browser.picture())).convert("RGB")
        path = self.folder / f"{name}.png"
        image.quantize(128, dither=Image.Dither.NONE).save(path, optimize=True)
        size = path.stat().st_size
        say(f"    {shown(path)} ({size // 1000} kB)")
        if size > LARGEST:
            raise Failure(f"{shown(path)} has {size} bytes, which is too many.")


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
        studio = Studio(browser, url, language)
        try:
            for scene in (connecting, everyday, on_a_phone, administration):
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


# -- the scenes ------------------------------------------------------------------------


def connecting(studio: Studio) -> None:
    """A user connects his mailbox and chooses his folders."""
    browser = studio.browser
    studio.sign_in("dora")
    browser.click(".o_user_menu button")
    browser.click(".dropdown-item", "My Preferences")
    browser.click(".modal .nav-link", "Office 365")
    browser.click(".modal [name=exchange_server_id] input")
    browser.click(".o_select_menu_item", "Office 365")
    browser.wait(".modal button", "Connect Office 365")
    studio.take("connect")
    browser.click(".modal button", "Connect Office 365")
    browser.type("#i0118", "dora")
    studio.take("sign-in")
    browser.click("#idSIButton9")
    browser.wait(".o_field_badge", "Connected")
    studio.take("connected")
    browser.click("button", "Create Folders")
    browser.wait("[name=exchange_folder_ids]", "Transfer Incoming")
    browser.click(".o_notification_close")
    browser.click("button", "Choose Folders")
    browser.wait(".o_exchange_folder")
    studio.take("folders")
    browser.type(".o_exchange_folder_picker input[type=search]", "rathaus")
    studio.take("folders-search")
    browser.click(".modal-footer button", "Discard")
    browser.click("button", "Start Synchronisation…")
    browser.wait(".o_exchange_number")
    studio.take("preview")
    browser.resize(*PHONE)
    studio.take("phone-preview")
    browser.resize(*DESK)
    browser.click(".modal-footer button", "Not Yet")


def everyday(studio: Studio) -> None:
    """What a connected user sees."""
    browser = studio.browser
    studio.sign_in("anna")
    studio.open("discuss", ".o-mail-Discuss")
    browser.click(".o_menu_sections button", "Outlook")
    browser.wait(".o-dropdown--menu", "Synchronise e-mails")
    studio.take("menu")
    browser.click(".dropdown-item", "My Mailbox")
    browser.wait(".o_field_badge", "Connected")
    studio.take("preferences")
    for name, person in (("chatter", "Jürgen Müller"), ("picture", "Petra Schäfer")):
        studio.open("contacts", ".o_data_row")
        browser.click(".o_data_cell", person)
        browser.wait(".o-mail-Message-body")
        time.sleep(1)
        studio.take(name)
    assigning(studio)
    calendar(studio)
    contacts(studio)
    studio.open("exchange-log", ".o_data_row")
    studio.take("log")
    browser.click(".o_data_row .o_data_cell")
    browser.wait(".o_form_view")
    studio.take("run")


def assigning(studio: Studio) -> None:
    """Decisions about e-mails that wait; the last one is taken back."""
    browser = studio.browser
    studio.open("discuss", ".o_exchange_counter")
    studio.take("counter")
    browser.click(".o_exchange_counter")
    browser.wait(".o_kanban_record .o_exchange_decision")
    browser.wait(".o_exchange_state_panel")
    studio.take("assign")
    browser.click(".o_switch_view.o_list")
    browser.wait(".o_data_row")
    studio.take("mails")
    browser.click(".o_data_cell", "Frage zu Rechnung")
    browser.wait(".o_form_view .o_exchange_candidate")
    studio.take("mail")
    browser.click(".o_exchange_decision button", "File On…")
    browser.wait(".o_exchange_record_dialog select")
    studio.take("file-on")
    browser.click(".modal-footer button", "Discard")
    browser.click(".o_exchange_remember input")
    browser.click(".o_exchange_candidate button")
    browser.wait(".o_notification button", "Undo")
    studio.take("next-mail")
    studio.open("exchange-rules", ".o_data_row")
    studio.take("rules")
    studio.open("exchange-mails", ".o_kanban_view")
    browser.click(".o_facet_remove")
    browser.click(".o_kanban_record button", "Undo")
    browser.wait(".o_notification", "Taken back")
    studio.open("exchange-rules", ".o_data_row")
    browser.click(".o_data_row button[name=unlink]")
    browser.wait(".o_nocontent_help")


def calendar(studio: Studio) -> None:
    """The week, and an event from Outlook."""
    browser = studio.browser
    studio.open("calendar", ".fc-event")
    studio.take("calendar")
    studio.open("calendar?view_type=list", ".o_data_row")
    browser.click(".o_data_cell", "Wochenbesprechung Vertrieb")
    browser.wait(".o_exchange_from_outlook")
    studio.take("event")


def contacts(studio: Studio) -> None:
    """Contacts that are in Outlook, or go there."""
    browser = studio.browser
    studio.open("contacts", ".o_data_row")
    browser.click(".o_data_cell", "Architekturbüro Weiß")
    browser.wait(".o-form-buttonbox button", "Next time")
    studio.take("company")
    studio.open("contacts", ".o_data_row")
    browser.click("thead .o_list_record_selector input")
    browser.click(".o_cp_action_menus button", "Actions")
    browser.wait(".o-dropdown--menu", "Put into my Outlook")
    studio.take("contacts-many")
    studio.open("contacts", ".o_data_row")
    browser.click(".o_switch_view.o_kanban")
    browser.wait(".o_exchange_subscribed")
    studio.take("contacts-cards")
    studio.open("exchange-contacts", ".o_data_row")
    studio.take("outlook-contacts")


def on_a_phone(studio: Studio) -> None:
    """The same on a small screen."""
    browser = studio.browser
    browser.resize(*PHONE)
    studio.open("exchange-mails", ".o_kanban_record")
    studio.take("phone-mails")
    studio.open("exchange-log", ".o_kanban_record")
    studio.take("phone-log")
    studio.open("calendar", ".fc-event")
    studio.take("phone-calendar")
    studio.open("exchange-contacts", ".o_kanban_record")
    studio.take("phone-contacts")
    studio.open("contacts", ".o_kanban_record")
    browser.click(".o_kanban_record", "Jürgen Müller")
    browser.wait(".o_form_view [name=exchange_subscriber_names]")
    studio.take("phone-contact")
    browser.resize(*DESK)
    studio.open("discuss", ".o-mail-Discuss")
    browser.click(".o_menu_sections button", "Outlook")
    browser.click(".dropdown-item", "My Mailbox")
    browser.wait(".o_field_badge", "Connected")
    browser.resize(*PHONE)
    studio.take("phone-preferences")
    browser.click("button", "Choose Folders")
    browser.wait(".o_exchange_folder")
    studio.take("phone-folders")
    browser.resize(*DESK)


def administration(studio: Studio) -> None:
    """What an administrator sets."""
    browser = studio.browser
    studio.sign_in("admin")
    for name, service in (
        ("service-office365", "Office 365"),
        ("service-exchange", "Exchange Server"),
    ):
        studio.open("exchange-servers", ".o_data_row")
        browser.click(".o_data_cell", service)
        browser.wait(".o_form_view")
        studio.take(name)
    studio.open(f"action-{ADDON}.exchange_account_action", ".o_data_row")
    studio.take("accounts")
    browser.click(".o_data_cell", "Ben Hofmann")
    browser.click(".nav-link", "Office 365 account")
    browser.wait(".o_field_badge", "Connected")
    studio.take("user")


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
    }
    script = (CHECKOUT / "tools" / "demo_data.py").read_text()
    newcomer = (
        "env['res.users'].create({'name': 'Dora Klein', 'login': 'dora',"
        " 'password': 'dora', 'email': address('dora'), 'tz': 'Europe/Berlin'})\n"
        "env.cr.commit()\n"
        "simulator('create-mailbox', login=address('dora'), password='dora')\n"
        "for path in ('Inbox/Kunden', 'Inbox/Lieferanten', 'Projekte/Rathaus Bonn'):\n"
        "    simulator('create-folder', mailbox=address('dora'), folder=path)\n"
        f"env['res.users'].search([]).lang = {language!r}\n"
        "env.cr.commit()\n"
        "for mail in mails():\n"
        "    eml = base64.b64encode(mail.text()).decode()\n"
        "    place = 'Inbox/Transfer Incoming'\n"
        "    simulator('drop', mailbox=address('dora'), folder=place, eml=eml)\n"
    )
    log = log_file("screenshots-data")
    with log.open("wb") as output:
        done = subprocess.run(
            [BIN / "odoo", "shell", "-d", DATABASE, "--no-http"],
            input=f"{script}\n{newcomer}".encode(),
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
