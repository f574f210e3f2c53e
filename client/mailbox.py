"""A mailbox: everything the connector does with one, in one object."""

from __future__ import annotations

from typing import Any

from .delta import PAGE_SIZE, DeltaPage, probe
from .errors import ClientError
from .folders import Folders
from .messages import Messages

_ME_FIELDS = "id,displayName,mail,userPrincipalName,proxyAddresses"


class Mailbox(Folders, Messages):
    """One mailbox behind a session.  Closes its session at the end of a ``with``."""

    def me(self) -> dict[str, Any]:
        """Whose mailbox it is: Graph's user, with all his addresses in ``addresses``.

        https://learn.microsoft.com/graph/api/user-get
        """
        query = {"$select": _ME_FIELDS}
        user = self.session.request("GET", self.paths.me(), query=query).json
        return {**user, "addresses": addresses_of(user)}

    def probe(
        self, links: list[str], page_size: int = PAGE_SIZE
    ) -> list[DeltaPage | ClientError]:
        """What is new behind each link, by one request; see :func:`delta.probe`."""
        return probe(self.session, links, page_size, batch_path=self.paths.batch())

    def close(self) -> None:
        """Close the session."""
        self.session.close()

    def __enter__(self) -> Mailbox:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


def addresses_of(user: dict[str, Any]) -> list[str]:
    """The e-mail addresses of a user in lower case, the main one first."""
    proxies = user.get("proxyAddresses")
    found = [user.get("mail"), user.get("userPrincipalName")]
    for proxy in proxies if isinstance(proxies, list) else []:
        kind, _colon, address = str(proxy).partition(":")
        found += [address] if kind.lower() == "smtp" else []
    texts = [text.strip().lower() for text in found if isinstance(text, str)]
    return list(dict.fromkeys(text for text in texts if "@" in text))
