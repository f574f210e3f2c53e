"""What the tests in a real browser share."""

import base64
import json
import ssl
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from unittest.mock import patch

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from odoo.tests import new_test_user
from odoo.tools.misc import file_path

from .common import PASSWORD, ExchangeCase
from .patience import PatientBrowser, PatientHttpCase
from .simulator import APP_ID

# Some distributions leave this file out, and every page complains about it.
SELFIE = "mail/static/lib/selfie_segmentation/selfie_segmentation.js"
# Types a user name and a password into Microsoft's page, and presses its button.
SIGN_IN = """
if (location.origin === %(origin)s) {
    addEventListener("DOMContentLoaded", () => {
        const field = document.getElementById("i0118");
        if (field && !document.getElementById("passwordError")) {
            document.getElementById("i0116").value ||= %(login)s;
            field.value = %(password)s;
        }
        document.getElementById(%(button)s)?.click();
    });
}
"""


class SignInBrowser(PatientBrowser):
    """A Chromium that may go to the simulator's sign-in page, and fills it in.

    :cvar origin: of the sign-in page
    :cvar public_key: of its certificate, which no known authority issued
    """

    origin = public_key = script = ""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._websocket_request(
            "Page.addScriptToEvaluateOnNewDocument", params={"source": self.script}
        )

    def _spawn_chrome(self, cmd):
        trusted = f"--ignore-certificate-errors-spki-list={self.public_key}"
        return super()._spawn_chrome([*cmd[:-1], trusted, cmd[-1]])

    def _handle_request_paused(self, **params):
        # pylint: disable=missing-return
        if params["request"]["url"].startswith(self.origin):
            self._websocket_send(
                "Fetch.continueRequest", params={"requestId": params["requestId"]}
            )
        else:
            super()._handle_request_paused(**params)


class ExchangeHttpCase(ExchangeCase, PatientHttpCase):
    """Users in a browser, against the simulator."""

    browser_size = "1400x900"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if not cls._is_there(SELFIE):
            cls.env["ir.asset"].create(
                {
                    "name": "A file that this installation lacks",
                    "bundle": "mail.assets_public",
                    "directive": "remove",
                    "path": SELFIE,
                }
            )
        app = cls.sim.store.directory.apps[APP_ID]
        app.redirect_uris = [f"{cls.base_url()}/exchange_connector/oauth"]

    def browser_js(self, *args, **options):
        # pylint: disable=missing-return
        # What the bus has told so far would come to the browser at some time, as news.
        self.env.cr.precommit.run()
        self.env["bus.bus"].sudo().search([]).unlink()
        return super().browser_js(*args, **options)

    @staticmethod
    def _is_there(path):
        try:
            return Path(file_path(path)).is_file()
        except FileNotFoundError:
            return False

    def new_account(self, *args, **values):
        account = super().new_account(*args, **values)
        # Other addons insist on it in the preferences.
        account.user_id.tz = "Europe/Berlin"
        return account

    def new_user(self, name):
        """A plain internal user with a mailbox, who has set up nothing yet."""
        address = f"{name}@contoso.example"
        self.sim.add_mailbox(address, PASSWORD)
        return new_test_user(
            self.env,
            name,
            name=name.title(),
            groups="base.group_user",
            email=address,
            tz="Europe/Berlin",
        )

    @contextmanager
    def signing_in(self, login, password=PASSWORD, button="idSIButton9"):
        """Browsers started within answer Microsoft's sign-in page like this."""
        origin = f"https://localhost:{self.sim.tls_port}"
        script = SIGN_IN % {
            "origin": json.dumps(origin),
            "login": json.dumps(login),
            "password": json.dumps(password),
            "button": json.dumps(button),
        }
        values = {
            "origin": origin,
            "script": script,
            "public_key": self._public_key(),
        }
        browser = type("Browser", (SignInBrowser,), values)
        with patch("odoo.tests.common.ChromeBrowser", browser):
            yield

    def _public_key(self):
        """The digest of the sign-in page's public key, as Chromium wants it."""
        pem = ssl.get_server_certificate(("localhost", self.sim.tls_port))
        key = x509.load_pem_x509_certificate(pem.encode()).public_key()
        der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return base64.b64encode(sha256(der).digest()).decode()

    def run_schedule(self):
        """What Odoo's scheduler does when it is its turn."""
        self.env.ref("exchange_connector.ir_cron_sync").method_direct_trigger()
        self.env.invalidate_all()
