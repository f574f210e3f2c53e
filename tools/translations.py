"""`make translations`: the template of all texts, and the German file that follows it.

New texts come in untranslated, those that are gone leave; the test of the translations
names what is missing then.
"""

from __future__ import annotations

import sys
from pathlib import Path

import polib

from common import ADDON, CHECKOUT, Failure, fail, run, say, shown
from launchers import BIN
from screenshots import database_of

I18N = CHECKOUT / "i18n"
TEMPLATE = I18N / f"{ADDON}.pot"
DATABASE = f"{ADDON}_translations"
# They would make every export another file.
DATES = ("POT-Creation-Date", "PO-Revision-Date")


def main() -> int:
    """Export the template and bring the languages up to it."""
    I18N.mkdir(exist_ok=True)
    with database_of(DATABASE):
        export = [BIN / "odoo", "i18n", "export", "-d", DATABASE, "-l", "pot"]
        run([*export, "-o", TEMPLATE, ADDON], "The texts could not be exported")
    template = polib.pofile(str(TEMPLATE), wrapwidth=0)
    for name in DATES:
        template.metadata.pop(name, None)
    template.save(str(TEMPLATE))
    say(f"    {shown(TEMPLATE)}: {len(template)} texts")
    for path in sorted(I18N.glob("*.po")):
        merge(path, template)
    return 0


def merge(path: Path, template: polib.POFile) -> None:
    """Bring a language up to the template."""
    language = polib.pofile(str(path), wrapwidth=0)
    language.merge(template)
    for entry in language.obsolete_entries():
        language.remove(entry)
    for entry in language:
        if entry.fuzzy:
            entry.flags.remove("fuzzy")
            entry.msgstr = ""
    language.save(str(path))
    say(f"    {shown(path)}: {len(language.untranslated_entries())} to translate")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failure as error:
        sys.exit(fail(error))
