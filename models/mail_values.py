"""From Graph's message to plain values.

Pure functions: no database, no network. Whatever a mail brings along, they return
something that can be stored; nothing here raises because of what a mail says.
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass, field
from datetime import datetime, timezone
from email.utils import formataddr
from functools import lru_cache
from html import escape, unescape
from urllib.parse import unquote

from odoo.tools.mail import plaintext2html

from .addresses import normalise
from .deep_html import storable

# What a name may not contain without quotes (RFC 5322).
_SPECIALS = re.compile(r'[()<>@,:;\\".\[\]]')
# PostgreSQL stores neither of these in a text.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_MESSAGE_IDS = re.compile(r"<[^<>\s]+>")
# In quotes it may hold blanks: Content-IDs are made of file names at times.
_CID = re.compile(
    r"(?:(?<=\")cid:(?P<double><?[^\"<>]+>?)(?=\")"
    r"|(?<=')cid:(?P<single><?[^'<>]+>?)(?=')"
    r"|cid:(?P<bare>[^\"'\s<>)]+))",
    re.IGNORECASE,
)
_SMIME = re.compile(r"multipart/signed|application/(x-)?pkcs7-mime", re.IGNORECASE)
MAX_SUBJECT = 1000
# Bytes of a Message-ID, by the longest line that a mail may have (RFC 5322). Odoo has
# an index on it, which takes 2,700.
MAX_MESSAGE_ID = 998
MAX_REFERENCES = 32


@dataclass(frozen=True, slots=True)
class Address:
    """One participant. ``email`` is normalised and "" when it is none (X.500, group
    names); ``text`` is what a person reads, e.g. ``"Ada" <ada@example.com>``."""

    email: str
    text: str
    name: str = ""


@dataclass(slots=True)
class Attachment:
    """One part of a mail. ``content`` is None while it has not been read.

    ``kind``: "file", "item" (another mail, an event or a contact) or "reference" (a
    link to a cloud file).
    """

    remote_id: str
    name: str
    mimetype: str
    kind: str = "file"
    content: bytes | None = None
    content_id: str = ""
    size: int = 0


@dataclass(slots=True)
class Mail:
    """A mail as the chatter needs it. Times are naive UTC, ``body`` is HTML.

    ``original_ids``: the Message-IDs it had when it left Odoo, should Exchange have
    given it another one. ``is_vague``: what was listed of it could be any mail.
    """

    remote_id: str
    etag: str
    message_id: str
    subject: str
    sender: Address
    to: list[Address]
    cc: list[Address]
    date: datetime | None
    is_draft: bool = False
    body: str = ""
    references: list[str] = field(default_factory=list)
    conversation_id: str = ""
    original_ids: list[str] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    fingerprint: str = ""
    is_vague: bool = False

    @property
    def recipients(self) -> list[Address]:
        return self.to + self.cc


def clean(text) -> str:
    """``text`` without what PostgreSQL cannot store; "" for anything but a text."""
    if not isinstance(text, str):
        return ""
    # Encoding finds a surrogate many times faster than a search for it would.
    try:
        text.encode()
    except UnicodeEncodeError:
        return _UNSTORABLE.sub("", text)
    return text.replace("\x00", "")


def parse_mail(item: dict, direction: str) -> Mail:
    """A mail from Graph's ``message``, listed or read in full.

    :param item: the JSON of the message
    :param direction: "incoming" or "outgoing"
    """
    headers = _headers(item.get("internetMessageHeaders"))
    mail = Mail(
        remote_id=clean(item.get("id")),
        etag=clean(item.get("@odata.etag")),
        message_id=_message_id(item.get("internetMessageId")),
        subject=" ".join(clean(item.get("subject")).split())[:MAX_SUBJECT],
        sender=parse_address(item.get("from") or item.get("sender")),
        to=parse_addresses(item.get("toRecipients")),
        cc=parse_addresses(item.get("ccRecipients")),
        date=parse_time(item.get("sentDateTime"))
        or parse_time(item.get("receivedDateTime")),
        is_draft=item.get("isDraft") is True,
        body=_body(item.get("body")),
        references=_references(headers),
        conversation_id=clean(item.get("conversationId")),
        original_ids=_original_ids(headers),
        attachments=[
            parse_attachment(part) for part in _objects(item.get("attachments"))
        ],
    )
    mail.is_vague = not mail.message_id and mail.date is None
    mail.fingerprint = fingerprint(mail, direction, clean(item.get("bodyPreview")))
    return mail


def fingerprint(mail: Mail, direction: str, preview: str) -> str:
    """What two copies of one mail in two mailboxes have in common.

    The Message-ID together with the sender (some senders use one Message-ID for ever);
    without a Message-ID all that does not depend on the mailbox, and where that could
    be any mail (a list of changes may tell no more of one than that it was read) its
    id. The direction belongs to it: the mail that one colleague received may be the one
    another sent, and it is filed in different places for the two.
    """
    if mail.message_id:
        parts = [mail.message_id, mail.sender.email]
    else:
        people = sorted(address.text for address in mail.recipients)
        date = mail.date.isoformat() if mail.date else ""
        parts = [mail.sender.text, date, mail.subject, preview, *people]
        parts += [mail.remote_id] if mail.is_vague else []
    digest = hashlib.sha256("\x00".join(parts).encode()).hexdigest()
    return f"{direction}:{digest}"


def parse_addresses(recipients) -> list[Address]:
    """Graph's list of recipients, without empty ones."""
    found = [parse_address(recipient) for recipient in _objects(recipients)]
    return [address for address in found if address.text]


