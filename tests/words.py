"""Translations, for whoever looks for a text on a screen in another language."""

import re
from pathlib import Path

import polib

# Whose texts are on our screens, the more important ones first.
ADDONS = ("exchange_connector", "calendar", "contacts", "mail", "web", "base")
# Not a text of the screens: the folders that are made in a mailbox.
FOLDERS = {
    "Transfer Incoming": "Transfer Eingang",
    "Transfer Outgoing": "Transfer Ausgang",
}
_CUT = re.compile(r"%\(\w+\)[sd]|%[sd]|<[^>]*>|\n")


def words(folder_of, addons=ADDONS, language="de"):
    """All texts of a language.

    :param folder_of: function(addon) -> its folder
    :param addons: whose texts, the more important ones first
    :return: {English text: its translation}
    """
    found = {}
    for addon in reversed(addons):
        file = Path(folder_of(addon), "i18n", f"{language}.po")
        for entry in polib.pofile(str(file)):
            if entry.msgstr:
                found[entry.msgid] = entry.msgstr
    return {**found, **FOLDERS}


def literal(text):
    """The longest part of a text that stands on the screen as it is."""
    return max((part.strip() for part in _CUT.split(text)), key=len)
