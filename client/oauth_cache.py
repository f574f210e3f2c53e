"""What MSAL keeps of a sign-in: read, and looked through without asking anybody."""

from __future__ import annotations

import json
import time
from typing import Any

import msal  # type: ignore[import-untyped]

#: Seconds an access token must still be valid to be used.
_MARGIN = 300


def loaded(cache: str) -> Any:
    """The MSAL cache in a text; a spoilt text is an empty cache."""
    store = msal.SerializableTokenCache()
    try:
        content = json.loads(cache or "{}")
        store.deserialize(cache if isinstance(content, dict) and content else None)
    except (ValueError, RecursionError):
        store.deserialize(None)
    return store


def cached(store: Any, client_id: str, scopes: list[str]) -> str:
    """An access token in the cache that is valid for a while, "" if there is none.

    MSAL would find it too, but only after asking the sign-in for its configuration.
    """
    now = time.time()
    kind = store.CredentialType.ACCESS_TOKEN
    for entry in store.search(kind, query={"client_id": client_id}):
        until = float(entry.get("expires_on") or 0)
        early = float(entry.get("refresh_on") or until)
        granted = str(entry.get("target") or "").split()
        if until - now > _MARGIN and early > now and _covers(granted, scopes):
            return str(entry["secret"])
    return ""


def _covers(granted: list[str], wanted: list[str]) -> bool:
    """Whether a token has what is wanted.

    Microsoft may name a permission with or without its resource, and in other letters.
    """
    names = {scope.lower() for scope in granted}
    names |= {scope.rpartition("/")[2] for scope in names if _is_global(scope)}
    return names.issuperset(
        scope.rpartition("/")[2] if _is_global(scope) else scope
        for scope in map(str.lower, wanted)
    )


def _is_global(scope: str) -> bool:
    return scope.startswith("https://graph.microsoft.com/")
