"""Who signs in, and how it shows in a request."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Protocol

from .oauth import CLOUDS, OAuthApp, SignIn, TokenAnswer

__all__ = [
    "CLOUDS",
    "Auth",
    "BasicAuth",
    "OAuthApp",
    "SignIn",
    "TokenAnswer",
    "TokenAuth",
]


class Auth(Protocol):
    """What a session asks of a sign-in."""

    def headers(self) -> dict[str, str]:
        """Headers for the next request.

        :raises AuthenticationError: there is nothing to sign in with (any more)
        """

    def refresh(self, claims: str | None) -> bool:
        """After a 401: get something better; ``False`` when there is nothing better.

        :param claims: JSON text of a claims challenge
        """


class BasicAuth:
    """User name and password (RFC 7617), as the Exchange mapper wants it."""

    def __init__(self, login: str, password: str) -> None:
        pair = f"{login}:{password}".encode()
        self._value = "Basic " + base64.b64encode(pair).decode("ascii")

    def headers(self) -> dict[str, str]:
        """The ``Authorization`` header."""
        return {"Authorization": self._value}

    def refresh(self, claims: str | None) -> bool:
        """There is only one password."""
        return False


class TokenAuth:
    """A bearer token (RFC 6750), fetched when it is first needed.

    :param get_token: gives an access token. Called with ``None`` for any valid one;
        after a refusal with the claims challenge (JSON text), or with "" for a new one
        although the present one looks valid. Pass the value on to
        :meth:`OAuthApp.token_silent`. It may be called from another thread than the one
        that made this object.
    """

    #: A bearer token works for whoever reads it, so it never travels in the clear.
    needs_tls = True

    def __init__(self, get_token: Callable[[str | None], str]) -> None:
        self._get_token = get_token
        self._token = ""

    def headers(self) -> dict[str, str]:
        """The ``Authorization`` header."""
        if not self._token:
            self._token = self._get_token(None)
        return {"Authorization": f"Bearer {self._token}"}

    def refresh(self, claims: str | None) -> bool:
        """Ask for another token; whether there is another one."""
        before, self._token = self._token, self._get_token(claims or "")
        return bool(self._token) and self._token != before
