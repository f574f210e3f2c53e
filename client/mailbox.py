"""A mailbox: everything the connector does with one, in one object."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from .contacts import Contacts
from .delta import PAGE_SIZE, DeltaPage
from .delta import probe as probe_links
from .errors import ClientError, PermissionDenied
from .events import Events
from .messages import Messages
from .paths import Paths
from .resource import Resource
from .session import Session

#: Header of the mapper: ``15.2.1544``.
_VERSION = "X-Exchange-Version"
_NUMBERS = re.compile(r"\d{1,3}\.\d{1,3}\.\d{1,6}")
_ME_FIELDS = "id,displayName,mail,userPrincipalName,proxyAddresses"


class Mailbox(Resource):
    """One mailbox behind a session.  Closes its session at the end of a ``with``.

    :ivar messages: its mails and mail folders, a :class:`Messages`
    :ivar events: its calendar, an :class:`Events`
    :ivar contacts: its address book, a :class:`Contacts`
    """

    def __init__(self, session: Session, paths: Paths) -> None:
        super().__init__(session, paths)
        self.messages = Messages(session, paths)
        self.events = Events(session, paths)
        self.contacts = Contacts(session, paths)

    def me(self) -> dict[str, Any]:
        """Whose mailbox it is: Graph's user, with all his addresses in ``addresses``
        and, behind a mapper, the version of Exchange in ``exchangeVersion``.

        https://learn.microsoft.com/graph/api/user-get
        """
        query, version = {"$select": _ME_FIELDS}, ""
        try:
            answer = self.session.request("GET", self.paths.me(), query=query)
            user, version = answer.json, answer.headers.get(_VERSION, "")
        except PermissionDenied:
            if not self.paths.user:
                raise
            user = self._me_by_mailbox(self.paths.user)
        version = version if _NUMBERS.fullmatch(version) else ""
        return {**user, "addresses": addresses_of(user), "exchangeVersion": version}

    def _me_by_mailbox(self, login: str) -> dict[str, Any]:
        """The user as far as an application knows him that may open mailboxes, but not
        read the directory.

        :raises PermissionDenied: it may not open this mailbox either
        """
        path = self.paths.folder("inbox")
        self.session.request("GET", path, query={"$select": "id"})
        return {"userPrincipalName": login, "mail": login if "@" in login else None}

    def check(self) -> None:
        """Whether there is a mailbox behind the sign-in: looks into its inbox.

        :raises MailboxNotFound: there is none (here)
        """
        query = {"$select": "id", "$top": 1}
        self.session.request("GET", self.paths.child_folders(), query=query)

    def close(self) -> None:
        """Close the session."""
        self.session.close()

    def __enter__(self) -> Mailbox:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


def probe(
    mailbox: Mailbox, links: Sequence[str], page_size: int | None = PAGE_SIZE
) -> list[DeltaPage | ClientError]:
    """What is new behind each delta link, by one request for up to 20 of them.

    This is what an idle mailbox costs.  What goes wrong with one link is a value in its
    place.

    :raises ClientError: the request as a whole failed
    """
    batch_path = mailbox.paths.batch()
    return probe_links(mailbox.session, links, page_size, batch_path=batch_path)


def addresses_of(user: dict[str, Any]) -> list[str]:
    """The e-mail addresses of a user in lower case, the main one first."""
    proxies = user.get("proxyAddresses")
    found = [user.get("mail"), user.get("userPrincipalName")]
    for proxy in proxies if isinstance(proxies, list) else []:
        kind, _colon, address = str(proxy).partition(":")
        found += [address] if kind.lower() == "smtp" else []
    texts = [text.strip().lower() for text in found if isinstance(text, str)]
    return list(dict.fromkeys(text for text in texts if "@" in text))
