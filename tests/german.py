"""The same tours with a user who reads German."""

import json
from contextlib import contextmanager
from unittest.mock import patch

from odoo.tests.common import ChromeBrowser
from odoo.tools.misc import file_path

from .words import ADDONS, words

LANGUAGE = "de_DE"


class German:
    """Users are German, and so are the words that the tours look for."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang(LANGUAGE)
        cls.env["ir.module.module"]._load_module_terms(ADDONS[:-2], [LANGUAGE])
        cls.words = {"all": words(file_path), "own": words(file_path, ADDONS[:1])}

    def new_account(self, *args, **values):
        account = super().new_account(*args, **values)
        account.user_id.lang = LANGUAGE
        return account

    def new_user(self, name):
        user = super().new_user(name)
        user.lang = LANGUAGE
        return user

    def start_tour(self, *args, **options):
        # pylint: disable=missing-return
        with self.knowing_the_words():
            return super().start_tour(*args, **options)

    @contextmanager
    def knowing_the_words(self):
        """Browsers started within tell their pages the German words."""
        script = f"window.exchangeWords = {json.dumps(self.words)};"

        def start(self, *args, **options):
            initialise(self, *args, **options)
            self._websocket_request(
                "Page.addScriptToEvaluateOnNewDocument", params={"source": script}
            )

        initialise = ChromeBrowser.__init__
        with patch.object(ChromeBrowser, "__init__", start):
            yield
