"""What an operator or a test tells a running simulator to do.

Each command is a function of the simulator and plain values; the same names serve
``/admin/<command>`` and the command line.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

from .directory import User
from .faults import Fault
from .ids import guid

if TYPE_CHECKING:
    from .server import Simulator

COMMANDS: dict[str, Callable] = {}
_HIDDEN = {"password"}


class CommandError(Exception):
    """A command that cannot be done, in words."""


def command(run: Callable) -> Callable:
    """Make a function a command: ``create_mailbox`` is called ``create-mailbox``."""
    COMMANDS[run.__name__.replace("_", "-")] = run
    return run


def _set(target: object, values: dict[str, Any], what: str) -> None:
    known = {field.name: field for field in fields(target)}  # type: ignore[arg-type]
    for name, value in values.items():
        if name not in known:
            raise CommandError(f"{what} has no {name!r}: one of {', '.join(known)}.")
        old = getattr(target, name)
        if isinstance(old, set) and isinstance(value, (list, str)):
            value = set(value.split(",") if isinstance(value, str) else value)
        elif isinstance(old, list) and isinstance(value, str):
            value = [part for part in value.split(",") if part]
        elif isinstance(old, (bool, int, float)) and isinstance(value, str):
            value = _number(value, type(old))
        setattr(target, name, value)


def _number(text: str, kind: type) -> Any:
    if kind is bool:
        return text.lower() in ("1", "true", "yes", "on")
    return None if text.lower() == "none" else kind(text)


def _shown(user: User) -> dict:
    return {name: value for name, value in asdict(user).items() if name not in _HIDDEN}


# -- mailboxes -------------------------------------------------------------------------


@command
def status(sim: Simulator) -> dict:
    """Addresses and numbers."""
    return {
        "graph": sim.url,
        "short paths": sim.short_url,
        "exchange": sim.ews_url,
        "sign-in": sim.authority if sim.tls_port else "",
        "certificate": sim.ca_file,
        "mailboxes": len(sim.store.mailboxes),
        "requests": sim.requests.count,
    }


@command
def mailboxes(sim: Simulator) -> list[dict]:
    """All users with their settings."""
    return [_shown(user) for user in sim.store.directory.users.values()]


@command
def create_mailbox(
    sim: Simulator, login: str, password: str = "secret", **values: Any
) -> dict:
    """Create a user with a mailbox; what is there already stays as it is."""
    user = sim.store.directory.user(login)
    if user is None:
        sim.add_mailbox(login, password)
        user = sim.user(login)
    _set(user, values, "A user")
    return _shown(user)


@command
def set_user(sim: Simulator, login: str, **values: Any) -> dict:
    """Change a user: enabled, locked, mfa, mailbox, name, aliases, sign_in_error…"""
    if "password" in values:
        sim.change_password(login, values.pop("password"))
    _set(sim.user(login), values, "A user")
    return _shown(sim.user(login))


@command
def delete_mailbox(sim: Simulator, login: str) -> None:
    """Delete a user and the mailbox."""
    sim.user(login)
    sim.store.remove_user(login)


@command
def folders(sim: Simulator, mailbox: str) -> list[dict]:
    """The folders of a mailbox with their paths."""
    box = sim.mailbox(mailbox)
    rows = [c for c in box.containers.values() if c.kind == "mailFolder" and c.parent]
    return [
        {"path": c.path(), "id": c.id, "items": len(c.items), "hidden": c.hidden}
        for c in sorted(rows, key=lambda c: c.path().lower())
    ]


@command
def messages(sim: Simulator, mailbox: str, folder: str = "inbox") -> list[dict]:
    """The messages of a folder."""
    found = sim.mailbox(mailbox).find_path(folder)
    if found is None:
        raise CommandError(f"There is no folder {folder!r}.")
    return [_message(item) for item in found.items.values()]


def _message(item) -> dict:
    sender = (item.data["from"] or {}).get("emailAddress") or {}
    return {
        "id": item.immutable_id,
        "subject": item.data["subject"],
        "from": sender.get("address"),
        "received": item.data["receivedDateTime"],
        "categories": list(item.data["categories"]),
        "folder": item.container.path() if item.container else None,
    }


@command
def drop(sim: Simulator, mailbox: str, folder: str, eml: str) -> dict:
    """Put a mail (base64 of its text) into a folder, as if it had arrived."""
    return _message(sim.drop(mailbox, folder, base64.b64decode(eml)))


@command
def move(sim: Simulator, mailbox: str, message: str, folder: str) -> dict:
    """Move a message (id, Message-ID or subject) into a folder."""
    box = sim.mailbox(mailbox)
    with box.lock:
        item = box.find(message) or next(
            (
                item
                for item in box.items.values()
                if item.kind == "message"
                and message in (item.data["internetMessageId"], item.data["subject"])
            ),
            None,
        )
        if item is None:
            raise CommandError(f"There is no message {message!r}.")
        box.move(item, box.make_path(folder))
        return _message(item)


@command
def create_folder(sim: Simulator, mailbox: str, folder: str) -> str:
    """Make a folder by its path (``Inbox/Orders``); the result is its id."""
    box = sim.mailbox(mailbox)
    with box.lock:
        return box.make_path(folder).id


# -- directory and tokens --------------------------------------------------------------


@command
def apps(sim: Simulator) -> list[dict]:
    """All app registrations."""
    return [_app(app) for app in sim.store.directory.apps.values()]


def _app(app) -> dict:
    shown = asdict(app)
    shown.pop("secrets")
    return {
        name: sorted(value) if isinstance(value, set) else value
        for name, value in shown.items()
        if name not in ("user_consent", "mailbox_roles")
    }


@command
def set_app(sim: Simulator, client_id: str = "", **values: Any) -> dict:
    """Change an app registration (without id the first one) or make a new one."""
    directory = sim.store.directory
    app = sim.app() if not client_id else directory.apps.get(client_id)
    if app is None:
        app = type(sim.app())(client_id or guid(), "App", sim.app().tenant_id)
        directory.apps[app.id] = app
    if "secret" in values:
        app.secrets = {values.pop("secret"): 0.0}
    _set(app, values, "An app registration")
    return _app(app)


@command
def create_tenant(sim: Simulator, domain: str, federated: bool = False) -> str:
    """Create an organisation; the result is its id."""
    tenant = sim.add_tenant(domain)
    if federated:
        tenant.federated.add(domain.lower())
    return tenant.id


@command
def revoke(sim: Simulator, login: str) -> None:
    """Revoke all tokens of a user."""
    sim.revoke(login)


@command
def challenge(sim: Simulator, login: str, claims: dict) -> None:
    """Answer the user's tokens with a claims challenge until these claims are met."""
    sim.challenge(login, claims)


