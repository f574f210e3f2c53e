"""Delta rounds of the tree of mail folders, flat, over SyncFolderHierarchy.

Source: https://learn.microsoft.com/graph/api/mailfolder-delta
"""

from __future__ import annotations

from typing import Any

from . import delta, tokens
from .call import Answer, Call
from .errors import bad_gateway
from .folders import PROPERTIES, SHAPE, holds_mails, is_hidden, project, render
from .markup import Markup, node
from .odata import Options
from .operations import Folder
from .routing import Router
from .soap import Element, child, children, local, text

_ROOT = Folder(name="msgfolderroot")
_KIND = {"@odata.type": "#microsoft.graph.mailFolder"}


def sync_tree(state: str) -> Markup:
    """What changed in the tree since a state ("" = everything)."""
    return node(
        "m:SyncFolderHierarchy",
        SHAPE.element("m:FolderShape"),
        node("m:SyncFolderId", _ROOT.element()),
        node("m:SyncState", state) if state else None,
    )


def folder_delta(call: Call) -> Answer:
    """GET mailFolders/delta."""
    options = call.options
    options.refuse("search", "filter", "orderby", "expand")
    options.check_select(PROPERTIES, "MailFolder")
    token, state, select = options.skiptoken or options.deltatoken, "", options.select
    if token and token.lower() != "latest":
        state, select = tokens.read(call.settings, "mailFolder", token, 2)
    message = call.exchange.one(lambda _version: sync_tree(state))
    following = text(message, "SyncState")
    if not following:
        raise bad_gateway("Exchange's answer holds no sync state.")
    last = text(message, "IncludesLastFolderInRange").strip() != "false"
    changes = children(message, "Changes")
    if not last and not changes and following == state:
        raise bad_gateway("Exchange's changes have no end.")
    wanted, rows = Options(select=select), []
    if token.lower() != "latest":
        found = [_row(change, wanted) for change in changes]
        rows = [row for row in found if row is not None]
    return delta.finish(call, "mailFolder", [following, select], rows, last)


def _row(change: Element, wanted: Options) -> dict[str, Any] | None:
    """A change as Graph tells it, ``None`` for folders that hold no mails."""
    if local(change) == "Delete":
        ident = child(change, "FolderId")
        gone = str(ident.get("Id")) if ident is not None else ""
        return delta.removed("mailFolder", gone) if gone else None
    folder = next(iter(change), None)
    if folder is None or not holds_mails(folder) or is_hidden(folder):
        return None
    return {**_KIND, **project(render(folder), wanted)}


def register(router: Router) -> None:
    """Add the path of changes."""
    router.add("GET", "mailFolders/delta", folder_delta)
