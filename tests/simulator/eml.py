"""From the RFC 5322 text of a mail to the properties that Graph shows of it.

Exchange accepts nearly anything, and so does this: no input raises. What is not plain:
S/MIME keeps one attachment ``smime.p7m`` (with the whole signed part inside when it is
clear-signed), later text parts become ``ATT00001.txt``, a calendar part makes the
message an eventMessage, attached mails become item attachments. HTML is passed on as it
is; the service would drop scripts from it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from email import policy
from email.message import Message
from email.parser import BytesParser

from .attachments import file_attachment, item_attachment
from .body import frame
from .clock import iso
from .mailbox import Attachment, Item
from .mime_text import decode, header_text, parse_date, raw_text, recipients

_MAX_DEPTH = 40
_SMIME_SIGNATURE = {"application/pkcs7-signature", "application/x-pkcs7-signature"}
_SMIME = {"application/pkcs7-mime", "application/x-pkcs7-mime"}
_SUBJECT_PREFIX = re.compile(r"^\s*((re|aw|fw|fwd|wg|sv|antw)\s*(\[\d+\])?:\s*)+", re.I)
_MEETING = {
    "request": ("eventMessageRequest", "meetingRequest"),
    "cancel": ("eventMessage", "meetingCancelled"),
    "reply": ("eventMessageResponse", "meetingAccepted"),
    # MS-OXCICAL, 2.1.3.1.1.1: a tentative answer that proposes another time
    "counter": ("eventMessageResponse", "meetingTentativelyAccepted"),
}
_PARTSTAT = {
    "DECLINED": "meetingDeclined",
    "TENTATIVE": "meetingTentativelyAccepted",
}


@dataclass
class Mail:
    """A parsed mail: Graph properties, headers, attachments with nested mails."""

    raw: bytes
    data: dict = field(default_factory=dict)
    headers: list[dict] = field(default_factory=list)
    attachments: list[tuple[Attachment, Mail | None]] = field(default_factory=list)
    odata_type: str = ""
    topic: str = ""


@dataclass
class _State:
    now: str
    depth: int
    raw: bytes = b""
    bodies: dict[str, str] = field(default_factory=dict)
    found: list[tuple[Attachment, Mail | None]] = field(default_factory=list)
    # The multipart/alternative that is read, and the one the text is from; 0: none
    group: int = 0
    text_group: int = 0
    groups: int = 0
    unnamed: int = 0
    calendar: str = ""
    method: str = ""


def parse(raw: bytes, now: str, depth: int = 0) -> Mail:
    """Parse a mail.

    :param raw: the text as it came in
    :param now: the time of arrival, as Graph writes it
    """
    mail = Mail(raw)
    message = Message()
    try:
        message = BytesParser(policy=policy.compat32).parsebytes(raw)
        state = _State(now, depth, raw)
        _walk(message, state, 0)
    except (RecursionError, ValueError, TypeError, LookupError, AttributeError):
        # Hopelessly nested or broken: one text.
        state = _State(now, depth, raw, {"text": decode(raw)})
    _fill_headers(mail, message, now)
    _fill_body(mail, state)
    mail.attachments = state.found
    _mark_inline(mail)
    _fill_meeting(mail, state)
    return mail


def _all(message: Message, name: str) -> list[str]:
    # get_all() would make "unknown-8bit" of 8-bit text; the raw values keep it.
    return [value for key, value in message.raw_items() if key.lower() == name]


def _first(message: Message, name: str) -> str:
    return next(iter(_all(message, name)), "")


def _fill_headers(mail: Mail, message: Message, now: str) -> None:
    mail.headers = [
        {"name": raw_text(name), "value": raw_text(value)}
        for name, value in message.raw_items()
    ]
    sender = recipients(_all(message, "sender")[:1])
    from_ = recipients(_all(message, "from")[:1])
    sent = parse_date(_first(message, "date"))
    subject = header_text(_first(message, "subject"))
    data = mail.data
    data.update(
        subject=subject,
        receivedDateTime=now,
        sentDateTime=iso(sent) if sent else now,
        internetMessageId=raw_text(_first(message, "message-id")) or None,
        importance=_importance(message),
        categories=_keywords(message),
        sender=(sender or from_ or [None])[0],
        toRecipients=recipients(_all(message, "to")),
        ccRecipients=recipients(_all(message, "cc")),
        bccRecipients=recipients(_all(message, "bcc")),
        replyTo=recipients(_all(message, "reply-to")),
        isReadReceiptRequested="disposition-notification-to" in message,
        isDeliveryReceiptRequested="return-receipt-to" in message or None,
    )
    data["from"] = (from_ or sender or [None])[0]
    index = raw_text(_first(message, "thread-index")).replace(" ", "")
    if re.fullmatch(r"[A-Za-z0-9+/]{22,}={0,2}", index):
        data["conversationIndex"] = index
    mail.topic = _topic(message, subject, data["internetMessageId"])


def _topic(message: Message, subject: str, message_id: str | None) -> str:
    """What a thread has in common: its first Message-ID, else its subject."""
    references = raw_text(_first(message, "references")).split()
    parents = references or raw_text(_first(message, "in-reply-to")).split()
    first = parents[0] if parents else message_id
    return first or _SUBJECT_PREFIX.sub("", subject).lower()


def _importance(message: Message) -> str:
    named = _first(message, "importance") or _first(message, "priority")
    text = raw_text(named).lower()
    if text in ("low", "non-urgent"):
        return "low"
    if text in ("high", "urgent"):
        return "high"
    number = raw_text(_first(message, "x-priority"))[:1]
    return {"1": "high", "2": "high", "4": "low", "5": "low"}.get(number, "normal")


def _keywords(message: Message) -> list[str]:
    words: list[str] = []
    for value in _all(message, "keywords"):
        words += [word.strip() for word in header_text(value).split(",")]
    return list(dict.fromkeys(word for word in words if word))


# -- parts ---------------------------------------------------------------------------


def _walk(part: Message, state: _State, level: int) -> None:
    if level > _MAX_DEPTH:
        raise ValueError("nested too deep")
    kind = part.get_content_type()
    if kind == "multipart/signed" and level == 0 and _is_smime(part):
        _add_smime(part, state)
    elif kind in _SMIME and level == 0:
        content = part.get_payload(decode=True) or b""
        _add_file(state, "smime.p7m", kind, content)
    elif kind == "message/rfc822" or (kind == "message/global" and part.is_multipart()):
        _add_mail(part, state)
    elif part.is_multipart() and not kind.startswith("message/"):
        around = state.group
        if kind == "multipart/alternative":
            state.groups += 1
            state.group = state.groups
        for inner in part.get_payload():  # type: ignore[union-attr]
            if isinstance(inner, Message):
                _walk(inner, state, level + 1)
        state.group = around
    else:
        _leaf(part, state, kind)


def _is_smime(part: Message) -> bool:
    protocol = part.get_param("protocol")
    if isinstance(protocol, str) and protocol.lower() in _SMIME_SIGNATURE:
        return True
    inner = part.get_payload()
    return isinstance(inner, list) and any(
        isinstance(p, Message) and p.get_content_type() in _SMIME_SIGNATURE
        for p in inner
    )


def _add_smime(part: Message, state: _State) -> None:
    """Clear-signed: readable text as body, everything else inside of smime.p7m."""
    inner = part.get_payload()
    if isinstance(inner, list) and inner:
        hidden = _State(state.now, state.depth)
        _walk(inner[0], hidden, 1)
        state.bodies.update(hidden.bodies)
    # Byte for byte: a signature is only good over what was signed.
    content = _content_headers(part) + _without_headers(state.raw)
    _add_file(state, "smime.p7m", "multipart/signed", content)


def _content_headers(part: Message) -> bytes:
    lines = [
        f"{name}: {raw_text(value)}"
        for name, value in part.raw_items()
        if name.lower().startswith("content-")
    ]
    return "\r\n".join(lines).encode("utf-8", "replace") + b"\r\n\r\n"


def _without_headers(raw: bytes) -> bytes:
    cut = re.search(rb"\r?\n\r?\n", raw)
    return raw[cut.end() :] if cut else raw


def _add_mail(part: Message, state: _State) -> None:
    inner = part.get_payload()
    message = inner[0] if isinstance(inner, list) and inner else None
    if isinstance(message, Message):
        raw = message.as_bytes()
    else:
        raw = part.get_payload(decode=True) or str(inner or "").encode(
            "utf-8", "replace"
        )
    if state.depth >= 5:
        _add_file(state, "message.eml", "message/rfc822", raw)
        return
    nested = parse(raw, state.now, state.depth + 1)
    name = _file_name(part) or nested.data["subject"] or "Untitled attachment"
    attachment = item_attachment(
        state.now, name.removesuffix(".eml"), Item("message", {}), len(raw)
    )
    state.found.append((attachment, nested))


def _leaf(part: Message, state: _State, kind: str) -> None:
    content = _payload(part)
    name = _file_name(part)
    disposition = raw_text(part.get("Content-Disposition") or "").lower()
    attached = disposition.startswith("attachment") or bool(name)
    charset = part.get_param("charset")
    charset = charset if isinstance(charset, str) else ""
    if kind == "text/calendar" and not attached and not state.calendar:
        calendar = decode(content, charset)
        method = part.get_param("method")
        method = method if isinstance(method, str) else ""
        method = method or _calendar_value(calendar.splitlines(), "METHOD")
        if method.lower() in _MEETING:
            state.calendar, state.method = calendar, method.lower()
            return
    slot = {"text/plain": "text", "text/html": "html"}.get(kind)
    if slot and not attached and not _is_late(slot, state):
        state.bodies[slot] = decode(content, charset)
        state.text_group = state.group if slot == "text" else state.text_group
        return
    _add_file(state, name, kind, content, part)


def _is_late(slot: str, state: _State) -> bool:
    """Whether there is a text already that this one is not another form of."""
    if slot == "html" and "text" in state.bodies and "html" not in state.bodies:
        return not state.group or state.group != state.text_group
    return bool(state.bodies.get("html") is not None or slot in state.bodies)


def _payload(part: Message) -> bytes:
    try:
        content = part.get_payload(decode=True)
    except (ValueError, TypeError, LookupError, AssertionError):
        content = None
    if content is None:
        value = part.get_payload()
        if isinstance(value, list):  # message/delivery-status: a list of header blocks
            return b"\r\n".join(p.as_bytes() for p in value if isinstance(p, Message))
        return str(value or "").encode("utf-8", "replace")
    return content if isinstance(content, bytes) else str(content).encode()


def _file_name(part: Message) -> str:
    plain = Message()  # 8-bit characters decoded
    for header in ("content-disposition", "content-type"):
        if value := raw_text(_first(part, header)):
            plain[header] = value
    try:
        name = plain.get_filename("")
    except (ValueError, TypeError, LookupError):
        name = part.get_param("name") or ""
        name = name if isinstance(name, str) else ""
    name = header_text(name)
    # Exchange keeps no path and no control characters in a name.
    name = re.sub(r"[\x00-\x1f\x7f]", "", name)
    return name.replace("\\", "/").rpartition("/")[2][:255]


def _add_file(
    state: _State, name: str, kind: str, content: bytes, part: Message | None = None
) -> None:
    if not name:
        state.unnamed += 1
        ending = {"text/plain": "txt", "text/html": "htm", "text/calendar": "ics"}.get(
            kind, "bin"
        )
        if kind.startswith("image/"):
            ending = kind[6:].replace("jpeg", "jpg")[:8]
        name = f"ATT{state.unnamed:05}.{ending}"
    content_id = location = None
    if part is not None:
        content_id = raw_text(part.get("Content-ID") or "").strip("<> ") or None
        location = raw_text(part.get("Content-Location") or "") or None
    attachment = file_attachment(
        state.now, name, kind, content, content_id=content_id, location=location
    )
    state.found.append((attachment, None))


# -- the whole -----------------------------------------------------------------------


def _fill_body(mail: Mail, state: _State) -> None:
    html = state.bodies.get("html")
    if html is not None:
        body = {"contentType": "html", "content": frame(html)}
    else:
        body = {"contentType": "text", "content": state.bodies.get("text", "")}
    mail.data["body"] = body


def _mark_inline(mail: Mail) -> None:
    """Inline is what the HTML body refers to; it does not count as an attachment."""
    content = mail.data["body"]["content"]
    html = mail.data["body"]["contentType"] == "html"
    for attachment, _nested in mail.attachments:
        content_id = attachment.data.get("contentId")
        if html and content_id and f"cid:{content_id}".lower() in content.lower():
            attachment.data["isInline"] = True
    mail.data["hasAttachments"] = any(
        not attachment.data["isInline"] for attachment, _nested in mail.attachments
    )


def _fill_meeting(mail: Mail, state: _State) -> None:
    if not state.calendar:
        return
    lines = re.sub(r"\r?\n[ \t]", "", state.calendar).splitlines()
    method = state.method
    mail.odata_type, kind = _MEETING[method]
    if method == "reply":
        kind = next((v for k, v in _PARTSTAT.items() if k in state.calendar), kind)
    mail.data.update(
        meetingMessageType=kind,
        type="singleInstance",
        isOutOfDate=False,
        isAllDay="VALUE=DATE:" in state.calendar,
        isDelegated=False,
        startDateTime=_calendar_time(lines, "DTSTART"),
        endDateTime=_calendar_time(lines, "DTEND"),
        location={
            "displayName": _calendar_value(lines, "LOCATION"),
            "locationType": "default",
            "uniqueIdType": "unknown",
        },
        recurrence=None,
    )
    if mail.odata_type == "eventMessageRequest":
        mail.data.update(
            meetingRequestType="newMeetingRequest", allowNewTimeProposals=True
        )


def _calendar_value(lines: list[str], name: str) -> str:
    for line in lines:
        head, _, value = line.partition(":")
        if head.partition(";")[0].upper() == name:
            return value.strip()
    return ""


def _calendar_time(lines: list[str], name: str) -> dict:
    digits = re.sub(r"\D", "", _calendar_value(lines, name)).ljust(14, "0")[:14]
    if not digits.strip("0"):
        digits = "00010101000000"
    d = digits
    text = f"{d[:4]}-{d[4:6]}-{d[6:8]}T{d[8:10]}:{d[10:12]}:{d[12:14]}.0000000"
    return {"dateTime": text, "timeZone": "UTC"}