@command
def expire_delta(sim: Simulator, mailbox: str) -> None:
    """Let all delta and skip tokens of a mailbox die."""
    sim.expire_delta_tokens(mailbox)


# -- behaviour -------------------------------------------------------------------------


@command
def clock(sim: Simulator, advance: float = 0.0) -> str:
    """Move the time on by so many seconds; the result is the time."""
    sim.clock.advance(float(advance))
    return sim.clock.iso()


@command
def quirks(sim: Simulator, **values: Any) -> dict:
    """Oddities of the service."""
    _set(sim.quirks, values, "Quirks")
    return asdict(sim.quirks)


@command
def limits(sim: Simulator, **values: Any) -> dict:
    """Throttling."""
    _set(sim.limits, values, "Limits")
    return asdict(sim.limits)


@command
def latency(sim: Simulator, milliseconds: float) -> float:
    """What each request takes on top of the work."""
    sim.latency = float(milliseconds)
    return sim.latency


@command
def fault(
    sim: Simulator,
    kind: str,
    match: str = "",
    after: int = 0,
    count: int | None = 1,
    options: dict | None = None,
) -> int:
    """Add a fault (status, gone, page, redirect, drop, cut…); the number of rules."""
    made = Fault.make(kind, **(options or {}))
    whole = None if count is None or int(count) < 0 else int(count)
    sim.faults.add(made, match=match, after=int(after), count=whole)
    return len(sim.faults.rules)


@command
def clear_faults(sim: Simulator) -> None:
    """Remove all faults."""
    sim.faults.clear()


@command
def requests(sim: Simulator, match: str = "", clear: bool = False) -> list[dict]:
    """What was asked lately."""
    rows = [
        {
            "method": entry.method,
            "path": entry.path,
            "status": entry.status,
            "mailbox": entry.mailbox,
            "in_batch": entry.in_batch,
            "size": entry.size,
            "answer_size": entry.answer_size,
        }
        for entry in sim.requests.matching(match)
    ]
    if clear:
        sim.requests.clear()
    return rows