def parse_address(recipient) -> Address:
    """Graph's ``recipient``: {"emailAddress": {"name", "address"}}."""
    value = (recipient or {}).get("emailAddress") if isinstance(recipient, dict) else {}
    value = value if isinstance(value, dict) else {}
    return _address(clean(value.get("address")).strip(), clean(value.get("name")))


@lru_cache(maxsize=4096)
def _address(raw: str, name: str) -> Address:
    """Cached: the same few people write and receive most of the mails of a mailbox."""
    name = " ".join(name.split())
    email = normalise(raw)
    if name in ("", raw):
        return Address(email, raw, "")
    if not raw or (not email and "@" in raw):
        return Address("", raw or name, name)
    shown = email or raw
    try:
        text = formataddr((name, shown))
    except (UnicodeError, ValueError):  # an address in letters of other alphabets
        text = ""
    # formataddr encodes what is not ASCII; people want to read it.
    if not text or "=?" in text:
        text = f"{_quoted(name)} <{shown}>"
    return Address(email, text, name)


def _quoted(name: str) -> str:
    if not _SPECIALS.search(name):
        return name
    inner = name.replace("\\", "/").replace('"', "'")
    return f'"{inner}"'


def parse_time(text) -> datetime | None:
    """Graph's DateTimeOffset as naive UTC; None for "never" and for nonsense."""
    value = clean(text).strip()
    if not value:
        return None
    value = re.sub(r"(\.\d{6})\d+", r"\1", value)
    try:
        moment = datetime.fromisoformat(re.sub(r"[Zz]$", "+00:00", value))
        if moment.tzinfo:
            moment = moment.astimezone(timezone.utc).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return None
    return moment.replace(microsecond=0) if moment.year > 1 else None


def parse_attachment(part: dict) -> Attachment:
    """Graph's ``attachment`` of any of its three kinds."""
    odata_type = clean(part.get("@odata.type")).lower()
    kind = "file"
    if odata_type.endswith("itemattachment"):
        kind = "item"
    elif odata_type.endswith("referenceattachment"):
        kind = "reference"
    size = part.get("size")
    return Attachment(
        remote_id=clean(part.get("id")),
        name=clean(part.get("name")).strip() or "attachment",
        mimetype=clean(part.get("contentType")) or "application/octet-stream",
        kind=kind,
        content=_decode(part.get("contentBytes")),
        content_id=clean(part.get("contentId")).strip("<> "),
        size=size if isinstance(size, int) else 0,
    )


