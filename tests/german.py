"""The same tours with a user who reads German."""

import json
from contextlib import contextmanager
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tests.common import ChromeBrowser
from odoo.tools.misc import file_path

from .words import ADDONS, words

LANGUAGE = "de_DE"


def in_german(module, case, *names):
    """A class of tests of tours, with these of its tests alone, for German users.

    :param module: ``__name__`` of the module that it is for
    """
    others = {
        name: None
        for name in dir(case)
        if name.startswith("test_") and name not in names
    }
    title = f"{case.__name__}InGerman"
    values = {"__module__": module, **others}
    return tagged("post_install", "-at_install")(type(title, (German, case), values))


class German:
    """Users are German, and so are the words that the tours look for."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang(LANGUAGE)
        cls.env["ir.module.module"]._load_module_terms(ADDONS[:-2], [LANGUAGE])
        cls.words = words(file_path)

    def new_account(self, *args, **values):
        account = super().new_account(*args, **values)
        account.user_id.lang = LANGUAGE
        return account

    def new_user(self, name):
        user = super().new_user(name)
        user.lang = LANGUAGE
        return user

    def start_tour(self, *args, **options):
        with self.knowing_the_words():
            super().start_tour(*args, **options)

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
