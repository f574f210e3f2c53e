"""Encryption of secrets at rest: Fernet (AES-128-CBC + HMAC-SHA256) by ``cryptography``.

The key never lies in the database: a dump or a copied database is worthless without
it. It comes from the option ``exchange_connector_key`` of odoo.conf, else from the file
``exchange_connector.key`` in Odoo's data directory, which is created for its owner
alone (mode 0600). Both may hold several keys, the newest first, separated by commas or
white space: the first encrypts, all of them decrypt, which is what a rotation needs.
"""

import os

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from odoo.exceptions import UserError
from odoo.tools import config

KEY_OPTION = "exchange_connector_key"
KEY_FILE = "exchange_connector.key"


class SecretUnreadable(UserError):
    """A stored secret was encrypted with a key that this Odoo does not have."""


def encrypt(env, text: str) -> str:
    """:return: ``text`` as a URL-safe token, bound to the first key"""
    return _box(env).encrypt(text.encode()).decode()


def decrypt(env, token: str) -> str:
    """The text behind a token of :func:`encrypt`.

    :raises SecretUnreadable: none of the keys fits
    """
    try:
        return _box(env).decrypt(token.encode()).decode()
    except InvalidToken:
        raise SecretUnreadable(
            env._(
                "The stored sign-in cannot be read with this server's key. Put the "
                "former key back (option %(option)s or file %(file)s in the data "
                "directory), or sign in again.",
                option=KEY_OPTION,
                file=KEY_FILE,
            )
        ) from None


def rotate(env, token: str) -> str:
    """The same secret under the first key. :raises SecretUnreadable: no key fits"""
    return encrypt(env, decrypt(env, token))


def new_key() -> str:
    """A fresh key, as text."""
    return Fernet.generate_key().decode()


def key_path() -> str:
    """Where the key file lies."""
    return os.path.join(config["data_dir"], KEY_FILE)


def _box(env) -> MultiFernet:
    keys = (config.get(KEY_OPTION) or _read_or_create()).replace(",", " ").split()
    try:
        return MultiFernet([Fernet(key) for key in keys])
    except ValueError:
        raise SecretUnreadable(
            env._(
                "The key in option %(option)s or file %(file)s is not usable: it has "
                "to be 32 bytes in URL-safe base64.",
                option=KEY_OPTION,
                file=KEY_FILE,
            )
        ) from None


def _read_or_create() -> str:
    path = key_path()
    try:
        with open(path, encoding="ascii") as file:
            return file.read()
    except FileNotFoundError:
        pass
    os.makedirs(os.path.dirname(path), exist_ok=True)
    # Written aside and linked into place: another worker sees all of the key or none,
    # and whoever comes second takes the first one's.
    draft = f"{path}.{os.getpid()}"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.write(descriptor, new_key().encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        os.unlink(draft)
    with open(path, encoding="ascii") as file:
        return file.read()
