"""The sign-in by NTLM, where the package for it is installed."""

from __future__ import annotations

from importlib import import_module

from requests.auth import AuthBase

from .errors import bad_gateway


def ntlm_auth(login: str, password: str) -> AuthBase:
    """A sign-in that makes the connection the user's.

    :raises GraphError: 502, the package is not installed
    """
    try:
        package = import_module("requests_ntlm")
    except ImportError:
        raise bad_gateway(
            "Exchange wants NTLM: install the Python package requests_ntlm for it."
        ) from None
    found: AuthBase = package.HttpNtlmAuth(login, password)
    return found


def failures() -> tuple[type[Exception], ...]:
    """What a sign-in by NTLM may raise."""
    try:
        found: type[Exception] = import_module("spnego.exceptions").SpnegoError
    except ImportError:
        return (KeyError, ValueError)
    return (found, KeyError, ValueError)
