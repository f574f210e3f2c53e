"""The one store: directory, mailboxes and tokens, in memory or kept in a directory."""

from __future__ import annotations

import os
import pickle
import secrets
import threading
from pathlib import Path

from .clock import Clock
from .directory import App, Directory, Tenant, User
from .mailbox import Mailbox
from .tokens import TokenBook

TENANT_ID = "8b1f7a0e-5c2d-4f6b-9a3e-2d7c1e4b6f90"
TENANT_DOMAIN = "contoso.example"
APP_ID = "3f6c2a1d-7b84-4e59-8c0a-91d5e2f7b346"
APP_SECRET = "simulator~client~secret"
DELEGATED = {"User.Read", "Mail.ReadWrite", "Calendars.ReadWrite", "Contacts.ReadWrite"}
APPLICATION = {
    "User.Read.All",
    "Mail.ReadWrite",
    "Calendars.ReadWrite",
    "Contacts.ReadWrite",
}


class Store:
    """Everything that a restart of the simulator has to keep.

    :param path: directory to keep it in; None = in memory alone
    """

    def __init__(self, clock: Clock, path: str | Path | None = None) -> None:
        self.clock = clock
        self.path = Path(path) if path else None
        self.lock = threading.RLock()
        self.secret = secrets.token_bytes(32)
        self.directory = Directory()
        self.tokens = TokenBook(clock)
        self.mailboxes: dict[str, Mailbox] = {}
        if not self._load():
            self._found_first_tenant()

    def _found_first_tenant(self) -> None:
        self.directory.tenants[TENANT_ID] = Tenant(TENANT_ID, {TENANT_DOMAIN})
        self.directory.apps[APP_ID] = App(
            APP_ID,
            "Odoo Exchange Connector",
            TENANT_ID,
            secrets={APP_SECRET: 0.0},
            multi_tenant=True,
            admin_consent=set(DELEGATED),
            roles=set(APPLICATION),
        )

    def add_user(self, login: str, **values: object) -> User:
        """Create a user and, if it is online, the mailbox."""
        with self.lock:
            user = self.directory.add_user(login, **values)
            self.mailboxes[user.id] = Mailbox(user.id, self.clock)
            return user

    def mailbox(self, key: str) -> Mailbox:
        """The mailbox of a user by address, login or id.

        :raises KeyError: when there is none
        """
        user = self.directory.user(key)
        if user is None or user.id not in self.mailboxes:
            raise KeyError(key)
        return self.mailboxes[user.id]

    def remove_user(self, key: str) -> None:
        """Delete a user and the mailbox."""
        with self.lock:
            user = self.directory.user(key)
            if user is not None:
                del self.directory.users[user.id]
                self.mailboxes.pop(user.id, None)
                if self.path:
                    self._file(user.id).unlink(missing_ok=True)

    # -- on disk ----------------------------------------------------------------------

    def _file(self, name: str) -> Path:
        assert self.path is not None
        return self.path / f"{name}.pickle"

    def _load(self) -> bool:
        if self.path is None:
            return False
        self.path.mkdir(parents=True, exist_ok=True)
        if not self._file("directory").exists():
            return False
        state = pickle.loads(self._file("directory").read_bytes())  # noqa: S301
        self.secret, self.directory, tokens = state
        self.tokens.restore(tokens)
        for user_id in self.directory.users:
            if self._file(user_id).exists():
                box = pickle.loads(self._file(user_id).read_bytes())  # noqa: S301
                box.clock = self.clock
                self.mailboxes[user_id] = box
        return True

    def save(self) -> None:
        """Write what changed since the last time (each file whole or not at all)."""
        if self.path is None:
            return
        with self.lock:
            state = (self.secret, self.directory, self.tokens.state())
            self._write("directory", pickle.dumps(state))
            for user_id, box in list(self.mailboxes.items()):
                with box.lock:
                    if not box.dirty:
                        continue
                    data = pickle.dumps(box)
                    box.dirty = False
                self._write(user_id, data)

    def _write(self, name: str, data: bytes) -> None:
        file = self._file(name)
        scratch = file.with_suffix(".new")
        scratch.write_bytes(data)
        os.replace(scratch, file)
