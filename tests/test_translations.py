import io
import re

import polib

from odoo.tests import TransactionCase, tagged
from odoo.tools.misc import file_path
from odoo.tools.translate import trans_export

ADDON = "exchange_connector"
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]")
TAG = re.compile(r"<(/?\w+)")


@tagged("post_install", "-at_install")
class TestTranslations(TransactionCase):
    """Everything that users read is there in German."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.german = polib.pofile(file_path(f"{ADDON}/i18n/de.po"))

    def exported(self):
        """All texts of the addon as it is."""
        buffer = io.BytesIO()
        trans_export(False, [ADDON], buffer, "po", self.env)
        return {entry.msgid for entry in polib.pofile(buffer.getvalue().decode())}

    def test_nothing_is_missing(self):
        translated = {entry.msgid for entry in self.german if entry.msgstr}
        missing = sorted(self.exported() - translated)
        self.assertFalse(missing, "run make translations, then translate i18n/de.po")

    def test_the_template_is_up_to_date(self):
        template = polib.pofile(file_path(f"{ADDON}/i18n/{ADDON}.pot"))
        self.assertEqual({each.msgid for each in template}, self.exported())

    def test_placeholders_and_tags_agree(self):
        for entry in self.german:
            for pattern in (PLACEHOLDER, TAG):
                with self.subTest(text=entry.msgid, pattern=pattern.pattern):
                    self.assertEqual(
                        sorted(pattern.findall(entry.msgid)),
                        sorted(pattern.findall(entry.msgstr)),
                    )

    def test_a_german_user_reads_german(self):
        self.env["res.lang"]._activate_lang("de_DE")
        self.env["ir.module.module"]._load_module_terms([ADDON], ["de_DE"])
        account = self.env["exchange.account"].with_context(lang="de_DE")
        label = account.fields_get(["interval"])["interval"]["string"]
        self.assertEqual(label, "Intervall (Minuten)")
        sentence = account.env._("The synchronisation has been started.")
        self.assertEqual(sentence, "Die Synchronisierung wurde gestartet.")
        view = self.env.ref("exchange_connector.view_users_form_simple_modif")
        self.assertIn("Transferordner", view.with_context(lang="de_DE").arch)
