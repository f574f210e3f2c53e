"""The service "Exchange Server": its addresses, and what "Test Connection" says."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from unittest.mock import patch

from odoo.tests import Form, TransactionCase, common, tagged
from odoo.tools import config

from .common import PASSWORD, ExchangeCase
from .name_proxy import NameProxy
from .services import ROOT, OverMapperProcess
from .sign_in_case import SignInCase
from .simulator import Fault

HOST = "autodiscover.contoso.example"


@tagged("post_install", "-at_install")
class TestExchangeAddresses(TransactionCase):
    """The three addresses, out of as little as there is."""

    SHORT = ("ChildFolders", "events", "contacts")

    def addresses(self, server):
        return server.folders_url, server.events_url, server.contacts_url

    def wanted(self, base):
        return tuple(f"{base}/{path}" for path in self.SHORT)

    def test_the_name_of_the_server_is_enough(self):
        base = "https://mapper.example/exchangeRestApi/api"
        for typed in (
            "mapper.example",
            "https://mapper.example",
            "https://mapper.example/",
            f"{base}/",
            f"{base}/ChildFolders",
        ):
            server = self.env["exchange.server"].create(
                {"name": typed, "service": "exchange", "folders_url": typed}
            )
            self.assertEqual(self.addresses(server), self.wanted(base), typed)

    def test_plain_http_and_a_port_stay(self):
        server = self.env["exchange.server"].create(
            {
                "name": "Mapper",
                "service": "exchange",
                "folders_url": "http://localhost:8069",
            }
        )
        base = "http://localhost:8069/exchangeRestApi/api"
        self.assertEqual(self.addresses(server), self.wanted(base))

    def test_in_the_form(self):
        form = Form(self.env["exchange.server"])
        form.name, form.service = "Mapper", "exchange"
        form.folders_url = "mapper.example"
        base = "https://mapper.example/exchangeRestApi/api"
        self.assertEqual(self.addresses(form), self.wanted(base))
        self.assertEqual(self.addresses(form.save()), self.wanted(base))

    def test_office_365_is_left_alone(self):
        server = self.env["exchange.server"].create(
            {"name": "Office", "folders_url": "https://graph.example/v1.0"}
        )
        self.assertEqual(
            self.addresses(server), ("https://graph.example/v1.0", False, False)
        )


@tagged("post_install", "-at_install")
class TestServiceAccount(OverMapperProcess, ExchangeCase):
    """One account opens all mailboxes; users have an API key instead of a password."""

    @classmethod
    def _mapper_settings(cls):
        cls.sim.add_mailbox("service@contoso.example", "of the service")
        cls.sim.user("service@contoso.example").impersonates = True
        cls.keys = Path(tempfile.mkdtemp()) / "keys"
        cls.addClassCleanup(shutil.rmtree, cls.keys.parent)
        cls.keys.touch()
        return {
            "MAPPER_SERVICE_LOGIN": "CONTOSO\\service",
            "MAPPER_SERVICE_PASSWORD": "of the service",
            "MAPPER_API_KEYS": str(cls.keys),
        }

    def new_key(self, login):
        command = [sys.executable, "-m", "mapper", "new-key", login]
        made = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
        key, line = (
            text.rpartition(": ")[2] for text in made.stdout.decode().splitlines()
        )
        with self.keys.open("a") as file:
            file.write(f"{line}\n")
        return key

    def test_with_his_key_a_user_gets_his_mails(self):
        key = self.new_key("keyed@contoso.example")
        with patch(f"{ExchangeCase.__module__}.PASSWORD", key):
            account = self.new_account(name="keyed")
        # Exchange has never seen this password
        self.sim.user(account.login).password = "of his own"
        ada = self.partner()
        self.drop(account)
        run = account.sync()
        self.assertEqual((run.state, run.filed, run.error), ("done", 1, False))
        self.assertEqual(len(self.messages_of(ada)), 1)
        # the key of one opens nothing of another
        other = self.sim.add_mailbox("other@contoso.example")
        account.write({"login": "other@contoso.example", "password": key})
        run = account.sync()
        self.assertEqual((run.state, account.state), ("failed", "reconnect"), other)


@tagged("post_install", "-at_install", "exchange_sign_in")
class TestExchangeConnection(SignInCase):
    """Test Connection, with Odoo speaking to Exchange itself."""

    @classmethod
    def _request_handler(cls, session, request, /, **options):
        # This name exists only for the proxy on this machine.
        if (request.url or "").partition("://")[2].startswith(HOST):
            return common._super_send(session, request, **options)
        return super()._request_handler(session, request, **options)

    def setUp(self):
        super().setUp()
        self.exchange.write(
            {
                "folders_url": "embedded:",
                "events_url": False,
                "contacts_url": False,
                "ews_url": self.sim.ews_url,
            }
        )
        self.addCleanup(self.sim.faults.clear)

    def lines(self, account):
        """:return: {step: (state, message, job)}"""
        action = account.action_test_connection()
        test = self.env["exchange.connection.test"].browse(action["res_id"])
        return {
            line.step: (line.state, line.message, line.job) for line in test.line_ids
        }

    def test_the_version_has_the_name_that_people_know(self):
        for version, words in (
            ("2010_SP2", "Exchange Server 2010 (14.3.513)"),
            ("2013_SP1", "Exchange Server 2013 (15.0.1497)"),
            ("15.2", "Exchange Server 2019 / SE (15.2.1544)"),
        ):
            account = self.new_account()
            self.sim.user(account.login).exchange_version = version
            self.sim.quirks.exchange_version = version
            self.addCleanup(setattr, self.sim.quirks, "exchange_version", "15.2")
            self.assertEqual(self.lines(account)["Version"], ("ok", words, False))

    def test_a_wrong_password_is_the_users_job(self):
        account = self.new_account()
        account.password = "mistyped"
        state, message, job = self.lines(account)["Sign-in"]
        self.assertEqual((state, job), ("failed", "user"))
        self.assertIn("password is wrong", message)
        self.assertEqual(self.sim.user(account.login).failed_sign_ins, 1)

    def test_a_server_without_web_services(self):
        account = self.new_account()
        self.exchange.ews_url = self.sim.ews_url.replace("/EWS/", "/other/")
        account.password = PASSWORD
        state, message, job = self.lines(account)["Sign-in"]
        self.assertEqual((state, job), ("failed", "administrator"))
        self.assertIn("no Exchange Web Services", message)
        self.assertNotIn("Microsoft", message)

    def test_a_mailbox_that_is_away(self):
        account = self.new_account()
        fault = Fault.ews("ErrorMailboxStoreUnavailable", form="item")
        self.sim.faults.add(fault, match="POST /EWS.*", count=None)
        lines = self.lines(account)
        failed = next(line for line in lines.values() if line[0] == "failed")
        self.assertEqual(failed[2], "provider")
        self.assertIn("cannot reach the mailbox", failed[1])

    def test_what_exchange_does_not_allow_is_its_administrators_job(self):
        account = self.new_account()
        self.sim.faults.add(Fault.status(403), match="POST /EWS.*", count=None)
        state, message, job = self.lines(account)["Sign-in"]
        self.assertEqual((state, job), ("failed", "provider"))
        self.assertIn("does not allow Exchange Web Services", message)
        self.assertNotIn("Mail.ReadWrite", message)

    def test_autodiscover_names_the_right_server(self):
        account = self.new_account()
        found = f"https://{HOST}/EWS/Exchange.asmx"
        with NameProxy({HOST: self.sim.tls_port}) as proxy:
            self.startPatcher(
                patch.dict(config.options, {"exchange_connector_proxy": proxy.url})
            )
            self.exchange.write(
                {
                    "ews_url": "https://localhost:1/EWS/Exchange.asmx",
                    "ca_certificate": self.sim.ca_pem,
                }
            )
            account.password = PASSWORD
            lines = self.lines(account)
            self.assertEqual(lines["Sign-in"][0], "failed")
            self.assertIn(
                f"Autodiscover names this Exchange server: {found}.", str(lines)
            )
            # and with that address all is well
            self.exchange.ews_url = found
            account.password = PASSWORD
            lines = self.lines(account)
        self.assertEqual({state for state, *_more in lines.values()}, {"ok"}, lines)

    def test_autodiscover_is_no_way_to_try_passwords(self):
        account = self.new_account()
        with NameProxy({HOST: self.sim.tls_port}) as proxy:
            self.startPatcher(
                patch.dict(config.options, {"exchange_connector_proxy": proxy.url})
            )
            self.exchange.write(
                {"ews_url": self.sim.ews_tls_url, "ca_certificate": self.sim.ca_pem}
            )
            account.password = "mistyped"
            lines = self.lines(account)
        self.assertEqual(lines["Sign-in"][2], "user")
        self.assertEqual(self.sim.user(account.login).failed_sign_ins, 1)
        self.assertNotIn(HOST, proxy.names())
