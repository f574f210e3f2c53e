"""Access tokens, refresh tokens and authorization codes."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import threading
from dataclasses import dataclass, field

import orjson

from .clock import Clock

ACCESS_LIFE = 3600
CODE_LIFE = 600
REFRESH_LIFE = 90 * 24 * 3600


@dataclass(slots=True)
class Principal:
    """Who asks: an app for a user, an app alone, or a user with his password.

    :ivar user_id: empty for an app on its own
    :ivar scopes: delegated scopes or application roles; ``{"*"}`` = everything
    """

    app_id: str
    user_id: str = ""
    scopes: frozenset[str] = frozenset()

    def may(self, needs: str, writes: bool, shared: bool) -> bool:
        """Whether a permission family (``Mail``) is granted for reading or writing."""
        if not needs or "*" in self.scopes:
            return True
        names = [f"{needs}.ReadWrite"] if writes else [f"{needs}.Read"]
        if not writes:
            names.append(f"{needs}.ReadWrite")
        if needs == "User":
            names += ["User.Read.All", "User.ReadBasic.All"]
        if shared:
            names = [f"{name}.Shared" for name in names]
        return any(name in self.scopes for name in names)


@dataclass(slots=True)
class Grant:
    """What a token, refresh token or code stands for."""

    app_id: str
    user_id: str
    scopes: frozenset[str]
    audience: str
    tenant_id: str
    issued: float
    expires: float
    redirect_uri: str = ""
    challenge: str = ""
    nonce: str = ""
    used: bool = False
    family: str = ""
    claims: frozenset[str] = field(default_factory=frozenset)


class TokenBook:
    """All tokens that were handed out, by their text."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.lock = threading.Lock()
        self._key = secrets.token_bytes(32)
        self.access: dict[str, Grant] = {}
        self.refresh: dict[str, Grant] = {}
        self.codes: dict[str, Grant] = {}
        self.revoked_apps: dict[str, float] = {}

    def state(self) -> tuple:
        """What a restart has to keep."""
        return self._key, dict(self.access), dict(self.refresh), dict(self.codes)

    def restore(self, state: tuple) -> None:
        """Take over what :meth:`state` gave."""
        self._key, self.access, self.refresh, self.codes = state

    def add_access(self, grant: Grant, claims: dict) -> str:
        """Hand out an access token: a JWT that clients treat as opaque."""
        text = self.jwt({**claims, "uti": secrets.token_urlsafe(12)})
        with self.lock:
            self._forget_old()
            self.access[text] = grant
        return text

    def _forget_old(self) -> None:
        if len(self.access) < 2000:
            return
        now = self.clock.now() - 24 * 3600
        self.access = {t: g for t, g in self.access.items() if g.expires > now}

    def add_refresh(self, grant: Grant) -> str:
        """Hand out a refresh token."""
        text = "1.AX" + secrets.token_urlsafe(120)
        with self.lock:
            self.refresh[text] = grant
        return text

    def add_code(self, grant: Grant) -> str:
        """Hand out an authorization code, good once."""
        text = "1.AX" + secrets.token_urlsafe(90)
        with self.lock:
            self.codes[text] = grant
        return text

    def jwt(self, claims: dict) -> str:
        """A signed JWT (HS256 with a key nobody else knows)."""
        head = _b64(orjson.dumps({"typ": "JWT", "alg": "HS256", "kid": "simulator"}))
        body = _b64(orjson.dumps(claims))
        seal = hmac.new(self._key, f"{head}.{body}".encode(), hashlib.sha256).digest()
        return f"{head}.{body}.{_b64(seal)}"


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
