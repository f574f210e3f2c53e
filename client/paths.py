"""Where things lie: Graph's own paths, and the short ones of the mapper.

Both families lead to the same resources.  All paths are relative to the base address
(the version root of Graph, ``…/api`` of the mapper), with ids quoted as one segment.

Source: https://learn.microsoft.com/graph/api/resources/mail-api-overview
"""

from __future__ import annotations

from typing import Protocol
from urllib.parse import unquote, urlsplit

from .links import Origin, segment


class Paths(Protocol):
    """The paths of one mailbox.

    :ivar user: its user's id or login where an application signs in, otherwise ""
    """

    user: str

    def me(self) -> str:
        """Whose mailbox it is."""

    def folders(self) -> str:
        """The topmost mail folders that can be reached."""

    def folder(self, folder_id: str) -> str:
        """One mail folder, by id (or well-known name)."""

    def child_folders(self, folder_id: str | None = None) -> str:
        """The folders in a folder; ``None`` = in the inbox."""

    def well_known_folder(self, name: str) -> str | None:
        """A folder by its well-known name, ``None`` where names are not known."""

    def messages(self, folder_id: str) -> str:
        """The messages of a folder."""

    def messages_delta(self, folder_id: str) -> str:
        """The changes in the messages of a folder."""

    def message(self, folder_id: str, message_id: str) -> str:
        """One message."""

    def message_mime(self, folder_id: str, message_id: str) -> str:
        """One message as RFC 5322 text."""

    def move(self, folder_id: str, message_id: str) -> str:
        """The action that moves a message."""

    def attachments(self, folder_id: str, message_id: str) -> str:
        """The attachments of a message."""

    def attachment(self, folder_id: str, message_id: str, attachment_id: str) -> str:
        """One attachment of a message."""

    def attachment_content(
        self, folder_id: str, message_id: str, attachment_id: str
    ) -> str:
        """The bytes of one attachment."""

    def batch(self) -> str:
        """Several requests in one."""

    def calendar_view(self) -> str:
        """The events of a window."""

    def calendar_view_delta(self) -> str:
        """The changes in the events of a window."""

    def event(self, event_id: str) -> str:
        """One event."""

    def event_instances(self, event_id: str) -> str:
        """The occurrences of a series."""

    def contacts(self, folder_id: str | None = None) -> str:
        """The contacts of a folder; ``None`` = of the default one."""

    def contacts_delta(self, folder_id: str | None = None) -> str:
        """The changes in these contacts."""

    def contact(self, contact_id: str) -> str:
        """One contact."""

    def contact_photo(self, contact_id: str) -> str:
        """The picture of a contact, as bytes."""

    def contact_folders(self) -> str:
        """The contact folders beside the default one."""

    def contact_folder(self, folder_id: str) -> str:
        """One contact folder."""


class _Common:
    """What both families spell alike, once they know where a message lies."""

    def message(self, folder_id: str, message_id: str) -> str:
        raise NotImplementedError

    def message_mime(self, folder_id: str, message_id: str) -> str:
        return f"{self.message(folder_id, message_id)}/$value"

    def move(self, folder_id: str, message_id: str) -> str:
        return f"{self.message(folder_id, message_id)}/move"

    def attachments(self, folder_id: str, message_id: str) -> str:
        return f"{self.message(folder_id, message_id)}/attachments"

    def attachment(self, folder_id: str, message_id: str, attachment_id: str) -> str:
        attachments = self.attachments(folder_id, message_id)
        return f"{attachments}/{segment(attachment_id)}"

    def attachment_content(
        self, folder_id: str, message_id: str, attachment_id: str
    ) -> str:
        return f"{self.attachment(folder_id, message_id, attachment_id)}/$value"

    def batch(self) -> str:
        return "$batch"

    def contact_folders(self) -> str:
        raise NotImplementedError

    def contact_folder(self, folder_id: str) -> str:
        return f"{self.contact_folders()}/{segment(folder_id)}"


class GraphPaths(_Common):
    """Graph's own paths.

    :param user: ``me``, or the id or login of a user (perhaps after ``users/``) where
        an application signs in
    """

    def __init__(self, user: str = "me") -> None:
        user = user.strip().removeprefix("users/")
        self.user = "" if user.lower() == "me" else user
        self.root = f"users/{segment(user)}" if self.user else "me"

    def me(self) -> str:
        return self.root

    def folders(self) -> str:
        return f"{self.root}/mailFolders"

    def folder(self, folder_id: str) -> str:
        return f"{self.root}/mailFolders/{segment(folder_id)}"

    def child_folders(self, folder_id: str | None = None) -> str:
        return f"{self.folder(folder_id or 'inbox')}/childFolders"

    def well_known_folder(self, name: str) -> str | None:
        return self.folder(name)

    def messages(self, folder_id: str) -> str:
        return f"{self.folder(folder_id)}/messages"

    def messages_delta(self, folder_id: str) -> str:
        return f"{self.folder(folder_id)}/messages/delta"

    def message(self, folder_id: str, message_id: str) -> str:
        # not below its folder: the message may have been moved meanwhile
        return f"{self.root}/messages/{segment(message_id)}"

    def calendar_view(self) -> str:
        return f"{self.root}/calendarView"

    def calendar_view_delta(self) -> str:
        return f"{self.root}/calendarView/delta"

    def event(self, event_id: str) -> str:
        return f"{self.root}/events/{segment(event_id)}"

    def event_instances(self, event_id: str) -> str:
        return f"{self.event(event_id)}/instances"

    def contacts(self, folder_id: str | None = None) -> str:
        if folder_id is None:
            return f"{self.root}/contacts"
        return f"{self.contact_folders()}/{segment(folder_id)}/contacts"

    def contacts_delta(self, folder_id: str | None = None) -> str:
        return f"{self.contacts(folder_id)}/delta"

    def contact(self, contact_id: str) -> str:
        return f"{self.root}/contacts/{segment(contact_id)}"

    def contact_photo(self, contact_id: str) -> str:
        return f"{self.contact(contact_id)}/photo/$value"

    def contact_folders(self) -> str:
        return f"{self.root}/contactFolders"


