"""Keeps secrets out of what others log.

Odoo writes the address of each request to its log, also the one that Microsoft sends
the browser back with, and at level DEBUG the parameters of each call, also of the one
that stores a password; MSAL writes the code of a sign-in at that level. The connector's
own code logs none of them.
"""

import logging
import re

from .exchange_server import CALLBACK_PATH

HIDDEN = "********"
# Names of fields whose values are secrets, here and in Odoo's own users.
_SECRET_FIELDS = {
    "client_secret",
    "exchange_password",
    "new_password",
    "password",
}
_CALLBACK_QUERY = re.compile(rf"({re.escape(CALLBACK_PATH)}\?)\S*")
_CODE = re.compile(r'("code(?:_verifier)?": ")[^"]*')


class CodeFilter(logging.Filter):
    """Hides the code of a sign-in: in the query of the call-back, and as JSON."""

    def filter(self, record):
        """:return: True: every record is logged"""
        record.msg = _without_code(record.msg)
        if isinstance(record.args, tuple):
            record.args = tuple(map(_without_code, record.args))
        return True


class ParameterFilter(logging.Filter):
    """Hides the values of secret fields in the parameters of calls."""

    def filter(self, record):
        """:return: True: every record is logged"""
        if isinstance(record.args, tuple):
            record.args = tuple(map(_without_secrets, record.args))
        return True


def _without_code(value):
    if isinstance(value, str):
        value = _CALLBACK_QUERY.sub(rf"\1{HIDDEN}", value)
        value = _CODE.sub(rf"\1{HIDDEN}", value)
    return value


def _without_secrets(value):
    # What Odoo logs: an object with the parameters of a call.
    if hasattr(value, "args") and hasattr(value, "kwargs"):
        return type(value)(_masked(value.args), _masked(value.kwargs))
    return value


def _masked(value):
    """A copy without secrets, of what JSON can hold."""
    if isinstance(value, dict):
        return {
            key: HIDDEN if key in _SECRET_FIELDS and each else _masked(each)
            for key, each in value.items()
        }
    if isinstance(value, (list, tuple)):
        return type(value)(map(_masked, value))
    return value


def install():
    """Put the filters in place, once for the process."""
    for name, kind in (
        ("msal.token_cache", CodeFilter),
        ("werkzeug", CodeFilter),
        ("odoo.service.model", ParameterFilter),
    ):
        logger = logging.getLogger(name)
        if not any(type(each).__name__ == kind.__name__ for each in logger.filters):
            logger.addFilter(kind())


install()
