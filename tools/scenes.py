"""The scenes of `make screenshots`: what is shown on each picture."""

from __future__ import annotations

import io
import time
from pathlib import Path

from PIL import Image

from browser import Browser
from common import ADDON, Failure, say, shown

DESK, PHONE = (1400, 900), (390, 844)
LARGEST = 200_000


class Studio:
    """Takes pictures of an Odoo that serves.

    :param folder: where they go
    """

    def __init__(self, browser: Browser, url: str, folder: Path) -> None:
        self.browser = browser
        self.url = url
        self.folder = folder
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


def open_next_week(studio: Studio) -> None:
    """The demo's events begin on the next working day, which may be a Monday."""
    studio.open("calendar", ".o_calendar_button_next")
    studio.browser.click(".o_calendar_button_next")
    studio.browser.wait(".fc-event")


def calendar(studio: Studio) -> None:
    """The week, and an event from Outlook."""
    browser = studio.browser
    open_next_week(studio)
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
    browser.wait(".o-form-buttonbox [name=action_exchange_open_subscription]")
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
    studio.open("calendar", ".fc-timegrid")
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


SCENES = (connecting, everyday, on_a_phone, administration)
