import json
import os
import runpy
import stat
import tempfile
import threading
from pathlib import Path
from unittest.mock import patch

from cryptography.fernet import Fernet

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import config

from ..models import secret_box
from .common import PASSWORD, ExchangeCase
from .simulator import APP_SECRET

BOX = "odoo.addons.exchange_connector.models.secret_box"


@tagged("post_install", "-at_install", "exchange_secrets")
class TestKey(ExchangeCase):
    """The key: where it lies, who may read it, how it is changed."""

    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        values = {"data_dir": folder.name, secret_box.KEY_OPTION: ""}
        patcher = patch.dict(config.options, values)
        patcher.start()
        self.addCleanup(patcher.stop)
        self.path = Path(secret_box.key_path(self.env))
        self.assertEqual(self.path.parent, Path(folder.name))

    def use_option(self, *keys):
        patcher = patch.dict(config.options, {secret_box.KEY_OPTION: ",".join(keys)})
        patcher.start()
        self.addCleanup(patcher.stop)

    def encrypt(self, text="secret"):
        return secret_box.encrypt(self.env, text)

    def decrypt(self, token):
        return secret_box.decrypt(self.env, token)

    def keys(self):
        return self.path.read_text().split()

    def test_made_when_it_is_first_needed_for_its_owner_alone(self):
        self.assertFalse(self.path.exists())
        before = os.umask(0)
        self.addCleanup(os.umask, before)
        token = self.encrypt("ünïcode")
        self.assertEqual(stat.S_IMODE(self.path.stat().st_mode), 0o600)
        self.assertEqual(len(self.keys()), 1)
        self.assertEqual(self.decrypt(token), "ünïcode")
        self.assertEqual([self.path], list(self.path.parent.iterdir()))

    def test_two_databases_have_two_keys(self):
        self.env["ir.config_parameter"].set_param("database.uuid", "../../etc/x")
        other = Path(secret_box.key_path(self.env))
        self.assertNotEqual(other, self.path)
        self.assertEqual(other.parent, self.path.parent)

    def test_workers_that_make_it_at_the_same_time_have_the_same(self):
        for _round in range(40):
            self.path.unlink(missing_ok=True)
            barrier, found = threading.Barrier(8), []

            def work(barrier=barrier, found=found):
                barrier.wait()
                found.append(tuple(secret_box._keys(self.env, create=True)))

            threads = [threading.Thread(target=work) for _number in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual(len(found), 8)
            self.assertEqual(len(set(found)), 1)

    def test_open_to_others_it_is_closed_with_a_warning(self):
        token = self.encrypt()
        for mode in (0o644, 0o660, 0o604):
            self.path.chmod(mode)
            with self.assertLogs(BOX, "WARNING") as logs:
                self.assertEqual(self.decrypt(token), "secret")
            self.assertIn(f"{mode:o}", logs.output[0])
            self.assertEqual(stat.S_IMODE(self.path.stat().st_mode), 0o600)

    def test_open_to_others_and_not_ours_it_is_refused(self):
        token = self.encrypt()
        self.path.chmod(0o644)
        with (
            patch("os.fchmod", side_effect=PermissionError(1, "not permitted")),
            self.assertRaisesRegex(secret_box.SecretUnreadable, "not permitted"),
        ):
            self.decrypt(token)

    def test_missing_it_is_said_and_not_replaced_by_reading(self):
        token = self.encrypt()
        content = self.path.read_text()
        self.path.unlink()
        with self.assertRaisesRegex(secret_box.SecretUnreadable, "former key back"):
            self.decrypt(token)
        self.assertFalse(self.path.exists())
        # Somebody signs in again; later the former key is found.
        newer = self.encrypt("newer")
        self.path.write_text(self.path.read_text() + content)
        self.assertEqual(self.decrypt(token), "secret")
        self.assertEqual(self.decrypt(newer), "newer")

    def test_unusable_files(self):
        token = self.encrypt()
        for content in (b"", b"\n", b"rubbish", b"\xff\xfe", b"a" * 44):
            self.path.write_bytes(content)
            with self.assertRaises(secret_box.SecretUnreadable):
                self.decrypt(token)
            with self.assertRaises(secret_box.SecretUnreadable):
                self.encrypt()
            self.assertEqual(self.path.read_bytes(), content)

    def test_the_option_of_odoo_conf_wins(self):
        first, second = Fernet.generate_key().decode(), Fernet.generate_key().decode()
        self.use_option(first)
        token = self.encrypt()
        self.assertFalse(self.path.exists())
        self.use_option(second, first)
        self.assertEqual(self.decrypt(token), "secret")
        self.use_option(second)
        with self.assertRaises(secret_box.SecretUnreadable):
            self.decrypt(token)

    # Changing it

    def stored(self):
        self.env.flush_all()
        self.env.cr.execute("SELECT value FROM exchange_credential")
        return [row[0] for row in self.env.cr.fetchall()]

    def renew_secrets(self):
        self.env["exchange.credential"].search([]).unlink()
        self.office.client_secret = APP_SECRET
        return self.new_account(server=self.office)

    def test_a_copy_with_the_same_key_opens_no_mailbox(self):
        """C50: the key is in odoo.conf, and nobody thought of neutralising it."""
        self.use_option(Fernet.generate_key().decode())
        account = self.new_account()
        item = self.drop(account)
        self.env["ir.config_parameter"].set_param("database.uuid", "of-the-copy")
        run = account.sync()
        self.assertEqual(account.state, "reconnect")
        self.assertIn("copy of another", run.error)
        self.assertFalse(self.mails_of(account))
        self.assertTrue(self.in_folder(account, item))
        account.password = PASSWORD
        account._connect()
        self.assertEqual(account.sync().state, "done")

    def test_an_upgrade_binds_the_secrets_of_before(self):
        self.use_option(Fernet.generate_key().decode())
        account = self.new_account()
        rows = self.env["exchange.credential"].search([("account_id", "=", account.id)])
        for row in rows:
            content = json.loads(secret_box.decrypt(self.env, row.value))
            del content["database"]
            row.value = secret_box.encrypt(self.env, json.dumps(content))
        rows.flush_recordset()
        path = Path(__file__).parents[1] / "migrations/19.0.1.2.0/post-migrate.py"
        runpy.run_path(str(path))["migrate"](self.env.cr, "19.0.1.1.0")
        rows.invalidate_recordset()
        self.assertEqual(account.sync().state, "done")
        self.env["ir.config_parameter"].set_param("database.uuid", "of-the-copy")
        account.sync()
        self.assertEqual(account.state, "reconnect")

    def test_a_change_leaves_one_key_and_every_secret(self):
        account = self.renew_secrets()
        keys, stored = self.keys(), self.stored()
        self.assertEqual(self.env["exchange.credential"].rotate_key(), len(stored))
        self.assertEqual(len(self.keys()), 1)
        self.assertNotEqual(self.keys(), keys)
        self.assertFalse(set(self.stored()) & set(stored))
        self.env.invalidate_all()
        self.sim.clock.advance(7200)
        self.assertEqual(account.sync().state, "done")

    def test_a_change_goes_on_where_it_was_killed(self):
        account = self.renew_secrets()
        (key,) = self.keys()
        first = secret_box.begin_rotation(self.env)
        self.assertEqual(self.keys(), [first, key])
        self.assertEqual(secret_box.begin_rotation(self.env), first)
        self.assertTrue(self.env["exchange.credential"].rotate_key())
        self.assertEqual(self.keys(), [first])
        self.env.invalidate_all()
        self.assertEqual(account.sync().state, "done")

    def test_what_was_unreadable_stays_so_and_stops_nothing(self):
        self.renew_secrets()
        stored = self.stored()
        self.env.cr.execute(
            "UPDATE exchange_credential SET value = %s WHERE kind = 'password'",
            [Fernet(Fernet.generate_key()).encrypt(b"lost").decode()],
        )
        with self.assertLogs("odoo.addons.exchange_connector", "WARNING") as logs:
            done = self.env["exchange.credential"].rotate_key()
        self.assertEqual(done, len(stored) - 1)
        self.assertIn("sign in again", logs.output[0])

    def test_keys_of_odoo_conf_are_changed_by_their_owner(self):
        first, second = Fernet.generate_key().decode(), Fernet.generate_key().decode()
        self.use_option(first)
        account = self.renew_secrets()
        with self.assertRaisesRegex(UserError, "Put a new key in front"):
            self.env["exchange.credential"].rotate_key()
        self.use_option(second, first)
        self.env["exchange.credential"].rotate_key()
        self.use_option(second)
        self.env.invalidate_all()
        self.assertEqual(account.sync().state, "done")
