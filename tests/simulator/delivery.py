"""Plain mails on their way: into the inboxes of those who have one here.

Nothing leaves this machine; of what is for others :attr:`.PostOffice.outside` tells.
"""

from __future__ import annotations

import re

from .directory import User
from .drafts import message_from_mime, to_mime
from .event_values import address_of
from .mailbox import Item, Mailbox
from .meetings import MeetingMail, PostOffice, Work

_BLIND = re.compile(rb"^bcc:.*\r?\n(?:[ \t].*\r?\n)*", re.I | re.M)
_LISTS = ("toRecipients", "ccRecipients", "bccRecipients")


def send(post: PostOffice, sender: User, item: Item) -> list[Work]:
    """What is to be done for a mail to arrive, once the sender's mailbox is free."""
    raw = _public(item.mime or to_mime(item))
    subject = item.data["subject"] or ""
    rows = [row for name in _LISTS for row in item.data[name] or []]
    people = post.members(address for row in rows if (address := address_of(row)))
    mine = sender.mail or sender.upn

    def deliver() -> None:
        for key, user in people.items():
            if user is None:
                post.outside.append(MeetingMail("mail", mine, key, subject, "", True))
            else:
                _arrive(post.store.mailboxes[user.id], raw)

    return [deliver]


def _public(raw: bytes) -> bytes:
    """A mail without those who get it unseen."""
    head, gap, rest = raw.partition(b"\r\n\r\n")
    return _BLIND.sub(b"", head + b"\r\n")[:-2] + gap + rest


def _arrive(mailbox: Mailbox, raw: bytes) -> None:
    with mailbox.lock:
        item = message_from_mime(mailbox, raw)
        item.data |= {
            "isRead": False,
            "isDraft": False,
            "bccRecipients": [],
            "receivedDateTime": mailbox.clock.iso(),
        }
        item.data["hasAttachments"] = any(
            not attachment.data["isInline"] for attachment in item.attachments
        )
        mailbox.add(mailbox.well_known["inbox"], item)