def needs_mime(mail: Mail) -> bool:
    """Whether JSON cannot carry this mail: it is signed or encrypted with S/MIME."""
    return any(_SMIME.search(part.mimetype) for part in mail.attachments)


def link_inline(body: str, urls: dict[str, str]) -> str:
    """``body`` with each ``cid:`` of ``urls`` ({Content-ID: URL}) replaced."""
    if not urls or "cid:" not in body.lower():
        return body

    def replace(match):
        written = _written(match)
        # Two may differ in capital letters alone.
        url = urls.get(unquote(unescape(written))) or by_key.get(content_key(written))
        return escape(url) if url else match[0]

    by_key = {content_key(content_id): url for content_id, url in urls.items()}
    return _CID.sub(replace, body)


def inline_ids(body: str) -> set[str]:
    """The Content-IDs that ``body`` shows, as :func:`content_key` has them."""
    return {content_key(_written(match)) for match in _CID.finditer(body or "")}


def content_key(content_id: str) -> str:
    """A Content-ID as it is compared: mail programs write the same one in brackets,
    in codes of addresses or of HTML, in small and in capital letters."""
    return unquote(unescape(content_id)).strip("<>/ ").casefold()


def _written(match: re.Match[str]) -> str:
    return match["double"] or match["single"] or match["bare"]


def _message_id(value) -> str:
    data = clean(value).strip().encode()
    return data[:MAX_MESSAGE_ID].decode(errors="ignore")


def _objects(value) -> list[dict]:
    """The JSON objects of a list; none when it is no list."""
    items = value if isinstance(value, list) else []
    return [item for item in items if isinstance(item, dict)]


def _headers(headers) -> dict[str, str]:
    found: dict[str, str] = {}
    for header in _objects(headers):
        name = clean(header.get("name")).lower()
        found.setdefault(name, clean(header.get("value")))
    return found


def _references(headers: dict[str, str]) -> list[str]:
    """The mails this one answers, nearest first."""
    nearest = _MESSAGE_IDS.findall(headers.get("in-reply-to", ""))
    others = _MESSAGE_IDS.findall(headers.get("references", ""))
    return list(dict.fromkeys(nearest + others[::-1]))[:MAX_REFERENCES]


def _original_ids(headers: dict[str, str]) -> list[str]:
    """Exchange Online gives mails that are submitted by SMTP a Message-ID of its own
    and keeps the former one in a header. Odoo marks what it sends with X-Odoo headers,
    and puts the Message-ID of the mail itself at the end of References; no answer
    carries these headers."""
    found = _MESSAGE_IDS.findall(headers.get("x-odoo-message-id", ""))
    found += _MESSAGE_IDS.findall(headers.get("x-microsoft-original-message-id", ""))
    if "x-odoo-objects" in headers:
        found += _MESSAGE_IDS.findall(headers.get("references", ""))[-1:]
    return found


def _body(body) -> str:
    content = clean((body or {}).get("content")) if isinstance(body, dict) else ""
    kind = clean(body.get("contentType")).lower() if isinstance(body, dict) else ""
    if kind == "text" and content:
        return str(plaintext2html(content))
    return storable(content)


def _decode(content_bytes) -> bytes | None:
    """Base64 as Outlook writes it, or in the letters of OData's JSON, which are those
    for URLs and need no padding (OData JSON Format 4.01, 7.1)."""
    if not isinstance(content_bytes, str):
        return None
    if "-" in content_bytes or "_" in content_bytes:
        content_bytes = content_bytes.replace("-", "+").replace("_", "/")
    padding = "=" * (-len(content_bytes) % 4)
    try:
        return base64.b64decode(content_bytes + padding)
    except (binascii.Error, ValueError):
        return None
