"""Who the mailbox belongs to.

Source: https://learn.microsoft.com/graph/api/user-get
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import operations
from .call import Answer, Call
from .errors import GraphError
from .operations import Folder, Shape
from .routing import Router
from .soap import Element, child, children, local, members, text
from .values import words_or_none

PROPERTIES = frozenset(
    {
        "id",
        "displayName",
        "mail",
        "userPrincipalName",
        "proxyAddresses",
        "givenName",
        "surname",
        "jobTitle",
        "mobilePhone",
        "officeLocation",
        "businessPhones",
        "preferredLanguage",
    }
)
#: Graph has no place for the version of Exchange, which administrators ask for.
BUILD_HEADER = "X-Exchange-Version"


def me(call: Call) -> Answer:
    """GET me: what the directory of Exchange says of the user who signed in."""
    call.options.check_select(PROPERTIES, "User")
    login = call.exchange.login
    entry = login.rpartition("\\")[2]
    found = _resolve(call, entry)
    user = _user(login, found)
    selected = call.options.wanted
    if selected is not None:
        user = {name: user[name] for name in user if name in selected or name == "id"}
    body = {"@odata.context": call.context("users/$entity"), **user}
    build = call.exchange.build
    return Answer(200, body, {BUILD_HEADER: build} if build else {})


def _resolve(call: Call, entry: str) -> Element | None:
    """The entry of the directory for a login, ``None`` when there is no single one."""
    try:
        message = call.exchange.one(lambda _v: operations.resolve_names(entry))
    except GraphError as error:
        if error.status in (401, 429, 503):
            raise
        # Not in the directory, or hidden from it. Has he a mailbox at all?
        inbox = [Folder(name="inbox")]
        call.exchange.one(lambda _v: operations.get_folder(inbox, Shape()))
        return None
    rows = child(message, "ResolutionSet")
    candidates = list(rows) if rows is not None else []
    for row in candidates:
        if entry.casefold() in _names(row):
            return row
    return candidates[0] if len(candidates) == 1 else None


def _names(row: Element) -> set[str]:
    """The addresses of an entry, and their parts before the @."""
    found = {text(row, "Mailbox", "EmailAddress").casefold()}
    found.update(proxy.partition(":")[2].casefold() for proxy in _proxies(row))
    found.add(text(row, "Contact", "Alias").casefold())
    return found | {name.partition("@")[0] for name in found} - {""}


def _proxies(row: Element) -> list[str]:
    """``SMTP:main@…`` and ``smtp:alias@…``."""
    found = []
    for entry in children(row, "Contact", "EmailAddresses"):
        value = (entry.text or "").strip()
        if value.lower().startswith("smtp:") and "@" in value:
            found.append(value)
    return found


def _user(login: str, row: Element | None) -> dict[str, Any]:
    address = text(row, "Mailbox", "EmailAddress")
    if "@" not in address:
        address = login if "@" in login else ""
    proxies = _proxies(row) if row is not None else []
    if address and not any(p[5:].lower() == address.lower() for p in proxies):
        proxies.insert(0, f"SMTP:{address}")
    return {
        "id": address or login,
        "displayName": text(row, "Mailbox", "Name") or address or login,
        "mail": address or None,
        "userPrincipalName": login if "@" in login else address or login,
        "proxyAddresses": proxies,
        **_person(members(child(row, "Contact"))),
    }


def _person(contact: Mapping[str, Element]) -> dict[str, Any]:
    """What the directory may say of a person beside his addresses."""
    business = _phone(contact.get("PhoneNumbers"), "BusinessPhone")
    return {
        "givenName": words_or_none(contact.get("GivenName")),
        "surname": words_or_none(contact.get("Surname")),
        "jobTitle": words_or_none(contact.get("JobTitle")),
        "mobilePhone": _phone(contact.get("PhoneNumbers"), "MobilePhone"),
        "officeLocation": words_or_none(contact.get("OfficeLocation")),
        "businessPhones": [business] if business else [],
        "preferredLanguage": None,
    }


def _phone(entries: Element | None, key: str) -> str | None:
    for entry in children(entries):
        if local(entry) == "Entry" and entry.get("Key") == key:
            return entry.text or None
    return None


def register(router: Router) -> None:
    """Add the path of the user."""
    router.add("GET", "", me)
