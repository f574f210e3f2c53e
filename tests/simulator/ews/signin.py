"""Signing in to Exchange: Basic and NTLM, and what too many wrong passwords lead to.

NTLM authenticates the TCP connection: later requests on it need no header, whoever
sends them.
Source: https://learn.microsoft.com/exchange/client-developer/exchange-web-services/authentication-and-ews-in-exchange
"""

from __future__ import annotations

import base64
import binascii
import struct
import threading
import weakref
from dataclasses import dataclass

from werkzeug.wrappers import Request

from ..call import Answer
from ..directory import User
from ..service import Service
from . import ntlm


@dataclass(slots=True)
class _Line:
    """What is known of one connection."""

    nonce: bytes = b""
    user_id: str = ""


class Doors:
    """Who may come in."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._lines: weakref.WeakKeyDictionary = weakref.WeakKeyDictionary()
        self._lock = threading.Lock()

    def offered(self) -> list[str]:
        """The ways to sign in that are switched on."""
        return self._service.quirks.exchange_auth.split()

    def challenges(self, result: Answer) -> list[str]:
        """The values of ``WWW-Authenticate`` of an answer."""
        if result.status != 401 or "WWW-Authenticate" in result.headers:
            return []
        realm = 'Basic realm="exchange.contoso.example"'
        return [realm if way == "Basic" else way for way in self.offered()]

    def enter(self, request: Request) -> tuple[User | None, Answer]:
        """The user of a request, or the answer that turns him away."""
        line = self._line(request)
        header = request.headers.get("Authorization", "")
        way, _, credentials = header.partition(" ")
        if not header:
            user = self._service.store.directory.users.get(line.user_id)
            return user, Answer(401, b"")
        try:
            token = base64.b64decode(credentials, validate=True)
        except (binascii.Error, ValueError):
            return None, Answer(401, b"")
        known = {offer.lower() for offer in self.offered()}
        if way.lower() not in known:
            return None, Answer(401, b"")
        if way.lower() == "basic":
            return self._basic(token), Answer(401, b"")
        return self._ntlm(way, token, line)

    def _line(self, request: Request) -> _Line:
        connection = request.environ.get("simulator.connection")
        if connection is None:
            return _Line()
        with self._lock:
            return self._lines.setdefault(connection, _Line())

    def _basic(self, token: bytes) -> User | None:
        login, _, password = token.decode("utf-8", "replace").partition(":")
        user = self._find(*_split(login))
        good = user is not None and password == user.password
        return user if self._count(user, good) else None

    def _ntlm(self, way: str, token: bytes, line: _Line) -> tuple[User | None, Answer]:
        refused = Answer(401, b"")
        kind = ntlm.kind_of(token)
        if kind == 1:
            now = self._service.clock.now()
            message, line.nonce = ntlm.challenge(token, "CONTOSO", now)
            line.user_id = ""
            text = base64.b64encode(message).decode()
            return None, Answer(401, b"", {"WWW-Authenticate": f"{way} {text}"})
        nonce, line.nonce = line.nonce, b""
        if kind != 3 or not nonce:
            return None, refused
        try:
            domain, name = ntlm.who(token)
            user = self._find(domain, name)
            good = user is not None and ntlm.proves(token, nonce, user.password)
        except (struct.error, UnicodeDecodeError):
            return None, refused
        if user is None or not self._count(user, good):
            return None, refused
        line.user_id = user.id
        return user, refused

    def _find(self, domain: str, name: str) -> User | None:
        """A user by ``DOMAIN`` and account name, or by user principal name."""
        directory = self._service.store.directory
        if "@" in name:
            return directory.user(name)
        rows = [
            user
            for user in directory.users.values()
            if user.upn.partition("@")[0].lower() == name.lower()
        ]
        if domain and len(rows) > 1:
            head = domain.lower().partition(".")[0]
            rows = [
                u for u in rows if u.upn.lower().partition("@")[2][: len(head)] == head
            ]
        return rows[0] if len(rows) == 1 else None

    def _count(self, user: User | None, good: bool) -> bool:
        """Count wrong passwords; whether the user comes in."""
        if user is None:
            return False
        if not good:
            user.failed_sign_ins += 1
            most = self._service.quirks.lockout_threshold
            user.locked = user.locked or bool(most and user.failed_sign_ins >= most)
            return False
        if user.locked or not user.enabled:
            return False
        user.failed_sign_ins = 0
        return True


def _split(login: str) -> tuple[str, str]:
    domain, _, name = login.rpartition("\\")
    return domain, name
