"""Encryption of secrets at rest: Fernet (AES-128-CBC + HMAC-SHA256), ``cryptography``.

The key never lies in the database: a dump or a copied database is worthless without
it. It comes from the option ``exchange_connector_key`` of odoo.conf, else from a file
in Odoo's data directory, one for each database, which is created for its owner alone
(mode 0600). Both may hold several keys, the newest first, separated by commas or white
space: the first encrypts, all of them decrypt, which is what a rotation needs.
"""

import contextlib
import logging
import os
import re
import stat
import tempfile

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from odoo.exceptions import UserError
from odoo.tools import config

_logger = logging.getLogger(__name__)

KEY_OPTION = "exchange_connector_key"
NEW_KEY_COMMAND = (
    'python3 -c "from cryptography.fernet import Fernet as F; '
    'print(F.generate_key().decode())"'
)


class SecretUnreadable(UserError):
    """A stored secret was encrypted with a key that this Odoo does not have."""


def encrypt(env, text: str) -> str:
    """:return: ``text`` as a URL-safe token under the first key"""
    return _box(env, _keys(env, create=True)).encrypt(text.encode()).decode()


def decrypt(env, token: str) -> str:
    """The text behind a token of :func:`encrypt`.

    :raises SecretUnreadable: none of the keys fits
    """
    try:
        return _box(env, _keys(env)).decrypt(token.encode()).decode()
    except InvalidToken:
        raise _unreadable(env) from None


def key_path(env) -> str:
    """Where the key file of this database lies.

    Each database has its own: keys can be changed without harm to the other databases
    of the same Odoo, and a copy that Odoo made of a database opens no mailbox.
    """
    uuid = env["ir.config_parameter"].sudo().get_param("database.uuid") or "database"
    name = re.sub(r"[^0-9A-Za-z-]", "", uuid)
    return os.path.join(config["data_dir"], f"exchange_connector-{name}.key")


def begin_rotation(env) -> str:
    """Put a fresh key in front of the present ones, unless a rotation is under way.

    :return: the first key, which everything is to be encrypted with
    :raises UserError: the key is in odoo.conf, which we do not write, and is alone
    """
    keys = _keys(env, create=True)
    if len(keys) > 1:
        return keys[0]
    if config.get(KEY_OPTION):
        raise UserError(
            env._(
                "Put a new key in front of the present one first: the option "
                "%(option)s of odoo.conf takes several, separated by commas. Restart "
                "Odoo, then repeat this. A key is made by: %(command)s",
                option=KEY_OPTION,
                command=NEW_KEY_COMMAND,
            )
        )
    keys = [_new_key(), *keys]
    _write(key_path(env), keys, replace=True)
    return keys[0]


def end_rotation(env, key: str) -> bool:
    """Forget all keys but ``key``, now that nothing is encrypted with them.

    :return: whether they are gone; those in odoo.conf are for its owner to remove
    """
    if config.get(KEY_OPTION):
        return len(_keys(env)) == 1
    # Another rotation may have begun meanwhile: it will end this one as well.
    if _keys(env)[0] == key:
        _write(key_path(env), [key], replace=True)
    return True


def _new_key() -> str:
    return Fernet.generate_key().decode()


def _box(env, keys) -> MultiFernet:
    try:
        return MultiFernet([Fernet(key) for key in keys])
    except ValueError:
        raise SecretUnreadable(
            env._(
                "The key in option %(option)s or file %(file)s is not usable: it has "
                "to be 32 bytes in URL-safe base64.",
                option=KEY_OPTION,
                file=os.path.basename(key_path(env)),
            )
        ) from None


def _keys(env, create=False) -> list[str]:
    """All keys, the encrypting one first.

    :param create: make one where there is none
    :raises SecretUnreadable: there is none, or it cannot be read
    """
    keys = _split(config.get(KEY_OPTION))
    if keys:
        return keys
    path = key_path(env)
    try:
        keys = _split(_read(path))
        if not keys and create:
            # Never over a file that is there: it may be another worker's, made
            # meanwhile, whose key is in use already.
            _write(path, [_new_key()])
            keys = _split(_read(path))
    except (OSError, UnicodeDecodeError) as error:
        raise SecretUnreadable(
            env._(
                "The key file %(file)s in the data directory cannot be used "
                "(%(reason)s). It has to belong to the user that Odoo runs as.",
                file=os.path.basename(path),
                reason=getattr(error, "strerror", None) or env._("not a key"),
            )
        ) from None
    if not keys:
        raise _unreadable(env)
    return keys


def _split(text) -> list[str]:
    return (text or "").replace(",", " ").split()


def _read(path: str) -> str:
    """The text of a key file, "" when there is none.

    :raises OSError: others may read it and that cannot be helped
    """
    if not os.path.exists(path):
        return ""
    with open(path, encoding="ascii") as file:
        mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
        if mode & 0o077:
            os.fchmod(file.fileno(), 0o600)
            _logger.warning(
                "%s was open to others (mode %o) and is now its owner's alone. Change "
                "the key if somebody may have read it.",
                path,
                mode,
            )
        return file.read()


def _write(path: str, keys, replace=False) -> None:
    """Write a key file for its owner alone; whoever reads meanwhile sees all of the old
    one or all of the new one.

    :param replace: else a file that another worker has made meanwhile stays
    """
    folder = os.path.dirname(path)
    os.makedirs(folder, mode=0o700, exist_ok=True)
    descriptor, draft = tempfile.mkstemp(prefix=".exchange_connector-", dir=folder)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write("\n".join(keys) + "\n")
            file.flush()
            os.fsync(file.fileno())
        if replace:
            os.replace(draft, path)
        else:
            with contextlib.suppress(FileExistsError):
                os.link(draft, path)
        _sync_folder(folder)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(draft)


def _sync_folder(folder: str) -> None:
    """Make the names in a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _unreadable(env) -> SecretUnreadable:
    return SecretUnreadable(
        env._(
            "The stored sign-in cannot be read with this server's key. Put the former "
            "key back (option %(option)s of odoo.conf, or file %(file)s in the data "
            "directory), or sign in again.",
            option=KEY_OPTION,
            file=os.path.basename(key_path(env)),
        )
    )