class ShortPaths(_Common):
    """The mapper's three short paths; the names are as the administrator typed them."""

    user = ""

    def __init__(
        self,
        folders: str = "ChildFolders",
        events: str = "events",
        contacts: str = "contacts",
    ) -> None:
        self._folders, self._events, self._contacts = folders, events, contacts

    def me(self) -> str:
        return "me"

    def folders(self) -> str:
        return self._folders

    def folder(self, folder_id: str) -> str:
        return f"{self._folders}/{segment(folder_id)}"

    def child_folders(self, folder_id: str | None = None) -> str:
        if folder_id is None:
            return self._folders
        return f"{self.folder(folder_id)}/childFolders"

    def well_known_folder(self, name: str) -> str | None:
        return None

    def messages(self, folder_id: str) -> str:
        return f"{self.folder(folder_id)}/messages"

    def messages_delta(self, folder_id: str) -> str:
        return f"{self.folder(folder_id)}/messages/delta"

    def message(self, folder_id: str, message_id: str) -> str:
        return f"{self.messages(folder_id)}/{segment(message_id)}"

    def calendar_view(self) -> str:
        return self._events

    def calendar_view_delta(self) -> str:
        return f"{self._events}/delta"

    def event(self, event_id: str) -> str:
        return f"{self._events}/{segment(event_id)}"

    def event_instances(self, event_id: str) -> str:
        return f"{self.event(event_id)}/instances"

    def contacts(self, folder_id: str | None = None) -> str:
        if folder_id is None:
            return self._contacts
        return f"{self.contact_folders()}/{segment(folder_id)}/contacts"

    def contacts_delta(self, folder_id: str | None = None) -> str:
        return f"{self.contacts(folder_id)}/delta"

    def contact(self, contact_id: str) -> str:
        return f"{self._contacts}/{segment(contact_id)}"

    def contact_photo(self, contact_id: str) -> str:
        return f"{self.contact(contact_id)}/photo/$value"

    def contact_folders(self) -> str:
        return "contactFolders"


def paths_from_urls(
    *, folders_url: str, events_url: str = "", contacts_url: str = "", user: str = "me"
) -> tuple[str, Paths]:
    """Base address and paths for the addresses which the administrator typed.

    * ``…/api/ChildFolders``: the short paths below ``…/api``
    * ``…/v1.0``, ``…/v1.0/me``, ``…/v1.0/me/mailFolders``, ``…/users/x/mailFolders``:
      Graph's paths below ``…/v1.0``

    :param user: whose mailbox, for Graph's paths (a user in the address wins)
    :raises ValueError: the addresses are not usable, in one plain sentence
    """
    given = folders_url or events_url or contacts_url
    origin = Origin.of(given)
    names = [name for name in urlsplit(given.strip()).path.split("/") if name]
    found = _graph_root(names)
    if found:
        depth, owner = found
        return _address(origin, names[:depth]), GraphPaths(owner or user)
    base = names[:-1]
    if names and names[-1].lower() == "api":
        base, short = names, {}
    elif not names or not (names[-1].lower() == "childfolders" or not folders_url):
        raise ValueError(
            "The address of the e-mails must end in /ChildFolders "
            "(or be the root of a Microsoft Graph service, /v1.0)."
        )
    else:
        short = {"folders": names[-1]} if folders_url else {}
    for key, url in (("events", events_url), ("contacts", contacts_url)):
        if url:
            short[key] = _sibling(origin, base, url)
    return _address(origin, base), ShortPaths(**short)


def _graph_root(names: list[str]) -> tuple[int, str] | None:
    """(how many segments form the version root, the user in the address or "")."""
    lower = [name.lower() for name in names]
    for depth, name in enumerate(lower):
        if name == "me" and (depth + 1 == len(names) or lower[depth + 1] in _BELOW_ME):
            return depth, ""
        if name == "users" and len(names) > depth + 1:
            return depth, unquote(names[depth + 1])
    if lower and lower[-1] in ("v1.0", "beta"):
        return len(names), ""
    return None


_BELOW_ME = frozenset(
    {"mailfolders", "messages", "calendarview", "events", "contacts", "contactfolders"}
)


def _sibling(origin: Origin, base: list[str], url: str) -> str:
    """The last segment of ``url``, which must lie directly below the same base."""
    other = Origin.of(url)
    names = [name for name in urlsplit(url.strip()).path.split("/") if name]
    if other.root != origin.root or names[:-1] != base or not names:
        raise ValueError(
            "The addresses of e-mails, events and contacts must lie side by side."
        )
    return names[-1]


def _address(origin: Origin, names: list[str]) -> str:
    return "/".join([origin.root, *names])
